package monitor_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"kapwatch/monitor"
)

func calendar(t *testing.T) *monitor.Calendar {
	t.Helper()
	data, err := os.ReadFile("../configs/calendar.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var f monitor.CalendarFile
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	c, err := monitor.NewCalendar(f)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSilent(t *testing.T) {
	c := calendar(t)
	for _, x := range []struct {
		name, from string
		lasts      time.Duration
		want       bool
	}{
		{"a Wednesday evening", "2026-11-25 17:45", 25 * time.Minute, true},
		{"a short lull in the rush", "2026-11-25 18:30", 15 * time.Minute, false},
		{"an hour at noon", "2026-11-25 12:00", time.Hour, false},
		{"two hours at noon", "2026-11-25 11:00", 2 * time.Hour, true},
		{"a night", "2026-11-25 01:30", 6 * time.Hour, false},
		{"a Saturday", "2026-11-28 09:00", 12 * time.Hour, false},
		{"a whole week-end", "2026-11-27 23:59", 55 * time.Hour, true},
		{"Republic Day", "2026-10-29 09:00", 12 * time.Hour, false},
		{"the evening of a half day", "2026-10-28 17:30", 20 * time.Minute, false},
		{"a Sunday evening", "2026-11-29 18:00", 2 * time.Hour, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			from, err := time.ParseInLocation("2006-01-02 15:04", x.from, monitor.Istanbul)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Silent(from, from.Add(x.lasts)); got != x.want {
				t.Errorf("Silent after %v = %v, %.0f expected", x.lasts, got, c.Expected(from, from.Add(x.lasts)))
			}
		})
	}
}

func TestCalendarEnds(t *testing.T) {
	c := calendar(t)
	if c.Ends(time.Date(2027, 12, 31, 23, 59, 0, 0, monitor.Istanbul)) || !c.Ends(time.Date(2028, 1, 1, 0, 0, 0, 0, monitor.Istanbul)) {
		t.Error("the calendar does not end with 2027")
	}
	for day, want := range map[string]string{"2027-10-30": "", "2027-10-31": "ends on 2027-12-31", "2027-12-31": "ends on", "2028-01-01": "has run out on 2027-12-31"} {
		at, err := time.ParseInLocation(time.DateOnly, day, monitor.Istanbul)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Outlook(at); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("on %s: %q, want %q", day, got, want)
		}
	}
}

func TestNewCalendarNamesEveryFault(t *testing.T) {
	_, err := monitor.NewCalendar(monitor.CalendarFile{Until: "2027-12-31", Closed: []string{"29.10.2026", "2028-01-01"}, Half: []string{"2026-10-28", "2026-10-28"}})
	for _, want := range []string{`closed[0]: "29.10.2026"`, "closed[1]: 2028-01-01 lies behind until", "half[1]: 2026-10-28 is named twice"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func TestSilenceIsSaidOnceAndOver(t *testing.T) {
	inWorld(t, func(w *world) {
		ops := monitor.Route{Name: "ops", OperatorsOnly: true, To: monitor.Target{Slack: other}}
		w.start(func(c *monitor.Config) {
			c.Routes, c.HealthRoute, c.Calendar = append(c.Routes, ops), "ops", calendar(t)
		})
		w.pass(time.Minute)
		told := w.sent(other)
		w.pass(time.Hour)
		if h := w.m.Health(); !h.OK() || w.sent(other) != told {
			t.Errorf("an hour at noon: %q", h.Problems)
		}
		w.pass(2 * time.Hour)
		if h := w.m.Health(); len(h.Problems) != 1 || !strings.Contains(h.Problems[0], "nothing new is listed since") || w.sent(other) != told+1 {
			t.Errorf("three hours: %q, %d messages", h.Problems, w.sent(other)-told)
		}
		w.site.Add(filing(1700061, time.Now()))
		w.pass(time.Minute)
		if h := w.m.Health(); !h.OK() || w.sent(other) != told+2 {
			t.Errorf("after news: %q, %d messages", h.Problems, w.sent(other)-told)
		}
	})
}
