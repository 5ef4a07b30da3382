package monitor_test

import (
	"io"
	"path/filepath"
	"strings"
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

// digestHourly has the first reader alone, and the route send a digest an hour.
func digestHourly(t *testing.T) func(*monitor.Config) {
	return func(c *monitor.Config) {
		alone(c)
		c.Routes[0].Digest, c.Routes[0].DigestAt = true, []monitor.Schedule{schedule(t, "0 0 * * * *")}
	}
}

// What was held when the copy was made, or would be now, may have gone out in a digest of the ledger that is lost: it is
// looked for there. What was not sent goes in the next digest, under a number that the lost ledger cannot have given.
func TestRestoredLedgerLooksForWhatWasHeld(t *testing.T) {
	digest := digestHourly(t)
	copied := filepath.Join(t.TempDir(), "copy.db")
	inWorld(t, func(w *world) {
		w.start(digest)
		w.pass(time.Minute)
		w.site.Add(filing(1700009, time.Now()), filing(1700011, time.Now()))
		w.pass(time.Hour) // the first digest
		w.site.Add(filing(1700013, time.Now()), filing(1700015, time.Now()))
		w.pass(10 * time.Minute)
		if _, err := store.Save(w.t.Context(), copied, func(to io.Writer) error { _, err := w.db.WriteTo(to); return err }); err != nil {
			t.Fatal(err)
		}
		w.site.Add(filing(1700017, time.Now()))
		w.pass(time.Hour) // the second, with all three
		if w.slack.Count("digest-energy-2") != 1 || w.carrying(channel, 1700017) != 1 {
			t.Fatal("no second digest")
		}
		w.halt()
		w.site.Add(filing(1700019, time.Now()), filing(1700021, time.Now()))
		time.Sleep(10 * time.Minute)
		if _, _, err := store.Restore(w.t.Context(), copied, w.path); err != nil {
			t.Fatal(err)
		}
		w.start(digest)
		w.pass(5 * time.Minute)
		for _, index := range []int64{1700013, 1700015, 1700017} {
			if a := w.record(index).Alerts; a[0].State != monitor.Sent {
				t.Errorf("alert of %d is %s within five minutes, want it found", index, a[0].State)
			}
		}
		w.pass(time.Hour)
		for _, index := range []int64{1700009, 1700011, 1700013, 1700015, 1700017, 1700019, 1700021} {
			if n := w.carrying(channel, index); n != 1 {
				t.Errorf("filing %d was sent %d times", index, n)
			}
		}
		if w.slack.Count("digest-energy-10002") != 1 {
			t.Error("the digest after the restore has a number that may have been given")
		}
	})
}

// Where there is no history, what was held waits for its time and says that it may be a repeat.
func TestRestoredLedgerMarksWhatItCannotLookFor(t *testing.T) {
	digest := digestHourly(t)
	copied := filepath.Join(t.TempDir(), "copy.db")
	inWorld(t, func(w *world) {
		w.start(digest)
		w.pass(time.Minute)
		w.site.Add(filing(1700009, time.Now()))
		w.pass(10 * time.Minute)
		if _, err := store.Save(w.t.Context(), copied, func(to io.Writer) error { _, err := w.db.WriteTo(to); return err }); err != nil {
			t.Fatal(err)
		}
		w.halt()
		w.slack.Trouble(slacksim.Trouble{Method: "conversations.history", Error: "missing_scope"})
		if _, _, err := store.Restore(w.t.Context(), copied, w.path); err != nil {
			t.Fatal(err)
		}
		w.start(digest)
		w.site.Add(filing(1700011, time.Now()))
		w.pass(30 * time.Minute)
		if n := w.sent(channel); n != 0 {
			t.Errorf("%d messages before their time", n)
		}
		w.pass(30 * time.Minute)
		posts := w.slack.History(channel)
		if len(posts) != 2 || strings.Count(posts[0].Text+posts[1].Text, "tekrar olabilir") != 1 {
			t.Errorf("%d messages: %+v", len(posts), posts)
		}
	})
}
