package monitor

import (
	"context"
	"errors"
	"fmt"
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
		msg.Items = append(msg.Items, c.item(r, route))
		if route.ThreadUpdates && len(group) == 1 {
			if msg.Thread, err = m.thread(q, &r); err != nil {
				m.ledgerRead(err)
				return Message{}, err
			}
		}
	}
	return msg, nil
}

// thread finds the message that q belongs under: the channel's first about the filing itself, where q tells what became
// of it, else about the earlier filing that it changes; "" where there is none.
func (m *Monitor) thread(q *queued, r *Record) (ts string, err error) {
	if q.About() != "" {
		if ts, _, err = m.store.SentTo(q.Channel, q.Index); ts != "" || err != nil {
			return ts, err
		}
	}
	if d := r.Filing.Detail; d != nil && d.RelatedIndex != 0 && r.Filing.Change() != NewFiling {
		ts, _, err = m.store.SentTo(q.Channel, d.RelatedIndex)
	}
	return ts, err
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
