package kap

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kapwatch/monitor"
)

const fuzzRow = `{"publishDate":"14.09.2026 10:46:06","fundCode":null,"kapTitle":"SYNTH A.Ş.","isOldKap":false,"disclosureClass":"DKB",` +
	`"disclosureType":"DUY","disclosureCategory":null,"summary":"a \"b\" {c}\n","subject":"Pay  Bildirimi","relatedStocks":"A, B","year":2026,` +
	`"ruleType":"-","period":1,"disclosureIndex":1700019,"isLate":false,"stockCodes":null,"hasMultiLanguageSupport":true,"attachmentCount":0,"modifyStatus":null}`

const fuzzPage = `<table><thead><tr><th></th><th>#</th><th>Tarih</th><th>Kod</th><th>Fon</th><th>Tip</th><th>Konu</th><th>Özet Bilgi</th>` +
	`<th>İlgili Şirketler</th><th>Yıl</th><th>Periyot</th><th>İşlemler</th></tr></thead><tbody><tr id="notification1"><td><input type="checkbox" id="7"></td>` +
	`<td>1</td><td>Bugün 08:01</td><td>SYNTH</td><td></td><td>ODA</td><td>Konu</td><td>x</td><td></td><td></td><td>-</td><td></td></tr></tbody></table>` +
	`<script>self.__next_f.push([1,"1:{\"disclosureBasic\":{\"disclosureIndex\":7,\"publishDate\":\"23.11.2026 08:01:02\",\"compa"])</script>` +
	`<script>self.__next_f.push([1,"nyTitle\":\"SYNTH\",\"title\":\"Konu\",\"disclosureClass\":\"ODA\",\"stockCode\":\"SYNTH\"}}"])</script>`

// whole fails when a filing is partial: nothing half read may be recorded.
func whole(t *testing.T, p parsed, err error) {
	t.Helper()
	if err != nil {
		if !errors.Is(err, monitor.ErrDrift) && !errors.Is(err, monitor.ErrRefused) {
			t.Fatalf("an error without a kind: %v", err)
		}
		if len(p.filings)+len(p.bad) > 0 {
			t.Fatal("rows beside an error")
		}
		return
	}
	for _, f := range p.filings {
		if f.Index <= 0 || f.PublishedAt.IsZero() || f.Company == "" || f.Subject == "" || f.Class == "" || f.Reader == "" || len(f.Raw) == 0 {
			t.Fatalf("a partial filing: %+v", f)
		}
		for _, s := range []string{f.Company, f.Subject, f.Summary} {
			if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\n\r\t") {
				t.Fatalf("text %q", s)
			}
		}
	}
	for _, b := range p.bad {
		if b.ID == "" || len(b.Raw) == 0 || b.Err == "" {
			t.Fatalf("a bad row without name, bytes or reason: %+v", b)
		}
	}
}

func FuzzList(f *testing.F) {
	for _, s := range []string{
		"[]", "[" + fuzzRow + "]", "[" + fuzzRow + "," + fuzzRow + ",{}]", `{"success":false}`, "<html>", "null", "[1,2", `[{"a":"\"}]"}]`,
		"[" + fuzzRow + `,{"disclosureIndex":"7"},{"disclosureIndex":8,"year":"x"}]`, "[\xff]", "[{}{}]", "[,]",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := parseList(body)
		whole(t, p, err)
		if err == nil && len(p.filings)+len(p.bad) != p.rows {
			t.Fatalf("%d filings and %d bad rows of %d rows", len(p.filings), len(p.bad), p.rows)
		}
		var rows []json.RawMessage
		if json.Unmarshal(body, &rows) == nil && rows != nil && len(rows) < 50_000 {
			// What encoding/json takes for an array is cut into the same number of rows.
			if cut, err := array("criteria", body, nil); err != nil || len(cut) != len(rows) {
				t.Fatalf("%d rows, %v; want %d", len(cut), err, len(rows))
			}
		}
	})
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(fuzzPage))
	f.Add([]byte(strings.Replace(fuzzPage, "Tarih", "Gün", 1)))
	f.Add([]byte(strings.Replace(fuzzPage, `\"title\":\"Konu\",`, "", 1)))
	f.Add([]byte("<table><tr id=notification1><td>Bildirim bulunamadı."))
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, monitor.Istanbul)
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := parsePage(body, now)
		whole(t, p, err)
	})
}

// A reader that has remembered one answer makes of the next one what a reader of everything makes of it, less the
// filings that are as they were.
func again(t *testing.T, read func(m *memory, h *harvest, body []byte) (parsed, error), whole func(body []byte) (parsed, error), a, b []byte) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, monitor.Istanbul)
	m := newMemory()
	list := func(body []byte) (monitor.Listing, error) {
		h := newHarvest(now, m)
		p, err := read(m, h, body)
		if err != nil {
			return monitor.Listing{}, err
		}
		h.add(p)
		return h.listing(), nil
	}
	known := map[int64]monitor.Filing{}
	for range 2 { // twice, for a row as a whole is known from the second time on
		first, err := list(a)
		if err != nil {
			return
		}
		for _, f := range first.Filings {
			known[f.Index] = f
		}
		if first.Remember != nil {
			first.Remember()
		}
	}
	p, wantErr := whole(b)
	got, err := list(b)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Fatalf("%v, want %v", err, wantErr)
	}
	if err != nil {
		return
	}
	h := newHarvest(now, nil)
	h.add(p)
	want := h.listing()
	shown := map[int64]monitor.Filing{}
	for _, f := range got.Filings {
		shown[f.Index] = f
	}
	for _, f := range want.Filings {
		g, ok := shown[f.Index]
		if !ok {
			g = known[f.Index]
		}
		if !reflect.DeepEqual(f, g) {
			t.Fatalf("filing %+v, shown %v: %+v", f, ok, g)
		}
		delete(shown, f.Index)
	}
	if len(shown) > 0 || !reflect.DeepEqual(want.Bad, got.Bad) && len(want.Bad)+len(got.Bad) > 0 || !slices.Equal(want.Problems, got.Problems) {
		t.Fatalf("%+v; bad %+v, want %+v; problems %q, want %q", shown, got.Bad, want.Bad, got.Problems, want.Problems)
	}
}

func FuzzListAgain(f *testing.F) {
	row := func(index string) string { return strings.Replace(fuzzRow, "1700019", index, 1) }
	two := "[" + row("3") + "," + row("2") + "]"
	for _, b := range []string{
		two, "[" + row("4") + "," + row("3") + "," + row("2") + "]", "[" + row("2") + "," + row("2") + "]", "[" + row("3") + `,{"disclosureIndex":2}]`,
		"[" + row("3") + "," + row("2") + "," + strings.Replace(row("2"), "SYNTH", "SYNTI", 1) + "]",
		"[" + row("3") + row("2") + "]", "[" + row("3"), "[" + row("3") + " , " + row("2") + " ] ", two + "x", "[" + row(`"3"`) + "," + row("2") + "]",
	} {
		f.Add([]byte(two), []byte(b))
	}
	retyped := strings.ReplaceAll(two, `"attachmentCount":0`, `"attachmentCount":"0"`)
	f.Add([]byte(retyped), []byte(retyped)) // the problem is said again
	spoilt := func(index string) string { return strings.Replace(row(index), "SYNTH", "\xff", 1) }
	f.Add([]byte("["+row("3")+","+spoilt("2")+"]"), []byte("["+spoilt("2")+","+spoilt("4")+","+row("3")+"]")) // most are not UTF-8
	f.Fuzz(func(t *testing.T, a, b []byte) {
		again(t, func(m *memory, h *harvest, body []byte) (parsed, error) { return m.readList(body, h.reading) }, parseList, a, b)
	})
}

func FuzzPageAgain(f *testing.F) {
	row := func(n, index, date string) string {
		return `<tr id="notification` + n + `"><td><input type="checkbox" id="` + index + `"></td><td>` + n + `</td><td>` + date +
			`</td><td>SYNTH</td><td></td><td>ODA</td><td>Konu</td><td>x</td><td></td><td></td><td>-</td><td></td></tr>`
	}
	object := func(index string) string {
		return `{\"disclosureBasic\":{\"disclosureIndex\":` + index + `,\"publishDate\":\"23.11.2026 08:01:02\",\"companyTitle\":\"SYNTH\",` +
			`\"title\":\"Konu\",\"disclosureClass\":\"ODA\"}},`
	}
	head, _, _ := strings.Cut(fuzzPage, "<tr id=")
	page := func(rows, objects string) string {
		return head + rows + "</tbody></table>" + `<script>self.__next_f.push([1,"` + objects[:30] + `"])</script><script>self.__next_f.push([1,"` + objects[30:] + `"])</script></html>`
	}
	two := page(row("1", "3", "Bugün 08:01")+row("2", "2", "Bugün 08:01"), object("3")+object("2"))
	for _, b := range []string{
		two,
		page(row("1", "4", "Bugün 08:01")+row("2", "3", "Bugün 08:01")+row("3", "2", "Bugün 08:01"), object("4")+object("3")+object("2")),
		page(row("1", "3", "23.11.2026 08:01")+row("2", "2", "dün"), object("3")+object("2")),
		page(row("1", "3", "Bugün 08:01"), object("3")+object("2")),
		page(row("1", "2", "Bugün 08:01")+row("2", "2", "Bugün 08:01"), object("2")+object("2")),
		page(row("1", "2", "Bugün 08:01")+row("2", "2", "Bugün 08:01"), object("2")+strings.Replace(object("2"), "SYNTH", "SYNTI", 1)),
		strings.Replace(two, "<tr ", `<tr\ `, 1), "<!--" + two, "x" + two, strings.Replace(two, "Kod", "Kod2", 1), strings.Replace(two, `<td>x</td>`, `<td><!--</td>`, 1), strings.Replace(two, `</tr><tr`, `<table></tr><tr`, 1),
		strings.Replace(two, `"])</script><script>self.__next_f.push([1,"`, `"]);x("`, 1), strings.Replace(two, "Konu", "Konu2", 3),
	} {
		f.Add([]byte(two), []byte(b))
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, monitor.Istanbul)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		again(t, func(m *memory, h *harvest, body []byte) (parsed, error) { return m.readPage(new(cutting), body, h) },
			func(body []byte) (parsed, error) { return parsePage(body, now) }, a, b)
	})
}

func FuzzFlight(f *testing.F) {
	f.Add(`self.__next_f.push([1,"1:{\"disclosureBasic\":{\"a\":\"}\"}"])`, "}")
	f.Add(`self.__next_f.push([1,"\ud83d"])`, `self.__next_f.push([1,"\ude00"])`)
	f.Fuzz(func(t *testing.T, a, b string) {
		data, ok, err := joinFlight([]string{a, b})
		if err != nil || !ok {
			return
		}
		if !utf8.Valid(data) {
			t.Fatalf("not UTF-8: %q", data)
		}
		objects, err := cutObjects(data, "disclosureBasic")
		for _, o := range objects {
			if len(o) < 2 || o[0] != '{' || o[len(o)-1] != '}' {
				t.Fatalf("not an object: %q, %v", o, err)
			}
		}
	})
}

func FuzzDetail(f *testing.F) {
	for _, body := range []string{
		`<table class="tbl_GAI_Report_ID"><tr><td><div class="bold font14">Yapılan Açıklama Güncelleme mi ?</div></td><td><div class="gwt-HTML control-label">Evet</div></td></tr></table>`,
		`<table><tr class="data-input-row"><td class="taxonomy-field-title"><div class="content-tr">A</div></td><td class="taxonomy-context-value content-tr">1</td></tr></table>`,
		`<div class="text-block-value">Metin<p>Our Company has been in the list of the market</p></div>`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		b, err := json.Marshal([]string{body, body})
		if err != nil {
			t.Fatal(err)
		}
		wire := fmt.Sprintf(`[{"disclosure":{"disclosureBasic":{"disclosureIndex":7}},"disclosureBody":%s}]`, b)
		d, err := parseDetail([]byte(wire), 7)
		if err != nil && !errors.Is(err, monitor.ErrDrift) {
			t.Fatalf("an error without a kind: %v", err)
		}
		if len(d.Body) > mostText || len(d.Rows) > mostRows || !utf8.ValidString(d.Body) || strings.Contains(d.Body, "\n\n") {
			t.Fatalf("body %q, %d rows", d.Body, len(d.Rows))
		}
	})
}

func BenchmarkParseList(b *testing.B) {
	var rows []string
	for i := range rowCap {
		rows = append(rows, strings.Replace(fuzzRow, "1700019", fmt.Sprint(1_700_000-i), 1))
	}
	body := []byte("[" + strings.Join(rows, ",") + "]")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if p, err := parseList(body); err != nil || len(p.filings) != rowCap {
			b.Fatal(len(p.filings), err)
		}
	}
}

// BenchmarkSplit is what a listing costs before a row is decoded.
func BenchmarkSplit(b *testing.B) {
	body := []byte("[" + strings.Repeat(fuzzRow+",", rowCap-1) + fuzzRow + "]")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if rows, err := split(body, nil); err != nil || len(rows) != rowCap {
			b.Fatal(len(rows), err)
		}
	}
}
