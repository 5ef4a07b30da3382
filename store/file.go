package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// Errors of Open that have a remedy of their own.
var (
	ErrMode    = errors.New("the ledger's file can be read by others")       // chmod 600
	ErrForeign = errors.New("the file is not a kapwatch ledger")             // another store.path
	ErrNewer   = errors.New("the ledger was written by a newer kapwatch")    // the newer program
	ErrMissing = errors.New("there is no ledger, and none may be made here") // read-only only
)

// create makes an empty ledger at path, whole or not at all: a crash in between must not leave a file that the
// next start takes for a damaged one. Of two processes that come at once one wins, and both see its file.
func create(path string) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".new-*") // 0600
	if err != nil {
		return err
	}
	temp := f.Name()
	defer func() { err = errors.Join(err, os.Remove(temp)) }()
	if err := f.Close(); err != nil {
		return err
	}
	b, err := bolt.Open(temp, 0o600, nil)
	if err != nil {
		return err
	}
	err = b.Update(func(tx *bolt.Tx) error {
		if err := upgrade(tx); err != nil {
			return err
		}
		return tx.Bucket(bucketState).Put(keyCounters, counters{}.encode())
	})
	if err := errors.Join(err, b.Close()); err != nil {
		return err
	}
	if err := os.Link(temp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

// upgrade makes what the schema has and the file has not. It is one transaction, so a crash in it leaves the file as
// it was, and the next Open begins again.
func upgrade(tx *bolt.Tx) error {
	for _, name := range buckets() {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return tx.Bucket(bucketState).Put(keySchema, number(schema))
}

// examine refuses what bbolt would take: an empty file it would make its own, and one cut short would kill the
// process at the first read behind its end, since the file is mapped into memory.
func examine(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: not a regular file", ErrForeign)
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%w: mode %04o, want 0600", ErrMode, info.Mode().Perm())
	case info.Size() == 0:
		return fmt.Errorf("%w: it is empty", ErrCorrupt)
	}
	m, err := readMeta(f)
	if err != nil {
		return err
	}
	if need := int64(m.end) * m.pageSize; info.Size() < need {
		return fmt.Errorf("%w: cut short at %d of %d bytes", ErrCorrupt, info.Size(), need)
	}
	return nil
}

// meta is what the head of a file says.
type meta struct {
	pageSize      int64
	freelist, end uint64 // page of the free list; first page that was never used
	transaction   uint64
}

// readMeta reads the newest valid head. The layout is bbolt's file format, version 2, in the machine's byte order: a
// page head of 16 bytes, then magic, version, page size, flags (4 bytes each), root page and sequence, free list,
// first unused page, transaction, FNV-1a checksum (8 bytes each).
func readMeta(f io.ReaderAt) (newest meta, err error) {
	const magic, format = 0xED0CDAED, 2
	o := binary.NativeEndian
	known := false
	read := func(at int64) int64 {
		b := make([]byte, pageHead+64)
		if _, err := f.ReadAt(b, at); err != nil {
			return 0
		}
		b = b[pageHead:]
		known = known || o.Uint32(b) == magic
		h := fnv.New64a()
		h.Write(b[:56]) // a hash never fails
		if o.Uint32(b) != magic || o.Uint32(b[4:]) != format || o.Uint64(b[56:]) != h.Sum64() {
			return 0
		}
		m := meta{int64(o.Uint32(b[8:])), o.Uint64(b[32:]), o.Uint64(b[40:]), o.Uint64(b[48:])}
		if newest.end == 0 || m.transaction > newest.transaction {
			newest = m
		}
		return m.pageSize
	}
	if size := read(0); size > 0 {
		read(size)
	} else {
		for at := int64(1 << 10); at <= 1<<16; at <<= 1 { // the first is damaged: its page size is unknown
			read(at)
		}
	}
	switch {
	case newest.end > 0:
		return newest, nil
	case known:
		return meta{}, fmt.Errorf("%w: both heads are unreadable", ErrCorrupt)
	}
	return meta{}, ErrForeign
}
