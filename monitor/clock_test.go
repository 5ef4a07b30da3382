package monitor_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// What the clock tells may be wrong for a while: nothing is lost and nothing repeated, neither of what is published
// meanwhile nor of what comes when the clock is right again.
func TestClockSteps(t *testing.T) {
	for _, step := range []time.Duration{-time.Hour, -24 * time.Hour, 24 * time.Hour} {
		t.Run(step.String(), func(t *testing.T) {
			inWorld(t, func(w *world) {
				var ahead atomic.Int64
				w.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
				w.start()
				w.pass(time.Minute)
				index := int64(1700101)
				for _, wrong := range []time.Duration{0, step, step, 0, step, 0} {
					ahead.Store(int64(wrong))
					w.site.Add(filing(index, time.Now()))
					index += 2
					w.pass(5 * time.Minute)
				}
				w.halt()
				w.start() // the clock is right, whatever the ledger has been told
				w.pass(5 * time.Minute)
				for i := int64(1700101); i < index; i += 2 {
					if n := w.slack.Count(fmt.Sprintf("%d-energy", i)); n != 1 {
						t.Errorf("filing %d was sent %d times", i, n)
					}
				}
				if h := w.m.Health(); !h.OK() {
					t.Errorf("problems %q", h.Problems)
				}
			})
		})
	}
}

// silent is a schedule of which cron hears nothing for a while: after a step back of the wall clock its timers stand for
// as long as the step was. cron asks in Istanbul's time, the watchdog on the machine's own.
type silent struct {
	monitor.Schedule
	from, until time.Time
}

func (s silent) Next(t time.Time) time.Time {
	if next := s.Schedule.Next(t); t.Location() == time.Local || next.Before(s.from) || next.After(s.until) {
		return next
	}
	return s.until
}

// While cron is silent the watchdog polls, a poll for each two that are due.
func TestWatchdogPollsWhileCronIsSilent(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, 24 * time.Hour} {
		t.Run(step.String(), func(t *testing.T) {
			inWorld(t, func(w *world) {
				var log lockedBuffer
				w.log = slog.New(slog.NewTextHandler(&log, nil))
				w.start(func(c *monitor.Config) {
					c.Schedule = silent{c.Schedule, begin.Add(time.Minute), begin.Add(time.Minute + step)}
				})
				w.pass(2 * time.Minute)
				before := w.site.Count(kapsim.Criteria)
				w.site.Add(filing(1700201, time.Now()))
				w.pass(2 * time.Minute)
				if n := w.slack.Count("1700201-energy"); n != 1 {
					t.Errorf("two minutes into the silence it was sent %d times", n)
				}
				w.pass(step - 5*time.Minute)
				polls, due := w.site.Count(kapsim.Criteria)-before, int((step-3*time.Minute)/(30*time.Second))
				if polls < due/3 || polls > due {
					t.Errorf("%d polls, %d were due", polls, due)
				}
				if !strings.Contains(log.String(), "the watchdog polls") {
					t.Error("the watchdog says nothing")
				}
				w.pass(10 * time.Minute)
				before = w.site.Count(kapsim.Criteria)
				w.pass(10 * time.Minute)
				if polls := w.site.Count(kapsim.Criteria) - before; polls < 19 || polls > 22 {
					t.Errorf("%d polls in ten minutes after the silence", polls)
				}
			})
		})
	}
}

// A machine that slept for eight hours polls once to catch up, not once for each poll that was due: 960.
func TestSuspendIsCaughtUpByOnePoll(t *testing.T) {
	inWorld(t, func(w *world) {
		var slept atomic.Int64
		w.now = func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
		w.site = kapsim.New(kapsim.Archive{filing(1700001, begin.Add(-time.Hour))}, kapsim.Options{Now: w.now})
		w.start()
		w.pass(10 * time.Second)
		for i := range int64(16) {
			w.site.Add(filing(1700101+2*i, begin.Add(time.Duration(i+1)*30*time.Minute-time.Minute)))
		}
		before := w.site.Count(kapsim.Criteria)
		slept.Store(int64(8 * time.Hour)) // the monotonic clock stands still meanwhile
		w.pass(time.Minute)
		if polls := w.site.Count(kapsim.Criteria) - before; polls < 1 || polls > 3 {
			t.Errorf("%d polls in the first minute after eight hours", polls)
		}
		w.pass(5 * time.Minute)
		for i := range int64(16) {
			if n := len(w.of(channel, link(1700101+2*i))); n != 1 {
				t.Errorf("filing %d of the night is in %d messages", 1700101+2*i, n)
			}
		}
		if h := w.m.Health(); !h.OK() {
			t.Errorf("problems %q", h.Problems)
		}
	})
}
