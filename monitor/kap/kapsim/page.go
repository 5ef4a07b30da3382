package kapsim

import (
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"kapwatch/monitor"
)

// warmUp answers /tr/bildirim-sorgu with the cookies of the site's front.
func warmUp() answer {
	return answer{
		status: http.StatusOK, kind: kindHTML,
		header: map[string][]string{"Set-Cookie": {
			"KAP=synthetic0123456789; Path=/; HttpOnly",
			"NSC_synthetic=ffffffff0000; Path=/; HttpOnly",
			"client-ip=127.0.0.1; Path=/",
		}},
		body: []byte(pageHead("Bildirim Sorguları") + `<form action="/tr/bildirim-sorgu-sonuc"></form>` +
			flight(dictionary, 1) + pageFoot),
	}
}

// pageHead and pageFoot are the noise around every page.
func pageHead(title string) string {
	return `<!DOCTYPE html><html lang="tr"><head><meta charset="utf-8"/><title>` + html.EscapeString(title) +
		` | KAP</title><link rel="stylesheet" href="/_next/static/css/synthetic.css"/>` +
		`<script src="/_next/static/chunks/main-app-synthetic.js" async=""></script></head><body>` +
		`<header><nav><ul><li><a href="/tr">KAP</a></li><li><a href="/tr/bist-sirketler">Şirketler</a></li></ul></nav></header>`
}

const pageFoot = `<footer>Kamuyu Aydınlatma Platformu</footer>` +
	`<script>(self.__next_f=self.__next_f||[]).push([0])</script></body></html>`

// dictionary opens the flight data of every page: style hints, a text record, and the words of the page, among them
// those for an empty list. Whoever looks for them outside the table finds them always.
const dictionary = "1:HL[\"/_next/static/css/synthetic.css\",\"style\"]\n" +
	"2:T1b,Sentetik metin {\"şı\": \"3:" + // 27 = 0x1b bytes of UTF-8, no line feed behind
	"5:{\"i18n\":{\"empty\":\"Bildirim bulunamadı.\",\"found\":\"{0} bildirim bulundu.\",\"today\":\"Bugün\"}}\n"

// page answers /tr/bildirim-sorgu-sonuc, the server-rendered list: the newest rows of the whole market as a table
// and again as flight data. Dates, page numbers and sizes in the query are ignored, as on the site; disclosureClass
// and slf=ODA filter.
func (c *call) page() answer {
	q := c.r.URL.Query()
	class := q.Get("disclosureClass")
	if q.Get("slf") == "ODA" {
		class = "ODA"
	}
	from := monitor.Midnight(c.now).AddDate(0, 0, -365)
	found := c.listed(c.s.world.newest(c.now, from, c.now.Add(1), c.s.opt.PageRows, func(f *Filing) bool {
		return members(f) && (class == "" || class == f.Class)
	}))
	table, data := found, found
	if c.fault.table != nil {
		table = c.fault.table(found)
	}
	if c.fault.flight != nil {
		data = c.fault.flight(found)
	}
	var b strings.Builder
	b.WriteString(pageHead("Bildirim Sorgu Sonuçları"))
	fmt.Fprintf(&b, `<main><p>Başlangıç Tarihi: %s / Bitiş Tarihi: %s</p><p>%d bildirim bulundu.</p>`,
		from.Format("02-01-2006"), c.now.In(monitor.Istanbul).Format("02-01-2006"), len(table))
	c.table(&b, table)
	b.WriteString(`</main>`)
	b.WriteString(flight(dictionary+c.flightRows(data), c.now.Unix()))
	b.WriteString(pageFoot)
	return answer{status: http.StatusOK, kind: kindHTML, body: []byte(b.String())}
}

// table writes the twelve columns. The index stands in the check box alone.
func (c *call) table(b *strings.Builder, found []*Filing) {
	b.WriteString(`<table class="table"><thead><tr><th><input type="checkbox"/></th>`)
	for _, h := range [...]string{
		"#", "Tarih", "Kod", "Fon", "Tip", "Konu", "Özet Bilgi", "İlgili Şirketler", "Yıl", "Periyot", "İşlemler",
	} {
		b.WriteString(`<th>` + h + `</th>`)
	}
	b.WriteString(`</tr></thead><tbody>`)
	for i, f := range found {
		fmt.Fprintf(b, `<tr id="notification%d"><td><input type="checkbox" name="notification-checkbox" id="%d"/></td><td>%d</td>`,
			i+1, f.Index, i+1)
		year := ""
		if f.Year != 0 {
			year = fmt.Sprint(f.Year)
		}
		for _, cell := range [...]string{
			tableTime(f.PublishedAt, c.now), strings.Join(f.Tickers, ", "), f.FundCode, f.Class, f.Subject, f.Summary,
			strings.Join(f.Related, ", "), year, orDash(f.RuleType), "",
		} {
			b.WriteString(`<td>` + html.EscapeString(cell) + `</td>`)
		}
		b.WriteString(`</tr>`)
	}
	if len(found) == 0 {
		b.WriteString(`<tr><td colspan="12">Bildirim bulunamadı.</td></tr>`)
	}
	b.WriteString(`</tbody></table>`)
}

// tableTime is relative for today and yesterday, and has no seconds.
func tableTime(t, now time.Time) string {
	t = t.In(monitor.Istanbul)
	switch today := monitor.Midnight(now); monitor.Midnight(t) {
	case today:
		return t.Format("Bugün 15:04")
	case today.AddDate(0, 0, -1):
		return t.Format("Dün 15:04")
	}
	return t.Format("02.01.2006 15:04")
}

// flightRows is the record that holds the rows of the page.
func (c *call) flightRows(found []*Filing) string {
	data := list{}
	for _, f := range found {
		data = append(data, object{{"disclosureBasic", c.row(f.Index, flightRow(f))}})
	}
	return `1a:["$","$L2d",null,` + string(appendJSON(nil, object{{"data", data}, {"lang", "tr"}})) + "]\n"
}

// flightRow is one row of the page's flight data. period is the number here and donem the text, unlike in details.
func flightRow(f *Filing) object {
	return object{
		{"publishDate", listTime(f.PublishedAt)},
		{"disclosureIndex", f.Index},
		{"stockCode", codes(f.Tickers)},
		{"companyTitle", f.Company},
		{"title", f.Subject},
		{"summary", orNull(f.Summary)},
		{"disclosureClass", f.Class},
		{"disclosureType", f.Type},
		{"disclosureCategory", orNull(f.Group)},
		{"relatedStocks", codes(f.Related)},
		{"isLate", f.Late},
		{"isChanged", nil},
		{"attachmentCount", int64(f.Attachments)},
		{"hasMultiLanguageSupport", f.English},
		{"year", orNull(f.Year)},
		{"period", orNull(f.Period)},
		{"donem", orDash(f.RuleType)},
		{"fundCode", orNull(f.FundCode)},
	}
}

// flight writes text as the script chunks of Next.js: cut anywhere, even inside a number or an escape of the inner
// JSON, though never inside a character; each chunk is a JSON string with < > & escaped.
func flight(text string, seed int64) string {
	dice := rand.New(rand.NewPCG(uint64(seed), 1))
	var b strings.Builder
	for text != "" {
		n := min(len(text), 200+dice.IntN(6000))
		for n < len(text) && !utf8.RuneStart(text[n]) {
			n++
		}
		chunk, err := json.Marshal(text[:n])
		if err != nil {
			panic(err) // a string always marshals
		}
		b.WriteString(`<script>self.__next_f.push([1,` + string(chunk) + `])</script>`)
		text = text[n:]
	}
	return b.String()
}
