package store_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/store"
)

// fill records n filings in batches of a size, from index on, and gives them.
func fill(t testing.TB, db *store.DB, r *rand.Rand, from int64, n, batch int) model {
	t.Helper()
	m := model{}
	for len(m) < n {
		var list []monitor.Entry
		for range min(batch, n-len(m)) {
			e := random(r, from)
			from++
			m[e.Filing.Index] = e
			list = append(list, e)
		}
		record(t, db, list...)
	}
	return m
}

func checkFinds(t *testing.T, db *store.DB, m model, r *rand.Rand, n int) {
	t.Helper()
	for range n {
		q := randomQuery(r, time.Duration(len(m)*37)*time.Second)
		if d := diff(m.find(q), pages(t, db, q)); d != "" {
			t.Fatalf("Find(%+v) (-want +got):\n%s", q, d)
		}
	}
}

func TestSegmentsAreMerged(t *testing.T) {
	db := open(t, store.Options{Segment: 20})
	r := rand.New(rand.NewPCG(11, 1))
	m := fill(t, db, r, 1, 2000, 10)
	for index := int64(1); index <= 2000; index += 7 { // what is left out of the merges to come
		e := random(r, index)
		m[index] = e
		must(t, db.Amend([]monitor.Amendment{{Filing: e.Filing, Found: e.Found}}))
	}
	db.Wait()
	sizes, unfinished, err := db.Segments()
	must(t, err)
	small := 0
	for _, n := range sizes {
		if n < 80 {
			small++
		}
	}
	if small >= 8 || len(sizes) > 25 || unfinished != 0 {
		t.Errorf("segments of %d filings, %d unfinished: want fewer than 8 small ones", sizes, unfinished)
	}
	checkFinds(t, db, m, r, 30)
	verify(t, db)
}

// TestMergeBrokenOff ends a merge in the middle: searches do not see the half of it, and the next start clears up.
func TestMergeBrokenOff(t *testing.T) {
	o := store.Options{Segment: 20}
	db := open(t, o)
	r := rand.New(rand.NewPCG(12, 1))
	db.BreakOff()
	m := fill(t, db, r, 1, 400, 20)
	if half, err := db.HalfMerge(); err != nil || !half {
		t.Fatalf("HalfMerge = %v, %v: want one that takes more steps", half, err)
	}
	checkFinds(t, db, m, r, 10)
	verify(t, db)
	db = reopen(t, db, o)
	checkFinds(t, db, m, r, 10)
	db.Wait()
	if sizes, unfinished, err := db.Segments(); err != nil || unfinished != 0 || len(sizes) > 8 {
		t.Errorf("segments of %d filings, %d unfinished, %v: want few and none", sizes, unfinished, err)
	}
	checkFinds(t, db, m, r, 10)
	verify(t, db)
}

// TestIndexIsRenewed opens a ledger whose segments an older program made: it answers at once by what they have, and
// when they have been made anew, over as many starts as it takes, by everything.
func TestIndexIsRenewed(t *testing.T) {
	o := store.Options{Segment: 50}
	db := open(t, o)
	r := rand.New(rand.NewPCG(13, 1))
	m := fill(t, db, r, 1, 1500, 25)
	db.Wait()
	must(t, db.Outdate())
	before := monitor.Query{Class: "DUY", Limit: 200}
	words := monitor.Query{Text: "ihale", Limit: 200}
	db.BreakOff()
	if n := len(pages(t, db, words)); n >= len(m.find(words)) {
		t.Fatalf("%d filings found by words that the lists do not have", n)
	}
	for index := int64(1); index <= 10; index++ {
		db = reopen(t, db, o)
		if d := diff(m.find(before), pages(t, db, before)); d != "" {
			t.Fatalf("Find while the index is renewed (-want +got):\n%s", d)
		}
		e := random(r, index) // changes meanwhile
		m[index] = e
		must(t, db.Amend([]monitor.Amendment{{Filing: e.Filing, Found: e.Found}}))
	}
	db.Wait()
	checkFinds(t, db, m, r, 30)
	verify(t, db)
}

// TestPruneBesideUpkeep removes what is being merged.
func TestPruneBesideUpkeep(t *testing.T) {
	db := open(t, store.Options{Segment: 20})
	r := rand.New(rand.NewPCG(14, 1))
	m := fill(t, db, r, 1, 3000, 100)
	before := m[2500].Filing.PublishedAt
	for {
		n, err := db.Prune(before, 100)
		must(t, err)
		if n == 0 {
			break
		}
	}
	for index, e := range m {
		if e.Filing.PublishedAt.Before(before) {
			delete(m, index)
		}
	}
	db.Wait()
	checkFinds(t, db, m, r, 10)
	verify(t, db)
}

// TestVerifySeesAWrongList changes one list of the index behind the ledger's back, checksum and all.
func TestVerifySeesAWrongList(t *testing.T) {
	lacks := func(ranks []uint32, _ int) []uint32 { return ranks[1:] }
	for _, test := range []struct {
		name, word string
		change     func(ranks []uint32, n int) []uint32
		want       string
	}{
		{"a filing too few", "sentetik", lacks, "is not that of its filings"},
		{"a filing in another's place", "7", func([]uint32, int) []uint32 { return []uint32{9} }, "is not that of its filings"},
		{"a filing too many", "7", func(ranks []uint32, n int) []uint32 { return append(ranks, uint32(n-1)) }, "is not that of its filings"},
		{"a word that no filing has", "brand", func([]uint32, int) []uint32 { return []uint32{3} }, "is not that of its filings"},
		{"a list too few", "7", func([]uint32, int) []uint32 { return nil }, "lacks 1 terms"},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := open(t, store.Options{Segment: 50})
			for i := range int64(50) {
				record(t, db, entryOf(i+1))
			}
			db.Wait()
			verify(t, db)
			must(t, db.Repost(test.word, test.change))
			in, err := db.Verify(t.Context())
			if !errors.Is(err, store.ErrCorrupt) || len(in.Faults) != 1 || !strings.Contains(in.Faults[0], test.want) {
				t.Errorf("Verify = %q, %v; want one fault that %s", in.Faults, err, test.want)
			}
		})
	}
}
