package monitor

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"kapwatch/configs"
	"kapwatch/monitor/classify"
)

// explained is what the view says of a filing that was just decided.
func explained(t *testing.T, c *Config, f Filing, found classify.Result) ([]Decision, DetailView) {
	t.Helper()
	decisions, alerts := c.decide(&f, found, f.PublishedAt, nil)
	return decisions, NewDetailView(Record{Filing: f, Found: found, Decisions: decisions, Alerts: alerts}, c.Routes, c.Funds)
}

// What decided, on which words, and what would have changed it.
func TestExplain(t *testing.T) {
	for _, x := range []struct {
		name   string
		routes []Route // the last one is explained
		change func(*Filing, *classify.Result)
		want   DecisionView
	}{
		{
			"a category",
			[]Route{{Categories: []string{"mou", "contract"}}},
			func(_ *Filing, r *classify.Result) { r.Categories = []string{"report"} },
			DecisionView{Outcome: VerdictFiltered, Reason: "is about report, not about mou, contract", Rule: "categories", Change: "would be sent if categories named report"},
		},
		{
			"many tickers",
			[]Route{{MaxTickers: 2}},
			func(f *Filing, _ *classify.Result) { f.Related = []string{"A", "B"} },
			DecisionView{Outcome: VerdictFiltered, Reason: "names 3 tickers, more than max_tickers 2", Rule: "max_tickers", Change: "would be sent if max_tickers were 3"},
		},
		{
			"unless",
			[]Route{{Unless: term(t, "doğal gaz")}},
			nil,
			DecisionView{
				Outcome: VerdictFiltered, Reason: `unless "doğal gaz" matches "doğal gaz" in the summary`, Rule: "unless", Term: "doğal gaz",
				Text: "doğal gaz", Field: classify.Summary, Span: &[2]int{21, 30}, Change: `would be sent if unless had no "doğal gaz"`,
			},
		},
		{
			"three grounds",
			[]Route{{Classes: []string{"FR"}, Tickers: []string{"AKSA"}, Terms: term(t, "temettü")}},
			nil,
			DecisionView{
				Outcome: VerdictFiltered, Reason: "class ODA is not among FR", Rule: "classes",
				Change: "would be sent if classes named ODA and tickers named AKSEN and terms were empty or had one that stands in the text",
			},
		},
		{
			"no ticker",
			[]Route{{Tickers: []string{"AKSA"}}},
			func(f *Filing, _ *classify.Result) { f.Tickers = nil },
			DecisionView{Outcome: VerdictFiltered, Reason: "names no ticker", Rule: "tickers", Change: "would be sent if tickers were empty"},
		},
		{
			"routine without a category",
			[]Route{{}},
			func(_ *Filing, r *classify.Result) { r.Categories, r.Routine = nil, true },
			DecisionView{Outcome: VerdictFiltered, Reason: "is routine (), and the route names no categories", Rule: "categories", Change: "no change of the route would send it"},
		},
		{
			"a fund",
			[]Route{{}},
			func(f *Filing, _ *classify.Result) { f.FundCode = "AFT" },
			DecisionView{Outcome: VerdictFiltered, Reason: "a fund filing, and source.funds is empty", Rule: "source.funds", Change: "would be sent if source.funds named its type"},
		},
		{
			"another route of the channel",
			[]Route{{}, {Tickers: []string{"AKSEN"}}},
			nil,
			DecisionView{Outcome: VerdictFiltered, Reason: `route "r0" of the same channel sends it`, Rule: "to", Change: "would be sent if the route had a channel of its own"},
		},
		{
			"a category, and another route of the channel",
			[]Route{{}, {Categories: []string{"report"}}},
			nil,
			DecisionView{
				Outcome: VerdictFiltered, Reason: "is about mou, investment, not about report", Rule: "categories", Term: "mutabakat zapt",
				Text: "mutabakat zaptı", Field: classify.Summary, Span: &[2]int{45, 60},
				Change: "would be sent if categories named mou and the route had a channel of its own",
			},
		},
		{
			"wanted",
			[]Route{{Categories: []string{"mou"}}},
			nil,
			DecisionView{
				Outcome: VerdictPending, Reason: `mou by "mutabakat zaptı" in the summary`, Rule: "categories", Term: "mutabakat zapt",
				Text: "mutabakat zaptı", Field: classify.Summary, Span: &[2]int{45, 60}, Change: `would not be sent with unless: ["mutabakat zapt"]`,
			},
		},
		{
			"wanted for a term",
			[]Route{{Categories: []string{"mou"}, Terms: term(t, "santral")}},
			nil,
			DecisionView{
				Outcome: VerdictPending, Reason: `mou by "mutabakat zaptı" in the summary; term "santral" matches "santrali" in the summary`, Rule: "terms",
				Term: "santral", Text: "santrali", Field: classify.Summary, Span: &[2]int{31, 39}, Change: `would not be sent with unless: ["santral"]`,
			},
		},
		{
			"wanted for nothing that is written",
			[]Route{{Tickers: []string{"AKSEN"}}},
			func(_ *Filing, r *classify.Result) { *r = classify.Result{Categories: []string{"other"}} },
			DecisionView{Outcome: VerdictPending, Reason: "AKSEN; other", Rule: "tickers", Term: "AKSEN", Change: "would not be sent if classes left out ODA"},
		},
		{
			"KAP's test",
			[]Route{{}},
			func(f *Filing, _ *classify.Result) { f.Tickers = []string{"KTEST"} },
			DecisionView{Outcome: VerdictTest, Reason: "one of KAP's own test filings", Change: "nothing: KAP's own test filings alert nobody"},
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			f, found := aksen()
			found.Evidence[0].Term = "mutabakat zapt"
			found.Evidence[0].Span.Start = strings.Index(f.Summary, "mutabakat")
			found.Evidence[0].Span.End = len(f.Summary)
			if x.change != nil {
				x.change(&f, &found)
			}
			c := Config{Routes: slices.Clone(x.routes)}
			for i := range c.Routes {
				c.Routes[i].Name, c.Routes[i].To = fmt.Sprintf("r%d", i), Target{Slack: "C0000000001"}
			}
			_, v := explained(t, &c, f, found)
			got := v.Decisions[len(v.Decisions)-1]
			x.want.Route = got.Route
			if g, w := asJSON(t, got), asJSON(t, x.want); g != w {
				t.Errorf("explained\n%s, want\n%s", g, w)
			}
		})
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// History, a route that came later, and one that was changed since are told as what they would do now.
func TestExplainAsTheRouteReadsNow(t *testing.T) {
	routes := []Route{{Name: "r", Categories: []string{"mou"}, To: Target{Terminal: true}}}
	other := []Route{{Name: "r", Categories: []string{"report"}, To: Target{Terminal: true}}}
	f, found := aksen()
	sent := Record{Filing: f, Found: found, Decisions: []Decision{{"r", VerdictPending, "mou"}}, Alerts: []Alert{{Route: "r", Channel: "terminal", State: Sent}}}
	history := Record{Filing: f, Found: found}
	history.Filing.Origin = Import
	for _, x := range []struct {
		name    string
		r       Record
		routes  []Route
		outcome Verdict
		change  string
	}{
		{"history", history, routes, VerdictBaseline, `nothing: history alerts nobody; as news it would be sent (mou by "mutabakat zaptı" in the summary)`},
		{"history, not wanted", history, other, VerdictBaseline, "nothing: history alerts nobody; as news it would not be sent: is about mou, investment, not about report; would be sent if categories named mou"},
		{"a later route", Record{Filing: f, Found: found}, routes, VerdictBaseline, `had the route existed, it would be sent (mou by "mutabakat zaptı" in the summary)`},
		{"sent, and not wanted now", sent, other, VerdictSent, "the route reads otherwise now: it would not be sent: is about mou, investment, not about report; would be sent if categories named mou"},
		{
			"filtered, and wanted now",
			Record{Filing: f, Found: found, Decisions: []Decision{{"r", VerdictFiltered, "is about mou, investment, not about report"}}},
			routes, VerdictFiltered, `the route reads otherwise now: it would be sent (mou by "mutabakat zaptı" in the summary)`,
		},
	} {
		got := NewDetailView(x.r, x.routes, false).Decisions
		if len(got) != 1 || got[0].Outcome != x.outcome || got[0].Change != x.change || got[0].Rule != "categories" || got[0].Text != "mutabakat zaptı" {
			t.Errorf("%s: %+v, want %s, %s", x.name, got, x.outcome, x.change)
		}
	}
}

// synthetic gives filings of every kind that routes tell apart.
func synthetic(dice *rand.Rand, n int) []Filing {
	one := func(list ...string) string { return list[dice.IntN(len(list))] }
	out := make([]Filing, n)
	for i := range out {
		f := &out[i]
		f.Index, f.PublishedAt = int64(i+1), time.Date(2026, 11, 2, 9, 0, i, 0, Istanbul)
		f.Company = one("AKSA ENERJİ ÜRETİM A.Ş.", "ÖRNEK BANKASI A.Ş.", "KAP TEST A.Ş.")
		f.Class = one("ODA", "FR", "DG", "DUY", "")
		f.Subject = one("Özel Durum Açıklaması (Genel)", "Finansal Rapor", "Devre Kesici Bildirimi", "Kar Payı Dağıtım İşlemlerine İlişkin Bildirim", "")
		f.Summary = one("", "mutabakat zaptı imzalanması", "Esas sözleşmenin 6. maddesinin tadili", "doğal gaz santrali için sözleşme imzalandı", "İhale sonucu", "pay geri alımı")
		for range dice.IntN(4) {
			f.Tickers = append(f.Tickers, one("AKSEN", "ZOREN", "SYNTH", "KTEST"))
		}
		for range dice.IntN(12) / 8 * 12 {
			f.Related = append(f.Related, fmt.Sprintf("S%d", dice.IntN(40)))
		}
		if dice.IntN(10) == 0 {
			f.FundCode = "AFT"
		}
		if dice.IntN(2) == 0 {
			f.Detail = &Detail{Body: one("", "Şirketimiz ile Çimkent Valiliği arasında bağlayıcı olmayan mutabakat zaptı imzalanmıştır.", "Esas sözleşme değişikliği onaylanmıştır."), BodyEN: one("", "A contract was signed.")}
		}
	}
	return out
}

// anyRoutes gives routes of every kind, some of one channel.
func anyRoutes(t *testing.T, dice *rand.Rand, n int) []Route {
	some := func(list ...string) (out []string) {
		for _, s := range list {
			if dice.IntN(len(list)) == 0 {
				out = append(out, s)
			}
		}
		return out
	}
	terms := func(list ...string) (out []classify.Term) {
		for _, s := range some(list...) {
			out = append(out, term(t, s)...)
		}
		return out
	}
	out := make([]Route, n)
	for i := range out {
		out[i] = Route{
			Name: fmt.Sprintf("r%d", i), Tickers: some("AKSEN", "ZOREN", "GARAN", "THYAO"), Categories: some("mou", "contract", "capital", "report", "halt", "tender"),
			Classes: some("ODA", "FR", "DG"), MaxTickers: dice.IntN(4) * 2, OperatorsOnly: dice.IntN(9) == 0,
			Terms: terms("doğal gaz", "sözleşme", "=MoU", "ihale"), Unless: terms("esas sözleşme", "tadil", "bağlayıcı olmayan", "ihale"),
			To: Target{Slack: fmt.Sprintf("C%d", dice.IntN(n))},
		}
	}
	return out
}

// For every filing and route there is exactly one outcome with its reason; what is said to change it does; and of
// several changes that are named together none can be left out.
func checkExplained(t *testing.T, filings []Filing, rules *classify.Classifier, seed uint64) {
	t.Helper()
	dice := rand.New(rand.NewPCG(seed, 5))
	outcomes := map[Verdict]int{}
	for _, f := range filings {
		c := Config{Routes: anyRoutes(t, dice, 6), Funds: dice.IntN(2) == 0}
		found := rules.Classify(Text(f))
		decisions, v := explained(t, &c, f, found)
		if len(decisions) != len(c.Routes) || len(v.Decisions) != len(c.Routes) {
			t.Fatalf("filing %d: %d decisions and %d explained for %d routes", f.Index, len(decisions), len(v.Decisions), len(c.Routes))
		}
		for i, d := range v.Decisions {
			route := c.Routes[i]
			outcomes[d.Outcome]++
			if d.Route != route.Name || d.Reason == "" || d.Change == "" || d.Outcome != decisions[i].Verdict || d.Rule == "" && d.Outcome != VerdictTest {
				t.Fatalf("filing %d, %s: %+v", f.Index, route.Name, d)
			}
			if d.Span != nil {
				if text := []rune(d.Field.Of(Text(f))); string(text[d.Span[0]:d.Span[1]]) != d.Text {
					t.Fatalf("filing %d, %s: %q is not at %v of the %s", f.Index, route.Name, d.Text, *d.Span, d.Field)
				}
			}
			checkChange(t, &c, f, found, i, d)
		}
	}
	for _, o := range []Verdict{VerdictPending, VerdictFiltered} {
		if outcomes[o] < len(filings)/20 {
			t.Errorf("only %d of %v are %s: the routes prove little", outcomes[o], outcomes, o)
		}
	}
}

// checkChange makes the change that d names, and decides again.
func checkChange(t *testing.T, c *Config, f Filing, found classify.Result, i int, d DecisionView) {
	t.Helper()
	again := func(funds bool, change func(*Route)) Verdict {
		changed := Config{Routes: slices.Clone(c.Routes), Funds: funds}
		change(&changed.Routes[i])
		decisions, _ := changed.decide(&f, found, f.PublishedAt, nil)
		return decisions[i].Verdict
	}
	r := Record{Filing: f, Found: found}
	x := newMatter(&f, &found, c.Funds)
	var against []ground
	switch d.Outcome {
	case VerdictPending:
		r.Alerts = []Alert{{Route: d.Route}}
		g := explain(&r, x, &c.Routes[i], c.Routes, Decision{d.Route, d.Outcome, d.Reason})
		if got := again(c.Funds, g.lift); got != VerdictFiltered {
			t.Fatalf("filing %d, %s: %q, and it is %s", f.Index, d.Route, d.Change, got)
		}
		return
	case VerdictFiltered:
		against = slices.Collect(c.Routes[i].against(x))
		if other := sameChannel(&r, x, &c.Routes[i], c.Routes); other != "" {
			against = append(against, ownChannel(other))
		}
	default:
		return
	}
	if d.Change == "no change of the route would send it" {
		if !slices.ContainsFunc(against, func(g ground) bool { return g.change == "" }) {
			t.Fatalf("filing %d, %s: %q, and there is one: %+v", f.Index, d.Route, d.Change, against)
		}
		return
	}
	without := func(left int) Verdict { // every change but one
		funds := c.Funds
		return again(funds || slices.ContainsFunc(against, func(g ground) bool { return g.rule == "source.funds" && (left < 0 || against[left].rule != g.rule) }), func(r *Route) {
			for k, g := range against {
				if k != left && g.lift != nil {
					g.lift(r)
				}
			}
		})
	}
	if got := without(-1); got != VerdictPending {
		t.Fatalf("filing %d, %s: %q, and it is %s", f.Index, d.Route, d.Change, got)
	}
	for k, g := range against {
		if got := without(k); got != VerdictFiltered {
			t.Fatalf("filing %d, %s: %q, and without %q it is %s too", f.Index, d.Route, d.Change, g.change, got)
		}
		if !strings.Contains(d.Change, g.change) {
			t.Fatalf("filing %d, %s: %q does not name %q", f.Index, d.Route, d.Change, g.change)
		}
	}
}

func builtIn(t *testing.T) *classify.Classifier {
	t.Helper()
	var file classify.File
	if err := yaml.Unmarshal(configs.Categories, &file); err != nil {
		t.Fatal(err)
	}
	rules, err := classify.New(file)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestEveryFilingAndRouteIsExplained(t *testing.T) {
	checkExplained(t, synthetic(rand.New(rand.NewPCG(1, 2)), 1500), builtIn(t), 1)
}

// The same over rows as KAP listed them, which are kept outside the project.
func TestEveryRealFilingIsExplained(t *testing.T) {
	dir := os.Getenv("KAPWATCH_REAL_DATA")
	if dir == "" {
		t.Skip("KAPWATCH_REAL_DATA names no folder of real filings")
	}
	for _, name := range []string{"kaprag_listing", "bistveri_listing", "neccoju_subjects", "yavuz_bodies"} {
		t.Run(name, func(t *testing.T) {
			checkExplained(t, collected(t, filepath.Join(dir, "corpus", name+".dev.jsonl")), builtIn(t), 3)
		})
	}
}

// collected reads filings from one of the collections, each of which has keys of its own.
func collected(t *testing.T, path string) (out []Filing) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var row struct {
			Company string   `json:"company_name"`
			Fund    string   `json:"fund_code"`
			Codes   []string `json:"stock_codes"`
			Symbol  string   `json:"symbol"`
			Sembol  string   `json:"sembol"`
			Tickers string   `json:"tickers"`
			Subject string   `json:"subject"`
			Title   string   `json:"title"`
			Tur     string   `json:"tur"`
			Summary string   `json:"summary"`
			Ozet    string   `json:"ozet"`
			Body    string   `json:"body"`
			Class   string   `json:"disclosure_class"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		f := Filing{
			Index: int64(len(out) + 1), Company: row.Company, FundCode: row.Fund, Tickers: append(row.Codes, Codes(cmp.Or(row.Symbol, row.Sembol, row.Tickers))...),
			Subject: cmp.Or(row.Subject, row.Title, row.Tur), Summary: cmp.Or(row.Summary, row.Ozet), Class: cmp.Or(row.Class, "ODA"),
		}
		if row.Body != "" {
			f.Detail = &Detail{Body: row.Body}
		}
		out = append(out, f)
	}
	if err := lines.Err(); err != nil || len(out) < 100 {
		t.Fatalf("%d filings, %v", len(out), err)
	}
	return out
}
