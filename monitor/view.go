package monitor

import (
	"time"
	"unicode/utf8"

	"kapwatch/monitor/classify"
	"kapwatch/monitor/redline"
)

// The types of this file are the public JSON of a filing: HTTP, `kapwatch filings --json`, export and import all
// speak it. Times are RFC 3339 in Istanbul's offset; spans count characters (Unicode code points), not bytes.

// View is a filing in a list.
type View struct {
	Index       int64       `json:"index"`
	URL         string      `json:"url"`
	PublishedAt time.Time   `json:"published_at"`
	SeenAt      time.Time   `json:"seen_at"`
	Company     string      `json:"company"`
	Tickers     []string    `json:"tickers"`
	Related     []string    `json:"related"`
	Class       string      `json:"class"`
	Type        string      `json:"type"`
	Subject     string      `json:"subject"`
	Summary     string      `json:"summary"`
	Categories  []string    `json:"categories"`
	Qualifiers  []string    `json:"qualifiers"`
	Change      Change      `json:"change"`
	Late        bool        `json:"late"`
	Attachments int         `json:"attachments"`
	Languages   []string    `json:"languages"`
	Alerts      []AlertView `json:"alerts"`
}

// AlertView is an alert in a View. A route that did not want the filing has none.
type AlertView struct {
	Route  string     `json:"route"`
	State  AlertState `json:"state"`
	At     time.Time  `json:"at"`               // when it was sent, else when it was decided
	Change Change     `json:"change,omitempty"` // what the filing became since, where the alert is about that alone
}

// DetailView is one filing whole.
type DetailView struct {
	View
	Body      string           `json:"body"`
	BodyEN    string           `json:"body_en"`
	Rows      []RowView        `json:"rows"`
	Files     []AttachmentView `json:"files"`
	Facts     []FactView       `json:"facts"`
	Evidence  []EvidenceView   `json:"evidence"`
	Stage     string           `json:"stage,omitempty"` // how far a deal has come: mou, bid, award, contract, delivery
	Decisions []DecisionView   `json:"decisions"`
	Revisions []RevisionView   `json:"revisions"`
	Links     []LinkView       `json:"links"`
	Later     []RefView        `json:"later"`             // filings that link to this one
	Redline   *RedlineView     `json:"redline,omitempty"` // against the filing that this one changes
}

// RefView names another filing.
type RefView struct {
	Index int64  `json:"index"`
	URL   string `json:"url"`
}

// LinkView leads to an earlier filing on the same matter.
type LinkView struct {
	RefView
	Kind LinkKind `json:"kind"`
	Why  string   `json:"why"`
}

// RedlineView tells what a filing says otherwise than an earlier one.
type RedlineView struct {
	Against int64              `json:"against"` // the earlier filing
	Facts   []FactChangeView   `json:"facts"`
	Fields  []FieldRedlineView `json:"fields"`
}

// FactChangeView is a kind of fact that the two state differently.
type FactChangeView struct {
	Kind   string   `json:"kind"`
	Before []string `json:"before"`
	After  []string `json:"after"`
}

// FieldRedlineView is one field of both. The texts of keep and delete together are the earlier one, those of keep and
// insert the later one.
type FieldRedlineView struct {
	Field  string      `json:"field"`
	Pieces []PieceView `json:"pieces"`
}

// PieceView is a run of text and what happens to it: keep, delete or insert.
type PieceView struct {
	Op   string `json:"op"`
	Text string `json:"text"`
}

// RevisionView is a change of the filing under its own index, seen after it was recorded.
type RevisionView struct {
	At      time.Time       `json:"at"` // when it was seen
	Reader  string          `json:"reader"`
	Changes []FieldEditView `json:"changes"`
}

// FieldEditView is one field of a revision: what it said before, and what it says since.
type FieldEditView struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// RowView is a labelled value of the filing's form.
type RowView struct {
	Label   string `json:"label"`
	Value   string `json:"value"`
	LabelEN string `json:"label_en,omitempty"`
	ValueEN string `json:"value_en,omitempty"`
}

// AttachmentView is a file of the filing.
type AttachmentView struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// FactView is a fact with its place: characters a to b of the field.
type FactView struct {
	Kind  string         `json:"kind"`
	Text  string         `json:"text"`
	Value float64        `json:"value"`
	Unit  string         `json:"unit"`
	Field classify.Field `json:"field"`
	Span  [2]int         `json:"span"`
}

// EvidenceView is the place that made a rule speak.
type EvidenceView struct {
	For   string         `json:"for"`
	Term  string         `json:"term"`
	Text  string         `json:"text"`
	Field classify.Field `json:"field"`
	Span  [2]int         `json:"span"`
}

// DecisionView is what became of the filing on one route: what decided, on which words, and what would have changed it.
type DecisionView struct {
	Route   string         `json:"route"`
	Outcome Verdict        `json:"outcome"`
	Reason  string         `json:"reason"`
	Rule    string         `json:"rule,omitempty"` // the key of the configuration that decided, of history that would have
	Term    string         `json:"term,omitempty"` // of the route or of the rules
	Text    string         `json:"text,omitempty"` // the words that it matches
	Field   classify.Field `json:"field,omitempty"`
	Span    *[2]int        `json:"span,omitempty"`
	Change  string         `json:"change,omitempty"` // a sentence
}

// ClassView is what the rules say of a text: the output of `kapwatch classify`.
type ClassView struct {
	Categories []string       `json:"categories"`
	Qualifiers []string       `json:"qualifiers"`
	Facts      []FactView     `json:"facts"`
	Evidence   []EvidenceView `json:"evidence"`
}

// NewView shows r as it stands in a list.
func NewView(r Record) View {
	f := r.Filing
	v := View{
		Index: f.Index, URL: f.URL(), PublishedAt: f.PublishedAt.In(Istanbul), SeenAt: f.SeenAt.In(Istanbul),
		Company: f.Company, Tickers: list(f.Tickers), Related: list(f.Related), Class: f.Class, Type: f.Type,
		Subject: f.Subject, Summary: f.Summary, Categories: list(r.Found.Categories),
		Qualifiers: list(r.Found.Qualifiers), Change: f.Change(), Late: f.Late, Attachments: f.Attachments,
		Languages: []string{"tr"}, Alerts: []AlertView{},
	}
	if f.English {
		v.Languages = append(v.Languages, "en")
	}
	for _, a := range r.Alerts {
		at := a.SentAt
		if at.IsZero() {
			at = a.CreatedAt
		}
		v.Alerts = append(v.Alerts, AlertView{a.Route, a.State, at.In(Istanbul), a.About()})
	}
	return v
}

// NewDetailView shows r whole, with one decision for each of routes: those that did not exist when the filing was
// decided are told so. funds tells that source.funds watches funds.
func NewDetailView(r Record, routes []Route, funds bool) DetailView {
	t := Text(r.Filing)
	v := DetailView{
		View: NewView(r), Body: t.Body, BodyEN: t.BodyEN, Rows: []RowView{}, Files: []AttachmentView{},
		Facts: factViews(r.Found.Facts, t), Evidence: evidenceViews(r.Found.Evidence, t),
		Stage: r.Found.Stage.String(), Decisions: []DecisionView{}, Revisions: []RevisionView{},
		Links: []LinkView{}, Later: []RefView{},
	}
	if d := r.Filing.Detail; d != nil {
		for _, x := range d.Rows {
			v.Rows = append(v.Rows, RowView{x.Label, x.Value, x.LabelEN, x.ValueEN})
		}
		for _, x := range d.Files {
			v.Files = append(v.Files, AttachmentView{x.Name, x.URL()})
		}
	}
	x := newMatter(&r.Filing, &r.Found, funds)
	for i, d := range Verdicts(r, routes) {
		g := explain(&r, x, &routes[i], routes, d)
		out := DecisionView{Route: d.Route, Outcome: d.Verdict, Reason: d.Reason, Rule: g.rule, Term: g.at.Term, Change: g.change}
		if g.at.Text != "" {
			span := characters(t, g.at.Span)
			out.Text, out.Field, out.Span = g.at.Text, g.at.Span.Field, &span
		}
		v.Decisions = append(v.Decisions, out)
	}
	for _, x := range r.Edits {
		e := RevisionView{At: x.At.In(Istanbul), Reader: x.Reader}
		for _, f := range x.Fields {
			e.Changes = append(e.Changes, FieldEditView(f))
		}
		v.Revisions = append(v.Revisions, e)
	}
	for _, l := range r.Links {
		v.Links = append(v.Links, LinkView{refView(l.Index), l.Kind, l.Why})
	}
	for _, index := range r.Later {
		v.Later = append(v.Later, refView(index))
	}
	return v
}

func refView(index int64) RefView { return RefView{index, filingURL(index, "tr")} }

// NewRedlineView shows what c, a comparison with an earlier filing, tells.
func NewRedlineView(earlier int64, c Comparison) *RedlineView {
	v := &RedlineView{Against: earlier, Facts: []FactChangeView{}, Fields: []FieldRedlineView{}}
	for _, f := range c.Facts {
		v.Facts = append(v.Facts, FactChangeView{f.Kind, list(f.Before), list(f.After)})
	}
	for _, f := range c.Fields {
		v.Fields = append(v.Fields, NewFieldRedlineView(f.Field, f.Pieces))
	}
	return v
}

// NewFieldRedlineView shows what happened to one field.
func NewFieldRedlineView(field string, pieces []redline.Piece) FieldRedlineView {
	v := FieldRedlineView{Field: field, Pieces: []PieceView{}}
	for _, p := range pieces {
		v.Pieces = append(v.Pieces, PieceView{p.Op.String(), p.Text})
	}
	return v
}

// NewClassView shows what the rules found in t.
func NewClassView(found classify.Result, t classify.Text) ClassView {
	return ClassView{list(found.Categories), list(found.Qualifiers), factViews(found.Facts, t), evidenceViews(found.Evidence, t)}
}

// Filing turns v back into what an import records; what an import computes by itself (categories, alerts) is not
// taken over.
func (v View) Filing() Filing {
	f := Filing{
		Index: v.Index, PublishedAt: v.PublishedAt, SeenAt: v.SeenAt, Company: v.Company, Tickers: v.Tickers,
		Related: v.Related, Class: CanonicalClass(v.Class), Type: v.Type, Subject: v.Subject, Summary: v.Summary,
		Late: v.Late, Attachments: v.Attachments, Reader: "file", Origin: Import,
	}
	for _, l := range v.Languages {
		f.English = f.English || l == "en"
	}
	switch v.Change {
	case Update:
		f.Modify = "DUZENLENEN"
	case Correction:
		f.Modify = "DUZELTILEN"
	}
	return f
}

func factViews(facts []classify.Fact, t classify.Text) []FactView {
	out := []FactView{}
	for _, f := range facts {
		out = append(out, FactView{f.Kind, f.Text, f.Value, f.Unit, f.Span.Field, characters(t, f.Span)})
	}
	return out
}

func evidenceViews(evidence []classify.Evidence, t classify.Text) []EvidenceView {
	out := []EvidenceView{}
	for _, e := range evidence {
		out = append(out, EvidenceView{e.For, e.Term, e.Text, e.Span.Field, characters(t, e.Span)})
	}
	return out
}

// characters turns a span of bytes into one of characters.
func characters(t classify.Text, s classify.Span) [2]int {
	text := s.Field.Of(t)
	if s.Start < 0 || s.End > len(text) || s.Start > s.End {
		return [2]int{}
	}
	a := utf8.RuneCountInString(text[:s.Start])
	return [2]int{a, a + utf8.RuneCountInString(text[s.Start:s.End])}
}

func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
