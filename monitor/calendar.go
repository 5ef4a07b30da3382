package monitor

import (
	"errors"
	"fmt"
	"time"
)

// CalendarFile is a calendar as it is written; see configs/calendar.yaml. Dates are Istanbul days, yyyy-mm-dd.
type CalendarFile struct {
	Until  string   `yaml:"until"`
	Closed []string `yaml:"closed"`
	Half   []string `yaml:"half"`
}

// Calendar tells what kind of day it is on Borsa İstanbul. The zero value knows week-ends only.
type Calendar struct {
	until time.Time
	kinds map[string]dayKind
}

type dayKind uint8

const (
	working dayKind = iota
	half
	closed // holiday or week-end
)

// NewCalendar reads f. The error joins every fault.
func NewCalendar(f CalendarFile) (*Calendar, error) {
	c := &Calendar{kinds: map[string]dayKind{}}
	var errs []error
	read := func(place, s string) (t time.Time) {
		t, err := time.ParseInLocation(time.DateOnly, s, Istanbul)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %q is not a date such as 2026-10-29", place, s))
		}
		return t
	}
	c.until = read("until", f.Until)
	for kind, days := range map[dayKind][]string{closed: f.Closed, half: f.Half} {
		for i, s := range days {
			place := fmt.Sprintf("%s[%d]", map[dayKind]string{closed: "closed", half: "half"}[kind], i)
			t := read(place, s)
			if _, twice := c.kinds[s]; twice {
				errs = append(errs, fmt.Errorf("%s: %s is named twice", place, s))
			}
			if t.After(c.until) {
				errs = append(errs, fmt.Errorf("%s: %s lies behind until", place, s))
			}
			c.kinds[s] = kind
		}
	}
	return c, errors.Join(errs...)
}

// Ends reports whether t lies behind the last day that the calendar knows: then holidays look like working days.
func (c *Calendar) Ends(t time.Time) bool {
	return !c.until.IsZero() && !t.Before(c.until.AddDate(0, 0, 1))
}

// outdated says that the calendar has run out, "" while it has not.
func (c *Calendar) outdated(t time.Time) string {
	if c == nil || !c.Ends(t) {
		return ""
	}
	return fmt.Sprintf("the calendar of holidays has run out on %s: a holiday looks like a working day, and its silence like a broken list", c.until.Format(time.DateOnly))
}

// Outlook says at t that the calendar has run out, or will within two months; "" while there is time.
func (c *Calendar) Outlook(t time.Time) string {
	if s := c.outdated(t); s != "" || c.until.IsZero() || t.Before(c.until.AddDate(0, -2, 0)) {
		return s
	}
	return fmt.Sprintf("the calendar of holidays ends on %s: from then on a holiday looks like a working day", c.until.Format(time.DateOnly))
}

func (c *Calendar) kind(t time.Time) dayKind {
	t = t.In(Istanbul)
	if d := t.Weekday(); d == time.Saturday || d == time.Sunday {
		return closed
	}
	return c.kinds[t.Format(time.DateOnly)]
}
