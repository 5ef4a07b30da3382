package monitor

import "slices"

// departure is a filing that its route no longer sends to a channel: the route is gone from the configuration, or sends
// elsewhere.
type departure struct {
	index   int64
	channel string
}

// handOver lets the next route of the channel that wants such a filing send it there: while the first did, that one had
// no alert. Where there is none, what waits for a route that is gone goes on waiting. Called with m.books held.
func (m *Monitor) handOver(left []departure) {
	for _, x := range left {
		r, ok, err := m.store.Get(x.index)
		if err != nil {
			m.ledgerRead(err)
			return
		}
		if !ok || r.Filing.Origin != Poll {
			continue
		}
		var a Amendment
		p := contained(func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			a = m.successor(&r, x.channel)
		})
		if p != nil {
			m.logPanic("hand an alert over", x.index, p)
			continue // it waits for its route
		}
		if len(a.Alerts) == 0 {
			continue
		}
		if err := m.wrote("", m.store.Amend([]Amendment{a})); err != nil {
			m.log.Error("hand an alert over", "filing", x.index, "channel", x.channel, "err", err)
			continue // a restart tries again
		}
		m.mu.Lock()
		m.dequeue(x.index, a.Withdraw)
		m.rechannel() // forgets routes that nothing waits for any more
		m.mu.Unlock()
		m.enqueue(m.newQueued(&r.Filing, a.Alerts, a.Detail))
		m.log.Info("alert handed over", "filing", x.index, "route", a.Alerts[0].Route, "channel", x.channel)
	}
}

// successor gives the alert of the first route that wants r and sends to channel, what it takes the place of, and the
// decisions as they are then; no alert where nobody does, or r goes there anyway or may have gone. Called with m.mu held.
func (m *Monitor) successor(r *Record, channel string) (a Amendment) {
	waiting := m.queuedAlerts(r.Filing.Index)
	a = Amendment{Filing: r.Filing, Found: r.Found, Decisions: slices.Clone(r.Decisions), Detail: m.details.has(r.Filing.Index), Links: r.Links}
	var from []string // routes that are gone and had it to send
	for _, x := range r.Alerts {
		q := waiting[x.ID]
		switch {
		case x.About() != "":
		case q == nil && x.Channel == channel:
			return Amendment{} // it went there
		case q != nil && q.Channel == channel:
			if !q.orphan || q.taken || q.open() {
				return Amendment{}
			}
			a.Withdraw, from = append(a.Withdraw, x.ID), append(from, x.Route)
		}
	}
	x := newMatter(&r.Filing, &r.Found, m.config.Funds)
	for i := range m.config.Routes {
		route := &m.config.Routes[i]
		has := slices.ContainsFunc(r.Alerts, func(x Alert) bool { return x.Route == route.Name && x.About() == "" })
		if route.To.Channel() != channel || has || r.Filing.Test() {
			continue
		}
		why, not := route.judge(x)
		if not != "" {
			continue
		}
		a.Alerts = m.suspect(&r.Filing, []Alert{route.alert(&r.Filing, r.Found, m.now())})
		a.Decisions = decided(a.Decisions, Decision{Route: route.Name, Verdict: VerdictPending, Reason: why})
		for _, name := range from {
			a.Decisions = decided(a.Decisions, Decision{Route: name, Verdict: VerdictFiltered, Reason: sentBy(route.Name)})
		}
		return a
	}
	return Amendment{}
}

// decided puts d in place of what was decided for its route.
func decided(all []Decision, d Decision) []Decision {
	if i := slices.IndexFunc(all, func(x Decision) bool { return x.Route == d.Route }); i >= 0 {
		all[i] = d
		return all
	}
	return append(all, d)
}
