package store

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"kapwatch/monitor"
)

// upkeep keeps the index in shape, beside everything else and in short transactions: it makes segments of another
// vocabulary anew and merges small ones. It runs only while there is something to do. What a crash or Close breaks
// off goes on after the next Open; until it is done, searches are answered by what is there.
type upkeep struct {
	mu      sync.Mutex
	off     bool          // closed, or read only
	running chan struct{} // closed when the work is done; nil while there is none
	wanted  bool          // something came up while it was running
}

// wake has the index looked after when there is something to do.
func (db *DB) wake() {
	u := &db.upkeep
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.off:
	case u.running != nil:
		u.wanted = true
	default:
		u.running = make(chan struct{})
		go db.lookAfter()
	}
}

// lookAfter works until there is nothing left to do.
func (db *DB) lookAfter() {
	u := &db.upkeep
	for {
		err := db.tidy()
		if err != nil && !errors.Is(err, errClosed) {
			// Searches stay right without it. After an unclear commit no later one succeeds, and the loop says so.
			db.log.Warn("index upkeep put off", "err", err)
		}
		u.mu.Lock()
		if u.off || err != nil || !u.wanted {
			close(u.running)
			u.running, u.wanted = nil, false
			u.mu.Unlock()
			return
		}
		u.wanted = false
		u.mu.Unlock()
	}
}

// end stops the work after the transaction under way.
func (u *upkeep) end() {
	u.mu.Lock()
	u.off = true
	u.mu.Unlock()
	u.wait()
}

func (u *upkeep) wait() {
	u.mu.Lock()
	running := u.running
	u.mu.Unlock()
	if running != nil {
		<-running
	}
}

// Wait returns when nothing is left to do about the index, or cannot be done now. Nothing depends on it but what is
// measured.
func (db *DB) Wait() { db.upkeep.wait() }

// errClosed ends a piece of work between two transactions.
var errClosed = errors.New("the ledger is being closed")

func (u *upkeep) check() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.off {
		return errClosed
	}
	return nil
}

// tidy does all that there is to do.
func (db *DB) tidy() error {
	for {
		x := &db.index
		x.mu.RLock()
		unfinished, list := x.unfinished, slices.Clone(x.segments)
		x.mu.RUnlock()
		if unfinished {
			if err := db.sweep(); err != nil {
				return fmt.Errorf("sweep index: %w", err)
			}
		}
		old := slices.IndexFunc(list, func(s segment) bool { return s.vocabulary != vocabulary })
		small := mergeable(list, db.size)
		var err error
		switch {
		case old >= 0:
			err = db.renew(list[old])
		case small != nil:
			err = db.merge(small)
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// tend runs f in a write transaction. What f gives is done to the list of segments once that is committed, and no
// reader sees the one without the other.
func (db *DB) tend(act string, f func(*change) (func(*index), error)) error {
	if err := db.upkeep.check(); err != nil {
		return err
	}
	x, locked := &db.index, false
	err := db.update(act, func(c *change) error {
		swap, err := f(c)
		if err != nil || swap == nil {
			return err
		}
		x.mu.Lock()
		locked = true
		c.then = append(c.then, func() { swap(x) })
		return nil
	})
	if locked {
		x.mu.Unlock()
	}
	return err
}

// sweep removes what is left of segments that were not finished.
func (db *DB) sweep() error {
	return db.tend("sweep index", func(c *change) (func(*index), error) {
		_, unfinished, err := loadSegments(c.tx)
		if err != nil {
			return nil, err
		}
		for _, id := range unfinished {
			if err := c.tx.Bucket(bucketSegment).DeleteBucket(segmentKey(id)); err != nil {
				return nil, err
			}
		}
		return func(x *index) { x.unfinished = false }, nil
	})
}

// renew makes the first part of s anew from the records, as a segment of its own, and has s begin behind it. Each
// step is whole, so that an upgrade may be interrupted anywhere.
func (db *DB) renew(s segment) error {
	return db.tend("renew index", func(c *change) (func(*index), error) {
		old, err := c.find(s.id)
		if err != nil || old == nil {
			return nil, err
		}
		end := min(old.start+db.size, old.n)
		m, err := c.reread(old, end)
		if err != nil {
			return nil, err
		}
		var add []segment
		if m.len() > 0 {
			c.n.segments++
			s, err := c.writeSegment(uint32(c.n.segments), m, 0, m.len())
			if err != nil {
				return nil, err
			}
			add = append(add, s)
		}
		if end == old.n {
			if err := c.tx.Bucket(bucketSegment).DeleteBucket(old.key); err != nil {
				return nil, err
			}
		} else {
			rest := old.segment
			rest.start = end
			if rest.first, err = old.at(end); err != nil {
				return nil, err
			}
			if err := old.bucket.Put(keyHead, rest.head()); err != nil {
				return nil, err
			}
			add = append(add, rest)
		}
		return func(x *index) { x.replace([]segment{old.segment}, add) }, nil
	})
}

// find gives a segment as the file has it, nil when it is gone.
func (c *change) find(id uint32) (*stored, error) {
	b := c.tx.Bucket(bucketSegment).Bucket(segmentKey(id))
	if b == nil {
		return nil, nil
	}
	s, ok, err := loadSegment(id, b)
	if err != nil || !ok {
		return nil, err
	}
	v := view(s, c.tx.Bucket(bucketSegment))
	return v, v.open()
}

// reread indexes the filings of s below end in memory.
func (c *change) reread(s *stored, end int) (*memory, error) {
	var docs []document
	filings := c.tx.Bucket(bucketFiling)
	for rank := s.start; rank < end; rank++ {
		e, err := s.at(rank)
		if err != nil {
			return nil, err
		}
		key := indexKey(e.index)
		payload, err := current(e, key, filings.Get(key))
		if err != nil {
			return nil, err
		}
		if payload == nil {
			continue
		}
		var r monitor.Record
		h, err := c.db.assemble(c.tx, &r, e.index, payload, false)
		if err != nil {
			return nil, err
		}
		docs = append(docs, newDocument(h, &r))
	}
	m := newMemory()
	m.add(docs)
	return m, nil
}

// replace takes old segments out and new ones in. The caller holds the lock.
func (x *index) replace(old, add []segment) {
	x.segments = slices.DeleteFunc(x.segments, func(s segment) bool {
		return slices.ContainsFunc(old, func(o segment) bool { return o.id == s.id })
	})
	x.segments = append(x.segments, add...)
}
