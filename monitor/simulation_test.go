package monitor_test

import (
	"bytes"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
	"kapwatch/store"
)

// A short form is part of every test run, .ci/run plays twenty seeds of two weeks, and the long form, whose newest result
// belongs into deploy/RELIABILITY.md, is
//
//	go test ./monitor -run 'TestSimulation$' -timeout 0 -v -args -seeds 20 -days 365
var (
	simSeeds = flag.Int("seeds", 3, "TestSimulation: how many seeds, from -seed on")
	simFirst = flag.Uint64("seed", 1, "TestSimulation: the first seed")
	simDays  = flag.Int("days", 4, "TestSimulation: days that each seed lives through")
)

// TestSimulation lets the daemon live through weeks that a seed makes up: filings by hour and kind of day, late,
// broken, corrected, edited and withdrawn ones; a source and a Slack in trouble; crashes between any two steps, full
// disks, a clock that is wrong, routes that come and go. After every step the invariants of oracle_test.go must hold.
func TestSimulation(t *testing.T) {
	var all tally
	for seed := *simFirst; seed < *simFirst+uint64(*simSeeds); seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(w *world) {
				s := newSimulation(w, seed)
				defer all.add(s)
				s.play(*simDays)
			})
		})
	}
	t.Cleanup(func() { t.Logf("%d seeds of %d days: %s", *simSeeds, *simDays, &all) })
}

// tally is what the seeds of a run have seen together.
type tally struct {
	mu                                       sync.Mutex
	filings, messages, crashes, restarts     int
	outages, full, clocks, reloads, repeated int
}

func (a *tally) add(s *simulation) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b := &s.seen
	a.filings, a.messages, a.crashes, a.restarts = a.filings+b.filings, a.messages+b.messages, a.crashes+b.crashes, a.restarts+b.restarts
	a.outages, a.full, a.clocks, a.reloads, a.repeated = a.outages+b.outages, a.full+b.full, a.clocks+b.clocks, a.reloads+b.reloads, a.repeated+b.repeated
}

func (a *tally) String() string {
	return fmt.Sprintf("%d filings, %d messages, %d crashes, %d restarts, %d outages, %d full disks, %d wrong clocks, %d reloads; 0 lost, %d repeated by a webhook, marked",
		a.filings, a.messages, a.crashes, a.restarts, a.outages, a.full, a.clocks, a.reloads, a.repeated)
}

// simulation is one seed's world.
type simulation struct {
	*world
	rng    *rand.Rand
	seed   uint64
	begun  time.Time
	config monitor.Config
	life   *mortal
	skew   atomic.Int64 // by how much the daemon's clock is wrong
	lines  tail
	oracle oracle
	seen   tally

	index   int64                   // the newest index given out
	spare   []int64                 // indexes that were left out, for rows that come late
	filings map[int64]kapsim.Filing // everything the site has or will have shown, but what was withdrawn
	broken  map[int64]time.Time     // rows that cannot be read until then
	healed  map[int64]time.Time     // rows that could not be read until then
	source  []spell[kapsim.Trouble]
	posting []spell[slacksim.Trouble]
	clockOK time.Time // the clock is right again from here on
	roomAt  time.Time // the disk has room again from here on
	extra   bool      // the route that comes and goes is there
}

// spell is a trouble with an end.
type spell[T any] struct {
	trouble T
	until   time.Time
}

const (
	digests = "C0000000003"
	hooked  = "C0000000004"
	market  = "C0000000005"
	control = "C0000000006"
)

func newSimulation(w *world, seed uint64) *simulation {
	s := &simulation{
		world: w, seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), index: 1700000, begun: time.Now(),
		filings: map[int64]kapsim.Filing{}, broken: map[int64]time.Time{}, healed: map[int64]time.Time{},
	}
	s.oracle = newOracle(s)
	for _, c := range []string{digests, hooked, market, control} {
		w.slack.AddChannel(c)
	}
	w.slack.SetPace(time.Second)
	w.site = kapsim.New(nil, kapsim.Options{PageRows: 150})
	w.log = slog.New(slog.NewTextHandler(&s.lines, nil))
	w.now = func() time.Time { return time.Now().Add(time.Duration(s.skew.Load())) }
	w.wrap = func(db *store.DB) monitor.Store {
		s.life = newMortal(db, s.oracle.diary)
		return s.life
	}
	return s
}

// routes are those of the file now: two of one channel, one with quiet hours, one with digests, one webhook, and one
// for everything that comes and goes.
func (s *simulation) routes() []monitor.Route {
	to := func(name, channel string, tickers ...string) monitor.Route {
		r := route(name, channel)
		r.Tickers = tickers
		return r
	}
	first := to("first", channel, "SIMA")
	first.ThreadUpdates = true
	quiet := to("quiet", digests, "SIMB")
	quiet.Quiet = monitor.Quiet{From: 22 * time.Hour, To: 7*time.Hour + 30*time.Minute}
	digest := to("digest", digests, "SIMC")
	digest.Digest, digest.DigestAt = true, []monitor.Schedule{s.hours("0 30 9 * * MON-FRI"), s.hours("0 30 18 * * MON-FRI")}
	hook := to("hook", "", "SIMD")
	hook.To = s.oracle.hook
	tell := ops()
	tell.To.Slack = control
	out := []monitor.Route{first, to("second", channel, "SIMA", "SIMB"), quiet, digest, hook, tell}
	if s.extra {
		out = append(out, to("market", market))
	}
	return out
}

func (s *simulation) hours(line string) monitor.Schedule { return schedule(s.t, line) }

// rise starts the daemon on the file as it is.
func (s *simulation) rise() {
	s.t.Helper()
	s.start(func(c *monitor.Config) {
		c.Schedule = monitor.Union{s.hours("0 */5 8-20 * * MON-FRI"), s.hours("0 */20 * * * *")}
		c.CrossCheck = s.hours("30 7 */4 * * *")
		c.StaleAfter, c.DetailMode = 2*time.Hour, monitor.DetailsMatched
		c.Routes, c.HealthRoute = s.routes(), "ops"
		c.Notifier = &mortalNotifier{c.Notifier, func() *mortal { return s.life }}
		for i := range c.Sources {
			c.Sources[i] = &witness{c.Sources[i], &s.oracle}
		}
		s.config = *c
	})
	s.oracle.alive(s.config.Routes)
}

// bury ends a life that was killed, and leaves the file as the end found it.
func (s *simulation) bury() {
	s.t.Helper()
	// The run ends with what stood in its way, which is the end of its life.
	_ = s.stop()
	if err := s.db.Close(); err != nil {
		s.t.Error(err)
	}
	if err := os.WriteFile(s.path, s.life.left, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.oracle.dead(s.life)
	s.stop = nil
	s.seen.crashes++
}

// restart stops the daemon in order, and starts it again later.
func (s *simulation) restart(off time.Duration) {
	s.t.Helper()
	err := s.stop()
	select {
	case <-s.life.died:
		s.stop = func() error { return err }
		s.bury()
	default:
		if err != nil {
			s.t.Errorf("run: %v", err)
		}
		if err := s.db.Close(); err != nil {
			s.t.Error(err)
		}
		s.oracle.dead(s.life)
		s.seen.restarts++
	}
	time.Sleep(off)
	s.rise()
}

// live lets time go by. A life that ends on the way is followed by the next one, as systemd would have it.
func (s *simulation) live(d time.Duration) {
	s.t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	for over := false; !over; {
		select {
		case <-timer.C:
			over = true
		case <-s.life.died:
			s.bury()
			time.Sleep(5 * time.Second)
			s.rise()
		}
	}
	synctest.Wait()
	select {
	case <-s.life.died:
		s.bury()
		s.rise()
		synctest.Wait()
	default:
	}
	s.mind()
	s.oracle.check()
}

// play is the whole life of one seed: days of trouble, and then days without, after which nothing may be left over.
func (s *simulation) play(days int) {
	defer s.explain()
	for range 30 {
		s.publish(s.company(), time.Now().Add(-time.Duration(s.rng.IntN(30*60))*time.Minute))
	}
	s.rise()
	s.live(time.Minute)
	for end := time.Now().AddDate(0, 0, days); time.Now().Before(end) && !s.t.Failed(); {
		s.day()
	}
	s.calm()
	s.live(2 * time.Hour)
	if !s.t.Failed() {
		s.live(4 * 24 * time.Hour) // a digest waits over the week-end
	}
	if !s.t.Failed() {
		s.oracle.end()
	}
	if s.stop != nil {
		s.restart(0)
	}
	s.oracle.sweep()
}

// explain says how to play a failed seed again.
func (s *simulation) explain() {
	if s.t.Failed() {
		s.t.Logf("%s after %s; play it again: go test ./monitor -run 'TestSimulation$' -v -args -seed %d -seeds 1 -days %d\nthe daemon's last words:\n%s",
			time.Now().In(monitor.Istanbul).Format(time.DateTime), time.Since(s.begun).Round(time.Minute), s.seed, *simDays, s.lines.String())
	}
}

// day is the time to the next midnight, with a plan of what is published and steps in which something may go wrong.
func (s *simulation) day() {
	midnight := monitor.Midnight(time.Now()).AddDate(0, 0, 1)
	s.plan(midnight)
	for time.Now().Before(midnight) && !s.t.Failed() {
		s.heal()
		s.act()
		s.live(min(s.stride(), time.Until(midnight)))
	}
	s.oracle.sweep()
}

// stride is the length of a step: minutes in the busy hours, hours at night.
func (s *simulation) stride() time.Duration {
	most := 40 * time.Minute
	if h := time.Now().In(monitor.Istanbul).Hour(); h < 8 {
		most = 3 * time.Hour
	}
	return time.Minute + time.Duration(s.rng.Int64N(int64(most)))
}

// spellOf is how long a trouble lasts: mostly minutes, seldom a day.
func (s *simulation) spellOf(most time.Duration) time.Duration {
	return time.Duration(float64(time.Minute) * math.Pow(float64(most/time.Minute), s.rng.Float64()))
}

func (s *simulation) odds(percent float64) bool { return s.rng.Float64() < percent/100 }

func pick[T any](s *simulation, list ...T) T { return list[s.rng.IntN(len(list))] }

// act lets something happen, or nothing.
func (s *simulation) act() {
	switch {
	case s.odds(5):
		s.outage()
	case s.odds(5):
		s.slackTrouble()
	case s.odds(5):
		s.life.kill(1 + s.rng.IntN(40))
	case s.odds(2):
		s.restart(pick(s, 0, 5*time.Second, time.Minute, s.spellOf(40*time.Hour)))
	case s.odds(1):
		s.seen.full++
		s.roomAt = time.Now().Add(s.spellOf(12 * time.Hour))
	case s.odds(1):
		s.seen.clocks++
		s.skew.Store(int64(pick(s, -time.Hour, -24*time.Hour, 24*time.Hour)))
		s.clockOK = time.Now().Add(s.spellOf(8 * time.Hour))
	case s.odds(2):
		s.extra = !s.extra
		s.reload()
	case s.odds(3):
		s.edit()
	}
	s.life.setFull(time.Now().Before(s.roomAt))
	if !time.Now().Before(s.clockOK) {
		s.skew.Store(0)
	}
	s.mind()
}

// mind tells the oracle while anything stands in the way of recording or delivering.
func (s *simulation) mind() {
	if len(s.source)+len(s.posting) > 0 || s.life.isFull() || s.skew.Load() != 0 {
		s.oracle.troubled()
	}
}

func (s *simulation) reload() {
	s.seen.reloads++
	c := s.config
	c.Routes = s.routes()
	s.m.Reload(c) // waits for a list that is being read
	synctest.Wait()
	s.oracle.arrivals() // decided by the old routes
	s.config = c
	s.oracle.alive(c.Routes)
}

// outage is a trouble of the source: of both readers, or of one.
func (s *simulation) outage() {
	on := pick(s, "", "", kapsim.Criteria, kapsim.Page, kapsim.Detail)
	now := time.Now()
	loud := pick(s,
		kapsim.Status(503), kapsim.Status(500), kapsim.Status(666), kapsim.Limited(""), kapsim.Limited("120"), kapsim.Limited("soon"),
		kapsim.WAF(), kapsim.Maintenance(), kapsim.Object(), kapsim.Truncate(s.rng.IntN(4000)), kapsim.Reset(s.rng.IntN(3000)),
		kapsim.Hang(), kapsim.RenameKey("disclosureIndex", "index"), kapsim.DropKey("publishDate"), kapsim.Redirect("https://127.0.0.1/login"),
	)
	until := now.Add(s.spellOf(48 * time.Hour))
	if s.odds(25) { // an answer that looks well: of one reader, for less than a day
		loud = pick(s, kapsim.Empty(), kapsim.Frozen(now), kapsim.Duplicates(), kapsim.Disorder())
		on, until = pick(s, kapsim.Criteria, kapsim.Page), now.Add(s.spellOf(20*time.Hour))
	}
	s.seen.outages++
	s.source = append(s.source, spell[kapsim.Trouble]{kapsim.Trouble{On: on, Fault: loud}, until})
	s.script()
}

// slackTrouble is one of Slack's: of all, of one channel, or of a few answers.
func (s *simulation) slackTrouble() {
	post := "chat.postMessage"
	t := pick(s,
		slacksim.Trouble{Status: 503}, slacksim.Trouble{Refuse: true}, slacksim.Trouble{Method: post, Hang: true},
		slacksim.Trouble{Method: post, Accept: true, Hang: true, Times: 1 + s.rng.IntN(3)},
		slacksim.Trouble{Method: post, Accept: true, Break: true, Times: 1 + s.rng.IntN(3)},
		slacksim.Trouble{Method: post, Accept: true, Status: 500, Times: 1 + s.rng.IntN(3)},
		slacksim.Trouble{Method: post, Accept: true, Body: "{}", Times: 1},
		slacksim.Trouble{Method: post, Body: "<html>wait</html>", Times: 1 + s.rng.IntN(3)},
		slacksim.Trouble{Status: 429, RetryAfter: pick(s, "1", "30", "3600", "-1", "soon")},
		slacksim.Trouble{Status: 429}, // the workspace's own limit
		slacksim.Trouble{Channel: pick(s, channel, digests, market, control), Error: pick(s, "is_archived", "channel_not_found", "not_in_channel")},
		slacksim.Trouble{Method: post, Error: "invalid_auth"},
		slacksim.Trouble{Method: post, Error: "invalid_blocks", Times: 1},
		slacksim.Trouble{Method: "conversations.history", Status: 503},
		slacksim.Trouble{Method: "webhook", Accept: true, Break: true, Times: 1},
		slacksim.Trouble{Method: "webhook", Status: 503, Times: 1 + s.rng.IntN(3)},
		slacksim.Trouble{Method: "webhook", Error: "no_service"},
	)
	s.seen.outages++
	most := 10 * time.Hour
	if t.Channel != "" { // archived for a day and back
		most = 30 * time.Hour
	}
	s.posting = append(s.posting, spell[slacksim.Trouble]{t, time.Now().Add(s.spellOf(most))})
	s.slack.Trouble(t)
}

// script tells the site its troubles.
func (s *simulation) script() {
	s.site.Clear()
	for index := range s.broken {
		s.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Only(index, kapsim.NullKey("publishDate"))})
	}
	for _, x := range s.source {
		s.site.Script(x.trouble)
	}
}

// heal ends what is over.
func (s *simulation) heal() {
	s.mind()
	now := time.Now()
	before := len(s.source) + len(s.broken)
	s.source = slices.DeleteFunc(s.source, func(x spell[kapsim.Trouble]) bool { return !now.Before(x.until) })
	for index, until := range s.broken {
		if !now.Before(until) {
			delete(s.broken, index)
			s.healed[index] = now
		}
	}
	if len(s.source)+len(s.broken) != before {
		s.script()
	}
	if n := len(s.posting); n > 0 {
		s.posting = slices.DeleteFunc(s.posting, func(x spell[slacksim.Trouble]) bool { return !now.Before(x.until) })
		if len(s.posting) != n {
			s.slack.Clear()
			for _, x := range s.posting {
				if x.trouble.Times == 0 { // what strikes a number of times has struck
					s.slack.Trouble(x.trouble)
				}
			}
		}
	}
}

// calm ends all trouble, and mends what people would mend: every route is there.
func (s *simulation) calm() {
	s.source, s.posting, s.roomAt, s.clockOK = nil, nil, time.Time{}, time.Time{}
	clear(s.broken)
	s.script()
	s.slack.Clear()
	s.skew.Store(0)
	s.life.setFull(false)
	s.extra = true
	s.reload()
}

func (s *simulation) company() string {
	return pick(s, "SIMA", "SIMA", "SIMB", "SIMC", "SIMD", "SIME", "SIMF", "SIMG")
}

// plan publishes what the day will bring: by hour and kind of day, with a burst now and then.
func (s *simulation) plan(midnight time.Time) {
	start := time.Now()
	n := 35 + s.rng.IntN(20)
	switch start.In(monitor.Istanbul).Weekday() {
	case time.Saturday, time.Sunday:
		n = 1 + s.rng.IntN(5)
	}
	var times []time.Time
	for range n {
		h := pick(s, 9, 10, 11, 13, 15, 17, 17, 18, 18, 18, 19, 19, 20, 21, 23)
		times = append(times, monitor.Midnight(start).Add(time.Duration(h)*time.Hour+time.Duration(s.rng.IntN(3600))*time.Second))
	}
	if s.odds(30) {
		at := pick(s, times...)
		for range 10 + s.rng.IntN(25) {
			times = append(times, at)
		}
	}
	times = slices.DeleteFunc(times, func(x time.Time) bool { return x.Before(start) || !x.Before(midnight) })
	slices.SortFunc(times, time.Time.Compare)
	for _, at := range times {
		s.publish(s.company(), at)
	}
}

// publish makes a filing that the site shows from at on, or later, or not well at first.
func (s *simulation) publish(code string, at time.Time) {
	last := s.index
	s.index += 1 + int64(s.rng.IntN(4))
	for i := s.index - 1; i > last && s.odds(20); i-- {
		s.spare = append(s.spare, i)
	}
	f := filing(s.index, at)
	f.Company, f.Tickers = "SENTETİK "+code+" A.Ş.", []string{code}
	f.Detail = &monitor.Detail{Body: "Sentetik gövde."}
	switch {
	case s.odds(20):
		f.Company, f.Tickers, f.Related = "BORSA İSTANBUL A.Ş.", nil, []string{code}
		f.Class, f.Type, f.Group, f.Subject, f.Summary = "DUY", "DUY", "", "Pay Bazında Devre Kesici Bildirimi", code+".E sırasında pay bazında devre kesici çalışmıştır"
	case s.odds(5):
		f.Summary = "Sentetik: konkordato başvurusu" // urgent
	case s.odds(8) && code == "SIMA":
		if earlier := s.oracle.newest(code); earlier != 0 {
			f.Modify, f.Detail.RelatedIndex, f.Detail.Correction = "DUZELTILEN", earlier, true
		}
	}
	if s.odds(10) {
		f.DetailAt = at.Add(s.spellOf(3 * time.Hour))
	}
	if at.After(time.Now()) {
		if n := len(s.spare); n > 0 && s.odds(5) { // late: a lower number than what is listed already
			f.Index, s.spare = s.spare[s.rng.IntN(n)], nil
			f.VisibleAt = at.Add(s.spellOf(6 * time.Hour))
		}
		if s.odds(3) {
			s.broken[f.Index] = at.Add(s.spellOf(12 * time.Hour))
			s.script()
		}
	}
	s.filings[f.Index] = f
	s.site.Add(f)
	s.seen.filings++
}

// edit changes or withdraws a recorded filing on the site.
func (s *simulation) edit() {
	index := s.oracle.newest(s.company())
	if index == 0 {
		return
	}
	if s.odds(30) {
		s.site.Remove(index)
		delete(s.filings, index)
		return
	}
	s.site.Edit(index, func(f *kapsim.Filing) {
		f.Summary += " (düzenlendi)"
		if s.odds(30) && !slices.Contains(f.Tickers, "SIMD") { // a webhook's message has no id to tell the two apart
			f.Modify = "DUZELTILEN"
		}
	})
}

// tail keeps the end of a log.
type tail struct {
	mu   sync.Mutex
	last [300][]byte
	n    int
}

func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last[l.n%len(l.last)] = bytes.Clone(p)
	l.n++
	return len(p), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b bytes.Buffer
	for i := range l.last {
		b.Write(l.last[(l.n+i)%len(l.last)])
	}
	return b.String()
}
