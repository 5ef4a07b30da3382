package kapsim

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"kapwatch/monitor"
)

// Generate is Stream collected.
func Generate(n int, seed uint64, day time.Time) Archive {
	return slices.Collect(Stream(n, seed, day))
}

// Stream yields n synthetic filings of day's Istanbul day, oldest first, with a real day's mix of subjects and its
// shape: 24 % between 18 and 19 h, half between 17 and 20 h. The same arguments give the same filings. Indexes rise
// with gaps from 1277000 on 26 April 2024 and by 3000 a day, so that days of up to 2000 filings never share one.
func Stream(n int, seed uint64, day time.Time) iter.Seq[Filing] {
	return func(yield func(Filing) bool) {
		g := newGenerator(seed, day)
		origin := time.Date(2024, 4, 26, 0, 0, 0, 0, monitor.Istanbul)
		index := 1_277_000 + int64(g.day.Sub(origin)/(24*time.Hour))*3000
		for k := range n {
			index += 1 + int64(g.dice.IntN(5)/4) // a gap after every fifth
			f := g.filing(index, g.clock((float64(k)+g.dice.Float64())/float64(n)))
			if !yield(f) {
				return
			}
		}
	}
}

// generator makes filings of one day. It is not safe for concurrent use.
type generator struct {
	dice    *rand.Rand
	day     time.Time // midnight in Istanbul
	kinds   []template
	weight  int // of all kinds together
	breaker template
	filers  []filer
}

func newGenerator(seed uint64, day time.Time) *generator {
	g := &generator{
		dice: rand.New(rand.NewPCG(seed, uint64(day.Unix()))), day: monitor.Midnight(day),
		kinds: templates(), breaker: breaker(), filers: companies(),
	}
	for _, t := range g.kinds {
		g.weight += t.weight
	}
	return g
}

// clock is the time by which the share u of the day's filings is out.
func (g *generator) clock(u float64) time.Time {
	left := u * 240
	for h, n := range [24]float64{
		8, 2, 0, 0, 0, 0, 0, 3, 8, 12, 16, 10, 7, 7, 9, 9, 10, 34, 58, 30, 10, 4, 2, 1, // after 1,097 rows of 2026
	} {
		if left < n {
			return g.day.Add((time.Duration(h)*time.Hour + time.Duration(left/n*float64(time.Hour))).Truncate(time.Second))
		}
		left -= n
	}
	return g.day.Add(24*time.Hour - time.Second)
}

// filing draws one filing. Circuit breakers come in trading hours only, and are a fifth of the day.
func (g *generator) filing(index int64, at time.Time) Filing {
	t := g.breaker
	switch h := at.Hour(); {
	case h >= 10 && h < 17 && g.dice.Float64() < 0.62, h == 17 && g.dice.Float64() < 0.17:
	default:
		pick := g.dice.IntN(g.weight)
		for _, t = range g.kinds {
			if pick -= t.weight; pick < 0 {
				break
			}
		}
	}
	return g.from(t, index, at)
}

// from fills t in.
func (g *generator) from(t template, index int64, at time.Time) Filing {
	own := g.filers[g.dice.IntN(len(g.filers))]
	other := g.filers[g.dice.IntN(len(g.filers))]
	fill := g.filler(own, other, at)
	var f Filing
	f.Index, f.PublishedAt, f.Company, f.Tickers = index, at, own.name, own.codes
	if t.sender.name != "" {
		f.Company, f.Tickers = t.sender.name, t.sender.codes
	}
	if t.about {
		f.Related = own.codes[:1]
	}
	f.Class, f.Type, f.Group, f.Subject, f.RuleType = t.class, t.kind, t.group, t.subject, "-"
	if len(t.summaries) > 0 {
		f.Summary = fill(t.summaries[g.dice.IntN(len(t.summaries))])
	}
	if t.report {
		f.Year, f.Period, f.RuleType = at.Year(), 1, "3 Aylık"
	}
	f.English = t.english || g.dice.IntN(4) > 0
	d := &monitor.Detail{Body: fill(t.body), ID: hex32("disclosure", index), Related: f.Related}
	if f.English {
		d.BodyEN = fill(t.bodyEN)
	}
	for _, r := range t.rows {
		r.Value, r.ValueEN = fill(r.Value), fill(r.ValueEN)
		d.Rows = append(d.Rows, r)
	}
	if t.files > g.dice.Float64() {
		d.Files = []monitor.Attachment{attachment(index, 0, "sentetik-"+strconv.FormatInt(index, 10)+".pdf")}
	}
	f.Attachments, f.Detail = len(d.Files), d
	return f
}

// filler gives the function that fills in a template's blanks. A blank has one value in all texts of a filing.
func (g *generator) filler(own, other filer, at time.Time) func(string) string {
	known := [256]string{'t': own.codes[0], 'c': own.name, 'u': other.codes[0], 'v': other.name}
	value := func(blank byte) string {
		if known[blank] == "" {
			switch blank {
			case 'd':
				known[blank] = at.Format("02.01.2006")
			case 'y':
				known[blank] = strconv.Itoa(at.Year() - 1)
			case 'n':
				known[blank] = strconv.Itoa(1 + g.dice.IntN(24))
			case 'm':
				known[blank] = fmt.Sprintf("%d,%d", 1+g.dice.IntN(90), g.dice.IntN(10))
			case 'k':
				known[blank] = fmt.Sprintf("%d.%03d", 10+g.dice.IntN(900), g.dice.IntN(1000))
			case 'i':
				known[blank] = fmt.Sprintf("TRSSYN%05d", g.dice.IntN(100_000))
			}
		}
		return known[blank]
	}
	return func(text string) string {
		var b strings.Builder
		for {
			before, after, blank := strings.Cut(text, "{")
			if !blank {
				break
			}
			b.WriteString(before + value(after[0]))
			text = after[2:]
		}
		if b.Len() == 0 {
			return text
		}
		return b.String() + text
	}
}
