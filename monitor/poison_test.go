package monitor_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// poison panics whenever a route asks it for a time: a bug that only some filing's text meets.
type poison struct{}

func (poison) Next(time.Time) time.Time { panic("synthetic") }

// poisoned is a route for filings of one company over which the decision panics.
func poisoned(c *monitor.Config) {
	r := route("poison", other)
	r.Tickers, r.Digest, r.DigestAt = []string{"POISN"}, true, []monitor.Schedule{poison{}}
	c.Routes = append(c.Routes, r)
}

// cured is the same route in a program without the bug.
func cured(c *monitor.Config) {
	r := route("poison", other)
	r.Tickers = []string{"POISN"}
	c.Routes = append(c.Routes, r)
}

func poisonous(index int64) kapsim.Filing {
	f := filing(index, time.Now())
	f.Company, f.Tickers = "SENTETİK ZEHİR A.Ş.", []string{"POISN"}
	return f
}

// A filing over which the decision panics is unknown, with the reason, and stops no other. The program that can decide
// on it alerts it, late.
func TestPanicOverAFilingCostsThatOneOnly(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(withOps, poisoned)
		w.pass(time.Minute)
		w.site.Add(filing(1700055, time.Now()), poisonous(1700057), filing(1700059, time.Now()))
		w.pass(2 * time.Hour)
		for _, id := range []string{"1700055-energy", "1700059-energy"} {
			if n := w.slack.Count(id); n != 1 {
				t.Errorf("%s was sent %d times", id, n)
			}
		}
		left, err := w.db.Backlog()
		if err != nil || len(left.Bad) != 1 || left.Bad[0].Index != 1700057 || left.Bad[0].Err != "decide on it: it panicked: synthetic" {
			t.Errorf("unknown %+v, %v", left.Bad, err)
		}
		if n := len(w.of(other, "1 row of the list could not be read")); n != 1 || w.db.Stats().Unknown != 1 {
			t.Errorf("operators are told %d times of %d unknown", n, w.db.Stats().Unknown)
		}
		w.crash()
		w.start(withOps, poisoned)
		w.pass(time.Minute)
		w.halt()
		w.start(withOps, cured)
		w.pass(time.Minute)
		if r := w.record(1700057); !r.Filing.Late || w.slack.Count("1700057-poison") != 1 || w.db.Stats().Unknown != 0 {
			t.Errorf("late %v, sent %d times, %d unknown", r.Filing.Late, w.slack.Count("1700057-poison"), w.db.Stats().Unknown)
		}
	})
}

// A text over which the second decision panics is recorded, the first decision stands, and operators are told.
func TestPanicOverADetailLeavesTheDecision(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(withOps, poisoned, func(c *monitor.Config) {
			c.DetailMode = monitor.DetailsMatched
			c.Routes[len(c.Routes)-1].Terms = terms(t, "zehirli")
			all := route("all", channel)
			all.Tickers = nil
			c.Routes = append(c.Routes, all)
		})
		w.pass(time.Minute)
		f := poisonous(1700057)
		f.Detail = &monitor.Detail{Body: "Zehirli bir metin."}
		w.site.Add(f)
		w.pass(10 * time.Minute)
		r := w.record(1700057)
		if r.Filing.Detail == nil || w.slack.Count("1700057-all") != 1 || len(r.Alerts) != 1 {
			t.Errorf("detail %v, alerts %+v", r.Filing.Detail, r.Alerts)
		}
		if told := w.of(other, "stands as it was decided before"); len(told) != 1 {
			t.Errorf("told %q", told)
		}
		if left, err := w.db.Backlog(); err != nil || len(left.Details) != 0 {
			t.Errorf("details still owed: %v, %v", left.Details, err)
		}
	})
}

// choking panics over one message, after it was posted or before.
type choking struct {
	monitor.Notifier
	id   string
	sent bool
}

func (n choking) Notify(ctx context.Context, m monitor.Message) monitor.Outcome {
	if m.ID != n.id {
		return n.Notifier.Notify(ctx, m)
	}
	if n.sent {
		n.Notifier.Notify(ctx, m)
	}
	panic("synthetic")
}

// A message over which the way to Slack panics is set aside and named, and stops no other. After a restart it is
// looked for before it is sent.
func TestPanicOverAMessageSetsItAside(t *testing.T) {
	for name, sent := range map[string]bool{"before the post": false, "after it": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start(withOps, func(c *monitor.Config) { c.Notifier = choking{c.Notifier, "1700055-energy", sent} })
				w.pass(time.Minute)
				w.site.Add(filing(1700055, time.Now()), filing(1700057, time.Now()))
				w.pass(10 * time.Minute)
				if w.slack.Count("1700057-energy") != 1 || w.record(1700055).Alerts[0].State != monitor.Blocked {
					t.Errorf("the next one was sent %d times, this one is %+v", w.slack.Count("1700057-energy"), w.record(1700055).Alerts)
				}
				if told := w.of(other, "could not be made"); len(told) != 1 || !strings.Contains(told[0], "1700055") {
					t.Errorf("told %q", told)
				}
				w.halt()
				w.start(withOps)
				w.pass(time.Minute)
				if a := w.record(1700055).Alerts; w.slack.Count("1700055-energy") != 1 || a[0].State != monitor.Sent {
					t.Errorf("after a restart it was sent %d times, alerts %+v", w.slack.Count("1700055-energy"), a)
				}
			})
		})
	}
}

// A filing over which classifying panics is named by an import, which records nothing behind it.
func TestPanicOverAnImportIsNamed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		filings := []monitor.Filing{filing(1700301, time.Now()).Filing}
		if n, err := (monitor.Importer{Store: w.db}).Import(t.Context(), slices.Clone(filings)); err == nil || n != 0 || !strings.Contains(err.Error(), "classify filing 1700301: it panicked") {
			t.Errorf("Import = %d, %v", n, err)
		}
	})
}
