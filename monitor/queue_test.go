package monitor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/notify/slacksim"
)

func TestRefusedMessageIsSetAsideAndTheOthersGoOn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(withOps)
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Channel: channel, Times: 2, Error: "invalid_blocks"})
		w.site.Add(filing(1700113, time.Now()), filing(1700115, time.Now()))
		w.pass(time.Minute)
		if w.slack.Count("1700115-energy") != 1 {
			t.Error("the next message did not go on")
		}
		// The channel is parked and opens again: what is set aside stays there.
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Channel: channel, Times: 1, Error: "channel_not_found"})
		w.site.Add(filing(1700117, time.Now()))
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Channel: channel, Times: 20, Error: "invalid_blocks"})
		posts := w.slack.Requests("chat.postMessage")
		w.pass(30 * time.Minute)
		if n := w.slack.Requests("chat.postMessage") - posts; n > 12 {
			t.Errorf("%d posts in half an hour for two refused messages", n)
		}
		if n := len(w.of(other, "refuses the message")); n != 2 {
			t.Errorf("operators were told %d times of two refused messages", n)
		}
		w.slack.Clear()
		w.halt()
		w.start(withOps)
		w.pass(time.Minute)
		for _, i := range []int64{1700113, 1700115, 1700117} {
			if n := w.slack.Count(fmt.Sprintf("%d-energy", i)); n != 1 {
				t.Errorf("%d was sent %d times after a restart", i, n)
			}
		}
	})
}

func TestRefusedNoteIsNotNotedForEver(t *testing.T) {
	inWorld(t, func(w *world) {
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Channel: other, Error: "invalid_blocks"})
		w.start(withOps)
		w.pass(10 * time.Minute)
		if n := w.slack.Requests("chat.postMessage"); n > 4 {
			t.Errorf("%d posts for one refused note", n)
		}
	})
}

func TestRefusedDigestGoesApart(t *testing.T) {
	inWorld(t, func(w *world) {
		quiet, err := monitor.ParseQuiet("11:00-12:30")
		if err != nil {
			t.Fatal(err)
		}
		w.start(func(c *monitor.Config) { c.Routes[0].Quiet = quiet })
		w.pass(time.Minute)
		for i := range int64(4) {
			w.site.Add(filing(1700121+2*i, time.Now()))
		}
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Times: 4, Error: "invalid_blocks"}) // the digest, and its first alone
		w.pass(time.Hour)
		for i := range int64(4) {
			want := min(1, int(i))
			if n := w.slack.Count(fmt.Sprintf("%d-energy", 1700121+2*i)); n != want {
				t.Errorf("%d was sent %d times, want %d", 1700121+2*i, n, want)
			}
		}
	})
}

func TestParkedChannelIsTriedAgainAtReloadAndAtRestart(t *testing.T) {
	for name, again := range map[string]func(*world, monitor.Config){
		"reload":  func(w *world, c monitor.Config) { w.m.Reload(c) },
		"restart": func(w *world, _ monitor.Config) { w.halt(); w.start() },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				var c monitor.Config
				w.start(func(now *monitor.Config) { c = *now })
				w.pass(time.Minute)
				w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Error: "is_archived"})
				w.site.Add(filing(1700131, time.Now()), filing(1700133, time.Now()))
				w.pass(time.Minute)
				w.site.Add(filing(1700135, time.Now()))
				w.pass(time.Minute)
				if s := w.db.Stats(); s.Blocked != 3 || s.Pending != 0 {
					t.Errorf("%d blocked, %d pending", s.Blocked, s.Pending)
				}
				w.slack.Clear()
				again(w, c)
				w.pass(10 * time.Second)
				h := w.slack.History(channel)
				if len(h) != 3 || h[0].ID != "1700131-energy" || h[2].ID != "1700135-energy" || w.db.Stats().Blocked != 0 {
					t.Errorf("sent %+v, %d blocked", h, w.db.Stats().Blocked)
				}
			})
		})
	}
}

func TestAlertsOfARemovedRouteWaitUntilItIsBack(t *testing.T) {
	inWorld(t, func(w *world) {
		var c monitor.Config
		w.start(func(now *monitor.Config) { c = *now })
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Refuse: true})
		w.site.Add(filing(1700141, time.Now()))
		w.pass(time.Minute)
		w.halt()
		w.slack.Clear()
		w.start(routes(route("another", other)))
		w.pass(time.Minute)
		if h := w.m.Health(); h.OK() || !strings.Contains(h.Problems[0], `"energy"`) || w.sent(channel) != 0 {
			t.Errorf("problems %q, %d sent", h.Problems, w.sent(channel))
		}
		w.m.Reload(c)
		w.pass(time.Minute)
		if h := w.m.Health(); !h.OK() || w.slack.Count("1700141-energy") != 1 {
			t.Errorf("problems %q, sent %d times when the route is back", h.Problems, w.slack.Count("1700141-energy"))
		}
	})
}

func TestReloadDuringAPostMovesWhatWasNotPosted(t *testing.T) {
	inWorld(t, func(w *world) {
		var c monitor.Config
		w.start(func(now *monitor.Config) { c = *now })
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Channel: channel, Delay: 5 * time.Second, Status: 429, RetryAfter: "60"})
		w.site.Add(filing(1700143, time.Now()), filing(1700145, time.Now()))
		w.pass(31 * time.Second)
		c.Routes = []monitor.Route{route("energy", other)}
		w.m.Reload(c)
		w.pass(2 * time.Minute)
		for _, i := range []int64{1700143, 1700145} {
			if a := w.record(i).Alerts[0]; a.State != monitor.Sent || a.Channel != "slack:"+other {
				t.Errorf("%s is %s in %s", a.ID, a.State, a.Channel)
			}
		}
		if w.sent(channel) != 0 || w.sent(other) != 2 {
			t.Errorf("%d and %d messages", w.sent(channel), w.sent(other))
		}
	})
}

func TestSlackInTroubleForLongIsAProblem(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(withOps)
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Channel: channel, Status: 503})
		w.site.Add(filing(1700151, time.Now()))
		w.pass(4 * time.Minute)
		if h := w.m.Health(); !h.OK() {
			t.Errorf("problems %q before their time", h.Problems)
		}
		w.pass(3 * time.Minute)
		if h := w.m.Health(); h.OK() || !strings.Contains(h.Problems[0], "slack:"+channel) {
			t.Errorf("problems %q", h.Problems)
		}
		w.slack.Clear()
		w.pass(10 * time.Minute)
		if h := w.m.Health(); !h.OK() || w.slack.Count("1700151-energy") != 1 {
			t.Errorf("problems %q, sent %d times", h.Problems, w.slack.Count("1700151-energy"))
		}
		if a, b := w.of(other, "⚠ nothing has reached"), w.of(other, "over: nothing has reached"); len(a) != 1 || len(b) != 1 {
			t.Errorf("operators were told %d times that it began, %d times that it is over", len(a), len(b))
		}
	})
}

func TestTwelveHoursWithoutSlack(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.Schedule, c.CrossCheck = schedule(t, "30 */5 * * * *"), nil })
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Status: 503})
		companies := []string{"A", "B", "C", "D", "E", "F", "G"}
		company := map[int64]string{}
		index := int64(1701000)
		for range 120 {
			for range 10 {
				f := filing(index, time.Now())
				f.Company = companies[index/2%7] + " SENTETİK A.Ş."
				company[index] = f.Company
				w.site.Add(f)
				index += 2
			}
			w.pass(6 * time.Minute)
		}
		w.slack.Clear()
		for w.sent(channel) == 0 {
			w.pass(time.Second)
		}
		w.pass(2 * time.Minute)
		if n := w.sent(channel); n > 61 || w.db.Stats().Pending != 0 {
			t.Errorf("%d messages, %d pending two minutes after the first", n, w.db.Stats().Pending)
		}
		last := map[string]int64{}
		seen := 0
		for _, p := range w.slack.History(channel) {
			all := string(p.Blocks)
			for at := strings.Index(all, "/Bildirim/"); at >= 0; at = strings.Index(all, "/Bildirim/") {
				var i int64
				if _, err := fmt.Sscanf(all[at:], "/Bildirim/%d", &i); err != nil {
					t.Fatal(err)
				}
				if all = all[at+10:]; i == last[company[i]] {
					continue // a digest may link a filing at its line and below
				}
				if i < last[company[i]] {
					t.Fatalf("%s: %d after %d", company[i], i, last[company[i]])
				}
				last[company[i]] = i
				seen++
			}
		}
		if seen != 1200 {
			t.Errorf("%d filings in the messages", seen)
		}
	})
}

func TestUrgentGoesFirstButNeverBeforeItsCompanysEarlier(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		add := func(index int64, company, summary string) {
			f := filing(index, time.Now())
			f.Company, f.Summary = company, summary
			w.site.Add(f)
		}
		add(1700161, "B SENTETİK A.Ş.", "Sentetik sözleşme imzalanması")
		add(1700163, "A SENTETİK A.Ş.", "Sentetik sözleşme imzalanması")
		add(1700165, "C SENTETİK A.Ş.", "Sentetik sözleşme imzalanması")
		add(1700167, "A SENTETİK A.Ş.", "Sentetik konkordato başvurusu")
		w.pass(time.Minute)
		var got []string
		for _, p := range w.slack.History(channel) {
			got = append(got, p.ID)
		}
		want := []string{"1700163-energy", "1700167-energy", "1700161-energy", "1700165-energy"}
		if !slices.Equal(got, want) {
			t.Errorf("sent %q, want %q", got, want)
		}
	})
}

func TestHeldAlertMakesNoOtherRouteWait(t *testing.T) {
	inWorld(t, func(w *world) {
		digest, instant := route("evening", channel), route("instant", channel)
		digest.Digest, digest.DigestAt, digest.Categories = true, []monitor.Schedule{schedule(t, "0 30 18 * * *")}, []string{"contract"}
		instant.Categories = []string{"distress"}
		w.start(routes(digest, instant))
		w.pass(time.Minute)
		w.site.Add(filing(1700171, time.Now()))
		w.pass(time.Minute)
		f := filing(1700173, time.Now())
		f.Summary = "Sentetik konkordato başvurusu"
		w.site.Add(f)
		w.pass(time.Minute)
		if w.slack.Count("1700173-instant") != 1 || w.record(1700171).Alerts[0].State != monitor.Held {
			t.Errorf("sent %d times", w.slack.Count("1700173-instant"))
		}
	})
}
