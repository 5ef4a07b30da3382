package store

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

// fates counts what became of a day's filings: sent, in a digest, pending, not wanted; and those that are unknown.
type fates [5]int64

// anUnknown is the fate of one that was seen and is not recorded.
func anUnknown() fates { return fates{4: 1} }

// fateOf counts one filing.
func fateOf(alerts []monitor.Alert) fates {
	var r monitor.Receipt
	r.Count(alerts)
	return fates{int64(r.Sent), int64(r.Digest), int64(r.Pending), int64(r.NotWanted), 0}
}

func (f *fates) add(g fates) {
	for i := range f {
		f[i] += g[i]
	}
}

func (f *fates) sub(g fates) {
	for i := range f {
		f[i] -= g[i]
	}
}

func (f fates) String() string {
	return fmt.Sprintf("%d recorded · %d sent · %d in digests · %d pending · %d not wanted · %d unknown",
		f[0]+f[1]+f[2]+f[3], f[0], f[1], f[2], f[3], f[4])
}

func (e *encoder) fates(f fates) {
	for _, n := range f {
		e.int(n)
	}
}

func (d *decoder) fates() (f fates) {
	for i := range f {
		f[i] = d.int()
	}
	return f
}

// sealing says which days have their receipts sealed: those from first to last, both included. What the ledger held
// of a day then, and what was unknown, is written down; what has changed since is told by amendments, each with how
// the counts changed, so that records, seal and amendments prove each other. Days before first are older than the
// account.
type sealing struct {
	first, last uint64
	begun       bool
}

// has reports whether the receipt of a day is sealed and accounted for.
func (s sealing) has(day uint64) bool { return s.begun && day >= s.first && day <= s.last }

func (s sealing) encode() []byte {
	e := newEncoder(nil)
	e.uint(s.first)
	e.uint(s.last)
	return seal(keySealing, e.b)
}

func readSealing(tx *bolt.Tx) (s sealing, err error) {
	v := tx.Bucket(bucketState).Get(keySealing)
	if v == nil {
		return s, nil
	}
	payload, err := unseal(keySealing, v)
	if err != nil {
		return s, fmt.Errorf("read sealing: %w", err)
	}
	d := &decoder{b: payload}
	s = sealing{d.uint(), d.uint(), true}
	return s, d.end()
}

// sealReceipts seals the days whose time has come before anything else changes: nothing has changed since it came,
// so what is counted now is what would have been counted then. A day is sealed once, also when the clock steps back.
func (c *change) sealReceipts() error {
	c.sealing = c.db.cache.lastSealing()
	today := dayNumber(c.now)
	if today < sealedAfter {
		return nil
	}
	last := today - sealedAfter
	s := c.sealing
	switch {
	case s.begun && s.last >= last:
		return nil
	case s.begun:
		if err := c.sealDays(s.last+1, last); err != nil {
			return err
		}
		s.last = last
	case c.n.sequence == 0:
		s = sealing{0, last, true} // new: nothing was there, on any day
	default:
		s = sealing{last + 1, last, true} // an older program kept no account
	}
	c.sealing = s
	c.then = append(c.then, func() { c.db.cache.sealing = s })
	return c.tx.Bucket(bucketState).Put(keySealing, s.encode())
}

// sealDays writes what the ledger holds of each day, but for days of which it holds nothing.
func (c *change) sealDays(first, last uint64) error {
	count := map[uint64]fates{}
	err := c.db.search(func(tx *bolt.Tx, parts []part) error {
		hits, err := c.db.day(tx, parts, span{entry{at: midnight(first), index: math.MinInt64}, entry{at: midnight(last + 1), index: math.MinInt64}})
		if err != nil {
			return err
		}
		for _, h := range hits {
			day, f, err := fateIn(tx, h.index, h.payload, c.known)
			if err != nil {
				return err
			}
			sum := count[day]
			sum.add(f)
			count[day] = sum
		}
		return eachBad(tx, func(r monitor.BadRow) {
			if day := dayNumber(r.Day()); day >= first && day <= last {
				sum := count[day]
				sum.add(anUnknown())
				count[day] = sum
			}
		})
	})
	if err != nil {
		return fmt.Errorf("seal receipts: %w", err)
	}
	for _, day := range slices.Sorted(maps.Keys(count)) {
		key := number(day)
		e := newEncoder(nil)
		e.time(c.now)
		e.fates(count[day])
		if err := c.tx.Bucket(bucketAmendment).Put(key, seal(key, e.b)); err != nil {
			return err
		}
	}
	return nil
}

func decodeSealed(key, value []byte) (f fates, err error) {
	payload, err := unseal(key, value)
	if err != nil {
		return f, err
	}
	d := &decoder{b: payload}
	d.time()
	f = d.fates()
	return f, d.end()
}

// midnight is when the day with number n begins, in Unix seconds.
func midnight(n uint64) int64 {
	const day = 24 * 60 * 60
	_, offset := time.Unix(int64(n)*day, 0).In(monitor.Istanbul).Zone()
	return int64(n)*day - int64(offset)
}

// fateIn gives the day of a filing and its fate.
func fateIn(tx *bolt.Tx, index int64, payload []byte, names []string) (day uint64, f fates, err error) {
	h, err := decodeHeader(payload)
	if err != nil {
		return 0, f, err
	}
	var alerts []monitor.Alert
	if h.alerts {
		if alerts, err = alertsOf(tx, index, names); err != nil {
			return 0, f, err
		}
	}
	return dayNumber(time.Unix(h.published, 0)), fateOf(alerts), nil
}

// accounted does what may change the fate of a filing that is recorded, and notes in sealed receipts how it changed.
func (c *change) accounted(index int64, why string, do func() error) error {
	standing := func() (day uint64, f fates, err error) {
		v := c.tx.Bucket(bucketFiling).Get(indexKey(index))
		if v == nil {
			return 0, f, nil
		}
		payload, err := unseal(indexKey(index), v)
		if err != nil {
			return 0, f, err
		}
		return fateIn(c.tx, index, payload, c.names())
	}
	wasDay, was, err := standing()
	if err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	day, is, err := standing()
	if err != nil || day == wasDay && is == was {
		return err
	}
	if day == wasDay {
		is.sub(was)
		return c.putAmendment(day, why, is)
	}
	var gone fates
	gone.sub(was)
	if err := c.putAmendment(wasDay, why, gone); err != nil {
		return err
	}
	return c.putAmendment(day, why, is)
}

// tallied adds up changes of many filings, for one amendment a day and reason.
type tallied map[tallyKey]*tallySum

type tallyKey struct {
	day uint64
	why string
}

type tallySum struct {
	n int
	f fates
}

func (t tallied) add(day uint64, why string, f fates) {
	k := tallyKey{day, why}
	if t[k] == nil {
		t[k] = &tallySum{}
	}
	t[k].n++
	t[k].f.add(f)
}

// putAmendments notes what t holds.
func (c *change) putAmendments(t tallied) error {
	keys := slices.SortedFunc(maps.Keys(t), func(a, b tallyKey) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.why, b.why))
	})
	for _, k := range keys {
		if err := c.putAmendment(k.day, filings(t[k].n)+" "+k.why, t[k].f); err != nil {
			return err
		}
	}
	return nil
}
