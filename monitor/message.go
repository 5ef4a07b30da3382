package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kapwatch/monitor/classify"
)

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
			err = errors.Join(err, fmt.Errorf("filing %d of an open alert", q.Index))
			m.ledgerRead(err)
			return Message{}, err
		}
		it := c.item(r, route)
		if len(group) == 1 {
			it.Changed, err = m.compared(c, q, &r, route.Language)
			if err == nil && route.ThreadUpdates {
				msg.Thread, err = m.thread(q, &r)
			}
			if err != nil {
				m.ledgerRead(err)
				return Message{}, err
			}
		}
		msg.Items = append(msg.Items, it)
	}
	return msg, nil
}

// thread finds the message that q belongs under: the channel's first about the matter. "" where there is none.
func (m *Monitor) thread(q *queued, r *Record) (ts string, err error) {
	const most = 10 // steps of a matter
	var chain []int64
	if q.About() != "" {
		chain = append(chain, q.Index)
	}
	for at, ok := *r, true; ok && len(chain) < most; {
		index := at.earlier()
		if index == 0 || slices.Contains(chain, index) {
			break
		}
		chain = append(chain, index)
		if at, ok, err = m.store.Get(index); err != nil {
			return "", err
		}
	}
	for _, index := range slices.Backward(chain) {
		if ts, _, err = m.store.SentTo(q.Channel, index); ts != "" || err != nil {
			return ts, err
		}
	}
	return "", nil
}

// compared tells what the filing of q says otherwise than the one it changes; where q is about an edit, otherwise than
// when the channel was told of it.
func (m *Monitor) compared(c *Config, q *queued, r *Record, l Language) ([]Difference, error) {
	if q.About() != "" {
		var told time.Time
		for _, a := range r.Alerts {
			if a.Channel == q.Channel && a.State == Sent && (told.IsZero() || a.SentAt.Before(told)) {
				told = a.SentAt
			}
		}
		edits := slices.DeleteFunc(slices.Clone(r.Edits), func(e Edit) bool { return e.At.Before(told) })
		was := c.before(r, edits)
		return Compare(&was, r).Differences(l), nil
	}
	index := r.Changed()
	if index == 0 {
		return nil, nil
	}
	earlier, ok, err := m.store.Get(index)
	if err != nil || !ok {
		return nil, err
	}
	return Compare(&earlier, r).Differences(l), nil
}

// item shows r the way a route's readers want it.
func (c *Config) item(r Record, route *Route) Item {
	it := Item{Filing: r.Filing, Found: r.Found, Late: r.Filing.Late, Earlier: r.earlier()}
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
