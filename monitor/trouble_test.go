package monitor_test

import (
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
)

// Operators are told of trouble once when it begins and once when it is over, whatever restarts lie in between.
func TestTroubleOutlastsARestart(t *testing.T) {
	frozen := func(w *world) {
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Frozen(time.Now().Add(-time.Second))})
		w.site.Add(filing(1700055, time.Now()))
	}
	for _, x := range []struct {
		name, says string
		begin, end func(w *world)
		until      time.Duration // operators have been told
		cost       string        // what the message of its end adds
	}{
		{
			name: "stale", says: "no successful poll since", until: 10 * time.Minute,
			begin: func(w *world) {
				w.site.Script(kapsim.Trouble{Fault: kapsim.Status(503)})
				w.site.Add(filing(1700055, time.Now()))
			},
			end:  func(w *world) { w.site.Clear() },
			cost: ". 1 filing of that time came late or may have been missed: 1700055",
		},
		{
			name: "drift", says: "reader criteria: ", until: time.Minute,
			begin: func(w *world) {
				w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.RenameKey("disclosureIndex", "index")})
			},
			end:  func(w *world) { w.site.Clear() },
			cost: ". Nothing was listed in between",
		},
		{
			name: "frozen", says: "the list of reader criteria is frozen", until: 32 * time.Minute, begin: frozen,
			end:  func(w *world) { w.site.Clear() },
			cost: ". 1 filing of that time came late or may have been missed: 1700055",
		},
		{
			name: "parked", says: "C0000000001 is blocked", until: time.Minute,
			begin: func(w *world) {
				w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Channel: channel, Error: "is_archived"})
				w.site.Add(filing(1700055, time.Now()))
			},
			end: func(w *world) { w.slack.Clear(); w.pass(10 * time.Minute) },
		},
		{
			name: "silence", says: "nothing new is listed since", until: 5 * time.Hour,
			begin: func(*world) {},
			end:   func(w *world) { w.site.Add(filing(1700055, time.Now())) },
			cost:  ". 1 filing of that time came late or may have been missed: 1700055",
		},
	} {
		for name, restart := range map[string]func(*world){"restart": (*world).halt, "kill": (*world).crash} {
			t.Run(x.name+" "+name, func(t *testing.T) {
				days, err := monitor.NewCalendar(monitor.CalendarFile{Until: "2027-12-31"})
				if err != nil {
					t.Fatal(err)
				}
				change := func(c *monitor.Config) {
					if x.name == "silence" {
						c.Calendar = days
					}
				}
				inWorld(t, func(w *world) {
					said := func() (begun int, over []string) {
						for _, p := range w.slack.History(other) {
							for line := range strings.Lines(p.Text) {
								if strings.HasPrefix(line, "⚠") && strings.Contains(line, x.says) {
									begun++
								} else if strings.HasPrefix(line, "over: ") && strings.Contains(line, x.says) {
									over = append(over, strings.TrimSpace(line))
								}
							}
						}
						return begun, over
					}
					w.start(withOps, change)
					w.pass(time.Minute)
					x.begin(w)
					w.pass(x.until)
					if n, over := said(); n != 1 || len(over) != 0 {
						w.t.Fatalf("before the restart: begun %d times, over %q; told %q", n, over, w.of(other, ""))
					}
					for range 2 {
						restart(w)
						w.start(withOps, change)
						w.pass(3 * time.Minute)
					}
					w.pass(30 * time.Minute)
					if n, over := said(); n != 1 || len(over) != 0 {
						w.t.Fatalf("after the restarts: begun %d times, over %q", n, over)
					}
					restart(w)
					w.start(withOps, change)
					x.end(w)
					w.pass(5 * time.Minute)
					n, over := said()
					if n != 1 || len(over) != 1 || !strings.Contains(over[0], x.cost) {
						t.Errorf("at the end: begun %d times, over %q, want one with %q", n, over, x.cost)
					}
				})
			})
		}
	}
}
