package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// poll is one due pass over the listing: with the first reader, or, while that one is refused, with the one that
// stands in. At most one list is read.
func (m *Monitor) poll(ctx context.Context) {
	m.reading.Lock()
	defer m.reading.Unlock()
	m.mu.Lock()
	m.duePoll = time.Now()
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

// crossCheck reads with the second reader too. What it alone has seen is recorded, and said.
func (m *Monitor) crossCheck(ctx context.Context) {
	m.reading.Lock()
	defer m.reading.Unlock()
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
	m.mu.Unlock()

	listing, err := r.source.List(ctx, w)
	m.metrics.polled(name, err, time.Since(begun))
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		m.refused(r, err)
		return
	}
	batch, completed, err := m.news(listing, name, told)
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
	if listing.Remember != nil {
		listing.Remember()
	}
	m.mu.Lock()
	recovered := r.word != "ok" && r.word != "unread"
	m.watch.good(r, told)
	if !cross {
		m.watch.problems = listing.Problems
	}
	newest := m.watch.newest
	m.mu.Unlock()
	m.metrics.good(name, told)

	level := m.log.Debug
	if len(batch.Entries) > 0 || recovered {
		level = m.log.Info
	}
	level("poll done", "reader", name, "listed", max(listing.Listed, len(listing.Filings)+len(listing.Bad)), "new", len(batch.Entries), "newest", newest, "dur", time.Since(begun).Round(time.Millisecond))
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
			m.watch.hole = fmt.Sprintf("filings of %s to %s were never asked for: the last good read is further back than catch_up; run: kapwatch backfill --from %s --to %s",
				from.Format(time.DateOnly), oldest.AddDate(0, 0, -1).Format(time.DateOnly), from.Format(time.DateOnly), oldest.AddDate(0, 0, -1).Format(time.DateOnly))
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
	if err := m.wrote(m.store.Keep(s)); err != nil {
		m.log.Error("keep the changed answer", "err", err)
	}
}

// news compares a listing with the ledger: filings that it lacks with all that is decided about them, rows that
// could not be read, and rows that complete what another reader saw in part.
func (m *Monitor) news(l Listing, reader string, told time.Time) (Batch, []Filing, error) {
	indexes := make([]int64, 0, len(l.Filings))
	listed := make(map[int64]*Filing, len(l.Filings))
	for i := range l.Filings {
		f := &l.Filings[i]
		if listed[f.Index] == nil {
			listed[f.Index] = f
			indexes = append(indexes, f.Index)
		}
	}
	unseen, err := m.store.Unseen(indexes)
	if err != nil {
		return Batch{}, nil, err
	}
	slices.Sort(unseen)
	var spoilt []int64 // a bad row of a filing that is recorded costs nothing
	for _, b := range l.Bad {
		if b.Index != 0 {
			spoilt = append(spoilt, b.Index)
		}
	}
	lacking, err := m.store.Unseen(spoilt)
	if err != nil {
		return Batch{}, nil, err
	}

	m.mu.Lock()
	defer m.mu.Unlock()
	batch := Batch{Cursor: m.cursor}
	batch.Cursor.CommittedAt = told
	first := m.cursor.BaselineAt.IsZero()
	for _, index := range unseen {
		f := *listed[index]
		f.SeenAt = told
		switch {
		case first || m.behindBaseline(&f, reader):
			f.Origin = Baseline
		case m.watch.newest > f.Index && m.watched(&f):
			f.Late = true
		}
		batch.Entries = append(batch.Entries, m.entry(f, told))
	}
	for _, b := range l.Bad {
		if _, known := m.bad[b.ID]; !known && (b.Index == 0 || slices.Contains(lacking, b.Index)) {
			b.SeenAt = told
			batch.Bad = append(batch.Bad, b)
		}
	}
	if first {
		m.baseline(&batch, told)
	}
	if !slices.Contains(batch.Cursor.Readers, reader) {
		batch.Cursor.Readers = append(slices.Clone(batch.Cursor.Readers), reader)
	}
	var completed []Filing
	for index, f := range listed {
		if m.partial[index] && !f.Partial {
			completed = append(completed, *f)
		}
	}
	slices.SortFunc(completed, func(a, b Filing) int { return cmp.Compare(a.Index, b.Index) })
	return batch, completed, nil
}

// baseline turns the first good listing into what is never alerted, and says from where the watch begins.
func (m *Monitor) baseline(b *Batch, told time.Time) {
	b.Cursor.BaselineAt = told
	var newest int64
	for _, e := range b.Entries {
		if low := b.Cursor.BaselineLow; low == 0 || e.Filing.Index < low {
			b.Cursor.BaselineLow = e.Filing.Index
		}
		newest = max(newest, e.Filing.Index)
	}
	text := fmt.Sprintf("watching %s from index %d", m.config.watched(), newest)
	m.log.Info("baseline taken", "filings", len(b.Entries), "newest", newest)
	b.Notes = append(b.Notes, m.note("baseline", text)...)
}

// behindBaseline reports whether f is older than all that the first listing held, seen by a reader that had not
// read before: the page shows more days than a poll asks for, and those are no news. Called with m.mu held.
func (m *Monitor) behindBaseline(f *Filing, reader string) bool {
	if slices.Contains(m.cursor.Readers, reader) {
		return false
	}
	if low := m.cursor.BaselineLow; low != 0 {
		return f.Index < low
	}
	return f.PublishedAt.Before(Midnight(m.cursor.BaselineAt).AddDate(0, 0, -1))
}

// commit writes a batch, and only then lets its alerts go.
func (m *Monitor) commit(b Batch) error {
	if len(b.Entries) == 0 && len(b.Bad) == 0 && len(b.Notes) == 0 && slices.Equal(b.Cursor.Readers, m.cursor.Readers) {
		return nil // nothing to say: nothing is written, nothing is synced
	}
	added, err := m.store.Record(b)
	if m.wrote(err) != nil {
		m.log.Error("record filings", "new", len(b.Entries), "err", err)
		return err
	}
	fresh := make(map[int64]bool, len(added))
	for _, i := range added {
		fresh[i] = true
	}
	var entries []Entry
	for _, e := range b.Entries {
		if fresh[e.Filing.Index] {
			entries = append(entries, e)
		}
	}
	m.mu.Lock()
	m.cursor = b.Cursor
	for _, x := range b.Bad {
		m.bad[x.ID] = x.Index
	}
	for _, e := range entries {
		f := e.Filing
		m.watch.newest = max(m.watch.newest, f.Index)
		maps.DeleteFunc(m.bad, func(_ string, index int64) bool { return index == f.Index }) // it can be read now
		if f.Partial {
			m.partial[f.Index] = true
		}
	}
	m.mu.Unlock()
	for _, x := range b.Bad {
		m.log.Error("row cannot be read, its bytes are kept", "reader", x.Reader, "filing", x.Index, "err", x.Err)
	}
	for _, e := range entries {
		m.metrics.recorded(&e.Filing)
		m.enqueue(&e.Filing, e.Alerts, e.Detail)
	}
	m.enqueue(nil, b.Notes, false)
	m.mu.Lock()
	for _, e := range entries { // after their alerts are queued: a detail may withdraw them
		if e.Detail {
			m.details.add(e.Filing.Index, time.Now())
		}
	}
	m.mu.Unlock()
	select {
	case m.enqueued <- struct{}{}:
	default:
	}
	return nil
}

// ledgerRead ends the run: a ledger that cannot be read proves nothing.
func (m *Monitor) ledgerRead(err error) { m.fail(fmt.Errorf("read the ledger: %w", err)) }
