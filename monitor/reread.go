package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Rereader reads kept bytes as the readers of this program read them.
type Rereader interface {
	// Reread reads an answer of a list; where the list shows more days than were asked for, from the day from on.
	Reread(s Specimen, from time.Time) (Listing, error)
	RereadRow(b BadRow) (Filing, error)
	RereadDetail(body []byte) (index int64, d Detail, err error)
}

// Rereading is what came of reading the kept bytes again.
type Rereading struct {
	Answers int      `json:"answers"`      // of unknown shape, kept
	Read    int      `json:"answers_read"` // of them, those that can be read now; they are kept no longer
	Rows    int      `json:"rows"`         // that could not be read, kept
	Named   int      `json:"rows_read"`    // of them, those that can be read now
	Listed  int      `json:"listed"`       // filings in what was read
	Added   int      `json:"added"`        // of them, those that the ledger lacked
	Alerts  int      `json:"alerts"`       // that they give
	Details int      `json:"details"`      // full texts that arrived so
	Still   []string `json:"still"`        // why the others cannot be read, each a sentence
}

// Reread runs the readers of this program over the answers and rows that an earlier one could not read. What it finds
// is recorded and decided as if it had been read when it was seen: what was news then is alerted, late, and what
// belonged to the baseline or to a backfill is not. What has been read is no longer kept, and no longer unknown. It
// needs no running Run; alerts then wait for one.
func (m *Monitor) Reread(ctx context.Context) (r Rereading, err error) {
	if err := m.recall(); err != nil {
		return r, fmt.Errorf("resume: %w", err)
	}
	kept := m.settings().Kept
	if kept == nil {
		return r, errors.New("no reader of kept answers is configured")
	}
	if !m.claim(ctx) {
		return r, context.Cause(ctx)
	}
	defer m.yield()
	defer m.endOnPanic()
	specimens, err := m.store.Specimens()
	if err != nil {
		return r, err
	}
	for _, s := range specimens {
		if err := ctx.Err(); err != nil {
			return r, context.Cause(ctx)
		}
		if err := m.rereadAnswer(kept, s, &r); err != nil {
			return r, err
		}
	}
	m.mu.Lock()
	rows := len(m.unknown)
	m.mu.Unlock()
	if rows > 0 {
		left, err := m.store.Backlog()
		if err != nil {
			return r, err
		}
		if err := m.rereadRows(kept, left.Bad, &r); err != nil {
			return r, err
		}
	}
	if r.Read+r.Named > 0 {
		m.log.Info("kept bytes read again", "answers", r.Read, "rows", r.Named, "new", r.Added, "alerts", r.Alerts)
	}
	return r, nil
}

// rereadAtStart is Reread for a program that may be newer than the one that kept the bytes.
func (m *Monitor) rereadAtStart(ctx context.Context) {
	if m.settings().Kept == nil {
		return
	}
	if _, err := m.Reread(ctx); err != nil && ctx.Err() == nil {
		m.log.Error("read kept bytes again", "err", err)
	}
}

// rereadAnswer reads one kept answer, and drops it once what it says is in the ledger.
func (m *Monitor) rereadAnswer(kept Rereader, s Specimen, r *Rereading) error {
	r.Answers++
	var err error
	if s.Reader == DetailReader {
		var index int64
		var d Detail
		if index, d, err = kept.RereadDetail(s.Body); err == nil {
			d.FetchedAt = s.SeenAt
			r.Details++
			if err := m.enrich(index, d); err != nil {
				return err
			}
		}
	} else {
		var l Listing
		if l, err = kept.Reread(s, Midnight(s.SeenAt).AddDate(0, 0, -1)); err == nil {
			r.Listed += len(l.Filings)
			if err := m.recordLate(l.Filings, l.Bad, nil, s.SeenAt, r); err != nil {
				return err
			}
		}
	}
	if err != nil {
		r.Still = append(r.Still, fmt.Sprintf("answer of reader %s of %s: %v", s.Reader, s.SeenAt.In(Istanbul).Format("2006-01-02 15:04:05"), err))
		return nil
	}
	r.Read++
	return m.wrote("", m.store.Drop([]uint64{s.Number}))
}

// rereadRows reads the rows that could not be read. Those seen at one time came with one list.
func (m *Monitor) rereadRows(kept Rereader, rows []BadRow, r *Rereading) error {
	r.Rows += len(rows)
	slices.SortStableFunc(rows, func(a, b BadRow) int { return a.SeenAt.Compare(b.SeenAt) })
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].SeenAt.Equal(rows[0].SeenAt) {
			n++
		}
		var filings []Filing
		var ids []string
		for _, b := range rows[:n] {
			f, err := kept.RereadRow(b)
			if err != nil {
				r.Still = append(r.Still, fmt.Sprintf("row %s of reader %s: %v", b.ID, b.Reader, err))
				continue
			}
			filings, ids = append(filings, f), append(ids, b.ID)
		}
		r.Named += len(ids)
		r.Listed += len(filings)
		if err := m.recordLate(filings, nil, ids, rows[0].SeenAt, r); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// recordLate records what was seen earlier and can be read only now. The cursor stays: the days that polls ask for are
// owed as before.
func (m *Monitor) recordLate(filings []Filing, bad []BadRow, ids []string, seen time.Time, r *Rereading) error {
	var indexes []int64
	for i := range filings {
		indexes = append(indexes, filings[i].Index)
	}
	for _, b := range bad {
		indexes = append(indexes, b.Index)
	}
	unseen, err := m.store.Unseen(indexes)
	if err != nil {
		return err
	}
	told := m.now()
	b := Batch{Read: ids}
	m.mu.Lock()
	b.Cursor = m.cursor
	for _, f := range filings {
		if !slices.Contains(unseen, f.Index) || slices.ContainsFunc(b.Entries, func(e Entry) bool { return e.Filing.Index == f.Index }) {
			continue
		}
		f.SeenAt, f.Origin = told, m.originThen(&f, seen)
		f.Late = f.Late || f.Origin == Poll && m.watched(&f) && (m.late(&f) || m.aged(&f))
		e, err := m.entry(f, told)
		if err != nil {
			r.Still = append(r.Still, fmt.Sprintf("filing %d: decide on it: %v", f.Index, err))
			b.Read = slices.DeleteFunc(b.Read, func(id string) bool { return id == strconv.FormatInt(f.Index, 10) })
			f.SeenAt = seen
			b.Bad = m.setAside(b.Bad, &f, err)
			continue
		}
		r.Added++
		r.Alerts += len(e.Alerts)
		b.Entries = append(b.Entries, e)
	}
	for _, x := range bad {
		if m.unknown[x.ID] == nil && (x.Index == 0 || slices.Contains(unseen, x.Index)) {
			b.Bad = append(b.Bad, x)
		}
	}
	m.mu.Unlock()
	slices.SortFunc(b.Entries, func(x, y Entry) int { return int(x.Filing.Index - y.Filing.Index) })
	return m.commit(b)
}

// originThen is what f would have been, had it been read when it was seen. Called with m.mu held.
func (m *Monitor) originThen(f *Filing, seen time.Time) Origin {
	base := m.cursor.BaselineAt
	switch {
	case base.IsZero(), !seen.After(base), f.PublishedAt.Before(Midnight(base).AddDate(0, 0, -1)):
		return Baseline
	case m.config.CatchUp > 0 && f.PublishedAt.Before(Midnight(seen.Add(-m.config.CatchUp)).AddDate(0, 0, -1)):
		return Backfill // no poll asked as far back
	}
	return Poll
}
