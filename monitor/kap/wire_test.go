package kap_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap"
)

// site is a KAP in the test's own process: it needs no network and runs inside a synctest bubble.
type site struct {
	handler func(w http.ResponseWriter, r *http.Request)

	mu    sync.Mutex
	asked []string // method, path and body of each request
	times []time.Time
	heads []http.Header
}

func (s *site) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = " " + string(b)
	}
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI()+body)
	s.times = append(s.times, time.Now())
	s.heads = append(s.heads, r.Header.Clone())
	s.mu.Unlock()
	in := r.Clone(r.Context())
	in.Body = io.NopCloser(strings.NewReader(strings.TrimPrefix(body, " ")))
	w := httptest.NewRecorder()
	s.handler(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// client is a client of s that waits for nothing.
func client(t testing.TB, s *site, change ...func(*kap.Config)) *kap.Client {
	t.Helper()
	c := kap.Config{
		BaseURL: "https://kap.test", UserAgent: "kapwatch/test", RequestsPerSecond: 1e6, Transport: s,
		Now: func() time.Time { return day(23).Add(12 * time.Hour) },
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	for _, f := range change {
		f(&c)
	}
	k, err := kap.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func day(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, monitor.Istanbul) }

// window is 22 and 23 November 2026.
func window() monitor.Window { return monitor.Window{From: day(22), To: day(23)} }

// row is a synthetic row of the JSON list in KAP's own order of keys, changed by pairs of key and value; a value of
// nil is JSON null, a value of drop takes the key away.
func row(index int64, change ...any) string {
	keys := []string{
		"publishDate", "fundCode", "kapTitle", "isOldKap", "disclosureClass", "disclosureType", "disclosureCategory",
		"summary", "subject", "relatedStocks", "year", "ruleType", "period", "disclosureIndex", "isLate", "stockCodes",
		"hasMultiLanguageSupport", "attachmentCount", "modifyStatus",
	}
	values := map[string]any{
		"publishDate": "23.11.2026 10:46:06", "fundCode": nil, "kapTitle": "SYNTH SENTETİK SANAYİ A.Ş.", "isOldKap": false,
		"disclosureClass": "ODA", "disclosureType": "ODA", "disclosureCategory": "ODA", "summary": "Sentetik özet",
		"subject": "Özel Durum Açıklaması (Genel)", "relatedStocks": nil, "year": nil, "ruleType": "-", "period": nil,
		"disclosureIndex": index, "isLate": false, "stockCodes": "SYNTH", "hasMultiLanguageSupport": false,
		"attachmentCount": 0, "modifyStatus": nil,
	}
	for i := 0; i < len(change); i += 2 {
		k := change[i].(string)
		if _, ok := values[k]; !ok {
			keys = append(keys, k)
		}
		values[k] = change[i+1]
	}
	var b strings.Builder
	for _, k := range keys {
		if values[k] == drop {
			continue
		}
		v, err := json.Marshal(values[k])
		if err != nil {
			panic(err)
		}
		if b.Len() > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, "%q:%s", k, v)
	}
	return "{" + b.String() + "}"
}

type absent struct{}

var drop = absent{}

func list(rows ...string) string { return "[" + strings.Join(rows, ",") + "]" }

// serving answers the warm-up with 404, as KAP's front does for some callers, and everything else with body.
func serving(body string) *site {
	return &site{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/tr/bildirim-sorgu" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, body)
	}}
}
