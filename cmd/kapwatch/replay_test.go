package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/store"
)

// manyRoutes is a configuration of the usual kinds of route: by ticker, by category, by terms, by everything.
const manyRoutes = `
store: {path: %s}
routes:
  - {name: energy, tickers: [AKSEN, ZOREN], to: {slack: C0123456781}}
  - {name: deals, categories: [mou, contract, tender, ma], to: {slack: C0123456782}}
  - {name: words, terms: ["doğal gaz", "güneş enerji", "ihale", "=MoU"], unless: ["esas sözleşme", "genel kurul"], to: {slack: C0123456783}}
  - {name: english, language: en, classes: [ODA], to: {slack: C0123456784}}
  - {name: all, max_tickers: 0, to: {slack: C0123456785}}
`

// recordedDays makes a ledger of n filings with text, 600 a day from 1 January 2026 on, and a configuration beside it.
func recordedDays(tb testing.TB, n int) (config string, last time.Time) {
	tb.Helper()
	dir := tb.TempDir()
	config = filepath.Join(dir, "new.yaml")
	path := filepath.Join(dir, "k.db")
	if err := os.WriteFile(config, fmt.Appendf(nil, manyRoutes, path), 0o600); err != nil {
		tb.Fatal(err)
	}
	cfg, _, err := ReadConfig(config, noEnv)
	if err != nil {
		tb.Fatal(err)
	}
	rules, err := cfg.Classifier()
	if err != nil {
		tb.Fatal(err)
	}
	db, err := store.Open(path, store.Options{NoSync: true})
	if err != nil {
		tb.Fatal(err)
	}
	last = time.Date(2026, 1, 1, 0, 0, 0, 0, monitor.Istanbul)
	for left := n; ; last = last.AddDate(0, 0, 1) {
		var filings []monitor.Filing
		for f := range kapsim.Stream(min(left, 600), 1, last) {
			f.Detail.Body += prose
			filings = append(filings, f.Filing)
		}
		if _, err := (monitor.Importer{Store: db, Rules: rules}).Import(tb.Context(), filings); err != nil {
			tb.Fatal(err)
		}
		if left -= len(filings); left <= 0 {
			break
		}
	}
	if err := db.Close(); err != nil {
		tb.Fatal(err)
	}
	return config, last
}

// prose makes a body as long as one of KAP's, 630 bytes on average.
const prose = ` Şirketimiz Yönetim Kurulu'nun bugünkü toplantısında, bağlı ortaklığımızın faaliyetlerinin geliştirilmesi amacıyla
yürütülen çalışmalar değerlendirilmiş olup, konuya ilişkin gelişmeler ilgili mevzuat çerçevesinde yatırımcılarımızın bilgisine
sunulacaktır. Söz konusu çalışmaların mali tablolarımıza etkisinin sınırlı olması öngörülmektedir. Yukarıda yer alan bilgiler
yatırımcılarımızın ve ilgililerin dikkatine sunulmak üzere hazırlanmıştır. Kamuoyunun bilgisine saygıyla sunarız.`

func noEnv(string) string { return "" }

// replayed runs the command as it is typed.
func replayed(tb testing.TB, config string, last time.Time, more ...string) string {
	tb.Helper()
	var out, errs bytes.Buffer
	args := append([]string{"replay", "--config", config, "--from", "2026-01-01", "--to", last.Format(time.DateOnly)}, more...)
	if code := run(context.WithoutCancel(tb.Context()), args, noEnv, nil, &out, io.MultiWriter(&errs, os.Stderr)); code != exitFine {
		tb.Fatalf("exit code %d: %s", code, &errs)
	}
	return out.String()
}

// BenchmarkReplay replays 100,000 filings with text from the file through five routes; run it with -cpu 1.
func BenchmarkReplay(b *testing.B) {
	const n = 100_000
	config, last := recordedDays(b, n)
	runtime.GC()
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		replayed(b, config, last)
	}
	b.ReportMetric(n/(b.Elapsed().Seconds()/float64(b.N)), "filings/s")
	b.ReportMetric((cpu(b)-before).Seconds()/float64(b.N), "cpu-s/op")
}

// cpu is what this process has used of the processors: on a busy machine it tells more than the clock.
func cpu(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Each filing costs the same, however many there are, and the same bytes are printed each time.
func TestReplayCost(t *testing.T) {
	cost := func(n int) float64 {
		config, last := recordedDays(t, n)
		first := replayed(t, config, last)
		return testing.AllocsPerRun(2, func() {
			if replayed(t, config, last) != first {
				t.Error("another time it prints something else")
			}
		})
	}
	const n = 600
	one, two, three := cost(n), cost(2*n), cost(3*n)
	if per := (two - one) / n; per > 350 { // 255 in November 2026: to decode it, to index the newest when the file is opened, to judge it
		t.Errorf("%.0f allocations a filing", per)
	}
	if a, b := two-one, three-two; b > 1.2*a {
		t.Errorf("%.0f allocations for %d filings more, then %.0f", a, n, b)
	}
}
