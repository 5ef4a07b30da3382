package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
	"kapwatch/monitor/classify"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/store"
)

// What these tests hold is counted, not timed, so that it is the same on every machine.

// simulated gives the filings of days of a simulated KAP, every tenth with its full text, as one route decided.
func simulated(days, perDay int) (out [][]monitor.Entry) {
	for day := range days {
		var list []monitor.Entry
		for f := range kapsim.Stream(perDay, 1, noon.AddDate(0, 0, day)) {
			x := f.Filing
			x.SeenAt, x.Origin, x.Raw = x.PublishedAt.Add(time.Second), monitor.Import, nil
			if x.Index%10 != 0 {
				x.Detail = nil
			}
			list = append(list, monitor.Entry{Filing: x, Found: classify.Result{
				Categories: []string{"other"},
				Evidence:   []classify.Evidence{{For: "other", Term: x.Subject, Text: x.Subject, Span: classify.Span{Field: classify.Subject, End: len(x.Subject)}}},
			}})
		}
		out = append(out, list)
	}
	return out
}

// TestBytesPerFiling: full text, every field, ticker, category and word lists.
func TestBytesPerFiling(t *testing.T) {
	db := open(t, store.Options{})
	n := 0
	for _, day := range simulated(20, 1000) {
		n += len(record(t, db, day...))
	}
	db.Wait()
	var size int64 // of what is used: the file itself grows by leaps
	must(t, db.Bolt().View(func(tx *bolt.Tx) error { size = tx.Size(); return nil }))
	if each := size / int64(n); n != 20_000 || each > 260 {
		t.Errorf("%d filings take %d bytes each, want at most 260", n, each)
	}
}

// transactions counts the committed write transactions since the file was made.
func transactions(t *testing.T, db *store.DB) (n int) {
	t.Helper()
	must(t, db.Bolt().View(func(tx *bolt.Tx) error { n = tx.ID(); return nil }))
	return n
}

// TestCommitOfFive: one transaction, and few pages, however much there is already.
func TestCommitOfFive(t *testing.T) {
	const commits = 100
	db := open(t, store.Options{})
	days := simulated(11, 2000)
	for _, day := range days[:10] {
		record(t, db, day...)
	}
	db.Wait()
	before, first := db.Bolt().Stats(), transactions(t, db)
	for i := range commits {
		record(t, db, days[10][5*i:5*i+5]...)
	}
	after := db.Bolt().Stats()
	if n := transactions(t, db) - first; n != commits {
		t.Errorf("%d transactions for %d commits", n, commits)
	}
	stats := after.Sub(&before)
	if writes := float64(stats.TxStats.GetWrite()) / commits; writes > 12 {
		t.Errorf("%.1f writes a commit, want at most 12", writes)
	}
	if pages := float64(stats.TxStats.GetPageAlloc()) / commits / 4096; pages > 12 {
		t.Errorf("%.1f pages written a commit, want at most 12", pages)
	}
}

// TestFindAllocates: a page of 50 filings is made of little more than what it shows.
func TestFindAllocates(t *testing.T) {
	db := open(t, store.Options{})
	for _, day := range simulated(10, 2000) {
		record(t, db, day...)
	}
	db.Wait()
	for _, q := range []monitor.Query{{}, {Category: "other"}, {Text: "bildirim", Oldest: true}} {
		page, err := db.Find(q)
		must(t, err)
		n := testing.AllocsPerRun(20, func() {
			_, err := db.Find(q)
			must(t, err)
		})
		if len(page.Records) != 50 || n > 350 {
			t.Errorf("Find(%+v) gives %d filings with %v allocations, want 50 with at most 350", q, len(page.Records), n)
		}
	}
}

// TestQuietPollTransactions: no transaction, for rows that are known.
func TestQuietPollTransactions(t *testing.T) {
	db := open(t, store.Options{})
	day := simulated(1, 2000)[0]
	batch := monitor.Batch{Entries: day, Cursor: monitor.Cursor{CommittedAt: noon, BaselineAt: noon, Readers: []string{"criteria"}}}
	_, err := db.Record(batch)
	must(t, err)
	var indexes []int64
	for _, e := range day {
		indexes = append(indexes, e.Filing.Index)
	}
	first, reads, changes := transactions(t, db), db.Bolt().Stats(), db.Changes()
	for i := range 50 {
		batch.Cursor.CommittedAt = noon.Add(time.Duration(i) * time.Second)
		unseen, err := db.Unseen(indexes)
		must(t, err)
		added, err := db.Record(batch)
		must(t, err)
		if len(unseen)+len(added) != 0 {
			t.Fatalf("%d unseen, %d added", len(unseen), len(added))
		}
	}
	after := db.Bolt().Stats()
	if n := transactions(t, db) - first; n != 0 {
		t.Errorf("%d write transactions on quiet polls", n)
	}
	if n := after.TxN - reads.TxN; n > 2 { // those of transactions itself
		t.Errorf("%d read transactions on quiet polls", n)
	}
	if db.Changes() != changes {
		t.Error("Changes says that something has changed")
	}
	record(t, db, entryOf(1))
	if db.Changes() == changes {
		t.Error("Changes says that nothing has changed")
	}
}

// TestWorkIsBounded: whatever is asked, and however the parts of the index overlap, one answer takes no more than
// its bound and a little for each part; and going on behind Next still visits everything once.
func TestWorkIsBounded(t *testing.T) {
	const bound = 20_000
	db := open(t, store.Options{Segment: 500, Work: bound})
	r := rand.New(rand.NewPCG(21, 1))
	m := model{}
	for range 24 {
		var batch []monitor.Entry
		for range 100 {
			e := random(r, 1+r.Int64N(1_000_000)) // history and present without any order: every part spans all time
			if _, ok := m[e.Filing.Index]; ok {
				continue
			}
			for i := range 20 { // words that nobody else has, so that one letter means very many lists
				e.Filing.Summary += fmt.Sprintf(" x%d", 20*e.Filing.Index+int64(i))
			}
			m[e.Filing.Index] = e
			batch = append(batch, e)
		}
		record(t, db, batch...)
	}
	db.Wait()
	sizes, _, err := db.Segments()
	must(t, err)
	partial := 0
	for _, q := range []monitor.Query{
		{},
		{Text: "s"},
		{Text: "s p i 5"},
		{Text: "i zzz"},
		{Text: "zzz"},
		{Text: "x"},
		{Ticker: "ISI"},
		{Text: "ihale şymkent", Class: "FR"},
		{Category: "mou", Qualifier: "denied", Ticker: "SYNTH1", Text: "g"},
		{Text: "i", Since: noon, Until: noon.AddDate(1, 0, 0)},
	} {
		for _, oldest := range []bool{false, true} {
			q.Oldest, q.Limit, q.After = oldest, 50, monitor.Position{}
			most := 0
			var got []int64
			for {
				p, work, err := db.FindCounted(q)
				must(t, err)
				most = max(most, work)
				for _, x := range p.Records {
					got = append(got, x.Filing.Index)
				}
				if p.Partial != "" {
					partial++
				}
				if !p.More {
					break
				}
				q.After = p.Next
			}
			// Behind the bound each part may look at 16 filings of some 300 bytes of text.
			if limit := bound + (len(sizes)+1)*16*7000; most > limit {
				t.Errorf("Find(%+v) took %d, want at most %d", q, most, limit)
			}
			q.After = monitor.Position{}
			if d := diff(m.find(q), got); d != "" {
				t.Errorf("Find(%+v) (-want +got):\n%s", q, d)
			}
		}
	}
	if partial == 0 {
		t.Error("no answer reached the bound")
	}
}

// TestEachTakesConstantMemory: what export reads through does not stay.
func TestEachTakesConstantMemory(t *testing.T) {
	db := open(t, store.Options{})
	for _, day := range simulated(20, 1000) {
		record(t, db, day...)
	}
	db.Wait()
	_, err := db.Find(monitor.Query{})
	must(t, err)
	heap := func() uint64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	n, most, before := 0, uint64(0), heap()
	must(t, db.Each(t.Context(), monitor.Query{}, func(monitor.Record) error {
		if n++; n%2000 == 0 {
			most = max(most, heap())
		}
		return nil
	}))
	if n != 20_000 || most > before+2<<20 {
		t.Errorf("%d filings: the heap grew from %d to %d kB, want at most 2 MB more", n, before>>10, most>>10)
	}
}

func ExampleDB_Find() {
	dir, err := os.MkdirTemp("", "kapwatch")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	db, err := store.Open(dir+"/kapwatch.db", store.Options{NoSync: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	_, err = db.Record(monitor.Batch{Entries: []monitor.Entry{{Filing: monitor.Filing{
		Index: 1277777, PublishedAt: time.Date(2024, 4, 26, 18, 5, 33, 0, monitor.Istanbul), Tickers: []string{"SYNTH"},
		Company: "SYNTH ENERJİ ÜRETİM A.Ş.", Summary: "Şymkent Valiliği ile Mutabakat Zaptı",
	}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := db.Find(monitor.Query{Text: "ŞYMKENT muta"})
	fmt.Println(len(page.Records), page.Records[0].Filing.Index, err)
	// Output: 1 1277777 <nil>
}
