package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"kapwatch/monitor"
)

// Options of Open. The zero value is right for a daemon.
type Options struct {
	Timeout  time.Duration    // how long to wait for another process to let go of the file; 0 = 2 s
	Now      func() time.Time // nil = time.Now
	Log      *slog.Logger     // nil = none
	ReadOnly bool             // never write, never create; another reader may have the file open too
	NoSync   bool             // for tests: a commit that the disk has not confirmed is no commit
	Segment  int              // filings in memory at which a part of the search index is written; 0 = 16384, about three weeks
	Work     int              // bound on the work of one query, about one per byte read; 0 = 4 million (about 20 ms)
}

// DB is a ledger in one bbolt file. It is safe for concurrent use.
type DB struct {
	bolt  *bolt.DB
	path  string
	file  os.FileInfo // as it was opened
	now   func() time.Time
	size  int // Options.Segment
	work  int
	names names
	index index
	cache cache
	spare sync.Pool // *work: the room of a query that is over

	log    *slog.Logger
	upkeep upkeep

	write  sync.Mutex // held by the one writer
	broken error      // a commit ended ambiguously: only the file knows, and this process must not write again
}

// Open opens the ledger at path. Where there is none it makes one, 0600, and missing folders with 0700. The error
// wraps monitor.ErrLocked when another process has the file, and ErrMode, ErrForeign, ErrNewer or ErrCorrupt when
// the file is refused; it is then left as it was.
func Open(path string, o Options) (*DB, error) {
	db, err := open(path, o)
	if err != nil {
		return nil, fmt.Errorf("open ledger %q: %w", path, err)
	}
	return db, nil
}

func open(path string, o Options) (*DB, error) {
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Segment == 0 {
		o.Segment = 16 << 10
	}
	if o.Work == 0 {
		o.Work = 4 << 20
	}
	err := examine(path)
	if errors.Is(err, fs.ErrNotExist) {
		if o.ReadOnly {
			return nil, ErrMissing
		}
		if err = create(path); err == nil {
			o.Log.Info("ledger created", "path", path)
			err = examine(path)
		}
	}
	if err != nil {
		return nil, err
	}
	b, err := openBolt(path, o)
	if err != nil {
		return nil, err
	}
	file, err := os.Stat(path)
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	db := &DB{bolt: b, path: path, file: file, now: o.Now, size: o.Segment, work: o.Work, log: o.Log}
	if err := guard(func() error { return db.read(o) }); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	db.upkeep.off = o.ReadOnly
	db.wake()
	o.Log.Debug("ledger opened", "path", path, "filings", db.cache.counters().filings)
	return db, nil
}

func openBolt(path string, o Options) (b *bolt.DB, err error) {
	err = guard(func() error {
		// The array gives the lowest free pages, so that what a commit writes lies together: on a disk that takes
		// thirteen scattered pages in 420 µs, the map's choice, it takes as many in a row in 230.
		b, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout: o.Timeout, ReadOnly: o.ReadOnly, NoSync: o.NoSync, FreelistType: bolt.FreelistArrayType,
		})
		return err
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, monitor.ErrLocked
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch), errors.Is(err, berrors.ErrChecksum):
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return b, err
}

// guard turns the panics by which bbolt and the memory map tell of damage into errors. It is for reading a file
// that is not trusted yet; a panic later on must end the process.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrCorrupt, p)
		}
	}()
	return f()
}

// read makes sure that the file is a ledger, brings an older one to this schema, and loads it.
func (db *DB) read(o Options) error {
	var from uint64
	var whole bool
	err := db.bolt.View(func(tx *bolt.Tx) (err error) {
		if err := db.checkTree(tx, false); err != nil {
			return err
		}
		from, whole, err = recognise(tx)
		return err
	})
	if err == nil && !whole && !o.ReadOnly {
		if err = db.bolt.Update(upgrade); err == nil {
			o.Log.Info("ledger upgraded", "path", db.path, "from", from, "to", schema)
		}
	}
	if err != nil {
		return err
	}
	return db.bolt.View(db.load)
}

// recognise gives the schema of a ledger, and whether it has all that this program's has.
func recognise(tx *bolt.Tx) (version uint64, whole bool, err error) {
	whole = true
	for i, name := range buckets() {
		switch {
		case tx.Bucket(name) != nil:
		case i < firstBuckets:
			return 0, false, fmt.Errorf("%w: bucket %q is missing", ErrForeign, name)
		default:
			whole = false
		}
	}
	v := tx.Bucket(bucketState).Get(keySchema)
	if len(v) != 8 {
		return 0, false, fmt.Errorf("%w: no schema", ErrForeign)
	}
	version = parseNumber(v)
	if version > schema {
		return 0, false, fmt.Errorf("%w: schema %d, this one knows %d", ErrNewer, version, schema)
	}
	return version, whole && version == schema, nil
}

// load reads what is kept in memory. The search index of the newest filings follows at its first use.
func (db *DB) load(tx *bolt.Tx) error {
	if err := db.names.load(tx); err != nil {
		return err
	}
	if err := db.cache.load(tx, db.names.all()); err != nil {
		return err
	}
	return db.index.open(tx)
}

// Close waits for transactions under way and closes the file. What was to be done about the index is done after the
// next Open.
func (db *DB) Close() error {
	db.upkeep.end()
	db.write.Lock()
	defer db.write.Unlock()
	if err := db.bolt.Close(); err != nil {
		return fmt.Errorf("close ledger: %w", err)
	}
	return nil
}

// Path is the file.
func (db *DB) Path() string { return db.path }

// InPlace reports an error when another file, or none, stands where the ledger was opened. What is written then goes
// on into the open file, which is gone with the process.
func (db *DB) InPlace() error {
	now, err := os.Stat(db.path)
	switch {
	case err == nil && os.SameFile(now, db.file):
		return nil
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the ledger's file %q was removed or replaced while it is open", db.path)
	}
	return fmt.Errorf("look for the ledger's file: %w", err)
}

// WriteTo writes a copy of the ledger as it stands now, while it goes on being written. The copy is a ledger file.
func (db *DB) WriteTo(w io.Writer) (n int64, err error) {
	err = db.bolt.View(func(tx *bolt.Tx) error {
		n, err = tx.WriteTo(w)
		return err
	})
	if err != nil {
		return n, fmt.Errorf("copy ledger: %w", err)
	}
	return n, nil
}

// Changes is a number that grows with every commit of this process: what Find, Get or Receipt said when it was n is
// what they say while it is n.
func (db *DB) Changes() uint64 {
	db.cache.mu.RLock()
	defer db.cache.mu.RUnlock()
	return db.cache.changes
}

// Stats gives the counters. Pending are alerts that are neither sent nor blocked, held ones included;
// OldestPending is the creation of the oldest of them.
func (db *DB) Stats() monitor.Stats {
	s := db.cache.stats()
	if info, err := os.Stat(db.path); err == nil { // gone while open: the size alone is unknown
		s.Bytes = info.Size()
	}
	return s
}
