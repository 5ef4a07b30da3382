package monitor

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"kapwatch/monitor/classify"
)

// Replay runs recorded filings through another configuration than the one that decided them, and counts how the
// alerts differ from those that were given. It sends and writes nothing and looks at no clock: the same filings in
// the same order and the same configuration give the same view. Its memory grows with routes and days, not with
// filings.
type Replay struct {
	config   Config
	examples int
	view     ReplayView
	routes   map[string]*routeTally
	text     classify.Reading
	decided  bool // some filing was decided when it was recorded, so that the routes of then are known
}

// ReplayView is the output of `kapwatch replay --json`. An alert is counted once for each filing and route, and as
// soon as it was decided: whether sent, pending, held or blocked.
type ReplayView struct {
	From        string        `json:"from"` // Istanbul days, both included
	To          string        `json:"to"`
	Days        int           `json:"days"`
	Filings     int           `json:"filings"`
	History     int           `json:"history"`      // of them recorded by baseline, import or backfill, which alert nobody
	WithoutText int           `json:"without_text"` // of them judged by subject and summary, since the ledger has no more
	Total       ReplayCounts  `json:"total"`
	Routes      []RouteReplay `json:"routes"` // in the order of the configuration, then those that it does not have
}

// ReplayCounts are the alerts of one route, or of all.
type ReplayCounts struct {
	Gave      int `json:"gave"`
	WouldGive int `json:"would_give"`
	More      int `json:"more"`    // would be given and were not
	Fewer     int `json:"fewer"`   // were given and would not be
	History   int `json:"history"` // of More: filings of history, which never could be given
}

// RouteReplay is the difference on one route.
type RouteReplay struct {
	Route string `json:"route"`
	State string `json:"state"` // "kept", "added" or "removed"; "" where no filing of the time tells which routes there were
	ReplayCounts
	PerDay     PerDay          `json:"alerts_per_day"` // over every day of the time asked for
	Most       MostPerDay      `json:"most_on_a_day"`
	ByDay      []DayReplay     `json:"by_day"` // days with an alert, in order
	MoreFirst  []ReplayExample `json:"more_first"`
	FewerFirst []ReplayExample `json:"fewer_first"`
}

// PerDay is how noisy a route was, and would be.
type PerDay struct {
	Gave      float64 `json:"gave"`
	WouldGive float64 `json:"would_give"`
}

// MostPerDay is the busiest day of each side.
type MostPerDay struct {
	Gave      int `json:"gave"`
	WouldGive int `json:"would_give"`
}

// DayReplay are the alerts of one route on one Istanbul day, by publish time.
type DayReplay struct {
	Day       string `json:"day"`
	Gave      int    `json:"gave"`
	WouldGive int    `json:"would_give"`
}

// ReplayExample is one filing that makes a difference, with the reasons of both sides.
type ReplayExample struct {
	Index       int64     `json:"index"`
	URL         string    `json:"url"`
	PublishedAt time.Time `json:"published_at"`
	Company     string    `json:"company"`
	Tickers     []string  `json:"tickers"`
	Subject     string    `json:"subject"`
	Summary     string    `json:"summary"`
	History     bool      `json:"history"`
	Before      string    `json:"before"` // the reason of then
	Now         string    `json:"now"`    // the reason under the configuration
}

// routeTally counts one route.
type routeTally struct {
	RouteReplay
	configured, existed bool
	days                map[time.Time]*DayReplay
}

// NewReplay replays the Istanbul days from to to, both included, through the routes, rules and funds of c. Of each
// difference it keeps the first examples.
func NewReplay(c Config, from, to time.Time, examples int) *Replay {
	from, to = Midnight(from), Midnight(to)
	p := &Replay{config: c, examples: examples, routes: map[string]*routeTally{}}
	p.view = ReplayView{
		From: from.Format(time.DateOnly), To: to.Format(time.DateOnly), Days: int(to.Sub(from)/(24*time.Hour)) + 1,
	}
	for _, r := range c.Routes {
		p.route(r.Name).configured = true
	}
	return p
}

func (p *Replay) route(name string) *routeTally {
	t := p.routes[name]
	if t == nil {
		t = &routeTally{RouteReplay: RouteReplay{Route: name}, days: map[time.Time]*DayReplay{}}
		p.routes[name] = t
	}
	return t
}

// Add takes one filing as the ledger holds it.
func (p *Replay) Add(r *Record) {
	f := &r.Filing
	history := f.Origin != Poll
	p.view.Filings++
	if history {
		p.view.History++
	}
	if f.Detail == nil {
		p.view.WithoutText++
	}
	for _, d := range r.Decisions {
		if d.Verdict != VerdictBaseline {
			p.route(d.Route).existed = true
			p.decided = true
		}
	}
	gave := map[string]bool{}
	for _, a := range r.Alerts {
		if a.About() == "" { // one that tells what the filing became came beside the filing's own
			gave[a.Route] = true
		}
	}
	text := Text(*f)
	found := p.config.Rules.Classify(text)
	p.text.Set(text)
	decisions, wanted := p.config.decideOn(&matter{f, &found, &p.text, p.config.Funds}, f.PublishedAt, nil)
	for _, a := range wanted {
		t := p.route(a.Route)
		day := t.day(f)
		day.WouldGive++
		t.WouldGive++
		if gave[a.Route] {
			continue
		}
		t.More++
		if history {
			t.History++
		}
		if len(t.MoreFirst) < p.examples {
			t.MoreFirst = append(t.MoreFirst, example(r, a.Route, decisions))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(gave)) {
		t := p.route(name)
		t.existed = true
		t.day(f).Gave++
		t.Gave++
		if slices.ContainsFunc(wanted, func(a Alert) bool { return a.Route == name }) {
			continue
		}
		t.Fewer++
		if len(t.FewerFirst) < p.examples {
			t.FewerFirst = append(t.FewerFirst, example(r, name, decisions))
		}
	}
}

// day is t's count of the day on which f was published.
func (t *routeTally) day(f *Filing) *DayReplay {
	at := Midnight(f.PublishedAt)
	d := t.days[at]
	if d == nil {
		d = &DayReplay{Day: at.Format(time.DateOnly)}
		t.days[at] = d
	}
	return d
}

func example(r *Record, route string, now []Decision) ReplayExample {
	f := &r.Filing
	e := ReplayExample{
		Index: f.Index, URL: f.URL(), PublishedAt: f.PublishedAt.In(Istanbul), Company: f.Company, Tickers: list(f.Tickers),
		Subject: f.Subject, Summary: f.Summary, History: f.Origin != Poll, Now: "the configuration has no such route",
		Before: verdict(*r, Route{Name: route}).Reason,
	}
	for _, d := range now {
		if d.Route == route {
			e.Now = d.Reason
		}
	}
	return e
}

// View is the difference over all that was added.
func (p *Replay) View() ReplayView {
	v := p.view
	v.Routes = []RouteReplay{}
	names := make([]string, 0, len(p.routes))
	for _, r := range p.config.Routes {
		if !r.OperatorsOnly || p.route(r.Name).Gave > 0 {
			names = append(names, r.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.routes)) {
		if !p.routes[name].configured {
			names = append(names, name)
		}
	}
	for _, name := range names {
		r := p.routes[name].finish(v.Days, p.decided)
		v.Total.add(r.ReplayCounts)
		v.Routes = append(v.Routes, r)
	}
	return v
}

func (n *ReplayCounts) add(m ReplayCounts) {
	n.Gave += m.Gave
	n.WouldGive += m.WouldGive
	n.More += m.More
	n.Fewer += m.Fewer
	n.History += m.History
}

// finish computes what follows from the counts.
func (t *routeTally) finish(days int, decided bool) RouteReplay {
	r := t.RouteReplay
	switch {
	case !t.configured:
		r.State = "removed"
	case t.existed:
		r.State = "kept"
	case decided:
		r.State = "added"
	}
	r.PerDay = PerDay{perDay(r.Gave, days), perDay(r.WouldGive, days)}
	r.ByDay = []DayReplay{}
	for _, d := range t.days {
		r.ByDay = append(r.ByDay, *d)
		r.Most = MostPerDay{max(r.Most.Gave, d.Gave), max(r.Most.WouldGive, d.WouldGive)}
	}
	slices.SortFunc(r.ByDay, func(a, b DayReplay) int { return cmp.Compare(a.Day, b.Day) })
	r.MoreFirst = append([]ReplayExample{}, r.MoreFirst...)
	r.FewerFirst = append([]ReplayExample{}, r.FewerFirst...)
	return r
}

// perDay is an average to two decimals.
func perDay(n, days int) float64 { return math.Round(100*float64(n)/float64(days)) / 100 }
