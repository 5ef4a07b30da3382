package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// news compares a listing with the ledger: filings that it lacks with all that is decided about them, rows that
// could not be read, and rows that complete what another reader saw in part. w is what was asked for.
func (m *Monitor) news(l Listing, reader string, w Window, told time.Time) (Batch, []Filing, error) {
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
	batch.Cursor.CommittedAt, batch.Cursor.ReadAt = told, m.watch.goodAt
	if reader == m.watch.readers[0].source.Name() {
		batch.Cursor.ReadAt = told
	}
	first, outage := m.cursor.BaselineAt.IsZero(), m.outage(reader, told)
	for _, index := range unseen {
		f := *listed[index]
		f.SeenAt = told
		switch {
		case first || m.behindBaseline(&f, reader):
			f.Origin = Baseline
		case m.late(&f):
			f.Late = true
		case outage && m.owed(&f, w):
			f.Late = m.aged(&f)
		}
		e, err := m.entry(f, told)
		if err != nil {
			batch.Bad = m.setAside(batch.Bad, &f, err)
			continue
		}
		e.Old = outage && f.Late && m.aged(&f)
		batch.Entries = append(batch.Entries, e)
	}
	for _, b := range l.Bad {
		if m.unknown[b.ID] == nil && (b.Index == 0 || slices.Contains(lacking, b.Index)) {
			b.SeenAt = told
			batch.Bad = append(batch.Bad, b)
		}
	}
	batch.Read = m.unknown.gone(&l, reader, w)
	if first {
		m.baseline(&batch, told, indexes)
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

// setAside adds f, over which err was a panic, to the unknown ones, unless it is there: it is tried again when those are
// looked up, and after an upgrade. Called with m.mu held.
func (m *Monitor) setAside(bad []BadRow, f *Filing, err error) []BadRow {
	b := BadRow{
		ID: strconv.FormatInt(f.Index, 10), Index: f.Index, Reader: f.Reader, Raw: f.Raw, Err: "decide on it: " + err.Error(),
		SeenAt: f.SeenAt, PublishedAt: f.PublishedAt,
	}
	if m.unknown[b.ID] != nil || slices.ContainsFunc(bad, func(x BadRow) bool { return x.ID == b.ID }) {
		return bad
	}
	m.logPanic("decide on a filing", f.Index, err)
	return append(bad, b)
}

// logPanic logs a panic over a filing's text, with the place.
func (m *Monitor) logPanic(what string, index int64, err error) {
	var stack []byte
	if p, ok := errors.AsType[*panicError](err); ok {
		stack = p.stack
	}
	m.log.Error(what, "filing", index, "err", err, "stack", string(stack))
}

// aged reports whether f was first seen so long after its publication that it is no longer news.
func (m *Monitor) aged(f *Filing) bool { return f.SeenAt.Sub(f.PublishedAt) > m.oldAfter }

// late reports whether f, first seen just now, should have been seen before a newer one that is recorded. Called with
// m.mu held.
func (m *Monitor) late(f *Filing) bool { return m.watched(f) && m.watch.newest > f.Index }

// owed reports whether an outage may have cost f: a row of days that were not asked for is none that it did. Called with
// m.mu held.
func (m *Monitor) owed(f *Filing, w Window) bool {
	return m.watched(f) && !f.PublishedAt.Before(w.From)
}

// outage reports whether a listing ends one: neither its reader nor the first one, which sees every poll's days, has read
// since the start, or for longer than StaleAfter was owed. In a run without one, a filing that names an early time is
// news like any other when it appears. Called with m.mu held.
func (m *Monitor) outage(reader string, told time.Time) bool {
	for i, r := range m.watch.readers {
		if (i > 0 && r.source.Name() != reader) || r.readAt.IsZero() {
			continue
		}
		if due := m.config.Schedule.Next(r.readAt); due.IsZero() || told.Sub(due) <= m.config.StaleAfter {
			return false
		}
	}
	return true
}

// baseline turns the first good listing into what is never alerted, and says from where the watch begins.
func (m *Monitor) baseline(b *Batch, told time.Time, listed []int64) {
	b.Cursor.BaselineAt = told
	var newest int64
	for _, index := range listed { // not of the entries alone: some may have been imported before
		newest = max(newest, index)
	}
	for _, e := range b.Entries {
		if low := b.Cursor.BaselineLow; low == 0 || e.Filing.Index < low {
			b.Cursor.BaselineLow = e.Filing.Index
		}
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
	if len(b.Entries) == 0 && len(b.Bad) == 0 && len(b.Read) == 0 && len(b.Named) == 0 && len(b.Notes) == 0 && !m.holesChanged() && slices.Equal(b.Cursor.Readers, m.cursor.Readers) {
		return nil // nothing to say: nothing is written, nothing is synced
	}
	if err := m.link(b.Entries); err != nil {
		m.ledgerRead(err)
		return err
	}
	m.books.Lock()
	defer m.books.Unlock()
	added, err := m.store.Record(b)
	if m.wrote("filings", err) != nil {
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
	if !b.Cursor.BaselineAt.IsZero() {
		m.cursor, m.watch.holes = b.Cursor, false
	}
	for _, x := range b.Bad {
		m.unknown.add(x, m.now())
	}
	for _, id := range b.Read {
		delete(m.unknown, id)
	}
	for _, id := range b.Named {
		if x := m.unknown[id]; x != nil {
			x.NamedAt = m.now()
		}
	}
	for i := range b.Entries { // recorded now, by whomever
		m.unknown.found(b.Entries[i].Filing.Index)
	}
	for _, e := range entries {
		f := e.Filing
		m.watch.newest = max(m.watch.newest, f.Index)
		if f.Partial {
			m.partial[f.Index] = true
		}
		if f.Origin == Poll && m.watched(&f) {
			if f.Reader != m.watch.readers[0].source.Name() && f.Reader != DetailReader {
				m.watch.lone[f.Index] = &lone{published: f.PublishedAt}
			}
			for _, x := range m.watch.between {
				x.add(f.Index, f.PublishedAt)
			}
		}
	}
	m.mu.Unlock()
	for _, x := range b.Bad {
		m.log.Log(context.Background(), x.level(), "seen and not recorded", "reader", x.Reader, "filing", x.Index, "err", x.Err)
	}
	all := m.newQueued(nil, b.Notes, false)
	for _, e := range entries {
		m.metrics.recorded(&e.Filing)
		for _, q := range m.newQueued(&e.Filing, e.Alerts, e.Detail) {
			q.old = e.Old
			all = append(all, q)
		}
	}
	m.enqueue(all)
	m.mu.Lock()
	for _, e := range entries { // after their alerts are queued: a detail may withdraw them
		if e.Detail {
			m.details.add(e.Filing.Index, time.Now())
		}
	}
	m.mu.Unlock()
	for _, worker := range []chan struct{}{m.enqueued, m.sighted} {
		select {
		case worker <- struct{}{}:
		default:
		}
	}
	return nil
}
