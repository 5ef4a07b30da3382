package monitor

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// amend changes a recorded filing and decides again: a route that now wants it gets it, one that no longer does
// keeps what was already sent, and what was not yet sent is withdrawn. What the source says otherwise than before is
// kept as an edit seen by reader. change reports whether the detail is still to come; when it is not ok, nothing is
// written.
func (m *Monitor) amend(index int64, reader string, change func(*Record) (detail, ok bool)) error {
	m.books.Lock()
	defer m.books.Unlock()
	r, ok, err := m.store.Get(index)
	if err != nil {
		m.ledgerRead(err)
		return err
	}
	if !ok {
		return nil
	}
	old := r.Filing
	waits, ok := change(&r)
	if !ok {
		return nil
	}
	a := Amendment{Filing: r.Filing, Found: r.Found, Decisions: r.Decisions, Detail: waits, Links: r.Links}
	fields := edits(&old, &r.Filing)
	if len(fields) > 0 {
		a.Edits = []Edit{{At: m.now(), Reader: reader, Fields: fields}}
	}
	if a, err = m.judgeAgain(a, &old, &r, fields); err != nil {
		m.ledgerRead(err)
		return err
	}
	if err := m.wrote("details", m.store.Amend([]Amendment{a})); err != nil {
		return err
	}
	m.mu.Lock()
	m.dequeue(index, a.Withdraw)
	m.mu.Unlock()
	m.enqueue(m.newQueued(&r.Filing, a.Alerts, waits))
	switch {
	case !waits:
		m.release(index)
	case !m.detailWaits(index):
		m.mu.Lock()
		m.details.add(index, time.Now())
		m.mu.Unlock()
		select {
		case m.enqueued <- struct{}{}:
		default:
		}
	}
	if len(fields) > 0 {
		m.log.Info("filing edited", "filing", index, "reader", reader, "what", changed(fields))
	}
	return nil
}

// judgeAgain gives a what is found in the text as it is now, the links, and what the routes decide of it. Where that
// panics, a stands as it was decided before, and operators are told. Called with m.books held.
func (m *Monitor) judgeAgain(a Amendment, old *Filing, r *Record, fields []FieldEdit) (judged Amendment, err error) {
	c, judged := m.settings(), a
	p := contained(func() {
		judged.Found = c.Rules.Classify(Text(r.Filing))
		if r.Filing.Origin == Poll && (len(fields) > 0 || old.Detail == nil && r.Filing.Detail != nil) {
			var links []Link
			links, err = m.linksOf(&Record{Filing: r.Filing, Found: judged.Found, Edits: append(r.Edits, a.Edits...)}, nil)
			if len(links) > 0 {
				judged.Links = links
			}
		}
		switch kind := became(old, &r.Filing, fields); r.Filing.Origin {
		case Poll:
			m.decideAgain(&c, r, &judged, kind)
		case Baseline:
			m.decideChange(&c, r, &judged, kind)
		}
	})
	if p == nil {
		return judged, err
	}
	m.logPanic("decide on a filing once more", r.Filing.Index, p)
	m.mu.Lock()
	defer m.mu.Unlock()
	text := fmt.Sprintf("filing %d says more or other than it did, and stands as it was decided before: deciding on it again went wrong: %v; see %s",
		r.Filing.Index, p, filingURL(r.Filing.Index, "tr"))
	m.watch.unsaid = append(m.watch.unsaid, m.note(fmt.Sprintf("judge-%d", r.Filing.Index), text)...)
	return a, nil
}

// changed lists the fields of an edit.
func changed(fields []FieldEdit) string {
	var names []string
	for _, f := range fields {
		names = append(names, f.Field)
	}
	return short(names)
}

// decideAgain is the one re-decision: it gives a the decisions as they are now, the alerts that they add, and those
// that they withdraw. What was sent, may have been, or is on its way stands; where the filing went so, what it became
// since, if anything, is one more alert. Called with m.books held.
func (m *Monitor) decideAgain(c *Config, r *Record, a *Amendment, kind Change) {
	m.mu.Lock()
	defer m.mu.Unlock()
	waiting := m.queuedAlerts(r.Filing.Index)
	taken := map[string]string{} // channel → route that sent there
	got := map[string]bool{}     // routes that sent it, wherever
	for _, x := range r.Alerts {
		channel, going := x.Channel, x.State == Sent || x.State == Unknown || !x.IntendedAt.IsZero() || x.Digest != ""
		if q := waiting[x.ID]; q != nil {
			channel, going = q.Channel, going || q.taken
		}
		if x.About() != "" {
			delete(waiting, x.ID) // the filing itself went, and this stays true
			continue
		}
		if going {
			taken[channel], got[x.Route] = x.Route, true
			delete(waiting, x.ID)
		}
	}
	var wanted []Alert
	a.Decisions, wanted = c.decide(&r.Filing, a.Found, m.now(), taken)
	for _, x := range wanted {
		if waiting[x.ID] == nil {
			a.Alerts = append(a.Alerts, x)
		}
		delete(waiting, x.ID) // it waits already
		taken[x.Channel] = x.Route
	}
	// A route that is not configured now decides nothing: what it has decided waits until it is back, unless another
	// one sends to its channel.
	gone := func(name string) bool {
		return !slices.ContainsFunc(c.Routes, func(r Route) bool { return r.Name == name })
	}
	maps.DeleteFunc(waiting, func(_ string, q *queued) bool { return gone(q.Route) && taken[q.Channel] == "" })
	for _, d := range r.Decisions {
		if !gone(d.Route) {
			continue
		}
		for _, q := range waiting {
			if q.Route == d.Route {
				d.Verdict, d.Reason = VerdictFiltered, sentBy(taken[q.Channel])
			}
		}
		a.Decisions = append(a.Decisions, d)
	}
	a.Withdraw = slices.Sorted(maps.Keys(waiting))
	told := map[string]bool{} // channels
	for i := range c.Routes {
		route := &c.Routes[i]
		if channel := route.To.Channel(); kind != "" && got[route.Name] && !told[channel] {
			told[channel] = true
			a.tell(r, route.alert(&r.Filing, a.Found, m.now()), kind)
		}
	}
}

// decideChange has the routes that want a filing of the baseline told what it became since: that is no longer what
// was listed when the watch began. Called with m.books held.
func (m *Monitor) decideChange(c *Config, r *Record, a *Amendment, kind Change) {
	if kind == "" {
		return
	}
	_, wanted := c.decide(&r.Filing, a.Found, m.now(), nil)
	for _, x := range wanted {
		a.tell(r, x, kind)
	}
}

// tell adds an alert about what a filing became, unless there has been one.
func (a *Amendment) tell(r *Record, x Alert, kind Change) {
	x.ID += "/" + string(kind)
	if !slices.ContainsFunc(r.Alerts, func(old Alert) bool { return old.ID == x.ID }) {
		a.Alerts = append(a.Alerts, x)
	}
}
