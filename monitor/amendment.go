package monitor

import (
	"maps"
	"slices"
)

// amend changes a recorded filing and decides again: a route that now wants it gets it, one that no longer does
// keeps what was already sent, and what was not yet sent is withdrawn. change reports whether the detail is still
// to come.
func (m *Monitor) amend(index int64, change func(*Record) (detail bool)) error {
	m.books.Lock()
	defer m.books.Unlock()
	r, ok, err := m.store.Get(index)
	if err != nil || !ok {
		return err
	}
	waits := change(&r)
	c := m.settings()
	a := Amendment{Filing: r.Filing, Found: c.Rules.Classify(Text(r.Filing)), Decisions: r.Decisions, Detail: waits, Links: r.Links}
	if r.Filing.Origin == Poll {
		m.decideAgain(&c, &r, &a)
	}
	if err := m.wrote("details", m.store.Amend([]Amendment{a})); err != nil {
		return err
	}
	m.mu.Lock()
	m.dequeue(index, a.Withdraw)
	m.mu.Unlock()
	m.enqueue(newQueued(&r.Filing, a.Alerts, waits))
	if !waits {
		m.release(index)
	}
	return nil
}

// decideAgain is the one re-decision: it gives a the decisions as they are now, the alerts that they add, and those
// that they withdraw. What was sent, may have been, or is on its way stands. Called with m.books held.
func (m *Monitor) decideAgain(c *Config, r *Record, a *Amendment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	queued := m.queuedAlerts(r.Filing.Index)
	taken := map[string]string{} // channel → route that sent there
	for _, x := range r.Alerts {
		channel, going := x.Channel, x.State == Sent || x.State == Unknown || !x.IntendedAt.IsZero() || x.Digest != ""
		if q := queued[x.ID]; q != nil {
			channel, going = q.Channel, going || q.taken
		}
		if going {
			taken[channel] = x.Route
			delete(queued, x.ID)
		}
	}
	var wanted []Alert
	a.Decisions, wanted = c.decide(&r.Filing, a.Found, m.now(), taken)
	for _, x := range wanted {
		if queued[x.ID] == nil {
			a.Alerts = append(a.Alerts, x)
		}
		delete(queued, x.ID) // it waits already
	}
	a.Withdraw = slices.Sorted(maps.Keys(queued))
}
