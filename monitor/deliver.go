package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Delivery's times.
const (
	postTimeout  = 30 * time.Second // one post with its plain-text try
	stopGrace    = 6 * time.Second  // what a post gets of it when the daemon is stopping: a cancelled send is neither sent nor unsent
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
		if err != nil && !errors.Is(err, errWithdrawn) { // a full disk: nothing is sent that is not recorded
			l.notBefore = time.Now().Add(backoff(3))
		}
		left := m.rechannel() // a reload leaves alone what is being posted
		m.mu.Unlock()
		if len(left) > 0 {
			m.books.Lock()
			m.handOver(left)
			m.books.Unlock()
		}
	}
}

// errWithdrawn ends a post before it began: an alert of it is no longer wanted.
var errWithdrawn = errors.New("withdrawn")

// post takes one message through intent, post and settlement.
func (m *Monitor) post(ctx context.Context, c *Config, l *lane, route *Route, group []*queued) error {
	if now := m.now(); group[0].Index != 0 && !group[0].open() && route.Quiet.End(now).After(now) {
		return m.holdBack(l, group, route.release(now))
	}
	msg := Message{ID: group[0].ID, Route: *route}
	var err error
	if p := contained(func() { msg, err = m.message(c, route, group) }); p != nil {
		return m.settle(ctx, l, group, msg, m.unmade(&msg, p))
	}
	if err != nil {
		return err
	}
	if group[0].restored() {
		return m.lookBack(ctx, c, l, group, msg)
	}
	if group[0].open() {
		settled, err := m.reconcile(ctx, c, l, group, &msg)
		if settled || err != nil || ctx.Err() != nil {
			return err
		}
	}
	if err := m.intend(l, &msg, group); err != nil {
		return err
	}
	send, cancel := context.WithTimeout(context.WithoutCancel(ctx), postTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, cancel) })()
	var o Outcome
	if p := contained(func() { o = c.Notifier.Notify(send, msg) }); p != nil {
		o = m.unmade(&msg, p)
	}
	if o.Result == ResultSent && o.TS == "" {
		o = Outcome{Result: ResultUnknown, Err: errors.New("the receiver confirmed without a message id")}
	}
	return m.settle(ctx, l, group, msg, o)
}

// unmade is the end of a message over which something panicked: it is set aside and blocks nobody. Whether it was posted is
// not known, so it is looked for before it is tried again.
func (m *Monitor) unmade(msg *Message, p error) Outcome {
	msg.MayRepeat = true
	var index int64
	if len(msg.Items) > 0 {
		index = msg.Items[0].Filing.Index
	}
	m.logPanic("make an alert", index, p)
	return Outcome{Result: ResultRefused, Err: fmt.Errorf("make the message: %w", p)}
}

// stillWanted tells whether a group that was chosen is still whole. Called with m.books held.
func (m *Monitor) stillWanted(l *lane, group []*queued) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, q := range group {
		if !slices.Contains(l.queue, q) {
			return errWithdrawn
		}
	}
	return nil
}

// holdBack keeps alerts that came due inside quiet hours.
func (m *Monitor) holdBack(l *lane, group []*queued, until time.Time) error {
	m.books.Lock()
	defer m.books.Unlock()
	if err := m.stillWanted(l, group); err != nil {
		return err
	}
	return m.update(group, func(a *Alert) { a.State, a.DueAt = Held, until })
}

// intend writes down what is about to be posted, before it is.
func (m *Monitor) intend(l *lane, msg *Message, group []*queued) error {
	m.books.Lock()
	defer m.books.Unlock()
	if err := m.stillWanted(l, group); err != nil {
		return err
	}
	now := m.now()
	if len(group) > 1 && group[0].Digest == "" {
		n, err := m.store.NextDigest(group[0].Route)
		if err != nil {
			return m.wrote("alerts", err)
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
	if err := m.wrote("alerts", m.store.Intend(Intent{ID: msg.ID, Alerts: alerts})); err != nil {
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
		ts, found, err := m.find(ctx, c, *msg)
		switch {
		case ctx.Err() != nil:
			return false, nil
		case errors.Is(err, ErrNoHistory):
			msg.MayRepeat = true
			return false, nil
		case err != nil: // the receiver is still in trouble: neither sent nor unsent
			return true, m.settle(ctx, l, group, *msg, Outcome{Result: ResultUnknown, Err: fmt.Errorf("look up the lost answer: %w", err)})
		case found:
			m.log.Info("alert found in the channel", "filing", group[0].Index, "route", group[0].Route, "id", msg.ID)
			return true, m.settle(ctx, l, group, *msg, Outcome{Result: ResultSent, TS: ts})
		}
	}
	return false, nil
}

// lookBack looks once for a held alert that the ledger from which ours is a copy may have sent since, by itself or in a
// digest. One that is not there stays held; where there is no history it says at its time that it may be a repeat.
func (m *Monitor) lookBack(ctx context.Context, c *Config, l *lane, group []*queued, msg Message) error {
	ts, found, err := m.find(ctx, c, msg)
	m.mu.Lock()
	l.notBefore = time.Now().Add(m.pace)
	m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil
	case errors.Is(err, ErrNoHistory):
		m.mark(group, func(q *queued) { q.sought = true })
		return nil
	case err != nil:
		m.log.Warn("look for what was held when the ledger was copied", "id", msg.ID, "err", err)
		return err
	case found:
		return m.settle(ctx, l, group, msg, Outcome{Result: ResultSent, TS: ts})
	}
	m.books.Lock()
	defer m.books.Unlock()
	if err := m.stillWanted(l, group); err != nil {
		return err
	}
	return m.update(group, func(a *Alert) { a.IntendedAt = time.Time{} })
}

// find looks for msg where it would be posted now and, since the first message of its thread may not have been known
// when it was posted, in the channel.
func (m *Monitor) find(ctx context.Context, c *Config, msg Message) (ts string, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	ts, found, err = c.Notifier.Find(ctx, msg)
	if msg.Thread != "" && !found && err == nil {
		msg.Thread = ""
		ts, found, err = c.Notifier.Find(ctx, msg)
	}
	return ts, found, err
}

// update changes alerts in the ledger first, then in memory. Called with m.books held.
func (m *Monitor) update(group []*queued, change func(*Alert)) error {
	if len(group) == 0 {
		return nil
	}
	alerts := copies(group)
	for i := range alerts {
		change(&alerts[i])
	}
	if err := m.wrote("alerts", m.store.Settle(alerts)); err != nil {
		return err
	}
	m.mu.Lock()
	for i, q := range group {
		q.Alert = alerts[i]
	}
	m.mu.Unlock()
	return nil
}

func copies(group []*queued) []Alert {
	out := make([]Alert, 0, len(group))
	for _, q := range group {
		out = append(out, q.Alert)
	}
	return slices.Clip(out)
}
