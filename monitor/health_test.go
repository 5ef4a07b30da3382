package monitor_test

import (
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

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
