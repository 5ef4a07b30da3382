package store

import (
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

// days is a set of Istanbul's days, as numbers: ranges that ascend and do not touch, both ends included.
type days [][2]uint64

// has reports whether the day with number n is in d.
func (d days) has(n uint64) bool {
	for _, r := range d {
		if n >= r[0] && n <= r[1] {
			return true
		}
	}
	return false
}

// with is d and the day with number n.
func (d days) with(n uint64) days {
	var out days
	add := [2]uint64{n, n}
	for _, r := range d {
		switch {
		case r[1]+1 < add[0]:
			out = append(out, r)
		case add[1]+1 < r[0]:
			out, add = append(out, add), r
		default:
			add = [2]uint64{min(add[0], r[0]), max(add[1], r[1])}
		}
	}
	return append(out, add)
}

func (d days) encode() []byte {
	e := newEncoder(nil)
	e.uint(uint64(len(d)))
	for _, r := range d {
		e.uint(r[0])
		e.uint(r[1])
	}
	return seal(keyHistory, e.b)
}

// readHistory gives the days that backfill has read whole.
func readHistory(tx *bolt.Tx) (days, error) {
	v := tx.Bucket(bucketState).Get(keyHistory)
	if v == nil {
		return nil, nil
	}
	payload, err := unseal(keyHistory, v)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	d := &decoder{b: payload}
	out := days(list(d, func() [2]uint64 { return [2]uint64{d.uint(), d.uint()} }))
	if err := d.end(); err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	return out, nil
}

// putHistory notes that the day of t has been read whole.
func (c *change) putHistory(t time.Time) error {
	had, err := readHistory(c.tx)
	if err != nil {
		return err
	}
	return c.tx.Bucket(bucketState).Put(keyHistory, had.with(dayNumber(t)).encode())
}

// Backfilled gives the days of w that backfill has read whole, as midnights in Istanbul, ascending.
func (db *DB) Backfilled(w monitor.Window) (out []time.Time, err error) {
	err = db.bolt.View(func(tx *bolt.Tx) error {
		had, err := readHistory(tx)
		if err != nil {
			return err
		}
		for day := monitor.Midnight(w.From); !day.After(w.To); day = day.AddDate(0, 0, 1) {
			if had.has(dayNumber(day)) {
				out = append(out, day)
			}
		}
		return nil
	})
	return out, err
}
