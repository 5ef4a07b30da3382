package monitor_test

import (
	"bytes"
	"crypto/sha256"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
)

func TestBaselineIsRecordedAndNeverAlerted(t *testing.T) {
	inWorld(t, func(w *world) {
		ops := monitor.Route{Name: "ops", OperatorsOnly: true, To: monitor.Target{Slack: other}}
		w.start(func(c *monitor.Config) { c.Routes, c.HealthRoute = append(c.Routes, ops), "ops" })
		w.pass(time.Minute)
		if got := w.db.Stats().Filings; got != 2 {
			t.Errorf("%d filings recorded, want 2", got)
		}
		if w.sent(channel) != 0 {
			t.Errorf("%d alerts for the baseline", w.sent(channel))
		}
		notes := w.slack.History(other)
		if len(notes) != 1 || !strings.Contains(notes[0].Text, "watching 1 company from index 1700003") {
			t.Errorf("operators were told %+v", notes)
		}
		for _, d := range monitor.Verdicts(w.record(1700003), w.m.Routes()) {
			if d.Verdict != monitor.VerdictBaseline {
				t.Errorf("route %s: %s", d.Route, d.Verdict)
			}
		}
	})
}

func TestNewFilingIsAlertedOnceAlsoAfterRestart(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.site.Add(filing(1700007, time.Now()))
		w.pass(35 * time.Second)
		if w.slack.Count("1700007-energy") != 1 {
			t.Fatalf("sent %d times", w.slack.Count("1700007-energy"))
		}
		r := w.record(1700007)
		if len(r.Alerts) != 1 || r.Alerts[0].State != monitor.Sent || r.Alerts[0].TS == "" || r.Filing.Late {
			t.Errorf("recorded as %+v late=%v", r.Alerts, r.Filing.Late)
		}
		w.halt()
		w.start()
		w.pass(10 * time.Minute)
		if w.sent(channel) != 1 {
			t.Errorf("%d messages after a restart, want 1", w.sent(channel))
		}
	})
}

func TestFilingThatAppearsWhileStoppedIsAlertedAfterRestart(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.halt()
		w.site.Add(filing(1700009, time.Now()))
		time.Sleep(20 * time.Hour)
		w.start()
		w.pass(time.Minute)
		if w.slack.Count("1700009-energy") != 1 {
			t.Error("missed")
		}
	})
}

func TestLateRowIsAlertedAndMarked(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.site.Add(filing(1700002, time.Now().Add(-30*time.Minute)))
		w.pass(35 * time.Second)
		if r := w.record(1700002); !r.Filing.Late || w.slack.Count("1700002-energy") != 1 {
			t.Errorf("late %v, sent %d times", r.Filing.Late, w.slack.Count("1700002-energy"))
		}
	})
}

func TestLateRowIsMarkedAfterARestartToo(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.halt()
		w.site.Add(filing(1700002, time.Now().Add(-30*time.Minute)))
		w.start()
		w.pass(time.Minute)
		if r, h := w.record(1700002), w.m.Health(); !r.Filing.Late || h.Newest != 1700003 {
			t.Errorf("late %v, newest %d", r.Filing.Late, h.Newest)
		}
	})
}

func TestQuietPollsWriteNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(2 * time.Minute)
		before, err := os.ReadFile(w.path)
		if err != nil {
			t.Fatal(err)
		}
		polls, all := w.site.Count(kapsim.Criteria), len(w.site.Requests())
		w.pass(20 * time.Minute)
		after, err := os.ReadFile(w.path)
		if err != nil {
			t.Fatal(err)
		}
		n := w.site.Count(kapsim.Criteria) - polls
		if n < 39 || n > 41 {
			t.Errorf("%d requests for the list in 20 minutes, want one every 30 seconds", n)
		}
		if others := len(w.site.Requests()) - all - n; others > 1 { // the second reader's cross-check
			t.Errorf("%d requests beside those for the list", others)
		}
		if sha256.Sum256(before) != sha256.Sum256(after) {
			t.Error("a quiet poll wrote to the file")
		}
	})
}

func TestSecondReaderStandsInAndFirstCompletes(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Status(666)})
		f := filing(1700011, time.Now())
		f.Modify = "DUZELTILEN" // only the JSON list knows
		w.site.Add(f)
		w.pass(65 * time.Second)
		if w.slack.Count("1700011-energy") != 1 {
			t.Fatal("the page did not stand in")
		}
		if r := w.record(1700011); !r.Filing.Partial || r.Filing.Change() != monitor.NewFiling {
			t.Errorf("partial %v, change %s", r.Filing.Partial, r.Filing.Change())
		}
		if h := w.m.Health(); h.Readers["criteria"] != "refused" || h.Stale || h.OK() {
			t.Errorf("health %+v", h)
		}
		w.site.Clear()
		w.pass(5 * time.Minute)
		if r := w.record(1700011); r.Filing.Partial || r.Filing.Change() != monitor.Correction {
			t.Errorf("partial %v, change %s after the first reader is back", r.Filing.Partial, r.Filing.Change())
		}
		if h := w.m.Health(); !h.OK() {
			t.Errorf("problems %q after all is well", h.Problems)
		}
		if w.sent(channel) != 1 {
			t.Errorf("%d messages", w.sent(channel))
		}
	})
}

func TestLimitedAsksNothingAndDoubles(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.Schedule = schedule(t, "* * * * * *") })
		w.pass(10 * time.Second)
		w.site.Script(kapsim.Trouble{Fault: kapsim.Limited("")})
		from := len(w.site.Requests())
		w.pass(8 * time.Minute)
		asked := w.site.Requests()[from:]
		var gaps []time.Duration
		for i := 1; i < len(asked); i++ {
			gaps = append(gaps, asked[i].At.Sub(asked[i-1].At).Round(time.Second))
		}
		want := []time.Duration{61 * time.Second, 121 * time.Second, 241 * time.Second}
		for i, g := range gaps {
			if i >= len(want) || g < want[i]-time.Second || g > want[i]+time.Second {
				t.Fatalf("asked again after %v, want about %v", gaps, want)
			}
		}
		if len(gaps) < 2 {
			t.Fatalf("gaps %v", gaps)
		}
	})
}

// A restart while the source wants nothing asked asks nothing.
func TestPauseOfTheSourceOutlastsARestart(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{Fault: kapsim.Limited("600")})
		w.pass(time.Minute)
		from := len(w.site.Requests())
		for _, restart := range []func(*world){(*world).halt, (*world).crash, (*world).halt} {
			restart(w)
			w.start()
			w.pass(2 * time.Minute)
		}
		if n := len(w.site.Requests()) - from; n != 0 {
			t.Errorf("asked %d times", n)
		}
		w.site.Clear()
		w.pass(5 * time.Minute)
		if h := w.m.Health(); len(w.site.Requests()) == from || h.Stale {
			t.Errorf("not asked again, problems %q", h.Problems)
		}
	})
}

func TestFailuresBackOffFrom2SecondsTo120(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.Schedule = schedule(t, "* * * * * *"); c.Sources = c.Sources[:1] })
		w.pass(10 * time.Second)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Status(500)})
		from := len(w.site.Requests(kapsim.Criteria))
		w.pass(20 * time.Minute)
		asked := w.site.Requests(kapsim.Criteria)[from:]
		want := 2 * time.Second
		for i := 1; i < len(asked); i++ {
			gap := asked[i].At.Sub(asked[i-1].At)
			if gap < want-time.Second/2 || gap > want+want/5+2*time.Second {
				t.Errorf("gap %d is %v, want %v", i, gap, want)
			}
			want = min(2*want, 120*time.Second)
		}
		if len(asked) < 12 {
			t.Errorf("%d reads in 20 minutes", len(asked))
		}
		w.site.Clear()
		w.pass(3 * time.Minute)
		if !w.m.Health().OK() {
			t.Errorf("problems %q", w.m.Health().Problems)
		}
	})
}

func TestLostAnswerOfSlackRepeatsNothing(t *testing.T) {
	for name, trouble := range map[string]slacksim.Trouble{
		"connection broken": {Method: "chat.postMessage", Times: 1, Accept: true, Break: true},
		"time-out":          {Method: "chat.postMessage", Times: 1, Accept: true, Hang: true},
		"500":               {Method: "chat.postMessage", Times: 1, Accept: true, Status: 500},
		"empty object":      {Method: "chat.postMessage", Times: 1, Accept: true, Body: "{}"},
		"ok:false alone":    {Method: "chat.postMessage", Times: 1, Accept: true, Body: `{"ok":false}`},
		"not accepted":      {Method: "chat.postMessage", Times: 2, Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start()
				w.pass(time.Minute)
				w.slack.Trouble(trouble)
				w.site.Add(filing(1700013, time.Now()), filing(1700015, time.Now()))
				w.pass(5 * time.Minute)
				for _, id := range []string{"1700013-energy", "1700015-energy"} {
					if w.slack.Count(id) != 1 {
						t.Errorf("%s was sent %d times", id, w.slack.Count(id))
					}
				}
				h := w.slack.History(channel)
				if len(h) == 2 && h[0].ID != "1700013-energy" {
					t.Error("out of order")
				}
			})
		})
	}
}

func TestCrashAfterThePostRepeatsNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Accept: true, Hang: true})
		w.site.Add(filing(1700017, time.Now()))
		w.pass(32 * time.Second) // the post is on its way, its answer is not
		crashed, err := os.ReadFile(w.path)
		if err != nil {
			t.Fatal(err)
		}
		w.halt()
		if err := os.WriteFile(w.path, crashed, 0o600); err != nil { // as kill -9 would have left it
			t.Fatal(err)
		}
		w.slack.Clear()
		w.start()
		w.pass(2 * time.Minute)
		if n := w.slack.Count("1700017-energy"); n != 1 {
			t.Errorf("sent %d times", n)
		}
		if s := w.record(1700017).Alerts[0].State; s != monitor.Sent {
			t.Errorf("state %s", s)
		}
	})
}

func TestRetryAfterIsObeyedAcrossRestarts(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Times: 1, Status: 429, RetryAfter: "300"})
		w.site.Add(filing(1700019, time.Now()))
		w.pass(35 * time.Second)
		w.halt()
		w.start()
		w.pass(4 * time.Minute)
		if n := w.slack.Requests("chat.postMessage"); n != 1 {
			t.Errorf("%d posts inside Retry-After", n)
		}
		w.pass(time.Minute)
		if w.slack.Count("1700019-energy") != 1 {
			t.Error("not sent after Retry-After")
		}
	})
}

func TestRefusedChannelIsParkedAndBlocksNoOther(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) {
			c.Routes = []monitor.Route{route("energy", channel), route("second", other)}
			c.HealthRoute = "second"
		})
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Channel: channel, Error: "channel_not_found"})
		w.site.Add(filing(1700021, time.Now()))
		w.pass(35 * time.Second)
		w.site.Add(filing(1700023, time.Now()))
		w.pass(35 * time.Second)
		for _, i := range []int64{1700021, 1700023} {
			for _, a := range w.record(i).Alerts {
				want := map[string]monitor.AlertState{"energy": monitor.Blocked, "second": monitor.Sent}[a.Route]
				if a.State != want {
					t.Errorf("%s is %s, want %s", a.ID, a.State, want)
				}
			}
		}
		if s := w.db.Stats(); s.Blocked != 2 {
			t.Errorf("%d blocked, want 2", s.Blocked)
		}
		if h := w.m.Health(); h.OK() || !strings.Contains(h.Parked["energy"], "channel_not_found") {
			t.Errorf("parked %q", h.Parked)
		}
		if told := w.slack.History(other); !slices.ContainsFunc(told, func(p slacksim.Post) bool { return strings.Contains(p.Text, "is blocked") }) {
			t.Error("operators were not told")
		}
		w.slack.Clear()
		w.pass(11 * time.Minute)
		if w.sent(channel) != 2 || w.db.Stats().Blocked != 0 {
			t.Errorf("%d sent, %d blocked after Slack takes them again", w.sent(channel), w.db.Stats().Blocked)
		}
	})
}

func TestMoreThanFiveWaitingAreMerged(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		var want []int64
		for i := range int64(24) {
			w.site.Add(filing(1700100+2*i, time.Now().Add(time.Duration(i)*time.Second-time.Minute)))
			want = append(want, 1700100+2*i)
		}
		w.pass(40 * time.Second)
		var all bytes.Buffer
		for _, p := range w.slack.History(channel) {
			all.Write(p.Blocks)
		}
		for _, i := range want {
			if n := strings.Count(all.String(), monitorURL(i)); n < 1 {
				t.Errorf("filing %d is linked %d times", i, n)
			}
			if a := w.record(i).Alerts[0]; a.State != monitor.Sent {
				t.Errorf("%s is %s", a.ID, a.State)
			}
		}
		if n := w.sent(channel); n != 5 && n != 2 {
			t.Errorf("%d messages for 24 filings", n)
		}
		if id := w.slack.History(channel)[0].ID; id != "digest-energy-1" {
			t.Errorf("the first message is %s", id)
		}
	})
}

func monitorURL(index int64) string { f := monitor.Filing{Index: index}; return f.URL() }

func TestQuietHoursHoldAndReleaseInOneMessage(t *testing.T) {
	inWorld(t, func(w *world) {
		quiet, err := monitor.ParseQuiet("11:00-14:00")
		if err != nil {
			t.Fatal(err)
		}
		w.start(func(c *monitor.Config) { c.Routes[0].Quiet = quiet })
		w.pass(time.Minute)
		w.site.Add(filing(1700025, time.Now()), filing(1700027, time.Now()))
		w.pass(time.Hour)
		if s := w.record(1700025).Alerts[0].State; s != monitor.Held || w.sent(channel) != 0 {
			t.Errorf("state %s, %d sent", s, w.sent(channel))
		}
		w.halt()
		w.start(func(c *monitor.Config) { c.Routes[0].Quiet = quiet })
		w.pass(time.Hour + time.Minute)
		if w.sent(channel) != 1 || w.slack.History(channel)[0].ID != "digest-energy-1" {
			t.Errorf("%d messages when quiet ended", w.sent(channel))
		}
	})
}

func TestDigestRouteSendsAtItsTimes(t *testing.T) {
	inWorld(t, func(w *world) {
		at := []monitor.Schedule{schedule(t, "0 30 18 * * MON-FRI")}
		w.start(func(c *monitor.Config) { c.Routes[0].Digest, c.Routes[0].DigestAt = true, at })
		w.pass(time.Minute)
		w.site.Add(filing(1700029, time.Now()), filing(1700031, time.Now()), filing(1700033, time.Now()))
		w.pass(6 * time.Hour)
		if w.sent(channel) != 0 {
			t.Fatalf("%d sent before 18:30", w.sent(channel))
		}
		w.pass(31 * time.Minute)
		if w.sent(channel) != 1 {
			t.Errorf("%d messages at 18:30", w.sent(channel))
		}
		r, err := w.db.Receipt(monitor.Midnight(begin))
		if err != nil || r.Digest != 3 {
			t.Errorf("receipt %v, %v", r, err)
		}
	})
}

func TestTwoRoutesOfOneChannelSendOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.Routes = []monitor.Route{route("first", channel), route("second", channel)} })
		w.pass(time.Minute)
		w.site.Add(filing(1700035, time.Now()))
		w.pass(time.Minute)
		if w.sent(channel) != 1 || w.slack.Count("1700035-first") != 1 {
			t.Errorf("%d messages", w.sent(channel))
		}
		v := monitor.Verdicts(w.record(1700035), w.m.Routes())
		if v[0].Verdict != monitor.VerdictSent || v[1].Verdict != monitor.VerdictFiltered || !strings.Contains(v[1].Reason, `route "first"`) {
			t.Errorf("verdicts %+v", v)
		}
	})
}

func TestDetailLeadsToOneReDecision(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) {
			c.DetailMode = monitor.DetailsMatched
			c.Routes[0].Categories = []string{"mou"}
		})
		w.pass(time.Minute)
		f := filing(1700037, time.Now())
		f.Summary = "Sentetik açıklama hk."
		f.Detail = &monitor.Detail{Body: "Şirketimiz ile Sentetik Valiliği arasında bağlayıcı olmayan mutabakat zaptı (MoU) imzalanmıştır."}
		f.DetailAt = time.Now().Add(40 * time.Second)
		w.site.Add(f)
		w.pass(30 * time.Second)
		if w.sent(channel) != 0 {
			t.Fatal("sent without a reason")
		}
		w.pass(5 * time.Minute)
		if w.slack.Count("1700037-energy") != 1 {
			t.Errorf("sent %d times after the detail came", w.slack.Count("1700037-energy"))
		}
		if r := w.record(1700037); r.Filing.Detail == nil || !slices.Contains(r.Found.Qualifiers, "non_binding") {
			t.Errorf("found %+v", r.Found)
		}
		w.halt()
		w.start(func(c *monitor.Config) {
			c.DetailMode = monitor.DetailsMatched
			c.Routes[0].Categories = []string{"mou"}
		})
		n := w.site.Count(kapsim.Detail)
		w.pass(time.Hour)
		if w.site.Count(kapsim.Detail) != n {
			t.Error("the detail was fetched again")
		}
	})
}

func TestAlertWaitsForTheDetailFiveSecondsAtMost(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.DetailMode = monitor.DetailsMatched })
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Detail, Fault: kapsim.Hang()})
		w.site.Add(filing(1700039, time.Now()))
		w.pass(30*time.Second + 4*time.Second)
		if w.sent(channel) != 0 {
			t.Error("sent before the detail had its five seconds")
		}
		w.pass(2 * time.Second)
		if w.sent(channel) != 1 {
			t.Error("the alert waited longer than five seconds")
		}
	})
}

func TestUnlessInTheBodyWithdraws(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) {
			c.DetailMode = monitor.DetailsMatched
			c.Routes[0].Unless = terms(t, "iptal")
		})
		w.pass(time.Minute)
		f := filing(1700041, time.Now())
		f.Detail = &monitor.Detail{Body: "Sentetik sözleşme iptal edilmiştir."}
		w.site.Add(f)
		w.pass(2 * time.Minute)
		if w.sent(channel) != 0 || w.db.Stats().Pending != 0 {
			t.Errorf("%d sent, %d pending", w.sent(channel), w.db.Stats().Pending)
		}
		if d := monitor.Verdicts(w.record(1700041), w.m.Routes())[0]; d.Verdict != monitor.VerdictFiltered || !strings.Contains(d.Reason, "iptal") {
			t.Errorf("decision %+v", d)
		}
	})
}

func TestKAPsOwnTestFilingsAreRecordedAndNeverAlerted(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		f := filing(1700043, time.Now())
		f.Company, f.Tickers, f.Related, f.Subject, f.Summary = "KAP TEST A.Ş.", []string{"KTEST"}, []string{"AKSEN"}, "Test Bildirimi", "Test bildirimi"
		w.site.Add(f)
		w.pass(time.Minute)
		if d := monitor.Verdicts(w.record(1700043), w.m.Routes())[0]; d.Verdict != monitor.VerdictTest || w.sent(channel) != 0 {
			t.Errorf("decision %+v, %d sent", d, w.sent(channel))
		}
	})
}

func TestOnePoisonedRowStopsNoOther(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.Sources = c.Sources[:1] })
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Only(1700047, kapsim.NullKey("publishDate"))})
		w.site.Add(filing(1700045, time.Now()), filing(1700047, time.Now()), filing(1700049, time.Now()))
		w.pass(time.Minute) // the first look for it is a minute after it was seen
		if w.slack.Count("1700045-energy") != 1 || w.slack.Count("1700049-energy") != 1 {
			t.Error("a good row beside a bad one was lost")
		}
		if s := w.db.Stats(); s.Unknown != 1 || w.m.Health().OK() {
			t.Errorf("%d unknown, problems %q", s.Unknown, w.m.Health().Problems)
		}
		w.site.Clear()
		w.pass(time.Minute)
		if s := w.db.Stats(); s.Unknown != 0 || w.slack.Count("1700047-energy") != 1 {
			t.Errorf("%d unknown, sent %d times when the row can be read", s.Unknown, w.slack.Count("1700047-energy"))
		}
		if h := w.m.Health(); !h.OK() {
			t.Errorf("problems %q", h.Problems)
		}
	})
}

func TestDriftIsKeptToldAndStoodInFor(t *testing.T) {
	inWorld(t, func(w *world) {
		ops := monitor.Route{Name: "ops", OperatorsOnly: true, To: monitor.Target{Slack: other}}
		w.start(func(c *monitor.Config) { c.Routes, c.HealthRoute = append(c.Routes, ops), "ops" })
		w.pass(time.Minute)
		told := w.sent(other)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.RenameKey("disclosureIndex", "index")})
		w.site.Add(filing(1700051, time.Now()))
		w.pass(3 * time.Minute)
		if w.slack.Count("1700051-energy") != 1 {
			t.Error("the page did not stand in")
		}
		if n := w.sent(other) - told; n != 1 {
			t.Errorf("operators got %d messages, want 1", n)
		}
		if h := w.m.Health(); h.Readers["criteria"] != "drift" {
			t.Errorf("criteria is %s", h.Readers["criteria"])
		}
		w.site.Clear()
		w.pass(5 * time.Minute)
		if n := w.sent(other) - told; n != 2 {
			t.Errorf("operators got %d messages, want one more when it is over", n)
		}
	})
}

func TestStaleIsSaidOnceAndOver(t *testing.T) {
	inWorld(t, func(w *world) {
		ops := monitor.Route{Name: "ops", OperatorsOnly: true, To: monitor.Target{Slack: other}}
		w.start(func(c *monitor.Config) { c.Routes, c.HealthRoute = append(c.Routes, ops), "ops" })
		w.pass(time.Minute)
		told := w.sent(other)
		w.site.Script(kapsim.Trouble{Fault: kapsim.Status(503)})
		w.pass(4 * time.Minute)
		if w.m.Health().Stale || w.sent(other) != told {
			t.Error("stale before its time")
		}
		w.pass(3 * time.Minute)
		if !w.m.Health().Stale || w.sent(other) != told+1 {
			t.Errorf("stale %v, %d messages", w.m.Health().Stale, w.sent(other)-told)
		}
		w.site.Clear()
		w.pass(5 * time.Minute)
		if w.m.Health().Stale || w.sent(other) != told+2 {
			t.Errorf("stale %v, %d messages after it is over", w.m.Health().Stale, w.sent(other)-told)
		}
	})
}

func TestWindowReachesBackToTheLastGoodRead(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		ask := func() string {
			r := w.site.Requests(kapsim.Criteria)
			return r[len(r)-1].Body
		}
		if got := ask(); !strings.Contains(got, `"fromDate":"2026-11-24"`) || !strings.Contains(got, `"toDate":"2026-11-25"`) || strings.Contains(got, "memberType") {
			t.Errorf("asked %s", got)
		}
		w.halt()
		time.Sleep(48 * time.Hour)
		w.start()
		w.pass(time.Second)
		if got := w.site.Requests(kapsim.Criteria); !strings.Contains(got[len(got)-1].Body, `"fromDate":"2026-11-24"`) {
			t.Errorf("after two days asked %s", got[len(got)-1].Body)
		}
		w.halt()
		time.Sleep(240 * time.Hour)
		w.start()
		w.pass(time.Second)
		if h := w.m.Health(); len(h.Problems) == 0 || !strings.Contains(h.Problems[0], "kapwatch backfill --from") {
			t.Errorf("the hole is not named: %q", h.Problems)
		}
	})
}

func TestReloadSwapsRoutesBetweenPolls(t *testing.T) {
	inWorld(t, func(w *world) {
		var c monitor.Config
		w.start(func(now *monitor.Config) { c = *now })
		w.pass(time.Minute)
		c.Routes = []monitor.Route{route("moved", other)}
		w.m.Reload(c)
		w.site.Add(filing(1700053, time.Now()))
		w.pass(time.Minute)
		if w.slack.Count("1700053-moved") != 1 || w.sent(channel) != 0 {
			t.Error("the reload did not take")
		}
	})
}

func TestCrossCheckRecordsWhatOnlyThePageShows(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Frozen(time.Now().Add(-time.Second))})
		w.site.Add(filing(1700055, time.Now()))
		w.pass(31 * time.Minute)
		if w.slack.Count("1700055-energy") != 1 {
			t.Error("what only the page shows was missed")
		}
	})
}

func TestDifferenceOfTheReadersIsReportedUntilItIsOver(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Frozen(time.Now().Add(-time.Second))})
		w.site.Add(filing(1700055, time.Now()))
		w.pass(31 * time.Minute) // the cross-check is at half past
		if h := w.m.Health(); len(h.Problems) != 1 || !strings.Contains(h.Problems[0], "1700055") {
			t.Errorf("problems %q", h.Problems)
		}
		w.site.Clear()
		w.pass(time.Minute)
		if h := w.m.Health(); !h.OK() {
			t.Errorf("problems %q after the first reader lists it", h.Problems)
		}
	})
}
