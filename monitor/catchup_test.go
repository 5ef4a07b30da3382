package monitor_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
)

// filingsIn are the filings that the messages of a channel link to, in their order.
func (w *world) filingsIn(channel string) (out []int64) {
	w.t.Helper()
	for _, p := range w.slack.History(channel) {
		all := string(p.Blocks)
		for at := strings.Index(all, "/Bildirim/"); at >= 0; at = strings.Index(all, "/Bildirim/") {
			var i int64
			if _, err := fmt.Sscanf(all[at:], "/Bildirim/%d", &i); err != nil {
				w.t.Fatal(err)
			}
			if all = all[at+10:]; !slices.Contains(out, i) {
				out = append(out, i)
			}
		}
	}
	return out
}

// A day without the source is caught up within 15 minutes of its return, at the polite rate: what is more than an hour
// old in digests and late, the rest one by one, everything once and oldest first.
func TestDayWithoutTheSource(t *testing.T) {
	for _, mode := range []monitor.DetailMode{monitor.DetailsNone, monitor.DetailsMatched} {
		t.Run(string(mode), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start(withOps, func(c *monitor.Config) { c.DetailMode = mode })
				w.pass(time.Minute)
				w.site.Script(kapsim.Trouble{Fault: kapsim.Status(503)})
				var want []int64
				for i := range int64(48) {
					index := 1701000 + 2*i
					w.site.Add(filing(index, time.Now()))
					want = append(want, index)
					w.pass(30*time.Minute - 15*time.Second)
				}
				if n := w.site.Count(kapsim.Criteria); n > 24*60*2 {
					t.Errorf("%d lists asked during the outage", n)
				}
				w.site.Clear()
				asked := w.site.Count(kapsim.Criteria)
				w.pass(15 * time.Minute)
				if n := w.site.Count(kapsim.Criteria) - asked; n > 31 {
					t.Errorf("%d lists in 15 minutes after it", n)
				}
				if got := w.filingsIn(channel); !slices.Equal(got, want) || w.db.Stats().Pending != 0 {
					t.Errorf("messages tell of %v, want %v; %d pending", got, want, w.db.Stats().Pending)
				}
				digests, single := 0, 0
				for _, index := range want {
					r := w.record(index)
					old := r.Filing.SeenAt.Sub(r.Filing.PublishedAt) > time.Hour
					if len(r.Alerts) != 1 || r.Filing.Late != old || (r.Alerts[0].Digest != "") != old {
						t.Errorf("filing %d: late %v, old %v, alerts %v", index, r.Filing.Late, old, r.Alerts)
					}
					if !old {
						single++
					}
				}
				for _, p := range w.slack.History(channel) {
					if strings.HasPrefix(p.ID, "digest-energy-") {
						digests++
					}
				}
				if digests != 3 || single == 0 {
					t.Errorf("%d digests and %d single alerts, want 3 and some", digests, single)
				}
			})
		})
	}
}

// A few old ones are folded too, and a restart between record and post forgets neither that nor that they are late.
func TestOldOnesAreFoldedAfterARestart(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.halt()
		for i := range 3 {
			w.site.Add(filing(int64(1700101+2*i), time.Now().Add(time.Duration(i)*time.Hour)))
		}
		time.Sleep(5 * time.Hour)
		w.site.Add(filing(1700109, time.Now()))
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Refuse: true})
		w.start()
		w.pass(10 * time.Second)
		w.crash()
		w.slack.Clear()
		w.start()
		w.pass(2 * time.Minute)
		var ids []string
		for _, index := range []int64{1700101, 1700103, 1700105} {
			r := w.record(index)
			ids = append(ids, r.Alerts[0].Digest)
			if !r.Filing.Late {
				t.Errorf("filing %d is not late", index)
			}
		}
		if r := w.record(1700109); ids[0] == "" || ids[0] != ids[1] || ids[1] != ids[2] || r.Alerts[0].Digest != "" || r.Filing.Late || w.sent(channel) != 2 {
			t.Errorf("digests %q, the fresh one %+v, %d messages", ids, r.Alerts[0], w.sent(channel))
		}
	})
}

// Without an outage, a filing that names an early time is told by itself when it appears, and is not late.
func TestAnEarlyTimeIsNoOutage(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(6 * time.Hour)
		for i := range 3 {
			w.site.Add(filing(int64(1700101+2*i), time.Now().Add(-time.Duration(i+2)*time.Hour)))
		}
		w.pass(4 * time.Minute)
		for _, index := range []int64{1700101, 1700103, 1700105} {
			if r := w.record(index); r.Filing.Late || len(r.Alerts) != 1 || r.Alerts[0].Digest != "" {
				t.Errorf("filing %d: late %v, alerts %+v", index, r.Filing.Late, r.Alerts)
			}
		}
	})
}

// While another reader stands in, the window of the first one stays owed, across restarts too.
func TestWindowIsOwedWhileStoodInFor(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(hourly)
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Status(503)})
		for i := range int64(50) {
			w.site.Add(filing(1700101+2*i, time.Now()))
			w.pass(time.Hour)
		}
		w.halt()
		w.site.Clear()
		w.start(hourly)
		w.pass(time.Minute)
		r := w.site.Requests(kapsim.Criteria)
		if got := r[len(r)-1].Body; !strings.Contains(got, `"fromDate":"2026-11-24"`) {
			t.Errorf("asked %s, want from the day before the reader last read", got)
		}
	})
}

// The page may show days that no poll asks for any more. What it shows of the time of the watch is recorded and
// alerted, late; what retention has dropped is not taken again.
func TestPageShowsOlderDays(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(hourly, func(c *monitor.Config) { c.Retention = 5 * 24 * time.Hour })
		w.pass(time.Hour)
		w.site.Add(filing(1700101, time.Now()))
		w.pass(95 * time.Hour)
		w.site.Add(filing(1700201, time.Now()))
		w.pass(time.Hour)
		w.site.Add(filing(1700103, begin.Add(2*time.Hour)))
		w.pass(time.Hour)
		if r := w.record(1700103); !r.Filing.Late || r.Filing.Reader != "page" || w.slack.Count("1700103-energy") != 1 {
			t.Errorf("late %v, by %s, %d messages", r.Filing.Late, r.Filing.Reader, w.slack.Count("1700103-energy"))
		}
		w.pass(72 * time.Hour)
		if _, ok, err := w.db.Get(1700101); ok || err != nil || w.sent(channel) != 3 {
			t.Errorf("after retention: recorded %v, %v, %d messages", ok, err, w.sent(channel))
		}
	})
}

// Retention drops nothing that the list still shows: after a restart it would be news once more.
func TestRetentionRepeatsNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		short := func(c *monitor.Config) { c.Retention = 12 * time.Hour }
		w.start(hourly, short)
		w.pass(time.Minute)
		w.site.Add(filing(1700101, time.Now()))
		w.pass(24 * time.Hour)
		w.halt()
		w.start(hourly, short)
		w.pass(time.Hour)
		if n := w.sent(channel); n != 1 {
			t.Errorf("%d messages, want one about the one filing since the baseline", n)
		}
		w.pass(100 * time.Hour)
		if _, ok, err := w.db.Get(1700101); ok || err != nil {
			t.Errorf("still recorded: %v, %v", ok, err)
		}
	})
}
