package kap

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kapwatch/monitor"
)

// recheck is how often the page is read whole though nothing asks for it, so that no cunning of the glance is believed
// for longer.
const recheck = time.Hour

// readPage is parsePage for a reader with a memory: where the page is built as it was when it was last read whole, only
// rows that are not known meet goquery and the JSON decoder. The views are compared row by row all the same.
//
// Rows published before the window are not shown, hence not recorded either; they are known, but only while they stay
// outside.
func (m *memory) readPage(c *cutting, body []byte, h *harvest) (parsed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expect()
	cuttable := c.make(m, body)
	var got parsed
	glanced := false
	if cuttable && c.frame == m.frame && time.Since(m.whole) < recheck {
		got, glanced = c.glance(m, body, h)
	}
	if !glanced {
		var err error
		if got, err = parsePage(body, h.seenAt); err != nil {
			return parsed{}, err
		}
		m.frame, m.whole = 0, time.Now()
		if !cuttable {
			return got, nil
		}
		m.frame = c.frame
		for i := range c.rows {
			c.rows[i].known = nil // nothing was left out
		}
	}
	memos := c.memos()
	got.memo = func(f *monitor.Filing) (memo, bool) { x, ok := memos[f.Index]; return x, ok }
	for i := range got.filings[:got.plain] {
		f := &got.filings[i]
		if x, ok := memos[f.Index]; ok && f.PublishedAt.Before(h.from) {
			x.passed, x.reading = f.PublishedAt.Unix(), h.reading
			m.put(x)
		}
	}
	return got, nil
}

// glance leaves out what is known and reads the other rows. ok is false when the page must be read whole: nothing is
// known, or the rows alone do not say all that they would say among the others. Called with m.mu held.
func (c *cutting) glance(m *memory, body []byte, h *harvest) (got parsed, ok bool) {
	var records []json.RawMessage
	table := []byte("<table><tbody>")
	news := map[int64]bool{}
	left := 0
	for i := range c.rows {
		x := &c.rows[i]
		if x.known != nil && (x.known.passed == 0 || x.known.passed < h.from.Unix()) {
			m.leave(x.known, h.reading)
			left++
			continue
		}
		x.known = nil
		record, whole := unescape(x.object)
		if !whole {
			return parsed{}, false
		}
		records = append(records, record)
		table = append(table, x.table...)
		news[x.index] = true
	}
	if left == 0 {
		return parsed{}, false
	}
	if len(records) == 0 {
		return parsed{rows: left}, true
	}
	got, err := pageShape().read(records, left, body)
	if err != nil || got.doubtful {
		return parsed{}, false
	}
	view, err := readRows(table, h.seenAt)
	if err != nil {
		return parsed{}, false
	}
	for _, row := range view {
		if !news[row.index] {
			return parsed{}, false
		}
	}
	if why := got.compare(view); why != "" || m.clashes(got) {
		return parsed{}, false
	}
	got.rows += left
	return got, true
}

// readRows reads rows of the table that were cut out of it, behind the start of a table.
func readRows(table []byte, now time.Time) ([]tableRow, error) {
	const end = `<tr id="end"></tr>` // a row that does not end swallows it, or ends the table before
	table = append(table, end+"</tbody></table>"...)
	if lavish(table) {
		return nil, errors.New("too many elements")
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(table))
	if err != nil {
		return nil, err
	}
	tr := doc.Find("body").ChildrenFiltered("table").First().ChildrenFiltered("tbody").ChildrenFiltered("tr")
	n := tr.Length() - 1
	if n < 0 || tr.Eq(n).AttrOr("id", "") != "end" {
		return nil, errors.New("a row does not end")
	}
	rows := make([]tableRow, n)
	for i := range rows {
		if !strings.HasPrefix(tr.Eq(i).AttrOr("id", ""), "notification") {
			return nil, errors.New("a row does not begin") // its cells were given one by the parser
		}
		if rows[i], err = readTableRow(tr.Eq(i), now); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// memos are what there is to remember of the rows that were not left out. A row is not among them when its date has no
// form that we know, or when its index stands twice with different content.
func (c *cutting) memos() map[int64]memo {
	out := map[int64]memo{}
	var odd []int64
	for i := range c.rows {
		x := &c.rows[i]
		if x.known != nil {
			continue
		}
		if before, twice := out[x.index]; !x.dated || twice && (before.row != x.memo.row || before.table != x.memo.table) {
			odd = append(odd, x.index)
		}
		out[x.index] = x.memo
	}
	for _, index := range odd {
		delete(out, index)
	}
	return out
}
