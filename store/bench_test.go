package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"kapwatch/monitor"
	"kapwatch/store"
)

func BenchmarkRecord50(b *testing.B) {
	db := open(b, store.Options{})
	r := rand.New(rand.NewPCG(1, 1))
	next := int64(1)
	for b.Loop() {
		var batch []monitor.Entry
		for range 50 {
			batch = append(batch, random(r, next))
			next++
		}
		record(b, db, batch...)
	}
}

// BenchmarkCommit5 records five filings with a synced commit; BenchmarkSync2 is the floor beneath it.
func BenchmarkCommit5(b *testing.B) {
	db, err := store.Open(filepath.Join(b.TempDir(), "kapwatch.db"), store.Options{Now: fixed(noon)})
	must(b, err)
	defer func() { must(b, db.Close()) }()
	r := rand.New(rand.NewPCG(1, 1))
	next := int64(1)
	for b.Loop() {
		var batch []monitor.Entry
		for range 5 {
			batch = append(batch, random(r, next))
			next++
		}
		record(b, db, batch...)
	}
}

func BenchmarkSync2(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	must(b, err)
	defer func() { must(b, f.Close()) }()
	page := make([]byte, 4096)
	for b.Loop() {
		for i := range 2 {
			_, err := f.WriteAt(page, int64(i)*4096)
			must(b, err)
			must(b, syscall.Fdatasync(int(f.Fd())))
		}
	}
}

func BenchmarkFind(b *testing.B) {
	const filings = 100_000
	db := open(b, store.Options{})
	r := rand.New(rand.NewPCG(1, 1))
	for next := int64(0); next < filings; {
		var batch []monitor.Entry
		for range 10_000 {
			next++
			e := random(r, next)
			e.Filing.Origin = monitor.Import
			e.Filing.Summary += fmt.Sprintf(" nadir%d", next/500)
			batch = append(batch, e)
		}
		record(b, db, batch...)
	}
	b.Run("size", func(b *testing.B) {
		for b.Loop() {
		}
		b.ReportMetric(float64(db.Stats().Bytes)/filings, "bytes/filing")
	})
	for _, q := range []monitor.Query{
		{},
		{Ticker: "ISI"},
		{Category: "mou", Since: noon, Until: noon.AddDate(0, 0, 30)},
		{Text: "ihale yat"},
		{Text: "nadir77 söz"},
		{Text: "nadir77 none"},
		{Class: "DUY", Qualifier: "denied", Oldest: true},
	} {
		b.Run(fmt.Sprintf("ticker=%s,category=%s,class=%s,text=%s", q.Ticker, q.Category, q.Class, q.Text), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := db.Find(q)
				must(b, err)
			}
		})
	}
}

func BenchmarkQuietPoll(b *testing.B) {
	db := open(b, store.Options{})
	r := rand.New(rand.NewPCG(1, 1))
	var indexes []int64
	var batch []monitor.Entry
	for i := range int64(2000) {
		indexes = append(indexes, i+1)
		batch = append(batch, random(r, i+1))
	}
	record(b, db, batch...)
	b.ReportAllocs()
	for b.Loop() {
		unseen, err := db.Unseen(indexes)
		must(b, err)
		if len(unseen) > 0 {
			b.Fatal(unseen)
		}
	}
}
