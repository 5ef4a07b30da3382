package kapsim

import (
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kapwatch/monitor"
)

// asked is the filing that the path names, with a detail in any case; nil when the site does not show it.
func (c *call) asked() (*Filing, *monitor.Detail) {
	index, err := strconv.ParseInt(c.arg, 10, 64)
	if err != nil {
		return nil, nil
	}
	f := c.s.world.find(index, c.now)
	if f == nil {
		return nil, nil
	}
	if f.Detail == nil {
		return f, &monitor.Detail{}
	}
	return f, f.Detail
}

// detail answers attachment-detail/{index}: an array of one, or an empty one when there is nothing (yet).
func (c *call) detail() answer {
	f, d := c.asked()
	if f == nil || f.DetailAt.After(c.now) {
		return rows(nil)
	}
	var bodies list
	for _, b := range bodyOf(f, d) {
		bodies = append(bodies, b)
	}
	return rows(list{object{
		{"disclosure", c.disclosure(f, d)}, {"disclosureBody", bodies}, {"attachments", attachments(d)},
	}})
}

// disclosure is the pair of objects that the detail and the public page share, keys in the order of the capture of
// 14 September 2026.
func (c *call) disclosure(f *Filing, d *monitor.Detail) object {
	id := d.ID
	if id == "" {
		id = hex32("disclosure", f.Index)
	}
	english := "N"
	if f.English {
		english = "Y"
	}
	summary := orNull(f.Summary)
	if f.Type == "CA" {
		summary = nil // it stands in the body there (1662143, September 2026)
	}
	kind := memberType(f)
	basic := object{
		{"title", f.Subject},
		{"mkkMemberOid", memberOID(f.Company)},
		{"companyTitle", f.Company},
		{"stockCode", codes(f.Tickers)},
		{"relatedStocks", codes(f.Related)},
		{"disclosureClass", f.Class},
		{"disclosureType", f.Type},
		{"disclosureCategory", orNull(f.Group)},
		{"publishDate", detailTime(f.PublishedAt)},
		{"disclosureId", id},
		{"disclosureIndex", f.Index},
		{"summary", summary},
		{"attachmentCount", int64(f.Attachments)},
		{"year", orNull(f.Year)},
		{"donem", orNull(f.Period)},
		{"period", periodCode(f.RuleType)},
		{"hasMultiLanguageSupport", english},
		{"fundType", nil},
		{"isLate", f.Late},
		{"relatedDisclosureOid", orNull(d.RelatedID)},
		{"senderType", kind},
		{"isChanged", nil},
		{"isBlocked", d.Blocked},
	}
	return object{
		{"disclosureBasic", c.row(f.Index, basic)},
		{"disclosureDetail", object{
			{"ftNiteligi", nil},
			{"decimalDegree", nil},
			{"opinion", nil},
			{"opinionType", nil},
			{"auditType", nil},
			{"mainDisclosureDocumentId", "disclosure_" + id},
			{"opinionMemberTitle", nil},
			{"relatedDisclosureIndex", orNull(d.RelatedIndex)},
			{"oldKap", f.OldKAP},
			{"fundOid", nil},
			{"senderTypes", nil},
			{"nonInactiveCount", int64(1)},
			{"blockedDescription", orNull(d.BlockedDescription)},
			{"memberType", kind},
		}},
	}
}

// periodCode is the report period in details: 3AB and 6A were seen in 2026, the other two are by analogy.
func periodCode(rule string) string {
	switch rule {
	case "3 Aylık":
		return "3AB"
	case "6 Aylık":
		return "6A"
	case "9 Aylık":
		return "9A"
	case "Yıllık":
		return "YIL"
	}
	return "HZ"
}

func attachments(d *monitor.Detail) list {
	out := list{}
	for _, a := range d.Files {
		out = append(out, object{{"objId", a.ID}, {"fileName", a.Name}, {"fileExtension", a.Ext}})
	}
	return out
}

// notice answers /tr/Bildirim/{index}, the public page. An index that the site does not show gives a page too, only
// without the filing.
func (c *call) notice() answer {
	f, d := c.asked()
	if f == nil {
		return answer{status: http.StatusOK, kind: kindHTML, body: []byte(pageHead("Bildirim") + flight(dictionary, 1) + pageFoot)}
	}
	link := "/tr/sirket-bilgileri/ozet/" + strconv.Itoa(len(f.Company)) + "-sentetik"
	var b strings.Builder
	b.WriteString(pageHead(f.Subject))
	fmt.Fprintf(&b, `<a href="%s">%s</a><a href="%s">%s</a>`, link, html.EscapeString(f.Company), link,
		html.EscapeString(strings.Join(f.Tickers, ", ")))
	fmt.Fprintf(&b, `<div class="notification__table"><div class="text-danger text-base font-semibold text-xl">%s</div>`,
		html.EscapeString(f.Subject))
	fmt.Fprintf(&b, `<div id="expanded-container" class="notification-body-scale-%d"><div class="disclosureSummary">%s</div>`,
		f.Index, html.EscapeString(f.Summary))
	var records strings.Builder
	refs := list{}
	for i, body := range bodyOf(f, d) {
		b.WriteString(body)
		id := strconv.FormatInt(int64(0x30+i), 16)
		fmt.Fprintf(&records, "%s:T%x,%s", id, len(body), body)
		refs = append(refs, "$"+id)
	}
	b.WriteString(`</div>`)
	for _, a := range d.Files {
		fmt.Fprintf(&b, `<a href="https://www.kap.org.tr/tr/api/file/download/%s">%s</a>`, a.ID, html.EscapeString(a.Name))
	}
	b.WriteString(`</div>`)
	data := object{
		{"CLIENT_BASE_URL", "https://www.kap.org.tr"},
		{"lang", "tr"},
		{"index", c.arg},
		{"sendData", object{
			{"disclosure", c.disclosure(f, d)}, {"disclosureBody", refs}, {"attachments", attachments(d)},
		}},
	}
	record := `27:["$","$L2d",null,` + string(appendJSON(nil, data)) + "]\n"
	b.WriteString(flight(dictionary+records.String()+record, f.Index))
	b.WriteString(pageFoot)
	return answer{status: http.StatusOK, kind: kindHTML, body: []byte(b.String())}
}

// flagWord is the answer to a form's question; earlier lists the dates of earlier filings as forms write them.
func flagWord(yes bool) string {
	if yes {
		return "Evet"
	}
	return "Hayır"
}

func earlier(d *monitor.Detail) string {
	var out []string
	for _, iso := range d.EarlierDates {
		if t, err := time.Parse(time.DateOnly, iso); err == nil {
			iso = t.Format("02.01.2006")
		}
		out = append(out, iso)
	}
	return strings.Join(out, ", ")
}
