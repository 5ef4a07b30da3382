package store

import (
	"fmt"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

func encodeEdit(key []byte, x *monitor.Edit, name func(string, int) (uint64, bool)) []byte {
	e := newEncoder(name)
	e.time(x.At)
	e.names(x.Reader)
	e.uint(uint64(len(x.Fields)))
	for _, f := range x.Fields {
		e.named(f.Field, dictionary/4) // a form's own labels are among them
		e.str(f.Before)
		e.str(f.After)
	}
	return seal(key, e.b)
}

func decodeEdit(key, value []byte, names []string) (monitor.Edit, error) {
	payload, err := unseal(key, value)
	if err != nil {
		return monitor.Edit{}, err
	}
	d := &decoder{b: payload, names: names}
	x := monitor.Edit{At: d.time(), Reader: d.named()}
	x.Fields = list(d, func() monitor.FieldEdit {
		return monitor.FieldEdit{Field: d.named(), Before: d.str(), After: d.str()}
	})
	return x, d.end()
}

// edits reads the edits of one filing, oldest first.
func edits(tx *bolt.Tx, index int64, names []string) (out []monitor.Edit, err error) {
	err = eachPair(tx, bucketEdit, index, func(k, v []byte) error {
		x, err := decodeEdit(k, v, names)
		if err != nil {
			return fmt.Errorf("edit %d: %w", parseNumber(k[8:]), err)
		}
		out = append(out, x)
		return nil
	})
	return out, err
}

// putEdits adds edits behind those that h tells of.
func (c *change) putEdits(index int64, h *header, list []monitor.Edit) error {
	for i := range list {
		h.edits++
		key := pairKey(index, h.edits)
		if err := c.tx.Bucket(bucketEdit).Put(key, encodeEdit(key, &list[i], c.name)); err != nil {
			return err
		}
	}
	return nil
}

// later gives the filings that link to one.
func later(tx *bolt.Tx, index int64) (out []int64) {
	_ = eachPair(tx, bucketLater, index, func(k, _ []byte) error { // only f fails
		out = append(out, int64(parseNumber(k[8:])))
		return nil
	})
	return out
}

// putLater has the filings that links lead to know of index.
func (c *change) putLater(index int64, links []monitor.Link) error {
	for _, l := range links {
		if err := c.tx.Bucket(bucketLater).Put(pairKey(l.Index, uint64(index)), nil); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) dropLater(index int64, links []monitor.Link) error {
	for _, l := range links {
		if err := c.tx.Bucket(bucketLater).Delete(pairKey(l.Index, uint64(index))); err != nil {
			return err
		}
	}
	return nil
}

// eachPair goes through the keys (index, number) of a bucket that came with schema 2; an older ledger, opened
// read-only, lacks it.
func eachPair(tx *bolt.Tx, bucket []byte, index int64, f func(k, v []byte) error) error {
	b := tx.Bucket(bucket)
	if b == nil {
		return nil
	}
	prefix, c := indexKey(index), b.Cursor()
	for k, v := c.Seek(prefix); len(k) == 16 && string(k[:8]) == string(prefix); k, v = c.Next() {
		if err := f(k, v); err != nil {
			return err
		}
	}
	return nil
}

// dropEdits removes the edits of a filing.
func (c *change) dropEdits(index int64) error {
	var keys [][]byte
	err := eachPair(c.tx, bucketEdit, index, func(k, _ []byte) error {
		keys = append(keys, append([]byte(nil), k...))
		return nil
	})
	for _, k := range keys {
		if err == nil {
			err = c.tx.Bucket(bucketEdit).Delete(k)
		}
	}
	return err
}

// history reads every edit, and that there are as many as the records tell of.
func (v *verification) history() error {
	b := v.tx.Bucket(bucketEdit)
	if b == nil {
		return nil // an older ledger, opened read-only
	}
	names, n := v.db.names.all(), uint64(0)
	err := b.ForEach(func(k, value []byte) error {
		n++
		if _, err := decodeEdit(k, value, names); err != nil {
			return v.fault("edit %x: %v", k, err)
		}
		return nil
	})
	if err == nil && n != v.edits {
		err = v.fault("%d edits kept, the records tell of %d", n, v.edits)
	}
	return err
}

// links checks that what r links to knows of it.
func (v *verification) links(r *monitor.Record) error {
	for _, l := range r.Links {
		if b := v.tx.Bucket(bucketLater); b == nil || b.Get(pairKey(l.Index, uint64(r.Filing.Index))) == nil {
			return fmt.Errorf("filing %d does not know that %d links to it", l.Index, r.Filing.Index)
		}
	}
	return nil
}
