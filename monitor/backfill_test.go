package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// backfill runs a backfill of the days from n to m days ago, and gives a line for each thing it tells.
func (w *world) backfill(ctx context.Context, n, m int, again bool) (told []string, err error) {
	w.t.Helper()
	today := monitor.Midnight(time.Now())
	days := monitor.Window{From: today.AddDate(0, 0, -n), To: today.AddDate(0, 0, -m)}
	err = w.m.Backfill(ctx, days, again, func(d monitor.HistoryDay) error {
		told = append(told, fmt.Sprintf("%s %s %d/%d %d of %d", d.Day, d.State, d.Recorded, d.Listed, d.Done, d.Of))
		return nil
	})
	return told, err
}

// ago is noon n days before begin.
func ago(n int) time.Time { return begin.AddDate(0, 0, -n) }

// asked are the days that the list was asked for since a count of requests, with polls left out.
func (w *world) asked(since int) (days []string) {
	for _, r := range w.site.Requests(kapsim.Criteria)[since:] {
		for n := 3; n < 40; n++ {
			if day := ago(n).Format(time.DateOnly); strings.Contains(r.Body, `"fromDate":"`+day+`","toDate":"`+day+`"`) {
				days = append(days, day)
			}
		}
	}
	return days
}

func TestBackfill(t *testing.T) {
	inWorld(t, func(w *world) {
		w.site.Add(filing(1600001, ago(10)), filing(1600002, ago(9)), filing(1600003, ago(9).Add(time.Hour)))
		w.start()
		w.pass(time.Minute)
		told, err := w.backfill(w.t.Context(), 10, 0, false)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"2026-11-15 read 1/1 1 of 11", "2026-11-16 read 2/2 2 of 11", "2026-11-17 read 0/0 3 of 11", "2026-11-18 read 0/0 4 of 11",
			"2026-11-19 read 0/0 5 of 11", "2026-11-20 read 0/0 6 of 11", "2026-11-21 read 0/0 7 of 11", "2026-11-22 read 0/0 8 of 11",
			"2026-11-23 read 0/0 9 of 11", "2026-11-24 polls 0/0 10 of 11", "2026-11-25 polls 0/0 11 of 11",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		w.pass(time.Minute)
		r := w.record(1600002)
		if r.Filing.Origin != monitor.Backfill || len(r.Alerts) > 0 || w.sent(channel) > 0 {
			t.Errorf("origin %v, %d alerts, %d messages; want backfill and none", r.Filing.Origin, len(r.Alerts), w.sent(channel))
		}
		if len(r.Found.Categories) == 0 {
			t.Error("it was not classified")
		}
		receipt, err := w.db.Receipt(ago(9))
		if err != nil || receipt.Recorded != 2 || len(receipt.Amendments) != 1 || receipt.Amendments[0].Why != "2 filings recorded by backfill" {
			t.Errorf("receipt = %+v, %v", receipt, err)
		}
		// What polls find afterwards is alerted as ever, and is not late.
		w.site.Add(filing(1700009, time.Now()))
		w.pass(time.Minute)
		if w.sent(channel) != 1 || w.record(1700009).Filing.Late {
			t.Errorf("%d messages, late %v; want 1, false", w.sent(channel), w.record(1700009).Filing.Late)
		}
	})
}

// What was read whole is not asked for again, whatever broke it off, and a restart does not change that.
func TestBackfillGoesOn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.site.Add(filing(1600001, ago(10)))
		w.start()
		w.pass(time.Minute)
		ctx, cancel := context.WithCancel(w.t.Context())
		today := monitor.Midnight(time.Now())
		days := monitor.Window{From: today.AddDate(0, 0, -10), To: today.AddDate(0, 0, -6)}
		n := len(w.site.Requests(kapsim.Criteria))
		err := w.m.Backfill(ctx, days, false, func(d monitor.HistoryDay) error {
			if d.Done == 2 {
				cancel()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Backfill = %v, want it broken off", err)
		}
		if diff := cmp.Diff([]string{"2026-11-15", "2026-11-16"}, w.asked(n)); diff != "" {
			t.Errorf("asked before (-want +got):\n%s", diff)
		}
		w.halt()
		w.start()
		w.pass(time.Minute)
		n = len(w.site.Requests(kapsim.Criteria))
		if _, err := w.backfill(w.t.Context(), 10, 6, false); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"2026-11-17", "2026-11-18", "2026-11-19"}, w.asked(n)); diff != "" {
			t.Errorf("asked after (-want +got):\n%s", diff)
		}
		n = len(w.site.Requests(kapsim.Criteria))
		w.site.Add(filing(1600002, ago(10)))
		told, err := w.backfill(w.t.Context(), 10, 10, true)
		if err != nil || len(w.asked(n)) != 1 || told[0] != "2026-11-15 read 1/2 1 of 1" {
			t.Errorf("again: %q, %v, asked %q", told, err, w.asked(n))
		}
	})
}

// A refusal is waited out, and the silence after a 429 holds for polls and backfill alike.
func TestBackfillBacksOff(t *testing.T) {
	inWorld(t, func(w *world) {
		w.site.Add(filing(1600001, ago(10)))
		w.start(func(c *monitor.Config) { c.Schedule = schedule(t, "0 0 * * * *") })
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Status(503), Times: 2}, kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Limited(""), Times: 1})
		told, err := w.backfill(w.t.Context(), 10, 10, false)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"2026-11-15 waiting 0/0 0 of 1", "2026-11-15 waiting 0/0 0 of 1", "2026-11-15 waiting 0/0 0 of 1", "2026-11-15 read 1/1 1 of 1",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
		all := w.site.Requests()
		var limited time.Time
		for _, r := range all {
			if !limited.IsZero() && r.At.Sub(limited) < time.Minute {
				t.Errorf("%s asked %v after a 429", r.Endpoint, r.At.Sub(limited))
			}
			if strings.Contains(r.Fault, "429") {
				limited = r.At
			}
		}
		if limited.IsZero() {
			t.Error("there was no 429")
		}
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Status(500)})
		if _, err := w.backfill(w.t.Context(), 11, 11, false); !errors.Is(err, monitor.ErrRefused) {
			t.Errorf("Backfill = %v, want it to give up at last", err)
		}
	})
}

// A due poll waits for one day of a backfill at most.
func TestBackfillLetsPollsGoFirst(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.History = slow{c.History} })
		w.pass(time.Minute)
		var worst time.Duration
		today := monitor.Midnight(time.Now())
		last := w.m.Health().LastPollAt
		err := w.m.Backfill(w.t.Context(), monitor.Window{From: today.AddDate(0, 0, -40), To: today.AddDate(0, 0, -3)}, false, func(monitor.HistoryDay) error {
			if at := w.m.Health().LastPollAt; !at.Equal(last) {
				worst, last = max(worst, at.Sub(last)), at
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if worst == 0 || worst > 40*time.Second {
			t.Errorf("%v between two polls that are due every 30 s", worst)
		}
	})
}

// A row that cannot be read counts as unknown, and a source that does not heed the day teaches us nothing.
func TestBackfillOfOddLists(t *testing.T) {
	inWorld(t, func(w *world) {
		w.site.Add(filing(1600001, ago(10)), filing(1600002, ago(10)), filing(1600003, ago(10)))
		w.start(func(c *monitor.Config) { c.Schedule = schedule(t, "0 0 * * * *") })
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Only(1600002, kapsim.NullKey("kapTitle"))})
		told, err := w.backfill(w.t.Context(), 10, 10, false)
		if err != nil || told[0] != "2026-11-15 read 2/3 1 of 1" || w.db.Stats().Unknown != 1 {
			t.Errorf("told %q, %v, %d unknown", told, err, w.db.Stats().Unknown)
		}
		w.site.Clear()
		if _, err := w.backfill(w.t.Context(), 10, 10, true); err != nil || w.db.Stats().Unknown != 0 {
			t.Errorf("read at last: %v, %d unknown", err, w.db.Stats().Unknown)
		}
		w.halt()
		w.start(func(c *monitor.Config) { c.History = heedless{filing(1700011, time.Now()).Filing} })
		told, err = w.backfill(w.t.Context(), 11, 11, false)
		if err != nil || told[0] != "2026-11-14 part 0/0 1 of 1" {
			t.Errorf("told %q, %v", told, err)
		}
		if days, err := w.db.Backfilled(monitor.Window{From: ago(11), To: ago(11)}); err != nil || len(days) > 0 {
			t.Errorf("read whole: %v, %v", days, err)
		}
	})
}

// heedless lists the same filing whatever it is asked for.
type heedless []monitor.Filing

func (heedless) Name() string { return "heedless" }

func (h heedless) List(context.Context, monitor.Window) (monitor.Listing, error) {
	return monitor.Listing{Filings: h}, nil
}

// slow takes its time for each list.
type slow struct{ monitor.Source }

func (s slow) List(ctx context.Context, w monitor.Window) (monitor.Listing, error) {
	time.Sleep(9 * time.Second)
	return s.Source.List(ctx, w)
}
