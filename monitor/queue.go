package monitor

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// enqueue lets recorded alerts go to their channels. With hold they wait a few seconds for the filing's detail.
// f is nil for notes.
func (m *Monitor) enqueue(f *Filing, alerts []Alert, hold bool) {
	if len(alerts) == 0 {
		return
	}
	var parked []*queued
	m.mu.Lock()
	for _, a := range alerts {
		q := &queued{Alert: a, published: a.CreatedAt}
		if f != nil {
			q.company, q.published = f.Company, f.PublishedAt
		}
		if hold {
			q.hold = time.Now().Add(holdForDetail)
		}
		l := m.lane(a.Channel)
		l.add(q)
		if l.parked != "" && a.State == Pending {
			parked = append(parked, q)
		}
		l.nudge()
	}
	m.mu.Unlock()
	if len(parked) > 0 {
		m.block(parked)
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
	routes := map[string]Route{}
	for _, r := range m.settings().Routes {
		routes[r.Name] = r
	}
	for _, a := range alerts {
		route, ok := routes[a.Route]
		if !ok {
			m.orphan(a.Route)
			continue
		}
		var f *Filing
		if a.Index != 0 {
			r, ok, err := m.store.Get(a.Index)
			if err != nil || !ok {
				return errors.Join(err, fmt.Errorf("alert %s: its filing is not in the ledger", a.ID))
			}
			f = &r.Filing
		}
		a.Channel = route.To.Channel()
		if a.State == Blocked {
			a.State = Pending
			if err := m.wrote(m.store.Settle([]Alert{a})); err != nil {
				return err
			}
		}
		m.enqueue(f, []Alert{a}, false)
	}
	return nil
}

// orphan notes that alerts wait for a route that is no longer configured. They stay in the ledger.
func (m *Monitor) orphan(route string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Contains(m.watch.orphans, route) {
		m.watch.orphans = append(m.watch.orphans, route)
	}
}

// rechannel puts waiting alerts where the routes of a new configuration send them.
func (m *Monitor) rechannel() {
	m.mu.Lock()
	defer m.mu.Unlock()
	channels := map[string]string{}
	for _, r := range m.config.Routes {
		channels[r.Name] = r.To.Channel()
	}
	for _, l := range m.lanes {
		for _, q := range slices.Clone(l.queue) {
			to, ok := channels[q.Route]
			if !ok && !slices.Contains(m.watch.orphans, q.Route) {
				m.watch.orphans = append(m.watch.orphans, q.Route)
			}
			if ok && to != l.channel && !q.taken {
				l.remove([]*queued{q})
				q.Channel = to
				m.lane(to).add(q)
				m.lane(to).nudge()
			}
		}
		l.nudge()
	}
	m.watch.orphans = slices.DeleteFunc(m.watch.orphans, func(r string) bool { _, ok := channels[r]; return ok })
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

// dequeue takes withdrawn alerts of one filing out. Called with m.mu held.
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
			if q.Index == index {
				q.hold = time.Time{}
				l.nudge()
			}
		}
	}
}

// park stops a channel that refuses: its alerts wait, blocked, and nothing of them is lost. It is tried again
// every ten minutes, at a reload and at a restart.
func (m *Monitor) park(l *lane, reason string) error {
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

func (m *Monitor) block(alerts []*queued) error {
	if len(alerts) == 0 {
		return nil
	}
	return m.update(alerts, func(a *Alert) { a.State = Blocked })
}

// unpark opens one channel, or all with "", and lets what waited there go.
func (m *Monitor) unpark(channel string) {
	m.mu.Lock()
	var rest []*queued
	for _, l := range m.lanes {
		if channel != "" && l.channel != channel {
			continue
		}
		l.parked, l.retryAt = "", time.Time{}
		for _, q := range l.queue {
			if q.State == Blocked && !q.taken {
				rest = append(rest, q)
			}
		}
	}
	m.mu.Unlock()
	if len(rest) > 0 {
		if err := m.update(rest, func(a *Alert) { a.State = Pending }); err != nil {
			m.log.Error("unpark", "channel", channel, "err", err)
		}
	}
	m.mu.Lock()
	for _, l := range m.lanes {
		l.nudge()
	}
	m.mu.Unlock()
}
