package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor/classify"
	"kapwatch/store"
)

// checkDanger checks a configuration with a dangerous term whose ledger is path.
func checkDanger(t *testing.T, path string) string {
	t.Helper()
	config := filepath.Join(t.TempDir(), "k.yaml")
	text := fmt.Appendf(nil, "store: {path: %s}\nroutes:\n  - {name: a, terms: [ya], to: {terminal: true}}\n", path)
	if err := os.WriteFile(config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"check", "--config", config}, noEnv, nil, &out, &errs); code != exitFine {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	return errs.String()
}

// A ledger that another process has open, that is missing, or that is none is no reason to wait or to fail: the
// warning comes without a count.
func TestCheckWaitsForNoLedger(t *testing.T) {
	locked := filepath.Join(t.TempDir(), "locked.db")
	db, err := store.Open(locked, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	foreign := filepath.Join(t.TempDir(), "foreign.db")
	if err := os.WriteFile(foreign, []byte("no ledger"), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "missing.db")
	for _, path := range []string{locked, foreign, missing} {
		begun := time.Now()
		got := checkDanger(t, path)
		if !strings.Contains(got, `"ya": has two letters`) || strings.Contains(got, "found in") || strings.Contains(got, "error") {
			t.Errorf("%s: %s", filepath.Base(path), got)
		}
		if took := time.Since(begun); took > 1500*time.Millisecond {
			t.Errorf("%s: check took %v", filepath.Base(path), took)
		}
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("check made a ledger")
	}
}

// It looks at whole days, the newest first, until it has looked at enough.
func TestCheckLooksAtABoundedNumber(t *testing.T) {
	config, last := recordedDays(t, 6300) // 600 a day, 300 on the last
	cfg, _, err := ReadConfig(config, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	term, err := classify.ParseTerm("ya")
	if err != nil {
		t.Fatal(err)
	}
	seen := classify.NewSightings([]classify.Term{term})
	a := &app{getenv: noEnv, stderr: io.Discard, logLevel: "info", logFormat: "text"}
	got := a.lookBack(t.Context(), cfg, seen)
	want := last.AddDate(0, 0, -8).Format(time.DateOnly) + " to " + last.Format(time.DateOnly)
	if got != want || seen.Texts() != 5100 {
		t.Errorf("looked at %d filings of %s, want 5100 of %s", seen.Texts(), got, want)
	}
}
