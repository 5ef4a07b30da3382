package monitor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// settle writes down how a post ended. While the disk is full it waits: what is known now must not be asked again,
// and could not be where the receiver keeps no history.
func (m *Monitor) settle(ctx context.Context, l *lane, group []*queued, msg Message, o Outcome) error {
	now := m.now()
	if o.Err == nil && o.Result != ResultSent {
		o.Err = errors.New("the receiver gave no reason")
	}
	m.metrics.settled(o.Result, len(group))
	wait := m.pause(l, group, o)
	apart := o.Result == ResultRefused && len(group) > 1 // one of them may be at fault: each by itself
	write := func() error {
		m.books.Lock()
		defer m.books.Unlock()
		return m.update(group, func(a *Alert) {
			a.Attempts++
			if o.Err != nil {
				a.LastError = o.Err.Error()
			}
			if o.Result != ResultUnknown && !msg.MayRepeat {
				a.IntendedAt = time.Time{} // known not to be posted, or done
			}
			switch {
			case o.Result == ResultSent:
				a.State, a.TS, a.SentAt, a.LastError, a.IntendedAt = Sent, o.TS, now, "", time.Time{}
			case o.Result == ResultLater && !msg.MayRepeat:
				a.State, a.DueAt = Pending, now.Add(wait)
			case o.Result == ResultLater: // this attempt is known, an earlier one never will be
				a.State, a.DueAt = Unknown, now.Add(wait)
			case o.Result == ResultUnknown:
				a.State = Unknown
			case apart:
				a.State, a.Digest = Pending, ""
			default:
				a.State = Blocked
			}
		})
	}
	err := write()
	for ; errors.Is(err, ErrFull) && ctx.Err() == nil; err = write() {
		sleep(ctx, backoff(3), nil)
	}
	m.report(group, msg, o, wait)
	if err != nil {
		return err
	}
	switch {
	case o.Result == ResultSent:
		m.sent(l, group, now)
	case o.Result == ResultParked:
		return m.park(l, o.Err.Error())
	case apart:
		m.mark(group, func(q *queued) { q.alone = true })
	case o.Result == ResultRefused:
		m.mark(group, func(q *queued) { q.refused = true })
		if group[0].Index != 0 { // a note about a refused note would be refused too
			why := "Slack refuses the message %s even as plain text"
			if _, ok := errors.AsType[*panicError](o.Err); ok {
				why = "the message %s could not be made"
			}
			m.tell("refused:"+msg.ID, fmt.Sprintf(why+"; it is set aside, the others go on: %s", msg.ID, o.Err))
		}
	}
	return nil
}

func (m *Monitor) mark(group []*queued, how func(*queued)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, q := range group {
		how(q)
	}
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
		if l.failure = o.Err.Error(); l.failing.IsZero() {
			l.failing = m.now()
		}
		back := min(laterFirst<<min(group[0].Attempts, 10), laterMost)
		wait = max(wait, rand.N(back))
		if o.RetryAfter > 0 {
			wait = min(max(o.RetryAfter, time.Second), pausedAtMost)
		}
	default:
		l.failing, l.flows = time.Time{}, o.Result != ResultParked
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
	if strings.HasPrefix(l.channel, "slack:") {
		m.config.Problem = "" // Slack takes messages
	}
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
