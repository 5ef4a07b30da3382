package monitor_test

import (
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/notify/slacksim"
)

// A route that had to send a filing is gone, has another name or another channel while its alert waits: the next route of
// the channel that wants the filing sends it, once, and when the route is back it does not send it again.
func TestNextRouteOfAChannelTakesOver(t *testing.T) {
	all := route("all", channel)
	all.Tickers = nil
	others := route("others", channel)
	others.Tickers = []string{"OTHER"}
	first, renamed, moved := route("first", channel), route("renamed", channel), route("first", other)
	for _, x := range []struct {
		name         string
		before, then []monitor.Route
		want         map[string]int // message → how often
		first        string         // its decision's reason then, "" = as before
	}{
		{
			"gone",
			[]monitor.Route{first, others, all},
			[]monitor.Route{others, all},
			map[string]int{"1700055-first": 0, "1700055-all": 1, "1700055-others": 0},
			`route "all" of the same channel sends it`,
		},
		{
			"renamed",
			[]monitor.Route{first},
			[]monitor.Route{renamed},
			map[string]int{"1700055-first": 0, "1700055-renamed": 1},
			`route "renamed" of the same channel sends it`,
		},
		{
			"moved",
			[]monitor.Route{first, all},
			[]monitor.Route{moved, all},
			map[string]int{"1700055-first": 1, "1700055-all": 1},
			"",
		},
		{
			"gone, and nobody else wants it",
			[]monitor.Route{first, others},
			[]monitor.Route{others},
			map[string]int{"1700055-first": 0, "1700055-others": 0},
			"",
		},
	} {
		for name, change := range map[string]func(w *world, c monitor.Config){
			"reload":  func(w *world, c monitor.Config) { w.m.Reload(c) },
			"restart": func(w *world, c monitor.Config) { w.halt(); w.start(routes(c.Routes...)) },
		} {
			t.Run(x.name+" "+name, func(t *testing.T) {
				inWorld(t, func(w *world) {
					var c monitor.Config
					w.start(routes(x.before...), func(now *monitor.Config) { c = *now })
					w.pass(time.Minute)
					w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Status: 429, RetryAfter: "60"})
					w.site.Add(filing(1700055, time.Now()))
					w.pass(time.Minute)
					c.Routes = x.then
					change(w, c)
					w.slack.Clear()
					w.pass(3 * time.Minute)
					for id, want := range x.want {
						if n := w.slack.Count(id); n != want {
							t.Errorf("%s was sent %d times, want %d", id, n, want)
						}
					}
					waits := w.slack.Count("1700055-first")+w.sent(channel) == 0
					if h := w.m.Health(); h.OK() == waits {
						t.Errorf("problems %q", h.Problems)
					}
					for _, d := range w.record(1700055).Decisions {
						if d.Route == "first" && x.first != "" && d.Reason != x.first {
							t.Errorf("decision of first: %q, want %q", d.Reason, x.first)
						}
					}
					sent := w.sent(channel) + w.sent(other)
					if waits {
						sent = 1
					}
					c.Routes = x.before
					change(w, c)
					w.pass(3 * time.Minute)
					if n := w.sent(channel) + w.sent(other); n != sent {
						t.Errorf("%d messages when the route is back, want %d", n, sent)
					}
				})
			})
		}
	}
}
