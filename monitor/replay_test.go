package monitor_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// given is a recorded filing of AKSEN that routes were told of, or not.
func given(index int64, at time.Time, summary string, origin monitor.Origin, states map[string]monitor.AlertState, filtered ...string) *monitor.Record {
	r := &monitor.Record{Filing: monitor.Filing{
		Index: index, PublishedAt: at, Company: "AKSA ENERJİ ÜRETİM A.Ş.", Tickers: []string{"AKSEN"}, Class: "ODA",
		Subject: "Özel Durum Açıklaması (Genel)", Summary: summary, Origin: origin,
	}}
	for route, state := range states {
		r.Decisions = append(r.Decisions, monitor.Decision{Route: route, Verdict: monitor.VerdictPending, Reason: "AKSEN"})
		r.Alerts = append(r.Alerts, monitor.Alert{ID: fmt.Sprintf("%d-%s", index, route), Route: route, Index: index, State: state})
	}
	for _, route := range filtered {
		r.Decisions = append(r.Decisions, monitor.Decision{Route: route, Verdict: monitor.VerdictFiltered, Reason: "is about mou, not about contract"})
	}
	return r
}

// Every state of an alert counts as given; history is counted apart; routes of one side only are named as such.
func TestReplayCountsTheDifference(t *testing.T) {
	day := func(d, hour int) time.Time { return time.Date(2026, 11, d, hour, 0, 0, 0, monitor.Istanbul) }
	const mou, contract = "Sentetik: mutabakat zaptı imzalanması", "Sentetik: tedarik sözleşmesi imzalanması"
	told := func(routes ...string) map[string]monitor.AlertState {
		states := []monitor.AlertState{monitor.Sent, monitor.Pending, monitor.Held, monitor.Blocked}
		out := map[string]monitor.AlertState{}
		for i, r := range routes {
			out[r] = states[i%len(states)]
		}
		return out
	}
	p := monitor.NewReplay(monitor.Config{Rules: rules(t), Routes: []monitor.Route{
		{Name: "energy", Categories: []string{"mou"}, To: monitor.Target{Slack: "C1"}},
		{Name: "new", Categories: []string{"contract"}, To: monitor.Target{Slack: "C2"}},
		{Name: "ops", OperatorsOnly: true, To: monitor.Target{Slack: "C3"}},
	}}, day(1, 15), day(2, 0), 1)
	for _, r := range []*monitor.Record{
		given(1, day(1, 9), contract, monitor.Poll, told("energy", "old")),
		given(2, day(1, 23), contract, monitor.Poll, told("old", "energy"), "more"),
		given(3, day(2, 0), mou, monitor.Poll, nil, "energy"),
		given(4, day(2, 9), mou, monitor.Poll, told("a", "b", "c", "energy")),
		given(5, day(2, 10), mou, monitor.Import, nil),
		given(6, day(2, 11), mou, monitor.Backfill, nil),
	} {
		p.Add(r)
	}
	v := p.View()
	type line struct {
		Route, State string
		N            monitor.ReplayCounts
		PerDay       monitor.PerDay
		Most         monitor.MostPerDay
	}
	var got []line
	for _, r := range v.Routes {
		got = append(got, line{r.Route, r.State, r.ReplayCounts, r.PerDay, r.Most})
	}
	one := line{"a", "removed", monitor.ReplayCounts{Gave: 1, Fewer: 1}, monitor.PerDay{Gave: .5}, monitor.MostPerDay{Gave: 1}}
	two, three := one, one
	two.Route, three.Route = "b", "c"
	want := []line{
		{"energy", "kept", monitor.ReplayCounts{Gave: 3, WouldGive: 4, More: 3, Fewer: 2, History: 2}, monitor.PerDay{Gave: 1.5, WouldGive: 2}, monitor.MostPerDay{Gave: 2, WouldGive: 4}},
		{"new", "added", monitor.ReplayCounts{WouldGive: 2, More: 2}, monitor.PerDay{WouldGive: 1}, monitor.MostPerDay{WouldGive: 2}},
		one, two, three,
		{"more", "removed", monitor.ReplayCounts{}, monitor.PerDay{}, monitor.MostPerDay{}},
		{"old", "removed", monitor.ReplayCounts{Gave: 2, Fewer: 2}, monitor.PerDay{Gave: 1}, monitor.MostPerDay{Gave: 2}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("routes (-want +got):\n%s", d)
	}
	if v.From != "2026-11-01" || v.To != "2026-11-02" || v.Days != 2 || v.Filings != 6 || v.History != 2 || v.WithoutText != 6 {
		t.Errorf("over %s to %s, %d days, %d filings, %d of history, %d without text", v.From, v.To, v.Days, v.Filings, v.History, v.WithoutText)
	}
	if want := (monitor.ReplayCounts{Gave: 8, WouldGive: 6, More: 5, Fewer: 7, History: 2}); v.Total != want {
		t.Errorf("in all %+v, want %+v", v.Total, want)
	}
	energy := v.Routes[0]
	if d := cmp.Diff([]monitor.DayReplay{{Day: "2026-11-01", Gave: 2}, {Day: "2026-11-02", Gave: 1, WouldGive: 4}}, energy.ByDay); d != "" {
		t.Errorf("by day (-want +got):\n%s", d)
	}
	if len(energy.MoreFirst) != 1 || energy.MoreFirst[0].Index != 3 || energy.MoreFirst[0].Before != "is about mou, not about contract" ||
		energy.MoreFirst[0].Now != `mou by "mutabakat zaptı" in the summary` {
		t.Errorf("first of more: %+v", energy.MoreFirst)
	}
	if len(energy.FewerFirst) != 1 || energy.FewerFirst[0].Index != 1 || energy.FewerFirst[0].Now != "is about contract, not about mou" {
		t.Errorf("first of fewer: %+v", energy.FewerFirst)
	}
	if gone := v.Routes[6].FewerFirst; len(gone) != 1 || gone[0].Now != "the configuration has no such route" {
		t.Errorf("first of a route that is gone: %+v", gone)
	}
}

// Right after an import no filing tells which routes there were, so none is called added.
func TestReplayOfHistoryAlone(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, monitor.Istanbul)
	p := monitor.NewReplay(monitor.Config{Rules: rules(t), Routes: []monitor.Route{{Name: "energy", To: monitor.Target{Terminal: true}}}}, at, at, 3)
	p.Add(given(1, at, "Sentetik: mutabakat zaptı", monitor.Import, nil))
	if r := p.View().Routes[0]; r.State != "" || r.More != 1 || r.History != 1 || !r.MoreFirst[0].History || r.MoreFirst[0].Before != "imported from a file" {
		t.Errorf("%+v", r)
	}
}

// The same filings and rules give the same bytes, and the counts of each route add up.
func TestReplayIsDeterministic(t *testing.T) {
	day := time.Date(2026, 11, 2, 0, 0, 0, 0, monitor.Istanbul)
	archive := kapsim.Generate(600, 7, day)
	before := []monitor.Route{{Name: "a", To: monitor.Target{Slack: "C1"}}, {Name: "b", Classes: []string{"ODA"}, To: monitor.Target{Slack: "C2"}}}
	after := []monitor.Route{{Name: "b", Tickers: []string{"AKSEN"}, To: monitor.Target{Slack: "C2"}}, {Name: "c", MaxTickers: 1, To: monitor.Target{Slack: "C1"}}}
	once := func() []byte {
		p := monitor.NewReplay(monitor.Config{Rules: rules(t), Routes: after}, day, day, 5)
		for i, f := range archive {
			states := map[string]monitor.AlertState{}
			if i%3 == 0 {
				states[before[i%2].Name] = monitor.Sent
			}
			r := given(f.Index, f.PublishedAt, f.Summary, monitor.Poll, states)
			r.Filing = f.Filing
			p.Add(r)
		}
		v := p.View()
		for _, r := range v.Routes {
			if r.Gave+r.More-r.Fewer != r.WouldGive {
				t.Errorf("route %s: %d given, +%d −%d, would give %d", r.Route, r.Gave, r.More, r.Fewer, r.WouldGive)
			}
		}
		if v.Total.More == 0 || v.Total.Fewer == 0 {
			t.Errorf("nothing differs: %+v", v.Total)
		}
		out, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := once()
	for range 5 {
		if d := cmp.Diff(string(first), string(once())); d != "" {
			t.Fatalf("another time (-first +now):\n%s", d)
		}
	}
}

// Its memory does not grow with the filings.
func TestReplayHoldsNoFilings(t *testing.T) {
	day := time.Date(2026, 11, 2, 0, 0, 0, 0, monitor.Istanbul)
	archive := kapsim.Generate(500, 7, day)
	p := monitor.NewReplay(monitor.Config{Rules: rules(t), Routes: []monitor.Route{{Name: "a", To: monitor.Target{Slack: "C1"}}}}, day, day, 5)
	heap := func(times int) uint64 {
		for range times {
			for _, f := range archive {
				p.Add(&monitor.Record{Filing: f.Filing})
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap(1)
	if after := heap(10); after > before+100_000 {
		t.Errorf("%d bytes after 500 filings, %d after 5500", before, after)
	}
	runtime.KeepAlive(archive)
}
