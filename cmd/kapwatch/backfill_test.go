package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// watched calls f with each piece that is written. Command and log write to it at once, as to a terminal.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	f    func(piece string)
}

func (w *watched) Write(b []byte) (int, error) {
	w.f(string(b))
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// A signal is no failure, what was read stays, and what is printed then can be run as it stands.
func TestBackfillInterrupted(t *testing.T) {
	site := httptest.NewServer(kapsim.New(nil, kapsim.Options{}))
	defer site.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "k.yaml")
	text := fmt.Sprintf("source: {base_url: %q, requests_per_second: 100}\nstore: {path: %q}\n", site.URL, filepath.Join(dir, "k.db"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	today := time.Now().In(monitor.Istanbul)
	from, to := today.AddDate(0, 0, -9).Format(time.DateOnly), today.AddDate(0, 0, -4).Format(time.DateOnly)
	args := []string{"backfill", "--from", from, "--to", to, "--config", config}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stderr := &watched{f: func(piece string) {
		if strings.Contains(piece, "(2 of 6 days)") {
			cancel()
		}
	}}
	none := func(string) string { return "" }
	if code := run(ctx, args, none, nil, &bytes.Buffer{}, stderr); code != exitFine {
		t.Errorf("exit code %d, want %d\n%s", code, exitFine, stderr)
	}
	if want := "to go on, run: kapwatch " + strings.Join(args, " ") + "\n"; !strings.HasSuffix(stderr.String(), want) {
		t.Errorf("last words %q, want %q", stderr, want)
	}
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	stderr.text.Reset()
	if code := run(ctx, append(args, "--again"), none, nil, &bytes.Buffer{}, stderr); code != exitFine {
		t.Errorf("exit code %d, want %d\n%s", code, exitFine, stderr)
	}
	if want := "kapwatch backfill --from " + today.AddDate(0, 0, -7).Format(time.DateOnly) + " --to " + to + " --again"; !strings.Contains(stderr.String(), want) {
		t.Errorf("last words %q, want %q", stderr, want)
	}
	rest := &watched{f: func(string) {}}
	if code := run(t.Context(), args, none, nil, &bytes.Buffer{}, rest); code != exitFine {
		t.Errorf("exit code %d\n%s", code, rest)
	}
	if !strings.Contains(rest.String(), " read before") || strings.Contains(rest.String(), from+":") {
		t.Errorf("the second run asked for the first day again:\n%s", rest)
	}
}

func TestProgressBar(t *testing.T) {
	var out bytes.Buffer
	p := &progress{w: &out, bar: true}
	until := time.Date(2024, 4, 26, 12, 0, 0, 0, monitor.Istanbul)
	p.tell(monitor.HistoryDay{Day: "2024-04-01", State: monitor.DayRead, Listed: 3, Recorded: 2, Done: 1, Of: 2})
	p.tell(monitor.HistoryDay{Day: "2024-04-02", State: monitor.DayWaiting, Why: "a\nrefusal", Until: &until, Done: 1, Of: 2})
	p.tell(monitor.HistoryDay{Day: "2024-04-02", State: monitor.DayRead, Done: 2, Of: 2})
	p.end()
	for _, want := range []string{
		"\r\x1b[K" + strings.Repeat("█", 15) + strings.Repeat("░", 15) + " 2024-04-01  1 of 2 days, 2 new",
		"\nkapwatch: 2024-04-02: waiting until 12:00:00: a refusal\n",
		strings.Repeat("█", 30) + " 2024-04-02  2 of 2 days, 2 new\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %q", want, out.String())
		}
	}
}
