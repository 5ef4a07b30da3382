package monitor_test

import (
	"testing"
	"time"

	"kapwatch/monitor"
)

func istanbul(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04:05", s, monitor.Istanbul)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestQuietEnd(t *testing.T) {
	for _, x := range []struct{ quiet, at, want string }{
		{"22:00-07:30", "2026-11-25 21:59:59", ""},
		{"22:00-07:30", "2026-11-25 22:00:00", "2026-11-26 07:30:00"},
		{"22:00-07:30", "2026-11-26 00:00:00", "2026-11-26 07:30:00"},
		{"22:00-07:30", "2026-11-26 07:29:59", "2026-11-26 07:30:00"},
		{"22:00-07:30", "2026-11-26 07:30:00", ""},
		{"22:00-00:00", "2026-12-31 23:00:00", "2027-01-01 00:00:00"},
		{"00:00-07:00", "2028-02-29 00:00:00", "2028-02-29 07:00:00"},
		{"12:00-13:00", "2026-11-25 12:30:00", "2026-11-25 13:00:00"},
		{"12:00-13:00", "2026-11-25 13:00:00", ""},
		{"", "2026-11-25 03:00:00", ""},
	} {
		q, err := monitor.ParseQuiet(x.quiet)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if end := q.End(istanbul(t, x.at).UTC()); !end.IsZero() {
			got = end.Format(time.DateTime)
		}
		if got != x.want {
			t.Errorf("%q at %s ends %q, want %q", x.quiet, x.at, got, x.want)
		}
	}
	for _, bad := range []string{"22:00", "22:00-22:00", "25:00-07:00", "-", "22-7"} {
		if _, err := monitor.ParseQuiet(bad); err == nil {
			t.Errorf("ParseQuiet(%q) takes it", bad)
		}
	}
}

func TestUnion(t *testing.T) {
	u := monitor.Union{schedule(t, "*/30 * 8-20 * * MON-FRI"), schedule(t, "0 */2 * * * *")}
	for _, x := range []struct{ at, want string }{
		{"2026-11-25 12:00:01", "2026-11-25 12:00:30"}, // a Wednesday
		{"2026-11-25 20:59:31", "2026-11-25 21:00:00"},
		{"2026-11-25 21:00:00", "2026-11-25 21:02:00"},
		{"2026-11-28 12:00:01", "2026-11-28 12:02:00"}, // a Saturday
		{"2026-12-31 23:59:59", "2027-01-01 00:00:00"},
	} {
		if got := u.Next(istanbul(t, x.at).UTC()); !got.Equal(istanbul(t, x.want)) {
			t.Errorf("after %s: %v, want %s", x.at, got.In(monitor.Istanbul), x.want)
		}
	}
	if got := (monitor.Union{}).Next(time.Now()); !got.IsZero() {
		t.Errorf("no schedule is due at %v", got)
	}
	if got := (monitor.Union{schedule(t, "0 0 0 30 2 *")}).Next(time.Now()); !got.IsZero() {
		t.Errorf("30 February is at %v", got)
	}
}
