package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/classify"
)

// What check looks at to count a dangerous term: whole days, the newest first, until it is enough.
const (
	dangerDays    = 30
	dangerFilings = 5000
	dangerTime    = 2 * time.Second
)

// warnOfDangers warns of terms, of the rules and of the routes, that are likely to find what nobody means, and says how
// often each did among the filings recorded of late. A ledger that cannot be read at once changes nothing else.
func (a *app) warnOfDangers(ctx context.Context, c Config) {
	file, _, _ := loadRules(c.Classify.File) // what is wrong in it was said before
	dangers := classify.Dangers(file)
	for i, r := range c.Routes {
		place := fmt.Sprintf("routes[%d] %q: ", i, r.Name)
		dangers = append(dangers, classify.DangersIn(place+"terms", r.Terms)...)
		dangers = append(dangers, classify.DangersIn(place+"unless", r.Unless)...)
	}
	if len(dangers) == 0 {
		return
	}
	terms := make([]classify.Term, len(dangers))
	for i, d := range dangers {
		terms[i], _ = classify.ParseTerm(d.Term) // only terms are dangerous
	}
	seen := classify.NewSightings(terms)
	ctx, cancel := context.WithTimeout(ctx, dangerTime)
	defer cancel()
	days := a.lookBack(ctx, c, seen)
	for i, d := range dangers {
		counted := ""
		if seen.Texts() > 0 {
			n, words := seen.Of(i, 3)
			counted = fmt.Sprintf("; found in %d of the %d filings of %s", n, seen.Texts(), days)
			if n > 0 {
				counted += " (most often as " + strings.Join(words, ", ") + ")"
			}
		}
		fmt.Fprintf(a.stderr, "kapwatch: warning: %s %s: %s%s\nkapwatch: hint: make it longer, or write =%s for the whole word\n",
			d.Place, quote(d.Term), d.Reason, counted, strings.TrimPrefix(d.Term, "="))
	}
}

// lookBack shows the newest recorded filings to seen, and says of which days they are. It opens nothing for writing,
// waits for nobody; what it cannot read before ctx ends it leaves.
func (a *app) lookBack(ctx context.Context, c Config, seen *classify.Sightings) (days string) {
	l, err := a.looking(ctx, c, 50*time.Millisecond)
	if err != nil {
		return ""
	}
	defer l.close() //nolint:errcheck // only read
	var newest struct{ Filings []monitor.View }
	if err := l.get(ctx, "/filings", url.Values{"limit": {"1"}}, decode(&newest)); err != nil || len(newest.Filings) == 0 {
		return ""
	}
	last := monitor.Midnight(newest.Filings[0].PublishedAt)
	first := last.AddDate(0, 0, 1)
	for range dangerDays {
		q := url.Values{"until": {first.Format(time.DateOnly)}, "format": {"record"}}
		first = first.AddDate(0, 0, -1)
		q.Set("since", first.Format(time.DateOnly))
		err := l.get(ctx, "/export", q, eachRecord(func(r *monitor.Record) { seen.Look(monitor.Text(r.Filing)) }))
		if err != nil || seen.Texts() >= dangerFilings {
			break
		}
	}
	return first.Format(time.DateOnly) + " to " + last.Format(time.DateOnly)
}
