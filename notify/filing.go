package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kapwatch/monitor"
)

// brief is a filing in a line: AKSEN · MoU, bağlayıcı değil · 500 MW · Kazakistan · 18:05.
func (b builder) brief(it monitor.Item, facts int) string {
	f := &it.Filing
	parts := []string{b.who(f), b.change(f.Change()), b.what(it)}
	parts = append(parts, b.cited(it, facts-1, func(kind string) bool {
		return kind == "power" || kind == "money" || kind == "percent" || kind == "shares"
	})...)
	parts = append(parts, b.cited(it, 1, func(kind string) bool { return kind == "country" })...)
	if !f.PublishedAt.IsZero() {
		parts = append(parts, f.PublishedAt.In(monitor.Istanbul).Format("15:04"))
	}
	if it.Late || f.Late {
		parts = append(parts, b.late)
	}
	return join(parts)
}

// who names the filer by its codes; exchange and regulator notices name those they are about.
func (b builder) who(f *monitor.Filing) string {
	codes := f.Tickers
	if len(codes) == 0 {
		codes = f.Related
	}
	if len(codes) == 0 && f.FundCode != "" {
		codes = []string{f.FundCode}
	}
	var clean []string
	for _, code := range codes {
		if code = fit(scrub(code), 12); code != "" {
			clean = append(clean, code)
		}
	}
	return cmp.Or(short(clean, 4), fit(scrub(f.Company), 40), "KAP")
}

// what says what happened: the first label and the qualifiers, else the form's name.
func (b builder) what(it monitor.Item) string {
	var words []string
	if len(it.Categories) > 0 {
		words = append(words, fit(scrub(it.Categories[0]), 40))
	}
	if len(words) == 0 || words[0] == "" {
		words = []string{cmp.Or(fit(scrub(it.Filing.Subject), 60), b.filing)}
	}
	for i, q := range it.Qualifiers {
		if q = fit(scrub(q), 30); i < 3 && q != "" {
			words = append(words, q)
		}
	}
	return strings.Join(words, ", ")
}

// filer is the company's title, the form's name and the other codes that the filing is about.
func (b builder) filer(f *monitor.Filing) (runs []run) {
	if company := fit(scrub(f.Company), b.name); company != "" {
		runs = append(runs, run{text: company, bold: true})
	}
	if subject := fit(scrub(f.Subject), b.name); subject != "" {
		runs = append(runs, run{text: subject})
	}
	var related []string
	for _, code := range f.Codes() {
		if code = fit(scrub(code), 12); code != "" && (!slices.Contains(f.Tickers, code) || len(f.Tickers) > 4) {
			related = append(related, code)
		}
	}
	if len(related) > 0 {
		runs = append(runs, run{text: b.related + short(related, 2*b.extras)})
	}
	return separate(runs)
}

// texts are KAP's own summary, and an excerpt of the filing's body in the reader's language when it says more.
func (b builder) texts(f *monitor.Filing) (texts []string) {
	summary, body := scrub(f.Summary), ""
	if f.Detail != nil {
		summary = cmp.Or(summary, scrub(f.Detail.Summary))
		if body = scrub(f.Detail.Body); b.lang == "en" {
			body = b.english(f.Detail)
		}
		if blocked := scrub(f.Detail.BlockedDescription); blocked != "" {
			texts = append(texts, fit(blocked, b.space.words))
		}
	}
	if summary != "" {
		texts = append(texts, fit(summary, b.space.words))
	}
	if body != "" && !strings.Contains(strings.ToLower(summary), strings.ToLower(body)) {
		texts = append(texts, fit(body, b.space.words))
	}
	return texts
}

// english is KAP's own English text, which for a filing without an explanation stands in the fields of its form.
func (b builder) english(d *monitor.Detail) string {
	if body := scrub(d.BodyEN); body != "" {
		return body
	}
	var fields []string
	for _, r := range d.Rows {
		label, value := fit(scrub(r.LabelEN), b.name), scrub(r.ValueEN)
		if label != "" && value != "" && len(fields) < b.extras {
			fields = append(fields, label+": "+fit(value, b.name))
		}
	}
	return strings.Join(fields, dot)
}

// cited quotes up to limit facts of the wanted kinds (nil = every kind), each once, in the words of the text. Where
// the filing states a kind in the reader's language, the other language's words for it are left out.
func (b builder) cited(it monitor.Item, limit int, wanted func(kind string) bool) (texts []string) {
	facts := it.Found.Facts
	mine := func(i int) bool { return (facts[i].Span.Field == "body_en") == (b.lang == "en") }
	var kinds []string // those stated in the reader's language
	for i, f := range facts {
		if mine(i) {
			kinds = append(kinds, f.Kind)
		}
	}
	seen := map[string]bool{}
	for i, f := range facts {
		text := scrub(f.Text)
		if f.Kind != "counterparty" {
			// "500 MW'lık", "Kazakistan'da": the suffix is the sentence's, not the fact's.
			text, _, _ = strings.Cut(strings.ReplaceAll(text, "’", "'"), "'")
		}
		key := f.Kind + " " + f.Unit + " " + strconv.FormatFloat(f.Value, 'g', -1, 64)
		if f.Unit == "" {
			key = f.Kind + " " + strings.ToLower(text)
		}
		foreign := !mine(i) && slices.Contains(kinds, f.Kind)
		if text == "" || wanted != nil && !wanted(f.Kind) || foreign || seen[key] || len(texts) >= limit {
			continue
		}
		seen[key] = true
		texts = append(texts, fit(text, 60))
	}
	return texts
}

// changed lists what the filing says otherwise than the earlier one, or than before it was edited: the words that went
// and those that came, under the name of the field in the reader's language.
func (b builder) changed(it monitor.Item) (paras []para) {
	for i, d := range it.Changed {
		if i == b.extras {
			break
		}
		before, after := fit(scrub(d.Before), b.name), fit(scrub(d.After), b.name)
		var text string
		switch {
		case before == "" && after == "":
			continue
		case before == "":
			text = b.come + " " + after
		case after == "":
			text = b.gone + " " + before
		default:
			text = before + " → " + after
		}
		what := cmp.Or(b.names[d.What], fit(scrub(d.What), 40))
		paras = append(paras, para{bullet: true, runs: []run{{text: what + ": "}, {text: text, bold: true}}})
	}
	if len(paras) > 0 {
		paras = slices.Insert(paras, 0, para{runs: []run{{text: b.changes}}})
	}
	return paras
}

// when is the publish time with its session, and when we saw it if that was much later: so that a late source is
// told from a late daemon.
func (b builder) when(f *monitor.Filing) string {
	if f.PublishedAt.IsZero() {
		return ""
	}
	at := f.PublishedAt.In(monitor.Istanbul)
	parts := []string{at.Format(b.date), b.session(at)}
	if seen := f.SeenAt.In(monitor.Istanbul); seen.Sub(at) >= 2*time.Minute {
		layout := "15:04"
		if seen.YearDay() != at.YearDay() || seen.Year() != at.Year() {
			layout = b.date
		}
		parts = append(parts, b.seen+" "+seen.Format(layout))
	}
	return join(parts)
}

// states are the marks of the filing and of the message, with the earlier filing that KAP names.
func (b builder) states(m monitor.Message, it monitor.Item) (runs []run) {
	f := &it.Filing
	if change := b.change(f.Change()); change != "" {
		runs = append(runs, run{text: change, bold: true})
	}
	index := it.Earlier
	if index == 0 && f.Detail != nil {
		index = f.Detail.RelatedIndex
	}
	if index > 0 {
		earlier := monitor.Filing{Index: index}
		runs = append(runs, run{text: b.earlier, url: b.page(&earlier)})
	}
	if it.Late || f.Late {
		runs = append(runs, run{text: b.late, bold: true})
	}
	if m.Sample {
		runs = append(runs, run{text: b.notReal, bold: true})
	}
	if m.MayRepeat {
		runs = append(runs, run{text: b.repeat, bold: true})
	}
	return separate(runs)
}

// links lead to the exact filing, its PDF and its files. A file's name is shown beside its link, never as it.
func (b builder) links(f *monitor.Filing) []run {
	pdf := site + b.lang + "/api/BildirimPdf/" + strconv.FormatInt(f.Index, 10)
	runs := []run{{text: b.open, url: b.page(f)}, {text: dot}, {text: "PDF", url: pdf}}
	if f.Detail == nil {
		return runs
	}
	for i, a := range f.Detail.Files {
		if i == min(b.extras, 5) {
			return append(runs, run{text: fmt.Sprintf(" · +%d", len(f.Detail.Files)-i)})
		}
		if hexadecimal(a.ID) {
			runs = append(runs, run{text: dot}, run{text: fmt.Sprintf("%s %d", b.attachment, i+1), url: a.URL()})
		}
		if name := fit(scrub(a.Name), 40); name != "" {
			runs = append(runs, run{text: " " + name})
		}
	}
	return runs
}

// site is where every link leads, whatever address the filing was read from.
const site = "https://www.kap.org.tr/"

func (b builder) page(f *monitor.Filing) string {
	return site + b.lang + "/Bildirim/" + strconv.FormatInt(f.Index, 10)
}

// hexadecimal reports whether an attachment's id has the shape that we know, and so cannot bend its link.
func hexadecimal(id string) bool {
	return len(id) == 32 && strings.Trim(id, "0123456789abcdefABCDEF") == ""
}
