package store

import (
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

func encodeCursor(x monitor.Cursor) []byte {
	e := newEncoder(nil)
	e.time(x.CommittedAt)
	e.time(x.BaselineAt)
	e.int(x.BaselineLow)
	e.strs(x.Readers)
	e.uint(uint64(len(x.Holes)))
	for _, h := range x.Holes {
		e.time(h.From)
		e.time(h.To)
	}
	e.time(x.RestoredAt)
	e.time(x.ReadAt)
	return seal(keyCursor, e.b)
}

func decodeCursor(value []byte) (monitor.Cursor, error) {
	payload, err := unseal(keyCursor, value)
	if err != nil {
		return monitor.Cursor{}, fmt.Errorf("read cursor: %w", err)
	}
	d := &decoder{b: payload}
	x := monitor.Cursor{CommittedAt: d.time(), BaselineAt: d.time(), BaselineLow: d.int(), Readers: d.strs()}
	if len(d.b) > 0 { // an older program knew none
		x.Holes = list(d, func() monitor.Window { return monitor.Window{From: d.time(), To: d.time()} })
		x.RestoredAt = d.time()
	}
	if len(d.b) > 0 {
		x.ReadAt = d.time()
	}
	return x, d.end()
}

func (c *change) putCursor(x monitor.Cursor) error {
	x.Readers, x.Holes = slices.Clone(x.Readers), slices.Clone(x.Holes)
	c.then = append(c.then, func() { c.db.cache.cursor = x })
	return c.tx.Bucket(bucketState).Put(keyCursor, encodeCursor(x))
}

// Pause notes when the source wants nothing asked.
func (db *DB) Pause(w monitor.Wait) error {
	return db.update("pause", func(c *change) error {
		e := newEncoder(nil)
		e.time(w.From)
		e.time(w.To)
		return c.tx.Bucket(bucketState).Put(keyPause, seal(keyPause, e.b))
	})
}

// readPause gives what Pause noted last.
func readPause(tx *bolt.Tx) (w monitor.Wait, err error) {
	v := tx.Bucket(bucketState).Get(keyPause)
	if v == nil {
		return w, nil
	}
	payload, err := unseal(keyPause, v)
	if err != nil {
		return w, fmt.Errorf("read pause: %w", err)
	}
	d := &decoder{b: payload}
	w = monitor.Wait{From: d.time(), To: d.time()}
	return w, d.end()
}

// sameCursor reports whether a adds nothing to the recorded b: it is the zero value, or differs in the times of commit
// and read, which alone are no news.
func sameCursor(a, b monitor.Cursor) bool {
	return a.BaselineAt.IsZero() || a.BaselineAt.Equal(b.BaselineAt) && a.RestoredAt.Equal(b.RestoredAt) && a.BaselineLow == b.BaselineLow && slices.Equal(a.Readers, b.Readers) &&
		slices.EqualFunc(a.Holes, b.Holes, func(x, y monitor.Window) bool { return x.From.Equal(y.From) && x.To.Equal(y.To) })
}
