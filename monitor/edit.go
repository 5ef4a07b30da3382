package monitor

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Edit is a change of a recorded filing under its own index: what it said before, and what it says since.
type Edit struct {
	At     time.Time // when the change was seen
	Reader string    // who saw it: the list's reader, or DetailReader
	Fields []FieldEdit
}

// FieldEdit is one field of an Edit. The field is named as in the public JSON; a value of the filing's form by its
// label.
type FieldEdit struct{ Field, Before, After string }

// DetailReader names, in an Edit, what read the filing's own page.
const DetailReader = "detail"

// edits tells what the source says otherwise of one filing. What only one of the two views can see is no difference:
// the page's rows lack fields and may lack seconds, a file's rows lack what its format has no place for, and a detail
// that was not fetched before changes nothing. Nor is what varies with the look at it: the row's number, a relative
// date, whether the row came late.
func edits(old, now *Filing) []FieldEdit {
	var out []FieldEdit
	add := func(field, before, after string) {
		if before != after {
			out = append(out, FieldEdit{field, before, after})
		}
	}
	coarse := old.Partial || now.Partial || old.Reader == "file" || now.Reader == "file"
	seen := func(field, before, after string) {
		if before != "" && after != "" || !coarse {
			add(field, before, after)
		}
	}
	at := func(t time.Time) string {
		if coarse {
			t = t.Truncate(time.Minute)
		}
		return t.In(Istanbul).Format(time.RFC3339)
	}
	count := func(n int) string {
		if n == 0 && coarse {
			return ""
		}
		return strconv.Itoa(n)
	}
	details := old.Detail != nil && now.Detail != nil
	if details || !coarse {
		a, b := *old, *now
		if coarse {
			a.Modify, b.Modify = "", ""
		}
		if !details {
			a.Detail, b.Detail = nil, nil
		}
		add("change", string(a.Change()), string(b.Change()))
	}
	seen("published_at", at(old.PublishedAt), at(now.PublishedAt))
	seen("tickers", codeSet(old.Tickers), codeSet(now.Tickers))
	seen("related", codeSet(old.Related), codeSet(now.Related))
	seen("class", old.Class, now.Class)
	seen("subject", old.Subject, now.Subject)
	seen("summary", old.Summary, now.Summary)
	seen("attachments", count(old.Attachments), count(now.Attachments))
	if !coarse {
		add("company", old.Company, now.Company)
		add("type", old.Type, now.Type)
		add("period", period(old), period(now))
		add("languages", languages(old), languages(now))
	}
	if details {
		out = append(out, detailEdits(old.Detail, now.Detail)...)
	}
	return out
}

func detailEdits(old, now *Detail) []FieldEdit {
	var out []FieldEdit
	add := func(field, before, after string) {
		if before != after {
			out = append(out, FieldEdit{field, before, after})
		}
	}
	add("detail_summary", old.Summary, now.Summary)
	add("body", old.Body, now.Body)
	add("body_en", old.BodyEN, now.BodyEN)
	add("delayed", strconv.FormatBool(old.Delayed), strconv.FormatBool(now.Delayed))
	add("earlier_dates", strings.Join(old.EarlierDates, ", "), strings.Join(now.EarlierDates, ", "))
	add("withdrawn_because", old.BlockedDescription, now.BlockedDescription)
	add("files", fileNames(old.Files), fileNames(now.Files))
	return append(out, rowEdits(old.Rows, now.Rows)...)
}

// rowEdits compares the values of a form, label by label.
func rowEdits(old, now []Row) []FieldEdit {
	labels, before := rowValues(old)
	more, after := rowValues(now)
	for _, l := range more {
		if _, ok := before[l]; !ok {
			labels = append(labels, l)
		}
	}
	var out []FieldEdit
	for _, l := range labels {
		if before[l] != after[l] {
			out = append(out, FieldEdit{l, before[l], after[l]})
		}
	}
	return out
}

// rowValues gives the values of a form by their labels, each named differently: the second of one label is "label (2)".
func rowValues(rows []Row) (labels []string, values map[string]string) {
	values, count := make(map[string]string, len(rows)), map[string]int{}
	for _, r := range rows {
		label := cmp.Or(r.Label, r.LabelEN, r.Name)
		count[label]++
		if n := count[label]; n > 1 {
			label = fmt.Sprintf("%s (%d)", label, n)
		}
		labels, values[label] = append(labels, label), r.Value
		if r.ValueEN != "" && r.ValueEN != r.Value {
			values[label] = strings.TrimSpace(r.Value + " / " + r.ValueEN)
		}
	}
	return labels, values
}

// codeSet writes codes so that their order does not count.
func codeSet(codes []string) string {
	sorted := slices.Clone(codes)
	slices.Sort(sorted)
	return strings.Join(slices.Compact(sorted), ", ")
}

func period(f *Filing) string {
	if f.Year == 0 && f.Period == 0 {
		return f.RuleType
	}
	return fmt.Sprintf("%d/%d %s", f.Year, f.Period, f.RuleType)
}

func languages(f *Filing) string {
	if f.English {
		return "tr, en"
	}
	return "tr"
}

func fileNames(files []Attachment) string {
	var names []string
	for _, x := range files {
		names = append(names, x.Name)
	}
	return strings.Join(names, ", ")
}

// became tells what an amendment makes of a filing that readers may have been told of already: an update, a
// correction or a withdrawal; "" when nothing of the kind. That a detail fetched for the first time calls the filing
// a correction makes nothing of it: it was one all along. A withdrawal is news whenever it is seen.
func became(old, now *Filing, fields []FieldEdit) Change {
	if now.Detail != nil && now.Detail.Blocked && (old.Detail == nil || !old.Detail.Blocked) {
		return Cancel
	}
	rank := []Change{NewFiling, Update, Correction, Cancel}
	for _, f := range fields {
		if f.Field == "change" && slices.Index(rank, Change(f.After)) > slices.Index(rank, Change(f.Before)) {
			return Change(f.After)
		}
	}
	return ""
}

// revise takes over rows of known filings that the source shows otherwise than they are recorded; each such change is
// an edit, and what was said before is kept. Readers with a memory leave out what has not changed, so this reads the
// ledger for few rows, but for the first listing after a start, and writes nothing where nothing is different.
func (m *Monitor) revise(l Listing, new []Entry, completed []Filing, reader string) error {
	done := make(map[int64]bool, len(new)+len(completed))
	for i := range new {
		done[new[i].Filing.Index] = true
	}
	for i := range completed {
		done[completed[i].Index] = true
	}
	for i := range l.Filings {
		row := l.Filings[i]
		if done[row.Index] {
			continue
		}
		r, ok, err := m.store.Get(row.Index)
		if err != nil {
			m.ledgerRead(err)
			return err
		}
		if !ok || !revises(&r.Filing, &row) {
			continue
		}
		err = m.amend(row.Index, reader, func(r *Record) (detail, ok bool) {
			if !revises(&r.Filing, &row) {
				return false, false
			}
			r.Filing = takeOver(&r.Filing, row)
			c := m.settings()
			return (r.Filing.Origin == Poll || r.Filing.Origin == Baseline) && c.wantsDetail(&r.Filing), true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// revises reports whether a listed row is an edit of the recorded filing. A row that shows less than is recorded is
// not: the reader that sees every field shows the edit too, and two readers that differ for good would else take
// turns.
func revises(old, row *Filing) bool {
	if row.Partial && !old.Partial {
		return false
	}
	now := takeOver(old, *row)
	return len(edits(old, &now)) > 0
}

// takeOver is a recorded filing with the row that the source shows of it now.
func takeOver(old *Filing, row Filing) Filing {
	row.SeenAt, row.Origin, row.Detail = old.SeenAt, old.Origin, old.Detail
	row.Late = row.Late || old.Late
	row.relate()
	return row
}

// relate fills in the related codes that only the detail has.
func (f *Filing) relate() {
	if len(f.Related) == 0 && f.Detail != nil {
		f.Related = slices.DeleteFunc(slices.Clone(f.Detail.Related), func(c string) bool { return slices.Contains(f.Tickers, c) })
	}
}
