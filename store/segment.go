package store

import (
	"bytes"
	"fmt"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"
)

// vocabulary is the version of what newDocument makes of a filing. It must be raised when a text is split, folded
// or named otherwise than before: segments of another version are made anew, one piece after the other, and until
// then answer as they were.
const vocabulary = 1

// segment is a closed part of the index. Its lists never change: a filing that does is indexed anew in the open
// part.
type segment struct {
	id          uint32
	vocabulary  uint64
	start, n    int // ranks below start do not count: newer segments have those filings
	first, last entry
}

// size is the number of filings that count.
func (s *segment) size() int { return s.n - s.start }

// head is the value of keyHead.
func (s *segment) head() []byte {
	e := newEncoder(nil)
	e.uint(s.vocabulary)
	e.uint(uint64(s.start))
	return seal(append(segmentKey(s.id), keyHead...), e.b)
}

// seed begins the checksums of a segment's lists, so that one of another segment is not taken for its own.
func (s *segment) seed() uint32 { return crc32.Checksum(segmentKey(s.id), crcTable()) }

// loadSegment reads what is kept in memory of a segment; ok is false for one that is not finished.
func loadSegment(id uint32, b *bolt.Bucket) (s segment, ok bool, err error) {
	v := b.Get(keyEntries)
	if v == nil {
		return s, false, nil
	}
	s.id = id
	if s.n, err = countEntries(v); err != nil {
		return s, false, err
	}
	payload, err := unseal(append(segmentKey(id), keyHead...), b.Get(keyHead))
	if err != nil {
		return s, false, err
	}
	d := &decoder{b: payload}
	s.vocabulary, s.start = d.uint(), int(d.uint())
	if err := d.end(); err != nil {
		return s, false, err
	}
	if s.start < 0 || s.start >= s.n {
		return s, false, fmt.Errorf("%w: it starts at %d of %d", ErrCorrupt, s.start, s.n)
	}
	checked := 0
	if s.first, err = entryAt(segmentKey(id), v, s.start, &checked); err != nil {
		return s, false, err
	}
	s.last, err = entryAt(segmentKey(id), v, s.n-1, &checked)
	return s, true, err
}

// loadSegments reads all finished segments, and names the others.
func loadSegments(tx *bolt.Tx) (list []segment, unfinished []uint32, err error) {
	b := tx.Bucket(bucketSegment)
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		if len(k) != 4 {
			return nil, nil, fmt.Errorf("%w: segment key of %d bytes", ErrCorrupt, len(k))
		}
		id := uint32(k[0])<<24 | uint32(k[1])<<16 | uint32(k[2])<<8 | uint32(k[3])
		s, ok, err := loadSegment(id, b.Bucket(k))
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("read segment %d: %w", id, err)
		case ok:
			list = append(list, s)
		default:
			unfinished = append(unfinished, id)
		}
	}
	return list, unfinished, nil
}

// stored is a segment seen through a transaction.
type stored struct {
	segment
	all     *bolt.Bucket // of all segments
	key     []byte
	bucket  *bolt.Bucket // opened when first needed, as all that follows
	entries []byte
	checked int
	terms   *bolt.Cursor
}

// view looks at s in all, the bucket of all segments.
func view(s segment, all *bolt.Bucket) *stored { return &stored{segment: s, all: all} }

func (s *stored) open() error {
	if s.bucket != nil {
		return nil
	}
	s.key = segmentKey(s.id)
	if s.bucket = s.all.Bucket(s.key); s.bucket == nil {
		return fmt.Errorf("%w: segment %d is missing", ErrCorrupt, s.id)
	}
	s.terms = s.bucket.Cursor()
	return nil
}

func (s *stored) len() int               { return s.n }
func (s *stored) begin() int             { return s.start }
func (s *stored) bounds() (entry, entry) { return s.first, s.last }

func (s *stored) at(rank int) (entry, error) {
	if s.entries == nil {
		if err := s.open(); err != nil {
			return entry{}, err
		}
		v := s.bucket.Get(keyEntries)
		if n, err := countEntries(v); err != nil || n != s.n {
			return entry{}, fmt.Errorf("%w: segment %d has changed", ErrCorrupt, s.id)
		}
		s.entries = v
	}
	return entryAt(s.key, s.entries, rank, &s.checked)
}

// match gives the ranks that fit p; ok is false when there are none. The set is w's, until the next match.
func (s *stored) match(p *plan, w *work) (set bitmap, ok bool, err error) {
	if err := s.open(); err != nil {
		return nil, false, err
	}
	for i := range len(p.exact) + len(p.words) {
		var into bitmap
		if i < len(p.exact) {
			into, err = s.collect(i, p.exact[i], false, w)
		} else {
			into, err = s.collect(i, term(termWord, p.words[i-len(p.exact)]), true, w)
		}
		switch {
		case err != nil || into == nil:
			return nil, false, err
		case i == 0:
			set = into
		case !set.and(into):
			return nil, false, nil
		}
	}
	return set, true, nil
}

// collect gives the ranks of one term, or of all words that begin with it; nil when there are none.
func (s *stored) collect(i int, t string, prefix bool, w *work) (set bitmap, err error) {
	seed, want := s.seed(), []byte(t)
	for k, v := s.terms.Seek(want); k != nil; k, v = s.terms.Next() {
		w.add(len(k) + len(v))
		switch {
		case prefix && !bytes.HasPrefix(k, want), !prefix && !bytes.Equal(k, want):
			return set, nil
		case w.over():
			return nil, errTooMuch
		case prefix && longerCode(k, len(want)):
			continue
		case set == nil:
			set = w.bitmap(i, s.n)
		}
		if err := addPosting(set, s.n, seed, k, v); err != nil {
			return nil, err
		}
		if !prefix {
			return set, nil
		}
	}
	return set, nil
}
