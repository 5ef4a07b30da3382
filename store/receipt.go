package store

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

// sealedAfter is how many days after a day its receipt is sealed.
const sealedAfter = 2

// sealed reports whether the receipt of t's Istanbul day is sealed.
func sealed(t, now time.Time) bool {
	return !now.Before(monitor.Midnight(t).AddDate(0, 0, sealedAfter))
}

// Receipt accounts for every filing of day's Istanbul day. It is counted from the records each time; what changed
// after it was sealed is told by its amendments.
func (db *DB) Receipt(day time.Time) (monitor.Receipt, error) {
	from := monitor.Midnight(day)
	to := from.AddDate(0, 0, 1)
	r := monitor.Receipt{Day: from, Sealed: sealed(day, db.now())}
	err := db.search(func(tx *bolt.Tx, parts []part) error {
		s := span{entry{at: from.Unix(), index: math.MinInt64}, entry{at: to.Unix(), index: math.MinInt64}}
		hits, err := db.day(tx, parts, s)
		if err != nil {
			return err
		}
		names := db.names.all()
		for _, h := range hits {
			head, err := decodeHeader(h.index, h.value)
			if err != nil {
				return err
			}
			var alerts []monitor.Alert
			if head.alerts {
				if alerts, err = alertsOf(tx, h.index, names); err != nil {
					return err
				}
			}
			r.Count(alerts)
		}
		err = eachBad(tx, func(b monitor.BadRow) {
			if b.SeenAt.Before(from) || !b.SeenAt.Before(to) {
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

// putAmendment notes a change of a sealed receipt; the number keeps those of one second apart.
func (c *change) putAmendment(day uint64, why string) error {
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
	return b.Put(key, seal(key, e.b))
}

func amendments(tx *bolt.Tx, day time.Time) (out []monitor.ReceiptAmendment, err error) {
	prefix := number(dayNumber(day))
	c := tx.Bucket(bucketAmendment).Cursor()
	for k, v := c.Seek(prefix); len(k) == 24 && string(k[:8]) == string(prefix); k, v = c.Next() {
		payload, err := unseal(k, v)
		if err != nil {
			return nil, fmt.Errorf("read amendment: %w", err)
		}
		d := &decoder{b: payload}
		out = append(out, monitor.ReceiptAmendment{At: d.time(), Why: d.str()})
		if err := d.end(); err != nil {
			return nil, fmt.Errorf("read amendment: %w", err)
		}
	}
	return out, nil
}

// amendReceipts notes which sealed receipts the filings just added belong to. A day that had none before the
// ledger's own time gets one too: its receipt says where its filings came from.
func (c *change) amendReceipts(entries []monitor.Entry, added []int64) error {
	type late struct {
		day    uint64
		origin monitor.Origin
	}
	count := map[late]int{}
	for i := range entries {
		f := &entries[i].Filing
		if _, ok := slices.BinarySearch(added, f.Index); ok && sealed(f.PublishedAt, c.now) {
			count[late{dayNumber(f.PublishedAt), f.Origin}]++
		}
	}
	words := map[monitor.Origin]string{
		monitor.Poll: "recorded late", monitor.Baseline: "recorded by the baseline",
		monitor.Import: "imported", monitor.Backfill: "recorded by backfill",
	}
	keys := slices.SortedFunc(maps.Keys(count), func(a, b late) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.origin, b.origin))
	})
	for _, k := range keys {
		if err := c.putAmendment(k.day, fmt.Sprintf("%s %s", filings(count[k]), words[k.origin])); err != nil {
			return err
		}
	}
	return nil
}

func filings(n int) string {
	if n == 1 {
		return "1 filing"
	}
	return fmt.Sprintf("%d filings", n)
}

// amendReceipt notes that an alert is sent after the receipt of its filing's day was sealed.
func (c *change) amendReceipt(a *monitor.Alert) error {
	v := c.tx.Bucket(bucketFiling).Get(indexKey(a.Index))
	if a.State != monitor.Sent || v == nil {
		return nil
	}
	h, err := decodeHeader(a.Index, v)
	if err != nil || !sealed(time.Unix(h.published, 0), c.now) {
		return err
	}
	if was, found, err := c.alert(alertKey(a)); err != nil || found && was.State == monitor.Sent {
		return err
	}
	return c.putAmendment(dayNumber(time.Unix(h.published, 0)), fmt.Sprintf("filing %d sent on route %q", a.Index, a.Route))
}
