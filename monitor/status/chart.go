package status

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"kapwatch/monitor"
)

// chart is a bar chart, drawn in the units of its view box. It is stretched to the width there is, so it holds no
// text and nothing round; what is written stands beside it.
type chart struct {
	Width, Height float64
	Bars          []bar
	Lines         []line
	Summary       string // says what the bars show, to those who do not see them
	Most          string // what the full height stands for
	Scale         string // names the full height to the stylesheet, where a level is written at its line; "" = none
}

type bar struct {
	X, Y, Width, Height float64
	Kind                string // its class in the stylesheet
	Title               string
}

// line is a level to compare bars with.
type line struct {
	X1, X2, Y float64
	Kind      string
}

const (
	chartHeight = 100
	barWidth    = 10
	barGap      = 3
)

// hoursChart draws the day by hour: a bar for today, a line over it for what is usual.
func (w words) hoursChart(h hours) chart {
	c := chart{Width: 24*(barWidth+barGap) - barGap, Height: chartHeight}
	most, total, usual := 1, 0, 0
	for hour := range 24 {
		most = max(most, h.today[hour], h.usual[hour])
		total += h.today[hour]
		if hour < h.now {
			usual += h.usual[hour]
		}
	}
	for hour := range 24 {
		x := float64(hour * (barWidth + barGap))
		title := fmt.Sprintf("%02d:00–%02d:00: %s", hour, hour+1, w.Count(int64(h.today[hour])))
		if h.days > 0 {
			title += fmt.Sprintf(" ("+w.usual+")", w.Count(int64(h.usual[hour])))
			c.Lines = append(c.Lines, line{x - barGap/2.0, x + barWidth + barGap/2.0, chartHeight * (1 - float64(h.usual[hour])/float64(most)), "usual"})
		}
		height := chartHeight * float64(h.today[hour]) / float64(most)
		kind := "hour"
		if hour == h.now {
			kind = "hour now"
		}
		c.Bars = append(c.Bars, bar{x, chartHeight - height, barWidth, height, kind, title})
	}
	c.Most = w.Count(int64(most))
	c.Summary = fmt.Sprintf(w.todayTotal, w.Count(int64(total)))
	switch {
	case h.days == 0:
		c.Summary += " · " + w.noUsual
	case h.now > 0:
		c.Summary += " · " + fmt.Sprintf(w.usualTotal, h.now, w.Count(int64(usual)))
	}
	return c
}

// The chart of delays is logarithmic, from a second or less at the bottom to the first of scales that holds all.
const (
	shortest = time.Second
	promised = time.Minute // what is slower than this is coloured
)

var scales = [...]struct {
	top  time.Duration
	name string
}{{10 * time.Minute, "minutes"}, {time.Hour, "hour"}, {24 * time.Hour, "day"}}

func delayHeight(d, top time.Duration) float64 {
	share := math.Log(float64(max(d, shortest))/float64(shortest)) / math.Log(float64(top)/float64(shortest))
	return chartHeight * min(1, 0.03+0.97*share) // a bar that cannot be seen would be missing
}

// delaysChart draws how long the latest alerts took, the newest to the right.
func (w words) delaysChart(delays []delay) chart {
	c := chart{Width: delaysShown*(barWidth+barGap) - barGap, Height: chartHeight}
	if len(delays) == 0 {
		c.Summary = w.noAlerts
		return c
	}
	var took []time.Duration
	for _, d := range delays {
		took = append(took, d.took)
	}
	slices.Sort(took)
	longest, scale := took[len(took)-1], scales[0]
	for _, s := range scales {
		if scale = s; s.top >= longest {
			break
		}
	}
	c.Most, c.Scale = w.span(scale.top), scale.name
	c.Lines = append(c.Lines, line{0, c.Width, chartHeight - delayHeight(promised, scale.top), "promised"})
	for i, d := range delays {
		kind := "delay"
		if d.took > promised {
			kind = "delay slow"
		}
		height := delayHeight(d.took, scale.top)
		x := float64((delaysShown - len(delays) + i) * (barWidth + barGap))
		title := fmt.Sprintf("%s · %d · %s", d.sent.In(monitor.Istanbul).Format("02.01. 15:04"), d.index, w.span(d.took))
		c.Bars = append(c.Bars, bar{x, chartHeight - height, barWidth, height, kind, title})
	}
	c.Summary = fmt.Sprintf(w.delaySummary, len(took), w.span(took[len(took)/2]), w.span(longest))
	return c
}

// span says how long d is in its largest unit or two.
func (w words) span(d time.Duration) string {
	d = d.Round(time.Second)
	seconds := int(d.Seconds())
	var parts []string
	for i, size := range [...]int{24 * 60 * 60, 60 * 60, 60, 1} {
		if n := seconds / size; n > 0 && len(parts) < 2 {
			parts = append(parts, fmt.Sprintf("%d %s", n, w.units[i]))
		}
		seconds %= size
	}
	if len(parts) == 0 {
		return "0 " + w.units[3]
	}
	return strings.Join(parts, " ")
}
