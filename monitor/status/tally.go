package status

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"kapwatch/monitor"
)

// The bounds of the counting behind one page view. What they leave out, the next view goes on with.
const (
	tallyPages  = 20  // reads of a day's filings, 200 each
	tallyNews   = 20  // reads of what was recorded since the last view, 200 each
	tallyAlerts = 50  // alerts under way whose end is looked up
	historyDays = 7   // days before today that say what is usual
	leastDays   = 2   // as many of them are needed to say it
	delaysShown = 60  // latest alerts in the chart
	delaysKept  = 500 // as many are remembered, since days are not read in the order of sending
)

// tally counts the filings of each hour, today and on the days before, and remembers how long the latest alerts
// took. It reads each day once, and afterwards only what was recorded since, so that a view of the page costs what
// is new and not what there is. The zero value is ready.
type tally struct {
	mu     sync.Mutex
	begun  bool
	upTo   uint64 // sequence up to which news were taken
	days   map[time.Time]*dayTally
	delays []delay        // sorted by when they were sent
	open   map[int64]bool // filings whose alert is under way
	known  map[int64]bool // filings in delays
}

// dayTally is one Istanbul day by publish time.
type dayTally struct {
	hours [24]int
	total int
	upTo  uint64 // what is recorded after this sequence comes as news
	next  monitor.Position
	done  bool
}

// delay is how long after publication the first alert of a filing was sent.
type delay struct {
	index int64
	sent  time.Time
	took  time.Duration
}

// hours is what the chart of one day shows.
type hours struct {
	now   int // the hour that is not over yet
	today [24]int
	usual [24]int // median of the days compared with; meaningless when there are none
	days  int     // how many those are
}

// look brings t up to now and gives what the charts show. It learns from shown too, records that were read anyway.
func (t *tally) look(l Ledger, now time.Time, shown []monitor.Record) (hours, []delay, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	today := monitor.Midnight(now)
	if err := t.news(l); err != nil {
		return hours{}, nil, fmt.Errorf("count what is new: %w", err)
	}
	for _, rec := range shown {
		t.note(rec)
	}
	for day := range t.days {
		if day.Before(today.AddDate(0, 0, -historyDays)) || day.After(today) {
			delete(t.days, day)
		}
	}
	pages := tallyPages
	for back := 0; back <= historyDays && pages > 0; back++ {
		if err := t.read(l, today.AddDate(0, 0, -back), &pages); err != nil {
			return hours{}, nil, fmt.Errorf("count a day: %w", err)
		}
	}
	if err := t.settle(l); err != nil {
		return hours{}, nil, fmt.Errorf("look up alerts: %w", err)
	}
	return t.hours(today, now), slices.Clone(t.delays[max(0, len(t.delays)-delaysShown):]), nil
}

// news takes what was recorded since the last look. When that is too much, as after a large import, everything is
// counted anew.
func (t *tally) news(l Ledger) error {
	for range tallyNews {
		if !t.begun {
			break
		}
		records, err := l.Since(t.upTo, maxLimit)
		if err != nil {
			return err
		}
		for _, rec := range records {
			t.upTo = rec.Sequence
			if d := t.days[monitor.Midnight(rec.Filing.PublishedAt)]; d != nil {
				d.add(rec)
			}
			t.note(rec)
		}
		if len(records) < maxLimit {
			return nil
		}
	}
	newest, err := newestSequence(l)
	if err != nil {
		return err
	}
	t.begun, t.upTo, t.days, t.delays = true, newest, map[time.Time]*dayTally{}, nil
	t.open, t.known = map[int64]bool{}, map[int64]bool{}
	return nil
}

// read counts day, if it is not counted yet, in no more than pages reads.
func (t *tally) read(l Ledger, day time.Time, pages *int) error {
	d := t.days[day]
	if d == nil {
		d = &dayTally{upTo: t.upTo}
		t.days[day] = d
	}
	for ; !d.done && *pages > 0; *pages-- {
		page, err := l.Find(monitor.Query{Since: day, Until: day.AddDate(0, 0, 1), Limit: maxLimit, After: d.next})
		if err != nil {
			return err
		}
		for _, rec := range page.Records {
			if rec.Sequence <= d.upTo {
				d.add(rec)
				t.note(rec)
			}
		}
		d.next, d.done = page.Next, !page.More
	}
	return nil
}

func (d *dayTally) add(rec monitor.Record) {
	d.hours[rec.Filing.PublishedAt.In(monitor.Istanbul).Hour()]++
	d.total++
}

// note remembers what rec says of alerts.
func (t *tally) note(rec monitor.Record) {
	index := rec.Filing.Index
	if t.known[index] {
		return
	}
	var first time.Time
	open := false
	for _, a := range rec.Alerts {
		switch {
		case a.Digest != "" || a.State == monitor.Held: // its time is the route's wish
		case a.State == monitor.Sent && (first.IsZero() || a.SentAt.Before(first)):
			first = a.SentAt
		case a.State == monitor.Pending, a.State == monitor.Unknown:
			open = true
		}
	}
	delete(t.open, index)
	switch {
	case !first.IsZero():
		t.known[index] = true
		d := delay{index, first, max(first.Sub(rec.Filing.PublishedAt), 0)}
		at, _ := slices.BinarySearchFunc(t.delays, d, func(a, b delay) int {
			return cmp.Or(a.sent.Compare(b.sent), cmp.Compare(a.index, b.index))
		})
		t.delays = slices.Insert(t.delays, at, d)
		if len(t.delays) > delaysKept {
			delete(t.known, t.delays[0].index)
			t.delays = slices.Delete(t.delays, 0, 1)
		}
	case open:
		t.open[index] = true
	}
}

// settle looks again at the newest filings whose alert was under way, and forgets older ones: what is stuck is told
// by the state, not by the chart.
func (t *tally) settle(l Ledger) error {
	waiting := make([]int64, 0, len(t.open))
	for index := range t.open {
		waiting = append(waiting, index)
	}
	slices.SortFunc(waiting, func(a, b int64) int { return cmp.Compare(b, a) })
	for i, index := range waiting {
		if i >= tallyAlerts {
			delete(t.open, index)
			continue
		}
		rec, found, err := l.Get(index)
		if err != nil {
			return err
		}
		delete(t.open, index)
		if found {
			t.note(rec)
		}
	}
	return nil
}

// hours compares today with the median of those days before it that are of its kind (working days with working
// days) and had filings at all: on a holiday, and before the ledger began, there are none.
func (t *tally) hours(today, now time.Time) hours {
	h := hours{now: now.In(monitor.Istanbul).Hour(), today: t.days[today].counts()}
	var compared [][24]int
	for day, d := range t.days {
		if day.Before(today) && d.done && d.total > 0 && weekend(day) == weekend(today) {
			compared = append(compared, d.hours)
		}
	}
	if len(compared) < leastDays {
		return h
	}
	h.days = len(compared)
	for hour := range 24 {
		counts := make([]int, 0, len(compared))
		for _, c := range compared {
			counts = append(counts, c[hour])
		}
		slices.Sort(counts)
		h.usual[hour] = counts[len(counts)/2]
	}
	return h
}

func (d *dayTally) counts() [24]int {
	if d == nil {
		return [24]int{}
	}
	return d.hours
}

func weekend(day time.Time) bool {
	d := day.In(monitor.Istanbul).Weekday()
	return d == time.Saturday || d == time.Sunday
}
