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
	mu         sync.RWMutex
	segments   []segment
	unfinished bool    // the file has a segment that does not count
	fresh      *memory // nil until it is first needed
}

// open reads the segments' bounds.
func (x *index) open(tx *bolt.Tx) error {
	segments, unfinished, err := loadSegments(tx)
	x.segments, x.unfinished = segments, len(unfinished) > 0
	return err
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
	s, err := c.writeSegment(uint32(c.n.segments), m, from, to)
	if err != nil {
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
		c.db.wake()
	})
	return nil
}

// writeSegment writes the entries of ranks from to to, and the posting list of each of their terms.
func (c *change) writeSegment(id uint32, m *memory, from, to int) (segment, error) {
	ranks := make([]uint32, len(m.entries)) // place → rank in the segment
	for i := range ranks {
		ranks[i] = leftOut
	}
	entries := make([]entry, 0, to-from)
	for _, place := range m.order[from:to] {
		ranks[place] = uint32(len(entries))
		entries = append(entries, m.entries[place])
	}
	b, err := c.tx.Bucket(bucketSegment).CreateBucketIfNotExists(segmentKey(id))
	if err != nil {
		return segment{}, err
	}
	b.FillPercent = fill
	seed := (&segment{id: id}).seed()
	var list []uint32
	for _, t := range together(m.sorted, m.young) {
		list = list[:0]
		for _, place := range m.terms[t] {
			if r := ranks[place]; r != leftOut {
				list = append(list, r)
			}
		}
		if len(list) == 0 {
			continue
		}
		slices.Sort(list)
		if err := b.Put([]byte(t), encodePosting(seed, []byte(t), list, len(entries))); err != nil {
			return segment{}, err
		}
	}
	return finish(b, id, entries)
}

// finish makes a segment of the lists in b: from then on it counts.
func finish(b *bolt.Bucket, id uint32, entries []entry) (segment, error) {
	s := segment{id: id, vocabulary: vocabulary, n: len(entries), first: entries[0], last: entries[len(entries)-1]}
	if err := b.Put(keyHead, s.head()); err != nil {
		return s, err
	}
	return s, b.Put(keyEntries, encodeEntries(segmentKey(id), entries))
}

// drop takes a removed segment out.
func (x *index) drop(id uint32) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.segments = slices.DeleteFunc(x.segments, func(s segment) bool { return s.id == id })
}
