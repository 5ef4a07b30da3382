package store

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"kapwatch/monitor"
)

// errNothing leaves a change without a trace: no commit, no sync.
var errNothing = errors.New("nothing to write")

// change is one write transaction.
type change struct {
	db      *DB
	tx      *bolt.Tx
	now     time.Time
	n       counters
	known   []string   // the dictionary when the change began
	sealing sealing    // the receipts that are sealed, those that this change seals included
	docs    []document // filings to be indexed
	then    []func()   // what the memory learns once the commit is done; run with the cache locked
}

// update runs f in one write transaction. An error from before the commit has changed nothing. An error of the
// commit itself is ambiguous, but for a lack of space that left the file at the last transaction: that one wraps
// monitor.ErrFull. After any other the DB refuses to write.
func (db *DB) update(act string, f func(*change) error) error {
	db.write.Lock()
	defer db.write.Unlock()
	if db.broken != nil {
		return fmt.Errorf("%s: an earlier commit ended unclear: %w", act, db.broken)
	}
	if err := db.index.ensure(db); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	c := &change{db: db, now: db.now(), n: db.cache.counters(), known: db.names.all()}
	committing := false
	before := db.transaction()
	err := db.bolt.Update(func(tx *bolt.Tx) error {
		c.tx = tx
		if err := c.sealReceipts(); err != nil {
			return err
		}
		if err := f(c); err != nil {
			return err
		}
		if err := c.finish(); err != nil {
			return err
		}
		committing = true
		return nil
	})
	if err == nil {
		db.cache.apply(c)
		return nil
	}
	db.names.restore(c.known)
	db.index.forget(len(c.docs) > 0)
	switch {
	case errors.Is(err, errNothing):
		return nil
	case committing && full(err) && db.transaction() == before:
		return fmt.Errorf("%s: %w: %w", act, monitor.ErrFull, err)
	case committing:
		db.broken = err
	}
	return fmt.Errorf("%s: %w", act, err)
}

// transaction is the number of the last transaction that the file has, 0 when it cannot be told.
func (db *DB) transaction() (id int) {
	err := db.bolt.View(func(tx *bolt.Tx) error {
		id = tx.ID()
		return nil
	})
	if err != nil {
		return 0
	}
	return id
}

// full reports whether err tells of a lack of space. bbolt v1.5.0 flattens the errors of growing the file to text,
// so the text of the three numbers is looked for as well.
func full(err error) bool {
	if errors.Is(err, berrors.ErrMaxSizeReached) {
		return true
	}
	for _, n := range []syscall.Errno{syscall.ENOSPC, syscall.EFBIG, syscall.EDQUOT} {
		if errors.Is(err, n) || strings.Contains(err.Error(), n.Error()) {
			return true
		}
	}
	return false
}

// finish writes what every change carries along.
func (c *change) finish() error {
	if err := c.pruneRaw(); err != nil {
		return err
	}
	if err := c.indexDocuments(); err != nil {
		return err
	}
	if err := c.putNames(); err != nil {
		return err
	}
	c.n.oldest, c.n.newest = 0, 0
	filings := c.tx.Bucket(bucketFiling).Cursor()
	if k, _ := filings.First(); k != nil {
		c.n.oldest = parseNumber(k)
	}
	if k, _ := filings.Last(); k != nil {
		c.n.newest = parseNumber(k)
	}
	c.n.oldestPending = time.Time{}
	if k, _ := c.tx.Bucket(bucketOpen).Cursor().Seek([]byte{kindPending}); len(k) > 9 && k[0] == kindPending {
		c.n.oldestPending = openTime(k)
	}
	return c.tx.Bucket(bucketState).Put(keyCounters, c.n.encode())
}

// pruneRaw removes the raw rows that are old enough, a bounded number at a time.
func (c *change) pruneRaw() error {
	end := dayNumber(c.now) - keepRaw
	b := c.tx.Bucket(bucketRaw)
	cur := b.Cursor()
	k, _ := cur.First()
	for n := 0; n < pruneRaw && len(k) == 16 && parseNumber(k) < end; n++ {
		if err := cur.Delete(); err != nil {
			return err
		}
		k, _ = cur.First()
	}
	return nil
}

// counters are kept with every change and never counted by a scan.
type counters struct {
	filings, sequence      uint64 // recorded now; last sequence given
	unknown                uint64
	pending, sent, blocked uint64
	sealed                 uint64 // last sequence that stands in a segment
	segments               uint64 // last segment number given
	specimens              uint64 // last specimen number given
	revision               uint64 // last revision given
	oldest, newest         uint64 // index
	oldestPending          time.Time
}

func (n counters) encode() []byte {
	e := newEncoder(nil)
	for _, v := range n.fields() {
		e.uint(*v)
	}
	e.time(n.oldestPending)
	return seal(keyCounters, e.b)
}

func (n *counters) fields() []*uint64 {
	return []*uint64{
		&n.filings, &n.sequence, &n.unknown, &n.pending, &n.sent, &n.blocked, &n.sealed, &n.segments, &n.specimens,
		&n.revision, &n.oldest, &n.newest,
	}
}

func decodeCounters(value []byte) (n counters, err error) {
	payload, err := unseal(keyCounters, value)
	if err != nil {
		return n, fmt.Errorf("read counters: %w", err)
	}
	d := &decoder{b: payload}
	for _, v := range n.fields() {
		*v = d.uint()
	}
	n.oldestPending = d.time()
	return n, d.end()
}
