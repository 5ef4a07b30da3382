package kap_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"kapwatch/monitor"
	"kapwatch/monitor/kap"
)

func TestNew(t *testing.T) {
	for _, tt := range []struct {
		name, base string
		rate       float64
		ok         bool
	}{
		{"live", "https://www.kap.org.tr", 1, true},
		{"slash", "https://www.kap.org.tr/", 0, true},
		{"loopback name", "http://localhost:8080", 20, true},
		{"loopback v4", "http://127.0.0.1:8080", 20, true},
		{"loopback v6", "http://[::1]:8080", 20, true},
		{"http elsewhere", "http://www.kap.org.tr", 1, false},
		{"http on a name that begins like loopback", "http://127.0.0.1.kap.test", 1, false},
		{"no host", "https://", 1, false},
		{"other scheme", "ftp://www.kap.org.tr", 1, false},
		{"user", "https://a:b@www.kap.org.tr", 1, false},
		{"query", "https://www.kap.org.tr/?a=b", 1, false},
		{"empty", "", 1, false},
		{"negative rate", "https://www.kap.org.tr", -1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := kap.New(kap.Config{BaseURL: tt.base, RequestsPerSecond: tt.rate})
			if (err == nil) != tt.ok {
				t.Errorf("New(%q, %v) = %v, want ok %v", tt.base, tt.rate, err, tt.ok)
			}
			if err != nil && strings.Contains(err.Error(), "a:b") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

func TestMetricsSurviveASecondClient(t *testing.T) {
	r := prometheus.NewRegistry()
	for range 2 {
		c := client(t, serving("[]"), func(c *kap.Config) { c.Registerer = r })
		if _, err := c.Criteria().List(t.Context(), window()); err != nil {
			t.Fatal(err)
		}
	}
	families, err := r.Gather()
	if err != nil || len(families) != 1 {
		t.Fatal(families, err)
	}
	got := map[string]float64{}
	for _, m := range families[0].Metric {
		got[m.Label[0].GetValue()+" "+m.Label[1].GetValue()] = m.Counter.GetValue()
	}
	if diff := cmp.Diff(map[string]float64{"criteria ok": 2, "warmup refused": 2}, got); diff != "" {
		t.Error(diff)
	}
}

// outcome is how a read ended, in one line.
func outcome(err error) string {
	if err == nil {
		return "ok"
	}
	var refused *monitor.RefusedError
	var drift *monitor.DriftError
	switch {
	case errors.As(err, &refused):
		s := fmt.Sprintf("%s %d", refused.Word, refused.Status)
		if refused.Limited {
			s += fmt.Sprintf(" limited %v", refused.RetryAfter)
		} else if refused.RetryAfter > 0 {
			s += fmt.Sprintf(" %v", refused.RetryAfter)
		}
		return s
	case errors.As(err, &drift):
		if len(drift.Body) == 0 {
			return "drift without bytes"
		}
		return "drift: " + drift.What
	case errors.Is(err, monitor.ErrNotYet):
		return "not yet"
	}
	return err.Error()
}

// Every answer that KAP was seen to give, and some it may give, has exactly one outcome for each reader.
func TestOutcomes(t *testing.T) {
	const html = "<html><body>Access Denied</body></html>"
	const says = `"The requested URL was rejected"`
	for _, tt := range []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   string // of all three
		page   string // of the page, where it differs
		detail string // of the detail, where it differs
	}{
		{name: "429", status: 429, body: html, want: "limited 429 limited 0s"},
		{name: "429 seconds", status: 429, header: map[string]string{"Retry-After": "90"}, want: "limited 429 limited 1m30s"},
		{name: "429 date", status: 429, header: map[string]string{
			"Date": "Mon, 23 Nov 2026 09:00:00 GMT", "Retry-After": "Mon, 23 Nov 2026 09:02:00 GMT",
		}, want: "limited 429 limited 2m0s"},
		{name: "429 date without Date", status: 429, header: map[string]string{"Retry-After": "Mon, 23 Nov 2026 09:05:00 GMT"}, want: "limited 429 limited 5m0s"},
		{name: "429 date in the past", status: 429, header: map[string]string{"Retry-After": "Mon, 23 Nov 2020 09:00:00 GMT"}, want: "limited 429 limited 0s"},
		{name: "429 nonsense", status: 429, header: map[string]string{"Retry-After": "soon"}, want: "limited 429 limited 0s"},
		{name: "429 negative", status: 429, header: map[string]string{"Retry-After": "-5"}, want: "limited 429 limited 0s"},
		{name: "429 for ever", status: 429, header: map[string]string{"Retry-After": "99999999999999"}, want: "limited 429 limited 8760h0m0s"},
		{name: "666", status: 666, body: "<html>666</html>", want: "refused 666"},
		{name: "400", status: 400, body: `{"success":false}`, want: "refused 400"},
		{name: "403", status: 403, body: html, want: "refused 403"},
		{name: "404", status: 404, body: html, want: "refused 404", detail: "not yet"},
		{name: "405", status: 405, want: "refused 405"},
		{name: "500", status: 500, body: `{"error":"x"}`, want: "failing 500"},
		{name: "503 with Retry-After", status: 503, header: map[string]string{"Retry-After": "30"}, want: "failing 503 30s"},
		{name: "204", status: 204, want: "refused 204"},
		{name: "304", status: 304, want: "redirected 304"},
		{name: "200 HTML", status: 200, body: html, want: "html 200"},
		{name: "200 HTML after a BOM", status: 200, body: "\xef\xbb\xbf \n" + html, want: "html 200"},
		{name: "200 text", status: 200, body: says[1:], want: "refused 200"},
		{name: "200 nothing", status: 200, body: " ", want: "empty 200"},
		{name: "200 truncated", status: 200, body: `[{"disclosureIndex":1`, want: "truncated 200", page: "refused 200"},
		{name: "200 error object", status: 200, body: `{"success":false,"message":"Bad Request"}`, want: "refused 200"},
		{name: "200 moved object", status: 200, body: `{"status":"ok","content":[{"disclosureIndex":1}]}`, want: "drift: an object stands in place of the array", page: "refused 200"},
		{name: "200 null", status: 200, body: `null`, want: `drift: "null" stands in place of the array`, page: "refused 200"},
		{name: "200 garbage behind", status: 200, body: `[] x`, want: `drift: the array cannot be cut into rows: unexpected 'x' after the array, at byte 3`, page: "refused 200"},
		{name: "200 no commas", status: 200, body: `[{}{}]`, want: `drift: the array cannot be cut into rows: unexpected '{' after a row, at byte 3`, page: "refused 200"},
		{name: "200 empty array", status: 200, body: `[]`, want: "ok", page: "refused 200", detail: "not yet"},
		{name: "unknown encoding", status: 200, header: map[string]string{"Content-Encoding": "br"}, body: `[]`, want: "garbled 200"},
		{name: "not really gzip", status: 200, header: map[string]string{"Content-Encoding": "gzip"}, body: `[{"disclosureIndex":1}]`, want: "garbled 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &site{handler: func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/tr/bildirim-sorgu" {
					return
				}
				for k, v := range tt.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}}
			c := client(t, s)
			_, criteria := c.Criteria().List(t.Context(), window())
			_, page := c.Page().List(t.Context(), window())
			_, detail := c.Detail(t.Context(), 1700019)
			for _, x := range []struct {
				who  string
				err  error
				want string
			}{{"criteria", criteria, tt.want}, {"page", page, or(tt.page, tt.want)}, {"detail", detail, or(tt.detail, tt.want)}} {
				if got := outcome(x.err); got != x.want {
					t.Errorf("%s: %s, want %s (%v)", x.who, got, x.want, x.err)
				}
			}
		})
	}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// What happens below HTTP needs a real connection.
func TestConnections(t *testing.T) {
	bomb := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		block := bytes.Repeat([]byte(" "), 1<<20)
		for range 64 {
			if _, err := z.Write(block); err != nil {
				return
			}
		}
		_ = z.Close()
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the other host was asked") }))
	defer elsewhere.Close()
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"reset", func(w http.ResponseWriter, _ *http.Request) { hijack(t, w, "") }, "dropped 0"},
		{"reset in the body", func(w http.ResponseWriter, _ *http.Request) {
			hijack(t, w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{")
		}, "dropped 0"},
		{"no HTTP", func(w http.ResponseWriter, _ *http.Request) { hijack(t, w, "SSH-2.0-x\r\n\r\n") }, "unreachable 0"},
		{"bomb", bomb, "oversized 200"},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			block := bytes.Repeat([]byte("["), 1<<20)
			for {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, "oversized 200"},
		{"gzip", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, list(row(1)))
			_ = z.Close()
		}, "ok"},
		{"truncated gzip", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, list(row(1)))
			_ = z.Flush()
		}, "dropped 0"},
		{"other host", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/login", http.StatusFound)
		}, "redirected 302"},
		{"loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/a", http.StatusTemporaryRedirect) }, "redirected 307"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/tr/bildirim-sorgu" {
					tt.handler(w, r)
				}
			}))
			defer s.Close()
			c, err := kap.New(kap.Config{BaseURL: s.URL, RequestsPerSecond: 1e6})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Criteria().List(t.Context(), window())
			if got := outcome(err); got != tt.want {
				t.Errorf("%s, want %s (%v)", got, tt.want, err)
			}
		})
	}
	t.Run("connection refused", func(t *testing.T) {
		s := httptest.NewServer(http.NotFoundHandler())
		s.Close()
		c, err := kap.New(kap.Config{BaseURL: s.URL, RequestsPerSecond: 1e6})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Page().List(t.Context(), window())
		if got := outcome(err); got != "unreachable 0" {
			t.Errorf("%s (%v)", got, err)
		}
	})
	t.Run("same host", func(t *testing.T) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/moved" {
				_, _ = io.WriteString(w, list(row(7)))
				return
			}
			http.Redirect(w, r, "/moved", http.StatusTemporaryRedirect)
		}))
		defer s.Close()
		c, err := kap.New(kap.Config{BaseURL: s.URL, RequestsPerSecond: 1e6})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Criteria().List(t.Context(), window())
		if err != nil || len(got.Filings) != 1 {
			t.Error(got, err)
		}
	})
}

// A failure that repeats has one text, so that it is logged once: our own port, which is another one each time, is no
// part of it.
func TestResetHasOneText(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		err = conn.(*net.TCPConn).SetLinger(0) // closing sends a reset
		if err := errors.Join(err, conn.Close()); err != nil {
			t.Error(err)
		}
	}))
	defer s.Close()
	c, err := kap.New(kap.Config{BaseURL: s.URL, RequestsPerSecond: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	_, first := c.Page().List(t.Context(), window())
	_, again := c.Page().List(t.Context(), window())
	if outcome(first) != "dropped 0" || outcome(again) != "dropped 0" {
		t.Fatalf("%v, then %v, want dropped", first, again)
	}
	if first.Error() != again.Error() {
		t.Errorf("two texts:\n%v\n%v", first, again)
	}
}

func hijack(t *testing.T, w http.ResponseWriter, say string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	_, _ = io.WriteString(conn, say)
	_ = conn.Close()
}

func TestHangs(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	synctest.Test(t, func(t *testing.T) {
		c := client(t, &site{handler: hang})
		start := time.Now()
		_, err := c.Page().List(t.Context(), window())
		if got, took := outcome(err), time.Since(start); got != "hanging 0" || took != 30*time.Second {
			t.Errorf("%s after %v, want hanging after 30s", got, took)
		}
		start = time.Now()
		_, err = c.Detail(t.Context(), 1)
		if got, took := outcome(err), time.Since(start); got != "hanging 0" || took != 15*time.Second {
			t.Errorf("%s after %v, want hanging after 15s", got, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err = c.Detail(ctx, 1); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, monitor.ErrRefused) {
			t.Errorf("the caller's own deadline gives %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		// A body that drips is cut off by the total time, whoever reads it.
		c := client(t, nil, func(c *kap.Config) {
			c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				pr, pw := io.Pipe()
				go func() {
					for {
						if _, err := pw.Write([]byte(" ")); err != nil {
							return
						}
						select {
						case <-r.Context().Done():
						case <-time.After(time.Second):
						}
					}
				}()
				return &http.Response{StatusCode: 200, Body: pr, Header: http.Header{}, Request: r}, nil
			})
		})
		_, err := c.Page().List(t.Context(), window())
		if got := outcome(err); got != "hanging 0" {
			t.Errorf("%s, want hanging (%v)", got, err)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Everything together stays under one rate: readers, details, warm-ups and redirects.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serving("[]")
		c := client(t, s, func(c *kap.Config) { c.RequestsPerSecond = 2 })
		_, _ = c.Criteria().List(t.Context(), window())
		_, _ = c.Page().List(t.Context(), window())
		_, _ = c.Detail(t.Context(), 1)
		_, _ = c.Detail(t.Context(), 2)
		if len(s.times) != 5 {
			t.Fatalf("%d requests: %q", len(s.times), s.asked)
		}
		for i, at := range s.times[1:] {
			if d := at.Sub(s.times[i]); d < 499*time.Millisecond {
				t.Errorf("request %d came %v after the one before", i+2, d)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := c.Detail(ctx, 3); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a turn that comes too late gives %v", err)
		}
	})
}

func TestWarmUp(t *testing.T) {
	status := 200
	warm := http.StatusOK
	s := &site{}
	s.handler = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/tr/bildirim-sorgu" {
			http.SetCookie(w, &http.Cookie{Name: "KAP", Value: "synthetic"})
			w.WriteHeader(warm)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "[]")
	}
	c := client(t, s)
	read := func() []string {
		s.asked = nil
		_, _ = c.Criteria().List(t.Context(), window())
		return s.asked
	}
	const visit = "GET /tr/bildirim-sorgu"
	const ask = `POST /tr/api/disclosure/members/byCriteria {"fromDate":"2026-11-22","toDate":"2026-11-23","mkkMemberOidList":[],"subjectList":[]}`
	check := func(when string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, read()); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
	check("first", visit, ask)
	check("second", ask)
	last := s.heads[len(s.heads)-1]
	for k, want := range map[string]string{
		"User-Agent": "kapwatch/test", "Content-Type": "application/json", "Accept": "application/json",
		"Referer": "https://kap.test/tr/bildirim-sorgu", "Cookie": "KAP=synthetic",
	} {
		if got := last.Get(k); got != want {
			t.Errorf("%s: %q, want %q", k, got, want)
		}
	}
	status = 666
	check("the error itself", ask)
	status, warm = 200, 503
	check("after an error, a warm-up that fails stops nothing", visit, ask)
	status = 500
	read()
	warm = 429
	check("a warm-up that is limited ends it", visit)
	if _, err := c.Criteria().List(t.Context(), window()); outcome(err) != "limited 429 limited 0s" {
		t.Error(err)
	}
	warm = 200
	s.asked = nil
	_, _ = c.Page().List(t.Context(), window())
	_, _ = c.Detail(t.Context(), 5)
	if diff := cmp.Diff([]string{
		"GET /tr/bildirim-sorgu-sonuc?srcbar=Y&cmp=Y&cat=6&slf=ALL", visit, "GET /tr/api/notification/attachment-detail/5",
	}, s.asked); diff != "" {
		t.Errorf("the page needs no warm-up, the detail does: %s", diff)
	}
	if got := s.heads[len(s.heads)-1].Get("Referer"); got != "https://kap.test/tr/Bildirim/5" {
		t.Errorf("detail's referer %q", got)
	}
}
