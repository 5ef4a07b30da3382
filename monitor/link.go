package monitor

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Link leads from a filing to an earlier one on the same matter.
type Link struct {
	Index int64 // the earlier filing; the ledger may lack it
	Kind  LinkKind
	Why   string // a sentence
}

// LinkKind says what the later filing does to the earlier one.
type LinkKind string

// The kinds of links.
const (
	LinkUpdate     LinkKind = "update"
	LinkCorrection LinkKind = "correction"
	LinkCancel     LinkKind = "cancel"
	LinkFollowUp   LinkKind = "follow_up" // a later step in the same matter
)

// How far back, and among how many filings of the company, an earlier one is looked for: the work for a filing is
// bounded, and none is done in a quiet poll.
const (
	linkYear     = 365 * 24 * time.Hour // for one that KAP names by its id
	linkMonth    = 31 * 24 * time.Hour  // for one that is told by its form and summary
	linkHalfYear = 183 * 24 * time.Hour // for an earlier step in the same matter
	linkMost     = 100
)

// Changed gives the filing that r updates, corrects or cancels; 0 when there is none for certain.
func (r *Record) Changed() int64 {
	for _, l := range r.Links {
		if l.Kind != LinkFollowUp {
			return l.Index
		}
	}
	return 0
}

// earlier is the filing that r links to, 0 when there is none.
func (r *Record) earlier() int64 {
	switch d := r.Filing.Detail; {
	case len(r.Links) > 0:
		return r.Links[0].Index
	case d != nil: // recorded before there were links
		return d.RelatedIndex
	}
	return 0
}

// finder is the part of the ledger that links are looked for in.
type finder interface {
	Find(q Query) (Page, error)
	Get(index int64) (Record, bool, error)
}

// findLinks looks for the earlier filing that r is about. It gives at most one, and none where there is any doubt:
// what is not linked stands alone. recent are filings that are about to be recorded with r.
func findLinks(l finder, r *Record, recent []Record) ([]Link, error) {
	f := &r.Filing
	if f.Test() || len(f.Tickers) == 0 {
		return nil, nil
	}
	s := search{ledger: l, f: f, categories: r.Found.Categories, recent: recent}
	s.edited = slices.ContainsFunc(r.Edits, func(e Edit) bool {
		return slices.ContainsFunc(e.Fields, func(x FieldEdit) bool { return x.Field == "change" })
	})
	change := f.Change()
	link, err := Link{}, error(nil)
	switch d := f.Detail; {
	case d != nil && d.RelatedIndex != 0 && d.RelatedIndex < f.Index:
		link = Link{Index: d.RelatedIndex, Why: "KAP names it as the related disclosure"}
	case change == NewFiling:
		link, err = s.sameMatter(r)
		link.Kind = LinkFollowUp
	default:
		link, err = s.changed()
	}
	if err != nil || link.Index == 0 {
		return nil, err
	}
	if link.Kind == "" {
		link.Kind = LinkKind(change)
	}
	return []Link{link}, nil
}

// link finds what new filings are about that change or continue an earlier one. What their details add to that is
// looked for when those arrive.
func (m *Monitor) link(entries []Entry) error {
	recent := make([]Record, len(entries))
	for i, e := range entries {
		recent[i] = Record{Filing: e.Filing, Found: e.Found}
	}
	for i := range entries {
		if entries[i].Filing.Origin != Poll {
			continue
		}
		links, err := m.linksOf(&recent[i], recent[:i])
		if err != nil {
			return fmt.Errorf("link filing %d: %w", entries[i].Filing.Index, err)
		}
		entries[i].Links = links
	}
	return nil
}

// linksOf is findLinks in the ledger. What it panics over stands alone.
func (m *Monitor) linksOf(r *Record, recent []Record) (links []Link, err error) {
	if p := contained(func() { links, err = findLinks(m.store, r, recent) }); p != nil {
		m.logPanic("link a filing", r.Filing.Index, p)
		return nil, nil
	}
	return links, err
}

// search looks for filings of f's company that came before f.
type search struct {
	ledger     finder
	f          *Filing
	categories []string // of f
	edited     bool     // f became what it is under its own index: it changes itself, unless KAP names another
	recent     []Record
}

// earlier gives them, newest first, published from a time on and before another.
func (s *search) earlier(since, until time.Time) (out []Record, err error) {
	page, err := s.ledger.Find(Query{Ticker: s.f.Tickers[0], Since: since, Until: until, Limit: linkMost})
	if err != nil {
		return nil, err
	}
	fits := func(r Record) bool {
		x := &r.Filing
		return x.Index < s.f.Index && slices.Contains(x.Tickers, s.f.Tickers[0]) && !x.PublishedAt.After(s.f.PublishedAt) &&
			!x.PublishedAt.Before(since) && x.PublishedAt.Before(until) && !x.Test()
	}
	for _, r := range slices.Backward(s.recent) {
		if fits(r) {
			out = append(out, r)
		}
	}
	for _, r := range page.Records {
		if fits(r) {
			out = append(out, r)
		}
	}
	return out, nil
}

// changed finds the filing that f, which says that it changes one, changes: the one that KAP names by its id, else the
// only one of a day that f names, else the only one of late with the same form and summary. Summaries without a
// number are no such sign: a bank announces the interest of several bonds in the same words.
func (s *search) changed() (Link, error) {
	f := s.f
	end := f.PublishedAt.Add(time.Second)
	if d := f.Detail; d != nil && d.RelatedID != "" {
		year, err := s.earlier(f.PublishedAt.Add(-linkYear), end)
		if err != nil {
			return Link{}, err
		}
		for _, r := range year {
			if r.Filing.Detail != nil && strings.EqualFold(r.Filing.Detail.ID, d.RelatedID) {
				return Link{Index: r.Filing.Index, Why: "KAP names it by its id as the related disclosure"}, nil
			}
		}
	}
	if s.edited {
		return Link{}, nil
	}
	if d := f.Detail; d != nil {
		for _, date := range slices.Backward(d.EarlierDates) { // the last is the nearest
			day, err := time.ParseInLocation(time.DateOnly, date, Istanbul)
			if err != nil || day.After(f.PublishedAt) {
				continue
			}
			all, err := s.earlier(day, day.AddDate(0, 0, 1))
			if err != nil {
				return Link{}, err
			}
			if r, ok := only(all, f.sameForm); ok && (f.sameSummary(r) || s.sameCategory(r)) {
				return Link{Index: r.Filing.Index, Why: fmt.Sprintf("it names %s as the day of its earlier filing, and this is the company's only one of that day under its form", date)}, nil
			}
		}
	}
	month, err := s.earlier(f.PublishedAt.Add(-linkMonth), end)
	if err != nil {
		return Link{}, err
	}
	if r, ok := only(month, f.sameSummary); ok && f.sameForm(r) && strings.ContainsAny(f.Summary, "0123456789") {
		return Link{Index: r.Filing.Index, Why: "it is the company's only filing of the month before with the same form and summary"}, nil
	}
	return Link{}, nil
}

// only gives the one of list that fits, when there is exactly one.
func only(list []Record, fits func(Record) bool) (one Record, ok bool) {
	for _, r := range list {
		if fits(r) {
			if ok {
				return Record{}, false
			}
			one, ok = r, true
		}
	}
	return one, ok
}

// sameCategory reports whether the rules see both in the same matter, and not merely in none.
func (s *search) sameCategory(r Record) bool {
	return slices.ContainsFunc(s.categories, func(c string) bool {
		return c != "other" && c != "form" && c != "operational" && slices.Contains(r.Found.Categories, c)
	})
}

func (f *Filing) sameForm(r Record) bool {
	return f.Subject == r.Filing.Subject && f.Class == r.Filing.Class
}

// sameSummary compares what both say of themselves; a filing without a summary is like no other.
func (f *Filing) sameSummary(r Record) bool {
	a := bareName(f.Summary)
	return a != "" && a == bareName(r.Filing.Summary)
}
