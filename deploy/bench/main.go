// Command bench measures kapwatch with all of KAP in its ledger: 1.6 million generated filings, each figure beside
// what it is compared with, in the same run. It prints the table of PERFORMANCE.md, and with -write puts it there.
//
//	go run . [-n 1600000] [-dir DIR] [-sqlite FILE] [-write ../PERFORMANCE.md]
//
// The words are those of the corpus in KAPWATCH_REAL_DATA, or without it those of the simulator. A run takes about
// ten minutes and 4 GB below DIR (default: the temporary folder), which it removes; with -sqlite what it compares with
// is kept in FILE for the next run, which then takes half as long. It is a module of its own, so
// that what it compares with never enters the product's go.mod.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"kapwatch/monitor"
	"kapwatch/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	ctx    context.Context
	n      int
	dir    string
	base   string
	sample *sample
	rows   []row
}

// row is a line of the table.
type row struct{ what, goal, got, baseline, ratio string }

func (b *bench) add(what, goal, got, baseline, ratio string) {
	b.rows = append(b.rows, row{what, goal, got, baseline, ratio})
	fmt.Fprintf(os.Stderr, "%-45s %-28s %-34s %-42s %s\n", what, goal, got, baseline, ratio)
}

func run(ctx context.Context) (err error) {
	n := flag.Int("n", 1_600_000, "filings")
	dir := flag.String("dir", "", "folder for what is generated")
	base := flag.String("sqlite", "", "file of the baseline, used again if it is there")
	write := flag.String("write", "", "file whose table is replaced")
	flag.Parse()
	temp, err := os.MkdirTemp(*dir, "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	s, err := newSample(os.Getenv("KAPWATCH_REAL_DATA"))
	if err != nil {
		return err
	}
	b := &bench{ctx: ctx, n: *n, dir: temp, base: *base, sample: s}
	for _, step := range []func() error{b.build, b.polled, b.imported, b.compared, b.committed, b.served, b.piped} {
		if err := step(); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	table := b.table()
	fmt.Print(table)
	if *write == "" {
		return nil
	}
	return replace(*write, table)
}

func (b *bench) ledger() string { return filepath.Join(b.dir, "kapwatch.db") }

// imported fills the ledger through the store.
func (b *bench) imported() error {
	g, err := newGenerator(b.sample, b.n)
	if err != nil {
		return err
	}
	db, err := store.Open(b.ledger(), store.Options{})
	if err != nil {
		return err
	}
	begun := time.Now()
	for batch := range g.batches(b.ctx, 5000) {
		if _, err := db.Record(monitor.Batch{Entries: batch}); err != nil {
			return err
		}
	}
	took := time.Since(begun)
	db.Wait()
	whole, used := time.Since(begun), cpu()
	stats := db.Stats()
	if err := db.Close(); err != nil {
		return err
	}
	b.add("import through the store, classification included", "≤ 120 s", seconds(took)+" ("+seconds(whole)+" with the last merge; "+seconds(used)+" of CPU)", "", "")
	b.add("size of a filing, full text and every field", "≤ 500 B", fmt.Sprintf("%d B", stats.Bytes/int64(b.n)), "", "")
	var opens []time.Duration
	for range 9 {
		begun := time.Now()
		db, err := store.Open(b.ledger(), store.Options{})
		if err != nil {
			return err
		}
		opens = append(opens, time.Since(begun))
		if err := db.Close(); err != nil {
			return err
		}
	}
	b.add("open", "< 100 ms", short(quantile(opens, 0.5)), "", "")
	return nil
}

// committed compares a durable commit of five filings with the two fdatasyncs that it cannot do without.
func (b *bench) committed() error {
	c, err := newCommits(b.ledger(), b.dir, b.sample, b.n)
	if err != nil {
		return err
	}
	var ours, raw []time.Duration
	for range 400 {
		d, err := c.five()
		if err != nil {
			return err
		}
		e, err := c.raw()
		if err != nil {
			return err
		}
		ours, raw = append(ours, d), append(raw, e)
	}
	o, r := quantile(ours, 0.5), quantile(raw, 0.5)
	b.add("durable commit of five filings, p50", "≤ 3 ×", short(o), "two raw fdatasyncs "+short(r), fmt.Sprintf("%.1f ×", float64(o)/float64(r)))
	return c.close()
}

func (b *bench) table() string {
	var t strings.Builder
	fmt.Fprintf(&t, "%s, %d filings, vocabulary of the %s; %d cores, %s of memory, %s, %s/%s; load average %s.\n\n", time.Now().Format(time.DateOnly),
		b.n, b.sample.source, runtime.NumCPU(), memory(), runtime.Version(), runtime.GOOS, runtime.GOARCH, busy())
	t.WriteString("| what | goal | kapwatch | beside it, same run | ratio |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range b.rows {
		fmt.Fprintf(&t, "| %s | %s | %s | %s | %s |\n", r.what, r.goal, r.got, r.baseline, r.ratio)
	}
	return t.String()
}

// replace puts the table between the two marks in the file.
func replace(path, table string) error {
	const from, to = "<!-- table -->\n", "<!-- end of table -->"
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(b), from)
	_, after, found := strings.Cut(rest, to)
	if !ok || !found {
		return fmt.Errorf("%s has no marks for the table", path)
	}
	return os.WriteFile(path, []byte(before+from+table+to+after), 0o644)
}
