package monitor_test

import (
	"io"
	"path/filepath"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/notify/slacksim"
	"kapwatch/store"
)

// A ledger that is put back from a backup does not know what was sent since. It looks before it sends: nothing comes
// twice, and what was not sent comes.
func TestRestoredLedgerRepeatsNothing(t *testing.T) {
	copied := filepath.Join(t.TempDir(), "copy.db")
	inWorld(t, func(w *world) {
		w.start(alone)
		w.pass(time.Minute)
		if _, err := store.Save(w.t.Context(), copied, func(to io.Writer) error { _, err := w.db.WriteTo(to); return err }); err != nil {
			t.Fatal(err)
		}
		w.site.Add(filing(1700009, time.Now()))
		w.pass(time.Minute)
		w.halt()
		w.site.Add(filing(1700011, time.Now()))
		time.Sleep(time.Hour)
		if _, _, err := store.Restore(w.t.Context(), copied, w.path); err != nil {
			t.Fatal(err)
		}
		w.start(alone)
		w.pass(2 * time.Minute)
		for _, id := range []string{"1700009-energy", "1700011-energy"} {
			if n := w.slack.Count(id); n != 1 {
				t.Errorf("%s was sent %d times, want once", id, n)
			}
		}
		if a := w.record(1700009).Alerts; len(a) != 1 || a[0].State != monitor.Sent {
			t.Errorf("alerts of the one that was found = %+v", a)
		}
		// What is published after the restore is sent at once.
		w.site.Add(filing(1700013, time.Now()))
		w.halt()
		w.start(alone)
		w.pass(3 * time.Second)
		if n := w.slack.Count("1700013-energy"); n != 1 {
			t.Errorf("the next one was sent %d times within 3 s, want once", n)
		}
	})
}

// What waited for a channel that refused when the copy was made may have been sent since, too.
func TestRestoredLedgerLooksForWhatWasBlocked(t *testing.T) {
	copied := filepath.Join(t.TempDir(), "copy.db")
	inWorld(t, func(w *world) {
		w.start(alone)
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Error: "is_archived"})
		w.site.Add(filing(1700009, time.Now()))
		w.pass(time.Minute)
		if s := w.record(1700009).Alerts[0].State; s != monitor.Blocked {
			t.Fatalf("the alert is %s, want it blocked", s)
		}
		if _, err := store.Save(w.t.Context(), copied, func(to io.Writer) error { _, err := w.db.WriteTo(to); return err }); err != nil {
			t.Fatal(err)
		}
		w.slack.Clear()
		w.pass(11 * time.Minute)
		w.halt()
		if n := w.slack.Count("1700009-energy"); n != 1 {
			t.Fatalf("it was sent %d times before the restore, want once", n)
		}
		if _, _, err := store.Restore(w.t.Context(), copied, w.path); err != nil {
			t.Fatal(err)
		}
		w.start(alone)
		w.pass(2 * time.Minute)
		if n, a := w.slack.Count("1700009-energy"), w.record(1700009).Alerts; n != 1 || a[0].State != monitor.Sent {
			t.Errorf("it was sent %d times, want once; alerts %+v", n, a)
		}
	})
}
