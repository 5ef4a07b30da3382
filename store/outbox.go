package store

import (
	"bytes"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

// Intend writes, before a message is posted, which alerts it carries; of a digest its content too.
func (db *DB) Intend(m monitor.Intent) error {
	return db.update("intend", func(c *change) error {
		ids := make([]string, len(m.Alerts))
		for i, a := range m.Alerts {
			ids[i] = a.ID
			why := fmt.Sprintf("filing %d on its way again on route %q", a.Index, a.Route)
			if err := c.accounted(a.Index, why, func() error { return c.putAlert(a) }); err != nil {
				return fmt.Errorf("alert %q: %w", a.ID, err)
			}
		}
		if len(ids) == 1 && ids[0] == m.ID {
			return nil
		}
		e := newEncoder(nil)
		e.strs(ids)
		key := []byte(m.ID)
		return c.tx.Bucket(bucketDigest).Put(key, seal(key, e.b))
	})
}

// Digest gives the ids of the alerts that a digest carries.
func (db *DB) Digest(id string) (ids []string, found bool, err error) {
	err = db.bolt.View(func(tx *bolt.Tx) error {
		v := tx.Bucket(bucketDigest).Get([]byte(id))
		if v == nil {
			return nil
		}
		payload, err := unseal([]byte(id), v)
		if err != nil {
			return err
		}
		d := &decoder{b: payload}
		ids, found = d.strs(), true
		return d.end()
	})
	if err != nil {
		return nil, false, fmt.Errorf("read digest %q: %w", id, err)
	}
	return ids, found, nil
}

// Settle writes the alerts as they stand after an attempt.
func (db *DB) Settle(alerts []monitor.Alert) error {
	if len(alerts) == 0 {
		return nil
	}
	return db.update("settle", func(c *change) error {
		for _, a := range alerts {
			why := fmt.Sprintf("filing %d sent on route %q", a.Index, a.Route)
			if err := c.accounted(a.Index, why, func() error { return c.putAlert(a) }); err != nil {
				return fmt.Errorf("alert %q: %w", a.ID, err)
			}
		}
		return nil
	})
}

// Notes records notes to operators, and in place of what there is what they have been told of by then, unless told is
// nil. A note whose id is known is left as it is: it may have been sent.
func (db *DB) Notes(notes []monitor.Alert, told []monitor.Trouble) error {
	if len(notes) == 0 && told == nil {
		return nil
	}
	return db.update("record notes", func(c *change) error {
		n, err := c.putNotes(notes)
		switch {
		case err != nil:
			return err
		case told != nil:
			return c.tx.Bucket(bucketState).Put(keyTold, encodeTold(told))
		case n == 0:
			return errNothing
		}
		return nil
	})
}

func encodeTold(told []monitor.Trouble) []byte {
	e := newEncoder(nil)
	e.uint(uint64(len(told)))
	for _, t := range told {
		e.str(t.Kind)
		e.str(t.Text)
		e.time(t.Since)
	}
	return seal(keyTold, e.b)
}

// readTold gives what operators have been told of; an older program kept no account.
func readTold(tx *bolt.Tx) ([]monitor.Trouble, error) {
	v := tx.Bucket(bucketState).Get(keyTold)
	if v == nil {
		return nil, nil
	}
	payload, err := unseal(keyTold, v)
	if err != nil {
		return nil, fmt.Errorf("read what operators were told: %w", err)
	}
	d := &decoder{b: payload}
	told := list(d, func() monitor.Trouble { return monitor.Trouble{Kind: d.str(), Text: d.str(), Since: d.time()} })
	return told, d.end()
}

func (c *change) putNotes(notes []monitor.Alert) (n int, err error) {
	for _, a := range notes {
		if c.tx.Bucket(bucketAlert).Get(alertKey(&a)) != nil {
			continue
		}
		if err := c.putAlert(a); err != nil {
			return n, fmt.Errorf("note %q: %w", a.ID, err)
		}
		n++
	}
	return n, nil
}

// NextDigest counts the digests of a route, from 1. A number is never given twice.
func (db *DB) NextDigest(route string) (n uint64, err error) {
	err = db.update("number digest", func(c *change) error {
		b, key := c.tx.Bucket(bucketNumber), []byte(route)
		if v := b.Get(key); len(v) == 8 {
			n = parseNumber(v)
		}
		n++
		return b.Put(key, number(n))
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// skipNumbers leaves out the numbers of digests that the ledger from which a copy was taken may have given since: under
// one of those another digest would be found for ours.
func (c *change) skipNumbers() error {
	const most = 10_000 // of a route, between the copy and its use
	b := c.tx.Bucket(bucketNumber)
	var routes [][]byte
	err := b.ForEach(func(route, _ []byte) error {
		routes = append(routes, bytes.Clone(route))
		return nil
	})
	if err != nil {
		return err
	}
	for _, route := range routes {
		if v := b.Get(route); len(v) == 8 {
			if err := b.Put(route, number(parseNumber(v)+most)); err != nil {
				return err
			}
		}
	}
	return nil
}

// SentTo gives the ts of the message that carried a filing to a channel; of several the first.
func (db *DB) SentTo(channel string, index int64) (ts string, found bool, err error) {
	err = db.bolt.View(func(tx *bolt.Tx) error {
		alerts, err := alertsOf(tx, index, db.names.all())
		if err != nil {
			return err
		}
		slices.SortStableFunc(alerts, func(a, b monitor.Alert) int { return a.SentAt.Compare(b.SentAt) })
		for _, a := range alerts {
			if a.Channel == channel && a.State == monitor.Sent && a.TS != "" {
				ts, found = a.TS, true
				return nil
			}
		}
		return nil
	})
	if err != nil {
		return "", false, fmt.Errorf("find message of filing %d in %q: %w", index, channel, err)
	}
	return ts, found, nil
}
