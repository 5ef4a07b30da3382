package classify

import "kapwatch/monitor/turkish"

// Reading is a Text made ready for looking up terms one after the other: each field is folded and cut into words
// once, when the first term is looked for in it. It is not safe for concurrent use.
type Reading struct {
	text   Text
	fields [4]struct {
		read   bool
		folded turkish.Folded
		words  []turkish.Word
	}
}

// NewReading gives a Reading of t.
func NewReading(t Text) *Reading { return &Reading{text: t} }

// Set makes r a Reading of t, in the memory of the last.
func (r *Reading) Set(t Text) {
	r.text = t
	for i := range r.fields {
		r.fields[i].read = false
	}
}

// Find cites the first place where term matches: in the subject, then in the summary, the body, the English body.
func (r *Reading) Find(term Term) (Evidence, bool) {
	if len(term.words) == 0 {
		return Evidence{}, false
	}
	for i, field := range [...]Field{Subject, Summary, Body, BodyEN} {
		p := &r.fields[i]
		if !p.read {
			p.read = true
			p.folded.Set(field.Of(r.text))
			p.words = turkish.AppendWords(p.words[:0], p.folded.Text)
		}
		for k := range p.words {
			if to, ok := term.matchAt(p.folded.Text, p.words, k); ok {
				from := p.words[k].Start
				start, end := p.folded.Span(from, to)
				return Evidence{Term: term.text, Text: p.folded.Original(from, to), Span: Span{field, start, end}}, true
			}
		}
	}
	return Evidence{}, false
}
