package monitor_test

import (
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// An outage of the source costs no filing the tries of its detail: what only the body tells is alerted after it.
func TestDetailOutlastsAnOutage(t *testing.T) {
	for name, fault := range map[string]kapsim.Fault{"503": kapsim.Status(503), "429": kapsim.Limited("60"), "html": kapsim.WAF()} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start(func(c *monitor.Config) {
					c.DetailMode, c.Routes[0].Categories = monitor.DetailsMatched, []string{"mou"}
				})
				w.pass(time.Minute)
				w.site.Script(kapsim.Trouble{On: kapsim.Detail, Fault: fault})
				f := filing(1700201, time.Now())
				f.Summary = "Sentetik açıklama hk."
				f.Detail = &monitor.Detail{Body: "Sentetik mutabakat zaptı imzalanmıştır."}
				w.site.Add(f)
				w.pass(24 * time.Hour)
				if n := w.site.Count(kapsim.Detail); n > 1500 {
					t.Errorf("asked %d times in a day", n)
				}
				if n := w.site.Count(kapsim.Criteria); n < 1300 || w.m.Health().Stale {
					t.Errorf("the list was read %d times in a day, stale %v", n, w.m.Health().Stale)
				}
				w.site.Clear()
				w.pass(40 * time.Minute)
				if n := w.slack.Count("1700201-energy"); n != 1 {
					t.Errorf("sent %d times after the outage", n)
				}
			})
		})
	}
}

// A detail that never comes is given up, and holds up no other.
func TestDetailThatNeverComesIsGivenUp(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.DetailMode = monitor.DetailsMatched })
		w.pass(time.Minute)
		f := filing(1700203, time.Now())
		f.DetailAt = time.Now().Add(1000 * time.Hour)
		w.site.Add(f)
		w.pass(40 * time.Hour)
		n := w.site.Count(kapsim.Detail)
		if w.slack.Count("1700203-energy") != 1 || n > 10 {
			t.Errorf("sent %d times, asked %d times", w.slack.Count("1700203-energy"), n)
		}
		w.halt()
		w.start(func(c *monitor.Config) { c.DetailMode = monitor.DetailsMatched })
		w.pass(time.Hour)
		if w.site.Count(kapsim.Detail) != n {
			t.Error("what was given up is asked for again after a restart")
		}
	})
}
