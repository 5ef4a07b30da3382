package classify_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kapwatch/monitor/classify"
)

// The labelled filings are read from the folder in KAPWATCH_REAL_DATA. Labels are one reader's, so the gates leave
// room; "other" and "operational" are not scored, and meeting, form and governance are not labelled.

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

func TestRealSummaries(t *testing.T) {
	c := builtInClassifier(t)
	listings := map[string]map[string]row{}
	for _, name := range []string{"kaprag_listing.dev.jsonl", "bistveri_listing.dev.jsonl"} {
		listings[name] = readRows(t, name)
	}
	var s score
	for _, line := range readLines(t, realData(t, "labels.dev.tsv"))[1:] {
		f := strings.Split(line, "\t")
		r, ok := listings[f[2]][f[0]]
		if !ok {
			t.Fatalf("no filing %s in %s", f[0], f[2])
		}
		// The labels were read from the summary alone.
		text := r.text()
		text.Subject = ""
		s.count(t, c.Classify(text).Categories, strings.Split(f[1], ","), text.Summary)
	}
	s.gate(t, "summaries", 0.95, 0.90)
}

func TestRealBodies(t *testing.T) {
	c := builtInClassifier(t)
	rows := readRows(t, "yavuz_bodies.dev.jsonl")
	var s score
	for _, line := range readLines(t, realData(t, "labels_bodies.dev.tsv"))[1:] {
		f := strings.Split(line, "\t")
		s.count(t, c.Classify(rows[f[0]].text()).Categories, strings.Split(f[1], ","), rows[f[0]].Body)
	}
	s.gate(t, "bodies", 0.85, 0.90)
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
