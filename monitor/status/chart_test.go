package status_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
)

// titles are what the bars of the n-th chart say that are not empty, and what stands beside it.
func (w *world) chart(t *testing.T, n int) (summary string, titles []string) {
	t.Helper()
	figure := w.page(t, "/", http.StatusOK).Find("figure.chart").Eq(n)
	summary = squeeze(figure.Find("figcaption span"))
	if label, _ := figure.Find("svg[role=img]").Attr("aria-label"); label != summary {
		t.Errorf("aria-label = %q, want %q", label, summary)
	}
	figure.Find("rect").Each(func(_ int, bar *goquery.Selection) {
		if bar.AttrOr("height", "0") != "0" {
			titles = append(titles, bar.Find("title").Text())
		}
	})
	return summary, titles
}

func wantChart(t *testing.T, w *world, n int, summary string, titles ...string) {
	t.Helper()
	gotSummary, gotTitles := w.chart(t, n)
	if gotSummary != summary {
		t.Errorf("summary = %q, want %q", gotSummary, summary)
	}
	if diff := cmp.Diff(titles, gotTitles); diff != "" {
		t.Errorf("bars (-want +got):\n%s", diff)
	}
}

// day records count filings at hour of the day that is days before 26 April 2024, a Friday.
func (l *ledger) day(days, hour, count int) {
	for range count {
		published := at("00:00:00").AddDate(0, 0, -days).Add(time.Duration(hour)*time.Hour + time.Minute)
		l.record(dividend(2000000+int64(len(l.records)), published))
	}
}

func TestHoursChart(t *testing.T) {
	w := newWorld(t)
	wantChart(t, w, 0, "bugün 3 · karşılaştıracak geçmiş henüz yok", "09:00–10:00: 2", "18:00–19:00: 1")

	// What comes later is added, late ones in their hour, and those of other days where they belong.
	w.ledger.record(dividend(1277900, at("18:06:00")), dividend(1277901, at("09:59:59")))
	w.ledger.day(1, 9, 3)
	wantChart(t, w, 0, "bugün 5 · karşılaştıracak geçmiş henüz yok", "09:00–10:00: 3", "18:00–19:00: 2")
}

func TestHoursChartShowsWhatIsUsual(t *testing.T) {
	w := newWorld(t)
	for days, count := range map[int]int{1: 4, 2: 2, 3: 90, 4: 3, 7: 1} { // working days; the median is not moved by one
		w.ledger.day(days, 9, count)
		w.ledger.day(days, 20, 1)
	}
	w.ledger.day(5, 9, 50) // Sunday
	w.ledger.day(8, 9, 50) // too long ago
	wantChart(t, w, 0, "bugün 3 · saat 18.00 itibarıyla alışılan 3", "09:00–10:00: 2 (alışılan 3)", "18:00–19:00: 1 (alışılan 0)")
	w.ledger.day(2, 9, 8) // backfilled into a day already counted
	wantChart(t, w, 0, "bugün 3 · saat 18.00 itibarıyla alışılan 4", "09:00–10:00: 2 (alışılan 4)", "18:00–19:00: 1 (alışılan 0)")

	// The next day, Saturday, has no other week-end days to be compared with, and yesterday is counted already.
	w.config.Now = func() time.Time { return at("09:00:00").AddDate(0, 0, 1) }
	w.public = nil
	wantChart(t, w, 0, "bugün 0 · karşılaştıracak geçmiş henüz yok")
}

// However much there is, a view reads a bounded part of it, and the next one goes on.
func TestChartsReadBounded(t *testing.T) {
	w := newWorld(t)
	for days := range 6 {
		w.ledger.day(days, 12, 1200)
	}
	reads := 0
	for view := range 4 {
		before := w.ledger.reads
		w.chart(t, 0)
		if reads = w.ledger.reads - before; reads > 45 { // 20 of days, the news, the search for the newest, the list
			t.Errorf("view %d made %d reads", view, reads)
		}
		w.ledger.day(view, 13, 1)
	}
	if reads > 3 {
		t.Errorf("a view made %d reads although next to nothing is new", reads)
	}
	if summary, _ := w.chart(t, 0); summary != "bugün 1.204 · saat 18.00 itibarıyla alışılan 1.201" {
		t.Errorf("summary = %q", summary)
	}
}

// A day that is half read takes what is recorded meanwhile once, wherever in the day it belongs.
func TestChartCountsOnce(t *testing.T) {
	w := newWorld(t)
	w.ledger.day(0, 12, 4100)
	w.chart(t, 0)
	w.ledger.day(0, 3, 5)
	w.ledger.day(0, 17, 7)
	for range 2 {
		wantChart(t, w, 0, "bugün 4.115 · karşılaştıracak geçmiş henüz yok",
			"03:00–04:00: 5", "09:00–10:00: 2", "12:00–13:00: 4.100", "17:00–18:00: 7", "18:00–19:00: 1")
	}
}

func alerted(index int64, published time.Time, a monitor.Alert) monitor.Record {
	r := dividend(index, published)
	a.Route = "energy"
	r.Alerts = []monitor.Alert{a}
	return r
}

func TestDelaysChart(t *testing.T) {
	w := newWorld(t)
	wantChart(t, w, 1, "son 1 uyarı: ortanca 10 sn, en uzunu 10 sn", "26.04. 18:05 · 1277777 · 10 sn")
	w.ledger.record(
		alerted(1278000, at("18:10:00"), monitor.Alert{State: monitor.Pending}),
		alerted(1278001, at("18:11:00"), monitor.Alert{State: monitor.Held}),
		alerted(1278002, at("18:12:00"), monitor.Alert{State: monitor.Sent, Digest: "d", SentAt: at("19:00:00")}), // its time is the route's wish
		alerted(1278003, at("18:13:00"), monitor.Alert{State: monitor.Sent, SentAt: at("18:12:59")}),              // a clock is behind
	)
	wantChart(t, w, 1, "son 2 uyarı: ortanca 10 sn, en uzunu 10 sn", "26.04. 18:05 · 1277777 · 10 sn", "26.04. 18:12 · 1278003 · 0 sn")
	for i := range w.ledger.records {
		if r := &w.ledger.records[i]; r.Filing.Index == 1278000 {
			r.Alerts = []monitor.Alert{{Route: "energy", State: monitor.Sent, SentAt: at("18:12:30")}}
		}
	}
	wantChart(t, w, 1, "son 3 uyarı: ortanca 10 sn, en uzunu 2 dk 30 sn",
		"26.04. 18:05 · 1277777 · 10 sn", "26.04. 18:12 · 1278000 · 2 dk 30 sn", "26.04. 18:12 · 1278003 · 0 sn")
	if slow := w.page(t, "/", http.StatusOK).Find("rect.slow").Length(); slow != 1 {
		t.Errorf("%d slow bars, want 1", slow)
	}
	for i := range int64(100) {
		published := at("19:00:00").Add(time.Duration(i) * time.Second)
		w.ledger.record(alerted(1279000+i, published, monitor.Alert{State: monitor.Sent, SentAt: published.Add(25 * time.Hour)}))
	}
	if summary, bars := w.chart(t, 1); summary != "son 60 uyarı: ortanca 1 gün 1 sa, en uzunu 1 gün 1 sa" || len(bars) != 60 || !strings.Contains(bars[59], "1279099") {
		t.Errorf("summary = %q, %d bars", summary, len(bars))
	}
	w.ledger.records, w.public = nil, nil
	wantChart(t, w, 1, "henüz gönderilen uyarı yok")
}

// No bar leaves its chart, whatever is counted.
func TestBarsFit(t *testing.T) {
	w := newWorld(t)
	w.ledger.day(0, 0, 300)
	w.ledger.record(alerted(1278000, at("00:10:00").AddDate(-1, 0, 0), monitor.Alert{State: monitor.Sent, SentAt: at("18:00:00")}))
	w.page(t, "/", http.StatusOK).Find("svg.bars").Each(func(_ int, svg *goquery.Selection) {
		var width, height float64
		if _, err := fmt.Sscanf(svg.AttrOr("viewbox", svg.AttrOr("viewBox", "")), "0 0 %g %g", &width, &height); err != nil {
			t.Fatal(err)
		}
		svg.Find("rect").Each(func(_ int, bar *goquery.Selection) {
			var x, y, w, h float64
			if _, err := fmt.Sscan(bar.AttrOr("x", ""), &x); err != nil {
				t.Fatal(err)
			}
			fmt.Sscan(bar.AttrOr("y", ""), &y)
			fmt.Sscan(bar.AttrOr("width", ""), &w)
			fmt.Sscan(bar.AttrOr("height", ""), &h)
			if x < 0 || y < 0 || x+w > width || y+h > height+1e-9 {
				t.Errorf("bar at %g, %g of %g × %g leaves %g × %g", x, y, w, h, width, height)
			}
		})
	})
}
