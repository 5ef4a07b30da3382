package store_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/store"
)

func TestPrune(t *testing.T) {
	db := open(t, store.Options{Segment: 50})
	r := rand.New(rand.NewPCG(9, 9))
	m := model{}
	for i := range int64(30) {
		var batch []monitor.Entry
		for j := range int64(10) {
			e := random(r, 1+i*10+j)
			m[e.Filing.Index] = e
			batch = append(batch, e)
		}
		record(t, db, batch...)
	}
	open := alert(5, "energy")
	must(t, db.Amend([]monitor.Amendment{{Filing: m[5].Filing, Found: m[5].Found, Alerts: []monitor.Alert{open}}}))
	before := m[200].Filing.PublishedAt
	for total := 0; ; {
		n, err := db.Prune(before, 17)
		must(t, err)
		if total += n; n == 0 {
			if total == 0 {
				t.Error("nothing was pruned")
			}
			break
		}
		if n > 17 {
			t.Errorf("Prune removed %d, want at most 17", n)
		}
	}
	for index, e := range m {
		if index != 5 && e.Filing.PublishedAt.Before(before) {
			delete(m, index)
		}
	}
	for range 2 {
		for _, q := range []monitor.Query{{}, {Oldest: true, Text: "ihale"}, {Ticker: "ISI"}} {
			if d := diff(m.find(q), pages(t, db, q)); d != "" {
				t.Errorf("Find(%+v) (-want +got):\n%s", q, d)
			}
		}
		if got := verify(t, db); got.Filings != len(m) || got.Segments > 4 {
			t.Errorf("Verify = %+v, want %d filings", got, len(m))
		}
		db = reopen(t, db, store.Options{Segment: 50})
	}
	// History comes back: what old segments still say of it does not count.
	e := random(r, 150)
	m[150] = e
	record(t, db, e)
	if d := diff(m.find(monitor.Query{}), pages(t, db, monitor.Query{})); d != "" {
		t.Errorf("Find after the filing came back (-want +got):\n%s", d)
	}
	verify(t, db)
}

func TestReceipt(t *testing.T) {
	path := t.TempDir() + "/kapwatch.db"
	db := openAt(t, path, store.Options{Segment: 4})
	var batch []monitor.Entry
	for i := range int64(10) {
		e := entryOf(i + 1)
		e.Alerts = nil
		batch = append(batch, e)
	}
	batch[0].Filing.PublishedAt = monitor.Midnight(noon)
	batch[1].Filing.PublishedAt = monitor.Midnight(noon).Add(-time.Second)
	batch[2].Filing.PublishedAt = monitor.Midnight(noon).AddDate(0, 0, 1)
	batch[3].Alerts = []monitor.Alert{alert(4, "energy")}
	record(t, db, batch...)
	r, err := db.Receipt(noon)
	must(t, err)
	want := monitor.Receipt{Day: monitor.Midnight(noon), Listed: 8, Recorded: 8, Pending: 1, NotWanted: 7}
	if d := diff(want, r); d != "" {
		t.Errorf("Receipt (-want +got):\n%s", d)
	}

	later := noon.AddDate(0, 0, 3)
	db = reopen(t, db, store.Options{Segment: 4, Now: fixed(later)})
	late := entryOf(11)
	late.Alerts = nil
	record(t, db, late)
	a := alert(4, "energy")
	a.State, a.TS, a.SentAt = monitor.Sent, "1", later
	must(t, db.Settle([]monitor.Alert{a}))
	must(t, db.Settle([]monitor.Alert{a})) // said once
	r, err = db.Receipt(noon)
	must(t, err)
	want.Sealed, want.Listed, want.Recorded, want.NotWanted, want.Pending, want.Sent = true, 9, 9, 8, 0, 1
	want.Amendments = []monitor.ReceiptAmendment{
		{At: later, Why: "1 filing recorded late"}, {At: later, Why: `filing 4 sent on route "energy"`},
	}
	if d := diff(want, r); d != "" {
		t.Errorf("Receipt (-want +got):\n%s", d)
	}
	verify(t, db)
}
