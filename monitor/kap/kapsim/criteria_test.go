package kapsim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// TestCriteriaRow fixes the wire form of a row byte for byte: 19 keys in the site's order, its nulls, its names.
func TestCriteriaRow(t *testing.T) {
	_, c := newServer(t, read(t, `
# synthetic
{"index":1700001,"at":"2024-04-26 08:05:09","company":"SYNTH \"X\" A.Ş.","tickers":"SYNTH,SYNB","related":"AKSA","subject":"Değerleme Raporu ","summary":"a\nb","year":2024,"period":1,"rule":"3 Aylık","late":true,"english":true,"modify":"DUZELTILEN","files":["x.pdf"]}
{"index":1700000,"at":"2024-04-26 08:05:08","company":"KAP","kind":"DUY/DUY/","subject":"S"}`), kapsim.Options{})
	want := `[{"publishDate":"26.04.2024 08:05:09","fundCode":null,"kapTitle":"SYNTH \"X\" A.Ş.","isOldKap":false,` +
		`"disclosureClass":"ODA","disclosureType":"ODA","disclosureCategory":"ODA","summary":"a\nb","subject":"Değerleme Raporu ",` +
		`"relatedStocks":"AKSA","year":2024,"ruleType":"3 Aylık","period":1,"disclosureIndex":1700001,"isLate":true,` +
		`"stockCodes":"SYNTH, SYNB","hasMultiLanguageSupport":true,"attachmentCount":1,"modifyStatus":"DUZELTILEN"},` +
		`{"publishDate":"26.04.2024 08:05:08","fundCode":null,"kapTitle":"KAP","isOldKap":false,"disclosureClass":"DKB",` +
		`"disclosureType":"DUY","disclosureCategory":null,"summary":null,"subject":"S","relatedStocks":null,"year":null,` +
		`"ruleType":"-","period":null,"disclosureIndex":1700000,"isLate":false,"stockCodes":null,` +
		`"hasMultiLanguageSupport":false,"attachmentCount":0,"modifyStatus":null}]`
	if got := string(c.post(criteria, window, 200)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestCriteriaAgainstCapture compares keys, their order, and which JSON kinds each key takes, with real rows.
func TestCriteriaAgainstCapture(t *testing.T) {
	kinds := func(b []byte) (order []string, kinds map[string]map[string]bool) {
		kinds = map[string]map[string]bool{}
		var raw []json.RawMessage
		if err := json.Unmarshal(b, &raw); err != nil {
			t.Fatal(err)
		}
		for i, r := range raw {
			var keys []string
			for _, s := range shape(t, r) {
				key, kind, _ := strings.Cut(s, " ")
				keys = append(keys, key)
				if kinds[key] == nil {
					kinds[key] = map[string]bool{}
				}
				kinds[key][kind] = true
			}
			if i == 0 {
				order = keys
			} else if !slices.Equal(order, keys) {
				t.Fatalf("row %d has keys %v", i, keys)
			}
		}
		return order, kinds
	}
	_, c := newServer(t, kapsim.Day(), kapsim.Options{})
	order, ours := kinds(c.post(criteria, window, 200))
	real := map[string]map[string]bool{}
	for _, name := range []string{"kap/list/bycriteria_2026-09-12_14.json", "kap/list/bycriteria_2026-09-18_newest33.json"} {
		b := realFile(t, name)
		o, k := kinds(bytes.TrimSpace(b))
		if diff := cmp.Diff(o, order); diff != "" {
			t.Errorf("keys (-captured +ours):\n%s", diff)
		}
		for key, set := range k {
			for kind := range set {
				if real[key] == nil {
					real[key] = map[string]bool{}
				}
				real[key][kind] = true
			}
		}
	}
	if diff := cmp.Diff(real, ours); diff != "" {
		t.Errorf("JSON kinds (-captured +ours):\n%s", diff)
	}
}

func TestCriteriaBody(t *testing.T) {
	_, c := newServer(t, kapsim.Day(), kapsim.Options{})
	for _, tt := range []struct {
		name, body string
		status     int
	}{
		{"dates only", `{"fromDate":"2024-04-26","toDate":"2024-04-26"}`, 200},
		{"365 days", `{"fromDate":"2023-04-27","toDate":"2024-04-26"}`, 200},
		{"366 days", `{"fromDate":"2023-04-26","toDate":"2024-04-26"}`, 400},
		{"list/main's date form", `{"fromDate":"26.04.2024","toDate":"26.04.2024"}`, 500},
		{"no dates", `{}`, 500},
		{"list/main's key", `{"fromDate":"2024-04-26","toDate":"2024-04-26","memberTypes":["IGS"]}`, 400},
		{"no JSON", `x`, 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client{t, c.http}.post(criteria, tt.body, tt.status)
		})
	}
	c.get(criteria, 405)
	c.get(funds, 405)
	c.post(light, "", 405)
	c.post(page, "", 405)
}

// TestCriteriaWindow: days are Istanbul's, both included; what is not out yet, or late, is not listed.
func TestCriteriaWindow(t *testing.T) {
	now := time.Date(2024, 4, 26, 12, 0, 0, 0, monitor.Istanbul)
	s, c := newServer(t, read(t, `
{"index":1,"at":"2024-04-24 23:59:59","company":"a","subject":"s"}
{"index":2,"at":"2024-04-25 00:00:00","company":"a","subject":"s"}
{"index":3,"at":"2024-04-26 11:00:00","company":"a","subject":"s","visible":"2024-04-26 12:30:00"}
{"index":4,"at":"2024-04-26 12:00:00","company":"a","subject":"s"}
{"index":5,"at":"2024-04-26 12:00:01","company":"a","subject":"s"}
{"index":6,"at":"2024-04-26 10:00:00","company":"a","subject":"s","fund":"ABC"}`), kapsim.Options{Now: func() time.Time { return now }})
	expect := func(want ...int64) {
		t.Helper()
		if got := indexes(c.rows(criteria, window)); !slices.Equal(got, want) {
			t.Errorf("at %s: %v, want %v", now.Format(time.TimeOnly), got, want)
		}
	}
	expect(4, 2)
	now = now.Add(time.Hour)
	expect(5, 4, 3, 2)

	// The world changes while it runs.
	s.Edit(4, func(f *kapsim.Filing) { f.Summary = "edited" })
	if got := c.rows(criteria, window)[1]["summary"]; got != "edited" {
		t.Errorf("summary %v", got)
	}
	if !s.Edit(4, func(f *kapsim.Filing) { f.PublishedAt = f.PublishedAt.Add(-24 * time.Hour) }) || !s.Remove(2) {
		t.Error("an existing filing was not found")
	}
	if s.Remove(2) || s.Edit(2, func(*kapsim.Filing) {}) {
		t.Error("a removed filing was found")
	}
	s.Add(read(t, `{"index":7,"at":"2024-04-26 00:00:00","company":"a","subject":"s"}`)...)
	expect(5, 3, 7, 4)

	withType := strings.Replace(window, "{", `{"fundTypeList":["YF"],`, 1)
	if got := indexes(c.rows(funds, withType)); !slices.Equal(got, []int64{6}) {
		t.Errorf("funds: %v", got)
	}
	c.post(funds, window, 500)
}

// TestCriteriaCap: exactly 2000 rows, the newest, without a word; the filters part them, or are ignored.
func TestCriteriaCap(t *testing.T) {
	day := evening()
	a := kapsim.Generate(2300, 7, day)
	s, c := newServer(t, a, kapsim.Options{})
	rows := c.rows(criteria, window)
	if len(rows) != 2000 {
		t.Fatalf("%d rows, want 2000", len(rows))
	}
	if got, want := indexes(rows)[0], a[len(a)-1].Index; got != want {
		t.Errorf("newest row %d, want %d", got, want)
	}
	for _, part := range []struct {
		key    string
		values []string
	}{
		{"disclosureClass", []string{"FR", "ODA", "DUY", "DG"}},
		{"memberType", []string{"IGS", "YK", "PYS", "DCS", "BDK", "DDK", "DK", "KVH"}},
	} {
		var all []int64
		for _, v := range part.values {
			all = append(all, indexes(c.rows(criteria, strings.Replace(window, "{", fmt.Sprintf("{%q:%q,", part.key, v), 1)))...)
		}
		slices.Sort(all)
		if n := len(slices.Compact(all)); n != 2300 {
			t.Errorf("the parts by %s hold %d filings, want 2300", part.key, n)
		}
	}
	mine := `{"fromDate":"2024-04-26","toDate":"2024-04-26","mkkMemberOidList":["4028e4a241733d42014179341a147ddb"]}`
	s.Add(kapsim.Day()...)
	if got := indexes(c.rows(criteria, mine)); !slices.Contains(got, kapsim.MoU) || len(got) != 2 {
		t.Errorf("AKSEN's own: %v", got)
	}
	_, deaf := newServer(t, a, kapsim.Options{IgnoreFilters: true})
	if n := len(deaf.rows(criteria, strings.Replace(window, "{", `{"disclosureClass":"FR",`, 1))); n != 2000 {
		t.Errorf("ignored filter: %d rows, want 2000", n)
	}
}

func TestLight(t *testing.T) {
	_, c := newServer(t, kapsim.Day(), kapsim.Options{})
	rows := decode(t, c.get(light, 200))
	if len(rows) != 20 {
		t.Errorf("%d rows, want 20", len(rows))
	}
	want := []string{"disclosureIndex", "publishDate", "subject", "summary", "title"}
	for _, r := range rows {
		keys := make([]string, 0, len(r))
		for k := range r {
			keys = append(keys, k)
		}
		if slices.Sort(keys); !slices.Equal(keys, want) {
			t.Fatalf("keys %v, want %v", keys, want)
		}
	}
}

func TestReadArchiveFaults(t *testing.T) {
	for _, line := range []string{
		`{"index":0,"at":"2024-04-26 10:00:00"}`, `{"index":1,"at":"26.04.2024"}`, `{"index":1}`, `{"index":1,"unknown":2}`,
		`{"index":1,"at":"2024-04-26 10:00:00","kind":"ODA"}`, `[`,
	} {
		if _, err := kapsim.ReadArchive([]byte("\n" + line)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("ReadArchive(%s) = %v, want an error that names line 2", line, err)
		}
	}
}
