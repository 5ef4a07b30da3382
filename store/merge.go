package store

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	bolt "go.etcd.io/bbolt"
)

const (
	mergeOf   = 8  // small segments that become one: a look at a rare word costs the same in each
	mergeStep = 64 // bytes of lists for each filing of a small segment that one transaction of a merge writes: 1 MB
)

// mergeable gives the earliest in time of the small segments, when there are enough of them.
func mergeable(list []segment, size int) []segment {
	small := slices.DeleteFunc(slices.Clone(list), func(s segment) bool { return s.n >= size*mergeOf/2 })
	if len(small) < mergeOf {
		return nil
	}
	slices.SortFunc(small, func(a, b segment) int { return a.first.compare(b.first) })
	return small[:mergeOf]
}

// merge makes one segment of several, in steps of bounded size; it counts with the last one. Filings that have been
// amended or removed are left out.
func (db *DB) merge(list []segment) error {
	m := &merger{db: db, from: list}
	if err := db.bolt.View(m.plan); err != nil {
		return fmt.Errorf("merge index: %w", err)
	}
	for !m.done {
		if err := db.tend("merge index", m.step); err != nil {
			db.index.mu.Lock()
			db.index.unfinished = true
			db.index.mu.Unlock()
			return err
		}
	}
	return nil
}

// leftOut is the rank of filings that a segment is made without.
const leftOut = math.MaxUint32

// merger is a merge under way.
type merger struct {
	db      *DB
	from    []segment
	ranks   [][]uint32 // for each of from: rank there → rank in the new one, or leftOut
	entries []entry
	id      uint32 // of the new one; 0 before the first step
	next    []byte // first term that is not written yet
	done    bool
}

// plan decides which filings the new segment has, and where.
func (m *merger) plan(tx *bolt.Tx) error {
	type place struct {
		entry
		of, rank int
	}
	n := 0
	for _, s := range m.from {
		n += s.size()
	}
	all := make([]place, 0, n)
	filings := tx.Bucket(bucketFiling)
	for i, s := range m.from {
		if err := m.db.upkeep.check(); err != nil {
			return err
		}
		m.ranks = append(m.ranks, slices.Repeat([]uint32{leftOut}, s.n))
		v := view(s, tx.Bucket(bucketSegment))
		for rank := s.start; rank < s.n; rank++ {
			e, err := v.at(rank)
			if err != nil {
				return err
			}
			key := indexKey(e.index)
			payload, err := current(e, key, filings.Get(key))
			if err != nil {
				return err
			}
			if payload != nil {
				all = append(all, place{e, i, rank})
			}
		}
	}
	m.entries = make([]entry, 0, len(all))
	slices.SortFunc(all, func(a, b place) int { return a.compare(b.entry) })
	for i, p := range all {
		m.ranks[p.of][p.rank] = uint32(i)
		m.entries = append(m.entries, p.entry)
	}
	return nil
}

// source is one of the merged segments, at a term.
type source struct {
	*stored
	ranks       []uint32
	set         bitmap // of the list being read
	term, value []byte
}

// skip passes over what is no list.
func (s *source) skip() {
	for string(s.term) == string(keyEntries) || string(s.term) == string(keyHead) {
		s.term, s.value = s.terms.Next()
	}
}

// step writes some of the lists, and with the last of them the rest.
func (m *merger) step(c *change) (func(*index), error) {
	if m.id == 0 {
		c.n.segments++
		m.id = uint32(c.n.segments)
	}
	b, err := c.tx.Bucket(bucketSegment).CreateBucketIfNotExists(segmentKey(m.id))
	if err != nil {
		return nil, err
	}
	b.FillPercent = fill
	var sources []*source
	for i, s := range m.from {
		v, err := c.find(s.id)
		if err != nil {
			return nil, err
		}
		if v == nil { // removed meanwhile: start again with what is there
			m.done = true
			return func(x *index) { x.unfinished = true }, nil
		}
		x := &source{stored: v, ranks: m.ranks[i], set: newBitmap(s.n)}
		x.term, x.value = v.terms.Seek(m.next)
		x.skip()
		sources = append(sources, x)
	}
	for written := 0; written < mergeStep*m.db.size; {
		t := least(sources)
		if t == nil {
			return m.finish(c, b)
		}
		n, err := m.list(b, sources, t)
		if err != nil {
			return nil, err
		}
		written += n
	}
	m.next = slices.Clone(least(sources)) // the page that it stands on dies with the transaction
	if m.next == nil {
		return m.finish(c, b)
	}
	return nil, nil
}

// least is the first term that a source is at, nil at the end of all.
func least(sources []*source) (t []byte) {
	for _, x := range sources {
		if x.term != nil && (t == nil || bytes.Compare(x.term, t) < 0) {
			t = x.term
		}
	}
	return t
}

// list writes the list of t and moves the sources on. It gives the bytes written.
func (m *merger) list(b *bolt.Bucket, sources []*source, t []byte) (int, error) {
	t = slices.Clone(t)
	var list []uint32
	for _, x := range sources {
		if !bytes.Equal(x.term, t) {
			continue
		}
		clear(x.set)
		if err := addPosting(x.set, x.n, x.seed(), x.term, x.value); err != nil {
			return 0, err
		}
		for r := x.set.next(0, x.n); r >= 0; r = x.set.next(r+1, x.n) {
			if to := x.ranks[r]; to != leftOut {
				list = append(list, to)
			}
		}
		x.term, x.value = x.terms.Next()
		x.skip()
	}
	if len(list) == 0 {
		return 1, nil
	}
	slices.Sort(list)
	value := encodePosting((&segment{id: m.id}).seed(), t, list, len(m.entries))
	return len(t) + len(value), b.Put(t, value)
}

// finish puts the new segment in the place of the others.
func (m *merger) finish(c *change, b *bolt.Bucket) (func(*index), error) {
	all := c.tx.Bucket(bucketSegment)
	var add []segment
	if len(m.entries) == 0 {
		if err := all.DeleteBucket(segmentKey(m.id)); err != nil {
			return nil, err
		}
	} else {
		s, err := finish(b, m.id, m.entries)
		if err != nil {
			return nil, err
		}
		add = append(add, s)
	}
	for _, s := range m.from {
		if err := all.DeleteBucket(segmentKey(s.id)); err != nil {
			return nil, err
		}
	}
	m.done = true
	return func(x *index) { x.replace(m.from, add) }, nil
}
