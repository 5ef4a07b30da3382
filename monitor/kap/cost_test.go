package kap_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kapwatch/monitor"
	"kapwatch/monitor/kap"
	"kapwatch/monitor/kap/kapsim"
)

const pageQuery, listQuery = "/tr/bildirim-sorgu-sonuc", `{"fromDate":"2026-11-22","toDate":"2026-11-23"}`

// heavy is a list of 2000 rows of two days: as the page and as JSON, newest first.
func heavy(t testing.TB) (page, list []byte) {
	t.Helper()
	return body(t, "page", heavyDays()), body(t, "criteria", heavyDays())
}

func heavyDays() kapsim.Archive {
	return append(kapsim.Generate(1000, 1, day(22)), kapsim.Generate(1000, 2, day(23))...)
}

// newer is the list of heavy with five filings on top, and five less (six for JSON) below.
func newer(t testing.TB, kind string) []byte {
	t.Helper()
	days := heavyDays()
	for i := range int64(5) {
		f := days[len(days)-1]
		f.Index += 1 + i
		days = append(days, f)
	}
	if b := body(t, kind, days); kind == "page" {
		return b
	} else {
		return belowCap(b)
	}
}

// body is the list as the site sends it.
func body(t testing.TB, kind string, a kapsim.Archive) []byte {
	t.Helper()
	now := day(24).Add(-time.Second)
	r, row := httptest.NewRequest(http.MethodGet, pageQuery, nil), "<tr id="
	if kind == "criteria" {
		r, row = httptest.NewRequest(http.MethodPost, "/tr/api/disclosure/members/byCriteria", strings.NewReader(listQuery)), `"disclosureIndex"`
	}
	w := httptest.NewRecorder()
	kapsim.New(a, kapsim.Options{Now: func() time.Time { return now }, PageRows: 2000}).ServeHTTP(w, r)
	if n := bytes.Count(w.Body.Bytes(), []byte(row)); n != 2000 {
		t.Fatalf("%d rows", n)
	}
	return w.Body.Bytes()
}

// reading is a reader of what body is at the time. The request goes through http.Client; nothing but the wire is left
// out.
func reading(t testing.TB, kind string, body *[]byte) (list func() monitor.Listing) {
	t.Helper()
	c, err := kap.New(kap.Config{
		BaseURL: "https://kap.test", RequestsPerSecond: 1e6, Now: func() time.Time { return day(24).Add(-time.Second) },
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: 200, Header: http.Header{}, Request: r,
				ContentLength: int64(len(*body)), Body: io.NopCloser(bytes.NewReader(*body)),
			}, nil
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	reader := monitor.Source(c.Criteria())
	if kind == "page" {
		reader = c.Page()
	}
	return func() monitor.Listing {
		got, err := reader.List(t.Context(), window())
		if err != nil || got.Listed < 1999 || len(got.Bad)+len(got.Problems) > 0 {
			t.Fatal(got.Listed, got.Problems, err)
		}
		return got
	}
}

// quiet is one poll that brings no news: a reader that has shown and remembered all rows of body reads it again.
func quiet(t testing.TB, kind string, body []byte) (poll func()) {
	t.Helper()
	list := reading(t, kind, &body)
	list().Remember()
	return func() {
		if got := list(); len(got.Filings) > 0 || got.Remember != nil {
			t.Fatalf("%d filings are shown again", len(got.Filings))
		}
	}
}

// belowCap is a list less its last row: with 2000 rows it would be asked for again in parts.
func belowCap(list []byte) []byte {
	return append(bytes.Clone(list[:bytes.LastIndex(list, []byte(`,{"publishDate"`))]), ']')
}

// naivePage is what a program does that knows goquery and no cost: a string selector for each cell of each row, then a
// look into the set of what was seen.
func naivePage(t testing.TB, body []byte) (poll func()) {
	seen := map[int64]bool{}
	read := func() (news int) {
		doc, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		doc.Find("tr[id^=notification]").Each(func(_ int, tr *goquery.Selection) {
			id, _ := tr.Find("input[type=checkbox]").Attr("id")
			index, err := strconv.ParseInt(id, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			var cells [12]string
			for i := range cells {
				cells[i] = strings.TrimSpace(tr.Find("td").Eq(i).Text())
			}
			if !seen[index] && cells[6] != "" {
				seen[index] = true
				news++
			}
		})
		return news
	}
	read()
	return func() {
		if read() > 0 {
			t.Fatal("news")
		}
	}
}

// naiveList decodes the list into structs of the nine keys that an alert needs, then looks into the set.
func naiveList(t testing.TB, body []byte) (poll func()) {
	seen := map[int64]bool{}
	read := func() (news int) {
		var rows []struct {
			PublishDate string `json:"publishDate"`
			KapTitle    string `json:"kapTitle"`
			Class       string `json:"disclosureClass"`
			Type        string `json:"disclosureType"`
			Summary     string `json:"summary"`
			Subject     string `json:"subject"`
			Related     string `json:"relatedStocks"`
			Index       int64  `json:"disclosureIndex"`
			Codes       string `json:"stockCodes"`
		}
		if err := json.Unmarshal(body, &rows); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if !seen[r.Index] {
				seen[r.Index] = true
				news++
			}
		}
		return news
	}
	read()
	return func() {
		if read() > 0 {
			t.Fatal("news")
		}
	}
}

func bench(b *testing.B, size int, poll func()) {
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		poll()
	}
}

// The baseline of each stands beside it. Ours is the whole poll, theirs begins with the body in memory.
func BenchmarkQuietPage(b *testing.B) {
	page, _ := heavy(b)
	b.Run("kapwatch", func(b *testing.B) { bench(b, len(page), quiet(b, "page", page)) })
	b.Run("goquery-naive", func(b *testing.B) { bench(b, len(page), naivePage(b, page)) })
}

func BenchmarkQuietList(b *testing.B) {
	_, list := heavy(b)
	list = belowCap(list)
	b.Run("kapwatch", func(b *testing.B) { bench(b, len(list), quiet(b, "criteria", list)) })
	b.Run("encoding-json", func(b *testing.B) { bench(b, len(list), naiveList(b, list)) })
}

// BenchmarkNews polls two lists in turn, of which one has five rows on top that the ledger never takes: the numbers of
// all other rows of the page change each time.
func BenchmarkNews(b *testing.B) {
	page, list := heavy(b)
	for _, kind := range []string{"page", "criteria"} {
		bodies := [2][]byte{page, newer(b, kind)}
		if kind == "criteria" {
			bodies[0] = belowCap(list)
		}
		b.Run(kind+"/kapwatch", func(b *testing.B) {
			body := bodies[0]
			list := reading(b, kind, &body)
			list().Remember()
			n := 0
			bench(b, len(body), func() {
				n++
				body = bodies[n%2]
				if got := list(); len(got.Filings) != 5*(n%2) {
					b.Fatal(len(got.Filings))
				}
			})
		})
	}
}

// Time cannot be asserted on a machine that others use; what is allocated can: the least of ten polls, for a collection
// may come between and free the buffers.
func TestQuietPollAllocates(t *testing.T) {
	page, list := heavy(t)
	list = belowCap(list)
	cost := func(poll func()) (bytes, allocs uint64) {
		bytes, allocs = math.MaxUint64, math.MaxUint64
		for range 10 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			poll()
			runtime.ReadMemStats(&after)
			bytes, allocs = min(bytes, after.TotalAlloc-before.TotalAlloc), min(allocs, after.Mallocs-before.Mallocs)
		}
		return bytes, allocs
	}
	naive, _ := cost(naivePage(t, page))
	for _, tt := range []struct {
		kind string
		body []byte
	}{{"page", page}, {"criteria", list}} {
		bytes, allocs := cost(quiet(t, tt.kind, tt.body))
		t.Logf("%s: %d bytes in %d allocations; naive goquery: %d bytes", tt.kind, bytes, allocs, naive)
		if bytes > 64<<10 || allocs > 200 || bytes*100 > naive {
			t.Errorf("a quiet poll of the %s allocates %d bytes in %d allocations", tt.kind, bytes, allocs)
		}
	}
}
