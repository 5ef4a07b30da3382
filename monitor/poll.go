package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// poll is one due pass over the listing: with the first reader, or, while that one is refused, with the one that
// stands in. At most one list is read.
func (m *Monitor) poll(ctx context.Context) {
	m.due(true)
	defer m.due(false)
	if !m.claim(ctx) {
		return
	}
	defer m.yield()
	m.mu.Lock()
	r := m.watch.next(time.Now())
	m.mu.Unlock()
	if r == nil {
		return // backing off; the schedule stays polite
	}
	m.read(ctx, r, false)
	if m.polled != nil {
		m.polled(m.Health())
	}
}

// due notes that a due poll begins or ends.
func (m *Monitor) due(begins bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.polling, m.duePoll = begins, time.Now()
	m.expect()
}

// claim waits for its turn to read a list; false when ctx ended first. yield gives the turn up.
func (m *Monitor) claim(ctx context.Context) bool {
	select {
	case m.reading <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (m *Monitor) yield() { <-m.reading }

// crossCheck reads with the second reader too. What it alone has seen is recorded, and said.
func (m *Monitor) crossCheck(ctx context.Context) {
	if !m.claim(ctx) {
		return
	}
	defer m.yield()
	m.mu.Lock()
	var r *reader
	if now := time.Now(); len(m.watch.readers) > 1 && !now.Before(m.watch.quiet) && !now.Before(m.watch.readers[1].until) {
		r = m.watch.readers[1]
	}
	m.mu.Unlock()
	if r != nil {
		m.read(ctx, r, true)
	}
}

// read is the straight line of one poll: list, unseen, classify, record, deliver.
func (m *Monitor) read(ctx context.Context, r *reader, cross bool) {
	name := r.source.Name()
	begun := time.Now()
	m.mu.Lock()
	told := m.now()
	m.watch.pollAt = told
	w := m.window(told)
	news := m.watch.holes
	m.mu.Unlock()
	if news {
		if err := m.fillHoles(); err != nil {
			m.ledgerRead(err)
			return
		}
	}

	listing, err := r.source.List(ctx, m.reach(r, w, told))
	m.metrics.polled(name, err, time.Since(begun))
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		m.refused(r, err)
		return
	}
	defer m.endOnPanic()
	batch, completed, err := m.news(listing, name, w, told)
	if err != nil {
		m.ledgerRead(err)
		return
	}
	if err := m.commit(batch); err != nil {
		return // wrote has judged it; the rows are listed again by the next poll
	}
	for _, f := range completed {
		if err := m.complete(f); err != nil {
			return
		}
	}
	if err := m.revise(listing, batch.Entries, completed, name); err != nil {
		return
	}
	if listing.Remember != nil {
		listing.Remember()
	}
	m.mu.Lock()
	recovered := r.word != "ok" && r.word != "unread"
	m.watch.good(r, told)
	if !cross {
		m.watch.problems = listing.Problems
	}
	m.watch.listed(r, listing.Filings)
	differs := r == m.watch.readers[0] && m.watch.compare(w)
	newest, difference := m.watch.newest, cmp.Or(m.watch.frozen, m.watch.differs)
	m.mu.Unlock()
	m.metrics.good(name, told)
	if differs {
		m.log.Warn("the readers differ", "what", difference)
	}

	level := m.log.Debug
	if len(batch.Entries) > 0 || recovered {
		level = m.log.Info
	}
	level("poll done", "reader", name, "listed", max(listing.Listed, len(listing.Filings)+len(listing.Bad)), "new", len(batch.Entries), "newest", newest, "dur", time.Since(begun).Round(time.Millisecond))
}

// reach is from which day on r's rows count. The page shows the days that it likes, at no further cost: nothing that it
// shows since the watch began, and that is still kept, is passed over.
func (m *Monitor) reach(r *reader, w Window, told time.Time) Window {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.source.Name() != PageReader || m.cursor.BaselineAt.IsZero() {
		return w
	}
	from := Midnight(m.cursor.BaselineAt).AddDate(0, 0, -1)
	if kept := Midnight(m.keptFrom(told)).AddDate(0, 0, 1); kept.After(from) {
		from = kept
	}
	if from.Before(w.From) {
		w.From = from
	}
	return w
}

// endOnPanic ends the run when recording panics: what the ledger then holds in memory is not to be trusted. A panic
// of a reader costs one poll only.
func (m *Monitor) endOnPanic() {
	if p := recover(); p != nil {
		m.fail(fmt.Errorf("record: panic: %v", p))
		panic(p) // cron.Recover logs it with its stack
	}
}

// window is the days to ask for: from the day before the last good read to today, at most CatchUp back. Called
// with m.mu held.
func (m *Monitor) window(told time.Time) Window {
	today := Midnight(told)
	from := today.AddDate(0, 0, -1)
	if good := m.watch.goodAt; !good.IsZero() {
		if d := Midnight(good).AddDate(0, 0, -1); d.Before(from) {
			from = d
		}
	}
	if m.config.CatchUp > 0 {
		if oldest := Midnight(told.Add(-m.config.CatchUp)); from.Before(oldest) {
			m.missed(Window{from, oldest.AddDate(0, 0, -1)})
			from = oldest
		}
	}
	return Window{From: from, To: today}
}

// refused notes a failed read: silently for the operators until stale_after, but for a changed shape, whose bytes
// are kept at once.
func (m *Monitor) refused(r *reader, err error) {
	m.mu.Lock()
	changed := r.err != err.Error()
	m.watch.bad(r, err, time.Now(), m.now())
	m.mu.Unlock()
	if changed {
		m.log.Warn("poll failed", "reader", r.source.Name(), "err", err)
	}
	m.keep(r.source.Name(), err)
}

// keep stores the bytes of an answer whose shape has changed, so that a better parser can be run over them.
func (m *Monitor) keep(reader string, err error) {
	var drift *DriftError
	if !errors.As(err, &drift) {
		return
	}
	s := Specimen{Reader: reader, Reason: drift.What, Body: drift.Body, SeenAt: m.now()}
	if err := m.wrote("", m.store.Keep(s)); err != nil {
		m.log.Error("keep the changed answer", "err", err)
	}
}

// ledgerRead ends the run: a ledger that cannot be read proves nothing.
func (m *Monitor) ledgerRead(err error) { m.fail(fmt.Errorf("read the ledger: %w", err)) }
