package monitor

import "time"

// perHour is how many filings the list gains in each hour of a working day: 500 in all, shared out as in 1,097 rows
// of February to May 2026, of which 24 % fell between 18 and 19 h and half between 17 and 20 h. It is low for
// report seasons and for circuit breakers, so that a silence is never called broken too early.
var perHour = [24]float64{14, 6, 1, 1, 1, 1, 2, 5, 12, 22, 24, 20, 18, 16, 18, 18, 20, 60, 120, 70, 25, 12, 8, 6}

// How much of that is due on other days, and when a silence is called suspicious.
const (
	halfShare   = 0.5  // after 13 h, of a half day
	closedShare = 0.03 // of a week-end or holiday: 1.6 % of rows fell on week-ends
	tooMany     = 30   // filings that should have come: by chance alone, never; bursts and lulls allowed for
	tooLong     = 20 * time.Minute
)

// rate is how many filings are due in a minute at t.
func (c *Calendar) rate(t time.Time) float64 {
	hour := t.In(Istanbul).Hour()
	r := perHour[hour] / 60
	switch c.kind(t) {
	case closed:
		r *= closedShare
	case half:
		if hour >= 13 {
			r *= halfShare
		}
	}
	return r
}

// Expected is how many filings should have been listed between two moments. It looks at a week at most.
func (c *Calendar) Expected(from, to time.Time) float64 {
	if week := to.AddDate(0, 0, -7); from.Before(week) {
		from = week
	}
	sum := 0.0
	for t := from; t.Before(to); { // asked every second, so hour by hour, in which the rate is one
		end := t.Truncate(time.Hour).Add(time.Hour)
		if end.After(to) {
			end = to
		}
		sum += c.rate(t) * end.Sub(t).Minutes()
		t = end
	}
	return sum
}

// Silent reports whether it is not normal that nothing was listed between two moments: that at 18:10 on a Wednesday
// 25 minutes pass without a filing, say.
func (c *Calendar) Silent(from, to time.Time) bool {
	return to.Sub(from) >= tooLong && c.Expected(from, to) >= tooMany
}
