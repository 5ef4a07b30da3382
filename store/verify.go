package store

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
)

// maxFaults ends a verification: a file with so many faults is not worth more.
const maxFaults = 100

// Verify reads the whole file as one transaction sees it: its pages, every value's checksum, that sequences,
// counters and lists of work agree with the records, that each receipt as it was sealed and its amendments add up to
// what the records say, and that the index finds each record by exactly its terms.
// What is wrong is told by the report's faults, and then the error wraps ErrCorrupt. It reads the file once, so it
// takes seconds for a million filings, and it may run while the ledger is being written.
func (db *DB) Verify(ctx context.Context) (monitor.Inspection, error) {
	v := verification{db: db, ctx: ctx}
	err := guard(func() error {
		return db.bolt.View(func(tx *bolt.Tx) error {
			v.tx = tx
			return v.run()
		})
	})
	switch {
	case errors.Is(err, ErrCorrupt): // a panic of what reads pages
		v.Faults = append(v.Faults, err.Error())
	case err != nil && !errors.Is(err, errEnough):
		return v.Inspection, fmt.Errorf("verify: %w", err)
	}
	if len(v.Faults) > 0 {
		return v.Inspection, fmt.Errorf("verify: %w: %s", ErrCorrupt, strings.Join(v.Faults, "; "))
	}
	return v.Inspection, nil
}

type verification struct {
	monitor.Inspection
	db    *DB
	ctx   context.Context
	tx    *bolt.Tx
	found bitmap   // sequences of the filings that the index leads to
	led   int      // how many they are
	edits uint64   // that the records tell of
	n     counters // counted anew

	sealing sealing
	days    map[uint64]fates // of sealed days, by the records
	unread  int              // records that cannot be read, and so belong to no day
}

var errEnough = errors.New("too many faults")

// fault notes what is wrong, and ends the run when there is too much of it or ctx is done.
func (v *verification) fault(format string, args ...any) error {
	f := fmt.Sprintf(format, args...)
	if slices.Contains(v.Faults, f) {
		return nil // met on another way
	}
	v.Faults = append(v.Faults, f)
	if len(v.Faults) >= maxFaults {
		return errEnough
	}
	return nil
}

func (v *verification) check(err error) error {
	if err == nil {
		return context.Cause(v.ctx)
	}
	return v.fault("%s", strings.ReplaceAll(err.Error(), ErrCorrupt.Error()+": ", ""))
}

func (v *verification) run() error {
	if err := v.check(v.db.checkTree(v.tx, true)); err != nil {
		return err
	}
	if len(v.Faults) > 0 {
		return nil // what hangs on broken pages is not to be read
	}
	for _, f := range []func() error{
		v.records, v.alerts, v.values, v.receipts, v.index, v.counters,
	} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// records reads every filing whole, and that sequence and record name each other.
func (v *verification) records() error {
	var err error
	v.days = map[uint64]fates{}
	if v.sealing, err = readSealing(v.tx); err != nil {
		if err := v.check(err); err != nil {
			return err
		}
	}
	sequences := v.tx.Bucket(bucketSequence)
	err = v.tx.Bucket(bucketFiling).ForEach(func(k, value []byte) error {
		if len(k) != 8 {
			return v.fault("filing key %x", k)
		}
		index := int64(parseNumber(k))
		r, h, err := v.db.record(v.tx, index, value, false)
		if err == nil && string(sequences.Get(number(h.sequence))) != string(k) {
			err = fmt.Errorf("filing %d: its sequence %d leads elsewhere", index, h.sequence)
		}
		v.Filings++
		v.n.filings++
		if err != nil {
			v.unread++
		} else if day := dayNumber(r.Filing.PublishedAt); v.sealing.has(day) {
			sum := v.days[day]
			sum.add(fateOf(r.Alerts))
			v.days[day] = sum
		}
		v.n.sequence = max(v.n.sequence, h.sequence)
		if r.Filing.Detail != nil {
			v.Details++
		}
		v.edits += h.edits
		if err == nil {
			err = v.links(&r)
		}
		return v.check(err)
	})
	if err != nil {
		return err
	}
	n := 0
	err = sequences.ForEach(func(_, _ []byte) error { n++; return nil })
	if err == nil && n != v.Filings {
		err = v.fault("%d sequences for %d filings", n, v.Filings)
	}
	return err
}

// alerts reads every alert, and that the open ones and only they are listed.
func (v *verification) alerts() error {
	names, open, listed := v.db.names.all(), v.tx.Bucket(bucketOpen), 0
	c := change{}
	err := v.tx.Bucket(bucketAlert).ForEach(func(k, value []byte) error {
		a, err := decodeAlert(k, value, names)
		if err != nil {
			return v.check(err)
		}
		v.Alerts++
		*c.tally(&a)++
		if a.Open() {
			listed++
			if open.Get(openKey(&a)) == nil {
				err = fmt.Errorf("alert %q is not listed as open", a.ID)
			}
		}
		return v.check(err)
	})
	v.n.pending, v.n.sent, v.n.blocked = c.n.pending, c.n.sent, c.n.blocked
	if err != nil {
		return err
	}
	n := 0
	err = open.ForEach(func(_, _ []byte) error { n++; return nil })
	if err == nil && n != listed {
		err = v.fault("%d alerts listed as open, %d are", n, listed)
	}
	return err
}

// values reads what stands in the smaller buckets.
func (v *verification) values() error {
	for _, b := range []struct {
		name  []byte
		count *int
	}{{bucketRaw, &v.Raw}, {bucketDigest, new(int)}, {bucketName, new(int)}} {
		err := v.tx.Bucket(b.name).ForEach(func(k, value []byte) error {
			*b.count++
			if _, err := unseal(k, value); err != nil {
				return v.fault("%s %x: %v", b.name, k, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := v.history(); err != nil {
		return err
	}
	err := eachBad(v.tx, func(b monitor.BadRow) {
		v.Bad++
		if b.NamedAt.IsZero() {
			v.n.unknown++
		}
		if day := dayNumber(b.Day()); v.sealing.has(day) {
			sum := v.days[day]
			sum.add(anUnknown())
			v.days[day] = sum
		}
	})
	if err := v.check(err); err != nil {
		return err
	}
	if _, err := readHistory(v.tx); err != nil {
		if err := v.check(err); err != nil {
			return err
		}
	}
	if _, err := readTold(v.tx); err != nil {
		if err := v.check(err); err != nil {
			return err
		}
	}
	if _, err := readPause(v.tx); err != nil {
		if err := v.check(err); err != nil {
			return err
		}
	}
	return v.check(eachSpecimen(v.tx, func(uint64, monitor.Specimen) {}))
}

// receipts compares what the records say of each sealed day with the receipt as it was sealed and what amendments
// say has changed since.
func (v *verification) receipts() error {
	told := map[uint64]fates{}
	err := v.tx.Bucket(bucketAmendment).ForEach(func(k, value []byte) error {
		if len(k) != 8 && len(k) != 24 {
			return v.fault("amendment key %x", k)
		}
		day := parseNumber(k)
		sum := told[day]
		if len(k) == 24 {
			_, by, err := decodeAmendment(k, value)
			if err != nil {
				return v.fault("amendment %x: %v", k, err)
			}
			sum.add(by)
		} else {
			sealed, err := decodeSealed(k, value)
			if err != nil {
				return v.fault("sealed receipt %x: %v", k, err)
			}
			v.Receipts++
			sum.add(sealed)
		}
		told[day] = sum
		return nil
	})
	if err != nil {
		return err
	}
	for day := range told {
		if !v.sealing.has(day) {
			delete(told, day) // from before the account
		} else if _, ok := v.days[day]; !ok {
			v.days[day] = fates{}
		}
	}
	if v.unread > 0 {
		return nil // told already, and some day lacks them
	}
	for _, day := range slices.Sorted(maps.Keys(v.days)) {
		if v.days[day] != told[day] {
			date := time.Unix(midnight(day), 0).In(monitor.Istanbul).Format(time.DateOnly)
			if err := v.fault("receipt of %s: its seal and amendments say %s; the records say %s", date, told[day], v.days[day]); err != nil {
				return err
			}
		}
	}
	return nil
}

// index reads every segment against the records, and that the rest is where a start looks for it. Nothing is taken
// from memory, so that neither readers nor the writer wait.
func (v *verification) index() error {
	n, err := decodeCounters(v.tx.Bucket(bucketState).Get(keyCounters))
	if err != nil {
		return nil // the counters say it
	}
	v.found = newBitmap(int(n.sequence) + 1)
	segments, _, err := loadSegments(v.tx)
	if err != nil {
		return v.check(err)
	}
	for _, s := range segments {
		v.Segments++
		if err := v.segment(view(s, v.tx.Bucket(bucketSegment))); err != nil {
			return err
		}
	}
	rest, err := v.db.unsealed(v.tx)
	if err != nil {
		return v.check(err)
	}
	if _, _, err := v.documents(rest, maphash.MakeSeed()); err != nil {
		return err
	}
	if v.led != v.Filings {
		return v.fault("the index leads to %d of %d filings", v.led, v.Filings)
	}
	return nil
}

// documents gives what the filings that a part stands for are found by, term → sum of their ranks' hashes, and the set
// of those ranks. Two sets of one sum are the same but once in 2⁶⁴; the ranks themselves, of each term, would be some
// hundred megabytes for a large segment.
func (v *verification) documents(x part, seed maphash.Seed) (map[string]uint64, bitmap, error) {
	want, ranks := map[string]uint64{}, newBitmap(x.len())
	filings := v.tx.Bucket(bucketFiling)
	for rank := x.begin(); rank < x.len(); rank++ {
		e, err := x.at(rank)
		if err != nil {
			return nil, nil, v.check(err)
		}
		key := indexKey(e.index)
		payload, err := current(e, key, filings.Get(key))
		if err != nil {
			if err := v.check(err); err != nil {
				return nil, nil, err
			}
		}
		if payload == nil {
			continue
		}
		var r monitor.Record
		h, err := v.db.assemble(v.tx, &r, e.index, payload, false)
		if err == nil && h.sequence/64 >= uint64(len(v.found)) {
			err = ErrCorrupt // beyond the last
		}
		if err != nil {
			v.led++
			continue // told already
		}
		if v.found.has(uint32(h.sequence)) {
			if err := v.fault("the index leads to filing %d twice", e.index); err != nil {
				return nil, nil, err
			}
		} else {
			v.found.set(uint32(h.sequence))
			v.led++
		}
		ranks.set(uint32(rank))
		sum := maphash.Comparable(seed, uint32(rank))
		for _, t := range newDocument(h, &r).terms {
			want[t] += sum
		}
		if err := context.Cause(v.ctx); err != nil {
			return nil, nil, err
		}
	}
	return want, ranks, nil
}

// segment compares the posting lists of one segment with the terms of its filings; those amended since are left
// out, for what they were is no longer known.
func (v *verification) segment(s *stored) error {
	seed := maphash.MakeSeed()
	want, ranks, err := v.documents(s, seed)
	if err != nil || want == nil || s.vocabulary != vocabulary {
		return err // what an older program made of a filing is no longer known
	}
	have := newBitmap(s.n)
	for k, value := s.terms.First(); k != nil; k, value = s.terms.Next() {
		if string(k) == string(keyEntries) || string(k) == string(keyHead) {
			continue
		}
		v.Terms++
		t := string(k)
		clear(have)
		if err := addPosting(have, s.n, s.seed(), k, value); err != nil {
			if err := v.check(err); err != nil {
				return err
			}
		}
		have.and(ranks)
		sum := uint64(0)
		for r := have.next(0, s.n); r >= 0; r = have.next(r+1, s.n) {
			sum += maphash.Comparable(seed, uint32(r))
		}
		if sum != want[t] {
			if err := v.fault("segment %d: the list of %q is not that of its filings", s.id, t); err != nil {
				return err
			}
		}
		delete(want, t)
	}
	if len(want) > 0 {
		return v.fault("segment %d lacks %d terms", s.id, len(want))
	}
	return nil
}

// counters compares those kept with those counted.
func (v *verification) counters() error {
	n, err := decodeCounters(v.tx.Bucket(bucketState).Get(keyCounters))
	if err != nil {
		return v.check(err)
	}
	for _, x := range []struct {
		what        string
		kept, count uint64
	}{
		{"filings", n.filings, v.n.filings},
		{"pending alerts", n.pending, v.n.pending},
		{"sent alerts", n.sent, v.n.sent},
		{"blocked alerts", n.blocked, v.n.blocked},
		{"unknown rows", n.unknown, v.n.unknown},
	} {
		if x.kept != x.count {
			if err := v.fault("%d %s counted, %d there", x.kept, x.what, x.count); err != nil {
				return err
			}
		}
	}
	if v.n.sequence > n.sequence {
		return v.fault("sequence %d was given, %d is the last", v.n.sequence, n.sequence)
	}
	return nil
}
