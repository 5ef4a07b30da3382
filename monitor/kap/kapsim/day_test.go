package kapsim_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// mix counts what matters of a day's filings.
type mix struct{ n, breakers, general, peak, evening, night, bare, english, files int }

func count(a []kapsim.Filing) mix {
	var m mix
	is := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	for _, f := range a {
		h := f.PublishedAt.In(monitor.Istanbul).Hour()
		m.n++
		m.breakers += is(f.Subject == "Pay Bazında Devre Kesici Bildirimi")
		m.general += is(f.Subject == "Özel Durum Açıklaması (Genel)")
		m.peak += is(h == 18)
		m.evening += is(h >= 17 && h < 20)
		m.night += is(h < 2)
		m.bare += is(f.Summary == "")
		m.english += is(f.English)
		m.files += is(f.Attachments > 0)
	}
	return m
}

func (m mix) check(t *testing.T) {
	t.Helper()
	for _, x := range []struct {
		what     string
		got      int
		min, max float64 // shares in per cent
	}{
		{"circuit breakers", m.breakers, 17, 23},
		{"general events", m.general, 12, 20},
		{"18 to 19 h", m.peak, 21, 28},
		{"17 to 20 h", m.evening, 46, 55},
		{"at night", m.night, 3, 6},
		{"without summary", m.bare, 7, 16},
		{"in English", m.english, 65, 90},
		{"with files", m.files, 15, 45},
	} {
		if share := 100 * float64(x.got) / float64(m.n); share < x.min || share > x.max {
			t.Errorf("%s: %.1f %% of %d, want %v to %v", x.what, share, m.n, x.min, x.max)
		}
	}
}

func TestDay(t *testing.T) {
	a := kapsim.Day()
	if diff := cmp.Diff(a, kapsim.Day()); diff != "" {
		t.Errorf("two calls differ:\n%s", diff)
	}
	friday := time.Date(2024, 4, 26, 0, 0, 0, 0, monitor.Istanbul)
	var before, today []kapsim.Filing
	for i, f := range a {
		if i > 0 && (f.Index <= a[i-1].Index || f.PublishedAt.Before(a[i-1].PublishedAt)) {
			t.Errorf("%d of %s follows %d of %s", f.Index, f.PublishedAt, a[i-1].Index, a[i-1].PublishedAt)
		}
		if f.Index/1000 != 1277 {
			t.Errorf("index %d is not in 1277xxx", f.Index)
		}
		if f.Attachments != len(f.Detail.Files) {
			t.Errorf("%d: %d attachments, %d files", f.Index, f.Attachments, len(f.Detail.Files))
		}
		if f.PublishedAt.Before(friday) {
			before = append(before, f)
		} else {
			today = append(today, f)
		}
	}
	if len(before) != 40 || len(today) != 240 {
		t.Fatalf("%d filings the day before and %d on the day, want 40 and 240", len(before), len(today))
	}
	if today[0].Index != 1277200 {
		t.Errorf("the day starts at %d, want 1277200", today[0].Index)
	}
	count(today).check(t)

	at := func(index int64) kapsim.Filing {
		i := slices.IndexFunc(a, func(f kapsim.Filing) bool { return f.Index == index })
		if i < 0 {
			t.Fatalf("no filing %d", index)
		}
		return a[i]
	}
	mou := at(kapsim.MoU)
	if got := mou.PublishedAt.In(monitor.Istanbul).Format(time.DateTime); got != "2024-04-26 18:05:33" {
		t.Errorf("memorandum published %s", got)
	}
	if diff := cmp.Diff(
		[]string{"AKSA ENERJİ ÜRETİM A.Ş.", "AKSEN", "ODA", "ODA", "ODA", "Özel Durum Açıklaması (Genel)"},
		[]string{mou.Company, strings.Join(mou.Tickers, ","), mou.Class, mou.Type, mou.Group, mou.Subject}); diff != "" {
		t.Error(diff)
	}
	for _, word := range []string{"500 MW", "bağlayıcı olmayan", "MoU", "Şymkent Valiliği"} {
		if !strings.Contains(mou.Detail.Body, word) {
			t.Errorf("the memorandum does not say %q", word)
		}
	}

	// Every case that a reader must tell apart is there.
	found := map[string]int{}
	for _, f := range today {
		mark := func(name string, is bool) {
			if is {
				found[name]++
			}
		}
		filer := strings.Join(f.Tickers, ",")
		mark("aksa", filer == "AKSA")
		mark("wide notice", len(f.Related) > 50)
		mark("test", f.Test())
		mark("correction", f.Modify == "DUZELTILEN" && f.Detail.Correction && at(f.Detail.RelatedIndex).Index < f.Index)
		mark("edit", f.Edited != nil && f.Edited.Modify == "" && f.Edited.Attachments > f.Attachments)
		mark("edit to a correction", f.Edited != nil && f.Modify == "" && f.Edited.Modify == "DUZELTILEN" && f.Edited.Index == f.Index)
		mark("update", f.Modify == "DUZENLENEN")
		mark("update in detail only", f.Modify == "" && f.Detail.Update)
		mark("late row", f.VisibleAt.After(f.PublishedAt))
		mark("late filer", f.Late)
		mark("late detail", f.DetailAt.After(f.PublishedAt))
		mark("passed on", f.Class == "DUY" && f.Type == "ODA" && filer == "" && len(f.Related) > 0)
		mark("agency", f.Subject == "Kredi Derecelendirmesi" && len(f.Related) > 0)
		mark("coupon", f.Type == "CA" && f.Group == "STT" && strings.Contains(f.Subject, "Sermaye Piyasası Aracı"))
		for _, subject := range []string{
			"Şirket Genel Bilgi Formu", "Payların Geri Alınmasına", "Genel Kurul İşlemlerine", "Finansal Rapor",
			"Kar Payı Dağıtım", "Sermaye Artırımı", "BISTECH", "Yeni İş İlişkisi", "İhraç Tavanı",
		} {
			mark(subject, strings.HasPrefix(f.Subject, subject))
		}
		if f.Subject == "Pay Bazında Devre Kesici Bildirimi" && (filer != "" || len(f.Related) != 1 || f.Group != "" || f.Class+f.Type != "DUYDUY") {
			t.Errorf("%d is no circuit breaker: %+v", f.Index, f.Filing)
		}
	}
	t.Log(found)
	want := []string{
		"BISTECH", "Finansal Rapor", "Genel Kurul İşlemlerine", "Kar Payı Dağıtım", "Payların Geri Alınmasına", "Sermaye Artırımı",
		"Yeni İş İlişkisi", "agency", "aksa", "correction", "coupon", "edit", "edit to a correction", "late detail", "late filer", "late row", "passed on", "test",
		"update", "update in detail only", "wide notice", "İhraç Tavanı", "Şirket Genel Bilgi Formu",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(found))); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
}

func TestGenerate(t *testing.T) {
	day := time.Date(2024, 5, 2, 0, 0, 0, 0, monitor.Istanbul)
	a := kapsim.Generate(2500, 1, day)
	if diff := cmp.Diff(a, kapsim.Generate(2500, 1, day)); diff != "" {
		t.Error("the same arguments gave different filings")
	}
	if cmp.Equal(a[:10], kapsim.Generate(2500, 2, day)[:10]) {
		t.Error("another seed gave the same filings")
	}
	if len(a) != 2500 {
		t.Fatalf("%d filings, want 2500", len(a))
	}
	subjects := map[string]bool{}
	for i, f := range a {
		if !monitor.Midnight(f.PublishedAt).Equal(day) {
			t.Fatalf("published %s", f.PublishedAt)
		}
		if i > 0 && (f.Index <= a[i-1].Index || f.PublishedAt.Before(a[i-1].PublishedAt)) {
			t.Fatalf("filing %d is out of order", i)
		}
		subjects[f.Subject] = true
		if strings.ContainsAny(f.Summary+f.Detail.Body+f.Detail.BodyEN, "{}") {
			t.Errorf("a blank was not filled in: %q %q", f.Summary, f.Detail.Body)
		}
	}
	if next := kapsim.Generate(1, 1, day.AddDate(0, 0, 1)); next[0].Index <= kapsim.Generate(2000, 1, day)[1999].Index {
		t.Error("two days share indexes")
	}
	if len(subjects) < 30 {
		t.Errorf("%d subjects", len(subjects))
	}
	count(a).check(t)
}

// TestInvented: no company but the two that the package comment names is a real one.
func TestInvented(t *testing.T) {
	text := string(realFile(t, "kap/list/company-items_IGS_2026-07-02_projection.json"))
	seen := map[string]bool{}
	for _, f := range append(kapsim.Day(), kapsim.Generate(3000, 3, evening())...) {
		if key := f.Company + fmt.Sprint(f.Related); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		for _, c := range append(f.Tickers, f.Related...) {
			if c != "AKSA" && c != "AKSEN" && c != "KTEST" && strings.Contains(text, `"`+c+`"`) {
				t.Errorf("code %s is traded", c)
			}
		}
		if !slices.Contains([]string{"BORSA İSTANBUL A.Ş.", "KAP TEST A.Ş."}, f.Company) && !strings.HasPrefix(f.Company, "AKSA ") && strings.Contains(text, f.Company) {
			t.Errorf("company %s is real", f.Company)
		}
	}
}

func BenchmarkStream(b *testing.B) {
	for b.Loop() {
		for range kapsim.Stream(1000, 1, evening()) {
		}
	}
}
