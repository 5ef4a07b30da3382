package monitor

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// zone is the zone database's Europe/Istanbul, for schedules; programs embed the database (time/tzdata).
func zone() (*time.Location, error) { return time.LoadLocation("Europe/Istanbul") }

// Schedule tells when something is next due after a given time, in Istanbul's wall time.
type Schedule interface{ Next(time.Time) time.Time }

// ParseSchedule reads one cron line with a leading seconds field, in Europe/Istanbul.
func ParseSchedule(line string) (Schedule, error) {
	if strings.Contains(line, "TZ=") { // cron v3.0.1 panics on a zone without anything after it
		return nil, fmt.Errorf("parse schedule %q: times are always Europe/Istanbul", line)
	}
	z, err := zone()
	if err != nil {
		return nil, fmt.Errorf("load Europe/Istanbul: %w", err)
	}
	p := cron.NewParser(cron.Second | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	s, err := p.Parse(line)
	if err != nil {
		return nil, fmt.Errorf("parse schedule %q: %w", line, err)
	}
	if spec, ok := s.(*cron.SpecSchedule); ok {
		spec.Location = z
	}
	return s, nil
}

// Union is due whenever one of its schedules is.
type Union []Schedule

// Next is the earliest of the schedules' next times; zero when none is ever due again.
func (u Union) Next(t time.Time) time.Time {
	var first time.Time
	for _, s := range u {
		if n := s.Next(t); !n.IsZero() && (first.IsZero() || n.Before(first)) {
			first = n
		}
	}
	return first
}

// Quiet is a daily span of Istanbul's wall time in which a route holds its alerts. The zero value is no span.
type Quiet struct{ From, To time.Duration } // since midnight; To before From crosses midnight

// ParseQuiet reads "22:00-07:30"; "" is the zero value.
func ParseQuiet(s string) (Quiet, error) {
	if s == "" {
		return Quiet{}, nil
	}
	from, to, ok := strings.Cut(s, "-")
	a, err1 := time.Parse("15:04", strings.TrimSpace(from))
	b, err2 := time.Parse("15:04", strings.TrimSpace(to))
	if !ok || err1 != nil || err2 != nil || a.Equal(b) {
		return Quiet{}, fmt.Errorf("quiet hours %q: want two different times such as 22:00-07:30", s)
	}
	clock := func(t time.Time) time.Duration {
		return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	}
	return Quiet{clock(a), clock(b)}, nil
}

// End returns when the quiet span that holds t ends, or the zero time when t is not quiet.
func (q Quiet) End(t time.Time) time.Time {
	if q == (Quiet{}) {
		return time.Time{}
	}
	t = t.In(Istanbul)
	day := Midnight(t)
	clock := t.Sub(day)
	switch {
	case q.From < q.To && clock >= q.From && clock < q.To:
		return day.Add(q.To)
	case q.From > q.To && clock >= q.From:
		return day.Add(24*time.Hour + q.To)
	case q.From > q.To && clock < q.To:
		return day.Add(q.To)
	}
	return time.Time{}
}

// Midnight is the start of t's Istanbul day.
func Midnight(t time.Time) time.Time {
	y, m, d := t.In(Istanbul).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Istanbul)
}
