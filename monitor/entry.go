package monitor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kapwatch/monitor/classify"
)

// entry classifies f and lets every route decide. An error is a panic over its text. Called with m.mu held.
func (m *Monitor) entry(f Filing, told time.Time) (e Entry, err error) {
	e.Filing = f
	err = contained(func() {
		e.Found = m.config.Rules.Classify(Text(f))
		if f.Origin == Poll {
			e.Decisions, e.Alerts = m.config.decide(&f, e.Found, told, nil)
		}
	})
	if err != nil || f.Origin != Poll {
		return e, err
	}
	e.Alerts = m.suspect(&f, e.Alerts)
	e.Detail = m.config.wantsDetail(&f)
	return e, nil
}

// suspect marks new alerts of f that a ledger which was lost, and put back from a copy, may have sent: they are looked for
// first. Called with m.mu held.
func (m *Monitor) suspect(f *Filing, alerts []Alert) []Alert {
	if f.PublishedAt.Before(m.cursor.RestoredAt) {
		for i := range alerts {
			alerts[i].IntendedAt = f.PublishedAt
		}
	}
	return alerts
}

// watched reports whether f is of a kind that is watched at all: without source.funds, fund filings are seen only
// by chance. Called with m.mu held.
func (m *Monitor) watched(f *Filing) bool { return f.FundCode == "" || m.config.Funds }

// wantsDetail reports whether the full text of f is to be fetched.
func (c *Config) wantsDetail(f *Filing) bool {
	if c.Details == nil || f.Test() {
		return false
	}
	switch c.DetailMode {
	case DetailsAll:
		return true
	case DetailsMatched:
		return slices.ContainsFunc(c.Routes, func(r Route) bool { return !r.OperatorsOnly && r.fits(f) })
	}
	return false
}

// decide gives one decision per route, and an alert for each route that wants f. taken names the channels that f
// already went to, or may have gone to, and by which route: nothing goes there a second time.
func (c *Config) decide(f *Filing, found classify.Result, told time.Time, taken map[string]string) ([]Decision, []Alert) {
	return c.decideOn(newMatter(f, &found, c.Funds), told, taken)
}

// decideOn is decide for a matter.
func (c *Config) decideOn(x *matter, told time.Time, taken map[string]string) ([]Decision, []Alert) {
	decisions := make([]Decision, 0, len(c.Routes))
	var alerts []Alert
	sender := map[string]string{}
	maps.Copy(sender, taken)
	test := x.Test()
	for i := range c.Routes {
		r := &c.Routes[i]
		d := Decision{Route: r.Name, Verdict: VerdictFiltered}
		channel := r.To.Channel()
		switch why, not := r.judge(x); {
		case test:
			d.Verdict, d.Reason = VerdictTest, "one of KAP's own test filings"
		case not != "":
			d.Reason = not
		case sender[channel] == r.Name:
			d.Verdict, d.Reason = VerdictPending, why
		case sender[channel] != "":
			d.Reason = sentBy(sender[channel])
		default:
			d.Verdict, d.Reason = VerdictPending, why
			sender[channel] = r.Name
			a := r.alert(x.Filing, *x.found, told)
			if a.State == Held {
				d.Verdict = VerdictHeld
			}
			alerts = append(alerts, a)
		}
		decisions = append(decisions, d)
	}
	return decisions, alerts
}

// alert is what r sends for f: now, or at the next digest, or when its quiet hours end.
func (r *Route) alert(f *Filing, found classify.Result, told time.Time) Alert {
	a := Alert{
		ID: fmt.Sprintf("%d-%s", f.Index, r.Name), Route: r.Name, Channel: r.To.Channel(), Index: f.Index,
		Urgent: found.Urgent, State: Pending, CreatedAt: told, DueAt: told,
	}
	if due := r.release(told); due.After(told) {
		a.State, a.DueAt = Held, due
	}
	return a
}

// release is when something decided at t may go out: t itself, or a later time.
func (r *Route) release(t time.Time) time.Time {
	if r.Digest {
		if next := Union(r.DigestAt).Next(t); !next.IsZero() {
			t = next
		}
	}
	if end := r.Quiet.End(t); !end.IsZero() {
		t = end
	}
	return t
}

// fits reports whether f meets all conditions of r that the list row alone answers.
func (r *Route) fits(f *Filing) bool {
	for range r.againstRow(f) {
		return false
	}
	return true
}

// judge says why r wants x, or the one reason why not.
func (r *Route) judge(x *matter) (why, not string) {
	for g := range r.against(x) {
		return "", g.reason
	}
	why, _ = r.because(x)
	return why, ""
}

// because says why r wants x, and gives the ground that says most: its terms, else the categories, else the tickers.
func (r *Route) because(x *matter) (why string, g ground) {
	var because []string
	for _, code := range x.Codes() {
		if slices.Contains(r.Tickers, code) {
			because = append(because, code)
			g.rule, g.at.Term = "tickers", because[0]
		}
	}
	if len(r.Categories) == 0 {
		because = append(because, x.found.Categories...)
		if g.rule == "" { // all but what is routine
			g.rule = "categories"
			if len(x.found.Categories) > 0 {
				g.at, _ = evidence(x.found, x.found.Categories[0])
			}
		}
	} else if i := slices.IndexFunc(x.found.Categories, func(id string) bool { return slices.Contains(r.Categories, id) }); i >= 0 {
		id := x.found.Categories[i]
		g = ground{rule: "categories"}
		if e, ok := evidence(x.found, id); ok {
			g.at = e
			id += " by " + place(e)
		}
		because = append(because, id)
	}
	for _, term := range r.Terms {
		if e, ok := x.text.Find(term); ok {
			because = append(because, fmt.Sprintf("term %q matches %s", e.Term, place(e)))
			g = ground{rule: "terms", at: e}
			break
		}
	}
	return strings.Join(because, "; "), g
}

// watched says in words what the routes watch.
func (c *Config) watched() string {
	codes := map[string]bool{}
	for _, r := range c.Routes {
		if r.OperatorsOnly {
			continue
		}
		if len(r.Tickers) == 0 {
			return "all companies"
		}
		for _, t := range r.Tickers {
			codes[t] = true
		}
	}
	if len(codes) == 1 {
		return "1 company"
	}
	return fmt.Sprintf("%d companies", len(codes))
}
