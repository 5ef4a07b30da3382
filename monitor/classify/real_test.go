package classify_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kapwatch/monitor/classify"
)

// The labelled filings are read from the folder in KAPWATCH_REAL_DATA. Labels are one reader's: those that are wrong
// stand in testdata/labels_wrong.tsv, and both ways are scored. "other" and "operational" are not scored, and meeting,
// form and governance are not labelled.

func realData(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("KAPWATCH_REAL_DATA")
	if root == "" {
		t.Skip("KAPWATCH_REAL_DATA is not set: real filings are not scored")
	}
	return filepath.Join(root, "corpus", name)
}

func readLines(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		lines = append(lines, s.Text())
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// row is a filing of either listing.
type row struct {
	Index    json.Number `json:"index"`
	Subject  string      `json:"subject"`
	Summary  string      `json:"summary"`
	Company  string      `json:"company_name"`
	Codes    []string    `json:"stock_codes"`
	IndexB   json.Number `json:"disclosureIndex"`
	SubjectB string      `json:"tur"`
	SummaryB string      `json:"ozet"`
	CodeB    string      `json:"sembol"`
	Row      json.Number `json:"row"`
	Body     string      `json:"body"`
	Tickers  string      `json:"tickers"`
	Ticker   string      `json:"ticker"`
	Date     string      `json:"date"`
	At       string      `json:"publish_datetime"`
	AtB      string      `json:"tarih_utc"`
	Title    string      `json:"title"`
}

// company is the first of the codes, by which all filings of one company are known.
func (r row) company() string {
	code, _, _ := strings.Cut(r.Tickers+r.Ticker+r.CodeB, ",")
	return code
}

// year is that of publication; the two kinds of files write it at opposite ends.
func (r row) year() string {
	if at := r.At + r.AtB; at != "" {
		return at[:4]
	}
	return r.Date[max(0, len(r.Date)-4):]
}

func (r row) key() string { return string(r.Index) + string(r.IndexB) + string(r.Row) }

func (r row) text() classify.Text {
	t := classify.Text{Subject: r.Subject + r.SubjectB, Summary: r.Summary + r.SummaryB, Body: r.Body, Company: r.Company, Tickers: r.Codes}
	if r.CodeB != "" {
		t.Tickers = []string{r.CodeB}
	}
	return t
}

func readRows(t *testing.T, name string) map[string]row {
	t.Helper()
	rows := make(map[string]row)
	for _, line := range readLines(t, realData(t, name)) {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rows[r.key()] = r
	}
	return rows
}

// score counts decisions on scored categories.
type score struct{ hit, extra, missed int }

func (s score) precision() float64 { return float64(s.hit) / float64(s.hit+s.extra) }
func (s score) recall() float64    { return float64(s.hit) / float64(s.hit+s.missed) }

func scored(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return slices.Contains([]string{"other", "operational", "meeting", "form"}, id)
	})
}

func (s *score) count(t *testing.T, got, want []string, about string) {
	t.Helper()
	got, want = scored(got), scored(want)
	for _, g := range got {
		if slices.Contains(want, g) {
			s.hit++
		} else {
			s.extra++
			t.Logf("extra %s, labelled %v: %.150s", g, want, about)
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			s.missed++
			t.Logf("missed %s, found %v: %.150s", w, got, about)
		}
	}
}

func (s score) gate(t *testing.T, what string, precision, recall float64) {
	t.Helper()
	t.Logf("%s: precision %.3f, recall %.3f (%d right, %d extra, %d missed)", what, s.precision(), s.recall(), s.hit, s.extra, s.missed)
	if s.precision() < precision || s.recall() < recall {
		t.Errorf("%s: want precision %.2f and recall %.2f at least", what, precision, recall)
	}
}

// corrected holds the labels that are wrong, by file and row: what they should be. The reasons stand beside them.
func corrected(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, line := range readLines(t, "testdata/labels_wrong.tsv")[1:] {
		f := strings.Split(line, "\t")
		if len(f) != 4 || f[3] == "" {
			t.Fatalf("labels_wrong.tsv: %q is not file, row, labels and reason", line)
		}
		out[f[0]+" "+f[1]] = strings.Split(f[2], ",")
	}
	return out
}

// readLabelled reads the labelled summaries, or the labelled bodies; with mended the wrong labels are put right.
func readLabelled(t *testing.T, mended bool) (summaries, bodies []labelled) {
	t.Helper()
	right := map[string][]string{}
	if mended {
		right = corrected(t)
	}
	add := func(to *[]labelled, file string, r row, labels string) {
		l := labelled{id: r.key(), company: r.company(), year: r.year(), text: r.text(), want: strings.Split(labels, ",")}
		if w, ok := right[file+" "+l.id]; ok {
			l.want = w
		}
		*to = append(*to, l)
	}
	listings := map[string]map[string]row{}
	for _, name := range []string{"kaprag_listing.dev.jsonl", "bistveri_listing.dev.jsonl"} {
		listings[name] = readRows(t, name)
	}
	for _, line := range readLines(t, realData(t, "labels.dev.tsv"))[1:] {
		f := strings.Split(line, "\t")
		r, ok := listings[f[2]][f[0]]
		if !ok {
			t.Fatalf("no filing %s in %s", f[0], f[2])
		}
		r.Subject, r.SubjectB = "", "" // the labels were read from the summary alone
		add(&summaries, f[2], r, f[1])
	}
	rows := readRows(t, "yavuz_bodies.dev.jsonl")
	for _, line := range readLines(t, realData(t, "labels_bodies.dev.tsv"))[1:] {
		f := strings.Split(line, "\t")
		add(&bodies, "yavuz_bodies.dev.jsonl", rows[f[0]], f[1])
	}
	return summaries, bodies
}

// readSilver reads the filings whose form tells what they are about, each labelled with that alone, and the names of
// the forms themselves, which are KAP's own words and no company's. They support terms and are not scored.
func readSilver(t *testing.T) (filings []labelled) {
	t.Helper()
	c := builtInClassifier(t)
	forms := map[string]bool{}
	add := func(r row) {
		subject := r.Subject + r.SubjectB + r.Title
		of := c.Classify(classify.Text{Subject: subject})
		if len(of.Evidence) == 0 || of.Evidence[0].Span.Field != classify.Subject {
			return
		}
		if !forms[subject] {
			forms[subject] = true
			filings = append(filings, labelled{id: subject, company: "KAP", year: "KAP", text: classify.Text{Summary: subject}, want: of.Categories})
		}
		text := r.text()
		text.Subject = ""
		if text.Summary != "" {
			filings = append(filings, labelled{id: r.key(), company: r.company(), year: r.year(), text: text, want: of.Categories})
		}
	}
	for _, name := range []string{"kaprag_listing.dev.jsonl", "bistveri_listing.dev.jsonl"} {
		for _, r := range readRows(t, name) {
			add(r)
		}
	}
	for _, line := range readLines(t, realData(t, "neccoju_subjects.dev.jsonl")) {
		var r row
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		add(r)
	}
	return filings
}

// tuned scores filings with the rules as they are.
func tuned(t *testing.T, filings []labelled) (s score) {
	t.Helper()
	c := builtInClassifier(t)
	for _, l := range filings {
		s.count(t, c.Classify(l.text).Categories, l.want, l.id+" "+l.text.Summary+l.text.Body)
	}
	return s
}

// Labels are scored as they are and with the wrong ones put right. Whole companies are left out one by one, and in
// fifths, which takes away more; years only from the bodies, since all summaries are of one.
func TestRealLabels(t *testing.T) {
	for _, labels := range []struct {
		name   string
		mended bool
	}{{"as labelled", false}, {"wrong labels put right", true}} {
		t.Run(labels.name, func(t *testing.T) {
			summaries, bodies := readLabelled(t, labels.mended)
			all := slices.Concat(summaries, bodies, readSilver(t))
			gate := func(name string, s func(*testing.T) score, precision, recall float64) {
				t.Run(name, func(t *testing.T) {
					got := s(t)
					got.gate(t, name+", "+labels.name, precision, recall)
				})
			}
			without := func(filings []labelled, fold func(labelled) string) func(*testing.T) score {
				return func(t *testing.T) score { return leaveOut(t, builtIn(t), filings, all, fold) }
			}
			gate("summaries tuned", func(t *testing.T) score { return tuned(t, summaries) }, 0.95, 0.90)
			gate("bodies tuned", func(t *testing.T) score { return tuned(t, bodies) }, 0.85, 0.90)
			gate("summaries without their company", without(summaries, byCompany), 0.95, 0.90)
			gate("bodies without their company", without(bodies, byCompany), 0.85, 0.90)
			gate("summaries without their fifth of the companies", without(summaries, byFifth), 0.95, 0.89)
			gate("bodies without their fifth of the companies", without(bodies, byFifth), 0.85, 0.90)
			gate("bodies without their year", without(bodies, byYear), 0.85, 0.90)
		})
	}
}

// The cells of a bilingual form as KAP sent it (May 2026): the English words of a form say what the Turkish ones say,
// and both together say it once. The questions of the form are no statements in either language.
func TestRealBilingualCells(t *testing.T) {
	path := filepath.Join(filepath.Dir(filepath.Dir(realData(t, "x"))), "kap", "detail", "attachment-detail_1611120_body.html")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Cells come as one Turkish and one English, or as a row of Turkish ones and a row of their translations.
	var pairs [][2]string
	var rows [2][]string
	flush := func() {
		if len(rows[0]) == len(rows[1]) {
			for i := range rows[0] {
				pairs = append(pairs, [2]string{rows[0][i], rows[1][i]})
			}
		}
		rows = [2][]string{}
	}
	for _, m := range regexp.MustCompile(`content-(tr|en)"[^>]*>([^<]+)</div>`).FindAllStringSubmatch(string(page), -1) {
		if m[1] == "en" {
			rows[1] = append(rows[1], m[2])
			continue
		}
		if len(rows[1]) > 0 {
			flush()
		}
		rows[0] = append(rows[0], m[2])
	}
	flush()
	if len(pairs) < 20 {
		t.Fatalf("%d bilingual cells, want at least 20", len(pairs))
	}
	c := builtInClassifier(t)
	named := 0
	for _, p := range pairs {
		turkish := c.Classify(classify.Text{Body: p[0]})
		english := c.Classify(classify.Text{BodyEN: p[1]})
		both := c.Classify(classify.Text{Body: p[0], BodyEN: p[1]})
		if len(turkish.Qualifiers)+len(english.Qualifiers) > 0 {
			t.Errorf("%q, %q: qualifiers %v, %v", p[0], p[1], turkish.Qualifiers, english.Qualifiers)
		}
		if !slices.Equal(both.Categories, turkish.Categories) {
			t.Errorf("%q, %q: %v together, %v alone", p[0], p[1], both.Categories, turkish.Categories)
		}
		for _, id := range scored(english.Categories) {
			if named++; !slices.Contains(turkish.Categories, id) {
				t.Errorf("%q is %s, %q is %v", p[1], id, p[0], turkish.Categories)
			}
		}
	}
	if named == 0 {
		t.Error("no English cell names a category")
	}
}

// What floods a channel must come out routine: none of it may alert anybody who did not ask for it.
func TestRealNoise(t *testing.T) {
	c := builtInClassifier(t)
	noise := func(subject, summary string) bool {
		for _, s := range []string{"Pay Bazında Devre Kesici", "Şirket Genel Bilgi Formu", "Kurumsal Yönetim Bilgi Formu", "BIST Pay Endeksleri", "Endeks"} {
			if strings.HasPrefix(subject, s) {
				return true
			}
		}
		for _, s := range []string{"Kupon Ödemesi", "İtfası", "İhale İlanı", "Oturum Tarihi", "Oturum Sonucu", "Yer Teslimi", "İhale İptali"} {
			if strings.Contains(summary, s) {
				return true
			}
		}
		return false
	}
	total, loud, routine, all := 0, 0, 0, 0
	for _, name := range []string{"kaprag_listing.dev.jsonl", "bistveri_listing.dev.jsonl"} {
		for _, r := range readRows(t, name) {
			text := r.text()
			got := c.Classify(text)
			all++
			if got.Routine {
				routine++
			}
			if !noise(text.Subject, text.Summary) {
				continue
			}
			total++
			if !got.Routine {
				loud++
				t.Errorf("not routine but %v: %s | %s", got.Categories, text.Subject, text.Summary)
			}
		}
	}
	t.Logf("noise: %d of %d filings would alert; %d of all %d are routine", loud, total, routine, all)
}
