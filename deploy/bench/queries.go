package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"

	"kapwatch/monitor"
	"kapwatch/monitor/turkish"
	"kapwatch/store"
)

// kinds are the queries that are measured; each asks for 50 filings.
var kinds = [...]string{"newest", "ticker", "category and 30 days", "two words"}

// questions draws n queries of each kind that recorded filings answer: by the codes, categories and words of
// filings of all years.
func questions(db *store.DB, n int) (map[string][]monitor.Query, error) {
	dice := rand.New(rand.NewPCG(3, 3))
	out := map[string][]monitor.Query{}
	stats := db.Stats()
	for tries := 0; len(out["two words"]) < n; tries++ {
		if tries > 100*n {
			return nil, errors.New("too few filings to ask for")
		}
		r, found, err := db.Get(1 + dice.Int64N(stats.Newest))
		if err != nil {
			return nil, err
		}
		f := &r.Filing
		list := words(f.Subject + " " + f.Summary)
		if !found || len(f.Codes()) == 0 || len(r.Found.Categories) == 0 || len(list) < 2 {
			continue
		}
		i := dice.IntN(len(list))
		j := (i + 1 + dice.IntN(len(list)-1)) % len(list)
		a, b := list[i], list[j]
		if dice.IntN(2) == 0 && len(a) > 5 && a[5] < 0x80 { // a stem, as people type it
			a = a[:5]
		}
		out["newest"] = append(out["newest"], monitor.Query{})
		out["ticker"] = append(out["ticker"], monitor.Query{Ticker: f.Codes()[0]})
		out["category and 30 days"] = append(out["category and 30 days"], monitor.Query{
			Category: r.Found.Categories[0], Since: f.PublishedAt, Until: f.PublishedAt.AddDate(0, 0, 30),
		})
		out["two words"] = append(out["two words"], monitor.Query{Text: a + " " + b})
	}
	return out, nil
}

// words gives the different words of three letters and more, folded.
func words(text string) (out []string) {
	seen := map[string]bool{}
	for _, w := range strings.FieldsFunc(turkish.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if len(w) >= 3 && !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// compared asks ledger and SQLite the same, by turns.
func (b *bench) compared() error {
	base, err := newSQLite(b)
	if err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	db, err := store.Open(b.ledger(), store.Options{})
	if err != nil {
		return errors.Join(err, base.close())
	}
	err = b.compare(db, base)
	return errors.Join(err, db.Close(), base.close())
}

func (b *bench) compare(db *store.DB, base *sqlite) error {
	asked, err := questions(db, 500)
	if err != nil {
		return err
	}
	for _, kind := range kinds {
		goal := "p50 < 300 µs, p99 < 2 ms; no slower"
		if kind == "two words" {
			goal = "p50 < 300 µs, p99 < 2 ms; ≥ 10 ×"
		}
		variants := base.variants(kind)
		ours := make(best, len(asked[kind]))
		theirs := make([]best, len(variants))
		for v := range variants {
			theirs[v] = make(best, len(asked[kind]))
		}
		for range 5 {
			for i, q := range asked[kind] {
				if err := b.ctx.Err(); err != nil {
					return err
				}
				var page monitor.Page
				d, err := clocked(func() (err error) { page, err = db.Find(q); return err })
				if err != nil {
					return err
				}
				ours.try(i, d)
				for v := range variants {
					var n int
					d, err := clocked(func() (err error) { n, err = base.find(kind, v, q); return err })
					if err != nil {
						return err
					}
					theirs[v].try(i, d)
					if n == 0 != (len(page.Records) == 0) {
						return fmt.Errorf("%s %+v: %d filings, SQLite has %d", kind, q, len(page.Records), n)
					}
				}
			}
		}
		p50, p99 := quantile(ours, 0.5), quantile(ours, 0.99)
		for v, name := range variants {
			their50, their99 := quantile(theirs[v], 0.5), quantile(theirs[v], 0.99)
			b.add(kind, goal, "p50 "+short(p50)+", p99 "+short(p99), name+" p50 "+short(their50)+", p99 "+short(their99),
				fmt.Sprintf("%.1f ×, p99 %.1f ×", float64(their50)/float64(p50), float64(their99)/float64(p99)))
		}
	}
	return nil
}

// best is the least that each query took in any round. Other work on the machine comes in bursts; what a query takes
// when it is left alone is the same each time.
type best []time.Duration

func (b best) try(i int, d time.Duration) {
	if b[i] == 0 || d < b[i] {
		b[i] = d
	}
}
