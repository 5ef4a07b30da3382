package store

import (
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

// Prune removes filings published before a time, with all that belongs to them, oldest first and at most limit in
// one transaction; n = 0 means that none is left. A filing with an open alert stays until that is sent.
func (db *DB) Prune(before time.Time, limit int) (n int, err error) {
	old, dead, spoilt, err := db.outdated(before, limit)
	if err != nil {
		return 0, fmt.Errorf("prune: %w", err)
	}
	if len(old) == 0 && len(dead) == 0 && !spoilt {
		return 0, nil
	}
	err = db.update("prune", func(c *change) error {
		n = 0
		gone := tallied{}
		for _, index := range old {
			ok, err := c.remove(index, before, gone)
			if err != nil {
				return fmt.Errorf("filing %d: %w", index, err)
			}
			if ok {
				n++
			}
		}
		if err := c.putAmendments(gone); err != nil {
			return err
		}
		if err := c.pruneBad(before); err != nil {
			return err
		}
		for _, s := range dead {
			if err := c.removeSegment(s); err != nil {
				return fmt.Errorf("segment %d: %w", s.id, err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// outdated gives up to limit filings that may go, the segments that stand for none any more, and whether there are
// unknown rows that may go.
func (db *DB) outdated(before time.Time, limit int) (old []int64, dead []segment, spoilt bool, err error) {
	q := monitor.Query{Until: before, Oldest: true}
	err = db.search(func(tx *bolt.Tx, parts []part) error {
		names := db.names.all()
		for len(old) < limit {
			hits, _, err := db.collect(tx, append([]part(nil), parts...), &plan{}, within(q), true, maxLimit, unbounded())
			if err != nil {
				return err
			}
			for _, h := range hits {
				if open, err := waiting(tx, h.index, names); err != nil {
					return err
				} else if !open && len(old) < limit {
					old = append(old, h.index)
				}
				q.After = position(h.entry)
			}
			if len(hits) < maxLimit {
				break
			}
		}
		for _, x := range parts {
			s, ok := x.(*stored)
			if !ok || s.last.at >= ceil(before) {
				continue
			}
			hits, _, err := db.fetch(tx, s, &plan{}, within(monitor.Query{}), true, 1, unbounded())
			if err != nil {
				return err
			}
			if len(hits) == 0 {
				dead = append(dead, s.segment)
			}
		}
		return eachBad(tx, func(b monitor.BadRow) { spoilt = spoilt || b.Day().Before(before) })
	})
	return old, dead, spoilt, err
}

// waiting reports whether a filing has an alert that is not sent.
func waiting(tx *bolt.Tx, index int64, names []string) (bool, error) {
	alerts, err := alertsOf(tx, index, names)
	for i := range alerts {
		if alerts[i].Open() {
			return true, err
		}
	}
	return false, err
}

// remove deletes one filing and notes it in gone, unless it has been moved or an alert of it opened since it was
// chosen.
func (c *change) remove(index int64, before time.Time, gone tallied) (bool, error) {
	key := indexKey(index)
	filings := c.tx.Bucket(bucketFiling)
	v := filings.Get(key)
	if v == nil {
		return false, nil
	}
	r, h, err := decodeRecord(index, v, c.names())
	if err != nil || !r.Filing.PublishedAt.Before(before) {
		return false, err
	}
	alerts, err := alertsOf(c.tx, index, c.names())
	if err != nil {
		return false, err
	}
	for i := range alerts {
		if alerts[i].Open() {
			return false, nil
		}
	}
	for i := range alerts {
		if err := c.dropAlert(alertKey(&alerts[i])); err != nil {
			return false, err
		}
	}
	for _, x := range []struct{ bucket, key []byte }{
		{bucketFiling, key},
		{bucketDetail, key},
		{bucketSequence, number(h.sequence)},
		{bucketRaw, rawKey(r.Filing.SeenAt, index)},
		{bucketTodo, kindKey(kindDetail, index)},
		{bucketTodo, kindKey(kindPartial, index)},
		{bucketRedo, key},
	} {
		if err := c.tx.Bucket(x.bucket).Delete(x.key); err != nil {
			return false, err
		}
	}
	if err := c.dropEdits(index); err != nil {
		return false, err
	}
	if err := c.dropLater(index, r.Links); err != nil {
		return false, err
	}
	var f fates
	f.sub(fateOf(alerts))
	gone.add(dayNumber(r.Filing.PublishedAt), "dropped by retention", f)
	c.n.filings--
	c.then = append(c.then, func() { c.db.cache.forget(index) })
	return true, nil
}

func (c *change) removeSegment(s segment) error {
	if err := c.tx.Bucket(bucketSegment).DeleteBucket(segmentKey(s.id)); err != nil {
		return err
	}
	c.then = append(c.then, func() { c.db.index.drop(s.id) })
	return nil
}
