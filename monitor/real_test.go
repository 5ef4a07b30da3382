package monitor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap"
	"kapwatch/notify"
	"kapwatch/store"
)

// TestRealRowsAreRecordedOnce runs the line over answers as KAP gave them in September 2026, which are kept outside
// the project: every row is recorded once, with its codes, time and class.
func TestRealRowsAreRecordedOnce(t *testing.T) {
	dir := os.Getenv("KAPWATCH_REAL_DATA")
	if dir == "" {
		t.Skip("KAPWATCH_REAL_DATA names no folder of real answers")
	}
	for name, want := range map[string]int{"bycriteria_2026-09-12_14.json": 70, "bycriteria_2026-09-18_newest33.json": 33} {
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join(dir, "kap", "list", name))
			if err != nil {
				t.Fatal(err)
			}
			var rows []struct {
				Index   int64   `json:"disclosureIndex"`
				At      string  `json:"publishDate"`
				Codes   *string `json:"stockCodes"`
				Related *string `json:"relatedStocks"`
				Class   string  `json:"disclosureClass"`
				Title   string  `json:"kapTitle"`
			}
			if err := json.Unmarshal(body, &rows); err != nil || len(rows) != want {
				t.Fatalf("%d rows, %v", len(rows), err)
			}
			path := filepath.Join(t.TempDir(), "kapwatch.db")
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(begin))
				db := pollTwice(t, path, body)
				page, err := db.Find(monitor.Query{Limit: 200})
				if err != nil || len(page.Records) != want || db.Stats().Filings != int64(want) {
					t.Fatalf("%d filings recorded, %v", len(page.Records), err)
				}
				for _, row := range rows {
					r, ok, err := db.Get(row.Index)
					if err != nil || !ok {
						t.Fatalf("filing %d: %v, %v", row.Index, ok, err)
					}
					f := r.Filing
					class := strings.Replace(row.Class, "DKB", "DUY", 1)
					if at := f.PublishedAt.In(monitor.Istanbul).Format("02.01.2006 15:04:05"); at != row.At || f.Class != class || f.Company != strings.Join(strings.Fields(row.Title), " ") {
						t.Errorf("filing %d: %s %s %q, want %s %s %q", f.Index, at, f.Class, f.Company, row.At, class, row.Title)
					}
					if !slices.Equal(f.Tickers, codes(row.Codes)) || !slices.Equal(f.Related, codes(row.Related)) {
						t.Errorf("filing %d: codes %q and %q", f.Index, f.Tickers, f.Related)
					}
					if f.Test() != slices.Contains([]int64{1662141, 1662130, 1662129, 1662128}, f.Index) {
						t.Errorf("filing %d: KAP's own test %v", f.Index, f.Test())
					}
				}
				if page, err := db.Find(monitor.Query{Ticker: "AKSA"}); err != nil || len(page.Records) != 0 {
					t.Errorf("AKSA finds %d filings, %v", len(page.Records), err)
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func codes(list *string) []string {
	if list == nil {
		return nil
	}
	return monitor.Codes(*list)
}

// pollTwice runs the loop over a source that always gives body, for two polls and a bit.
func pollTwice(t *testing.T, path string, body []byte) *store.DB {
	db, err := store.Open(path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	answer := roundTrip(func(r *http.Request) *http.Response {
		resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, Body: http.NoBody}
		if r.Method == http.MethodPost {
			resp.Body = io.NopCloser(bytes.NewReader(body))
		}
		return resp
	})
	site, err := kap.New(kap.Config{BaseURL: "http://127.0.0.1", Transport: answer})
	if err != nil {
		t.Fatal(err)
	}
	n, err := notify.New(notify.Config{Terminal: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	m, err := monitor.New(monitor.Config{
		Schedule: schedule(t, "*/30 * * * * *"), Sources: []monitor.Source{site.Criteria()}, CatchUp: 72 * time.Hour,
		Routes: []monitor.Route{{Name: "all", To: monitor.Target{Terminal: true}}}, Notifier: n, Rules: rules(t),
	}, db, monitor.Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 70*time.Second)
	defer cancel()
	if err := m.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return db
}

type roundTrip func(*http.Request) *http.Response

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r), nil }
