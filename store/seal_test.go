package store_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
	"kapwatch/store"
)

// receipt is the account of the day that is n days from noon.
func receipt(t testing.TB, db *store.DB, n int) monitor.Receipt {
	t.Helper()
	r, err := db.Receipt(noon.AddDate(0, 0, n))
	must(t, err)
	return r
}

// What changes after a receipt is sealed is an amendment, and what it was then is kept.
func TestSealedReceipt(t *testing.T) {
	now := noon
	db := open(t, store.Options{Now: func() time.Time { return now }})
	record(t, db, entryOf(1), entryOf(2))
	now = noon.AddDate(0, 0, 1)
	settle := func(index int64, digest string) {
		a := alert(index, "energy")
		a.State, a.SentAt, a.TS, a.Digest = monitor.Sent, now, "1", digest
		must(t, db.Settle([]monitor.Alert{a}))
	}
	settle(1, "")
	if r := receipt(t, db, 0); r.Sealed || len(r.Amendments) > 0 || r.Sent != 1 || r.Pending != 1 {
		t.Errorf("before: %+v", r)
	}
	now = noon.AddDate(0, 0, 2)
	if r := receipt(t, db, 0); !r.Sealed || len(r.Amendments) > 0 {
		t.Errorf("sealed and unchanged: %+v", r)
	}
	settle(2, "digest-energy-1")
	now = noon // a clock that steps back opens nothing again
	e := entryOf(3)
	e.Alerts, e.Filing.Origin = nil, monitor.Backfill
	record(t, db, e)
	r := receipt(t, db, 0)
	var why []string
	for _, a := range r.Amendments {
		why = append(why, a.Why)
	}
	if d := diff([]string{"1 filing recorded by backfill", `filing 2 sent on route "energy"`}, why); d != "" {
		t.Errorf("amendments (-want +got):\n%s", d)
	}
	if !r.Sealed || r.String() != "3 listed · 3 recorded · 1 sent · 1 in digests · 0 pending · 1 not wanted · 0 unknown" {
		t.Errorf("after: %s, sealed %v", r, r.Sealed)
	}
	if in := verify(t, db); in.Receipts != 1 {
		t.Errorf("%d sealed receipts, want 1", in.Receipts)
	}
}

// Receipts and records prove each other: neither changes without the other.
func TestVerifySeesAReceiptThatDoesNotAgree(t *testing.T) {
	now := noon
	db := open(t, store.Options{Now: func() time.Time { return now }})
	record(t, db, entryOf(1), entryOf(2))
	now = noon.AddDate(0, 0, 2)
	record(t, db, entryOf(3))
	verify(t, db)
	day := binary.BigEndian.AppendUint64(nil, uint64(noon.Unix()+3*60*60)/(24*60*60))
	must(t, db.Bolt().Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte("amendment")).Delete(day) }))
	in, err := db.Verify(t.Context())
	if err == nil || len(in.Faults) != 1 || !strings.HasPrefix(in.Faults[0], "receipt of 2024-04-26: ") {
		t.Errorf("Verify = %q, %v; want the receipt named", in.Faults, err)
	}
}

// Whatever happens to filings and alerts, on whatever day, seal and amendments add up to the records.
func TestReceiptsAlwaysAgree(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 1))
		now := noon
		db := open(t, store.Options{Now: func() time.Time { return now }, Segment: 16})
		var known []int64
		var unread []string
		some := func() int64 { return known[r.IntN(len(known))] }
		for step := range 120 {
			if r.IntN(4) == 0 {
				now = now.Add(time.Duration(r.IntN(40)-4) * time.Hour)
			}
			switch n := r.IntN(8); {
			case n < 2 || len(known) == 0:
				e := random(r, int64(step+1))
				e.Filing.PublishedAt = now.Add(-time.Duration(r.IntN(200)) * time.Hour)
				if r.IntN(2) == 0 {
					e.Alerts = []monitor.Alert{alert(e.Filing.Index, "energy")}
				}
				known = append(known, record(t, db, e)...)
			case n == 2:
				got, _, err := db.Get(some())
				must(t, err)
				for _, a := range got.Alerts {
					a.State = []monitor.AlertState{monitor.Sent, monitor.Blocked, monitor.Held}[r.IntN(3)]
					a.IntendedAt = time.Time{}
					if r.IntN(2) == 0 {
						a.Digest = "digest-energy-1"
					}
					must(t, db.Settle([]monitor.Alert{a}))
				}
			case n == 3:
				index := some()
				got, found, err := db.Get(index)
				must(t, err)
				if !found {
					break
				}
				got.Filing.PublishedAt = got.Filing.PublishedAt.Add(time.Duration(r.IntN(40)-20) * time.Hour)
				a := monitor.Amendment{Filing: got.Filing, Found: got.Found, Decisions: got.Decisions}
				if r.IntN(2) == 0 {
					a.Alerts = []monitor.Alert{alert(index, "late")}
				} else {
					a.Withdraw = []string{alert(index, "late").ID, alert(index, "energy").ID}
				}
				must(t, db.Amend([]monitor.Amendment{a}))
			case n == 4:
				_, err := db.Prune(now.AddDate(0, 0, -6), 2)
				must(t, err)
			case n >= 5:
				got, _, err := db.Get(some())
				must(t, err)
				for _, a := range got.Alerts {
					a.IntendedAt = now
					must(t, db.Intend(monitor.Intent{ID: a.ID, Alerts: []monitor.Alert{a}}))
				}
			}
			if r.IntN(5) == 0 { // something is seen that cannot be read
				b := monitor.BadRow{ID: fmt.Sprint(1000 + step), SeenAt: now, PublishedAt: now.Add(-time.Duration(r.IntN(150)) * time.Hour)}
				if r.IntN(2) == 0 {
					b.Index = int64(step + 2) // it may be recorded next
				}
				_, err := db.Record(monitor.Batch{Bad: []monitor.BadRow{b}})
				must(t, err)
				unread = append(unread, b.ID)
			}
			if len(unread) > 0 && r.IntN(8) == 0 {
				_, err := db.Record(monitor.Batch{Read: unread[:1]})
				must(t, err)
				unread = unread[1:]
			}
			if in, err := db.Verify(t.Context()); err != nil {
				t.Fatalf("seed %d step %d: %q", seed, step, in.Faults)
			}
		}
		if in := verify(t, db); in.Receipts == 0 || in.Alerts == 0 {
			t.Errorf("seed %d: %+v: nothing was sealed or alerted", seed, in)
		}
	}
}
