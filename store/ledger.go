package store

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

// DB is what the loop needs of a ledger and an outbox.
var (
	_ monitor.Ledger = (*DB)(nil)
	_ monitor.Outbox = (*DB)(nil)
)

// Cursor gives what was recorded with the last batch; the zero value in a new ledger.
func (db *DB) Cursor() (monitor.Cursor, error) { return db.cache.lastCursor(), nil }

// Unseen gives those of indexes that are not recorded, in the order given. Indexes of late need no transaction.
func (db *DB) Unseen(indexes []int64) ([]int64, error) {
	strange := db.cache.strange(indexes)
	if len(strange) == 0 {
		return nil, nil
	}
	var out []int64
	err := db.bolt.View(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketFiling)
		for _, i := range strange {
			if b.Get(indexKey(i)) == nil {
				out = append(out, i)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look up %d filings: %w", len(strange), err)
	}
	return out, nil
}

// Record writes the news of one poll in one transaction and returns the indexes that are new, ascending. What is
// recorded already is left as it is, and a batch without news opens no write transaction: a cursor that differs
// in CommittedAt alone is no news. What is unknown is no longer so once its index is recorded.
func (db *DB) Record(b monitor.Batch) (added []int64, err error) {
	entries, err := db.newEntries(b.Entries)
	if err != nil {
		return nil, err
	}
	bad := db.cache.newBad(b.Bad)
	if len(entries) == 0 && len(bad) == 0 && len(b.Read) == 0 && len(b.Named) == 0 && len(b.Notes) == 0 && b.History.IsZero() && sameCursor(b.Cursor, db.cache.lastCursor()) {
		return nil, nil
	}
	err = db.update("record", func(c *change) error {
		added = added[:0]
		for i := range entries {
			ok, err := c.putEntry(&entries[i])
			if err != nil {
				return fmt.Errorf("filing %d: %w", entries[i].Filing.Index, err)
			}
			if ok {
				added = append(added, entries[i].Filing.Index)
			}
		}
		if err := c.amendReceipts(entries, added); err != nil {
			return err
		}
		rows, err := c.putBad(db.cache.newBad(bad))
		if err != nil {
			return err
		}
		for _, id := range b.Read {
			if ok, err := c.dropBadRow(id, "is read at last"); err != nil {
				return err
			} else if ok {
				rows++
			}
		}
		for _, id := range b.Named {
			if ok, err := c.nameBadRow(id); err != nil {
				return err
			} else if ok {
				rows++
			}
		}
		notes, err := c.putNotes(b.Notes)
		if err != nil {
			return err
		}
		if !b.History.IsZero() {
			if err := c.putHistory(b.History); err != nil {
				return err
			}
		} else if len(added) == 0 && rows == 0 && notes == 0 && sameCursor(b.Cursor, db.cache.lastCursor()) {
			return errNothing
		}
		if b.Cursor.BaselineAt.IsZero() {
			return nil // an import, which is no poll
		}
		return c.putCursor(b.Cursor)
	})
	if err != nil {
		return nil, err
	}
	return added, nil
}

// newEntries gives the entries that are not recorded, ascending, each index once.
func (db *DB) newEntries(entries []monitor.Entry) ([]monitor.Entry, error) {
	indexes := make([]int64, len(entries))
	for i := range entries {
		indexes[i] = entries[i].Filing.Index
	}
	unseen, err := db.Unseen(indexes)
	if err != nil || len(unseen) == 0 {
		return nil, err
	}
	wanted := make(map[int64]bool, len(unseen))
	for _, i := range unseen {
		wanted[i] = true
	}
	out := make([]monitor.Entry, 0, len(unseen))
	for _, e := range entries {
		if wanted[e.Filing.Index] {
			delete(wanted, e.Filing.Index)
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b monitor.Entry) int { return cmp.Compare(a.Filing.Index, b.Filing.Index) })
	return out, nil
}

// putEntry writes a filing that is not recorded yet, and everything that belongs to it.
func (c *change) putEntry(e *monitor.Entry) (added bool, err error) {
	f := &e.Filing
	if f.Index <= 0 {
		return false, fmt.Errorf("index %d is not one of KAP's", f.Index)
	}
	key := indexKey(f.Index)
	if c.tx.Bucket(bucketFiling).Get(key) != nil {
		return false, nil
	}
	c.n.filings++
	c.n.sequence++
	h := header{sequence: c.n.sequence, alerts: len(e.Alerts) > 0}
	r := monitor.Record{Filing: *f, Found: e.Found, Decisions: e.Decisions, Links: e.Links}
	if err := c.putRecord(h, &r); err != nil {
		return false, err
	}
	seq := c.tx.Bucket(bucketSequence)
	seq.FillPercent = fill
	if err := seq.Put(number(h.sequence), key); err != nil {
		return false, err
	}
	if err := c.putRaw(f.SeenAt, f.Index, f.Raw); err != nil {
		return false, err
	}
	if e.Detail || f.Partial {
		if err := c.putTodo(f.Index, e.Detail, f.Partial); err != nil {
			return false, err
		}
	}
	for _, a := range e.Alerts {
		if err := c.putAlert(a); err != nil {
			return false, err
		}
	}
	c.then = append(c.then, func() { c.db.cache.learn(f.Index) })
	return true, c.dropBad(f.Index)
}

// putRecord writes row and detail over what h was read from, and has them indexed.
func (c *change) putRecord(h header, r *monitor.Record) error {
	f := &r.Filing
	key := indexKey(f.Index)
	details := c.tx.Bucket(bucketDetail)
	switch {
	case f.Detail != nil:
		h.detail = true
		if err := details.Put(key, encodeDetail(f.Index, f.Detail, c.name)); err != nil {
			return err
		}
	case h.detail:
		h.detail = false
		if err := details.Delete(key); err != nil {
			return err
		}
	}
	if err := c.putLater(f.Index, r.Links); err != nil {
		return err
	}
	c.n.revision++
	h.revision = c.n.revision
	filings := c.tx.Bucket(bucketFiling)
	filings.FillPercent = fill
	c.docs = append(c.docs, newDocument(h, r))
	return filings.Put(key, encodeRecord(f.Index, h, r, c.name))
}

func (c *change) putRaw(seen time.Time, index int64, raw []byte) error {
	if len(raw) == 0 || dayNumber(seen) < dayNumber(c.now)-keepRaw {
		return nil
	}
	key := rawKey(seen, index)
	return c.tx.Bucket(bucketRaw).Put(key, seal(key, append([]byte{version}, raw...)))
}

func (c *change) putTodo(index int64, detail, partial bool) error {
	b := c.tx.Bucket(bucketTodo)
	for kind, due := range map[byte]bool{kindDetail: detail, kindPartial: partial} {
		key := kindKey(kind, index)
		var err error
		if due {
			err = b.Put(key, nil)
		} else {
			err = b.Delete(key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Get gives one filing whole; its raw row only while that is kept.
func (db *DB) Get(index int64) (r monitor.Record, found bool, err error) {
	err = db.bolt.View(func(tx *bolt.Tx) error {
		v := tx.Bucket(bucketFiling).Get(indexKey(index))
		if v == nil {
			return nil
		}
		var h header
		if r, h, err = db.record(tx, index, v, false); err != nil {
			return err
		}
		found = true
		if h.edits > 0 {
			if r.Edits, err = edits(tx, index, db.names.all()); err != nil {
				return err
			}
		}
		r.Later = later(tx, index)
		key := rawKey(r.Filing.SeenAt, index)
		if v := tx.Bucket(bucketRaw).Get(key); v != nil {
			raw, err := unseal(key, v)
			if err != nil {
				return err
			}
			r.Filing.Raw = slices.Clone(raw)
		}
		return nil
	})
	if err != nil {
		return monitor.Record{}, false, fmt.Errorf("read filing %d: %w", index, err)
	}
	return r, found, nil
}

// record puts together what the buckets hold of one filing; a lean one lacks what a list does not show.
func (db *DB) record(tx *bolt.Tx, index int64, value []byte, lean bool) (monitor.Record, header, error) {
	payload, err := unseal(indexKey(index), value)
	if err != nil {
		return monitor.Record{}, header{}, fmt.Errorf("filing %d: %w", index, err)
	}
	var r monitor.Record
	h, err := db.assemble(tx, &r, index, payload, lean)
	return r, h, err
}

// assemble is record for a value that has been unsealed, into r, which is empty.
func (db *DB) assemble(tx *bolt.Tx, r *monitor.Record, index int64, payload []byte, lean bool) (header, error) {
	names := db.names.all()
	h, err := decodePayload(r, index, payload, names, lean)
	if err == nil && h.detail {
		r.Filing.Detail, err = decodeDetail(index, tx.Bucket(bucketDetail).Get(indexKey(index)), names, lean)
	}
	if err == nil && h.alerts {
		r.Alerts, err = alertsOf(tx, index, names)
	}
	if err != nil {
		return h, fmt.Errorf("filing %d: %w", index, err)
	}
	return h, nil
}

// Amend replaces what is held of known filings; one that is not recorded (any more) is left out. Sequence and, when
// the amendment brings none, the raw row stay. An alert that was sent, or that may be on its way, is neither
// replaced nor withdrawn: nothing may lead to a second message.
func (db *DB) Amend(list []monitor.Amendment) error {
	if len(list) == 0 {
		return nil
	}
	return db.update("amend", func(c *change) error {
		for i := range list {
			index := list[i].Filing.Index
			why := fmt.Sprintf("filing %d decided again", index)
			if err := c.accounted(index, why, func() error { return c.amend(&list[i]) }); err != nil {
				return fmt.Errorf("filing %d: %w", index, err)
			}
		}
		if len(c.docs) == 0 {
			return errNothing
		}
		return nil
	})
}

func (c *change) amend(a *monitor.Amendment) error {
	f := &a.Filing
	v := c.tx.Bucket(bucketFiling).Get(indexKey(f.Index))
	if v == nil {
		return nil
	}
	old, h, err := decodeRecord(f.Index, v, c.names())
	if err != nil {
		return err
	}
	for _, id := range a.Withdraw {
		key := alertKey(&monitor.Alert{Index: f.Index, ID: id})
		was, found, err := c.alert(key)
		if err != nil {
			return err
		}
		if found && !posted(&was) {
			if err := c.dropAlert(key); err != nil {
				return err
			}
		}
	}
	for _, x := range a.Alerts {
		was, found, err := c.alert(alertKey(&x))
		if err != nil {
			return err
		}
		if found && posted(&was) {
			continue
		}
		if err := c.putAlert(x); err != nil {
			return err
		}
	}
	if err := c.moveRaw(&old.Filing, f); err != nil {
		return err
	}
	if err := c.putTodo(f.Index, a.Detail, f.Partial); err != nil {
		return err
	}
	k, _ := c.tx.Bucket(bucketAlert).Cursor().Seek(indexKey(f.Index))
	h.alerts = len(k) > 8 && int64(parseNumber(k)) == f.Index
	if err := c.putEdits(f.Index, &h, a.Edits); err != nil {
		return err
	}
	if err := c.dropLater(f.Index, old.Links); err != nil {
		return err
	}
	if h.sequence <= c.n.sealed {
		if err := c.tx.Bucket(bucketRedo).Put(indexKey(f.Index), nil); err != nil {
			return err
		}
	}
	return c.putRecord(h, &monitor.Record{Filing: *f, Found: a.Found, Decisions: a.Decisions, Links: a.Links})
}

// posted reports whether a is at the receiver, or may be.
func posted(a *monitor.Alert) bool {
	return a.State == monitor.Sent || a.State == monitor.Unknown || !a.IntendedAt.IsZero()
}

// moveRaw keeps the raw row under the day of the filing's SeenAt, and takes over a newer one.
func (c *change) moveRaw(old, f *monitor.Filing) error {
	b := c.tx.Bucket(bucketRaw)
	was := rawKey(old.SeenAt, f.Index)
	raw := f.Raw
	if v := b.Get(was); v != nil {
		if len(raw) == 0 {
			kept, err := unseal(was, v)
			if err != nil {
				return err
			}
			raw = slices.Clone(kept)
		}
		if err := b.Delete(was); err != nil {
			return err
		}
	}
	return c.putRaw(f.SeenAt, f.Index, raw)
}

// Backlog reads what was left to do.
func (db *DB) Backlog() (b monitor.Backlog, err error) {
	err = db.bolt.View(func(tx *bolt.Tx) error {
		names, alerts := db.names.all(), tx.Bucket(bucketAlert)
		err := tx.Bucket(bucketOpen).ForEach(func(k, _ []byte) error {
			if len(k) < 17 {
				return fmt.Errorf("open alert: %w", ErrCorrupt)
			}
			a, err := decodeAlert(k[9:], alerts.Get(k[9:]), names)
			b.Alerts = append(b.Alerts, a)
			return err
		})
		if err != nil {
			return err
		}
		slices.SortStableFunc(b.Alerts, func(x, y monitor.Alert) int { return x.CreatedAt.Compare(y.CreatedAt) })
		err = tx.Bucket(bucketTodo).ForEach(func(k, _ []byte) error {
			if len(k) != 9 {
				return fmt.Errorf("todo: %w", ErrCorrupt)
			}
			if k[0] == kindDetail {
				b.Details = append(b.Details, int64(parseNumber(k[1:])))
			} else {
				b.Partial = append(b.Partial, int64(parseNumber(k[1:])))
			}
			return nil
		})
		if err != nil {
			return err
		}
		if b.Told, err = readTold(tx); err != nil {
			return err
		}
		if b.Pause, err = readPause(tx); err != nil {
			return err
		}
		return eachBad(tx, func(r monitor.BadRow) { b.Bad = append(b.Bad, r) })
	})
	if err != nil {
		return monitor.Backlog{}, fmt.Errorf("read backlog: %w", err)
	}
	b.Newest = db.Stats().Newest
	return b, nil
}
