package monitor_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
)

// The file of a ledger may be taken away while it is open: nobody notices until the next start, which finds none.
func TestMovedLedgerIsSaid(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		if err := os.Rename(w.db.Path(), w.db.Path()+".aside"); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		if h := w.m.Health(); len(h.Problems) != 1 || !strings.Contains(h.Problems[0], "removed or replaced") {
			t.Errorf("problems %q", h.Problems)
		}
		if err := os.Rename(w.db.Path()+".aside", w.db.Path()); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		if h := w.m.Health(); !h.OK() {
			t.Errorf("problems %q", h.Problems)
		}
	})
}

// Between two answers of a changed shape the source may be down: that neither ends the change nor begins another.
func TestDriftIsSaidOnceThroughOtherTrouble(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(withOps)
		w.pass(time.Minute)
		for range 5 {
			w.site.Clear()
			w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.RenameKey("disclosureIndex", "index")})
			w.pass(5 * time.Minute)
			w.site.Clear()
			w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Status(500)})
			w.pass(5 * time.Minute)
		}
		w.site.Clear()
		w.pass(5 * time.Minute)
		var began, over int
		for _, p := range w.slack.History(other) {
			began += strings.Count(p.Text, "⚠ reader criteria")
			over += strings.Count(p.Text, "over: reader criteria")
		}
		if began != 1 || over != 1 {
			t.Errorf("operators were told %d times that it began and %d times that it is over", began, over)
		}
	})
}

// A row that could not be read is no problem any more when an import has brought its filing.
func TestImportEndsAnUnreadableRow(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.Sources = c.Sources[:1] })
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Only(1700211, kapsim.NullKey("publishDate"))})
		w.site.Add(filing(1700211, time.Now()))
		w.pass(time.Minute)
		if h := w.m.Health(); h.OK() {
			t.Fatal("the unreadable row is no problem")
		}
		if n, err := w.m.Import(t.Context(), []monitor.Filing{filing(1700211, time.Now()).Filing}); n != 1 || err != nil {
			t.Fatalf("import: %d, %v", n, err)
		}
		w.pass(time.Minute)
		if h := w.m.Health(); !h.OK() || w.db.Stats().Unknown != 0 || w.sent(channel) != 0 {
			t.Errorf("problems %q, %d unknown, %d sent", h.Problems, w.db.Stats().Unknown, w.sent(channel))
		}
	})
}

// What start-up found wrong with Slack is over when Slack takes a message.
func TestProblemOfTheStartEndsWithAMessage(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.Problem = "Slack: check slack token: HTTP 503" })
		w.pass(time.Minute)
		if w.m.Health().OK() {
			t.Error("no problem at the start")
		}
		w.site.Add(filing(1700213, time.Now()))
		w.pass(time.Minute)
		if h := w.m.Health(); !h.OK() {
			t.Errorf("problems %q", h.Problems)
		}
	})
}

// A list that is read well and does not move on, while the other reader's does, is found, said once, stood in for, and
// said to be over with what came in between.
func TestFrozenList(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(withOps)
		w.pass(time.Minute)
		told := w.sent(other)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Frozen(time.Now().Add(-time.Second))})
		w.site.Add(filing(1700055, time.Now().Add(time.Minute)))
		w.pass(28 * time.Minute) // to just before the cross-check
		if h := w.m.Health(); !h.OK() {
			t.Errorf("before anyone can know: %q", h.Problems)
		}
		w.pass(3 * time.Minute)
		h := w.m.Health()
		if len(h.Problems) != 1 || !strings.Contains(h.Alarms[monitor.AlarmFrozen], "the list of reader criteria is frozen") || w.sent(other) != told+1 {
			t.Errorf("problems %q, alarms %v, %d messages", h.Problems, h.Alarms, w.sent(other)-told)
		}
		w.site.Add(filing(1700057, time.Now()))
		w.pass(2 * time.Minute)
		if w.slack.Count("1700057-energy") != 1 {
			t.Error("the page does not stand in for the frozen list")
		}
		w.pass(30 * time.Minute)
		if w.sent(other) != told+1 {
			t.Errorf("operators are told %d times", w.sent(other)-told)
		}
		w.site.Clear()
		w.pass(2 * time.Minute)
		over := w.of(other, "over: the list of reader criteria is frozen")
		if h := w.m.Health(); !h.OK() || len(h.Alarms) != 0 || len(over) != 1 || !strings.Contains(over[0], "2 filings of that time came late or may have been missed: 1700055 to 1700057") {
			t.Errorf("problems %q, told %q", h.Problems, over)
		}
	})
}

// A reader that lists a filing a moment after the other one is not frozen, and one that lacks an older row only differs.
func TestSlowReaderIsNotFrozen(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(withOps)
		w.pass(29*time.Minute + 50*time.Second)
		told := w.sent(other)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Frozen(time.Now()), Times: 1})
		w.site.Add(filing(1700055, time.Now().Add(time.Second)))
		w.pass(5 * time.Minute)
		if h := w.m.Health(); !h.OK() || w.sent(other) != told {
			t.Errorf("problems %q, %d messages", h.Problems, w.sent(other)-told)
		}
	})
}

// The message that an outage is over tells what may have been missed.
func TestEndOfAnOutageTellsWhatCame(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(withOps)
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{Fault: kapsim.Status(503)})
		w.pass(10 * time.Minute)
		if h := w.m.Health(); !strings.Contains(h.Alarms[monitor.AlarmStale], "no successful poll since") {
			t.Errorf("alarms %v", h.Alarms)
		}
		w.site.Add(filing(1700061, time.Now()), filing(1700065, time.Now().Add(time.Minute)))
		w.pass(2 * time.Minute)
		w.site.Clear()
		w.pass(5 * time.Minute)
		over := w.of(other, "over: no successful poll")
		if len(over) != 1 || !strings.Contains(over[0], "2 filings of that time came late or may have been missed: 1700061 to 1700065, published 2026-11-25 12:11 to 2026-11-25 12:12") {
			t.Errorf("told %q", over)
		}
	})
}

// A calendar that has run out is said.
func TestEndOfTheCalendarIsSaid(t *testing.T) {
	inWorld(t, func(w *world) {
		days, err := monitor.NewCalendar(monitor.CalendarFile{Until: "2026-11-25"})
		if err != nil {
			t.Fatal(err)
		}
		w.start(withOps, hourly, func(c *monitor.Config) { c.Calendar, c.StaleAfter = days, 2*time.Hour })
		w.pass(time.Minute)
		if h := w.m.Health(); !h.OK() {
			t.Errorf("before its end: %q", h.Problems)
		}
		w.pass(14 * time.Hour)
		if h := w.m.Health(); !strings.Contains(strings.Join(h.Problems, "\n"), "the calendar of holidays has run out on 2026-11-25") || len(w.of(other, "calendar of holidays has run out")) != 1 {
			t.Errorf("after it: %q, told %q", h.Problems, w.of(other, "calendar"))
		}
	})
}

// What is unknown for ten minutes, and an alert that is not through after five, are alarms.
func TestAlarmsOfWhatWaits(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(alone, withOps)
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{Fault: kapsim.Only(1700047, kapsim.NullKey("publishDate"))})
		w.site.Add(filing(1700047, time.Now()))
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Status: 503})
		w.site.Add(filing(1700049, time.Now()))
		w.pass(4 * time.Minute)
		if a := w.m.Health().Alarms; len(a) != 0 {
			t.Errorf("after four minutes: %v", a)
		}
		w.pass(2 * time.Minute)
		if a := w.m.Health().Alarms; a[monitor.AlarmOutbox] == "" || a[monitor.AlarmUnknown] != "" {
			t.Errorf("after six minutes: %v", a)
		}
		w.pass(5 * time.Minute)
		if a := w.m.Health().Alarms; a[monitor.AlarmOutbox] == "" || a[monitor.AlarmUnknown] == "" {
			t.Errorf("after eleven minutes: %v", a)
		}
	})
}

// A configuration that is refused is a problem, and said, until one is taken over.
func TestRefusedReloadIsSaid(t *testing.T) {
	inWorld(t, func(w *world) {
		var c monitor.Config
		w.start(withOps, func(now *monitor.Config) { c = *now })
		w.pass(time.Minute)
		w.m.RefuseReload("config.yaml:3:1: unknown key")
		w.pass(time.Minute)
		if h := w.m.Health(); len(h.Problems) != 1 || !strings.Contains(h.Problems[0], "config.yaml:3:1") || len(w.of(other, "⚠ the configuration was not reloaded")) != 1 {
			t.Errorf("problems %q, told %q", h.Problems, w.of(other, "configuration"))
		}
		w.m.Reload(c)
		w.pass(time.Minute)
		if h := w.m.Health(); !h.OK() || len(w.of(other, "over: the configuration was not reloaded")) != 1 {
			t.Errorf("problems %q, told %q", h.Problems, w.of(other, "configuration"))
		}
	})
}
