package monitor

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor/classify"
)

// shelf is a ledger that links are looked for in.
type shelf []Record

func (s shelf) Get(index int64) (Record, bool, error) {
	for _, r := range s {
		if r.Filing.Index == index {
			return r, true, nil
		}
	}
	return Record{}, false, nil
}

func (s shelf) Find(q Query) (Page, error) {
	var p Page
	for _, r := range slices.Backward(s) {
		f := &r.Filing
		if slices.Contains(f.Codes(), q.Ticker) && !f.PublishedAt.Before(q.Since) && f.PublishedAt.Before(q.Until) && len(p.Records) < q.Limit {
			if f.Detail != nil { // lists of filings go without the long parts
				lean := *f.Detail
				lean.Body, lean.BodyEN, lean.Rows = "", "", nil
				f.Detail = &lean
			}
			p.Records = append(p.Records, r)
		}
	}
	return p, nil
}

// corpus reads the filings kept outside the project: listings with subject and summary, and bodies, whose rows get
// indexes of their own in the order of their dates.
func corpus(t *testing.T, rules *classify.Classifier) (out []Record) {
	t.Helper()
	dir := os.Getenv("KAPWATCH_REAL_DATA")
	if dir == "" {
		t.Skip("KAPWATCH_REAL_DATA names no folder of real filings")
	}
	type row struct {
		Index    int64    `json:"index"`
		At       string   `json:"publish_datetime"`
		Company  string   `json:"company_name"`
		Codes    []string `json:"stock_codes"`
		Subject  string   `json:"subject"`
		Summary  string   `json:"summary"`
		Class    string   `json:"disclosure_class"`
		Corrects bool     `json:"is_corrective"`
		IndexB   int64    `json:"disclosureIndex"`
		AtB      string   `json:"tarih_utc"`
		Code     string   `json:"sembol"`
		SubjectB string   `json:"tur"`
		SummaryB string   `json:"ozet"`
		Row      int64    `json:"row"`
		CodesC   string   `json:"tickers"`
		Date     string   `json:"date"`
		Body     string   `json:"body"`
	}
	for _, name := range []string{"kaprag_listing", "bistveri_listing", "yavuz_bodies"} {
		f, err := os.Open(filepath.Join(dir, "corpus", name+".dev.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(f)
		sc.Buffer(nil, 1<<20)
		for sc.Scan() {
			var x row
			if err := json.Unmarshal(sc.Bytes(), &x); err != nil {
				t.Fatal(err)
			}
			r := Record{Filing: Filing{
				Index: x.Index, Company: x.Company, Tickers: x.Codes, Subject: x.Subject, Summary: x.Summary, Class: x.Class,
			}}
			layout, at, zone := "2006-01-02T15:04:05", x.At, Istanbul
			switch name {
			case "bistveri_listing":
				r.Filing.Index, r.Filing.Tickers, r.Filing.Subject, r.Filing.Summary = x.IndexB, []string{x.Code}, x.SubjectB, x.SummaryB
				layout, at = time.RFC3339, x.AtB
			case "yavuz_bodies":
				r.Filing.Index, r.Filing.Tickers = -1_000_000+x.Row, Codes(x.CodesC)
				r.Filing.Detail = &Detail{Body: x.Body}
				layout, at = "02.01.2006", strings.ReplaceAll(x.Date, "..", ".")
			}
			if r.Filing.PublishedAt, err = time.ParseInLocation(layout, at, zone); err != nil {
				t.Fatal(err)
			}
			if x.Corrects {
				r.Filing.Modify = "DUZENLENEN"
			}
			r.Found = rules.Classify(Text(r.Filing))
			out = append(out, r)
		}
		if err := sc.Err(); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	slices.SortFunc(out, func(a, b Record) int {
		return cmp.Or(a.Filing.PublishedAt.Compare(b.Filing.PublishedAt), cmp.Compare(a.Filing.Index, b.Filing.Index))
	})
	return out
}

// ordered numbers filings in the order of their dates and keeps their own ids.
func numbered(all []Record) (ids map[int64]int64) {
	ids = map[int64]int64{}
	for i := range all {
		ids[int64(i+1)] = all[i].Filing.Index
		all[i].Filing.Index = int64(i + 1)
	}
	return ids
}

// TestRealLinks holds every pair that the filings kept outside the project would link against the list of those that
// were read. A pair that is not in it has to be read first, and one that was read as wrong must not come up.
func TestRealLinks(t *testing.T) {
	all := corpus(t, builtIn(t))
	ids := numbered(all)
	verdicts := map[string]string{}
	list, err := os.ReadFile("testdata/links.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		if pair, verdict, ok := strings.Cut(strings.TrimSpace(line), "\tread as "); ok && !strings.HasPrefix(line, "#") {
			verdicts[pair] = verdict
		}
	}
	linked := map[string]bool{}
	for i := range all {
		links, err := findLinks(shelf(all[:i]), &all[i], nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			pair := fmt.Sprintf("%d\t%d\t%s", ids[all[i].Filing.Index], ids[l.Index], l.Kind)
			linked[pair] = true
			if verdicts[pair] != "right" {
				t.Errorf("pair %q is linked and read as %q", pair, verdicts[pair])
			}
		}
	}
	for pair, verdict := range verdicts {
		if verdict == "right" && !linked[pair] {
			t.Errorf("pair %q is no longer linked", pair)
		}
	}
	t.Logf("%d pairs among %d filings", len(linked), len(all))
}

// paired is a synthetic filing of SYNTH's that the rules have read.
func paired(rules *classify.Classifier, index int64, day, summary, body string) Record {
	at, err := time.ParseInLocation(time.DateOnly, day, Istanbul)
	if err != nil {
		panic(err)
	}
	r := Record{Filing: Filing{
		Index: index, PublishedAt: at.Add(18 * time.Hour), Company: "SYNTH ENERJİ A.Ş.", Tickers: []string{"SYNTH"},
		Class: "ODA", Subject: "Özel Durum Açıklaması (Genel)", Summary: summary, Detail: &Detail{Body: body, ID: fmt.Sprintf("%032x", index)},
	}}
	r.Found = rules.Classify(Text(r.Filing))
	return r
}

// A memorandum, the contract and its end are one matter; whatever lacks the other side, the project, or amount and
// date, or has another, stands alone.
func TestSameMatter(t *testing.T) {
	rules := builtIn(t)
	const mou = "Şirketimiz ile Örnek Valiliği arasında, Örnek şehrinde 500 MW kurulu güce sahip doğal gaz kombine çevrim santrali kurulmasına yönelik bağlayıcı olmayan mutabakat zaptı imzalanmıştır."
	const contract = "Şirketimiz ile Örnek Valiliği arasında 500 MW kurulu güce sahip doğal gaz kombine çevrim santralinin yapımı için sözleşme imzalanmıştır."
	earlier := shelf{paired(rules, 100, "2024-04-26", "Mutabakat Zaptı", mou)}
	for _, c := range []struct {
		name, body string
		linked     bool
	}{
		{"the contract", contract, true},
		{"its end", "Şirketimiz ile Örnek Valiliği arasında imzalanan 500 MW kurulu güce sahip doğal gaz kombine çevrim santrali sözleşmesi karşılıklı olarak sona erdirilmiştir.", true},
		{"by the day of the first", "Şirketimiz ile Örnek Valiliği arasında 26.04.2024 tarihinde duyurulan doğal gaz kombine çevrim santrali için sözleşme imzalanmıştır.", true},
		{"another side", strings.ReplaceAll(contract, "Örnek Valiliği", "Başka Belediyesi"), false},
		{"another project", strings.ReplaceAll(contract, "doğal gaz kombine çevrim santralinin", "rüzgâr enerjisi santralinin"), false},
		{"another amount", strings.ReplaceAll(contract, "500 MW", "120 MW"), false},
		{"no amount and no date", strings.ReplaceAll(contract, "500 MW kurulu güce sahip ", ""), false},
		{"no side", "500 MW kurulu güce sahip doğal gaz kombine çevrim santralinin yapımı için sözleşme imzalanmıştır.", false},
		{"no project", "Şirketimiz ile Örnek Valiliği arasında 500 MW için sözleşme imzalanmıştır.", false},
		{"no deal", "Şirketimiz genel kurulu toplanmıştır.", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := paired(rules, 200, "2024-06-03", "Sözleşme", c.body)
			links, err := findLinks(earlier, &r, nil)
			if err != nil || (len(links) == 1 && links[0].Index == 100 && links[0].Kind == LinkFollowUp) != c.linked || !c.linked && len(links) > 0 {
				t.Errorf("links %+v, %v; want linked %v\nfacts %+v\ncategories %v", links, err, c.linked, r.Found.Facts, r.Found.Categories)
			}
		})
	}
	// The chain goes from each step to the newest before it.
	second := paired(rules, 200, "2024-06-03", "Sözleşme", contract)
	third := paired(rules, 300, "2024-09-10", "Sözleşmenin sona ermesi", strings.ReplaceAll(contract, "imzalanmıştır", "feshedilmiştir"))
	links, err := findLinks(append(earlier, second), &third, nil)
	if err != nil || len(links) != 1 || links[0].Index != 200 {
		t.Errorf("links of the third step %+v, %v; categories %v", links, err, third.Found.Categories)
	}
	foreign := paired(rules, 400, "2024-06-04", "Sözleşme", contract)
	foreign.Filing.Tickers = []string{"SYNTB"}
	if links, err := findLinks(earlier, &foreign, nil); err != nil || len(links) > 0 {
		t.Errorf("another company's filing is linked: %+v, %v", links, err)
	}
	old := paired(rules, 500, "2025-06-04", "Sözleşme", contract)
	if links, err := findLinks(earlier, &old, nil); err != nil || len(links) > 0 {
		t.Errorf("a filing of a year later is linked: %+v, %v", links, err)
	}
}

func TestChangedFiling(t *testing.T) {
	rules := builtIn(t)
	const summary = "TRSSYN00424 2. Kupon Ödemesi"
	earlier := shelf{
		paired(rules, 100, "2024-04-20", summary, "Faiz oranı 12,40."),
		paired(rules, 101, "2024-04-20", "Yeni sözleşme imzalanması", "Sözleşme imzalanmıştır."),
		paired(rules, 102, "2024-04-22", "Borçlanma Araçlarına İlişkin Açıklama", "Faiz oranı 12,40."),
	}
	for _, c := range []struct {
		name   string
		change func(*Filing)
		want   []Link
	}{
		{"named by KAP", func(f *Filing) { f.Detail.RelatedIndex = 77 }, []Link{{77, LinkUpdate, "KAP names it as the related disclosure"}}},
		{"named by its id", func(f *Filing) { f.Detail.RelatedID, f.Detail.Correction = fmt.Sprintf("%032X", 101), true }, []Link{{Index: 101, Kind: LinkCorrection}}},
		{"an id that the ledger lacks", func(f *Filing) { f.Detail.RelatedID = "4028328ca09bee9001a09e55546801d2" }, nil},
		{"same form and summary", func(f *Filing) { f.Summary, f.Modify = summary, "DUZELTILEN" }, []Link{{Index: 100, Kind: LinkCorrection}}},
		{"a summary without a number", func(f *Filing) { f.Summary, f.Modify = "Borçlanma Araçlarına İlişkin Açıklama", "DUZELTILEN" }, nil},
		{"a new filing in the same words", func(f *Filing) { f.Summary = summary }, nil},
		{"the only one of the day it names", func(f *Filing) {
			f.Detail.Update, f.Detail.EarlierDates, f.Summary = true, []string{"2024-04-22"}, "Borçlanma Araçlarına İlişkin Açıklama"
		}, []Link{{Index: 102, Kind: LinkUpdate}}},
		{"one of two of the day it names", func(f *Filing) { f.Detail.Update, f.Detail.EarlierDates = true, []string{"2024-04-20"} }, nil},
		{"another form", func(f *Filing) { f.Summary, f.Modify, f.Subject = summary, "DUZELTILEN", "Finansal Takvim" }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := paired(rules, 200, "2024-04-26", "Sözleşmenin güncellenmesi", "Sözleşme imzalanmıştır.")
			c.change(&r.Filing)
			r.Found = rules.Classify(Text(r.Filing))
			got, err := findLinks(earlier, &r, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if got[i].Why == "" {
					t.Error("a link without a reason")
				}
				if i < len(c.want) && c.want[i].Why == "" {
					got[i].Why = ""
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("links %+v, want %+v", got, c.want)
			}
		})
	}
	// Two alike within the month: which of them is meant cannot be told.
	r := paired(rules, 200, "2024-04-26", summary, "Faiz oranı 14,20.")
	r.Filing.Modify = "DUZELTILEN"
	if got, err := findLinks(append(earlier, paired(rules, 103, "2024-04-23", summary, "")), &r, nil); err != nil || len(got) > 0 {
		t.Errorf("one of two is linked: %+v, %v", got, err)
	}
	// One that became a correction under its own index corrects itself.
	itself := r
	itself.Edits = []Edit{{Fields: []FieldEdit{{"change", "new", "correction"}}}}
	if got, err := findLinks(earlier, &itself, nil); err != nil || len(got) > 0 {
		t.Errorf("a filing that was corrected itself is linked: %+v, %v", got, err)
	}
	// The one that is recorded in the same batch is found too.
	if got, err := findLinks(shelf{}, &r, []Record{earlier[0]}); err != nil || len(got) != 1 || got[0].Index != 100 {
		t.Errorf("links within a batch %+v, %v", got, err)
	}
}
