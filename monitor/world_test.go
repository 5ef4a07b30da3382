package monitor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus"

	"kapwatch/configs"
	"kapwatch/monitor"
	"kapwatch/monitor/classify"
	"kapwatch/monitor/kap"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify"
	"kapwatch/notify/slacksim"
	"kapwatch/store"
)

// A world is the whole line in one process: the real reader against a simulated KAP, the real loop and ledger, the
// real notifier against a simulated Slack. It lives in a synctest bubble, so that days pass in milliseconds.
type world struct {
	t     *testing.T
	site  *kapsim.Server
	slack *slacksim.Workspace
	path  string
	db    *store.DB
	m     *monitor.Monitor
	rules *classify.Classifier
	wrap  func(*store.DB) monitor.Store // what the loop gets instead of the ledger; nil = the ledger
	log   *slog.Logger                  // nil = the test's
	now   func() time.Time              // the daemon's clock; nil = time.Now
	reg   *prometheus.Registry          // of the life that lives
	out   bytes.Buffer
	stop  func() error
}

const (
	token   = "xoxb-test-0000-canary"
	channel = "C0000000001"
	other   = "C0000000002"
)

// begin is a Wednesday at noon in Istanbul. A bubble starts in the year 2000, when Istanbul was UTC+2.
var begin = time.Date(2026, 11, 25, 12, 0, 0, 0, monitor.Istanbul)

// inWorld runs f in a bubble at begin, with an archive of the day before for the baseline.
func inWorld(t *testing.T, f func(w *world)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(begin))
		w := &world{t: t, path: filepath.Join(dir, "kapwatch.db"), rules: rules(t)}
		w.site = kapsim.New(kapsim.Archive{filing(1700001, begin.Add(-20*time.Hour)), filing(1700003, begin.Add(-time.Hour))}, kapsim.Options{})
		w.slack = slacksim.New()
		w.slack.AddToken(token)
		w.slack.AddChannel(channel)
		w.slack.AddChannel(other)
		f(w)
		if w.stop != nil {
			w.halt()
		}
	})
}

func rules(t testing.TB) *classify.Classifier {
	t.Helper()
	var file classify.File
	if err := yaml.Unmarshal(configs.Categories, &file); err != nil {
		t.Fatal(err)
	}
	c, err := classify.New(file)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// filing is a synthetic contract of AKSEN's; change it as the test needs.
func filing(index int64, at time.Time) kapsim.Filing {
	return kapsim.Filing{Filing: monitor.Filing{
		Index: index, PublishedAt: at, Company: "AKSA ENERJİ ÜRETİM A.Ş.", Tickers: []string{"AKSEN"},
		Class: "ODA", Type: "ODA", Group: "ODA", Subject: "Özel Durum Açıklaması (Genel)", RuleType: "-",
		Summary: fmt.Sprintf("Sentetik %d: yeni sözleşme imzalanması", index),
	}}
}

func route(name, channel string) monitor.Route {
	return monitor.Route{Name: name, Tickers: []string{"AKSEN"}, MaxTickers: 10, Language: monitor.Turkish, To: monitor.Target{Slack: channel}}
}

func schedule(t testing.TB, line string) monitor.Schedule {
	t.Helper()
	s, err := monitor.ParseSchedule(line)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start opens the ledger and runs the loop.
func (w *world) start(change ...func(*monitor.Config)) {
	w.t.Helper()
	log := w.log
	if log == nil {
		log = slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
	}
	db, err := store.Open(w.path, store.Options{NoSync: true, Log: log, Now: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
	site, err := kap.New(kap.Config{BaseURL: "http://127.0.0.1", RequestsPerSecond: 10, Transport: w.site.Transport("127.0.0.1"), Log: log, Now: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
	n, err := notify.New(notify.Config{SlackAPI: "http://127.0.0.1/api/", SlackToken: notify.NewSecret(token), Terminal: &w.out, Transport: w.slack.Transport(), Log: log})
	if err != nil {
		w.t.Fatal(err)
	}
	c := monitor.Config{
		Schedule: schedule(w.t, "*/30 * * * * *"), CrossCheck: schedule(w.t, "0 */30 * * * *"),
		Sources: []monitor.Source{site.Criteria(), site.Page()}, History: site.History(), Kept: site, Details: site, Lookup: site, DetailMode: monitor.DetailsNone,
		CatchUp: 72 * time.Hour, StaleAfter: 5 * time.Minute, Routes: []monitor.Route{route("energy", channel)},
		Notifier: n, Rules: w.rules,
	}
	for _, f := range change {
		f(&c)
	}
	var ledger monitor.Store = db
	if w.wrap != nil {
		ledger = w.wrap(db)
	}
	w.reg = prometheus.NewRegistry()
	m, err := monitor.New(c, ledger, monitor.Options{Log: log, Registerer: w.reg, Now: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	w.db, w.m = db, m
	w.stop = func() error {
		cancel()
		return <-done
	}
}

// crash leaves the ledger as kill -9 would have left it now, and everything else behind.
func (w *world) crash() {
	w.t.Helper()
	synctest.Wait()
	left, err := os.ReadFile(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.halt()
	if err := os.WriteFile(w.path, left, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// troubled is the ledger, with errors of a test's choosing before anything is written.
type troubled struct {
	*store.DB
	fail func(act string) error // nil = all is well
}

func (s *troubled) try(act string) error {
	if s.fail == nil {
		return nil
	}
	return s.fail(act)
}

func (s *troubled) Record(b monitor.Batch) ([]int64, error) {
	if err := s.try("record"); err != nil {
		return nil, err
	}
	return s.DB.Record(b)
}

func (s *troubled) Amend(a []monitor.Amendment) error {
	return after(s.try("amend"), func() error { return s.DB.Amend(a) })
}

func (s *troubled) Intend(m monitor.Intent) error {
	return after(s.try("intend"), func() error { return s.DB.Intend(m) })
}

func (s *troubled) Settle(a []monitor.Alert) error {
	return after(s.try("settle"), func() error { return s.DB.Settle(a) })
}

func (s *troubled) Notes(a []monitor.Alert, told []monitor.Trouble) error {
	return after(s.try("notes"), func() error { return s.DB.Notes(a, told) })
}

func after(err error, f func() error) error {
	if err != nil {
		return err
	}
	return f()
}

// halt stops the loop and closes the ledger, as a restart does.
func (w *world) halt() {
	w.t.Helper()
	if err := w.stop(); err != nil {
		w.t.Errorf("run: %v", err)
	}
	if err := w.db.Close(); err != nil {
		w.t.Error(err)
	}
	w.stop = nil
}

// pass lets time go by and checks what must always hold.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	w.check()
}

// check verifies the invariants: each filing once, each alert sent once or open, none for a filing not recorded.
func (w *world) check() {
	w.t.Helper()
	page, err := w.db.Find(monitor.Query{Limit: 200})
	if err != nil {
		w.t.Fatal(err)
	}
	seen := map[int64]bool{}
	for _, r := range page.Records {
		if seen[r.Filing.Index] {
			w.t.Errorf("filing %d is recorded twice", r.Filing.Index)
		}
		seen[r.Filing.Index] = true
		for _, a := range r.Alerts {
			if n := w.slack.Count(a.ID); a.Digest == "" && n > 1 {
				w.t.Errorf("alert %s was sent %d times", a.ID, n)
			} else if a.State == monitor.Sent && a.Digest == "" && n == 0 && strings.HasPrefix(a.Channel, "slack:") && w.carrying(strings.TrimPrefix(a.Channel, "slack:"), a.Index) == 0 {
				w.t.Errorf("alert %s counts as sent, the channel does not have it", a.ID)
			}
		}
	}
}

// carrying is how many messages of a channel tell of a filing, by themselves or with others.
func (w *world) carrying(channel string, index int64) (n int) {
	for _, p := range w.slack.History(channel) {
		var meta struct {
			Payload struct{ Indexes string } `json:"event_payload"`
		}
		if json.Unmarshal(p.Metadata, &meta) == nil && slices.Contains(strings.Split(meta.Payload.Indexes, ","), fmt.Sprint(index)) {
			n++
		}
	}
	return n
}

func (w *world) record(index int64) monitor.Record {
	w.t.Helper()
	r, ok, err := w.db.Get(index)
	if err != nil || !ok {
		w.t.Fatalf("filing %d: recorded %v, %v", index, ok, err)
	}
	return r
}

// sent is how many messages the channel holds.
func (w *world) sent(channel string) int { return len(w.slack.History(channel)) }

func terms(t *testing.T, words ...string) []classify.Term {
	t.Helper()
	var out []classify.Term
	for _, s := range words {
		x, err := classify.ParseTerm(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}
