package store

import (
	"bytes"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

// Bolt is the file beneath, for its statistics.
func (db *DB) Bolt() *bolt.DB { return db.bolt }

// FindCounted is Find, with the work that it took.
func (db *DB) FindCounted(q monitor.Query) (monitor.Page, int, error) {
	w := &work{bound: db.work}
	page, err := db.find(q, true, w)
	return page, w.done, err
}

// Segments tells how many filings stand in each segment, and how many segments are not finished.
func (db *DB) Segments() (sizes []int, unfinished int, err error) {
	err = db.bolt.View(func(tx *bolt.Tx) error {
		list, rest, err := loadSegments(tx)
		for _, s := range list {
			sizes = append(sizes, s.size())
		}
		unfinished = len(rest)
		return err
	})
	return sizes, unfinished, err
}

// Outdate makes every segment one of an older vocabulary, that had no words of this one.
func (db *DB) Outdate() error {
	return db.update("outdate", func(c *change) error {
		list, _, err := loadSegments(c.tx)
		for _, s := range list {
			b := c.tx.Bucket(bucketSegment).Bucket(segmentKey(s.id))
			s.vocabulary--
			if err := b.Put(keyHead, s.head()); err != nil {
				return err
			}
			words := b.Cursor()
			for k, _ := words.Seek([]byte{termWord}); bytes.HasPrefix(k, []byte{termWord}); k, _ = words.Seek([]byte{termWord}) {
				if err := words.Delete(); err != nil {
					return err
				}
			}
		}
		return err
	})
}

// Repost gives the word's list in the first segment, when it is kept, other ranks, with a checksum that agrees; none
// take the list away.
func (db *DB) Repost(word string, change func(ranks []uint32, n int) []uint32) error {
	return db.bolt.Update(func(tx *bolt.Tx) error {
		list, _, err := loadSegments(tx)
		if err != nil {
			return err
		}
		s, key := list[0], []byte(term(termWord, word))
		b := tx.Bucket(bucketSegment).Bucket(segmentKey(s.id))
		set, ranks := newBitmap(s.n), []uint32(nil)
		if v := b.Get(key); v != nil {
			if err := addPosting(set, s.n, s.seed(), key, v); err != nil {
				return err
			}
		}
		for r := set.next(0, s.n); r >= 0; r = set.next(r+1, s.n) {
			ranks = append(ranks, uint32(r))
		}
		if ranks = change(ranks, s.n); len(ranks) == 0 {
			return b.Delete(key)
		}
		return b.Put(key, encodePosting(s.seed(), key, ranks, s.n))
	})
}

// BreakOff stops the upkeep before its next transaction, as Close does; the ledger goes on without.
func (db *DB) BreakOff() { db.upkeep.end() }

// HalfMerge, after BreakOff, begins a merge of what there is to merge, and leaves it after one step.
func (db *DB) HalfMerge() (bool, error) {
	list := mergeable(db.index.segments, db.size)
	if list == nil {
		return false, nil
	}
	db.upkeep.off = false // what BreakOff has ended does not begin by itself
	defer func() { db.upkeep.off = true }()
	m := &merger{db: db, from: list}
	if err := db.bolt.View(m.plan); err != nil {
		return false, err
	}
	err := db.update("half a merge", func(c *change) error {
		_, err := m.step(c)
		return err
	})
	return !m.done, err
}
