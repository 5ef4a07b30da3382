package monitor_test

import (
	"fmt"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// Nothing that KAP writes becomes a label: a class never seen before counts as other, however many there are.
func TestLabelsAreOurs(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.Routes = nil })
		w.pass(time.Minute)
		for i, evil := range kapsim.Hostile() {
			f := filing(1700401+int64(i), time.Now())
			f.Class, f.Type, f.Tickers = fmt.Sprintf("%s%d", evil, i), evil, []string{evil}
			w.site.Add(f)
		}
		w.pass(time.Minute)
		if n := w.db.Stats().Filings; n < 200 {
			t.Fatalf("%d filings recorded", n)
		}
		families, err := w.reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		classes, series := 0, 0
		for _, f := range families {
			series += len(f.Metric)
			if f.GetName() == "kapwatch_filings_total" {
				classes = len(f.Metric)
			}
		}
		if classes == 0 || classes > 6 || series > 60 {
			t.Errorf("%d classes and %d series after %d filings", classes, series, w.db.Stats().Filings)
		}
	})
}
