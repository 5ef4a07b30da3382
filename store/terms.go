package store

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kapwatch/monitor"
	"kapwatch/monitor/turkish"
)

// Terms are what filings are found by: a kind and a text. Words and codes are folded.
const (
	termCategory  = 'c'
	termClass     = 'k'
	termQualifier = 'q'
	termWord      = 'w'

	longestTerm = 64 // bytes; what is longer is cut, and looked at again in the record itself
)

func term(kind byte, s string) string {
	if len(s) >= longestTerm {
		s = s[:longestTerm-1]
	}
	return string(kind) + s
}

// codeTerm is the term of a ticker: a word with an end, so that one look finds the words that begin with a text
// and the code that is it.
func codeTerm(code string) string { return term(termWord, turkish.Fold(code)) + codeEnd }

// codeEnd is no part of any word, and sorts before what could follow in one.
const codeEnd = "\x00"

// longerCode reports whether t, which begins with a prefix of n bytes, is a ticker and not that one.
func longerCode[T string | []byte](t T, n int) bool {
	return t[len(t)-1] == codeEnd[0] && len(t) != n+1
}

// document is a filing as the index takes it.
type document struct {
	entry
	terms []string // each once
}

// newDocument takes r as the revision of h has it.
func newDocument(h header, r *monitor.Record) document {
	f := &r.Filing
	d := document{entry: entry{at: f.PublishedAt.Unix(), index: f.Index, revision: uint32(h.revision)}}
	d.terms = append(d.terms, term(termClass, monitor.CanonicalClass(f.Class)))
	for _, s := range r.Found.Categories {
		d.terms = append(d.terms, term(termCategory, s))
	}
	for _, s := range r.Found.Qualifiers {
		d.terms = append(d.terms, term(termQualifier, s))
	}
	for _, s := range f.Codes() {
		d.terms = append(d.terms, codeTerm(s))
	}
	for _, s := range searched(r) {
		for _, w := range words(s) {
			d.terms = append(d.terms, term(termWord, w))
		}
	}
	slices.Sort(d.terms)
	d.terms = slices.Compact(d.terms)
	return d
}

// searched lists the texts of a filing that a search looks at.
func searched(r *monitor.Record) [4]string {
	t := monitor.Text(r.Filing)
	return [4]string{t.Company, t.Subject, t.Summary, t.Body}
}

// words splits s into folded runs of letters and digits.
func words(s string) []string {
	return strings.FieldsFunc(turkish.Fold(s), func(r rune) bool {
		if r < utf8.RuneSelf {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && (r < 'A' || r > 'Z')
		}
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// plan is a query as terms: every exact one must be there, and for each word a word that starts with it, or a code
// that is it.
type plan struct {
	exact  []string
	words  []string
	recall bool // a term was cut: what is found must be checked against the record
	query  monitor.Query
}

func newPlan(q monitor.Query) plan {
	p := plan{query: q}
	add := func(kind byte, s string) {
		if s != "" {
			p.exact = append(p.exact, term(kind, s))
			p.recall = p.recall || len(s) >= longestTerm
		}
	}
	if q.Ticker != "" {
		p.exact = append(p.exact, codeTerm(q.Ticker))
		p.recall = len(turkish.Fold(q.Ticker)) >= longestTerm
	}
	add(termCategory, q.Category)
	add(termQualifier, q.Qualifier)
	if q.Class != "" {
		add(termClass, monitor.CanonicalClass(q.Class))
	}
	p.words = words(q.Text)
	slices.Sort(p.words)
	p.words = slices.Compact(p.words)
	slices.SortStableFunc(p.words, func(a, b string) int { return len(b) - len(a) }) // the rarer ones are mostly longer
	for _, w := range p.words {
		p.recall = p.recall || len(w) >= longestTerm
	}
	return p
}

// all reports whether p asks for nothing in particular.
func (p *plan) all() bool { return len(p.exact) == 0 && len(p.words) == 0 }

// fits checks r itself.
func (p *plan) fits(r *monitor.Record) bool {
	q := &p.query
	codes := r.Filing.Codes()
	for i, c := range codes {
		codes[i] = turkish.Fold(c)
	}
	switch {
	case q.Ticker != "" && !slices.Contains(codes, turkish.Fold(q.Ticker)),
		q.Category != "" && !slices.Contains(r.Found.Categories, q.Category),
		q.Qualifier != "" && !slices.Contains(r.Found.Qualifiers, q.Qualifier),
		q.Class != "" && monitor.CanonicalClass(r.Filing.Class) != monitor.CanonicalClass(q.Class):
		return false
	}
	var all []string
	for _, s := range searched(r) {
		all = append(all, words(s)...)
	}
	for _, w := range p.words {
		if !slices.Contains(codes, w) && !slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(s, w) }) {
			return false
		}
	}
	return true
}
