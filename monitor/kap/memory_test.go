package kap_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap"
	"kapwatch/monitor/kap/kapsim"
)

// polls is a source that changes between polls, read twice each time: by a reader that remembers, and by a new one,
// which reads all of it. The ledger says what the first may leave out.
type polls struct {
	t      *testing.T
	dice   *rand.Rand
	kind   string // criteria or page
	server *kapsim.Server
	now    time.Time
	body   []byte // of the list, as both readers get it
	client *kap.Client
	reader monitor.Source
	next   int64

	ledger map[int64]monitor.Filing // shown, and then remembered
	listed map[int64]int            // the poll that last had it
	poll   int
	quiet  int  // polls that showed nothing
	steady bool // the poll before was calm, and what it showed is remembered
}

func newPolls(t *testing.T, kind string, seed uint64) *polls {
	p := &polls{
		t: t, dice: rand.New(rand.NewPCG(seed, 7)), kind: kind, now: day(23).Add(9 * time.Hour),
		ledger: map[int64]monitor.Filing{}, listed: map[int64]int{},
	}
	archive := append(kapsim.Generate(30, seed, day(22)), kapsim.Generate(40, seed, day(23))...)
	for i := range archive {
		if archive[i].PublishedAt.After(p.now) {
			archive[i].PublishedAt = p.now.Add(-time.Duration(i) * time.Minute)
		}
	}
	p.next = archive[len(archive)-1].Index + 100
	p.server = kapsim.New(archive, kapsim.Options{Now: func() time.Time { return p.now }, PageRows: 50})
	p.client = client(t, &site{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/tr/bildirim-sorgu" {
			_, _ = w.Write(p.body)
		}
	}}, func(c *kap.Config) { c.Now = func() time.Time { return p.now }; c.Log = nil })
	p.reader = p.fresh()
	return p
}

func (p *polls) fresh() monitor.Source {
	if p.kind == "page" {
		return p.client.Page()
	}
	return p.client.Criteria()
}

// ask gets the list from the site as a poll of yesterday and today gets it.
func (p *polls) ask() []byte {
	r := httptest.NewRequest(http.MethodGet, "/tr/bildirim-sorgu-sonuc?srcbar=Y&cmp=Y&cat=6&slf=ALL", nil)
	if p.kind == "criteria" {
		today := monitor.Midnight(p.now)
		r = httptest.NewRequest(http.MethodPost, "/tr/api/disclosure/members/byCriteria", strings.NewReader(fmt.Sprintf(
			`{"fromDate":%q,"toDate":%q}`, today.AddDate(0, 0, -1).Format(time.DateOnly), today.Format(time.DateOnly))))
	}
	w := httptest.NewRecorder()
	p.server.ServeHTTP(w, r)
	return w.Body.Bytes()
}

// change does to the source what may happen between two polls, and tells what; calm changes are those after which
// nothing that is as it was may be shown again.
func (p *polls) change() (what string, calm bool) {
	p.server.Clear()
	var indexes []int64
	for index, poll := range p.listed {
		if poll == p.poll {
			indexes = append(indexes, index)
		}
	}
	slices.Sort(indexes)
	some := int64(0)
	if len(indexes) > 0 {
		some = indexes[p.dice.IntN(len(indexes))]
	}
	fault := func(what string, f kapsim.Fault) (string, bool) {
		p.server.Script(kapsim.Trouble{Fault: f})
		return what, false
	}
	switch n := p.dice.IntN(100); {
	case n < 25:
		p.now = p.now.Add(time.Duration(p.dice.IntN(50)) * time.Second)
		return "nothing", true
	case n < 45:
		k := 1 + p.dice.IntN(4)
		for range k {
			p.next += 1 + int64(p.dice.IntN(3))
			f := kapsim.Generate(1, p.dice.Uint64(), day(23))[0]
			f.Index, f.PublishedAt = p.next, p.now
			f.Summary = []string{f.Summary, "", `"disclosureIndex":5 {süslü}`, `<script>x</script> & "tırnak" \`, "kuyruk </tr> 😀\n"}[p.dice.IntN(5)]
			p.server.Add(f)
		}
		return fmt.Sprint("news of ", k), true
	case n < 55:
		p.server.Edit(some, func(f *kapsim.Filing) {
			switch p.dice.IntN(4) {
			case 0:
				f.Summary += " (değişti)"
			case 1:
				f.Attachments++ // not in the table
			case 2:
				f.Company += " A.Ş."
			case 3:
				f.PublishedAt = f.PublishedAt.Add(-time.Second)
			}
		})
		return fmt.Sprint("edit of ", some), true
	case n < 60:
		p.server.Remove(some)
		return fmt.Sprint("removal of ", some), true
	case n < 65:
		return fault("reversed", kapsim.Disorder())
	case n < 69:
		p.now = monitor.Midnight(p.now).AddDate(0, 0, 1).Add(time.Duration(p.dice.IntN(600)) * time.Minute)
		return "another day", true
	case n < 73:
		key := []string{"disclosureIndex", "publishDate", "disclosureClass", "summary"}[p.dice.IntN(4)]
		return fault("poisoned "+key, kapsim.Only(some, []kapsim.Fault{
			kapsim.DropKey(key), kapsim.NullKey(key), kapsim.RetypeKey(key), kapsim.SetKey(key, ""),
		}[p.dice.IntN(4)]))
	case n < 76:
		return fault("retyped", kapsim.RetypeKey([]string{"attachmentCount", "relatedStocks", "disclosureIndex"}[p.dice.IntN(3)]))
	case n < 78:
		return fault("duplicates", kapsim.Duplicates())
	case n < 80:
		return fault("empty", kapsim.Empty())
	case n < 82:
		return fault("head", kapsim.Head("Kod", "Şirket"))
	case n < 84:
		return fault("short", []kapsim.Fault{kapsim.TableShort(1), kapsim.FlightShort(2)}[p.dice.IntN(2)])
	case n < 85:
		return fault("marks", []kapsim.Fault{kapsim.NoTable(), kapsim.NoFlight()}[p.dice.IntN(2)])
	case n < 86:
		return fault("another encoding", kapsim.Windows1254())
	case n < 88:
		return fault("cut off", kapsim.Truncate(p.dice.IntN(40_000)))
	}
	return "spoilt", false
}

// spoil changes the bytes of an answer here and there.
func (p *polls) spoil(body []byte) []byte {
	body = bytes.Clone(body)
	pieces := []string{
		`"`, `\`, `{`, `}`, `<`, "</tr>", "<!--", "</td>", ",", "]", "7", " ", "\xff", `<script>`, `</table>`, "<td>", "\x00",
		`<tr id="notification9">`, `\"disclosureBasic\":{`, `id="8"`, "-->", `"disclosureIndex":3`, "<table>", "Bugün", `\ud83d`, "\n",
	}
	for range 1 + p.dice.IntN(2) {
		at, cut := p.dice.IntN(len(body)), p.dice.IntN(3)
		piece := pieces[p.dice.IntN(len(pieces))]
		body = slices.Replace(body, at, min(at+cut, len(body)), []byte(piece)...)
	}
	return body
}

// step polls once and compares.
func (p *polls) step() {
	what, calm := p.change()
	p.body = p.ask()
	if what == "spoilt" {
		p.body = p.spoil(p.body)
	}
	p.poll++
	today := monitor.Midnight(p.now)
	w := monitor.Window{From: today.AddDate(0, 0, -1), To: today}
	want, wantErr := p.fresh().List(p.t.Context(), w)
	got, err := p.reader.List(p.t.Context(), w)
	fail := func(format string, args ...any) {
		p.t.Helper()
		p.t.Fatalf("poll %d, %s: %s", p.poll, what, fmt.Sprintf(format, args...))
	}
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		fail("%v, want %v", err, wantErr)
	}
	if err != nil {
		p.steady = false
		return
	}
	shown := map[int64]monitor.Filing{}
	for _, f := range got.Filings {
		shown[f.Index] = f
	}
	same := func(a, b monitor.Filing) bool { // cmp would take most of the time
		a.SeenAt = b.SeenAt
		return reflect.DeepEqual(a, b)
	}
	for _, f := range want.Filings {
		g, ok := shown[f.Index]
		delete(shown, f.Index)
		old, recorded := p.ledger[f.Index]
		known := recorded && same(old, f)
		lately := p.listed[f.Index] == p.poll-1
		p.listed[f.Index] = p.poll
		switch {
		case !ok && known:
		case !ok && recorded:
			fail("filing %d was edited and is left out: %s", f.Index, cmp.Diff(old, f))
		case !ok:
			fail("filing %d is not in the ledger and is left out", f.Index)
		case !same(f, g):
			fail("filing %d: %s", f.Index, cmp.Diff(f, g))
		case calm && known && lately && p.steady:
			fail("filing %d is shown again as it was", f.Index)
		}
	}
	for index := range shown {
		fail("filing %d is not listed", index)
	}
	if diff := cmp.Diff(want.Bad, got.Bad); diff != "" {
		fail("bad rows: %s", diff)
	}
	if diff := cmp.Diff(want.Problems, got.Problems); diff != "" {
		fail("problems: %s", diff)
	}
	if got.Listed != want.Listed {
		fail("%d rows listed, want %d", got.Listed, want.Listed)
	}
	if got.Remember == nil && len(got.Filings) == 0 {
		p.quiet++
	}
	p.steady = calm && got.Remember == nil
	if got.Remember != nil && p.dice.IntN(5) > 0 { // else the commit failed
		p.steady = calm
		got.Remember()
		for _, f := range got.Filings {
			p.ledger[f.Index] = f
		}
	}
}

// Whatever happens to the source between polls, a reader that leaves out what it knows misses nothing that a reader
// of everything reports: no filing, no edit, no bad row, no drift.
func TestLookBeforeParsing(t *testing.T) {
	for _, kind := range []string{"criteria", "page"} {
		t.Run(kind, func(t *testing.T) {
			for seed := range uint64(4) {
				p := newPolls(t, kind, seed)
				for range 150 {
					p.step()
				}
				if p.quiet < 15 {
					t.Errorf("seed %d: only %d polls were quiet", seed, p.quiet)
				}
			}
		})
	}
}

// Nothing is left out before Remember was called, and the cut at 2000 rows is seen though all of them are left out.
func TestRememberCutList(t *testing.T) {
	busy, class, _ := filed(23, 2500)
	s, asked := listing(func(q question) []string { return pick(busy, class, q.DisclosureClass) })
	r := client(t, s).Criteria()
	one := monitor.Window{From: day(23), To: day(23)}
	read := func() monitor.Listing {
		t.Helper()
		*asked = nil
		got, err := r.List(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		if len(*asked) != 5 || got.Listed != 2500 || len(got.Problems) != 0 {
			t.Errorf("%d questions, %d rows, %q", len(*asked), got.Listed, got.Problems)
		}
		return got
	}
	if got := read(); len(got.Filings) != 2500 {
		t.Errorf("%d filings", len(got.Filings))
	}
	got := read()
	if len(got.Filings) != 2500 {
		t.Errorf("%d filings, though nothing was remembered", len(got.Filings))
	}
	got.Remember()
	if got := read(); len(got.Filings) != 0 || got.Remember != nil {
		t.Errorf("%d filings are shown again", len(got.Filings))
	}
	busy[7] = row(23*10_000+2493, "summary", "değişti", "disclosureClass", "DKB")
	if got := read(); len(got.Filings) != 1 || got.Filings[0].Summary != "değişti" {
		t.Errorf("the edit: %+v", got.Filings)
	}
}

// Rows of the page from before the window are shown once the window reaches them.
func TestPageWindowGrows(t *testing.T) {
	old := pageRow{index: 10, flight: map[string]any{"publishDate": "20.11.2026 09:00:00"}, date: "20.11.2026 09:00"}
	r := client(t, serving(pageOf{rows: []pageRow{{index: 30}, old}}.String())).Page()
	for i, tt := range []struct{ from, want int }{{22, 1}, {22, 0}, {20, 1}, {20, 0}, {22, 0}} {
		got, err := r.List(t.Context(), monitor.Window{From: day(tt.from), To: day(23)})
		if err != nil || len(got.Filings) != tt.want || got.Listed != 2 {
			t.Errorf("reading %d: %d filings, %d listed, %v; want %d filings", i+1, len(got.Filings), got.Listed, err, tt.want)
		}
		if got.Remember != nil {
			got.Remember()
		}
	}
}

// The answers of one desk do not write over what a listing holds.
func TestListingOutlivesItsAnswer(t *testing.T) {
	body := pageOf{rows: three()}.String()
	s := serving("")
	s.handler = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
	r := client(t, s).Page()
	first, err := r.List(t.Context(), window())
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%+v", first.Filings)
	body = strings.Repeat("<html>x", len(body))
	_, _ = r.List(t.Context(), window())
	if got := fmt.Sprintf("%+v", first.Filings); got != want {
		t.Errorf("%s became %s", want, got)
	}
}

// A row that one list spoils is not bad when another one has it, though that row is left out.
func TestBadRowKnownElsewhere(t *testing.T) {
	s := &site{handler: func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/members/byCriteria"):
			_, _ = w.Write([]byte(list(row(9), row(8))))
		case strings.HasSuffix(r.URL.Path, "/funds/byCriteria"):
			_, _ = w.Write([]byte(list(row(7), row(9, "subject", nil))))
		}
	}}
	r := client(t, s, func(c *kap.Config) { c.Funds = []string{"YF"} }).Criteria()
	for i, filings := range []int{3, 0} {
		got, err := r.List(t.Context(), window())
		if err != nil || len(got.Filings) != filings || len(got.Bad) != 0 || got.Listed != 3 {
			t.Fatalf("reading %d: %+v, %v", i+1, got, err)
		}
		if got.Remember != nil {
			got.Remember()
		}
	}
}
