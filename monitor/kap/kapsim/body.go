package kapsim

import (
	"fmt"
	"html"
	"strings"

	"kapwatch/monitor"
)

// bodyOf renders the body in the layout that the site uses for this kind of filing: the older form for corporate
// actions, the announcement form for notices of exchange, regulator and KAP, the taxonomy form for all else.
// Reports have one string per statement.
func bodyOf(f *Filing, d *monitor.Detail) []string {
	switch {
	case f.Type == "CA":
		return []string{olderForm(f, d)}
	case f.Type == "DUY":
		return []string{announcement(f, d)}
	case f.Type == "FR" && len(d.Rows) > 0:
		form := *d
		form.Rows = nil
		return []string{taxonomy(f, &form), statement(d.Rows)}
	}
	return []string{taxonomy(f, d)}
}

// paragraphs is text as the site's editor leaves it: one paragraph a line, hard blanks among the soft ones.
func paragraphs(text string) string {
	if text == "" {
		return ""
	}
	var b strings.Builder
	for p := range strings.SplitSeq(text, "\n") {
		p = html.EscapeString(p)
		if i := strings.LastIndexByte(p, ' '); i >= 0 {
			p = p[:i] + "&#160;" + p[i+1:]
		}
		b.WriteString(`<p class="MsoNormal">` + p + `</p>`)
	}
	return b.String()
}

// footer is the declaration under a material event. It opens as the real one does, the rest is our own wording.
const footer = "Yukarıdaki açıklamalarımızın, Sermaye Piyasası Kurulunun yürürlükteki Özel Durumlar Tebliğinde yer alan " +
	"esaslara uygun olduğunu, bilgimize ulaşan hususları tam olarak yansıttığını ve açıklamadan sorumlu olduğumuzu beyan ederiz."

// ---- taxonomy form ----

const (
	shown  = `style="display: block;"`
	hidden = `style="display: none;"`
	cell   = `style="display: table-cell;"`
)

func both(tr, en string) string {
	return `<div class="gwt-Label multi-language-content content-tr" ` + shown + `>` + html.EscapeString(tr) + `</div>` +
		`<div class="gwt-Label multi-language-content content-en" ` + hidden + `>` + html.EscapeString(en) + `</div>`
}

// form names the table of a subject; most events share the general one.
func form(subject string) string {
	switch subject {
	case "Yeni İş İlişkisi":
		return "oda-12000_New-Business-Relation"
	case "Pay Alım Satım Bildirimi":
		return "oda-10400_Shares-Transaction-Notification"
	}
	return "oda-10000_Material-Event-Disclosure-General"
}

func taxonomy(f *Filing, d *monitor.Detail) string {
	name := form(f.Subject)
	var b strings.Builder
	b.WriteString(`<table class="financial-header-table"><tr style="display: none;"><td class="financial-header-title">` +
		`[CONSOLIDATION_METHOD_TITLE]</td><td>[CONSOLIDATION_METHOD]</td></tr></table>`)
	b.WriteString(`<table class="financial-table tbl_` + name + `"><tbody>`)
	for _, r := range [...]struct {
		tr, en string
		codes  []string
	}{{"İlgili Şirketler", "Related Companies", d.Related}, {"İlgili Fonlar", "Related Funds", d.Funds}} {
		b.WriteString(`<tr><td class="info-table-title-cell taxonomy-abstract-title"><div>` + both(r.tr, r.en) +
			`</div></td><td class="info-table-title-cell"><div><div class="gwt-Label">[` + html.EscapeString(strings.Join(r.codes, ", ")) +
			`]</div></div></td></tr>`)
	}
	b.WriteString(`</tbody><tbody class="tbdy-1"><tr><td colspan="3" rowspan="3"><div class="gwt-Label"></div></td></tr>` +
		`<tr><td class="taxonomy-dimensional-header-cell content-tr report-lang-header"><div>` + both("Türkçe", "Turkish") +
		`</div></td><td class="taxonomy-dimensional-header-cell content-en report-lang-header" ` + hidden + `><div>` +
		both("İngilizce", "English") + `</div></td></tr>`)
	n := 2
	row := func(kind, machine, tr, en, cells string) {
		n++
		fmt.Fprintf(&b, `<tr class="%s-row-%d %s"><td class="taxonomy-field-name-cell">`+
			`<div class="gwt-Label taxonomy-field-name">%s|</div></td><td class="taxonomy-dimensional-context-cell"></td>`,
			name, n, kind, html.EscapeString(machine))
		if tr != "" {
			b.WriteString(fieldTitle(tr, en))
		}
		b.WriteString(cells + `</tr>`)
	}
	heading := func(machine, tr, en string) {
		row("abstract-row", machine, tr, en, `<td class="taxonomy-table-black-cell"></td><td class="taxonomy-table-black-cell"></td>`)
	}
	value := func(r monitor.Row) {
		row("data-input-row presentation-enabled", r.Name, r.Label, r.LabelEN, contextValue("tr", cell, r.Value)+contextValue("en", hidden, r.ValueEN))
	}
	flag := func(machine, tr, en string, yes bool) {
		v := "Hayır (No)"
		if yes {
			v = "Evet (Yes)"
		}
		value(monitor.Row{Name: machine, Label: tr, LabelEN: en, Value: v, ValueEN: v})
	}
	heading("oda_MaterialEventDisclosureGeneralAbstract", f.Subject, "Material Event Disclosure")
	flag("oda_UpdateAnnouncementFlag", "Yapılan Açıklama Güncelleme mi?", "Update Notification Flag", d.Update)
	flag("oda_CorrectionAnnouncementFlag", "Yapılan Açıklama Düzeltme mi?", "Correction Notification Flag", d.Correction)
	dates := monitor.Row{
		Name:  "oda_DateOfThePreviousNotificationAboutTheSameSubject",
		Label: "Konuya İlişkin Daha Önce Yapılan Açıklamanın Tarihi", LabelEN: "Date Of The Previous Notification About The Same Subject",
		Value: orDash(earlier(d)), ValueEN: earlier(d),
	}
	value(dates)
	flag("oda_DelayedAnnouncementFlag", "Yapılan Açıklama Ertelenmiş Bir Açıklama mı?", "Postponed Notification Flag", d.Delayed)
	heading("oda_AnnouncementContentSection", "Bildirim İçeriği", "Announcement Content")
	for _, r := range d.Rows {
		value(r)
	}
	heading("oda_ExplanationSection", "Açıklamalar", "Explanations")
	text := d.Body
	if text != "" && f.Class == "ODA" {
		text += "\n" + footer
	}
	row("data-input-row alternate-row presentation-enabled", "oda_ExplanationTextBlock", "", "",
		textBlock("tr", cell, text)+textBlock("en", hidden, d.BodyEN))
	b.WriteString(`</tbody></table>`)
	return b.String()
}

func fieldTitle(tr, en string) string {
	const help = `<td align="left"><div class="fa fa-question-circle fa-2x taxonomy-field-documentation multi-language-content content-tr" aria-hidden="true"></div></td>`
	return `<td class="taxonomy-field-title"><table cellspacing="0" cellpadding="0" class="taxonomy-title-panel standardLabel"><tbody class="tbdy-1"><tr>` +
		`<td align="left"><div class="gwt-HTML"><span class="space"> </span></div></td>` +
		`<td align="left"><div class="gwt-Label multi-language-content content-tr" ` + shown + `>` + html.EscapeString(tr) + `</div></td>` +
		`<td align="left"><div class="gwt-Label multi-language-content content-en" ` + hidden + `>` + html.EscapeString(en) + `</div></td>` +
		help + `</tr></tbody></table></td>`
}

func contextValue(lang, style, v string) string {
	v = html.EscapeString(v)
	return `<td class="taxonomy-context-value multi-language-content content-` + lang + `" ` + style +
		`><div><div class="gwt-Label taxonomy-label-field standardLabel" title="` + v + `">` + v + `</div></div></td>`
}

func textBlock(lang, style, text string) string {
	return `<td colspan="2" class="taxonomy-context-value-summernote multi-language-content content-` + lang + `" ` + style +
		`><div><div><div class="text-block-value">` + paragraphs(text) + `</div></div></div></td>`
}

// statement is one statement of a financial report: rows without the form's questions.
func statement(rows []monitor.Row) string {
	var b strings.Builder
	b.WriteString(`<table class="financial-table tbl_fr-20000_Synthetic-Statement"><tbody class="tbdy-1">`)
	for i, r := range rows {
		fmt.Fprintf(&b, `<tr class="fr-20000-row-%d data-input-row presentation-enabled"><td class="taxonomy-field-name-cell">`+
			`<div class="gwt-Label taxonomy-field-name">%s|</div></td><td class="taxonomy-dimensional-context-cell"></td>%s%s%s</tr>`,
			i+1, html.EscapeString(r.Name), fieldTitle(r.Label, r.LabelEN), contextValue("tr", cell, r.Value), contextValue("en", hidden, r.ValueEN))
	}
	b.WriteString(`</tbody></table>`)
	return b.String()
}

// ---- older form and announcement form ----

// olderForm is tbl_GAI_Report_ID. It has one language; English, where there is some, follows the Turkish text.
func olderForm(f *Filing, d *monitor.Detail) string {
	rows := []monitor.Row{
		{Label: "Özet Bilgi", Value: f.Summary},
		{Label: "Yapılan Açıklama Güncelleme mi ?", Value: flagWord(d.Update)},
		{Label: "Yapılan Açıklama Düzeltme mi ?", Value: flagWord(d.Correction)},
		{Label: "Yapılan Açıklama Ertelenmiş Bir Açıklama mı ?", Value: flagWord(d.Delayed)},
	}
	if dates := earlier(d); dates != "" {
		rows = append(rows, monitor.Row{Label: "Konuya İlişkin Daha Önce Yapılan Açıklamanın Tarihi", Value: dates})
	}
	text := d.Body
	if d.BodyEN != "" {
		text += "\n" + d.BodyEN
	}
	return `<table style="width:100%" class="tbl_GAI_Report_ID"><tbody><tr><td><div class="mB10 pdB10 borderBottom">` +
		labelled(rows) + `</div></td></tr><tr><td>` + labelled(d.Rows) + `</td></tr>` + section("Ek Açıklamalar", text) +
		`<tr><td></td></tr></tbody></table>`
}

// announcement is tbl_GENEL_DUYURU_GONDERIMI.
func announcement(f *Filing, d *monitor.Detail) string {
	rows := append([]monitor.Row{
		{Label: "Özet Bilgi", Value: f.Summary},
		{Label: "Yapılan açıklama düzeltme mi?", Value: flagWord(d.Correction)},
		{Label: "İlgili Şirketler", Value: strings.Join(d.Related, ", ")},
	}, d.Rows...)
	return `<table style="width:100%" class="tbl_GENEL_DUYURU_GONDERIMI"><tbody><tr><td>` + labelled(rows) + `</td></tr>` +
		section("Açıklamalar", d.Body) + `</tbody></table>`
}

func section(head, text string) string {
	return `<tr><td><div class="bgGreen pd5 mTB10"><div class="txtWhite font14">` + head + `</div></div></td></tr>` +
		`<tr><td><div class="gwt-HTML control-label lineheight-32px">` + paragraphs(text) + `</div></td></tr>`
}

func labelled(rows []monitor.Row) string {
	var b strings.Builder
	b.WriteString(`<table style="width: 100%;"><tbody>`)
	for i, r := range rows {
		shade := ""
		if i%2 == 0 {
			shade = ` class="bgLightgray"`
		}
		b.WriteString(`<tr` + shade + `><td><div class="bold font14">` + html.EscapeString(r.Label) +
			`</div></td><td><div class="gwt-HTML control-label lineheight-32px">` + html.EscapeString(r.Value) + `</div></td></tr>`)
	}
	b.WriteString(`</tbody></table>`)
	return b.String()
}
