//go:build e2e

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
	"kapwatch/store"
)

// world is a daemon between a simulated KAP and a simulated Slack, and what must be true of the three whatever
// happens. Four companies publish: one for a channel that two routes send to, one for another channel, one for a
// webhook, and one that nobody wants.
type world struct {
	process
	ledger     string // the file
	url        string // where the site is found
	site       *kapsim.Server
	siteServer *httptest.Server
	slack      *slacksim.Workspace
	next       int64          // index of the next filing
	listed     []int64        // what the site has listed since the baseline, oldest first
	late       map[int64]bool // listed so that it could not be read at first: it keeps no order
	unclear    int            // messages of which the ledger cannot know whether they were sent, though nothing crashed
	tally      *tally
}

// tally is what a row of the table shows.
type tally struct {
	runs      int // faults that struck
	lost      int // filings listed or acknowledged, and alerts owed, that are not there
	repeated  int // messages too many
	marked    int // of a webhook, marked as possible repeats: at most one for each crash
	recovered int // runs after which everything was there
	note      string
}

const (
	e2eSecret   = "e2e-canary-webhook"
	e2eBaseline = 1700001
	repeatMark  = "tekrar olabilir" // what a message says that may be a repeat
)

var companies = []struct{ ticker, name, channel string }{
	{"AKSEN", "AKSA ENERJİ ÜRETİM A.Ş.", "C0000ENERGY"},
	{"EREGL", "EREĞLİ DEMİR VE ÇELİK FABRİKALARI T.A.Ş.", "C0000STEEL"},
	{"THYAO", "TÜRK HAVA YOLLARI A.O.", "C0000AIR"},
	{"KCHOL", "KOÇ HOLDİNG A.Ş.", ""},
}

func newWorld(t *testing.T, bin string) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{
		process: process{t: t, bin: bin, dir: dir, acked: map[int64]bool{}}, ledger: filepath.Join(dir, "kapwatch.db"),
		next: 1700010, late: map[int64]bool{}, tally: &tally{},
	}
	w.site = kapsim.New(kapsim.Archive{w.filing(e2eBaseline)}, kapsim.Options{})
	w.siteServer = w.serve()
	w.slack = slacksim.New()
	w.slack.AddToken(e2eToken)
	for _, c := range []string{"C0000ENERGY", "C0000STEEL", "C0000OPERATORS"} {
		w.slack.AddChannel(c)
	}
	hook := w.slack.AddWebhook("C0000AIR", e2eSecret)
	slack := httptest.NewServer(w.slack)
	t.Cleanup(slack.Close)
	w.write("token", e2eToken+"\n")
	w.write("webhook", slack.URL+hook+"\n")
	w.configure(slack.URL)
	t.Cleanup(func() {
		w.kill()
		if t.Failed() {
			t.Logf("the daemon's log:\n%s", w.log.tail())
		}
		for _, secret := range []string{e2eToken, e2eSecret} {
			if strings.Contains(w.log.String(), secret) {
				t.Errorf("%s is in the log", secret)
			}
		}
	})
	return w
}

// configure writes the configuration; ledger and url may have been moved.
func (w *world) configure(slack string) {
	w.t.Helper()
	w.write("kapwatch.yaml", fmt.Sprintf(`
source:
  base_url: %s
  schedule: ["* * * * * *"]
  cross_check: "*/5 * * * * *"
  requests_per_second: 50
store:
  path: %q
slack:
  token_file: %q
  api_url: %s/api/
routes:
  - {name: energy, tickers: [AKSEN], to: {slack: C0000ENERGY}}
  - {name: energy-too, tickers: [AKSEN, KRDMD], to: {slack: C0000ENERGY}}
  - {name: steel, tickers: [EREGL], to: {slack: C0000STEEL}}
  - {name: air, tickers: [THYAO], to: {webhook_file: %q}}
  - {name: ops, operators_only: true, to: {slack: C0000OPERATORS}}
status:
  listen: 127.0.0.1:0
health:
  stale_after: 4s
  route: ops
`, w.url, w.ledger, filepath.Join(w.dir, "token"), slack, filepath.Join(w.dir, "webhook")))
}

// move puts the ledger elsewhere, before the first start.
func (w *world) move(ledger string) {
	w.t.Helper()
	w.replace(strconv.Quote(w.ledger), strconv.Quote(ledger))
	w.ledger = ledger
}

// replace changes the configuration.
func (w *world) replace(old, text string) {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.dir, "kapwatch.yaml"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.write("kapwatch.yaml", strings.Replace(string(b), old, text, 1))
}

func (w *world) filing(index int64) kapsim.Filing {
	c := companies[index/2%int64(len(companies))]
	return kapsim.Filing{Filing: monitor.Filing{
		Index: index, PublishedAt: time.Now().Truncate(time.Second), Company: c.name, Tickers: []string{c.ticker},
		Class: "ODA", Type: "ODA", Group: "ODA", Subject: "Özel Durum Açıklaması (Genel)", RuleType: "-",
		Summary: summaryOf(index),
	}}
}

func summaryOf(index int64) string {
	return fmt.Sprintf("Sentetik %d: yeni sözleşme imzalanması", index)
}

// channelOf is where a filing's alert goes, "" for nowhere.
func channelOf(index int64) string { return companies[index/2%int64(len(companies))].channel }

// publish lists n more filings; between their indexes there are gaps, as there are on the site.
func (w *world) publish(n int) {
	for range n {
		w.site.Add(w.filing(w.next))
		w.listed = append(w.listed, w.next)
		w.next += 2
	}
}

// begin starts the daemon on a new file and waits for its baseline.
func (w *world) begin() {
	w.t.Helper()
	w.start()
	w.baseline()
}

func (w *world) baseline() {
	w.t.Helper()
	w.until("the baseline", w.born)
}

func (w *world) born() bool { return w.told().Ledger.Filings > 0 }

// status is what of /status the tests ask.
type statusView struct {
	State    string
	Problems []string
	Source   struct {
		LastError string `json:"last_error"`
		Readers   map[string]string
	}
	Ledger struct{ Filings, Unknown int }
	Alerts struct{ Pending, Blocked int }
}

func (w *world) told() (v statusView) {
	w.get("/status", &v)
	return v
}

// degraded waits until the daemon says that something is wrong, and what contains word.
func (w *world) degraded(word string) {
	w.t.Helper()
	var v statusView
	if !within(time.Minute, func() bool {
		v = w.told()
		return v.State == "degraded" && strings.Contains(strings.Join(append(v.Problems, v.Source.LastError), "\n"), word)
	}) {
		w.t.Fatalf("no problem with %q: %+v\n%s", word, v, w.log.tail())
	}
}

var filingLink = regexp.MustCompile(`/Bildirim/(\d+)`)

// sent lists the filings that stand in a channel, in the order of its messages; marked counts, for each, the
// messages that say that they may be repeats.
func (w *world) sent(channel string) (order []int64, marked map[int64]int) {
	marked = map[int64]int{}
	for _, p := range w.slack.History(channel) {
		text := string(p.Blocks) + p.Text
		var here []int64
		for _, m := range filingLink.FindAllStringSubmatch(text, -1) {
			i, err := strconv.ParseInt(m[1], 10, 64)
			if err == nil && !slices.Contains(here, i) {
				here = append(here, i)
			}
		}
		for _, i := range here {
			if strings.Contains(text, repeatMark) {
				marked[i]++
			}
		}
		order = append(order, here...)
	}
	return order, marked
}

// settled reports whether the daemon has done all that it owes.
func (w *world) settled() bool {
	for _, c := range companies {
		if c.channel == "" {
			continue
		}
		order, _ := w.sent(c.channel)
		there := map[int64]bool{}
		for _, i := range order {
			there[i] = true
		}
		for _, i := range w.listed {
			if channelOf(i) == c.channel && !there[i] {
				return false
			}
		}
	}
	v := w.told()
	return v.Alerts.Pending == 0 && v.Alerts.Blocked == 0 && v.Ledger.Filings > len(w.listed)
}

// settle waits for that. What does not come is what check counts as lost.
func (w *world) settle() {
	w.t.Helper()
	if !within(200*time.Second, func() bool { return w.over() || w.settled() }) || w.over() {
		w.t.Errorf("not everything was done: %+v", w.told())
	}
}

// recover starts the daemon on what the fault has left, lets it do what it owes, and checks the world.
func (w *world) recover() {
	w.t.Helper()
	w.start()
	w.settle()
	w.check()
}

// crashed looks into the file as the fault has left it: it is whole, what was acknowledged is in it, and nothing was
// sent that is not.
func (w *world) crashed() {
	w.t.Helper()
	w.kill()
	w.mu.Lock()
	acked := len(w.acked)
	w.mu.Unlock()
	if _, err := os.Stat(w.ledger); errors.Is(err, fs.ErrNotExist) && acked == 0 {
		return // struck before there was a file
	}
	db := w.open()
	defer db.Close()
	w.whole(db)
}

// forget is for a file that was taken away: what was acknowledged was in it.
func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.acked)
	w.event = 0
}

// open opens the file as it lies there, without writing.
func (w *world) open() *store.DB {
	w.t.Helper()
	db, err := store.Open(w.ledger, store.Options{ReadOnly: true})
	if err != nil {
		w.tally.lost += len(w.listed)
		w.t.Fatal(err)
	}
	return db
}

// whole verifies an open file.
func (w *world) whole(db *store.DB) {
	w.t.Helper()
	if _, err := db.Verify(w.t.Context()); err != nil {
		w.t.Error(err)
	}
	has := func(index int64) bool {
		r, found, err := db.Get(index)
		if err != nil {
			w.t.Error(err)
		}
		if found && index > e2eBaseline && r.Filing.Summary != summaryOf(index) {
			w.t.Errorf("filing %d: summary %q", index, r.Filing.Summary)
		}
		return found
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.acked {
		if !has(i) {
			w.tally.lost++
			w.t.Errorf("filing %d was acknowledged and is not in the file", i)
		}
	}
	for _, c := range companies {
		order, _ := w.sent(c.channel)
		for _, i := range order {
			if !has(i) {
				w.t.Errorf("filing %d was sent and is not in the file", i)
			}
		}
	}
}

// check stops the daemon and verifies everything: listed ⊆ recorded ∪ unknown, each wanted alert sent exactly once
// (by a webhook at most one marked repeat for each crash), the order of each company kept, nothing sent that is not
// recorded or not wanted, and the file whole.
func (w *world) check() {
	w.t.Helper()
	if code := w.terminate(); code != 0 {
		w.t.Errorf("exit code %d after SIGTERM", code)
	}
	w.kill() // nothing of it stays
	db := w.open()
	defer db.Close()
	w.whole(db)
	lost := w.tally.lost
	left, err := db.Backlog()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, i := range w.listed {
		_, found, err := db.Get(i)
		unknown := slices.ContainsFunc(left.Bad, func(b monitor.BadRow) bool { return b.Index == i })
		if err != nil || !found && !unknown {
			w.tally.lost++
			w.t.Errorf("filing %d was listed and is neither recorded nor unknown: %v", i, err)
		}
	}
	repeated := w.checkMessages()
	w.tally.repeated += repeated
	if w.tally.lost == lost && repeated == 0 && !w.t.Failed() {
		w.tally.recovered = w.tally.runs
	}
}

func (w *world) checkMessages() (repeated int) {
	w.t.Helper()
	for _, c := range companies {
		if c.channel == "" {
			continue
		}
		order, marked := w.sent(c.channel)
		count, newest := map[int64]int{}, int64(0)
		for _, i := range order {
			if count[i]++; count[i] > 1 {
				continue
			}
			if i < newest && !w.late[i] {
				w.t.Errorf("%s: filing %d came after %d", c.channel, i, newest)
			}
			newest = max(newest, i)
			if channelOf(i) != c.channel || i == e2eBaseline {
				w.t.Errorf("%s: filing %d is not wanted there", c.channel, i)
			}
		}
		for _, i := range w.listed {
			n := count[i]
			switch {
			case channelOf(i) != c.channel:
			case n == 0:
				w.tally.lost++
				w.t.Errorf("%s: filing %d was never sent", c.channel, i)
			case n > 1 && c.channel == "C0000AIR" && marked[i] >= n-1: // the promise of a webhook
			case n > 1:
				repeated += n - 1
				w.t.Errorf("%s: filing %d was sent %d times", c.channel, i, n)
			}
		}
	}
	for _, p := range w.slack.History("C0000AIR") {
		if strings.Contains(string(p.Blocks)+p.Text, repeatMark) {
			w.tally.marked++
		}
	}
	if most := int(w.crashes.Load()) + w.unclear; w.tally.marked > most {
		w.t.Errorf("the webhook marked %d messages as repeats, %d may have been", w.tally.marked, most)
	}
	return repeated
}

// ---- lives ----

// cuts lives short lives, in each of which strike ends the daemon's while Slack has messages of which it has not said so,
// and sees after each what is left.
func (w *world) cuts(runs int, strike func()) {
	w.t.Helper()
	w.begin()
	w.kill()
	w.slack.Trouble(slowSlack)
	for n := range runs {
		w.cut(strike)
		w.crashed()
		w.rest(n, 25)
	}
	w.recover()
}

// rest gives the daemon a long life after so many short ones: after a lost answer it looks twice, 5 s apart.
func (w *world) rest(n, lives int) {
	w.t.Helper()
	if n%lives == lives-1 {
		w.start()
		w.settle()
		w.kill()
	}
}

// works lets filings come while the fault lasts all along, and the daemon does what it owes each time.
func (w *world) works(runs, filings int) {
	w.t.Helper()
	w.begin()
	for range runs {
		w.publish(filings)
		w.settle()
		w.tally.runs++
	}
	w.check()
}

// cut lives a short life with filings arriving in it, and strikes somewhere in its middle.
func (w *world) cut(strike func()) {
	w.t.Helper()
	w.publish(rand.IntN(4))
	w.launch()
	for range rand.IntN(4) {
		time.Sleep(time.Duration(rand.IntN(350)) * time.Millisecond)
		w.publish(rand.IntN(3))
	}
	time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
	strike()
	w.tally.runs++
}

func (w *world) ready() bool { return w.get("/readyz", nil) == http.StatusOK }
