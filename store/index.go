package store

import (
	"fmt"
	"math"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// apart is how much older than the newest filing in memory history is that is being filled in. It gets segments of
// its own, so that segments hardly overlap in time and a query ends early.
const apart = 30 * 24 * 60 * 60 // seconds

// index is the search index: segments in the file, and in memory what no segment has yet. A reader holds mu from
// before its transaction begins until it ends. Only the one writer changes anything.
type index struct {
	mu       sync.RWMutex
	segments []segment
	fresh    *memory // nil until it is first needed
}

// open reads the segments' bounds.
func (x *index) open(tx *bolt.Tx) error {
	c := tx.Bucket(bucketSegment).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		s, err := loadSegment(k, v)
		if err != nil {
			return fmt.Errorf("read segment: %w", err)
		}
		x.segments = append(x.segments, s)
	}
	return nil
}

// ensure rebuilds the part in memory where it is missing.
func (x *index) ensure(db *DB) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.fresh != nil {
		return nil
	}
	err := db.bolt.View(func(tx *bolt.Tx) (err error) {
		x.fresh, err = db.unsealed(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("rebuild index: %w", err)
	}
	return nil
}

// forget drops the part in memory, when a change that had been added to it was not committed.
func (x *index) forget(dirty bool) {
	if !dirty {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.fresh = nil
}

// unsealed reads the filings that stand in no segment, or stand there as they no longer are.
func (db *DB) unsealed(tx *bolt.Tx) (*memory, error) {
	n, err := decodeCounters(tx.Bucket(bucketState).Get(keyCounters))
	if err != nil {
		return nil, err
	}
	var docs []document
	take := func(key []byte) error {
		v := tx.Bucket(bucketFiling).Get(key)
		if v == nil {
			return nil // pruned
		}
		r, h, err := db.record(tx, int64(parseNumber(key)), v, false)
		if err == nil {
			docs = append(docs, newDocument(h, &r))
		}
		return err
	}
	redo := tx.Bucket(bucketRedo).Cursor()
	for k, _ := redo.First(); k != nil; k, _ = redo.Next() {
		if err := take(k); err != nil {
			return nil, err
		}
	}
	sequences := tx.Bucket(bucketSequence).Cursor()
	for k, v := sequences.Seek(number(n.sealed + 1)); k != nil; k, v = sequences.Next() {
		if err := take(v); err != nil {
			return nil, err
		}
	}
	m := newMemory()
	m.add(docs)
	return m, nil
}

// indexDocuments adds what the change records to the part in memory and, when that is full, writes a segment. It
// is added before the commit; until then no reader meets the record that it speaks of, and it is passed over.
func (c *change) indexDocuments() error {
	if len(c.docs) == 0 {
		return nil
	}
	x := &c.db.index
	x.mu.Lock()
	m := x.fresh
	replaced := m.add(c.docs)
	x.mu.Unlock()
	if len(replaced) > 0 {
		c.then = append(c.then, func() {
			x.mu.Lock()
			defer x.mu.Unlock()
			m.remove(replaced)
		})
	}
	if len(m.entries) < c.db.size {
		return nil
	}
	return c.seal(m)
}

// seal writes the greater part of m, history or not, as a segment. The other stays unsealed.
func (c *change) seal(m *memory) error {
	n := m.len()
	_, last := m.bounds()
	from, to := m.rank(entry{at: last.at - apart, index: math.MinInt64}), n
	if from > n/2 {
		from, to = 0, from
	}
	c.n.segments++
	c.n.sealed = c.n.sequence
	s := segment{id: uint32(c.n.segments), n: to - from}
	s.first, _ = m.at(from)  // memory has no errors
	s.last, _ = m.at(to - 1) //
	if err := c.writeSegment(m, s, from, to); err != nil {
		return err
	}
	if err := c.tx.DeleteBucket(bucketRedo); err != nil {
		return err
	}
	redo, err := c.tx.CreateBucket(bucketRedo)
	if err != nil {
		return err
	}
	for rank, place := range m.order {
		if rank >= from && rank < to {
			continue
		}
		if err := redo.Put(indexKey(m.entries[place].index), nil); err != nil {
			return err
		}
	}
	c.then = append(c.then, func() {
		x := &c.db.index
		x.mu.Lock()
		defer x.mu.Unlock()
		x.segments = append(x.segments, s)
		x.fresh = nil
	})
	return nil
}

// writeSegment writes the entries of ranks from to to, and the posting list of each of their terms.
func (c *change) writeSegment(m *memory, s segment, from, to int) error {
	const none = math.MaxUint32
	ranks := make([]uint32, len(m.entries)) // place → rank in the segment
	for i := range ranks {
		ranks[i] = none
	}
	entries := make([]entry, 0, s.n)
	for _, place := range m.order[from:to] {
		ranks[place] = uint32(len(entries))
		entries = append(entries, m.entries[place])
	}
	key := segmentKey(s.id)
	if err := c.tx.Bucket(bucketSegment).Put(key, encodeEntries(key, entries)); err != nil {
		return err
	}
	b := c.tx.Bucket(bucketTerm)
	b.FillPercent = fill
	var list []uint32
	for _, t := range m.sorted {
		list = list[:0]
		for _, place := range m.terms[t] {
			if r := ranks[place]; r != none {
				list = append(list, r)
			}
		}
		if len(list) == 0 {
			continue
		}
		slices.Sort(list)
		k := termKey(s.id, t)
		if err := b.Put(k, encodePosting(k, list, s.n)); err != nil {
			return err
		}
	}
	return nil
}

// drop takes a removed segment out.
func (x *index) drop(id uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.segments = slices.DeleteFunc(x.segments, func(s segment) bool { return s.id == id })
}
