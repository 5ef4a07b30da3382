package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/store"
)

func TestGetGivesEverything(t *testing.T) {
	db := open(t, store.Options{})
	e := entryOf(5)
	record(t, db, e)
	want := monitor.Record{Filing: e.Filing, Found: e.Found, Decisions: e.Decisions, Alerts: e.Alerts, Sequence: 1}
	for range 2 {
		got, found, err := db.Get(5)
		must(t, err)
		if d := diff(want, got); !found || d != "" {
			t.Fatalf("Get(5) = found %v (-want +got):\n%s", found, d)
		}
		db = reopen(t, db, store.Options{})
	}
	if _, found, err := db.Get(6); found || err != nil {
		t.Errorf("Get(6) = %v, %v, want not found", found, err)
	}
	verify(t, db)
}

func TestRecordIgnoresKnown(t *testing.T) {
	db := open(t, store.Options{})
	if got := record(t, db, entryOf(3), entryOf(1), entryOf(3)); diff([]int64{1, 3}, got) != "" {
		t.Errorf("added %v, want [1 3]", got)
	}
	changed := entryOf(3)
	changed.Filing.Summary = "changed"
	if got := record(t, db, changed, entryOf(2)); diff([]int64{2}, got) != "" {
		t.Errorf("added %v, want [2]", got)
	}
	r, _, err := db.Get(3)
	must(t, err)
	if r.Filing.Summary == "changed" || r.Sequence != 2 {
		t.Errorf("filing 3 = %q, sequence %d", r.Filing.Summary, r.Sequence)
	}
	for _, db := range []*store.DB{db, reopen(t, db, store.Options{})} {
		if db.Path() == "" {
			t.Fatal("no path")
		}
	}
}

func TestUnseen(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(1), entryOf(2))
	for range 2 {
		got, err := db.Unseen([]int64{9, 2, 4, 1})
		must(t, err)
		if d := diff([]int64{9, 4}, got); d != "" {
			t.Errorf("Unseen (-want +got):\n%s", d)
		}
		db = reopen(t, db, store.Options{})
	}
}

// TestQuietPollWritesNothing looks at the file itself: not a byte and not a time of it may change.
func TestQuietPollWritesNothing(t *testing.T) {
	db := open(t, store.Options{})
	bad := []monitor.BadRow{{ID: "9", Index: 9, Raw: []byte("{"), SeenAt: noon}, {ID: "2", Index: 2, SeenAt: noon}}
	cursor := monitor.Cursor{
		CommittedAt: noon, BaselineAt: noon, BaselineLow: 1, Readers: []string{"criteria"},
		Holes: []monitor.Window{{From: monitor.Midnight(noon.AddDate(0, 0, -9)), To: monitor.Midnight(noon.AddDate(0, 0, -5))}},
	}
	batch := monitor.Batch{Entries: []monitor.Entry{entryOf(1), entryOf(2)}, Bad: bad, Cursor: cursor}
	_, err := db.Record(batch)
	must(t, err)
	specimen := monitor.Specimen{Reader: "page", Reason: "no table", Body: []byte("<html>"), SeenAt: noon}
	must(t, db.Keep(specimen))
	before, err := os.ReadFile(db.Path())
	must(t, err)
	info, err := os.Stat(db.Path())
	must(t, err)

	batch.Cursor.CommittedAt = noon.Add(time.Minute)
	added, err := db.Record(batch)
	must(t, err)
	must(t, db.Keep(specimen))
	must(t, db.Amend(nil))
	must(t, db.Settle(nil))
	must(t, db.Notes(nil, nil))
	after, err := os.ReadFile(db.Path())
	must(t, err)
	info2, err := os.Stat(db.Path())
	must(t, err)
	if len(added) > 0 || string(before) != string(after) || !info.ModTime().Equal(info2.ModTime()) {
		t.Errorf("a quiet poll added %v and wrote to the file", added)
	}

	batch.Cursor.Readers = append(batch.Cursor.Readers, "page") // this is news
	_, err = db.Record(batch)
	must(t, err)
	got, err := reopen(t, db, store.Options{}).Cursor()
	must(t, err)
	if d := diff(batch.Cursor, got); d != "" {
		t.Errorf("Cursor (-want +got):\n%s", d)
	}
}

func TestRecordIsWhole(t *testing.T) {
	db := open(t, store.Options{})
	broken := entryOf(2)
	broken.Filing.Index = -1
	if _, err := db.Record(monitor.Batch{Entries: []monitor.Entry{entryOf(1), broken}, Cursor: monitor.Cursor{BaselineAt: noon}}); err == nil {
		t.Fatal("Record took index -1")
	}
	if s := db.Stats(); s.Filings != 0 || s.Pending != 0 {
		t.Errorf("Stats = %+v after a batch that was refused", s)
	}
	if got := pages(t, db, monitor.Query{}); len(got) != 0 {
		t.Errorf("Find = %v after a batch that was refused", got)
	}
	record(t, db, entryOf(3))
	if got := pages(t, db, monitor.Query{Text: "sentetik"}); diff([]int64{3}, got) != "" {
		t.Errorf("Find = %v, want [3]", got)
	}
	verify(t, db)
}

func TestBadRowsAreResolved(t *testing.T) {
	db := open(t, store.Options{})
	bad := []monitor.BadRow{
		{ID: "7", Index: 7, Reader: "criteria", Raw: []byte("{7"), Err: "no subject", SeenAt: noon},
		{ID: "hash", Reader: "page", Raw: []byte("?"), Err: "no index", SeenAt: noon},
	}
	_, err := db.Record(monitor.Batch{Bad: bad})
	must(t, err)
	if s := db.Stats(); s.Unknown != 2 {
		t.Errorf("unknown = %d, want 2", s.Unknown)
	}
	b, err := db.Backlog()
	must(t, err)
	if d := diff(bad, b.Bad); d != "" {
		t.Errorf("Backlog (-want +got):\n%s", d)
	}
	r, err := db.Receipt(noon)
	must(t, err)
	if r.Listed != 2 || r.Unknown != 2 || diff([]int64{7}, r.UnknownIndexes) != "" {
		t.Errorf("Receipt = %v %v", r, r.UnknownIndexes)
	}
	db = reopen(t, db, store.Options{})
	record(t, db, entryOf(7))
	_, err = db.Record(monitor.Batch{Bad: bad}) // seen once more by the other reader: it is recorded, so it is not unknown
	must(t, err)
	if s := db.Stats(); s.Unknown != 1 {
		t.Errorf("unknown = %d, want 1", s.Unknown)
	}
	verify(t, db)
}

func TestAmend(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(1), entryOf(2))
	f := filing(1)
	f.PublishedAt = f.PublishedAt.Add(-time.Hour)
	f.Summary, f.Raw, f.Partial, f.Detail = "yenilenen", nil, false, nil
	held := alert(1, "digest")
	held.State = monitor.Held
	must(t, db.Amend([]monitor.Amendment{
		{Filing: f, Alerts: []monitor.Alert{held}, Withdraw: []string{"1-energy"}},
		{Filing: filing(99)}, // not recorded: left out
	}))
	r, _, err := db.Get(1)
	must(t, err)
	f.Raw = filing(1).Raw
	if d := diff(monitor.Record{Filing: f, Alerts: []monitor.Alert{held}, Sequence: 1}, r); d != "" {
		t.Errorf("Get (-want +got):\n%s", d)
	}
	if s := db.Stats(); s.Filings != 2 || s.Pending != 2 {
		t.Errorf("Stats = %+v", s)
	}
	for q, want := range map[monitor.Query][]int64{
		{Text: "yenilenen"}: {1}, {Text: "sentetik"}: {2}, {Category: "mou"}: {2}, {Oldest: true}: {1, 2},
	} {
		if d := diff(want, pages(t, db, q)); d != "" {
			t.Errorf("Find(%+v) (-want +got):\n%s", q, d)
		}
	}
	b, err := db.Backlog()
	must(t, err)
	if diff([]int64{2}, b.Details) != "" || diff([]int64{2}, b.Partial) != "" {
		t.Errorf("Backlog = details %v, partial %v, want [2] each", b.Details, b.Partial)
	}
	verify(t, db)
}

// TestAmendRepeatsNothing: what was sent, or may have been, is neither replaced nor withdrawn.
func TestAmendRepeatsNothing(t *testing.T) {
	for _, change := range []func(*monitor.Alert){
		func(a *monitor.Alert) { a.State, a.TS, a.SentAt = monitor.Sent, "1.2", noon },
		func(a *monitor.Alert) { a.IntendedAt = noon },
		func(a *monitor.Alert) { a.State = monitor.Unknown },
	} {
		db := open(t, store.Options{})
		record(t, db, entryOf(1))
		a := alert(1, "energy")
		change(&a)
		must(t, db.Settle([]monitor.Alert{a}))
		f := filing(1)
		must(t, db.Amend([]monitor.Amendment{{Filing: f, Alerts: []monitor.Alert{alert(1, "energy")}}}))
		must(t, db.Amend([]monitor.Amendment{{Filing: f, Withdraw: []string{a.ID}}}))
		r, _, err := db.Get(1)
		must(t, err)
		if d := diff([]monitor.Alert{a}, r.Alerts); d != "" {
			t.Errorf("alerts (-want +got):\n%s", d)
		}
		verify(t, db)
	}
}

func TestRawIsKeptSevenDays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kapwatch.db")
	db := openAt(t, path, store.Options{})
	record(t, db, entryOf(1))
	raw := func(db *store.DB) string {
		t.Helper()
		r, _, err := db.Get(1)
		must(t, err)
		return string(r.Filing.Raw)
	}
	db = reopen(t, db, store.Options{Now: fixed(noon.AddDate(0, 0, 7))})
	record(t, db, entryOf(2))
	if raw(db) == "" {
		t.Error("the raw row is gone after seven days")
	}
	db = reopen(t, db, store.Options{Now: fixed(noon.AddDate(0, 0, 8))})
	record(t, db, entryOf(3))
	if got := raw(db); got != "" {
		t.Errorf("raw = %q after eight days", got)
	}
	if r := verify(t, db); r.Raw != 0 {
		t.Errorf("Verify = %+v, want no raw rows", r)
	}
}

func TestBaselineDecisionsAreImplied(t *testing.T) {
	db := open(t, store.Options{})
	e := entryOf(1)
	e.Filing.Origin = monitor.Import
	e.Decisions = []monitor.Decision{
		{Route: "a", Verdict: monitor.VerdictBaseline, Reason: "imported"}, {Route: "b", Verdict: monitor.VerdictTest, Reason: "test"},
	}
	record(t, db, e)
	r, _, err := db.Get(1)
	must(t, err)
	if d := diff(e.Decisions[1:], r.Decisions); d != "" {
		t.Errorf("decisions (-want +got):\n%s", d)
	}
	got := monitor.Verdicts(r, []monitor.Route{{Name: "a"}, {Name: "b"}})
	if got[0].Verdict != monitor.VerdictBaseline || got[1].Verdict != monitor.VerdictTest {
		t.Errorf("Verdicts = %v", got)
	}
}

func TestKeepIsARing(t *testing.T) {
	db := open(t, store.Options{})
	for i := range 20 {
		s := monitor.Specimen{Reader: "page", Reason: "head", Body: fmt.Append(nil, i), SeenAt: noon}
		must(t, db.Keep(s))
		must(t, db.Keep(s))
	}
	db = reopen(t, db, store.Options{})
	got, err := db.Specimens()
	must(t, err)
	if len(got) != 16 || string(got[0].Body) != "4" || string(got[15].Body) != "19" {
		t.Errorf("Specimens = %d, want the last 16", len(got))
	}
	must(t, db.Keep(monitor.Specimen{Body: make([]byte, 64<<20)}))
	if got, err = db.Specimens(); err != nil || len(got) != 1 {
		t.Errorf("Specimens = %d, %v, want the great one alone", len(got), err)
	}
}

func TestDictionaryOutlivesAFailedBatch(t *testing.T) {
	db := open(t, store.Options{})
	e, broken := entryOf(1), entryOf(2)
	e.Filing.Company, broken.Filing.Index = "LOST A.Ş.", 0
	if _, err := db.Record(monitor.Batch{Entries: []monitor.Entry{e, broken}}); err == nil {
		t.Fatal("Record took index 0")
	}
	for i, company := range []string{"FIRST A.Ş.", "LOST A.Ş."} {
		e := entryOf(int64(i + 1))
		e.Filing.Company = company
		record(t, db, e)
		db = reopen(t, db, store.Options{})
		r, _, err := db.Get(int64(i + 1))
		must(t, err)
		if r.Filing.Company != company {
			t.Errorf("company = %q, want %q", r.Filing.Company, company)
		}
	}
}

func TestImportLeavesTheCursorAlone(t *testing.T) {
	db := open(t, store.Options{})
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, monitor.Istanbul)
	want := monitor.Cursor{
		CommittedAt: at, BaselineAt: at, BaselineLow: 7, Readers: []string{"criteria"},
		Holes: []monitor.Window{{From: monitor.Midnight(at.AddDate(0, 0, -9)), To: monitor.Midnight(at.AddDate(0, 0, -5))}},
	}
	if _, err := db.Record(monitor.Batch{Cursor: want}); err != nil {
		t.Fatal(err)
	}
	f := monitor.Filing{Index: 9, PublishedAt: at, SeenAt: at, Company: "SENTETİK A.Ş.", Subject: "Genel Açıklama", Class: "DG", Origin: monitor.Import}
	if added, err := db.Record(monitor.Batch{Entries: []monitor.Entry{{Filing: f}}}); err != nil || len(added) != 1 {
		t.Fatalf("added %v, %v", added, err)
	}
	got, err := db.Cursor()
	if d := diff(want, got); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
}

// What is named is counted in the receipt of its day only, and that is the day of its publication where it is known.
func TestNamedRows(t *testing.T) {
	db := open(t, store.Options{})
	yesterday := noon.AddDate(0, 0, -1)
	bad := []monitor.BadRow{
		{ID: "7", Index: 7, Reader: "criteria", Raw: []byte("{7"), Err: "no subject", SeenAt: noon, PublishedAt: yesterday},
		{ID: "9", Index: 9, Reader: "detail", Err: "filing 3 names it", SeenAt: noon},
	}
	_, err := db.Record(monitor.Batch{Bad: bad})
	must(t, err)
	_, err = db.Record(monitor.Batch{Named: []string{"7", "unheard-of"}})
	must(t, err)
	db = reopen(t, db, store.Options{})
	if s := db.Stats(); s.Unknown != 1 {
		t.Errorf("unknown = %d, want 1", s.Unknown)
	}
	b, err := db.Backlog()
	must(t, err)
	if len(b.Bad) != 2 || b.Bad[0].NamedAt.IsZero() || !b.Bad[1].NamedAt.IsZero() || !b.Bad[0].PublishedAt.Equal(yesterday) {
		t.Errorf("Backlog = %+v", b.Bad)
	}
	for day, want := range map[time.Time]int64{yesterday: 7, noon: 9} {
		r, err := db.Receipt(day)
		must(t, err)
		if r.Listed != 1 || r.Unknown != 1 || diff([]int64{want}, r.UnknownIndexes) != "" {
			t.Errorf("receipt of %v = %v %v", day, r, r.UnknownIndexes)
		}
	}
	verify(t, db)
	record(t, db, entryOf(7), entryOf(9))
	if s := db.Stats(); s.Unknown != 0 {
		t.Errorf("unknown = %d when both are recorded", s.Unknown)
	}
	_, err = db.Record(monitor.Batch{Bad: []monitor.BadRow{{ID: "old", SeenAt: noon.AddDate(-1, 0, 0)}}})
	must(t, err)
	_, err = db.Prune(noon.AddDate(0, -1, 0), 10)
	must(t, err)
	if s := db.Stats(); s.Unknown != 0 {
		t.Errorf("unknown = %d after retention", s.Unknown)
	}
	verify(t, db)
}
