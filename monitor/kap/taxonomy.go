package kap

import (
	"strings"

	"github.com/PuerkitoBio/goquery"

	"kapwatch/monitor"
)

// taxonomy reads the form that most filings have. Each label, value and text stands there twice, Turkish and English,
// and a style hides one of them: what is not told apart by class comes out doubled and mixed.
func (s *sheet) taxonomy(doc *goquery.Document) {
	doc.Find("td.info-table-title-cell.taxonomy-abstract-title").Each(func(_ int, label *goquery.Selection) {
		tr, en := bilingual(label)
		value := clean(label.NextFiltered("td").Text())
		s.field(monitor.Row{Label: tr, LabelEN: en, Value: value})
	})
	doc.Find("tr.data-input-row").Each(func(_ int, row *goquery.Selection) {
		if row.Find(freeText).Length() > 0 {
			return // below
		}
		r := monitor.Row{Name: strings.TrimSuffix(clean(row.ChildrenFiltered("td.taxonomy-field-name-cell").Text()), "|")}
		r.Label, r.LabelEN = bilingual(row.ChildrenFiltered("td.taxonomy-field-title"))
		var tr, en []string
		row.ChildrenFiltered("td.taxonomy-context-value").Each(func(_ int, cell *goquery.Selection) {
			switch v := valueOf(cell); {
			case v == "":
			case cell.HasClass("content-en"):
				en = append(en, v)
			default:
				tr = append(tr, v)
			}
		})
		r.Value, r.ValueEN = strings.Join(tr, " | "), strings.Join(en, " | ")
		s.field(r)
	})
	s.grids(doc)
	doc.Find(freeText).Each(func(_ int, block *goquery.Selection) {
		if block.Parent().Closest(freeText).Length() == 0 {
			s.text(blockText(block), block.Closest(".content-en").Length() > 0)
		}
	})
}

// freeText selects the cells that hold paragraphs.
const freeText = "td.taxonomy-context-value-summernote, .text-block-value"

// grids reads the tables that have a head row; each cell becomes a row of its own, under the head above it.
func (s *sheet) grids(doc *goquery.Document) {
	var tr, en []string
	at := func(list []string, i int) string {
		if i < len(list) {
			return list[i]
		}
		return ""
	}
	doc.Find("tr.with-plus-row, tr.new-type-row").Each(func(_ int, row *goquery.Selection) {
		if row.HasClass("with-plus-row") {
			heads := row.ChildrenFiltered("td.taxonomy-dimensional-header-cell")
			tr, en = heads.Filter(".content-tr").Map(cellText), heads.Filter(".content-en").Map(cellText)
			return
		}
		value := func(_ int, c *goquery.Selection) string { return valueOf(c) }
		cells := row.ChildrenFiltered("td.taxonomy-context-value")
		english := cells.Filter(".content-en").Map(value)
		for i, v := range cells.Not(".content-en").Map(value) {
			s.field(monitor.Row{Label: at(tr, i), LabelEN: at(en, i), Value: v, ValueEN: at(english, i)})
		}
	})
}

// bilingual is the text of a label in both languages.
func bilingual(label *goquery.Selection) (tr, en string) {
	tr, en = clean(label.Find(".content-tr").First().Text()), clean(label.Find(".content-en").First().Text())
	if tr == "" && en == "" {
		tr = clean(label.Text())
	}
	return tr, en
}

// valueOf is the text of a value cell; long values stand in the title of the inner element instead.
func valueOf(cell *goquery.Selection) string {
	if v := clean(cell.Text()); v != "" {
		return v
	}
	title, _ := cell.Find("[title]").Attr("title")
	return clean(title)
}
