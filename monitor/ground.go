package monitor

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"kapwatch/monitor/classify"
)

// ground is one condition of a route that keeps a filing from it: which, on what words, and how the route would have
// to read for the filing to meet it.
type ground struct {
	rule   string            // the key of the configuration
	reason string            // a sentence
	at     classify.Evidence // the words that it rests on, where there are any; of a code, the Term alone
	change string            // completes "would be sent if …"; "" where no change of the route helps
	lift   func(*Route)      // makes that change; nil for one that is none of the route's
}

// matter is a filing as routes judge it: with what the rules found in it, and its text to look terms up in.
type matter struct {
	*Filing
	found *classify.Result
	text  *classify.Reading
	funds bool // source.funds watches funds
}

func newMatter(f *Filing, found *classify.Result, funds bool) *matter {
	return &matter{f, found, classify.NewReading(Text(*f)), funds}
}

// against gives, in a fixed order, every ground on which r does not want x; none when it does.
func (r *Route) against(x *matter) iter.Seq[ground] {
	return func(yield func(ground) bool) {
		for g := range r.againstRow(x.Filing) {
			if !yield(g) {
				return
			}
		}
		if x.FundCode != "" && !x.funds && !yield(ground{
			rule: "source.funds", reason: "a fund filing, and source.funds is empty", change: "source.funds named its type",
		}) {
			return
		}
		for _, term := range r.Unless {
			e, ok := x.text.Find(term)
			if ok && !yield(ground{
				rule: "unless", reason: fmt.Sprintf("unless %q matches %s", e.Term, place(e)), at: e, change: fmt.Sprintf("unless had no %q", e.Term),
				lift: func(r *Route) {
					r.Unless = slices.DeleteFunc(slices.Clone(r.Unless), func(t classify.Term) bool { return t.String() == term.String() })
				},
			}) {
				return
			}
		}
		if g, ok := r.againstMatter(x.found); ok && !yield(g) {
			return
		}
		if len(r.Terms) > 0 && !slices.ContainsFunc(r.Terms, func(t classify.Term) bool { _, ok := x.text.Find(t); return ok }) {
			yield(ground{
				rule: "terms", reason: fmt.Sprintf("none of the route's terms matches (%s)", short(names(r.Terms))),
				change: "terms were empty or had one that stands in the text", lift: func(r *Route) { r.Terms = nil },
			})
		}
	}
}

// againstRow gives the grounds that the list row alone decides.
func (r *Route) againstRow(f *Filing) iter.Seq[ground] {
	return func(yield func(ground) bool) {
		codes := f.Codes()
		if r.OperatorsOnly && !yield(ground{
			rule: "operators_only", reason: "the route takes no filings (operators_only)", change: "operators_only were false",
			lift: func(r *Route) { r.OperatorsOnly = false },
		}) {
			return
		}
		if len(r.Classes) > 0 && !slices.Contains(r.Classes, f.Class) && !yield(ground{
			rule: "classes", reason: fmt.Sprintf("class %s is not among %s", f.Class, strings.Join(r.Classes, ", ")),
			change: "classes named " + f.Class, lift: func(r *Route) { r.Classes = append(slices.Clone(r.Classes), f.Class) },
		}) {
			return
		}
		if len(r.Tickers) > 0 && !slices.ContainsFunc(codes, func(c string) bool { return slices.Contains(r.Tickers, c) }) {
			g := ground{rule: "tickers", reason: "names no ticker", change: "tickers were empty", lift: func(r *Route) { r.Tickers = nil }}
			if len(codes) > 0 {
				g.reason = fmt.Sprintf("names %s, none of the route's tickers", short(codes))
				g.change = "tickers named " + codes[0]
				g.lift = func(r *Route) { r.Tickers = append(slices.Clone(r.Tickers), codes[0]) }
			}
			if !yield(g) {
				return
			}
		}
		if r.MaxTickers > 0 && len(codes) > r.MaxTickers {
			yield(ground{
				rule: "max_tickers", reason: fmt.Sprintf("names %d tickers, more than max_tickers %d", len(codes), r.MaxTickers),
				change: fmt.Sprintf("max_tickers were %d", len(codes)), lift: func(r *Route) { r.MaxTickers = len(codes) },
			})
		}
	}
}

// againstMatter is the ground that lies in what the filing is about.
func (r *Route) againstMatter(found *classify.Result) (g ground, ok bool) {
	about := strings.Join(found.Categories, ", ")
	switch {
	case len(r.Categories) > 0 && !slices.ContainsFunc(found.Categories, func(id string) bool { return slices.Contains(r.Categories, id) }):
		g = ground{rule: "categories", reason: fmt.Sprintf("is about %s, not about %s", about, strings.Join(r.Categories, ", "))}
	case len(r.Categories) == 0 && found.Routine:
		g = ground{rule: "categories", reason: fmt.Sprintf("is routine (%s), and the route names no categories", about)}
	default:
		return g, false
	}
	switch {
	case len(found.Categories) > 0:
		id := found.Categories[0]
		g.at, _ = evidence(found, id)
		g.change, g.lift = "categories named "+id, func(r *Route) { r.Categories = append(slices.Clone(r.Categories), id) }
	case !found.Routine:
		g.change, g.lift = "categories were empty", func(r *Route) { r.Categories = nil }
	}
	return g, true
}

// evidence is the first place that made the rules say id, where they keep one.
func evidence(found *classify.Result, id string) (classify.Evidence, bool) {
	i := slices.IndexFunc(found.Evidence, func(e classify.Evidence) bool { return e.For == id })
	if i < 0 {
		return classify.Evidence{}, false
	}
	return found.Evidence[i], true
}

// place quotes words and says where they stand.
func place(e classify.Evidence) string { return fmt.Sprintf("%q in the %s", e.Text, e.Span.Field) }

// short lists at most six, so that an exchange notice of ninety codes stays a sentence.
func short(s []string) string {
	if len(s) > 6 {
		return fmt.Sprintf("%s and %d more", strings.Join(s[:6], ", "), len(s)-6)
	}
	return strings.Join(s, ", ")
}

func names(terms []classify.Term) []string {
	out := make([]string, 0, len(terms))
	for _, t := range terms {
		out = append(out, t.String())
	}
	return out
}
