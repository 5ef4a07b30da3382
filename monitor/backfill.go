package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// HistoryDay is what Backfill says of one day, or of why it waits before it asks for that day again.
type HistoryDay struct {
	Day        string     `json:"day"` // 2024-04-26
	State      DayState   `json:"state"`
	Listed     int        `json:"listed"`
	Recorded   int        `json:"recorded"`   // of those listed, the ones that the ledger lacked
	Unreadable int        `json:"unreadable"` // rows that are kept, and count as unknown
	Why        string     `json:"why,omitempty"`
	Until      *time.Time `json:"until,omitempty"` // waiting: it is asked again then
	Done       int        `json:"done"`            // days of the whole, this one included
	Of         int        `json:"of"`
}

// DayState is how far Backfill has come with a day.
type DayState string

// The states of a day.
const (
	DayRead    DayState = "read"    // read whole, and not asked for again
	DayKnown   DayState = "known"   // read whole by an earlier run
	DayPart    DayState = "part"    // recorded as far as it could be read, or as far as the day has come
	DayPolls   DayState = "polls"   // polls ask for it, and alert what it brings
	DayWaiting DayState = "waiting" // refused, and asked again
)

// mostRefusals is how often in a row Backfill asks again; a 429 does not count.
const mostRefusals = 10

// Backfill records the days of w from the source, oldest first, alerting nobody, and tells of each. It needs no
// running Run. A day that was read whole is not asked for again, so that what broke off goes on where it was; again
// asks all the same. The days that polls ask for are left to them, since what they bring is to be alerted.
//
// One day is one list and one transaction. Beside the loop each list waits for its turn, so that a due poll waits
// for one day at most, and the silence after a 429 holds for both.
func (m *Monitor) Backfill(ctx context.Context, w Window, again bool, tell func(HistoryDay) error) error {
	if err := m.recall(); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	if m.settings().History == nil {
		return errors.New("no reader of history is configured")
	}
	if !m.backfilling.TryLock() {
		return errors.New("another backfill is under way")
	}
	defer m.backfilling.Unlock()
	from, to := Midnight(w.From), Midnight(w.To)
	had, err := m.store.Backfilled(Window{from, to})
	if err != nil {
		return err
	}
	d := HistoryDay{Of: int(to.Sub(from).Hours()/24) + 1}
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		d = HistoryDay{Day: day.Format(time.DateOnly), Done: d.Done + 1, Of: d.Of}
		switch {
		case !day.Before(m.polledFrom()):
			d.State, d.Why = DayPolls, "polls ask for it, and alert what it brings"
		case !again && slices.ContainsFunc(had, day.Equal):
			d.State = DayKnown
		default:
			if err := m.backfillDay(ctx, day, &d, tell); err != nil {
				return fmt.Errorf("backfill %s: %w", d.Day, err)
			}
		}
		if err := tell(d); err != nil {
			return err
		}
	}
	return nil
}

// polledFrom is the first day that polls ask for, and whose filings are therefore news. Before the baseline there is
// no news yet.
func (m *Monitor) polledFrom() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	told := m.now()
	if m.cursor.BaselineAt.IsZero() {
		return Midnight(told).AddDate(0, 0, 1)
	}
	return m.window(told).From
}

// backfillDay reads one day, and waits and asks again as long as the source may only be out of sorts.
func (m *Monitor) backfillDay(ctx context.Context, day time.Time, d *HistoryDay, tell func(HistoryDay) error) error {
	for failures := 0; ; {
		err := m.readHistory(ctx, day, d)
		var refusal *RefusedError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, errSilence):
		case !errors.As(err, &refusal):
			return err // neither a changed shape nor the ledger becomes right by asking again
		case !refusal.Limited:
			if failures++; failures == mostRefusals {
				return err
			}
		}
		pause := m.silenced()
		if failures > 0 {
			pause = max(pause, backoff(failures))
		}
		until, wait := m.now().Add(pause), *d
		wait.State, wait.Why, wait.Until, wait.Done = DayWaiting, err.Error(), &until, d.Done-1
		if err := tell(wait); err != nil {
			return err
		}
		if !sleep(ctx, pause, nil) {
			return context.Cause(ctx)
		}
	}
}

// errSilence says that a list may not be asked for yet.
var errSilence = errors.New("the source has asked for silence (429)")

// silenced is for how long nothing at all may be asked.
func (m *Monitor) silenced() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(0, time.Until(m.watch.quiet))
}

// readHistory reads the list of one day, when it is its turn, and records what the ledger lacks.
func (m *Monitor) readHistory(ctx context.Context, day time.Time, d *HistoryDay) error {
	if !m.claim(ctx) {
		return context.Cause(ctx)
	}
	defer m.yield()
	if m.silenced() > 0 {
		return errSilence
	}
	source := m.settings().History
	listing, err := source.List(ctx, Window{day, day})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		m.mu.Lock()
		m.watch.refused(err, time.Now())
		m.mu.Unlock()
		m.keep(source.Name(), err)
		return err
	}
	defer m.endOnPanic()
	b, err := m.history(listing, day, d)
	if err != nil {
		return fmt.Errorf("read the ledger: %w", err)
	}
	added, err := m.store.Record(b)
	if err := m.wrote("", err); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	d.Recorded, d.Unreadable = len(added), len(b.Bad)
	m.remember(b, added)
	if b.History.IsZero() {
		return nil
	}
	return m.recordHoles()
}

// history makes a batch of what was listed for a day, and notes in d how far it goes. Rows of another day are not
// taken: a source that did not heed the day may show what polls have not seen yet.
func (m *Monitor) history(l Listing, day time.Time, d *HistoryDay) (Batch, error) {
	told, rules := m.now(), m.Rules()
	next := day.AddDate(0, 0, 1)
	var b Batch
	problems := l.Problems
	strange := 0
	for _, f := range l.Filings {
		if f.PublishedAt.Before(day) || !f.PublishedAt.Before(next) {
			strange++
			continue
		}
		f.Origin, f.SeenAt = Backfill, told
		e := Entry{Filing: f}
		if err := contained(func() { e.Found = rules.Classify(Text(f)) }); err != nil {
			m.mu.Lock()
			b.Bad = m.setAside(b.Bad, &f, err)
			m.mu.Unlock()
			continue
		}
		e.Filing.Raw = nil // raw rows are for the last days
		b.Entries = append(b.Entries, e)
	}
	var indexes []int64
	for _, x := range l.Bad {
		indexes = append(indexes, x.Index)
	}
	lacking, err := m.store.Unseen(indexes)
	if err != nil {
		return Batch{}, err
	}
	m.mu.Lock()
	for _, x := range l.Bad {
		if m.unknown[x.ID] == nil && (x.Index == 0 || slices.Contains(lacking, x.Index)) {
			x.SeenAt = told
			b.Bad = append(b.Bad, x)
		}
	}
	m.mu.Unlock()
	d.Listed = len(l.Filings) - strange + len(l.Bad)
	if strange > 0 {
		problems = append(problems, fmt.Sprintf("%d rows of other days are not taken", strange))
	}
	if told.Before(next) {
		problems = append(problems, "the day is not over")
	}
	if d.State = DayRead; len(problems) > 0 {
		d.State, d.Why = DayPart, strings.Join(problems, "; ")
	} else {
		b.History = day
	}
	slices.SortFunc(b.Entries, func(x, y Entry) int { return cmp.Compare(x.Filing.Index, y.Filing.Index) })
	return b, nil
}

// remember takes over what was recorded beside the polls.
func (m *Monitor) remember(b Batch, added []int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, x := range b.Bad {
		m.unknown.add(x, m.now())
	}
	for i := range b.Entries {
		if f := &b.Entries[i].Filing; slices.Contains(added, f.Index) {
			m.watch.newest = max(m.watch.newest, f.Index)
			m.unknown.found(f.Index)
		}
	}
	select {
	case m.sighted <- struct{}{}:
	default:
	}
}
