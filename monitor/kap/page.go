package kap

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kapwatch/monitor"
)

// pagePath gives the newest filings of the whole market in one page without paging (seen June to August 2026).
// Parameters for dates are accepted there and ignored.
const pagePath = "/tr/bildirim-sorgu-sonuc?srcbar=Y&cmp=Y&cat=6&slf=ALL"

// Page reads KAP's HTML list. It implements monitor.Source.
type Page struct {
	c      *Client
	memory *memory
}

// Page is a reader of the HTML list, with a memory of its own.
func (c *Client) Page() *Page { return &Page{c, newMemory()} }

// Name is "page".
func (r *Page) Name() string { return "page" }

// List reads the page, compares its two views and returns what was published in w or later, less the rows that it has
// shown before, that are as they were in both views and whose Remember was called. How far back the page reaches is
// KAP's choice: an empty or short listing does not mean that w held no more. Its filings are Partial, for the page does
// not carry modifyStatus.
func (r *Page) List(ctx context.Context, w monitor.Window) (_ monitor.Listing, err error) {
	now := r.c.now()
	d := r.c.desks.take()
	defer r.c.desks.give(d)
	var body []byte
	defer panicked(r.Name(), &body, &err)
	body, err = r.c.fetch(ctx, request{
		kind: "page", path: pagePath, accept: "text/html", referer: "/tr", limit: listLimit, timeout: r.c.listTimeout, into: &d.body,
	})
	if err != nil {
		return monitor.Listing{}, fmt.Errorf("list page: %w", err)
	}
	h := newHarvest(now, r.memory)
	h.from = monitor.Midnight(w.From)
	got, err := r.memory.readPage(&d.page, body, h)
	if err != nil {
		return monitor.Listing{}, fmt.Errorf("list page: %w", err)
	}
	h.add(got)
	return h.listing(), nil
}

// parsePage reads both views of one page. now tells what "Bugün" and "Dün" mean.
//
// The flight data carries more (seconds, company, type) and gives the filings; the table is the witness, and stands in
// for single fields that the flight data has wrong. A view that is missing is a count that differs: also when the
// other view looks fine, since nothing then says that it is whole.
func parsePage(body []byte, now time.Time) (parsed, error) {
	refused := func(word, why string) (parsed, error) {
		return parsed{}, &monitor.RefusedError{Status: http.StatusOK, Word: word, Err: errors.New(why)}
	}
	drift := func(format string, args ...any) (parsed, error) {
		what := fmt.Sprintf(format, args...)
		if !bytes.Contains(body, []byte("</html>")) {
			return refused("truncated", what) // the rest is missing, not changed
		}
		return parsed{}, &monitor.DriftError{Reader: "page", What: what, Body: bytes.Clone(body)}
	}
	switch start := opening(body); {
	case len(start) == 0:
		return refused("empty", "the answer has no body")
	case start[0] != '<':
		return refused("refused", fmt.Sprintf("no HTML where the page was due: %q", excerpt(start)))
	case lavish(body):
		return refused("oversized", "too many elements for a list of filings")
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	if err != nil {
		return refused("html", "parse: "+err.Error()) // nested deeper than any browser would follow
	}
	view, hasTable, err := readTable(doc, now)
	if err != nil {
		return drift("%v", err)
	}
	records, hasFlight, err := readFlight(doc)
	switch {
	case !hasTable && !hasFlight:
		return refused("html", "the page has none of the list's marks")
	case err != nil:
		return drift("%v", err)
	case !hasTable:
		return drift("the page has no table of filings")
	case !hasFlight:
		return drift("the page has no flight data")
	}
	got, err := pageShape().read(records, 0, body)
	if err != nil {
		return parsed{}, err
	}
	if why := got.compare(view); why != "" {
		return drift("%s", why)
	}
	return got, nil
}

// compare holds the flight data against the table, and takes from it what the flight data has wrong; it says how the
// two differ, "" when they agree.
func (p *parsed) compare(view []tableRow) (why string) {
	p.mend(view)
	only, why := p.differs(view)
	if why != "" {
		return why
	}
	p.name(only)
	if len(only) == 1 { // of several it is not certain which is whose
		p.mend(view)
	}
	return ""
}

// mend reads the bad rows again with the table's word for the keys that are at fault there.
func (p *parsed) mend(view []tableRow) {
	byIndex := map[int64]tableRow{}
	for _, row := range view {
		byIndex[row.index] = row
	}
	p.bad = slices.DeleteFunc(p.bad, func(b monitor.BadRow) bool {
		row, ok := byIndex[b.Index]
		if !ok {
			return false
		}
		var o map[string]json.RawMessage
		if json.Unmarshal(b.Raw, &o) != nil {
			return false
		}
		for _, f := range pageShape().diagnose(b.Raw, nil) {
			word, err := json.Marshal(row.word(f.key.name))
			if err != nil {
				return false
			}
			o[f.key.name] = word
		}
		patched, err := json.Marshal(o)
		if err != nil {
			return false
		}
		f, ok := fillPage(patched)
		if ok {
			f.Reader, f.Raw = "page", b.Raw
			p.filings = append(p.filings, f)
		}
		return ok
	})
}

// name gives the bad rows without an index those that stand in the table alone. Which is whose matters little: each of
// them has been seen and could not be read.
func (p *parsed) name(only []int64) {
	for i := range p.bad {
		if b := &p.bad[i]; b.Index == 0 && len(only) > 0 {
			b.Index, b.ID = only[0], strconv.FormatInt(only[0], 10)
			only = only[1:]
		}
	}
}

// differs compares the flight data with the table, count and indexes; why is "" when they agree, and only are then the
// indexes that stand in the table alone.
func (p *parsed) differs(view []tableRow) (only []int64, why string) {
	flight := map[int64]bool{}
	unreadable := 0
	for _, f := range p.filings {
		flight[f.Index] = true
	}
	for _, b := range p.bad {
		if b.Index == 0 {
			unreadable++
			continue
		}
		flight[b.Index] = true
	}
	table := map[int64]bool{}
	for _, row := range view {
		if !table[row.index] && !flight[row.index] {
			only = append(only, row.index)
		}
		table[row.index] = true
	}
	if n := len(flight) + unreadable; n != len(table) {
		return nil, fmt.Sprintf("the flight data has %d filings, the table %d", n, len(table))
	}
	// A flight row whose index cannot be read is one that stands in the table alone.
	if len(only) != unreadable {
		return nil, fmt.Sprintf("the flight data lacks filing %d of the table", only[0])
	}
	return only, ""
}

// pageRow is a disclosureBasic object of the page. Kinds differ from the JSON list, and donem and period swap theirs
// against list/main (seen May to August 2026).
type pageRow struct {
	PublishDate   string          `json:"publishDate"`
	Index         int64           `json:"disclosureIndex"`
	StockCode     string          `json:"stockCode"`
	StockCodes    string          `json:"stockCodes"`
	RelatedStocks string          `json:"relatedStocks"`
	CompanyTitle  string          `json:"companyTitle"`
	Title         string          `json:"title"` // the subject
	Class         string          `json:"disclosureClass"`
	Type          string          `json:"disclosureType"`
	Category      string          `json:"disclosureCategory"`
	Summary       string          `json:"summary"`
	FundCode      string          `json:"fundCode"`
	Attachments   int             `json:"attachmentCount"`
	Year          json.RawMessage `json:"year"`
	Donem         json.RawMessage `json:"donem"`
	Period        json.RawMessage `json:"period"`
	IsLate        json.RawMessage `json:"isLate"`
	English       json.RawMessage `json:"hasMultiLanguageSupport"` // bool, or "Y"/"N"
}

func pageShape() shape {
	return shape{"page", []key{
		{name: "disclosureIndex", kind: integer, needed: true},
		{name: "publishDate", needed: true},
		{name: "companyTitle", needed: true},
		{name: "title", needed: true},
		{name: "disclosureClass", needed: true},
		{name: "stockCode", vital: true},
		{name: "stockCodes", vital: true},
		{name: "relatedStocks", vital: true},
		{name: "fundCode"},
		{name: "disclosureType"},
		{name: "disclosureCategory"},
		{name: "summary"},
		{name: "attachmentCount", kind: integer},
		{name: "year", kind: anything},
		{name: "donem", kind: anything},
		{name: "period", kind: anything},
		{name: "isLate", kind: anything},
		{name: "hasMultiLanguageSupport", kind: anything},
	}, fillPage}
}

func fillPage(row []byte) (monitor.Filing, bool) {
	var x pageRow
	if json.Unmarshal(row, &x) != nil {
		return monitor.Filing{}, false
	}
	at, err := parseTime(x.PublishDate)
	codes := x.StockCodes
	if codes == "" {
		codes = x.StockCode
	}
	f := monitor.Filing{
		Index:       x.Index,
		PublishedAt: at,
		Company:     clean(x.CompanyTitle),
		FundCode:    clean(x.FundCode),
		Tickers:     monitor.Codes(clean(codes)),
		Related:     monitor.Codes(clean(x.RelatedStocks)),
		Class:       monitor.CanonicalClass(clean(x.Class)),
		Type:        clean(x.Type),
		Group:       clean(x.Category),
		Subject:     clean(x.Title),
		Summary:     clean(x.Summary),
		Year:        number(x.Year),
		Late:        yes(x.IsLate),
		English:     yes(x.English),
		Attachments: x.Attachments,
		Partial:     true,
	}
	// Which of the two is a number and which a word is told by the values.
	for _, v := range []json.RawMessage{x.Donem, x.Period} {
		if n := number(v); n != 0 {
			f.Period = n
		} else if s := str(v); s != "" {
			f.RuleType = s
		}
	}
	return f, err == nil && complete(f)
}

// number, str and yes read values whose kind the sources disagree about; what does not fit is the zero value.
func number(v json.RawMessage) (n int) {
	if json.Unmarshal(bytes.Trim(v, `"`), &n) != nil {
		return 0
	}
	return n
}

func str(v json.RawMessage) (s string) {
	if json.Unmarshal(v, &s) != nil {
		return ""
	}
	return clean(s)
}

func yes(v json.RawMessage) bool {
	return string(v) == "true" || slices.Contains([]string{"Y", "TRUE"}, strings.ToUpper(str(v)))
}
