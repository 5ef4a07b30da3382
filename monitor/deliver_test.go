package monitor_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
	"kapwatch/store"
)

const mayRepeat = "tekrar olabilir"

// webhook makes r go to an incoming webhook that posts to the channel.
func (w *world) webhook(r monitor.Route, channel string) monitor.Route {
	w.t.Helper()
	path := filepath.Join(filepath.Dir(w.path), "webhook-"+r.Name)
	url := "http://127.0.0.1" + w.slack.AddWebhook(channel, "canary-"+r.Name)
	if err := os.WriteFile(path, []byte(url), 0o600); err != nil {
		w.t.Fatal(err)
	}
	r.To = monitor.Target{Webhook: path}
	return r
}

func routes(r ...monitor.Route) func(*monitor.Config) {
	return func(c *monitor.Config) { c.Routes = r }
}

func ops() monitor.Route {
	return monitor.Route{Name: "ops", OperatorsOnly: true, To: monitor.Target{Slack: other}}
}

// withOps adds a route for operators in the other channel.
func withOps(c *monitor.Config) { c.Routes, c.HealthRoute = append(c.Routes, ops()), "ops" }

// of gives the texts of a channel that hold a word.
func (w *world) of(channel, word string) (out []string) {
	for _, p := range w.slack.History(channel) {
		if all := p.Text + string(p.Blocks); strings.Contains(all, word) {
			out = append(out, p.Text)
		}
	}
	return out
}

func link(i int64) string { return fmt.Sprintf("/Bildirim/%d", i) }

// A webhook has no history: after a lost answer the message goes once more and says so, whatever the tries between
// bring, and then never again.
func TestRepeatOfAWebhookIsMarkedAcrossFurtherTrouble(t *testing.T) {
	for name, then := range map[string]slacksim.Trouble{
		"nothing":      {Method: "auth.test"},
		"limited":      {Method: "webhook", Times: 1, Status: 429, RetryAfter: "30"},
		"refused":      {Method: "webhook", Times: 1, Error: "no_service"},
		"unreachable":  {Method: "webhook", Times: 2, Refuse: true},
		"not accepted": {Method: "webhook", Times: 2, Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start(routes(w.webhook(route("hook", channel), channel)))
				w.pass(time.Minute)
				w.slack.Trouble(slacksim.Trouble{Method: "webhook", Times: 1, Accept: true, Break: true})
				w.slack.Trouble(then)
				w.site.Add(filing(1700101, time.Now()))
				w.pass(15 * time.Minute)
				if n := w.sent(channel); n != 2 {
					t.Fatalf("%d messages, want the first and one repeat", n)
				}
				if marked := w.of(channel, mayRepeat); len(marked) != 1 {
					t.Errorf("%d of two messages say that they may be a repeat", len(marked))
				}
				if s := w.record(1700101).Alerts[0].State; s != monitor.Sent {
					t.Errorf("state %s", s)
				}
			})
		})
	}
}

func TestCrashOfAWebhookRepeatsOnceAndMarked(t *testing.T) {
	inWorld(t, func(w *world) {
		hook := w.webhook(route("hook", channel), channel)
		w.start(routes(hook))
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "webhook", Accept: true, Hang: true})
		w.site.Add(filing(1700103, time.Now()), filing(1700105, time.Now()))
		w.pass(32 * time.Second)
		w.crash()
		w.slack.Clear()
		w.start(routes(hook))
		w.pass(2 * time.Minute)
		if a, b := w.of(channel, link(1700103)), w.of(channel, link(1700105)); len(a) != 2 || len(b) != 1 || len(w.of(channel, mayRepeat)) != 1 {
			t.Errorf("%d and %d messages, %d marked", len(a), len(b), len(w.of(channel, mayRepeat)))
		}
	})
}

func TestUnreadableHistoryRepeatsMarked(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "conversations.history", Error: "missing_scope"})
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Times: 1, Accept: true, Break: true})
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Times: 1, Status: 429, RetryAfter: "20"})
		w.site.Add(filing(1700107, time.Now()))
		time.Sleep(3 * time.Minute)
		if n, marked := w.slack.Count("1700107-energy"), w.of(channel, mayRepeat); n != 2 || len(marked) != 1 {
			t.Errorf("%d messages, %d marked", n, len(marked))
		}
	})
}

// What Slack confirmed is not asked again because the disk was full when it was to be written down.
func TestFullDiskAfterThePostRepeatsNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		var full atomic.Bool
		w.wrap = func(db *store.DB) monitor.Store {
			return &troubled{db, func(act string) error {
				if act == "settle" && full.Load() {
					return fmt.Errorf("settle: %w", monitor.ErrFull)
				}
				return nil
			}}
		}
		w.start(routes(w.webhook(route("hook", channel), channel)))
		w.pass(time.Minute)
		full.Store(true)
		w.site.Add(filing(1700109, time.Now()))
		w.pass(2 * time.Minute)
		if h := w.m.Health(); h.OK() || !strings.Contains(h.Problems[0], "the disk is full") {
			t.Errorf("problems %q", h.Problems)
		}
		full.Store(false)
		w.pass(time.Minute)
		if w.sent(channel) != 1 || w.record(1700109).Alerts[0].State != monitor.Sent || !w.m.Health().OK() {
			t.Errorf("%d messages, %+v, problems %q", w.sent(channel), w.record(1700109).Alerts[0], w.m.Health().Problems)
		}
	})
}

// While nothing can be recorded nothing is sent; operators hear of it once, and once that it is over, although
// smaller things find room.
func TestFullDiskIsWaitedOutAndSaidOnce(t *testing.T) {
	for name, acts := range map[string][]string{"nothing has room": {"record", "notes", "intend", "settle", "amend"}, "only filings have none": {"record"}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var full atomic.Bool
				w.wrap = func(db *store.DB) monitor.Store {
					return &troubled{db, func(act string) error {
						if full.Load() && slices.Contains(acts, act) {
							return fmt.Errorf("%s: %w", act, monitor.ErrFull)
						}
						return nil
					}}
				}
				w.start(withOps)
				w.pass(time.Minute)
				before := w.sent(other)
				full.Store(true)
				w.site.Add(filing(1700111, time.Now()))
				w.pass(20 * time.Minute)
				if w.sent(channel) != 0 || w.m.Health().OK() {
					t.Errorf("%d sent, problems %q", w.sent(channel), w.m.Health().Problems)
				}
				full.Store(false)
				w.pass(3 * time.Minute)
				if w.sent(channel) != 1 || !w.m.Health().OK() {
					t.Errorf("%d sent, problems %q when there is room", w.sent(channel), w.m.Health().Problems)
				}
				var began, over int
				for _, p := range w.slack.History(other)[before:] {
					began += strings.Count(p.Text, "⚠ the disk is full")
					over += strings.Count(p.Text, "over: the disk is full")
				}
				if began != 1 || over != 1 {
					t.Errorf("operators were told %d times that it began and %d times that it is over", began, over)
				}
			})
		})
	}
}

// One filing that Slack refuses does not take nineteen others of its digest with it.
// A route may get another channel while its message is on its way: what is not yet sent goes to the new one.
// Twelve hours without Slack and 1,200 alerts: at most sixty digests, in order, within two minutes of its return.
// What a digest holds until the evening makes no instant alert of the same company and channel wait.
// A correction that names no filing belongs into no thread, least of all below a note to operators.
func TestCorrectionThatNamesNoFilingStartsNoThread(t *testing.T) {
	inWorld(t, func(w *world) {
		withThreads := func(c *monitor.Config) {
			c.DetailMode, c.Routes[0].ThreadUpdates = monitor.DetailsMatched, true
			ops := ops()
			ops.To.Slack = channel
			c.Routes, c.HealthRoute = append(c.Routes, ops), "ops"
		}
		w.start(withThreads)
		w.pass(time.Minute)
		f := filing(1700181, time.Now())
		f.Modify, f.Detail = "DUZELTILEN", &monitor.Detail{Body: "Sentetik düzeltme."}
		w.site.Add(f)
		w.pass(time.Minute)
		h := w.slack.History(channel)
		if len(h) != 2 || h[1].ID != "1700181-energy" || h[1].ThreadTS != "" {
			t.Errorf("history %+v", h)
		}
	})
}

// The message went to the channel before its detail told which thread it belongs to, and its answer was lost.
func TestLostAnswerIsLookedUpInTheChannelToo(t *testing.T) {
	inWorld(t, func(w *world) {
		withThreads := func(c *monitor.Config) {
			c.DetailMode, c.Routes[0].ThreadUpdates = monitor.DetailsMatched, true
		}
		w.start(withThreads)
		w.pass(time.Minute)
		w.site.Add(filing(1700183, time.Now()))
		w.pass(time.Minute)
		f := filing(1700185, time.Now())
		f.Modify, f.Detail = "DUZELTILEN", &monitor.Detail{Body: "Sentetik düzeltme.", Correction: true, RelatedIndex: 1700183}
		f.DetailAt = time.Now().Add(40 * time.Second)
		w.site.Add(f)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Times: 1, Accept: true, Break: true})
		w.slack.Trouble(slacksim.Trouble{Method: "conversations.history", Times: 4, Status: 503})
		w.pass(10 * time.Minute)
		if n := w.slack.Count("1700185-energy"); n != 1 || w.record(1700185).Alerts[0].State != monitor.Sent {
			t.Errorf("sent %d times", n)
		}
	})
}

// A withdrawal and the post of the same alert at the same moment: it is withdrawn or sent, never both and never twice.
func TestWithdrawalAgainstAPost(t *testing.T) {
	for range 8 { // the detail is asked again when the alert's five seconds are over: either may come first
		inWorld(t, func(w *world) {
			w.start(func(c *monitor.Config) {
				c.DetailMode, c.Routes[0].Unless = monitor.DetailsMatched, terms(t, "iptal")
			})
			w.pass(time.Minute)
			w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Delay: time.Second})
			f := filing(1700187, time.Now())
			f.Detail = &monitor.Detail{Body: "Sentetik sözleşme iptal edilmiştir."}
			f.DetailAt = time.Now().Add(32 * time.Second)
			w.site.Add(f)
			w.pass(2 * time.Minute)
			n, r := w.slack.Count("1700187-energy"), w.record(1700187)
			switch v := monitor.Verdicts(r, w.m.Routes())[0]; {
			case n == 0 && v.Verdict == monitor.VerdictFiltered && len(r.Alerts) == 0:
			case n == 1 && v.Verdict == monitor.VerdictSent && len(r.Alerts) == 1:
			default:
				t.Errorf("sent %d times, verdict %+v, alerts %+v", n, v, r.Alerts)
			}
			if s := w.db.Stats(); s.Pending != 0 {
				t.Errorf("%d pending", s.Pending)
			}
		})
	}
}

// A post that is on its way at the stop may finish; one that hangs is cut short, and looked up after the restart.
func TestStopDuringAPost(t *testing.T) {
	slow := slacksim.Trouble{Method: "chat.postMessage", Times: 1, Delay: 4 * time.Second}
	hangs := slacksim.Trouble{Method: "chat.postMessage", Times: 1, Accept: true, Hang: true}
	refused := slacksim.Trouble{Method: "chat.postMessage", Times: 1, Error: "invalid_blocks"}
	for name, troubles := range map[string][]slacksim.Trouble{"slow": {slow}, "hangs": {hangs}, "plain text hangs": {refused, hangs}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start()
				w.pass(time.Minute)
				for _, x := range troubles {
					w.slack.Trouble(x)
				}
				w.site.Add(filing(1700191, time.Now()))
				w.pass(30*time.Second + time.Second/2)
				begun := time.Now()
				w.halt()
				if took := time.Since(begun); took > 10*time.Second {
					t.Errorf("the stop took %v", took)
				}
				w.start()
				w.pass(time.Minute)
				if n := w.slack.Count("1700191-energy"); n != 1 {
					t.Errorf("sent %d times", n)
				}
			})
		})
	}
}

// A write whose end is unclear ends the run: only the file knows.
func TestUnclearWriteEndsTheRun(t *testing.T) {
	for _, act := range []string{"record", "intend", "settle", "notes", "amend"} {
		t.Run(act, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var broken atomic.Bool
				w.wrap = func(db *store.DB) monitor.Store {
					return &troubled{db, func(a string) error {
						if a == act && broken.Load() {
							return fmt.Errorf("%s: input/output error", a)
						}
						return nil
					}}
				}
				w.start(withOps, func(c *monitor.Config) { c.DetailMode = monitor.DetailsMatched })
				w.pass(time.Minute)
				broken.Store(true)
				w.site.Add(filing(1700193, time.Now()))
				if act == "notes" {
					w.site.Script(kapsim.Trouble{Fault: kapsim.Status(503)})
				}
				w.pass(10 * time.Minute)
				if err := w.stop(); err == nil || !strings.Contains(err.Error(), "input/output error") {
					t.Errorf("run ended with %v", err)
				}
				w.stop = func() error { return nil }
			})
		})
	}
}

// A start while the disk is full has alerts of a parked channel to free, and nowhere to write that: it goes on all the
// same, and they go out when there is room.
func TestStartOnAFullDisk(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Error: "is_archived"})
		w.site.Add(filing(1700301, time.Now()))
		w.pass(time.Minute)
		if s := w.record(1700301).Alerts[0].State; s != monitor.Blocked {
			t.Fatalf("state %s", s)
		}
		w.halt()
		w.slack.Clear()
		var life *mortal
		w.wrap = func(db *store.DB) monitor.Store {
			life = newMortal(db, newDiary())
			life.setFull(true)
			return life
		}
		w.start()
		w.pass(5 * time.Minute)
		if w.sent(channel) != 0 || w.m.Health().OK() {
			t.Errorf("%d sent without room for an intent, problems %q", w.sent(channel), w.m.Health().Problems)
		}
		life.setFull(false)
		w.pass(5 * time.Minute)
		if n := w.slack.Count("1700301-energy"); n != 1 || w.db.Stats().Blocked != 0 {
			t.Errorf("sent %d times, %d blocked when there is room", n, w.db.Stats().Blocked)
		}
	})
}

// A machine whose clock was a day ahead intended a post after the time at which Slack has it.
func TestLostAnswerWhileTheClockWasADayAhead(t *testing.T) {
	for name, later := range map[string]time.Duration{"still ahead": 24 * time.Hour, "set right before the look-up": 0} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var ahead atomic.Int64
				ahead.Store(int64(24 * time.Hour))
				w.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
				w.start()
				w.pass(time.Minute)
				w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Times: 1, Accept: true, Break: true})
				w.site.Add(filing(1700303, time.Now()))
				w.pass(31 * time.Second)
				ahead.Store(int64(later))
				w.pass(5 * time.Minute)
				if n := w.slack.Count("1700303-energy"); n != 1 {
					t.Errorf("sent %d times", n)
				}
			})
		})
	}
}

// What was held while the clock was ahead goes out when the route next lets anything go, before later filings of its
// company.
func TestHeldWhileTheClockWasADayAhead(t *testing.T) {
	inWorld(t, func(w *world) {
		var ahead atomic.Int64
		w.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		at := []monitor.Schedule{schedule(t, "0 30 18 * * MON-FRI")}
		w.start(func(c *monitor.Config) { c.Routes[0].Digest, c.Routes[0].DigestAt = true, at })
		w.pass(time.Minute)
		ahead.Store(int64(24 * time.Hour))
		w.site.Add(filing(1700305, time.Now()))
		w.pass(time.Minute)
		ahead.Store(0)
		w.site.Add(filing(1700307, time.Now()))
		w.pass(7 * time.Hour)
		if n := w.sent(channel); n != 1 || len(w.of(channel, link(1700305))) != 1 || len(w.of(channel, link(1700307))) != 1 {
			t.Errorf("%d messages at 18:30, want one with both filings", n)
		}
	})
}

// What quiet hours hold goes out when they end, also when the clock was a day ahead for a moment while they lasted.
func TestHeldBackWhileTheClockWasADayAhead(t *testing.T) {
	inWorld(t, func(w *world) {
		var ahead atomic.Int64
		w.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		w.start(func(c *monitor.Config) { c.Routes[0].Quiet = monitor.Quiet{From: 11 * time.Hour, To: 14 * time.Hour} })
		w.pass(time.Minute)
		w.site.Add(filing(1700311, time.Now()))
		w.pass(time.Minute)
		ahead.Store(int64(24 * time.Hour))
		w.pass(time.Minute)
		ahead.Store(0)
		w.pass(time.Hour)
		if w.sent(channel) != 0 {
			t.Error("sent in quiet hours")
		}
		w.pass(time.Hour)
		if n := w.slack.Count("1700311-energy"); n != 1 {
			t.Errorf("sent %d times after 14:00", n)
		}
	})
}

// The detail of a filing comes while a route that owes it is out of the configuration: what it owes waits for it.
func TestReDecisionLeavesARemovedRouteAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		var c monitor.Config
		w.start(func(now *monitor.Config) {
			now.DetailMode = monitor.DetailsMatched
			now.Routes = []monitor.Route{route("kept", channel), route("gone", other)}
			c = *now
		})
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Channel: other, Error: "is_archived"})
		f := filing(1700309, time.Now())
		f.DetailAt = time.Now().Add(10 * time.Minute)
		w.site.Add(f)
		w.pass(time.Minute)
		less := c
		less.Routes = c.Routes[:1]
		w.m.Reload(less)
		w.slack.Clear()
		w.pass(30 * time.Minute)
		r := w.record(1700309)
		if r.Filing.Detail == nil || len(r.Alerts) != 2 || w.slack.Count("1700309-gone") != 0 {
			t.Fatalf("detail %v, alerts %+v", r.Filing.Detail != nil, r.Alerts)
		}
		if h := w.m.Health(); len(h.Alarms) != 0 || len(h.Problems) != 1 || !strings.Contains(h.Problems[0], `wait for route "gone"`) {
			t.Errorf("alarms %v, problems %q; want only that the route is gone", h.Alarms, h.Problems)
		}
		w.m.Reload(c)
		w.pass(time.Minute)
		if w.slack.Count("1700309-gone") != 1 || w.slack.Count("1700309-kept") != 1 {
			t.Errorf("sent %d and %d times after the route is back", w.slack.Count("1700309-gone"), w.slack.Count("1700309-kept"))
		}
		if v := monitor.Verdicts(w.record(1700309), w.m.Routes())[1]; v.Verdict != monitor.VerdictSent {
			t.Errorf("decision %+v", v)
		}
	})
}

// After a lost answer the history is read five seconds later, and once more five seconds after that, before the message
// is sent again: what Slack has accepted may not be visible at once.
func TestLostAnswerIsLookedUpTwice(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Times: 1, Status: 503})
		w.site.Add(filing(1700401, time.Now()))
		posts, looks := w.slack.Requests("chat.postMessage"), w.slack.Requests("conversations.history")
		for w.slack.Requests("chat.postMessage") == posts {
			w.pass(100 * time.Millisecond)
		}
		begun := time.Now()
		var at []time.Duration
		for time.Since(begun) < 30*time.Second {
			if n := w.slack.Requests("conversations.history") - looks; n > len(at) {
				at = append(at, time.Since(begun).Round(time.Second))
			}
			w.pass(100 * time.Millisecond)
		}
		// Between the post and the first look lies the back-off too, two seconds at most.
		if len(at) != 2 || at[0] < 5*time.Second || at[0] > 8*time.Second || at[1]-at[0] != 5*time.Second {
			t.Errorf("looked after %v, want two looks five seconds apart", at)
		}
		w.pass(time.Minute)
		if w.slack.Count("1700401-energy") != 1 {
			t.Errorf("sent %d times", w.slack.Count("1700401-energy"))
		}
	})
}
