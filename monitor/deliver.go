package monitor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"kapwatch/monitor/classify"
)

// Delivery's times.
const (
	postTimeout  = 30 * time.Second // one post with its plain-text try, also when the daemon is stopping: a cancelled send is neither sent nor unsent
	lookAfter    = 5 * time.Second  // an accepted message may not yet be visible in the history
	laterFirst   = 2 * time.Second  // back-off when the receiver told no time, doubling, with full jitter
	laterMost    = 5 * time.Minute
	pausedAtMost = time.Hour
)

// dispatch keeps one goroutine for each channel until ctx ends, and waits for them.
func (m *Monitor) dispatch(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		m.mu.Lock()
		for _, l := range m.lanes {
			if !l.running {
				l.running = true
				wg.Go(func() { m.run(ctx, l) })
			}
		}
		m.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		}
	}
}

// run posts what waits in l, one message after the other.
func (m *Monitor) run(ctx context.Context, l *lane) {
	for ctx.Err() == nil {
		m.mu.Lock()
		c := m.config
		routes := make(map[string]*Route, len(c.Routes))
		for i := range c.Routes {
			routes[c.Routes[i].Name] = &c.Routes[i]
		}
		group, wait := l.next(time.Now(), m.now(), routes)
		for _, q := range group {
			q.taken = true
		}
		m.mu.Unlock()
		if len(group) == 0 {
			sleep(ctx, wait, l.kick)
			continue
		}
		err := m.post(ctx, &c, l, routes[group[0].Route], group)
		m.mu.Lock()
		for _, q := range group {
			q.taken = false
		}
		if err != nil { // a full disk: nothing is sent that is not recorded
			l.notBefore = time.Now().Add(backoff(3))
		}
		m.mu.Unlock()
	}
}

// post takes one message through intent, post and settlement.
func (m *Monitor) post(ctx context.Context, c *Config, l *lane, route *Route, group []*queued) error {
	if end := route.release(m.now()); group[0].Index != 0 && !group[0].open() && route.Quiet.End(m.now()).After(m.now()) {
		return m.holdBack(group, end)
	}
	msg, err := m.message(c, route, group)
	if err != nil {
		return err
	}
	if group[0].open() {
		settled, err := m.reconcile(ctx, c, l, group, &msg)
		if settled || err != nil || ctx.Err() != nil {
			return err
		}
	}
	if err := m.intend(&msg, group); err != nil {
		return err
	}
	send, cancel := context.WithTimeout(context.WithoutCancel(ctx), postTimeout)
	defer cancel()
	o := c.Notifier.Notify(send, msg)
	if o.Result == ResultSent && o.TS == "" {
		o = Outcome{Result: ResultUnknown, Err: errors.New("the receiver confirmed without a message id")}
	}
	return m.settle(l, group, msg, o)
}

// open reports whether q may already have been posted.
func (q *queued) open() bool { return !q.IntendedAt.IsZero() }

// holdBack keeps alerts that came due inside quiet hours.
func (m *Monitor) holdBack(group []*queued, until time.Time) error {
	return m.update(group, func(a *Alert) { a.State, a.DueAt = Held, until })
}

// intend writes down what is about to be posted, before it is.
func (m *Monitor) intend(msg *Message, group []*queued) error {
	now := m.now()
	if len(group) > 1 && group[0].Digest == "" {
		n, err := m.store.NextDigest(group[0].Route)
		if err != nil {
			return m.wrote(err)
		}
		msg.ID = fmt.Sprintf("digest-%s-%d", group[0].Route, n)
	}
	alerts := copies(group)
	for i := range alerts {
		alerts[i].IntendedAt = now
		if len(group) > 1 {
			alerts[i].Digest = msg.ID
		}
	}
	if err := m.wrote(m.store.Intend(Intent{ID: msg.ID, Alerts: alerts})); err != nil {
		return err
	}
	m.mu.Lock()
	for i, q := range group {
		q.Alert = alerts[i]
	}
	m.mu.Unlock()
	msg.IntendedAt = now
	return nil
}

// reconcile settles a message whose answer was lost: it waits until an accepted message would be visible, looks
// for its id twice, and reports whether that settled it. If not, it is sent (again); where the history cannot be
// read the message says that it may be a repeat.
func (m *Monitor) reconcile(ctx context.Context, c *Config, l *lane, group []*queued, msg *Message) (settled bool, err error) {
	for range 2 {
		if wait := lookAfter; !sleep(ctx, wait, nil) {
			return false, nil
		}
		look, cancel := context.WithTimeout(ctx, postTimeout)
		ts, found, err := c.Notifier.Find(look, *msg)
		cancel()
		switch {
		case ctx.Err() != nil:
			return false, nil
		case errors.Is(err, ErrNoHistory):
			msg.MayRepeat = true
			return false, nil
		case err != nil: // the receiver is still in trouble: neither sent nor unsent
			return true, m.settle(l, group, *msg, Outcome{Result: ResultUnknown, Err: fmt.Errorf("look up the lost answer: %w", err)})
		case found:
			m.log.Info("alert found in the channel", "filing", group[0].Index, "route", group[0].Route, "id", msg.ID)
			return true, m.settle(l, group, *msg, Outcome{Result: ResultSent, TS: ts})
		}
	}
	return false, nil
}

// settle writes down how a post ended.
func (m *Monitor) settle(l *lane, group []*queued, msg Message, o Outcome) error {
	now := m.now()
	if o.Err == nil && o.Result != ResultSent {
		o.Err = errors.New("the receiver gave no reason")
	}
	m.metrics.settled(o.Result, len(group))
	wait := m.pause(l, group, o)
	err := m.update(group, func(a *Alert) {
		a.Attempts++
		if o.Err != nil {
			a.LastError = o.Err.Error()
		}
		switch o.Result {
		case ResultSent:
			a.State, a.TS, a.SentAt, a.LastError, a.IntendedAt = Sent, o.TS, now, "", time.Time{}
		case ResultLater:
			a.State, a.IntendedAt, a.DueAt = Pending, time.Time{}, now.Add(wait)
		case ResultUnknown:
			a.State = Unknown
		case ResultParked, ResultRefused:
			a.State, a.IntendedAt = Blocked, time.Time{}
		}
	})
	m.report(group, msg, o, wait)
	if err != nil {
		return err
	}
	switch o.Result {
	case ResultSent:
		m.sent(l, group, now)
	case ResultParked:
		return m.park(l, o.Err.Error())
	case ResultRefused:
		m.tell("refused:"+msg.ID, fmt.Sprintf("Slack refuses the message %s even as plain text; it is set aside, the others go on: %s", msg.ID, o.Err))
	}
	return nil
}

// pause decides how long l waits before its next post, and the whole workspace when that is what was limited.
func (m *Monitor) pause(l *lane, group []*queued, o Outcome) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	wait := time.Duration(0)
	if strings.HasPrefix(l.channel, "slack:") || strings.HasPrefix(l.channel, "webhook:") {
		wait = m.pace
	}
	switch o.Result {
	case ResultLater, ResultUnknown:
		back := min(laterFirst<<min(group[0].Attempts, 10), laterMost)
		wait = max(wait, rand.N(back))
		if o.RetryAfter > 0 {
			wait = min(max(o.RetryAfter, time.Second), pausedAtMost)
		}
	}
	until := time.Now().Add(wait)
	for _, x := range m.lanes {
		if x == l || o.Workspace && strings.HasPrefix(x.channel, "slack:") && until.After(x.notBefore) {
			x.notBefore = until
		}
	}
	return wait
}

// sent takes confirmed alerts out of the queue, and opens a parked lane.
func (m *Monitor) sent(l *lane, group []*queued, now time.Time) {
	m.mu.Lock()
	l.remove(group)
	opened := l.parked != ""
	m.mu.Unlock()
	for _, q := range group {
		if q.Index != 0 {
			m.metrics.latency(q.CreatedAt, now)
		}
	}
	if opened {
		m.unpark(l.channel)
	}
}

func (m *Monitor) report(group []*queued, msg Message, o Outcome, wait time.Duration) {
	attrs := []any{"id", msg.ID, "route", msg.Route.Name, "channel", group[0].Channel, "attempt", group[0].Attempts}
	switch o.Result {
	case ResultSent:
		m.log.Info("alert sent", attrs...)
	case ResultLater:
		m.log.Warn("alert postponed", append(attrs, "after", wait, "err", o.Err)...)
	case ResultUnknown:
		m.log.Warn("alert may have been sent, its channel is looked up", append(attrs, "err", o.Err)...)
	default:
		m.log.Error("alert blocked", append(attrs, "err", o.Err)...)
	}
}

// update changes alerts in the ledger first, then in memory.
func (m *Monitor) update(group []*queued, change func(*Alert)) error {
	alerts := copies(group)
	for i := range alerts {
		change(&alerts[i])
	}
	if err := m.wrote(m.store.Settle(alerts)); err != nil {
		return err
	}
	m.mu.Lock()
	for i, q := range group {
		q.Alert = alerts[i]
	}
	m.mu.Unlock()
	return nil
}

// message builds what is posted for group from the ledger, as it stands now.
func (m *Monitor) message(c *Config, route *Route, group []*queued) (Message, error) {
	head := group[0]
	msg := Message{ID: head.ID, Route: *route, Note: head.Note, IntendedAt: head.IntendedAt}
	if head.Digest != "" {
		msg.ID = head.Digest
	}
	for _, q := range group {
		if q.Index == 0 {
			continue
		}
		r, ok, err := m.store.Get(q.Index)
		if err != nil || !ok {
			m.ledgerRead(errors.Join(err, fmt.Errorf("filing %d of an open alert", q.Index)))
			return Message{}, context.Canceled
		}
		msg.Items = append(msg.Items, c.item(r, route))
		if route.ThreadUpdates && len(group) == 1 && r.Filing.Detail != nil && r.Filing.Change() != NewFiling {
			if ts, found, err := m.store.SentTo(q.Channel, r.Filing.Detail.RelatedIndex); err == nil && found {
				msg.Thread = ts
			}
		}
	}
	return msg, nil
}

// item shows r the way a route's readers want it.
func (c *Config) item(r Record, route *Route) Item {
	it := Item{Filing: r.Filing, Found: r.Found, Late: r.Filing.Late}
	for _, id := range r.Found.Categories {
		it.Categories = append(it.Categories, c.Rules.Label(id, string(route.Language)))
	}
	for _, id := range r.Found.Qualifiers {
		it.Qualifiers = append(it.Qualifiers, classify.QualifierLabel(id, string(route.Language)))
	}
	for _, d := range r.Decisions {
		if d.Route == route.Name {
			it.Reason = d.Reason
		}
	}
	return it
}

// Sample posts a marked sample of the newest filing to a route, outside the ledger.
func (c *Config) Sample(ctx context.Context, r Record, route Route, at time.Time) Outcome {
	return c.Notifier.Notify(ctx, Message{
		ID: fmt.Sprintf("sample-%s-%d", route.Name, at.Unix()), Route: route, Items: []Item{c.item(r, &route)}, Sample: true, IntendedAt: at,
	})
}

func copies(group []*queued) []Alert {
	out := make([]Alert, 0, len(group))
	for _, q := range group {
		out = append(out, q.Alert)
	}
	return slices.Clip(out)
}
