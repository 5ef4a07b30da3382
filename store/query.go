package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

const (
	defaultLimit = 50
	maxLimit     = 200
)

// part is a piece of the index: its entries sorted, and what fits a plan as a set of ranks. Ranks from begin up to
// len count. Match ends with errTooMuch when that is more work than is left.
type part interface {
	len() int
	begin() int
	bounds() (first, last entry)
	at(rank int) (entry, error)
	match(p *plan, w *work) (set bitmap, ok bool, err error)
}

// work is what a query has done, about one for each byte read, and may do, and the room that it works in.
type work struct {
	done, bound int
	room        [2]bitmap
}

// bitmap gives an empty set for the first, or one of the later, terms of a plan.
func (w *work) bitmap(i, n int) bitmap {
	b := &w.room[min(i, 1)]
	if words := (n + 63) / 64; cap(*b) < words {
		*b = newBitmap(n)
	} else {
		*b = (*b)[:words]
		clear(*b)
	}
	return *b
}

func (w *work) add(n int)  { w.done += n }
func (w *work) over() bool { return w.done > w.bound }

// unbounded is for what is bounded by itself.
func unbounded() *work { return &work{bound: math.MaxInt} }

// errTooMuch says that the bound on work was reached.
var errTooMuch = errors.New("too much work")

const (
	// leastLooked is how many filings a query looks at in each part that it cannot leave for later, whatever the
	// bound: it must come further each time it goes on.
	leastLooked = 16

	// readCost is what a byte of a record costs more when its text is split and compared.
	readCost = 16
)

// span is a half-open range in the order of answers.
type span struct{ from, to entry }

// hit is a filing that a search found; payload is its record, checked, and dies with the transaction.
type hit struct {
	entry
	payload []byte
}

// Find answers q with one page, in the order of (PublishedAt, Index). Records come without evidence and decisions,
// details without Body, BodyEN and Rows, and filings without Raw; Get has them. Paging visits everything that was recorded when it began exactly once. A
// query that reaches the bound on its work gives what it has, perhaps nothing, says so in Partial, and goes on
// behind Next.
func (db *DB) Find(q monitor.Query) (monitor.Page, error) {
	w, ok := db.spare.Get().(*work)
	if !ok {
		w = &work{}
	}
	w.done, w.bound = 0, db.work
	page, err := db.find(q, true, w)
	db.spare.Put(w)
	if err != nil {
		return monitor.Page{}, fmt.Errorf("find filings: %w", err)
	}
	return page, nil
}

// Each calls f with every filing that fits q, whole but for Raw; Limit is not looked at. It reads in short
// transactions, so that a slow f keeps nothing from being written, and ends with f's first error or ctx's.
func (db *DB) Each(ctx context.Context, q monitor.Query, f func(monitor.Record) error) error {
	q.Limit = maxLimit
	for {
		page, err := db.find(q, false, &work{bound: db.work})
		if err != nil {
			return fmt.Errorf("read filings: %w", err)
		}
		for _, r := range page.Records {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			if err := f(r); err != nil {
				return err
			}
		}
		if !page.More {
			return context.Cause(ctx)
		}
		q.After = page.Next
	}
}

// Since gives up to limit filings with a sequence above seq, in its order, as Find does.
func (db *DB) Since(seq uint64, limit int) (out []monitor.Record, err error) {
	err = db.bolt.View(func(tx *bolt.Tx) error {
		filings := tx.Bucket(bucketFiling)
		c := tx.Bucket(bucketSequence).Cursor()
		for k, v := c.Seek(number(seq + 1)); k != nil && len(out) < limit; k, v = c.Next() {
			if len(v) != 8 {
				return fmt.Errorf("sequence %x: %w", k, ErrCorrupt)
			}
			r, _, err := db.record(tx, int64(parseNumber(v)), filings.Get(v), true)
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read filings since %d: %w", seq, err)
	}
	return out, nil
}

// limit is how many filings a page has.
func limit(q monitor.Query) int {
	if q.Limit <= 0 {
		return defaultLimit
	}
	return min(q.Limit, maxLimit)
}

func (db *DB) find(q monitor.Query, lean bool, w *work) (page monitor.Page, err error) {
	p, s, n := newPlan(q), within(q), limit(q)
	err = db.search(func(tx *bolt.Tx, parts []part) error {
		hits, stop, err := db.collect(tx, parts, &p, s, q.Oldest, n+1, w)
		if err != nil {
			return err
		}
		page.More = len(hits) > n || stop != nil
		hits = hits[:min(n, len(hits))]
		page.Records = make([]monitor.Record, len(hits))
		for i, h := range hits {
			if _, err := db.assemble(tx, &page.Records[i], h.index, h.payload, lean); err != nil {
				return err
			}
		}
		switch {
		case page.More && len(hits) == n:
			page.Next = position(hits[n-1].entry)
		case stop != nil:
			page.Next = position(*stop)
			page.Partial = "the search stopped at its bound on work; more may follow behind next"
		}
		return nil
	})
	return page, err
}

func position(e entry) monitor.Position {
	return monitor.Position{PublishedAt: time.Unix(e.at, 0).In(monitor.Istanbul), Index: e.index}
}

// within is the range that q asks for.
func within(q monitor.Query) span {
	s := span{entry{at: math.MinInt64, index: math.MinInt64}, entry{at: math.MaxInt64, index: math.MaxInt64}}
	if !q.Since.IsZero() {
		s.from = entry{at: ceil(q.Since), index: math.MinInt64}
	}
	if !q.Until.IsZero() {
		s.to = entry{at: ceil(q.Until), index: math.MinInt64}
	}
	if q.After.Index == 0 && q.After.PublishedAt.IsZero() {
		return s
	}
	after := entry{at: q.After.PublishedAt.Unix(), index: q.After.Index}
	if q.Oldest {
		after.index++
		if after.compare(s.from) > 0 {
			s.from = after
		}
	} else if after.compare(s.to) < 0 {
		s.to = after
	}
	return s
}

// ceil is the first whole second not before t: filings are known to the second.
func ceil(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}

// search runs f over the index as it stands with one transaction.
func (db *DB) search(f func(tx *bolt.Tx, parts []part) error) error {
	x := &db.index
	x.mu.RLock()
	for x.fresh == nil {
		x.mu.RUnlock()
		if err := x.ensure(db); err != nil {
			return err
		}
		x.mu.RLock()
	}
	defer x.mu.RUnlock()
	return db.bolt.View(func(tx *bolt.Tx) error {
		parts, all := make([]part, 0, len(x.segments)+1), tx.Bucket(bucketSegment)
		for _, s := range x.segments {
			parts = append(parts, view(s, all))
		}
		if x.fresh.len() > 0 {
			parts = append(parts, x.fresh)
		}
		return f(tx, parts)
	})
}

// collect gives the first n filings of s that fit p, oldest or newest first. Parts are taken in the order of what
// they could give first, until no other can have anything earlier. When the bound on work is reached, stop is the
// place up to which the answer is whole.
func (db *DB) collect(tx *bolt.Tx, parts []part, p *plan, s span, oldest bool, n int, w *work) (hits []hit, stop *entry, err error) {
	order := entry.compare
	best := func(x part) entry { first, _ := x.bounds(); return first }
	if !oldest {
		order = func(a, b entry) int { return b.compare(a) }
		best = func(x part) entry { _, last := x.bounds(); return last }
	}
	parts = slices.DeleteFunc(parts, func(x part) bool {
		first, last := x.bounds()
		return last.compare(s.from) < 0 || first.compare(s.to) >= 0
	})
	slices.SortFunc(parts, func(a, b part) int { return order(best(a), best(b)) })
	ends := func(at entry) {
		if stop == nil || order(at, *stop) < 0 {
			stop = &at
		}
	}
	for _, x := range parts {
		b := best(x)
		if len(hits) >= n && order(hits[n-1].entry, b) < 0 || stop != nil && order(*stop, b) < 0 {
			break
		}
		if place, ahead := before(b, s, oldest); ahead && w.over() {
			ends(place)
			break
		}
		more, last, err := db.fetch(tx, x, p, s, oldest, n, w)
		if err != nil {
			return nil, nil, err
		}
		if last != nil {
			ends(*last)
		}
		hits = append(hits, more...)
		slices.SortFunc(hits, func(a, b hit) int { return order(a.entry, b.entry) })
		hits = hits[:min(n, len(hits))]
	}
	if stop != nil {
		hits = slices.DeleteFunc(hits, func(h hit) bool { return order(h.entry, *stop) > 0 })
	}
	if len(hits) == n {
		return hits, nil, nil // the page is full before the work was too much
	}
	return hits, stop, nil
}

// before is the place directly ahead of e, and whether it lies inside s: a query that goes on behind it meets e
// first, and has come further than it began.
func before(e entry, s span, oldest bool) (place entry, ahead bool) {
	if oldest {
		place = entry{at: e.at, index: e.index - 1}
		return place, e.compare(s.from) > 0
	}
	place = entry{at: e.at, index: e.index + 1}
	return place, place.compare(s.to) < 0
}

// fetch gives the first n filings of one part. When it ends at the bound on work, last is the last one that it has
// looked at. Where the lists alone are too much it reads the filings instead.
func (db *DB) fetch(tx *bolt.Tx, x part, p *plan, s span, oldest bool, n int, w *work) (hits []hit, last *entry, err error) {
	var set bitmap
	read := p.recall
	if !p.all() {
		var ok bool
		set, ok, err = x.match(p, w)
		switch {
		case errors.Is(err, errTooMuch):
			set, read = nil, true
		case err != nil || !ok:
			return nil, nil, err
		}
	}
	from, err := rankOf(x, s.from)
	if err != nil {
		return nil, nil, err
	}
	to, err := rankOf(x, s.to)
	if err != nil {
		return nil, nil, err
	}
	from = max(from, x.begin())
	filings, key := tx.Bucket(bucketFiling).Cursor(), make([]byte, 8)
	hits = make([]hit, 0, min(n, max(to-from, 0), defaultLimit+1))
	for looked := 0; len(hits) < n && from < to; looked++ {
		rank := from
		switch {
		case set != nil && oldest:
			rank = set.next(from, to)
		case set != nil:
			rank = set.previous(from, to)
		case !oldest:
			rank = to - 1
		}
		if rank < 0 {
			break
		}
		if w.over() && looked >= leastLooked {
			return hits, last, nil
		}
		if oldest {
			from = rank + 1
		} else {
			to = rank
		}
		e, err := x.at(rank)
		if err != nil {
			return nil, nil, err
		}
		last = &e
		binary.BigEndian.PutUint64(key, uint64(e.index))
		v := valueAt(filings, key)
		w.add(1 + len(v))
		payload, err := current(e, key, v)
		if err != nil {
			return nil, nil, err
		}
		if payload == nil {
			continue
		}
		if read {
			ok, err := db.fits(tx, e.index, payload, p, w)
			if err != nil {
				return nil, nil, err
			}
			if !ok {
				continue
			}
		}
		hits = append(hits, hit{e, payload})
	}
	return hits, nil, nil
}

// valueAt is Get for many keys: a cursor keeps its room from one to the next.
func valueAt(c *bolt.Cursor, key []byte) []byte {
	k, v := c.Seek(key)
	if !bytes.Equal(k, key) {
		return nil
	}
	return v
}

// current gives the payload of the record that e stands for, by what stands under its key; nil when it is not as e has
// it any more.
func current(e entry, key, value []byte) ([]byte, error) {
	if value == nil {
		return nil, nil // pruned, or not yet committed
	}
	payload, err := unseal(key, value)
	if err != nil {
		return nil, fmt.Errorf("filing %d: %w", e.index, err)
	}
	h, err := decodeHeader(payload)
	switch {
	case err != nil:
		return nil, fmt.Errorf("filing %d: %w", e.index, err)
	case uint32(h.revision) != e.revision:
		return nil, nil
	case h.published != e.at:
		return nil, fmt.Errorf("filing %d: %w: the index has another time", e.index, ErrCorrupt)
	}
	return payload, nil
}

// fits reads the record itself and reports whether it fits p.
func (db *DB) fits(tx *bolt.Tx, index int64, payload []byte, p *plan, w *work) (bool, error) {
	var r monitor.Record
	if _, err := db.assemble(tx, &r, index, payload, false); err != nil {
		return false, err
	}
	for _, text := range searched(&r) {
		w.add(readCost * len(text))
	}
	return p.fits(&r), nil
}

// rankOf is the number of entries of x before e.
func rankOf(x part, e entry) (rank int, err error) {
	first, last := x.bounds()
	switch {
	case first.compare(e) >= 0:
		return 0, nil
	case last.compare(e) < 0:
		return x.len(), nil
	}
	rank = sort.Search(x.len(), func(i int) bool {
		at, fault := x.at(i)
		err = cmp.Or(err, fault)
		return at.compare(e) >= 0
	})
	return rank, err
}
