package monitor

import (
	"testing"
	"time"

	"kapwatch/monitor/classify"
)

func term(t *testing.T, s string) []classify.Term {
	t.Helper()
	x, err := classify.ParseTerm(s)
	if err != nil {
		t.Fatal(err)
	}
	return []classify.Term{x}
}

// aksen is the running example, in our own words.
func aksen() (f Filing, found classify.Result) {
	f = Filing{
		Index: 1277777, Company: "AKSA ENERJİ ÜRETİM A.Ş.", Tickers: []string{"AKSEN"}, Class: "ODA", Subject: "Özel Durum Açıklaması (Genel)",
		Summary: "Çimkent Valiliği ile doğal gaz santrali için mutabakat zaptı",
	}
	found.Categories = []string{"mou", "investment"}
	found.Evidence = []classify.Evidence{{For: "mou", Text: "mutabakat zaptı", Span: classify.Span{Field: classify.Summary}}}
	return f, found
}

// Each filter gives one verdict and one reason that names what it looked at.
func TestDecideReasons(t *testing.T) {
	for _, x := range []struct {
		name   string
		route  Route
		change func(*Filing, *classify.Result)
		want   Verdict
		reason string
	}{
		{"wants all", Route{}, nil, VerdictPending, "mou; investment"},
		{"ticker and category", Route{Tickers: []string{"AKSEN"}, Categories: []string{"contract", "mou"}}, nil, VerdictPending, `AKSEN; mou by "mutabakat zaptı" in the summary`},
		{"related ticker", Route{Tickers: []string{"ZOREN"}}, func(f *Filing, _ *classify.Result) { f.Related = []string{"ZOREN"} }, VerdictPending, "ZOREN; mou; investment"},
		{"operators only", Route{OperatorsOnly: true}, nil, VerdictFiltered, "the route takes no filings (operators_only)"},
		{"class", Route{Classes: []string{"FR", "DG"}}, nil, VerdictFiltered, "class ODA is not among FR, DG"},
		{"no ticker", Route{Tickers: []string{"AKSEN"}}, func(f *Filing, _ *classify.Result) { f.Tickers = nil }, VerdictFiltered, "names no ticker"},
		{"another ticker", Route{Tickers: []string{"AKSA"}}, nil, VerdictFiltered, "names AKSEN, none of the route's tickers"},
		{"many tickers", Route{MaxTickers: 2}, func(f *Filing, _ *classify.Result) { f.Related = []string{"A", "B"} }, VerdictFiltered, "names 3 tickers, more than max_tickers 2"},
		{"as many tickers as may be", Route{MaxTickers: 2}, func(f *Filing, _ *classify.Result) { f.Related = []string{"A"} }, VerdictPending, "mou; investment"},
		{"a fund", Route{}, func(f *Filing, _ *classify.Result) { f.FundCode = "AFT" }, VerdictFiltered, "a fund filing, and source.funds is empty"},
		{"unless", Route{Unless: term(t, "mutabakat")}, nil, VerdictFiltered, `unless "mutabakat" matches "mutabakat" in the summary`},
		{"routine", Route{}, func(_ *Filing, r *classify.Result) { r.Categories, r.Routine = []string{"halt"}, true }, VerdictFiltered, "is routine (halt), and the route names no categories"},
		{"routine, asked for", Route{Categories: []string{"halt"}}, func(_ *Filing, r *classify.Result) { r.Categories, r.Routine = []string{"halt"}, true }, VerdictPending, "halt"},
		{"another category", Route{Categories: []string{"dividend"}}, nil, VerdictFiltered, "is about mou, investment, not about dividend"},
		{"term", Route{Terms: term(t, "doğal gaz")}, nil, VerdictPending, `mou; investment; term "doğal gaz" matches "doğal gaz" in the summary`},
		{"no term", Route{Terms: term(t, "=MoU")}, nil, VerdictFiltered, "none of the route's terms matches (=MoU)"},
		{"test filing", Route{Tickers: []string{"AKSA"}}, func(f *Filing, _ *classify.Result) { f.Tickers = []string{"KTEST"} }, VerdictTest, "one of KAP's own test filings"},
		{"held", Route{Quiet: Quiet{From: 11 * time.Hour, To: 13 * time.Hour}}, nil, VerdictHeld, "mou; investment"},
	} {
		t.Run(x.name, func(t *testing.T) {
			f, found := aksen()
			if x.change != nil {
				x.change(&f, &found)
			}
			x.route.Name, x.route.To = "r", Target{Slack: "C0000000001"}
			c := Config{Routes: []Route{x.route}}
			told := time.Date(2024, 4, 26, 12, 0, 0, 0, Istanbul)
			decisions, alerts := c.decide(&f, found, told, nil)
			if want := (Decision{"r", x.want, x.reason}); len(decisions) != 1 || decisions[0] != want {
				t.Errorf("decided %+v, want %+v", decisions, want)
			}
			if wanted := x.want == VerdictPending || x.want == VerdictHeld; wanted != (len(alerts) == 1) {
				t.Errorf("%d alerts for %s", len(alerts), x.want)
			}
		})
	}
}

// Of two routes of one channel the first in the file sends; what went to a channel already goes there no second time.
func TestDecideOncePerChannel(t *testing.T) {
	a, b := Target{Slack: "C0000000001"}, Target{Slack: "C0000000002"}
	c := Config{Routes: []Route{{Name: "first", To: a}, {Name: "second", To: a}, {Name: "third", To: b}}}
	f, found := aksen()
	for _, x := range []struct {
		name  string
		taken map[string]string
		want  []string // routes that get an alert
		says  []Verdict
	}{
		{"new", nil, []string{"first", "third"}, []Verdict{VerdictPending, VerdictFiltered, VerdictPending}},
		{"sent by the first", map[string]string{a.Channel(): "first"}, []string{"third"}, []Verdict{VerdictPending, VerdictFiltered, VerdictPending}},
		{"sent by the second", map[string]string{a.Channel(): "second"}, []string{"third"}, []Verdict{VerdictFiltered, VerdictPending, VerdictPending}},
		{"sent by a route that is gone", map[string]string{a.Channel(): "gone", b.Channel(): "third"}, nil, []Verdict{VerdictFiltered, VerdictFiltered, VerdictPending}},
	} {
		t.Run(x.name, func(t *testing.T) {
			decisions, alerts := c.decide(&f, found, time.Now(), x.taken)
			for i, d := range decisions {
				if d.Verdict != x.says[i] {
					t.Errorf("%s: %s (%s), want %s", d.Route, d.Verdict, d.Reason, x.says[i])
				}
			}
			var got []string
			for _, a := range alerts {
				got = append(got, a.Route)
			}
			if len(got) != len(x.want) {
				t.Fatalf("alerts of %q, want %q", got, x.want)
			}
			for i := range got {
				if got[i] != x.want[i] {
					t.Errorf("alerts of %q, want %q", got, x.want)
				}
			}
		})
	}
}

func TestVerdicts(t *testing.T) {
	routes := []Route{{Name: "r"}}
	pending := []Decision{{"r", VerdictPending, "AKSEN"}}
	for _, x := range []struct {
		name string
		r    Record
		want Decision
	}{
		{"baseline", Record{Filing: Filing{Origin: Baseline}}, Decision{"r", VerdictBaseline, "already listed when kapwatch first started"}},
		{"import", Record{Filing: Filing{Origin: Import}}, Decision{"r", VerdictBaseline, "imported from a file"}},
		{"backfill", Record{Filing: Filing{Origin: Backfill}}, Decision{"r", VerdictBaseline, "fetched as history"}},
		{"before the route", Record{Decisions: []Decision{{"old", VerdictFiltered, "x"}}}, Decision{"r", VerdictBaseline, "recorded before the route existed"}},
		{"filtered", Record{Decisions: []Decision{{"r", VerdictFiltered, "class"}}}, Decision{"r", VerdictFiltered, "class"}},
		{"sent", Record{Decisions: pending, Alerts: []Alert{{Route: "r", State: Sent, LastError: "old"}}}, Decision{"r", VerdictSent, "AKSEN"}},
		{"held", Record{Decisions: pending, Alerts: []Alert{{Route: "r", State: Held}}}, Decision{"r", VerdictHeld, "AKSEN"}},
		{"unknown", Record{Decisions: pending, Alerts: []Alert{{Route: "r", State: Unknown}}}, Decision{"r", VerdictPending, "AKSEN; posted, but the answer was lost: being looked up"}},
		{"blocked", Record{Decisions: pending, Alerts: []Alert{{Route: "r", State: Blocked, LastError: "is_archived"}}}, Decision{"r", VerdictBlocked, "AKSEN; last attempt: is_archived"}},
		{"another route's alert", Record{Decisions: pending, Alerts: []Alert{{Route: "old", State: Sent}}}, Decision{"r", VerdictPending, "AKSEN"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			if got := Verdicts(x.r, routes); len(got) != 1 || got[0] != x.want {
				t.Errorf("Verdicts = %+v, want %+v", got, x.want)
			}
		})
	}
}

func TestRelease(t *testing.T) {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, Istanbul) }
	line, err := ParseSchedule("0 30 23 * * *")
	if err != nil {
		t.Fatal(err)
	}
	quiet := Quiet{22 * time.Hour, 7*time.Hour + 30*time.Minute}
	for _, x := range []struct {
		name     string
		route    Route
		at, want time.Time
	}{
		{"at once", Route{}, at(25, 12, 0), at(25, 12, 0)},
		{"quiet", Route{Quiet: quiet}, at(25, 23, 0), at(26, 7, 30)},
		{"digest", Route{Digest: true, DigestAt: []Schedule{line}}, at(25, 12, 0), at(25, 23, 30)},
		{"a digest inside quiet hours", Route{Digest: true, DigestAt: []Schedule{line}, Quiet: quiet}, at(25, 12, 0), at(26, 7, 30)},
		{"a digest that is never due", Route{Digest: true}, at(25, 12, 0), at(25, 12, 0)},
	} {
		if got := x.route.release(x.at); !got.Equal(x.want) {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
}
