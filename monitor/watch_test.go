package monitor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestBackoff(t *testing.T) {
	for n, want := range map[int]time.Duration{
		1: 2 * time.Second, 2: 4 * time.Second, 3: 8 * time.Second, 6: 64 * time.Second, 7: 2 * time.Minute, 8: 2 * time.Minute, 1000: 2 * time.Minute,
	} {
		for range 50 {
			if got := backoff(n); got < want || got > min(want+want/5, failedMost) {
				t.Fatalf("backoff(%d) = %v, want %v and a fifth at most", n, got, want)
			}
		}
	}
	for n, want := range map[int]time.Duration{0: time.Minute, 1: 2 * time.Minute, 4: 16 * time.Minute, 5: 30 * time.Minute, 1000: 30 * time.Minute} {
		if got := limitedWait(n); got != want {
			t.Errorf("limitedWait(%d) = %v, want %v", n, got, want)
		}
	}
}

type named string

func (n named) Name() string                                  { return string(n) }
func (n named) List(context.Context, Window) (Listing, error) { return Listing{}, nil }

func TestReaders(t *testing.T) {
	now := time.Now()
	w := newWatch([]Source{named("criteria"), named("page")})
	expect := func(when time.Time, want string) *reader {
		t.Helper()
		r := w.next(when)
		if got := ""; r != nil {
			if got = r.source.Name(); got != want {
				t.Fatalf("next is %q, want %q", got, want)
			}
		} else if want != "" {
			t.Fatalf("next is nobody, want %q", want)
		}
		return r
	}
	first := expect(now, "criteria")
	w.bad(first, errors.New("down"), now, now)
	second := expect(now.Add(time.Second), "page")
	w.good(second, now)
	expect(now.Add(10*time.Second), "criteria")
	expect(now.Add(11*time.Second), "page") // it has failed at the last due poll, and another stands in
	w.bad(second, &RefusedError{Status: 429, Word: "limited", Limited: true}, now, now)
	expect(now.Add(59*time.Second), "")
	expect(now.Add(61*time.Second), "criteria")
	w.bad(second, &RefusedError{Status: 429, Word: "limited", Limited: true}, now, now)
	expect(now.Add(119*time.Second), "")
	w.bad(second, &RefusedError{Status: 429, Word: "limited", Limited: true, RetryAfter: 48 * time.Hour}, now, now)
	expect(now.Add(toldMost-time.Second), "")
	expect(now.Add(toldMost+time.Second), "page") // criteria was the last that was asked, and has failed
	w.good(first, now)
	if w.limited != 0 || first.word != "ok" {
		t.Errorf("after a good read: limited %d, %s", w.limited, first.word)
	}
}

func TestWindowAndHole(t *testing.T) {
	at := func(s string) time.Time {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, Istanbul)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	for _, x := range []struct {
		name, told, good, from string
		catchUp                time.Duration
		hole                   string
	}{
		{"never read", "2026-11-25 12:00", "", "2026-11-24", 72 * time.Hour, ""},
		{"read just now", "2026-11-25 12:00", "2026-11-25 11:59", "2026-11-24", 72 * time.Hour, ""},
		{"past midnight", "2026-11-26 00:00", "2026-11-25 23:59", "2026-11-24", 72 * time.Hour, ""},
		{"past the new year", "2027-01-01 00:30", "2026-12-31 23:59", "2026-12-30", 72 * time.Hour, ""},
		{"past a leap day", "2028-03-01 08:00", "2028-02-29 20:00", "2028-02-28", 72 * time.Hour, ""},
		{"two days ago", "2026-11-25 12:00", "2026-11-23 23:00", "2026-11-22", 72 * time.Hour, ""},
		{"further back than catch_up", "2026-11-25 12:00", "2026-11-18 09:00", "2026-11-22", 72 * time.Hour, "2026-11-17 to 2026-11-21"},
		{"no limit", "2026-11-25 12:00", "2026-11-18 09:00", "2026-11-17", 0, ""},
		{"the clock was set back", "2026-11-25 12:00", "2026-11-29 09:00", "2026-11-24", 72 * time.Hour, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			m := &Monitor{config: Config{CatchUp: x.catchUp}, watch: newWatch(nil)}
			if x.good != "" {
				m.watch.goodAt = at(x.good)
			}
			w := m.window(at(x.told))
			if got := w.From.Format(time.DateOnly); got != x.from || !w.To.Equal(Midnight(at(x.told))) {
				t.Errorf("from %s to %v, want from %s", got, w.To, x.from)
			}
			if hole := nameHoles(m.cursor.Holes); !strings.Contains(hole, x.hole) || (x.hole == "") != (hole == "") {
				t.Errorf("hole %q, want %q", hole, x.hole)
			}
		})
	}
}

// A wait that the ledger remembers is over at its end, and where the clock was a day ahead when it was written down.
func TestWaitLeft(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, Istanbul)
	w := Wait{at, at.Add(time.Hour)}
	for d, want := range map[time.Duration]time.Duration{0: time.Hour, 20 * time.Minute: 40 * time.Minute, time.Hour: 0, -24 * time.Hour: 0} {
		if got := w.left(at.Add(d)); got != want {
			t.Errorf("after %v: %v left, want %v", d, got, want)
		}
	}
}

// Two notes of one moment are two: under one id the ledger would keep the first only.
func TestNotesOfOneMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in which time stands still
		m := &Monitor{now: time.Now, config: Config{Routes: []Route{{Name: "ops"}}, HealthRoute: "ops"}}
		if a, b := m.note("health", "one"), m.note("health", "two"); a[0].ID == b[0].ID {
			t.Errorf("both are %s", a[0].ID)
		}
	})
}
