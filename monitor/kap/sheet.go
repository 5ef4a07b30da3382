package kap

import (
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/PuerkitoBio/goquery"

	"kapwatch/monitor"
	"kapwatch/monitor/turkish"
)

// sheet collects what the bodies of one filing say.
type sheet struct {
	d      monitor.Detail
	tr, en []string // blocks of free text
	tags   int      // of all bodies so far
}

// read adds one body. KAP has three layouts (all seen between May and September 2026): the taxonomy form, the older
// GAI form, and the announcement form, which is built like the older one. A body in none of them is taken as text.
func (s *sheet) read(html string) error {
	s.tags += strings.Count(html, "<")
	if s.tags > mostTags || lavish([]byte(html)) {
		return errors.New("too many elements for a filing")
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		return err
	}
	switch {
	case doc.Find("tr.data-input-row, td.info-table-title-cell, td.taxonomy-context-value, .text-block-value").Length() > 0:
		s.taxonomy(doc)
	case doc.Find("div.bold.font14, .gwt-HTML.control-label, table[class*=tbl_GENEL_DUYURU]").Length() > 0:
		s.gwt(doc)
	default:
		s.text(blockText(doc.Selection), false)
	}
	return nil
}

// detail is what was collected.
func (s *sheet) detail() monitor.Detail {
	d := s.d
	body, en := separate(cutFooter(join(s.tr)))
	d.Body, d.BodyEN = body, cutFooter(join(s.en))
	switch {
	case d.BodyEN == d.Body: // the filer copied the Turkish text into the English cell
		d.BodyEN = ""
		fallthrough
	case d.BodyEN == "":
		d.BodyEN = en
	case !strings.Contains(d.BodyEN, en):
		d.BodyEN += "\n\n" + en
	}
	d.Body, d.BodyEN = truncate(d.Body, mostText), truncate(d.BodyEN, mostText)
	return d
}

// text adds a block of free text.
func (s *sheet) text(block string, english bool) {
	switch {
	case block == "":
	case english:
		s.en = append(s.en, block)
	default:
		s.tr = append(s.tr, block)
	}
}

// field takes one field of the form: to where it has a place of its own, else to Rows. The questions that every form
// asks (update, correction, delay) become flags and are text nowhere.
func (s *sheet) field(r monitor.Row) {
	if r.Value == "" && r.ValueEN == "" {
		return
	}
	label := turkish.Fold(r.Label + " " + r.LabelEN)
	is := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(label, turkish.Fold(w)) })
	}
	said := r.Value
	if said == "" {
		said = r.ValueEN
	}
	switch {
	case strings.HasSuffix(r.Name, "UpdateAnnouncementFlag"), is("güncelleme mi", "update notification flag"):
		s.d.Update = s.d.Update || affirmed(said)
	case strings.HasSuffix(r.Name, "CorrectionAnnouncementFlag"), is("düzeltme mi", "correction notification flag"):
		s.d.Correction = s.d.Correction || affirmed(said)
	case strings.HasSuffix(r.Name, "DelayedAnnouncementFlag"), is("ertelenmiş bir açıklama mı", "ertelenmiş açıklama mı", "postponed notification flag"):
		s.d.Delayed = s.d.Delayed || affirmed(said)
	case strings.HasSuffix(r.Name, "DateOfThePreviousNotificationAboutTheSameSubject"), is("daha önce yapılan açıklamanın tarihi"):
		s.d.EarlierDates = merge(s.d.EarlierDates, days(said))
	case is("ilgili şirket"):
		s.d.Related = merge(s.d.Related, codes(said))
	case is("ilgili fon"):
		s.d.Funds = merge(s.d.Funds, codes(said))
	case turkish.Fold(r.Label) == "ozet bilgi":
		s.d.Summary = r.Value
	case len(s.d.Rows) < mostRows:
		for _, p := range []*string{&r.Name, &r.Label, &r.LabelEN, &r.Value, &r.ValueEN} {
			*p = truncate(*p, mostValue)
		}
		s.d.Rows = append(s.d.Rows, r)
	}
}

// affirmed reads "Evet", "Evet (Yes)", "EVET", "Yes".
func affirmed(v string) bool {
	v = turkish.Fold(v)
	return strings.HasPrefix(v, "evet") || strings.HasPrefix(v, "yes")
}

// codes reads "[AC2, AC8]" or a bare list. "[]" and "-" hold none, and a name is no code.
func codes(v string) []string {
	return slices.DeleteFunc(monitor.Codes(strings.NewReplacer("[", "", "]", "").Replace(v)), func(c string) bool {
		return len(c) > 12 || strings.ContainsFunc(c, func(r rune) bool {
			return !unicode.IsUpper(r) && !unicode.IsDigit(r) && r != '.'
		})
	})
}

// days reads every date of a list such as "17.06.2026, 18/06/2026" as ISO dates, in order.
func days(v string) []string {
	var out []string
	v = turkish.Fold(v)
	for i := 0; i < len(v); i++ {
		if i > 0 && (v[i-1] >= '0' && v[i-1] <= '9' || v[i-1] == '.') {
			continue // inside a number
		}
		if day, n := turkish.ReadDate(v[i:]); n > 0 {
			out = append(out, day.Format(time.DateOnly))
			i += n - 1
		}
	}
	return out
}

// merge adds to list what it does not hold yet.
func merge(list, more []string) []string {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}
