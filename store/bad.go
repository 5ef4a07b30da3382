package store

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

// The ring of kept specimens is bounded both ways.
const (
	maxSpecimens     = 16
	maxSpecimenBytes = 64 << 20
)

func encodeBad(r *monitor.BadRow) []byte {
	e := newEncoder(nil)
	e.int(r.Index)
	e.str(r.Reader)
	e.str(r.Err)
	e.time(r.SeenAt)
	e.bytes(r.Raw)
	if !r.PublishedAt.IsZero() || !r.NamedAt.IsZero() {
		e.time(r.PublishedAt)
		e.time(r.NamedAt)
	}
	return seal([]byte(r.ID), e.b)
}

// decodeBad reads an unknown one. An older program wrote neither its publish time nor whether it was named.
func decodeBad(key, value []byte) (r monitor.BadRow, err error) {
	payload, err := unseal(key, value)
	if err != nil {
		return r, fmt.Errorf("read unknown row %q: %w", key, err)
	}
	d := &decoder{b: payload}
	r = monitor.BadRow{ID: string(key), Index: d.int(), Reader: d.str(), Err: d.str(), SeenAt: d.time(), Raw: d.bytes()}
	if len(d.b) > 0 {
		r.PublishedAt, r.NamedAt = d.time(), d.time()
	}
	return r, d.end()
}

// eachBad reads the unknown ones in order of their ids, those named included.
func eachBad(tx *bolt.Tx, f func(monitor.BadRow)) error {
	return tx.Bucket(bucketBad).ForEach(func(k, v []byte) error {
		r, err := decodeBad(k, v)
		if err == nil {
			f(r)
		}
		return err
	})
}

// putBad keeps unknown rows, but for those whose index is recorded.
func (c *change) putBad(rows []monitor.BadRow) (n int, err error) {
	b, filings := c.tx.Bucket(bucketBad), c.tx.Bucket(bucketFiling)
	for i := range rows {
		r := &rows[i]
		if r.ID == "" {
			return n, fmt.Errorf("unknown row of reader %q has no id", r.Reader)
		}
		if r.Index != 0 && filings.Get(indexKey(r.Index)) != nil {
			continue
		}
		if err := b.Put([]byte(r.ID), encodeBad(r)); err != nil {
			return n, err
		}
		if err := c.putAmendment(dayNumber(r.Day()), named(r)+" was seen and is not recorded", anUnknown()); err != nil {
			return n, err
		}
		n++
		c.n.unknown++
		c.then = append(c.then, func() { c.db.cache.bad[r.ID] = r.Index })
	}
	return n, nil
}

// dropBad ends the unknown rows of an index that is recorded now.
func (c *change) dropBad(index int64) error {
	for id, i := range c.db.cache.bad { // written only by the change that is under way
		if i != index {
			continue
		}
		if _, err := c.dropBadRow(id, "is recorded at last"); err != nil {
			return err
		}
	}
	return nil
}

// named says in an amendment which unknown one is meant.
func named(r *monitor.BadRow) string {
	if r.Index == 0 {
		return "a row without an index"
	}
	return fmt.Sprintf("filing %d", r.Index)
}

// dropBadRow ends one unknown row, if it is there still; why is for its receipt.
func (c *change) dropBadRow(id, why string) (dropped bool, err error) {
	b := c.tx.Bucket(bucketBad)
	v := b.Get([]byte(id))
	if v == nil {
		return false, nil
	}
	r, err := decodeBad([]byte(id), v)
	if err != nil {
		return false, err
	}
	if r.NamedAt.IsZero() {
		c.n.unknown--
	}
	var by fates
	by.sub(anUnknown())
	if err := c.putAmendment(dayNumber(r.Day()), named(&r)+" "+why, by); err != nil {
		return false, err
	}
	c.then = append(c.then, func() { delete(c.db.cache.bad, id) })
	return true, b.Delete([]byte(id))
}

// nameBadRow notes that operators have been told which one stays unknown: it is counted in its receipt only.
func (c *change) nameBadRow(id string) (named bool, err error) {
	b := c.tx.Bucket(bucketBad)
	v := b.Get([]byte(id))
	if v == nil {
		return false, nil
	}
	r, err := decodeBad([]byte(id), v)
	if err != nil || !r.NamedAt.IsZero() {
		return false, err
	}
	r.NamedAt = c.now
	c.n.unknown--
	return true, b.Put([]byte(id), encodeBad(&r))
}

// pruneBad ends those that belong to a day that is no longer kept.
func (c *change) pruneBad(before time.Time) error {
	var old []string
	err := eachBad(c.tx, func(r monitor.BadRow) {
		if r.Day().Before(before) {
			old = append(old, r.ID)
		}
	})
	for _, id := range old {
		if _, err := c.dropBadRow(id, "dropped by retention"); err != nil {
			return err
		}
	}
	return err
}

func fingerprint(s monitor.Specimen) [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q ", s.Reader, s.Reason)
	h.Write(s.Body) // a hash never fails
	return [sha256.Size]byte(h.Sum(nil))
}

// Keep stores an answer of unknown shape, unless the same is kept already. The oldest make room: 16 are kept, and
// 64 MiB; what is longer is cut there.
func (db *DB) Keep(s monitor.Specimen) error {
	if len(s.Body) > maxSpecimenBytes {
		s.Body = s.Body[:maxSpecimenBytes]
	}
	hash := fingerprint(s)
	db.cache.mu.RLock()
	kept := slices.Clone(db.cache.specimens)
	db.cache.mu.RUnlock()
	if slices.ContainsFunc(kept, func(k specimen) bool { return k.hash == hash }) {
		return nil
	}
	return db.update("keep specimen", func(c *change) error {
		kept := slices.Clone(db.cache.specimens) // again: another may have been kept meanwhile
		b := c.tx.Bucket(bucketSpecimen)
		c.n.specimens++
		kept = append(kept, specimen{c.n.specimens, len(s.Body), hash})
		total := 0
		for _, k := range kept {
			total += k.size
		}
		for len(kept) > maxSpecimens || total > maxSpecimenBytes {
			if err := b.Delete(number(kept[0].number)); err != nil {
				return err
			}
			total -= kept[0].size
			kept = kept[1:]
		}
		c.then = append(c.then, func() { db.cache.specimens = kept })
		key := number(c.n.specimens)
		e := newEncoder(nil)
		e.str(s.Reader)
		e.str(s.Reason)
		e.time(s.SeenAt)
		e.bytes(s.Body)
		return b.Put(key, seal(key, e.b))
	})
}

// Specimens gives the kept answers, oldest first.
func (db *DB) Specimens() (out []monitor.Specimen, err error) {
	err = db.bolt.View(func(tx *bolt.Tx) error {
		return eachSpecimen(tx, func(n uint64, s monitor.Specimen) {
			s.Number = n
			out = append(out, s)
		})
	})
	return out, err
}

// Drop removes kept answers by their numbers; one that is gone already is no fault.
func (db *DB) Drop(specimens []uint64) error {
	if len(specimens) == 0 {
		return nil
	}
	return db.update("drop specimens", func(c *change) error {
		left := slices.Clone(db.cache.specimens)
		for _, n := range specimens {
			if err := c.tx.Bucket(bucketSpecimen).Delete(number(n)); err != nil {
				return err
			}
			left = slices.DeleteFunc(left, func(s specimen) bool { return s.number == n })
		}
		c.then = append(c.then, func() { db.cache.specimens = left })
		return nil
	})
}

func eachSpecimen(tx *bolt.Tx, f func(uint64, monitor.Specimen)) error {
	return tx.Bucket(bucketSpecimen).ForEach(func(k, v []byte) error {
		payload, err := unseal(k, v)
		if err != nil {
			return fmt.Errorf("read specimen: %w", err)
		}
		d := &decoder{b: payload}
		f(parseNumber(k), monitor.Specimen{Reader: d.str(), Reason: d.str(), SeenAt: d.time(), Body: d.bytes()})
		return d.end()
	})
}
