package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

// sealedAfter is how many days after a day its receipt is sealed.
const sealedAfter = 2

// sealed reports whether the receipt of day is sealed, or will be before anything changes.
func (db *DB) sealed(day time.Time) bool {
	n := dayNumber(day)
	return db.cache.lastSealing().has(n) || n+sealedAfter <= dayNumber(db.now())
}

// Receipt accounts for every filing of day's Istanbul day. It is counted from the records each time; what changed
// after it was sealed is told by its amendments. A day is sealed with the first change after its time has come
// (seal.go); until there is one, nothing has changed.
func (db *DB) Receipt(day time.Time) (monitor.Receipt, error) {
	from := monitor.Midnight(day)
	to := from.AddDate(0, 0, 1)
	r := monitor.Receipt{Day: from, Sealed: db.sealed(day)}
	err := db.search(func(tx *bolt.Tx, parts []part) error {
		s := span{entry{at: from.Unix(), index: math.MinInt64}, entry{at: to.Unix(), index: math.MinInt64}}
		hits, err := db.day(tx, parts, s)
		if err != nil {
			return err
		}
		names := db.names.all()
		for _, h := range hits {
			_, f, err := fateIn(tx, h.index, h.payload, names)
			if err != nil {
				return err
			}
			r.Listed++
			r.Recorded++
			r.Sent += int(f[0])
			r.Digest += int(f[1])
			r.Pending += int(f[2])
			r.NotWanted += int(f[3])
		}
		err = eachBad(tx, func(b monitor.BadRow) {
			if day := b.Day(); day.Before(from) || !day.Before(to) {
				return
			}
			r.Listed++
			r.Unknown++
			if b.Index != 0 {
				r.UnknownIndexes = append(r.UnknownIndexes, b.Index)
			}
		})
		if err != nil {
			return err
		}
		slices.Sort(r.UnknownIndexes)
		r.Amendments, err = amendments(tx, from)
		return err
	})
	if err != nil {
		return monitor.Receipt{}, fmt.Errorf("receipt of %s: %w", from.Format(time.DateOnly), err)
	}
	return r, nil
}

// day gives all filings of s, whatever work it takes: a day is bounded by what KAP publishes.
func (db *DB) day(tx *bolt.Tx, parts []part, s span) (hits []hit, err error) {
	for _, x := range parts {
		more, _, err := db.fetch(tx, x, &plan{}, s, true, math.MaxInt, unbounded())
		if err != nil {
			return nil, err
		}
		hits = append(hits, more...)
	}
	return hits, nil
}

// putAmendment notes a change of a receipt, if it is sealed; the number keeps those of one second apart.
func (c *change) putAmendment(day uint64, why string, by fates) error {
	if c.sealing.last < day || !c.sealing.begun {
		return nil
	}
	b := c.tx.Bucket(bucketAmendment)
	n, err := b.NextSequence()
	if err != nil {
		return err
	}
	key := binary.BigEndian.AppendUint64(number(day), uint64(c.now.Unix()))
	key = binary.BigEndian.AppendUint64(key, n)
	e := newEncoder(nil)
	e.time(c.now)
	e.str(why)
	e.fates(by)
	return b.Put(key, seal(key, e.b))
}

// decodeAmendment reads an amendment. Those of the first schema do not tell how the counts changed.
func decodeAmendment(key, value []byte) (a monitor.ReceiptAmendment, by fates, err error) {
	payload, err := unseal(key, value)
	if err != nil {
		return a, by, err
	}
	d := &decoder{b: payload}
	a = monitor.ReceiptAmendment{At: d.time(), Why: d.str()}
	if len(d.b) > 0 {
		by = d.fates()
	}
	return a, by, d.end()
}

func amendments(tx *bolt.Tx, day time.Time) (out []monitor.ReceiptAmendment, err error) {
	prefix := number(dayNumber(day))
	c := tx.Bucket(bucketAmendment).Cursor()
	for k, v := c.Seek(prefix); len(k) >= 8 && string(k[:8]) == string(prefix); k, v = c.Next() {
		if len(k) == 8 {
			continue // the receipt as it was sealed
		}
		a, _, err := decodeAmendment(k, v)
		if err != nil {
			return nil, fmt.Errorf("read amendment: %w", err)
		}
		out = append(out, a)
	}
	return out, nil
}

// amendReceipts notes which sealed receipts the filings just added belong to. A day that had none before the
// ledger's own time gets one too: its receipt says where its filings came from.
func (c *change) amendReceipts(entries []monitor.Entry, added []int64) error {
	words := map[monitor.Origin]string{
		monitor.Poll: "recorded late", monitor.Baseline: "recorded by the baseline",
		monitor.Import: "imported", monitor.Backfill: "recorded by backfill",
	}
	t := tallied{}
	for i := range entries {
		f := &entries[i].Filing
		day := dayNumber(f.PublishedAt)
		if _, ok := slices.BinarySearch(added, f.Index); ok && day <= c.sealing.last {
			t.add(day, words[f.Origin], fateOf(entries[i].Alerts))
		}
	}
	return c.putAmendments(t)
}

func filings(n int) string {
	if n == 1 {
		return "1 filing"
	}
	return fmt.Sprintf("%d filings", n)
}
