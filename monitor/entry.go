package monitor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kapwatch/monitor/classify"
)

// entry classifies f and lets every route decide. Called with m.mu held.
func (m *Monitor) entry(f Filing, told time.Time) Entry {
	e := Entry{Filing: f, Found: m.config.Rules.Classify(Text(f))}
	if f.Origin != Poll {
		return e
	}
	e.Decisions, e.Alerts = m.config.decide(&f, e.Found, told, nil)
	e.Detail = m.config.wantsDetail(&f)
	return e
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
		return slices.ContainsFunc(c.Routes, func(r Route) bool { return !r.OperatorsOnly && r.fits(f) == "" })
	}
	return false
}

// decide gives one decision per route, and an alert for each route that wants f. taken names the channels that f
// already went to, or may have gone to, and by which route: nothing goes there a second time.
func (c *Config) decide(f *Filing, found classify.Result, told time.Time, taken map[string]string) ([]Decision, []Alert) {
	var decisions []Decision
	var alerts []Alert
	sender := map[string]string{}
	maps.Copy(sender, taken)
	for _, r := range c.Routes {
		d := Decision{Route: r.Name, Verdict: VerdictFiltered}
		channel := r.To.Channel()
		switch why, not := r.judge(f, found, c); {
		case f.Test():
			d.Verdict, d.Reason = VerdictTest, "one of KAP's own test filings"
		case not != "":
			d.Reason = not
		case sender[channel] == r.Name:
			d.Verdict, d.Reason = VerdictPending, why
		case sender[channel] != "":
			d.Reason = fmt.Sprintf("route %q of the same channel sends it", sender[channel])
		default:
			d.Verdict, d.Reason = VerdictPending, why
			sender[channel] = r.Name
			a := r.alert(f, found, told)
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

// fits says which of the conditions that the list row alone answers f does not meet; "" when it meets all.
func (r *Route) fits(f *Filing) string {
	codes := f.Codes()
	switch {
	case r.OperatorsOnly:
		return "the route takes no filings (operators_only)"
	case len(r.Classes) > 0 && !slices.Contains(r.Classes, f.Class):
		return fmt.Sprintf("class %s is not among %s", f.Class, strings.Join(r.Classes, ", "))
	case len(r.Tickers) > 0 && len(codes) == 0:
		return "names no ticker"
	case len(r.Tickers) > 0 && !slices.ContainsFunc(codes, func(c string) bool { return slices.Contains(r.Tickers, c) }):
		return fmt.Sprintf("names %s, none of the route's tickers", short(codes))
	case r.MaxTickers > 0 && len(codes) > r.MaxTickers:
		return fmt.Sprintf("names %d tickers, more than max_tickers %d", len(codes), r.MaxTickers)
	}
	return ""
}

// judge says why r wants f, or the one reason why not.
func (r *Route) judge(f *Filing, found classify.Result, c *Config) (why, not string) {
	if not = r.fits(f); not != "" {
		return "", not
	}
	if f.FundCode != "" && !c.Funds {
		return "", "a fund filing, and source.funds is empty"
	}
	text := Text(*f)
	if term, e, ok := first(r.Unless, text); ok {
		return "", fmt.Sprintf("unless %q matches %s", term, e)
	}
	var because []string
	if len(r.Tickers) > 0 {
		for _, code := range f.Codes() {
			if slices.Contains(r.Tickers, code) {
				because = append(because, code)
			}
		}
	}
	if len(r.Categories) == 0 {
		if found.Routine {
			return "", fmt.Sprintf("is routine (%s), and the route names no categories", strings.Join(found.Categories, ", "))
		}
		because = append(because, found.Categories...)
	} else {
		i := slices.IndexFunc(found.Categories, func(x string) bool { return slices.Contains(r.Categories, x) })
		if i < 0 {
			return "", fmt.Sprintf("is about %s, not about %s", strings.Join(found.Categories, ", "), strings.Join(r.Categories, ", "))
		}
		because = append(because, found.Categories[i]+evidence(found, found.Categories[i]))
	}
	if len(r.Terms) > 0 {
		term, e, ok := first(r.Terms, text)
		if !ok {
			return "", fmt.Sprintf("none of the route's terms matches (%s)", short(names(r.Terms)))
		}
		because = append(because, fmt.Sprintf("term %q matches %s", term, e))
	}
	return strings.Join(because, "; "), ""
}

// first finds the first of terms that matches anywhere in t, and quotes the place.
func first(terms []classify.Term, t classify.Text) (term, place string, ok bool) {
	for _, x := range terms {
		for _, field := range []classify.Field{classify.Subject, classify.Summary, classify.Body, classify.BodyEN} {
			s := field.Of(t)
			if a, b, ok := x.Find(s); ok {
				return x.String(), fmt.Sprintf("%q in the %s", s[a:b], field), true
			}
		}
	}
	return "", "", false
}

func evidence(found classify.Result, id string) string {
	for _, e := range found.Evidence {
		if e.For == id {
			return fmt.Sprintf(" by %q in the %s", e.Text, e.Span.Field)
		}
	}
	return ""
}

func names(terms []classify.Term) []string {
	out := make([]string, 0, len(terms))
	for _, t := range terms {
		out = append(out, t.String())
	}
	return out
}

// short lists at most six, so that an exchange notice of ninety codes stays a sentence.
func short(s []string) string {
	if len(s) > 6 {
		return fmt.Sprintf("%s and %d more", strings.Join(s[:6], ", "), len(s)-6)
	}
	return strings.Join(s, ", ")
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
