package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"kapwatch/monitor"
	"kapwatch/monitor/turkish"
	"kapwatch/store"
)

// model is the ledger as a map: what Find must give.
type model map[int64]monitor.Entry

func tokens(s string) []string {
	return strings.FieldsFunc(turkish.Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func (m model) fits(q monitor.Query, e monitor.Entry) bool {
	f := e.Filing
	t := monitor.Text(f)
	var all []string
	for _, s := range []string{t.Company, t.Subject, t.Summary, t.Body} {
		if q.Text == "" {
			break // folding is what takes the time
		}
		all = append(all, tokens(s)...)
	}
	for _, w := range tokens(q.Text) {
		start := func(s string) bool { return strings.HasPrefix(s, w) }
		code := func(s string) bool { return turkish.Fold(s) == w }
		if !slices.ContainsFunc(all, start) && !slices.ContainsFunc(f.Codes(), code) {
			return false
		}
	}
	return (q.Ticker == "" || slices.Contains(f.Codes(), q.Ticker)) &&
		(q.Category == "" || slices.Contains(e.Found.Categories, q.Category)) &&
		(q.Qualifier == "" || slices.Contains(e.Found.Qualifiers, q.Qualifier)) &&
		(q.Class == "" || monitor.CanonicalClass(f.Class) == monitor.CanonicalClass(q.Class)) &&
		(q.Since.IsZero() || !f.PublishedAt.Before(q.Since)) && (q.Until.IsZero() || f.PublishedAt.Before(q.Until))
}

func (m model) find(q monitor.Query) (out []int64) {
	var found []monitor.Filing
	for _, e := range m {
		if m.fits(q, e) {
			found = append(found, e.Filing)
		}
	}
	slices.SortFunc(found, func(a, b monitor.Filing) int {
		c := a.PublishedAt.Compare(b.PublishedAt)
		if c == 0 {
			c = int(a.Index - b.Index)
		}
		if !q.Oldest {
			c = -c
		}
		return c
	})
	for _, f := range found {
		out = append(out, f.Index)
	}
	return out
}

func pages(t *testing.T, db *store.DB, q monitor.Query) (out []int64) {
	t.Helper()
	for n := 0; ; n++ {
		p, err := db.Find(q)
		must(t, err)
		for _, r := range p.Records {
			out = append(out, r.Filing.Index)
		}
		if !p.More {
			if p.Next != (monitor.Position{}) {
				t.Fatalf("Find(%+v) ends with next %v", q, p.Next)
			}
			return out
		}
		if n > 100_000 {
			t.Fatalf("Find(%+v) never ends", q)
		}
		q.After = p.Next
	}
}

func randomQuery(r *rand.Rand, span time.Duration) monitor.Query {
	q := monitor.Query{Oldest: r.IntN(2) == 0, Limit: 10 + r.IntN(60)}
	maybe := func(p *string, list ...string) {
		if r.IntN(4) == 0 {
			*p = list[r.IntN(len(list))]
		}
	}
	maybe(&q.Ticker, "SYNTH1", "ISI", "SYNTH3", "SYNTH", "NONE")
	maybe(&q.Category, "mou", "contract", "none")
	maybe(&q.Qualifier, "approved", "denied")
	maybe(&q.Class, "ODA", "DKB", "DUY", "FON")
	maybe(&q.Text, "ihale", "SÖZ", "5", "do gaz", "mou", "isi", "synth1", "!!", "kâr pay", "şymkent mutabakat", "zzz")
	if r.IntN(4) == 0 {
		q.Since = noon.Add(time.Duration(r.Int64N(int64(span))))
	}
	if r.IntN(4) == 0 {
		q.Until = noon.Add(time.Duration(r.Int64N(int64(span))))
	}
	return q
}

// TestFindModel plays a ledger's life, with segments written in between, against a map.
func TestFindModel(t *testing.T) {
	for _, work := range []int{0, 300} { // the second reaches the bound on work all the time
		t.Run(fmt.Sprintf("work %d", work), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(work)))
			o := store.Options{Work: work, Segment: 250}
			db := open(t, o)
			m := model{}
			next := int64(1000)
			var span time.Duration
			for step := range 60 {
				size := 1 + r.IntN(40)
				if step%12 == 5 {
					size = 400 // a bulk, and a segment by itself
				}
				var batch []monitor.Entry
				for range size {
					e := random(r, next)
					next += 1 + r.Int64N(3)
					if r.IntN(50) == 0 { // far back in time: history
						e.Filing.PublishedAt = e.Filing.PublishedAt.AddDate(0, 0, -r.IntN(400))
					}
					m[e.Filing.Index] = e
					batch = append(batch, e)
				}
				record(t, db, batch...)
				span = time.Duration(next*37) * time.Second
				var amended []monitor.Amendment
				for range r.IntN(20) {
					index := batch[r.IntN(len(batch))].Filing.Index
					if r.IntN(2) == 0 {
						index = 1000 + r.Int64N(next-1000)
					}
					if _, ok := m[index]; !ok {
						continue
					}
					e := random(r, index)
					m[index] = e
					amended = append(amended, monitor.Amendment{Filing: e.Filing, Found: e.Found})
				}
				must(t, db.Amend(amended))
				if step%17 == 3 {
					db = reopen(t, db, o)
				}
				for range 5 {
					q := randomQuery(r, span)
					if d := diff(m.find(q), pages(t, db, q)); d != "" {
						t.Fatalf("step %d: Find(%+v) (-want +got):\n%s", step, q, d)
					}
				}
			}
			if got := verify(t, db); got.Filings != len(m) || got.Segments < 1 {
				t.Errorf("Verify = %+v, want %d filings in segments", got, len(m))
			}
		})
	}
}

func TestFindWhileFilingsArrive(t *testing.T) {
	for _, oldest := range []bool{false, true} {
		r := rand.New(rand.NewPCG(7, 7))
		db := open(t, store.Options{})
		want := map[int64]bool{}
		for i := range int64(300) {
			record(t, db, random(r, 10_000+2*i))
			want[10_000+2*i] = true
		}
		seen := map[int64]int{}
		q := monitor.Query{Oldest: oldest, Limit: 7}
		for i := int64(0); ; i++ {
			p, err := db.Find(q)
			must(t, err)
			for _, x := range p.Records {
				seen[x.Filing.Index]++
			}
			if !p.More {
				break
			}
			q.After = p.Next
			if i < 200 {
				record(t, db, random(r, 10_001+2*i)) // between the others
			}
		}
		for index, n := range seen {
			if n > 1 {
				t.Errorf("oldest=%v: filing %d visited %d times", oldest, index, n)
			}
		}
		for index := range want {
			if seen[index] == 0 {
				t.Errorf("oldest=%v: filing %d not visited", oldest, index)
			}
		}
	}
}

func TestFindPartial(t *testing.T) {
	db := open(t, store.Options{Work: 1, Segment: 100})
	r := rand.New(rand.NewPCG(3, 3))
	next := int64(1)
	for range 3 {
		var batch []monitor.Entry
		for range 150 {
			batch = append(batch, random(r, next))
			next++
		}
		record(t, db, batch...)
	}
	p, err := db.Find(monitor.Query{Text: "ihale zzz"})
	must(t, err)
	if !p.More || p.Partial == "" || p.Next == (monitor.Position{}) {
		t.Errorf("Find over the bound on work = More %v, Partial %q, Next %v", p.More, p.Partial, p.Next)
	}
	if got := pages(t, db, monitor.Query{Text: "ihale zzz"}); len(got) != 0 {
		t.Errorf("pages = %v, want none", got)
	}
}

func TestFindLongWord(t *testing.T) {
	db := open(t, store.Options{})
	long := strings.Repeat("abc", 40)
	for i, s := range []string{long + "x", long + "y"} {
		e := entryOf(int64(i + 1))
		e.Filing.Summary = s
		record(t, db, e)
	}
	for q, want := range map[string][]int64{long: {2, 1}, long + "x": {1}, long + "z": nil} {
		if d := diff(want, pages(t, db, monitor.Query{Text: q})); d != "" {
			t.Errorf("Find(%q…) (-want +got):\n%s", q[:9], d)
		}
	}
}

func TestFindIsLean(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(1))
	p, err := db.Find(monitor.Query{})
	must(t, err)
	whole, _, err := db.Get(1)
	must(t, err)
	whole.Filing.Raw, whole.Found.Evidence, whole.Decisions = nil, nil, nil
	whole.Filing.Detail.Body, whole.Filing.Detail.BodyEN, whole.Filing.Detail.Rows = "", "", nil
	if d := diff([]monitor.Record{whole}, p.Records); d != "" {
		t.Errorf("Find (-want +got):\n%s", d)
	}
}

func TestEach(t *testing.T) {
	db := open(t, store.Options{})
	r := rand.New(rand.NewPCG(5, 5))
	m := model{}
	for i := range int64(1000) {
		e := random(r, i+1)
		m[i+1] = e
		record(t, db, e)
	}
	q := monitor.Query{Class: "DUY", Oldest: true, Limit: 3}
	var got []int64
	must(t, db.Each(t.Context(), q, func(x monitor.Record) error {
		got = append(got, x.Filing.Index)
		if d := diff(m[x.Filing.Index].Filing.Detail, x.Filing.Detail); d != "" {
			t.Errorf("detail (-want +got):\n%s", d)
		}
		return nil
	}))
	if d := diff(m.find(q), got); d != "" {
		t.Errorf("Each (-want +got):\n%s", d)
	}
	stop := errors.New("stop")
	if err := db.Each(t.Context(), q, func(monitor.Record) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Each = %v, want f's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Each(ctx, q, func(monitor.Record) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Each = %v, want canceled", err)
	}
}

func TestSince(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(30), entryOf(10))
	record(t, db, entryOf(20))
	var got []int64
	for seq := uint64(0); ; {
		list, err := db.Since(seq, 2)
		must(t, err)
		if len(list) == 0 {
			break
		}
		for _, x := range list {
			if x.Sequence != seq+1 {
				t.Errorf("sequence %d after %d", x.Sequence, seq)
			}
			seq = x.Sequence
			got = append(got, x.Filing.Index)
		}
	}
	if d := diff([]int64{10, 30, 20}, got); d != "" {
		t.Errorf("Since (-want +got):\n%s", d)
	}
}

// TestReadersBesideTheWriter is for the race detector; what readers see is whole at every moment.
func TestReadersBesideTheWriter(t *testing.T) {
	db := open(t, store.Options{Segment: 30})
	record(t, db, entryOf(1))
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for last := 0; ; {
				p, err := db.Find(monitor.Query{Text: "şymkent", Limit: 200})
				if err != nil || len(p.Records) < last {
					t.Errorf("Find = %d filings after %d, %v", len(p.Records), last, err)
					return
				}
				last = len(p.Records)
				_, err = db.Since(0, 10)
				if s := db.Stats(); err != nil || s.Filings+1 < int64(last) { // counters follow a commit at once, not with it
					t.Errorf("Stats = %+v after %d filings, %v", s, last, err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range int64(60) {
		e := entryOf(2 + i)
		e.Filing.Company = fmt.Sprintf("SYNTH %d A.Ş.", i)
		record(t, db, e)
		must(t, db.Amend([]monitor.Amendment{{Filing: filing(1 + i)}}))
	}
	close(done)
	readers.Wait()
}
