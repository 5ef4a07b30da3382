package store_test

import (
	"errors"
	"os"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
	"kapwatch/store"
)

// editOf changes the summary of a filing that entryOf made.
func editOf(index int64) monitor.Amendment {
	e := entryOf(index)
	a := monitor.Amendment{Filing: e.Filing, Found: e.Found, Decisions: e.Decisions, Edits: []monitor.Edit{{
		At: noon.Add(time.Hour), Reader: "criteria",
		Fields: []monitor.FieldEdit{{Field: "summary", Before: e.Filing.Summary, After: "Düzeltilmiş özet"}},
	}}}
	a.Filing.Summary = "Düzeltilmiş özet"
	return a
}

// linked is entryOf(index) as a correction of an earlier filing.
func linked(index, earlier int64) monitor.Entry {
	e := entryOf(index)
	e.Links = []monitor.Link{{Index: earlier, Kind: monitor.LinkCorrection, Why: "KAP names it as the corrected filing"}}
	return e
}

func get(t *testing.T, db *store.DB, index int64) monitor.Record {
	t.Helper()
	r, found, err := db.Get(index)
	if err != nil || !found {
		t.Fatalf("Get(%d) = %v, %v", index, found, err)
	}
	return r
}

func TestEditsAreKept(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(1), entryOf(2))
	first, second := editOf(1), editOf(1)
	second.Filing.Summary = "Yine düzeltilmiş"
	second.Edits[0].Fields[0] = monitor.FieldEdit{Field: "summary", Before: "Düzeltilmiş özet", After: "Yine düzeltilmiş"}
	must(t, db.Amend([]monitor.Amendment{first}))
	must(t, db.Amend([]monitor.Amendment{second}))
	plain := second
	plain.Edits = nil
	must(t, db.Amend([]monitor.Amendment{plain})) // an amendment without edits forgets none
	db = reopen(t, db, store.Options{})
	r := get(t, db, 1)
	if d := diff([]monitor.Edit{first.Edits[0], second.Edits[0]}, r.Edits); d != "" {
		t.Errorf("edits (-want +got):\n%s", d)
	}
	if r.Filing.Summary != "Yine düzeltilmiş" {
		t.Errorf("summary = %q", r.Filing.Summary)
	}
	if other := get(t, db, 2); len(other.Edits) > 0 {
		t.Errorf("filing 2 has edits of filing 1: %+v", other.Edits)
	}
	verify(t, db)
}

// TestLinks keeps both ends of a link in step: when it is replaced, and when its filings are pruned.
func TestLinks(t *testing.T) {
	db := open(t, store.Options{})
	for _, e := range []monitor.Entry{entryOf(1), entryOf(2), linked(3, 1)} {
		e.Alerts = nil // an open alert keeps its filing
		record(t, db, e)
	}
	if d := diff([]int64{3}, get(t, db, 1).Later); d != "" {
		t.Errorf("later than 1 (-want +got):\n%s", d)
	}
	e := linked(3, 2)
	must(t, db.Amend([]monitor.Amendment{{Filing: e.Filing, Links: e.Links}}))
	if d := diff([]int64{3}, get(t, db, 2).Later); d != "" || len(get(t, db, 1).Later) > 0 {
		t.Errorf("later than 2 (-want +got):\n%s; than 1: %v", d, get(t, db, 1).Later)
	}
	must(t, db.Amend([]monitor.Amendment{editOf(2)}))
	verify(t, db)
	if n, err := db.Prune(entryOf(3).Filing.PublishedAt, 10); n != 2 || err != nil {
		t.Fatalf("Prune = %d, %v; want 2", n, err)
	}
	verify(t, db)
	if d := diff(e.Links, get(t, db, 3).Links); d != "" {
		t.Errorf("links of 3 (-want +got):\n%s", d)
	}
	if _, err := db.Prune(noon.AddDate(1, 0, 0), 10); err != nil {
		t.Fatal(err)
	}
	verify(t, db)
	must(t, db.Bolt().View(func(tx *bolt.Tx) error {
		for _, name := range []string{"edit", "later"} {
			if k, _ := tx.Bucket([]byte(name)).Cursor().First(); k != nil {
				t.Errorf("bucket %s still has %x", name, k)
			}
		}
		return nil
	}))
}

// TestVerifySeesLostEdits removes an edit behind the ledger's back.
func TestVerifySeesLostEdits(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(1))
	must(t, db.Amend([]monitor.Amendment{editOf(1)}))
	must(t, db.Bolt().Update(func(tx *bolt.Tx) error {
		k, _ := tx.Bucket([]byte("edit")).Cursor().First()
		return tx.Bucket([]byte("edit")).Delete(k)
	}))
	if _, err := db.Verify(t.Context()); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Verify = %v, want %v", err, store.ErrCorrupt)
	}
}

// TestUpgrade gives a file the bucket that it lacks, as a program of the same schema that knew fewer of them left it;
// one that lacks what every ledger has is not touched.
func TestUpgrade(t *testing.T) {
	without := func(bucket string) string {
		path := copied(t, "testdata/schema2.db")
		b, err := bolt.Open(path, 0o600, nil)
		must(t, err)
		must(t, b.Update(func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte(bucket)) }))
		must(t, b.Close())
		return path
	}
	db := openAt(t, without("later"), store.Options{})
	record(t, db, linked(9, 1))
	if d := diff([]int64{9}, get(t, db, 1).Later); d != "" {
		t.Errorf("later than 1 (-want +got):\n%s", d)
	}
	path := without("sequence")
	before, err := os.ReadFile(path)
	must(t, err)
	if _, err := store.Open(path, store.Options{}); !errors.Is(err, store.ErrForeign) {
		t.Errorf("Open = %v, want %v", err, store.ErrForeign)
	}
	if after, err := os.ReadFile(path); err != nil || string(before) != string(after) {
		t.Errorf("the refused file was changed: %v", err)
	}
}
