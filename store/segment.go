package store

import (
	"bytes"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// segment is a closed part of the index. It never changes: a filing that does is indexed anew in the open part.
type segment struct {
	id          uint32
	n           int
	first, last entry
}

// stored is a segment seen through a transaction.
type stored struct {
	segment
	tx         *bolt.Tx
	terms      *bolt.Cursor // of the bucket; shared, since queries go through segments one by one
	key, value []byte       // read when first needed
	checked    int
}

func loadSegment(k, v []byte) (segment, error) {
	if len(k) != 4 {
		return segment{}, fmt.Errorf("%w: segment key of %d bytes", ErrCorrupt, len(k))
	}
	s := segment{id: uint32(k[0])<<24 | uint32(k[1])<<16 | uint32(k[2])<<8 | uint32(k[3])}
	var err error
	if s.n, err = countEntries(v); err != nil {
		return s, err
	}
	checked := 0
	if s.first, err = entryAt(k, v, 0, &checked); err != nil {
		return s, err
	}
	s.last, err = entryAt(k, v, s.n-1, &checked)
	return s, err
}

func (s *stored) len() int               { return s.n }
func (s *stored) bounds() (entry, entry) { return s.first, s.last }

func (s *stored) at(rank int) (entry, error) {
	if s.value == nil {
		s.key = segmentKey(s.id)
		s.value = s.tx.Bucket(bucketSegment).Get(s.key)
		if n, err := countEntries(s.value); err != nil || n != s.n {
			return entry{}, fmt.Errorf("%w: segment %d has changed", ErrCorrupt, s.id)
		}
	}
	return entryAt(s.key, s.value, rank, &s.checked)
}

// match gives the ranks that fit p; ok is false when there are none.
func (s *stored) match(p *plan, work *int) (set bitmap, ok bool, err error) {
	first := true
	for i := range len(p.exact) + len(p.words) {
		into := newBitmap(s.n)
		var any bool
		if i < len(p.exact) {
			any, err = s.collect(into, p.exact[i], false, work)
		} else {
			w := p.words[i-len(p.exact)]
			var code bool
			if code, err = s.collect(into, term(termTicker, w), false, work); err == nil {
				any, err = s.collect(into, term(termWord, w), true, work)
				any = any || code
			}
		}
		switch {
		case err != nil || !any:
			return nil, false, err
		case first:
			set, first = into, false
		case !set.and(into):
			return nil, false, nil
		}
	}
	return set, true, nil
}

// collect adds the ranks of one term, or of all that start with it.
func (s *stored) collect(set bitmap, t string, prefix bool, work *int) (any bool, err error) {
	want := termKey(s.id, t)
	for k, v := s.terms.Seek(want); k != nil; k, v = s.terms.Next() {
		*work += 1 + len(v)
		if prefix && !bytes.HasPrefix(k, want) || !prefix && !bytes.Equal(k, want) {
			return any, nil
		}
		if err := addPosting(set, s.n, k, v); err != nil {
			return false, err
		}
		any = true
		if !prefix {
			return true, nil
		}
	}
	return any, nil
}
