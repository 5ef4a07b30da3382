package status

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/redline"
)

// filingView is what the page of one filing shows.
type filingView struct {
	frame
	monitor.DetailView
	JSONURL    string
	What       []link
	Marks      []string
	ClassName  string
	Tickers    []link
	Heading    part // the subject
	Lead       part // the summary
	Parts      []part
	Facts      []labelled
	Evidence   []labelled
	Decisions  []decisionRow
	HasText    bool
	NoEnglish  bool // said on the English page of a filing that has a Turkish text alone
	FormFields []labelled
	Matter     []matterRow // the filings that this one links to, and those that link to it
	Changes    *changesView
	Edits      []editView
}

// matterRow is another filing on the same matter.
type matterRow struct {
	link
	Word, Why string
}

// changesView is what the filing says otherwise than the earlier one.
type changesView struct {
	Facts  []factRow
	Fields []redlined
}

type factRow struct{ Kind, Before, After string }

// redlined is a field with what went and what came.
type redlined struct {
	Name, Language string // Language is that of its text
	Gone, Come     string // our words for what went and what came, for those who do not see it
	Pieces         []monitor.PieceView
}

// editView is a change under the filing's own index.
type editView struct {
	At     time.Time
	Reader string
	Fields []redlined
}

// part is one text of a filing, cut at the evidence and the facts in it.
type part struct {
	Name, Language string
	Pieces         []piece
}

// piece is a run of text. For names what it is evidence for, or the kind of fact that it states; "" is plain text.
type piece struct {
	Text, For string
	Fact      bool
}

type labelled struct{ Label, Value, Note string }

type decisionRow struct {
	monitor.DecisionView
	Word string
	At   *time.Time // of its alert, if it has one
}

// decisions joins each route's decision with its alert. An alert whose route is no longer configured has a row
// too: someone was told.
func (w words) decisions(v monitor.DetailView) []decisionRow {
	var rows []decisionRow
	for _, d := range v.Decisions {
		rows = append(rows, decisionRow{d, or(w.verdict, d.Outcome), nil})
	}
	for _, a := range v.Alerts {
		if a.Change != "" {
			continue // its reason tells
		}
		i := slices.IndexFunc(rows, func(r decisionRow) bool { return r.Route == a.Route })
		if i < 0 {
			i = len(rows)
			rows = append(rows, decisionRow{
				DecisionView: monitor.DecisionView{Route: a.Route, Outcome: monitor.Verdict(a.State)}, Word: or(w.alert, a.State),
			})
		}
		rows[i].At = &a.At
	}
	return rows
}

// filingPage shows one filing to a person.
func (s *Server) filingPage(rec monitor.Record, language monitor.Language) ([]byte, error) {
	v, err := s.detail(rec)
	if err != nil {
		return nil, err
	}
	w, text := wordsFor(language), monitor.Text(rec.Filing)
	path := fmt.Sprintf("/filings/%d", v.Index)
	values := url.Values{}
	if language != monitor.Turkish {
		values.Set("lang", string(language))
	}
	page := filingView{
		frame: s.frame(w, headline(v.View)+" · kapwatch", path, values), DetailView: v, JSONURL: path + "?format=json",
		Marks: s.marks(w, v.View), ClassName: or(w.class, v.Class), HasText: v.Body+v.BodyEN != "",
		Heading: part{Pieces: s.pieces(v, "subject", cmp.Or(v.Subject, v.URL), w)},
		Lead:    part{Pieces: s.pieces(v, "summary", text.Summary, w)},
	}
	if v.Stage != "" {
		page.Marks = append(page.Marks, or(w.stage, v.Stage))
	}
	for _, code := range v.Tickers {
		page.Tickers = append(page.Tickers, link{Text: code, URL: change(values, "ticker", code)})
	}
	for _, id := range v.Categories {
		page.What = append(page.What, link{Text: s.label(id, w.Language), URL: change(values, "category", id)})
	}
	if v.Body != "" {
		page.Parts = append(page.Parts, part{w.Explanation, "tr", s.pieces(v, "body", v.Body, w)})
	}
	if v.BodyEN != "" {
		page.Parts = append(page.Parts, part{w.EnglishText, "en", s.pieces(v, "body_en", v.BodyEN, w)})
	}
	if language == monitor.English {
		slices.Reverse(page.Parts)
	}
	for _, f := range inLanguage(v.Facts, language) {
		page.Facts = append(page.Facts, labelled{Label: or(w.fact, f.Kind), Value: f.Text})
	}
	page.NoEnglish = language == monitor.English && v.BodyEN == "" && v.Body != ""
	for _, e := range v.Evidence {
		page.Evidence = append(page.Evidence, labelled{s.label(e.For, w.Language), e.Text, e.Term})
	}
	page.Decisions = w.decisions(v)
	page.Matter = w.matter(v, values)
	page.Changes, page.Edits = w.changes(v.Redline), w.edits(v.Revisions)
	for _, r := range v.Rows {
		f := labelled{Label: r.Label, Value: r.Value}
		if language == monitor.English && r.LabelEN != "" {
			f = labelled{Label: r.LabelEN, Value: cmp.Or(r.ValueEN, r.Value)}
		}
		if f.Value != "" {
			page.FormFields = append(page.FormFields, f)
		}
	}
	return s.render("filing", page)
}

// inLanguage leaves out what the filing states in the other language only as a translation: kinds of facts that it
// states in this one too.
func inLanguage(facts []monitor.FactView, language monitor.Language) []monitor.FactView {
	own := func(f monitor.FactView) bool { return (f.Field == "body_en") == (language == monitor.English) }
	return slices.DeleteFunc(slices.Clone(facts), func(f monitor.FactView) bool {
		return !own(f) && slices.ContainsFunc(facts, func(g monitor.FactView) bool { return own(g) && g.Kind == f.Kind })
	})
}

// matter lists the filings that v links to, and those that link to it.
func (w words) matter(v monitor.DetailView, values url.Values) (rows []matterRow) {
	add := func(r monitor.RefView, word, why string) {
		u := url.URL{Path: fmt.Sprintf("/filings/%d", r.Index), RawQuery: values.Encode()}
		rows = append(rows, matterRow{link{Text: fmt.Sprintf("KAP %d", r.Index), URL: u.String()}, word, why})
	}
	for _, l := range v.Links {
		add(l.RefView, or(w.link, l.Kind), l.Why)
	}
	for _, l := range v.Later {
		add(l, w.LaterFiling, "")
	}
	return rows
}

// changes shows a redline; nil where there is nothing to show.
func (w words) changes(v *monitor.RedlineView) *changesView {
	if v == nil || len(v.Facts)+len(v.Fields) == 0 {
		return nil
	}
	c := &changesView{}
	for _, f := range v.Facts {
		c.Facts = append(c.Facts, factRow{or(w.fact, f.Kind), strings.Join(f.Before, ", "), strings.Join(f.After, ", ")})
	}
	for _, f := range v.Fields {
		c.Fields = append(c.Fields, w.redlined(f))
	}
	return c
}

// edits shows the changes under the filing's own index, each field as a redline of its own.
func (w words) edits(revisions []monitor.RevisionView) (out []editView) {
	for _, r := range revisions {
		e := editView{At: r.At, Reader: or(w.reader, r.Reader)}
		for _, f := range r.Changes {
			if f.Field == "change" {
				f.Before, f.After = cmp.Or(w.change[monitor.Change(f.Before)], w.NewFiling), cmp.Or(w.change[monitor.Change(f.After)], w.NewFiling)
			}
			e.Fields = append(e.Fields, w.redlined(monitor.NewFieldRedlineView(f.Field, redline.Compare(f.Before, f.After))))
		}
		out = append(out, e)
	}
	return out
}

func (w words) redlined(v monitor.FieldRedlineView) redlined {
	r := redlined{or(w.field, v.Field), "tr", w.Gone, w.Come, v.Pieces}
	switch v.Field {
	case "body_en":
		r.Language = "en"
	case "change":
		r.Language = w.Language
	}
	return r
}

// label names a category or a qualifier.
func (s *Server) label(id, language string) string {
	if slices.Contains(s.cfg.Qualifiers, id) {
		return s.cfg.QualifierLabel(id, language)
	}
	return s.cfg.Rules().Label(id, language)
}

// pieces cuts text, which is field of v, at the evidence and facts in it. Spans count characters; where two overlap
// the earlier wins, and evidence wins over a fact in the same place.
func (s *Server) pieces(v monitor.DetailView, field, text string, w words) []piece {
	type mark struct {
		piece
		from, to int
	}
	var marks []mark
	for _, e := range v.Evidence {
		if string(e.Field) == field {
			marks = append(marks, mark{piece{For: s.label(e.For, w.Language)}, e.Span[0], e.Span[1]})
		}
	}
	for _, f := range v.Facts {
		if string(f.Field) == field {
			marks = append(marks, mark{piece{For: or(w.fact, f.Kind), Fact: true}, f.Span[0], f.Span[1]})
		}
	}
	slices.SortStableFunc(marks, func(a, b mark) int { return a.from - b.from })
	runes, at := []rune(text), 0
	var out []piece
	for _, m := range marks {
		if m.from < at || m.to <= m.from || m.to > len(runes) {
			continue
		}
		if m.from > at {
			out = append(out, piece{Text: string(runes[at:m.from])})
		}
		m.Text = string(runes[m.from:m.to])
		out = append(out, m.piece)
		at = m.to
	}
	if at < len(runes) {
		out = append(out, piece{Text: string(runes[at:])})
	}
	return out
}
