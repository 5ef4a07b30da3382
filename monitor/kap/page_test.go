package kap_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap"
)

// pageOf is a synthetic page in the shape of June to August 2026: around the table and the flight data there is what
// every page of the site has, the dictionary with "Bildirim bulunamadı." too. chunk is the length of a flight chunk in
// UTF-16 units of the script, so that the cuts fall into escapes, numbers and surrogate pairs.
type pageOf struct {
	rows  []pageRow
	chunk int
	heads []string            // default: the site's
	edit  func(string) string // last change to the page
}

type pageRow struct {
	index  int64
	flight map[string]any // changes to the object; drop takes a key away
	date   string         // of the table
	cells  int            // default 12
	hidden string         // flight or table: the view that lacks it
}

func (p pageOf) String() string {
	heads := p.heads
	if heads == nil {
		heads = []string{`<input type="checkbox">`, "#", "Tarih", "Kod", "Fon", "Tip", "Konu", "Özet Bilgi", "İlgili Şirketler", "Yıl", "Periyot", "İşlemler"}
	}
	var table, flight []string
	for i, r := range p.rows {
		basic := map[string]any{
			"attachmentCount": 1, "companyTitle": "SYNTH SENTETİK SANAYİ A.Ş.", "disclosureCategory": "ODA",
			"disclosureClass": "ODA", "disclosureIndex": r.index, "disclosureType": "ODA", "donem": "-", "fundCode": nil,
			"hasMultiLanguageSupport": false, "isChanged": nil, "isLate": false, "period": nil,
			"publishDate": "23.11.2026 10:52:10", "relatedStocks": "SYNTA, SYNTB", "stockCode": "SYNTH, SYN",
			"summary": `Özet "tırnak" \ ters {süslü} 😀`, "title": "Özel Durum Açıklaması (Genel)", "year": nil,
		}
		for k, v := range r.flight {
			basic[k] = v
			if v == drop {
				delete(basic, k)
			}
		}
		b, err := json.Marshal(map[string]any{"disclosureBasic": basic})
		if err != nil {
			panic(err)
		}
		if r.hidden != "flight" {
			flight = append(flight, string(b))
		}
		date, cells := r.date, r.cells
		if date == "" {
			date = "Bugün 10:52"
		}
		if cells == 0 {
			cells = 12
		}
		td := []string{
			fmt.Sprintf(`<input type="checkbox" name="notification-checkbox" id="%d">`, r.index), strconv.Itoa(i + 1), date,
			"SYNTH, SYN", "", "ODA", "Özel Durum Açıklaması (Genel)", html.EscapeString(`Özet "tırnak" \ ters {süslü} 😀`),
			"SYNTA, SYNTB", "", "-", "",
		}
		if r.hidden != "table" {
			table = append(table, fmt.Sprintf(`<tr id="notification%d"><td>%s</td></tr>`, i+1, strings.Join(td[:cells], "</td><td>")))
		}
	}
	if len(table) == 0 {
		table = []string{`<tr><td colspan="12">Bildirim bulunamadı.</td></tr>`}
	}
	data := `1:HL["/_next/static/css/x.css","style"]` + "\n" + `5:{"i18n":{"empty":"Bildirim bulunamadı.","key":"disclosureBasic"}}` + "\n" +
		`1a:["$","$L2d",null,{"data":[` + strings.Join(flight, ",") + `],"lang":"tr"}]` + "\n"
	var b strings.Builder
	fmt.Fprintf(&b, `<!doctype html><html lang="tr"><head><script>(self.__next_f=self.__next_f||[]).push([0])</script></head><body>`+
		`<p>%d bildirim bulundu.</p><table><thead><tr><th>%s</th></tr></thead><tbody>%s</tbody></table>`,
		len(table), strings.Join(heads, "</th><th>"), strings.Join(table, ""))
	for _, c := range chunks(data, p.chunk) {
		fmt.Fprintf(&b, `<script>self.__next_f.push([1,"%s"])</script>`, c)
	}
	b.WriteString(`<script>window.x = "push([1,";</script></body></html>`)
	if p.edit != nil {
		return p.edit(b.String())
	}
	return b.String()
}

// chunks escapes s as a script's string literal and cuts it between UTF-16 units, as the site does: a pair of
// surrogates and an escape of the JSON inside may come apart.
func chunks(s string, n int) []string {
	var units []string
	for _, r := range s {
		switch {
		case r == '"':
			units = append(units, `\"`)
		case r == '\\':
			units = append(units, `\\`)
		case r == '\n':
			units = append(units, `\n`)
		case r == '<' || r == '>' || r == '&':
			units = append(units, fmt.Sprintf(`\u%04x`, r))
		case r > 0xffff:
			r -= 0x10000
			units = append(units, fmt.Sprintf(`\u%04x`, 0xd800+r>>10), fmt.Sprintf(`\u%04x`, 0xdc00+r&0x3ff))
		default:
			units = append(units, string(r))
		}
	}
	if n == 0 {
		n = len(units)
	}
	var out []string
	for len(units) > 0 {
		k := min(n, len(units))
		out, units = append(out, strings.Join(units[:k], "")), units[k:]
	}
	return out
}

func three() []pageRow { return []pageRow{{index: 30}, {index: 20}, {index: 10}} }

func TestPageFields(t *testing.T) {
	rows := []pageRow{
		{index: 30}, // the summary alone is trouble enough
		{index: 20, flight: map[string]any{
			"stockCode": drop, "stockCodes": "SYN", "disclosureClass": "DKB", "disclosureType": "DUY", "disclosureCategory": nil,
			"donem": "Yıllık", "period": 4, "year": 2026, "isLate": true, "hasMultiLanguageSupport": "Y", "relatedStocks": nil,
			"fundCode": "SYF", "summary": nil, "publishDate": "22.11.2026 23:59:59", "title": "Finansal  Rapor ",
		}, date: "Dün 23:59"},
		{index: 10, flight: map[string]any{"publishDate": "21.11.2026 09:00:00"}, date: "21.11.2026 09:00"}, // before the window
	}
	for chunk := range 40 {
		got, err := client(t, serving(pageOf{rows: rows, chunk: chunk}.String())).Page().List(t.Context(), window())
		if err != nil {
			t.Fatalf("chunks of %d: %v", chunk, err)
		}
		for i := range got.Filings {
			if !json.Valid(got.Filings[i].Raw) {
				t.Errorf("raw bytes %q", got.Filings[i].Raw)
			}
			got.Filings[i].Raw = nil
		}
		got.Remember = nil
		noon := day(23).Add(12 * time.Hour)
		want := monitor.Listing{Listed: 3, Filings: []monitor.Filing{{
			Index: 30, PublishedAt: day(23).Add(10*time.Hour + 52*time.Minute + 10*time.Second), SeenAt: noon,
			Company: "SYNTH SENTETİK SANAYİ A.Ş.", Tickers: []string{"SYNTH", "SYN"}, Related: []string{"SYNTA", "SYNTB"},
			Class: "ODA", Type: "ODA", Group: "ODA", Subject: "Özel Durum Açıklaması (Genel)",
			Summary: `Özet "tırnak" \ ters {süslü} 😀`, RuleType: "-", Attachments: 1, Reader: "page", Partial: true,
		}, {
			Index: 20, PublishedAt: day(22).Add(24*time.Hour - time.Second), SeenAt: noon,
			Company: "SYNTH SENTETİK SANAYİ A.Ş.", FundCode: "SYF", Tickers: []string{"SYN"},
			Class: "DUY", Type: "DUY", Subject: "Finansal Rapor", Year: 2026, Period: 4, RuleType: "Yıllık", Late: true,
			English: true, Attachments: 1, Reader: "page", Partial: true,
		}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("chunks of %d: %s", chunk, diff)
		}
	}
}

func TestPageEmpty(t *testing.T) {
	got, err := client(t, serving(pageOf{}.String())).Page().List(t.Context(), window())
	if err != nil || len(got.Filings)+len(got.Bad)+len(got.Problems) != 0 {
		t.Errorf("%+v, %v; want nothing", got, err)
	}
}

func TestPageDrift(t *testing.T) {
	changed := func(i int, head string) []string {
		h := []string{"", "#", "Tarih", "Kod", "Fon", "Tip", "Konu", "Özet Bilgi", "İlgili Şirketler", "Yıl", "Periyot", "İşlemler"}
		h[i] = head
		return h
	}
	cut := func(from, to string) func(string) string {
		return func(s string) string {
			a := strings.Index(s, from)
			b := strings.Index(s[a:], to) + a + len(to)
			return s[:a] + s[b:]
		}
	}
	with := func(r pageRow) []pageRow { return append(three(), r) }
	for _, tt := range []struct {
		name string
		page pageOf
		want string
	}{
		{"head renamed", pageOf{rows: three(), heads: changed(3, "Şirket")}, `head 3 of the table is "Şirket", not "Kod"`},
		{"head added", pageOf{rows: three(), heads: append(changed(0, ""), "Yeni")}, `the table has 13 heads, not 12: ", #, Tarih, Kod, Fon, Tip, Konu, Özet Bilgi, İlgili Şirketler, Yıl, Periyot, İşlemler, Yeni"`},
		{"a cell less", pageOf{rows: with(pageRow{index: 5, cells: 11})}, "table row 4: 11 cells, not 12"},
		{"checkbox without index", pageOf{rows: three(), edit: func(s string) string { return strings.Replace(s, `id="20"`, `id="x20"`, 1) }}, `table row 2: checkbox id "x20" is not an index`},
		{"no table", pageOf{rows: three(), edit: cut("<table>", "</table>")}, "the page has no table of filings"},
		{"no flight data", pageOf{rows: three(), edit: func(s string) string { return strings.ReplaceAll(s, "__next_f", "__next_g") }}, "the page has no flight data"},
		{"flight lacks a row", pageOf{rows: with(pageRow{index: 5, hidden: "flight"})}, "the flight data has 3 filings, the table 4"},
		{"table lacks a row", pageOf{rows: with(pageRow{index: 5, hidden: "table"})}, "the flight data has 4 filings, the table 3"},
		{"same count, other rows", pageOf{rows: append(three(), pageRow{index: 5, hidden: "table"}, pageRow{index: 6, hidden: "flight"})}, "the flight data lacks filing 6 of the table"},
		{"table says nothing", pageOf{edit: func(s string) string {
			return strings.Replace(s, `<td colspan="12">Bildirim bulunamadı.</td>`, "", 1)
		}}, "the table has no rows and does not say so"},
		{"table empty, flight not", pageOf{rows: []pageRow{{index: 5, hidden: "table"}}}, "the flight data has 1 filings, the table 0"},
		{"dates changed", pageOf{rows: []pageRow{{index: 2, date: "3 saat önce"}, {index: 1, date: "dünden"}}}, `head "Tarih": no cell holds a date, the first is "3 saat önce"`},
		{"needed key gone", pageOf{rows: []pageRow{{index: 2, flight: map[string]any{"title": drop}}, {index: 1, flight: map[string]any{"title": drop}}}}, `key "title" is missing in all 2 rows`},
		{"object cut off", pageOf{rows: three(), edit: func(s string) string { return strings.Replace(s, `}}],\"lang\":\"tr\"}]\n`, "", 1) }}, "disclosureBasic 3 of the flight data is not a whole object"},
		{"object replaced", pageOf{rows: three(), edit: func(s string) string {
			return strings.Replace(s, `\"disclosureBasic\":{`, `\"disclosureBasic\":\"$1a:0\",\"x\":{`, 1)
		}}, "disclosureBasic 1 of the flight data is not a whole object"},
		{"chunk broken", pageOf{rows: three(), edit: func(s string) string { return strings.Replace(s, `push([1,"1:HL`, `push([1,"\x31:HL`, 1) }}, `unescape flight data: invalid character 'x' in string escape code`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := tt.page.String()
			_, err := client(t, serving(page)).Page().List(t.Context(), window())
			var drift *monitor.DriftError
			if !errors.As(err, &drift) {
				t.Fatalf("%v, want drift", err)
			}
			if drift.What != tt.want || drift.Reader != "page" || string(drift.Body) != page {
				t.Errorf("drift of %s: %q, want %q", drift.Reader, drift.What, tt.want)
			}
		})
	}
}

// One row that cannot be read is read with the table's help, or else set aside; the page still agrees with itself.
func TestPageBadRow(t *testing.T) {
	with := func(r pageRow) string { return pageOf{rows: append(three(), r)}.String() }
	list := func(page string) monitor.Listing {
		t.Helper()
		got, err := client(t, serving(page)).Page().List(t.Context(), window())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := list(with(pageRow{index: 5, flight: map[string]any{"publishDate": 7, "title": drop}, date: "Dün 23:58"}))
	if len(got.Filings) != 4 || len(got.Bad) != 0 {
		t.Fatalf("%+v", got)
	}
	if f := got.Filings[3]; f.Index != 5 || !f.PublishedAt.Equal(day(22).Add(23*time.Hour+58*time.Minute)) ||
		f.Subject != "Özel Durum Açıklaması (Genel)" || !strings.Contains(string(f.Raw), `"publishDate":7`) {
		t.Errorf("the mended filing is %+v", f)
	}
	got = list(with(pageRow{index: 5, flight: map[string]any{"companyTitle": nil}}))
	if len(got.Filings) != 3 || len(got.Bad) != 1 || got.Bad[0].Index != 5 || got.Bad[0].Err != `key "companyTitle" is null` {
		t.Errorf("%+v", got)
	}
	got = list(with(pageRow{index: 5, flight: map[string]any{"disclosureIndex": drop}}))
	if len(got.Filings) != 4 || len(got.Bad) != 0 || got.Filings[3].Index != 5 {
		t.Errorf("the one index that stands in the table alone is not taken: %+v", got)
	}
	two := append(three(), pageRow{index: 5, flight: map[string]any{"disclosureIndex": drop}}, pageRow{index: 7, flight: map[string]any{"disclosureIndex": nil}})
	got = list(pageOf{rows: two}.String())
	if len(got.Filings) != 3 || len(got.Bad) != 2 || got.Bad[0].ID != "5" || got.Bad[1].Index != 7 {
		t.Errorf("two indexes that stand in the table alone are not both named: %+v", got)
	}
}

// A page whose rest is missing is refused: the next answer is likely whole, and nothing changed.
func TestPageTruncated(t *testing.T) {
	page := pageOf{rows: three()}.String()
	for n := range len(page) - len("</html>") {
		got, err := client(t, serving(page[:n])).Page().List(t.Context(), window())
		if err == nil && len(got.Filings) != 3 || err != nil && !errors.Is(err, monitor.ErrRefused) {
			t.Fatalf("%d of %d bytes: %d filings, %v", n, len(page), len(got.Filings), err)
		}
	}
}

// Memory and depth are bounded before anything is built.
func TestPageBombs(t *testing.T) {
	for name, body := range map[string]string{
		"elements":   "<html>" + strings.Repeat("<p>", 700_000),
		"attributes": "<html><p" + strings.Repeat(" a", 2_000_000) + ">",
		"nesting":    "<html>" + strings.Repeat("<div>", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := client(t, serving(body)).Page().List(t.Context(), window())
			if !errors.Is(err, monitor.ErrRefused) {
				t.Errorf("%v, want refused", err)
			}
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// A told time decides what today is.
func TestPageToldTime(t *testing.T) {
	page := pageOf{rows: []pageRow{{index: 2}, {index: 1, flight: map[string]any{"publishDate": ""}, date: "Bugün 18:05"}}}.String()
	c := client(t, &site{handler: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(page)) }}, func(c *kap.Config) {
		// 22:30 UTC is the next day in Istanbul.
		c.Now = func() time.Time { return time.Date(2024, 4, 25, 22, 30, 0, 0, time.UTC) }
	})
	got, err := c.Page().List(t.Context(), monitor.Window{From: time.Date(2024, 4, 25, 0, 0, 0, 0, monitor.Istanbul)})
	if err != nil || len(got.Filings) != 2 {
		t.Fatal(got, err)
	}
	if at := got.Filings[1].PublishedAt; !at.Equal(time.Date(2024, 4, 26, 18, 5, 0, 0, monitor.Istanbul)) {
		t.Errorf("Bugün 18:05 is %v", at)
	}
}
