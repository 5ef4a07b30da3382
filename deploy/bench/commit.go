package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"kapwatch/monitor"
	"kapwatch/store"
)

// commits records five filings at a time, as a poll does, beside the bare syncs of a file in the same folder.
type commits struct {
	db   *store.DB
	file *os.File
	g    *generator
}

func newCommits(ledger, dir string, s *sample, n int) (*commits, error) {
	g, err := newGenerator(s, n+1_000_000) // the filings of later days
	if err != nil {
		return nil, err
	}
	g.skip(n)
	db, err := store.Open(ledger, store.Options{})
	if err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(dir, "raw"))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	c := &commits{db, f, g}
	for range 3 { // the index of the newest filings is read at first use
		if _, err := c.five(); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	return c, nil
}

func (c *commits) close() error { return errors.Join(c.db.Close(), c.file.Close()) }

func (c *commits) five() (time.Duration, error) {
	now := time.Now().Truncate(time.Second)
	b := monitor.Batch{Cursor: monitor.Cursor{CommittedAt: now, BaselineAt: firstDay(), Readers: []string{"criteria"}}}
	for range 5 {
		e := c.g.entry()
		e.Filing.PublishedAt, e.Filing.SeenAt = now, now
		row := monitor.NewView(monitor.Record{Filing: e.Filing})
		e.Filing.Raw = row.AppendJSON(nil) // as long as a row of the list
		b.Entries = append(b.Entries, e)
	}
	return clocked(func() error { _, err := c.db.Record(b); return err })
}

func (c *commits) raw() (time.Duration, error) {
	return clocked(func() error {
		for i := range int64(2) {
			if _, err := c.file.WriteAt(make([]byte, 4096), i*4096); err != nil {
				return err
			}
			if err := syscall.Fdatasync(int(c.file.Fd())); err != nil {
				return err
			}
		}
		return nil
	})
}
