package monitor

import (
	"slices"
	"strings"

	"kapwatch/monitor/classify"
	"kapwatch/monitor/redline"
	"kapwatch/monitor/turkish"
)

// Comparison is what a filing says otherwise than an earlier one, or than itself before it was edited.
type Comparison struct {
	Facts  []FactChange
	Fields []FieldRedline
}

// FactChange is a kind of fact that the two texts state differently, in their own words; what both state is left out.
type FactChange struct {
	Kind          string
	Before, After []string
}

// FieldRedline is one field of both filings, named as in the public JSON, or one value of their forms by its label.
// The pieces rebuild the later text from the earlier one.
type FieldRedline struct {
	Field  string
	Pieces []redline.Piece
}

// Compare tells what later says otherwise than earlier. A text that only one of the two has on record (a detail that
// was not fetched) is not compared.
func Compare(earlier, later *Record) Comparison {
	var c Comparison
	a, b := Text(earlier.Filing), Text(later.Filing)
	details := earlier.Filing.Detail != nil && later.Filing.Detail != nil
	fields := []classify.Field{classify.Subject, classify.Summary}
	if details {
		fields = append(fields, classify.Body, classify.BodyEN)
	}
	for _, f := range fields {
		c.add(string(f), f.Of(a), f.Of(b))
	}
	if details {
		for _, e := range rowEdits(earlier.Filing.Detail.Rows, later.Filing.Detail.Rows) {
			c.add(e.Field, e.Before, e.After)
		}
	}
	c.Facts = factChanges(stated(earlier.Found.Facts, fields), stated(later.Found.Facts, fields))
	return c
}

func (c *Comparison) add(field, before, after string) {
	if before != after {
		c.Fields = append(c.Fields, FieldRedline{field, redline.Compare(before, after)})
	}
}

// stated gives the facts that stand in one of fields.
func stated(facts []classify.Fact, fields []classify.Field) (out []classify.Fact) {
	for _, f := range facts {
		if slices.Contains(fields, f.Span.Field) {
			out = append(out, f)
		}
	}
	return out
}

// factChanges compares facts kind by kind, by what they say and not by how it is written.
func factChanges(before, after []classify.Fact) []FactChange {
	var out []FactChange
	lacking := func(facts, others []classify.Fact, to func(*FactChange) *[]string) {
		for _, f := range facts {
			if slices.ContainsFunc(others, func(o classify.Fact) bool { return sameFact(f, o) }) {
				continue
			}
			i := slices.IndexFunc(out, func(x FactChange) bool { return x.Kind == f.Kind })
			if i < 0 {
				i = len(out)
				out = append(out, FactChange{Kind: f.Kind})
			}
			list := to(&out[i])
			*list = append(*list, f.Text)
		}
	}
	lacking(before, after, func(x *FactChange) *[]string { return &x.Before })
	lacking(after, before, func(x *FactChange) *[]string { return &x.After })
	return out
}

// sameFact reports whether two facts state the same.
func sameFact(a, b classify.Fact) bool {
	if a.Kind != b.Kind || a.Value != b.Value || a.Unit != b.Unit {
		return false
	}
	return a.Kind != "counterparty" || sameName(a.Text, b.Text)
}

// sameName compares names as written, less case, letters' forms and suffixes behind an apostrophe.
func sameName(a, b string) bool { return bareName(a) == bareName(b) }

func bareName(s string) string {
	s, _, _ = strings.Cut(strings.ReplaceAll(s, "’", "'"), "'")
	return strings.Join(slices.Collect(turkish.Words(s)), " ")
}

// Difference is one line of what changed: a kind of fact, a label of the form or a field, and the words before and
// after.
type Difference struct{ What, Before, After string }

// Limits of Differences: a message is to be read in a few seconds.
const (
	mostDifferences = 6
	mostWording     = 3
	longWording     = 25 // words; what is longer is a new text and no change of words
)

// Differences are the few lines that tell a reader of a language what changed: facts first, then values of the form,
// then wording that no fact stands for. There are none where the later filing has a text of its own: then it says
// something else, and changes nothing of what was said.
func (c Comparison) Differences(l Language) []Difference {
	var out []Difference
	body, other := string(classify.Body), string(classify.BodyEN)
	if l == English {
		body, other = other, body
	}
	told := func(text string) bool {
		return strings.TrimSpace(text) == "" || slices.ContainsFunc(out, func(d Difference) bool {
			return strings.Contains(d.Before, strings.TrimSpace(text)) || strings.Contains(d.After, strings.TrimSpace(text))
		})
	}
	for _, f := range c.Facts {
		if len(f.Before) > 0 && len(f.After) > 0 { // one that only came or went is seen in the wording
			out = append(out, Difference{f.Kind, strings.Join(f.Before, ", "), strings.Join(f.After, ", ")})
		}
	}
	texts := []string{string(classify.Subject), string(classify.Summary), body}
	for _, f := range c.Fields {
		if f.Field == string(classify.Body) && f.replaced() {
			return nil
		}
		if !slices.Contains(texts, f.Field) && f.Field != other {
			before, after := f.Texts()
			out = append(out, Difference{f.Field, before, after})
		}
	}
	wording := 0
	for _, f := range c.Fields {
		if !slices.Contains(texts, f.Field) {
			continue
		}
		for _, h := range hunks(f.Pieces) {
			if wording == mostWording || told(h.Before) && told(h.After) || len(strings.Fields(h.Before+h.After)) > longWording {
				continue
			}
			wording++
			out = append(out, Difference{f.Field, h.Before, h.After})
		}
	}
	return out[:min(len(out), mostDifferences)]
}

// replaced reports whether nothing of the earlier text stayed.
func (f FieldRedline) replaced() bool {
	return len(f.Pieces) == 2 && f.Pieces[0].Op == redline.Delete && f.Pieces[1].Op == redline.Insert
}

// Texts gives both texts whole.
func (f FieldRedline) Texts() (before, after string) {
	for _, p := range f.Pieces {
		if p.Op != redline.Insert {
			before += p.Text
		}
		if p.Op != redline.Delete {
			after += p.Text
		}
	}
	return before, after
}

// hunks are the places where the texts differ.
func hunks(pieces []redline.Piece) (out []Difference) {
	for i, p := range pieces {
		switch {
		case p.Op == redline.Delete:
			out = append(out, Difference{Before: strings.TrimSpace(p.Text)})
		case p.Op == redline.Insert && i > 0 && pieces[i-1].Op == redline.Delete:
			out[len(out)-1].After = strings.TrimSpace(p.Text)
		case p.Op == redline.Insert:
			out = append(out, Difference{After: strings.TrimSpace(p.Text)})
		}
	}
	return out
}

// before is what r said before edits, the newest of them last, as far as Compare looks at it. Its facts are read by
// rules anew.
func (c *Config) before(r *Record, edits []Edit) Record {
	was := Record{Filing: r.Filing}
	if d := r.Filing.Detail; d != nil {
		copied := *d
		copied.Rows = slices.Clone(d.Rows)
		was.Filing.Detail = &copied
	}
	for _, e := range slices.Backward(edits) {
		was.Filing.undo(e)
	}
	was.Found = c.Rules.Classify(Text(was.Filing))
	return was
}

// undo takes an edit back, as far as Compare looks at its fields.
func (f *Filing) undo(e Edit) {
	d := f.Detail
	if d == nil {
		d = &Detail{} // what only a detail has is of no account
	}
	labels, values := rowValues(d.Rows)
	for _, x := range e.Fields {
		switch x.Field {
		case "subject":
			f.Subject = x.Before
		case "summary":
			f.Summary = x.Before
		case "detail_summary":
			d.Summary = x.Before
		case "body":
			d.Body = x.Before
		case "body_en":
			d.BodyEN = x.Before
		case "change", "published_at", "tickers", "related", "class", "attachments", "company", "type", "period", "languages",
			"delayed", "earlier_dates", "withdrawn_because", "files":
		default: // a label of the form
			if _, ok := values[x.Field]; !ok {
				labels = append(labels, x.Field)
			}
			values[x.Field] = x.Before
		}
	}
	d.Rows = nil
	for _, l := range labels {
		d.Rows = append(d.Rows, Row{Label: l, Value: values[l]})
	}
}
