package monitor_test

import (
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
)

// hole is the problem that names days which were never asked for, "" when there is none.
func (w *world) hole() string {
	for _, p := range w.m.Health().Problems {
		if strings.Contains(p, "never asked for") {
			return p
		}
	}
	return ""
}

// A hole is named until backfill has read it, whatever restarts lie in between, and its end is said.
func TestHoleIsNamedUntilItIsFilled(t *testing.T) {
	ops := route("ops", other)
	ops.OperatorsOnly = true
	tell := func(c *monitor.Config) { c.Routes, c.HealthRoute = append(c.Routes, ops), "ops" }
	inWorld(t, func(w *world) {
		w.start(tell)
		w.pass(time.Minute)
		w.halt()
		time.Sleep(8 * 24 * time.Hour) // until Thursday 3 December; catch_up is three days
		w.site.Add(filing(1700101, begin.AddDate(0, 0, 2)))
		w.start(tell)
		w.pass(time.Minute)
		const want = "kapwatch backfill --from 2026-11-24 --to 2026-11-29"
		if got := w.hole(); !strings.Contains(got, want) {
			t.Fatalf("problem %q, want %q", got, want)
		}
		w.halt()
		w.start(tell)
		w.pass(time.Minute)
		if got := w.hole(); !strings.Contains(got, want) {
			t.Errorf("after a restart: problem %q, want %q", got, want)
		}
		if _, err := w.backfill(w.t.Context(), 9, 6, false); err != nil { // 24 to 27 November
			t.Fatal(err)
		}
		if got := w.hole(); !strings.Contains(got, "--from 2026-11-28 --to 2026-11-29") {
			t.Errorf("half filled: problem %q", got)
		}
		w.halt()
		w.start(tell)
		w.pass(time.Minute)
		if _, err := w.backfill(w.t.Context(), 9, 4, false); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		if got := w.hole(); got != "" {
			t.Errorf("filled: problem %q", got)
		}
		if r := w.record(1700101); r.Filing.Origin != monitor.Backfill || w.slack.Count("1700101-energy") != 0 {
			t.Errorf("the filing of the hole: origin %v, %d messages", r.Filing.Origin, w.slack.Count("1700101-energy"))
		}
		over := 0
		for _, p := range w.slack.History(other) {
			if strings.Contains(p.Text, "over: filings of") {
				over++
			}
		}
		if over != 1 {
			t.Errorf("the end was said %d times, want once", over)
		}
		w.halt()
		w.start(tell)
		w.pass(time.Minute)
		if got := w.hole(); got != "" {
			t.Errorf("after a restart the filled hole is back: %q", got)
		}
	})
}

// A hole that is named takes nothing from the alarm of a silent list: quiet polls are no news, before and after it.
func TestHoleLeavesSilenceAudible(t *testing.T) {
	watchful := func(c *monitor.Config) { c.Calendar, c.StaleAfter = calendar(t), 2*time.Hour }
	inWorld(t, func(w *world) {
		w.start(hourly, watchful)
		w.pass(time.Minute)
		w.halt()
		time.Sleep(8 * 24 * time.Hour) // until Thursday 3 December
		w.start(hourly, watchful)
		w.pass(24 * time.Hour)
		h := w.m.Health()
		if w.hole() == "" || h.Alarms[monitor.AlarmSilent] == "" {
			t.Errorf("problems %q, alarms %v; want a hole and silence", h.Problems, h.Alarms)
		}
	})
}
