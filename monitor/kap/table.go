package kap

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kapwatch/monitor"
)

// tableRow is what the page's table says of one filing.
type tableRow struct {
	index int64
	at    time.Time // to the minute; zero when the cell cannot be read
	cells []string
}

// word is the table's value for a key of the flight data, nil where the table has none.
func (r tableRow) word(key string) any {
	switch cell := map[string]int{
		"publishDate": 2, "stockCode": 3, "stockCodes": 3, "fundCode": 4, "disclosureClass": 5, "title": 6,
		"summary": 7, "relatedStocks": 8,
	}[key]; {
	case key == "disclosureIndex":
		return r.index
	case cell == 0:
		return nil
	case cell == 2 && !r.at.IsZero():
		return r.at.Format("02.01.2006 15:04:05")
	default:
		return r.cells[cell]
	}
}

// heads are the heads of the table; the first holds a checkbox (seen June to August 2026).
func heads() []string {
	return []string{"", "#", "Tarih", "Kod", "Fon", "Tip", "Konu", "Özet Bilgi", "İlgili Şirketler", "Yıl", "Periyot", "İşlemler"}
}

// noRows is what stands in the table when nothing was found. Every page holds the words in its dictionary too.
const noRows = "Bildirim bulunamadı."

// readTable reads the table of filings. ok reports whether the page has one.
func readTable(doc *goquery.Document, now time.Time) (rows []tableRow, ok bool, err error) {
	table := doc.Find("table").FilterFunction(func(_ int, t *goquery.Selection) bool {
		return t.Find("tr[id^=notification]").Length() > 0 || t.Find("th").Length() == len(heads())
	}).First()
	if table.Length() == 0 {
		return nil, false, nil
	}
	if err := checkHeads(table.ChildrenFiltered("thead").Find("th")); err != nil {
		return nil, true, err
	}
	dated := 0
	table.ChildrenFiltered("tbody").ChildrenFiltered("tr[id^=notification]").EachWithBreak(func(i int, tr *goquery.Selection) bool {
		var row tableRow
		if row, err = readTableRow(tr, now); err != nil {
			err = fmt.Errorf("table row %d: %w", i+1, err)
			return false
		}
		if !row.at.IsZero() {
			dated++
		}
		rows = append(rows, row)
		return true
	})
	switch {
	case err != nil:
		return nil, true, err
	case len(rows) > 0 && dated == 0:
		return nil, true, fmt.Errorf("head %q: no cell holds a date, the first is %q", heads()[2], rows[0].cells[2])
	case len(rows) == 0 && !strings.Contains(clean(table.Text()), noRows):
		return nil, true, errors.New("the table has no rows and does not say so")
	}
	return rows, true, nil
}

func checkHeads(th *goquery.Selection) error {
	want := heads()
	got := th.Map(func(_ int, s *goquery.Selection) string { return clean(s.Text()) })
	if len(got) != len(want) {
		return fmt.Errorf("the table has %d heads, not %d: %q", len(got), len(want), excerpt([]byte(strings.Join(got, ", "))))
	}
	for i := 1; i < len(want); i++ {
		if got[i] != want[i] {
			return fmt.Errorf("head %d of the table is %q, not %q", i, got[i], want[i])
		}
	}
	return nil
}

func readTableRow(tr *goquery.Selection, now time.Time) (tableRow, error) {
	// Siblings are walked by hand: a selector for each of 12 cells of 2000 rows costs more than parsing the page.
	td := tr.ChildrenFiltered("td")
	if n := td.Length(); n != len(heads()) {
		return tableRow{}, fmt.Errorf("%d cells, not %d", n, len(heads()))
	}
	id, _ := td.First().Find("input[type=checkbox]").Attr("id")
	index, err := strconv.ParseInt(id, 10, 64)
	if err != nil || index <= 0 {
		return tableRow{}, fmt.Errorf("checkbox id %q is not an index", id)
	}
	row := tableRow{index: index, cells: td.Map(func(_ int, s *goquery.Selection) string { return clean(s.Text()) })}
	if at, err := tableTime(row.cells[2], now); err == nil {
		row.at = at
	}
	return row, nil
}

// tableTime reads "Bugün 08:01", "Dün 23:59" (inferred; yesterday's rows were never captured) or "04.03.2026 18:57".
func tableTime(s string, now time.Time) (time.Time, error) {
	day, clock, _ := strings.Cut(s, " ")
	today := monitor.Midnight(now)
	switch day {
	case "Bugün":
		day = today.Format("02.01.2006")
	case "Dün":
		day = today.AddDate(0, 0, -1).Format("02.01.2006")
	}
	if strings.Count(clock, ":") == 1 {
		clock += ":00"
	}
	return parseTime(day + " " + clock)
}

// lavish reports whether HTML would grow into far more memory than its bytes: a list of 5,000 filings has under
// 400,000 tags, and its tags hold few attributes. Memory grows with both, at some 100 bytes each.
func lavish(body []byte) bool {
	const mostTags, mostSpaces = 600_000, 1_500_000
	if bytes.Count(body, []byte("<")) > mostTags {
		return true
	}
	spaces, inside := 0, false
	for _, c := range body {
		switch c {
		case '<':
			inside = true
		case '>':
			inside = false
		case ' ', '\t', '\n', '\r', '\f', '/', '"', '\'', '=':
			if inside {
				spaces++
			}
		}
	}
	return spaces > mostSpaces
}

// isHex32 reports whether s is one of KAP's ids.
func isHex32(s string) bool {
	return len(s) == 32 && !slices.ContainsFunc([]byte(s), func(c byte) bool {
		return (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F')
	})
}
