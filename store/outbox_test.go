package store_test

import (
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/store"
)

func TestOutbox(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(1), entryOf(2), entryOf(3))
	if s := db.Stats(); s.Pending != 3 || !s.OldestPending.Equal(noon.Add(1)) {
		t.Errorf("Stats = %+v", s)
	}
	a, b := alert(1, "energy"), alert(2, "energy")
	a.IntendedAt, b.IntendedAt = noon, noon
	a.Digest, b.Digest = "digest-energy-1", "digest-energy-1"
	must(t, db.Intend(monitor.Intent{ID: "digest-energy-1", Alerts: []monitor.Alert{a, b}}))

	db = reopen(t, db, store.Options{})
	ids, found, err := db.Digest("digest-energy-1")
	must(t, err)
	if !found || diff([]string{a.ID, b.ID}, ids) != "" {
		t.Errorf("Digest = %v, %v", ids, found)
	}
	if _, found, err := db.Digest("digest-energy-2"); found || err != nil {
		t.Errorf("Digest = %v, %v, want none", found, err)
	}
	backlog, err := db.Backlog()
	must(t, err)
	if d := diff([]monitor.Alert{a, b, alert(3, "energy")}, backlog.Alerts); d != "" {
		t.Errorf("Backlog (-want +got):\n%s", d)
	}

	a.State, a.TS, a.SentAt, a.IntendedAt = monitor.Sent, "17.1", noon, time.Time{}
	b.State = monitor.Blocked
	must(t, db.Settle([]monitor.Alert{a, b}))
	db = reopen(t, db, store.Options{})
	s := db.Stats()
	if s.Pending != 1 || s.Sent != 1 || s.Blocked != 1 || !s.OldestPending.Equal(noon.Add(3)) {
		t.Errorf("Stats = %+v", s)
	}
	ts, found, err := db.SentTo("slack:C1", 1)
	if ts != "17.1" || !found || err != nil {
		t.Errorf("SentTo = %q, %v, %v", ts, found, err)
	}
	for channel, index := range map[string]int64{"slack:C2": 1, "slack:C1": 2} {
		if ts, found, err := db.SentTo(channel, index); found || err != nil {
			t.Errorf("SentTo(%q, %d) = %q, %v, %v, want none", channel, index, ts, found, err)
		}
	}
	r, err := db.Receipt(noon)
	must(t, err)
	if r.Digest != 1 || r.Pending != 2 || r.Listed != 3 {
		t.Errorf("Receipt = %v", r)
	}
	verify(t, db)
}

func TestNotes(t *testing.T) {
	db := open(t, store.Options{})
	note := monitor.Alert{ID: "note-1", Route: "ops", Note: "watching", State: monitor.Pending, CreatedAt: noon}
	_, err := db.Record(monitor.Batch{Notes: []monitor.Alert{note}})
	must(t, err)
	note2 := note
	note2.ID = "note-2"
	must(t, db.Notes([]monitor.Alert{note2}, nil))
	sent := note
	sent.State, sent.TS = monitor.Sent, "1"
	must(t, db.Settle([]monitor.Alert{sent}))
	must(t, db.Notes([]monitor.Alert{note}, nil)) // known: not sent again
	b, err := db.Backlog()
	must(t, err)
	if d := diff([]monitor.Alert{note2}, b.Alerts); d != "" {
		t.Errorf("Backlog (-want +got):\n%s", d)
	}
	verify(t, db)
}

// What operators have been told of stands until it is written anew; a note alone leaves it.
func TestNotesTold(t *testing.T) {
	db := open(t, store.Options{})
	note := monitor.Alert{ID: "note-1", Route: "ops", Note: "⚠", State: monitor.Pending, CreatedAt: noon}
	want := []monitor.Trouble{{Kind: "drift:criteria", Text: "reader criteria: …", Since: noon}, {Kind: "stale", Text: "no poll", Since: noon.Add(1)}}
	for _, x := range []struct{ told, want []monitor.Trouble }{{want, want}, {nil, want}, {want[1:], want[1:]}, {[]monitor.Trouble{}, nil}} {
		must(t, db.Notes([]monitor.Alert{note}, x.told))
		db = reopen(t, db, store.Options{})
		b, err := db.Backlog()
		must(t, err)
		if d := diff(x.want, b.Told); d != "" {
			t.Errorf("Told (-want +got):\n%s", d)
		}
	}
	verify(t, db)
}

func TestPause(t *testing.T) {
	db := open(t, store.Options{})
	for _, want := range []monitor.Wait{{From: noon, To: noon.Add(time.Minute)}, {From: noon.Add(time.Hour), To: noon.Add(2 * time.Hour)}} {
		must(t, db.Pause(want))
		db = reopen(t, db, store.Options{})
		if b, err := db.Backlog(); err != nil || diff(want, b.Pause) != "" {
			t.Errorf("Pause = %v, %v, want %v", b.Pause, err, want)
		}
	}
	verify(t, db)
}

func TestNextDigest(t *testing.T) {
	db := open(t, store.Options{})
	for _, x := range []struct {
		route string
		want  uint64
	}{{"a", 1}, {"a", 2}, {"b", 1}, {"a", 3}} {
		got, err := db.NextDigest(x.route)
		if got != x.want || err != nil {
			t.Errorf("NextDigest(%q) = %d, %v, want %d", x.route, got, err, x.want)
		}
		db = reopen(t, db, store.Options{})
	}
}
