package store

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

// recent is how many of the last recorded indexes are at least kept in memory: a poll lists up to 2,000 rows a
// reader, nearly all of them recorded lately.
const recent = 20_000

// cache is what answers without a transaction. It is never ahead of the file: it learns after each commit.
type cache struct {
	mu        sync.RWMutex
	n         counters
	changes   uint64
	cursor    monitor.Cursor
	sealing   sealing
	young     map[int64]struct{} // recorded indexes, in two generations
	old       map[int64]struct{}
	bad       map[string]int64 // unknown rows: id → index
	specimens []specimen       // oldest first
}

// specimen is what is remembered of a kept answer.
type specimen struct {
	number uint64
	size   int
	hash   [sha256.Size]byte
}

func (c *cache) load(tx *bolt.Tx, names []string) (err error) {
	state := tx.Bucket(bucketState)
	if c.n, err = decodeCounters(state.Get(keyCounters)); err != nil {
		return err
	}
	if v := state.Get(keyCursor); v != nil {
		if c.cursor, err = decodeCursor(v); err != nil {
			return err
		}
	}
	if c.sealing, err = readSealing(tx); err != nil {
		return err
	}
	c.young, c.old = map[int64]struct{}{}, map[int64]struct{}{}
	seq := tx.Bucket(bucketSequence).Cursor()
	for k, v := seq.Last(); k != nil && len(c.young) < recent; k, v = seq.Prev() {
		if len(v) != 8 {
			return fmt.Errorf("read sequence: %w", ErrCorrupt)
		}
		c.young[int64(parseNumber(v))] = struct{}{}
	}
	c.bad = map[string]int64{}
	if err := eachBad(tx, func(r monitor.BadRow) { c.bad[r.ID] = r.Index }); err != nil {
		return err
	}
	return eachSpecimen(tx, func(n uint64, s monitor.Specimen) {
		c.specimens = append(c.specimens, specimen{n, len(s.Body), fingerprint(s)})
	})
}

// apply takes over what a committed change has changed.
func (c *cache) apply(ch *change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n = ch.n
	c.changes++
	for _, f := range ch.then {
		f()
	}
}

// learn remembers a recorded index. The caller holds the lock.
func (c *cache) learn(index int64) {
	if len(c.young) >= recent {
		c.old, c.young = c.young, make(map[int64]struct{}, recent)
	}
	c.young[index] = struct{}{}
}

// forget drops a pruned index. The caller holds the lock.
func (c *cache) forget(index int64) {
	delete(c.young, index)
	delete(c.old, index)
}

// strange gives those of indexes that the memory does not know as recorded.
func (c *cache) strange(indexes []int64) []int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []int64
	for _, i := range indexes {
		if _, ok := c.young[i]; ok {
			continue
		}
		if _, ok := c.old[i]; !ok {
			out = append(out, i)
		}
	}
	return out
}

func (c *cache) counters() counters {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.n
}

func (c *cache) lastCursor() monitor.Cursor {
	c.mu.RLock()
	defer c.mu.RUnlock()
	x := c.cursor
	x.Readers, x.Holes = slices.Clone(x.Readers), slices.Clone(x.Holes)
	return x
}

func (c *cache) lastSealing() sealing {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.sealing
}

// newBad gives those of rows that are not kept yet, each id once.
func (c *cache) newBad(rows []monitor.BadRow) []monitor.BadRow {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []monitor.BadRow
	for _, r := range rows {
		_, kept := c.bad[r.ID]
		if !kept && !slices.ContainsFunc(out, func(o monitor.BadRow) bool { return o.ID == r.ID }) {
			out = append(out, r)
		}
	}
	return out
}

func (c *cache) stats() monitor.Stats {
	n := c.counters()
	return monitor.Stats{
		Filings: int64(n.filings), Oldest: int64(n.oldest), Newest: int64(n.newest), Unknown: int64(n.unknown),
		Pending: int64(n.pending), Sent: int64(n.sent), Blocked: int64(n.blocked), OldestPending: n.oldestPending,
	}
}
