package classify

import (
	"bytes"
	"slices"

	"kapwatch/monitor/turkish"
)

// lead is how much of a body, in folded bytes, may name a category: its opening says what it is about, what follows
// is history, law and consequences. Half of all bodies are shorter than 500 characters.
const lead = 700

// part is one field of a Text, folded, with everything that the rules' terms match in it.
type part struct {
	field  Field
	folded turkish.Folded
	words  []turkish.Word
	hits   []hit
	struck []bool // per word: belongs to a name or to boilerplate, evidence for nothing
}

// scan is the working memory of one Classify, used again by the next.
type scan struct {
	parts   [4]part
	found   []finding
	english []finding
	seen    []int // qualifiers cited
	company []turkish.Word
	name    []byte
}

// read folds and matches every field of t.
func (s *scan) read(c *Classifier, t Text) {
	s.name = turkish.AppendFold(s.name[:0], t.Company)
	s.company = nameWords(turkish.AppendWords(s.company[:0], s.name), s.name)
	for i, f := range [...]Field{Subject, Summary, Body, BodyEN} {
		p := &s.parts[i]
		p.field = f
		p.folded.Set(f.Of(t))
		text := p.folded.Text
		if f == Body || f == BodyEN {
			text = text[:footer(text)]
		}
		p.words = turkish.AppendWords(p.words[:0], text)
		p.hits = c.matcher.append(p.hits[:0], text, p.words)
		p.struck = slices.Grow(p.struck[:0], len(p.words))[:len(p.words)]
		clear(p.struck)
		for _, h := range p.hits {
			if r := c.rules[h.term]; r.role == ignored && r.owner < 0 {
				p.strike(int(h.first), int(h.last))
			}
		}
		if f != Subject { // the name of a form holds no names
			p.strikeNames()
			p.strikeCompany(s.name, s.company)
			p.strikeCodes(t.Tickers)
		}
	}
}

// footer tells where the legal statement that ends every announcement begins, len(text) when there is none. It names
// the regulator, the communiqué and responsibility, all of which are words of rules. Wording as of 2026.
func footer(text []byte) int {
	end := len(text)
	for _, begin := range footers {
		if i := bytes.Index(text[:end], begin); i >= 0 {
			end = i
		}
	}
	return end
}

var footers = [...][]byte{
	[]byte("yukaridaki aciklamalarimizin, sermaye piyasasi kurul"),
	[]byte("we proclaim that our above disclosure"),
	[]byte("we hereby declare that our above statement"),
}

func (p *part) strike(first, last int) {
	for i := first; i <= last; i++ {
		p.struck[i] = true
	}
}

// counts reports whether h rests on no word that was struck out, nor on one that the entry's own phrases of role
// exclude.
func (p *part) counts(rules []rule, h hit, exclude role) bool {
	return p.free(h) && !p.meets(rules, h, rule{role: exclude, owner: rules[h.term].owner})
}

// free reports whether h rests on no word that was struck out.
func (p *part) free(h hit) bool { return !slices.Contains(p.struck[h.first:h.last+1], true) }

// meets reports whether h shares a word with a match that is there for what. Matches are in order of their first
// words, so only those around h are looked at: a long text must not cost the square of its length.
func (p *part) meets(rules []rule, h hit, what rule) bool {
	from, _ := slices.BinarySearchFunc(p.hits, h.first-longestTerm, func(x hit, first int32) int { return int(x.first - first) })
	for _, x := range p.hits[from:] {
		if x.first > h.last {
			break
		}
		if r := rules[x.term]; r.role == what.role && r.owner == what.owner && h.first <= x.last {
			return true
		}
	}
	return false
}

// evidence cites h.
func (p *part) evidence(c *Classifier, h hit, speaksFor string) Evidence {
	start, end := p.folded.Span(p.words[h.first].Start, int(h.end))
	return Evidence{
		For: speaksFor, Term: c.matcher.terms[h.term].text, Text: p.folded.Original(p.words[h.first].Start, int(h.end)),
		Span: Span{p.field, start, end},
	}
}
