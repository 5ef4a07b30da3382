package monitor

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// newQueued makes queue entries of recorded alerts of f, nil for notes. With hold they wait a few seconds for f's detail.
func (m *Monitor) newQueued(f *Filing, alerts []Alert, hold bool) []*queued {
	out := make([]*queued, 0, len(alerts))
	for _, a := range alerts {
		q := &queued{Alert: a, published: a.CreatedAt}
		if f != nil {
			q.company, q.published = f.Company, f.PublishedAt
			q.old = f.Late && m.aged(f) && a.About() == ""
		}
		if hold {
			q.hold = time.Now().Add(holdForDetail)
		}
		out = append(out, q)
	}
	return out
}

// enqueue lets recorded alerts go to their channels, all at once, so that the first does not leave before a more
// urgent one is there. Called with m.books held.
func (m *Monitor) enqueue(alerts []*queued) {
	var parked []*queued
	m.mu.Lock()
	for _, q := range alerts {
		l := m.lane(q.Channel)
		l.add(q)
		if l.parked != "" && q.State == Pending && !q.open() {
			parked = append(parked, q)
		}
		l.nudge()
	}
	m.mu.Unlock()
	if err := m.block(parked); err != nil {
		m.log.Error("block alerts of a parked channel", "err", err)
	}
}

// lane returns the queue of a channel. Called with m.mu held.
func (m *Monitor) lane(channel string) *lane {
	l := m.lanes[channel]
	if l == nil {
		l = &lane{channel: channel, kick: make(chan struct{}, 1)}
		m.lanes[channel] = l
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
	return l
}

// requeue takes open alerts of the ledger back into the queues. What was blocked is tried again.
func (m *Monitor) requeue(alerts []Alert) error {
	m.books.Lock()
	defer m.books.Unlock()
	var freed []Alert
	for i := range alerts {
		if a := &alerts[i]; a.State == Blocked {
			a.State = Pending
			freed = append(freed, *a)
		}
	}
	switch err := m.wrote("alerts", m.store.Settle(freed)); {
	case errors.Is(err, ErrFull): // tried again all the same: their lanes are open, and say so when they are sent
		for i := range alerts {
			if slices.ContainsFunc(freed, func(f Alert) bool { return f.ID == alerts[i].ID }) {
				alerts[i].State = Blocked
			}
		}
	case err != nil:
		return err
	}
	var all []*queued
	for _, a := range alerts {
		var f *Filing
		if a.Index != 0 {
			r, ok, err := m.store.Get(a.Index)
			if err != nil || !ok {
				return errors.Join(err, fmt.Errorf("alert %s: its filing is not in the ledger", a.ID))
			}
			f = &r.Filing
		}
		all = append(all, m.newQueued(f, []Alert{a}, false)...)
	}
	m.enqueue(all)
	m.mu.Lock()
	left := m.rechannel()
	m.mu.Unlock()
	m.handOver(left)
	return nil
}

// rechannel puts waiting alerts where the routes send them now. Those of a route that is no longer configured stay
// where they are, unsent, until it is back. It gives what no longer goes where it was to go, for handOver. Called with
// m.mu held.
func (m *Monitor) rechannel() (left []departure) {
	channels := map[string]string{}
	for _, r := range m.config.Routes {
		channels[r.Name] = r.To.Channel()
	}
	leave := func(q *queued) {
		if q.Index != 0 && q.About() == "" {
			left = append(left, departure{q.Index, q.Channel})
		}
	}
	m.watch.orphans = nil
	for _, l := range slices.Collect(maps.Values(m.lanes)) {
		for _, q := range slices.Clone(l.queue) {
			to, ok := channels[q.Route]
			if orphan := !ok && !q.taken; orphan != q.orphan {
				if q.orphan = orphan; orphan {
					leave(q)
				}
			}
			if !ok && !slices.Contains(m.watch.orphans, q.Route) {
				m.watch.orphans = append(m.watch.orphans, q.Route)
			}
			if ok && to != l.channel && !q.taken {
				leave(q)
				l.remove([]*queued{q})
				q.Channel = to
				m.lane(to).add(q)
				m.lane(to).nudge()
			}
		}
	}
	slices.Sort(m.watch.orphans)
	return left
}

// queuedAlerts are the open alerts of one filing, by id. Called with m.mu held.
func (m *Monitor) queuedAlerts(index int64) map[string]*queued {
	out := map[string]*queued{}
	for _, l := range m.lanes {
		for _, q := range l.queue {
			if q.Index == index {
				out[q.ID] = q
			}
		}
	}
	return out
}

// dequeue takes withdrawn alerts of one filing out. Called with m.books and m.mu held.
func (m *Monitor) dequeue(index int64, ids []string) {
	for _, l := range m.lanes {
		l.queue = slices.DeleteFunc(l.queue, func(q *queued) bool { return q.Index == index && slices.Contains(ids, q.ID) })
	}
}

// release lets alerts go that waited for their filing's detail.
func (m *Monitor) release(index int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.lanes {
		for _, q := range l.queue {
			if q.Index == index && !q.old { // old ones wait for each other
				q.hold = time.Time{}
				l.nudge()
			}
		}
	}
}

// park stops a channel that refuses: its alerts wait, blocked, and nothing of them is lost. It is tried again
// every ten minutes, at a reload and at a restart.
func (m *Monitor) park(l *lane, reason string) error {
	m.books.Lock()
	defer m.books.Unlock()
	m.mu.Lock()
	l.parked, l.retryAt = reason, time.Now().Add(parkedRetry)
	var rest []*queued
	for _, q := range l.queue {
		if q.State == Pending && !q.open() {
			rest = append(rest, q)
		}
	}
	m.mu.Unlock()
	return m.block(rest)
}

// block marks alerts that wait for a parked channel. Called with m.books held.
func (m *Monitor) block(alerts []*queued) error {
	return m.update(alerts, func(a *Alert) { a.State = Blocked })
}

// unpark opens one channel, or all with "", and lets what waited there go; with "" what was set aside too.
func (m *Monitor) unpark(channel string) {
	m.books.Lock()
	defer m.books.Unlock()
	m.mu.Lock()
	var opened []*lane
	var rest []*queued
	for _, l := range m.lanes {
		if channel != "" && l.channel != channel {
			continue
		}
		opened = append(opened, l)
		for _, q := range l.queue {
			q.refused = q.refused && channel != ""
			if q.State == Blocked && !q.refused && !q.taken {
				rest = append(rest, q)
			}
		}
	}
	m.mu.Unlock()
	if err := m.update(rest, func(a *Alert) { a.State = Pending }); err != nil {
		m.log.Error("open a parked channel", "channel", channel, "err", err)
		return // it is tried again when a parked channel is
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range opened {
		l.parked, l.retryAt = "", time.Time{}
		l.nudge()
	}
}
