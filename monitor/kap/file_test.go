package kap_test

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// TestReread holds what is made of kept bytes against what the readers made of the same answers.
func TestReread(t *testing.T) {
	now := day(23).Add(12 * time.Hour)
	archive := kapsim.Archive{}
	for i := range int64(5) {
		archive = append(archive, kapsim.Filing{Filing: monitor.Filing{
			Index: 1700001 + i, PublishedAt: now.Add(-time.Duration(i) * 20 * time.Hour), Company: "SYNTH ENERJİ A.Ş.",
			Tickers: []string{"SYNTH"}, Class: "ODA", Type: "ODA", Group: "ODA", Subject: "Özel Durum Açıklaması (Genel)", Summary: "Sentetik",
			RuleType: "-",
		}})
	}
	sim := kapsim.New(archive, kapsim.Options{Now: func() time.Time { return now }})
	var last []byte // body of the newest answer
	c := client(t, &site{handler: func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		rec := httptest.NewRecorder()
		sim.ServeHTTP(rec, r)
		last = rec.Body.Bytes()
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		_, _ = w.Write(last)
	}})
	w := monitor.Window{From: day(22), To: day(23)}
	for _, source := range []monitor.Source{c.Criteria(), c.Page()} {
		want, err := source.List(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Reread(monitor.Specimen{Reader: source.Name(), Body: last, SeenAt: now}, w.From)
		if err != nil || len(got.Filings) == 0 {
			t.Fatalf("%s: %d filings, %v", source.Name(), len(got.Filings), err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(monitor.Listing{}, "Remember", "Listed")); diff != "" {
			t.Errorf("%s (-read +read again):\n%s", source.Name(), diff)
		}
		row, err := c.RereadRow(monitor.BadRow{Reader: source.Name(), Raw: got.Filings[0].Raw})
		if row.SeenAt = now; err != nil || cmp.Diff(got.Filings[0], row) != "" {
			t.Errorf("%s: row read again: %v\n%s", source.Name(), err, cmp.Diff(got.Filings[0], row))
		}
	}
	want, err := c.Detail(t.Context(), 1700002)
	if err != nil {
		t.Fatal(err)
	}
	index, got, err := c.RereadDetail(last)
	if got.FetchedAt = want.FetchedAt; err != nil || index != 1700002 || cmp.Diff(want, got) != "" {
		t.Errorf("detail of %d: %v\n%s", index, err, cmp.Diff(want, got))
	}
}

// What still has an unknown shape stays what it is.
func TestRereadRefuses(t *testing.T) {
	c := client(t, serving("[]"))
	for _, s := range []monitor.Specimen{
		{Reader: "criteria", Body: []byte(`[{"index":1}]`)},
		{Reader: "page", Body: []byte(strings.Repeat(" ", 10))},
		{Reader: "page", Body: []byte("<html><table></table></html>")},
		{Reader: "another", Body: []byte("[]")},
	} {
		if l, err := c.Reread(s, time.Time{}); err == nil {
			t.Errorf("%s %q was read: %+v", s.Reader, s.Body, l)
		}
	}
	for _, raw := range []string{``, `5`, `{"disclosureIndex":1}`} {
		for _, reader := range []string{"criteria", "page"} {
			if f, err := c.RereadRow(monitor.BadRow{Reader: reader, Raw: []byte(raw)}); err == nil {
				t.Errorf("row %q was read: %+v", raw, f)
			}
		}
	}
	for _, body := range []string{``, `[]`, `[{}]`, `[{"disclosure":{"disclosureBasic":{"disclosureIndex":5}}}]`} {
		if _, d, err := c.RereadDetail([]byte(body)); !errors.Is(err, monitor.ErrDrift) {
			t.Errorf("detail %q was read: %+v, %v", body, d, err)
		}
	}
}
