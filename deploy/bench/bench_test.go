package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"kapwatch/monitor"
	"kapwatch/store"
)

// small is how many filings the benchmarks have; KAPWATCH_BENCH_FILINGS asks for more.
func small(b *testing.B) int {
	n := 100_000
	if s := os.Getenv("KAPWATCH_BENCH_FILINGS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	return n
}

func newBench(b *testing.B) *bench {
	b.Helper()
	s, err := newSample(os.Getenv("KAPWATCH_REAL_DATA"))
	if err != nil {
		b.Fatal(err)
	}
	return &bench{ctx: b.Context(), n: small(b), dir: b.TempDir(), sample: s}
}

// BenchmarkFind asks ledger and SQLite the same queries; compare name=… with benchstat -col /engine.
func BenchmarkFind(b *testing.B) {
	x := newBench(b)
	if err := x.imported(); err != nil {
		b.Fatal(err)
	}
	base, err := newSQLite(x)
	if err != nil {
		b.Fatal(err)
	}
	defer base.close()
	db, err := store.Open(x.ledger(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	asked, err := questions(db, 500)
	if err != nil {
		b.Fatal(err)
	}
	for _, kind := range kinds {
		list := asked[kind]
		b.Run("query="+kind+"/engine=kapwatch", func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := db.Find(list[i%len(list)]); err != nil {
					b.Fatal(err)
				}
			}
		})
		for v, name := range base.variants(kind) {
			b.Run("query="+kind+"/engine="+name, func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					if _, err := base.find(kind, v, list[i%len(list)]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkImport records 5,000 filings in one transaction.
func BenchmarkImport(b *testing.B) {
	x := newBench(b)
	g, err := newGenerator(x.sample, 1<<40)
	if err != nil {
		b.Fatal(err)
	}
	db, err := store.Open(x.ledger(), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for b.Loop() {
		b.StopTimer()
		var batch monitor.Batch
		for range 5000 {
			batch.Entries = append(batch.Entries, g.entry())
		}
		b.StartTimer()
		if _, err := db.Record(batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(5000*b.N), "ns/filing")
}

// BenchmarkCommit records five filings durably, beside the two fdatasyncs beneath.
func BenchmarkCommit(b *testing.B) {
	x := newBench(b)
	c, err := newCommits(filepath.Join(x.dir, "kapwatch.db"), x.dir, x.sample, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer c.close()
	b.Run("of=five filings", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.five(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("of=two fdatasyncs", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.raw(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestGenerator holds that the same arguments give the same filings, and that the ledger takes them as they are.
func TestGenerator(t *testing.T) {
	s, err := newSample("")
	if err != nil {
		t.Fatal(err)
	}
	fresh := func() *generator {
		g, err := newGenerator(s, 3000)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	a, b := fresh(), fresh()
	db, err := store.Open(filepath.Join(t.TempDir(), "kapwatch.db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var entries []monitor.Entry
	for range 3000 {
		e, same := a.entry(), b.entry()
		if e.Filing.Index != same.Filing.Index || e.Filing.Summary != same.Filing.Summary || !e.Filing.PublishedAt.Equal(same.Filing.PublishedAt) {
			t.Fatalf("%+v, then %+v", e.Filing, same.Filing)
		}
		entries = append(entries, e)
	}
	if _, err := db.Record(monitor.Batch{Entries: entries}); err != nil {
		t.Fatal(err)
	}
	if report, err := db.Verify(t.Context()); err != nil || report.Filings != 3000 {
		t.Errorf("Verify = %+v, %v", report, err)
	}
}
