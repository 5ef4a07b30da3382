package monitor

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// missed notes days that no poll will ask for: the last good read is further back than CatchUp. They stay named,
// across restarts, until backfill has read them. Called with m.mu held.
func (m *Monitor) missed(w Window) {
	holes := m.cursor.Holes
	if n := len(holes); n > 0 && !w.From.After(holes[n-1].To.AddDate(0, 0, 1)) {
		last := holes[n-1]
		if !w.To.After(last.To) {
			return // known
		}
		w.From = last.From
		holes = holes[:n-1]
	}
	m.cursor.Holes = append(slices.Clone(holes), w)
	m.watch.holes = true
}

// fillHoles takes away what backfill has read meanwhile, and names what is left. It is called by whoever has the turn
// to read, or before the start.
func (m *Monitor) fillHoles() error {
	m.mu.Lock()
	holes, changed := slices.Clone(m.cursor.Holes), false
	m.mu.Unlock()
	var left []Window
	for _, h := range holes {
		had, err := m.store.Backfilled(h)
		if err != nil {
			return err
		}
		rest := h
		for _, day := range had { // from both ends: what lies between may have been read too, and is asked for again by nobody
			if day.Equal(rest.From) {
				rest.From = day.AddDate(0, 0, 1)
			}
		}
		for _, day := range slices.Backward(had) {
			if day.Equal(rest.To) {
				rest.To = day.AddDate(0, 0, -1)
			}
		}
		if !rest.To.Before(rest.From) {
			left = append(left, rest)
		}
		changed = changed || rest != h
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watch.hole = nameHoles(left)
	if changed {
		m.cursor.Holes = left
		m.watch.holes = true
	}
	return nil
}

// recordHoles is fillHoles, with what it changes written to the ledger.
func (m *Monitor) recordHoles() error {
	if err := m.fillHoles(); err != nil {
		return err
	}
	m.mu.Lock()
	b := Batch{Cursor: m.cursor}
	m.mu.Unlock()
	if !m.holesChanged() || b.Cursor.BaselineAt.IsZero() {
		return nil
	}
	return m.commit(b)
}

func (m *Monitor) holesChanged() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.watch.holes
}

// nameHoles says what was never asked for, and what to run; "" when that is nothing.
func nameHoles(holes []Window) string {
	var said []string
	for _, h := range holes {
		from, to := h.From.Format(time.DateOnly), h.To.Format(time.DateOnly)
		said = append(said, fmt.Sprintf("filings of %s to %s were never asked for: the last good read is further back than catch_up; run: kapwatch backfill --from %s --to %s", from, to, from, to))
	}
	return strings.Join(said, "; ")
}
