package kapsim_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// overBoth runs f against the server in process and over a real connection.
func overBoth(t *testing.T, f func(t *testing.T, s *kapsim.Server, h *http.Client, base string)) {
	t.Run("in process", func(t *testing.T) {
		s, c := newServer(t, kapsim.Day(), kapsim.Options{})
		f(t, s, c.http, "http://"+host)
	})
	t.Run("loopback", func(t *testing.T) {
		s := kapsim.New(kapsim.Day(), kapsim.Options{Now: evening})
		srv := httptest.NewServer(s)
		t.Cleanup(srv.Close)
		f(t, s, srv.Client(), srv.URL)
	})
}

// ask posts the list's body, or gets path when it is another.
func ask(t *testing.T, ctx context.Context, h *http.Client, base, path string) (*http.Response, []byte, error) {
	t.Helper()
	method, body := http.MethodGet, ""
	if path == criteria {
		method, body = http.MethodPost, window
	}
	r, err := http.NewRequestWithContext(ctx, method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := h.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 4<<20))
	return resp, b, err
}

// TestFaults: every fault can be seen by a client, in process and over a connection, and is gone after its time.
func TestFaults(t *testing.T) {
	status := func(code int) func(*testing.T, *http.Response, []byte, error) {
		return func(t *testing.T, r *http.Response, b []byte, err error) {
			if err != nil || r.StatusCode != code || !strings.HasPrefix(string(b), "<") {
				t.Errorf("%v, %v, %.60q; want status %d with HTML", r, err, b, code)
			}
		}
	}
	has := func(words ...string) func(*testing.T, *http.Response, []byte, error) {
		return func(t *testing.T, r *http.Response, b []byte, err error) {
			if err != nil || r.StatusCode != 200 {
				t.Fatalf("%v, %v", r, err)
			}
			for _, w := range words {
				if w, not := strings.CutPrefix(w, "!"); strings.Contains(string(b), w) == not {
					t.Errorf("%q: want %v in %.300s", w, !not, b)
				}
			}
		}
	}
	order := func(want func([]int64) bool) func(*testing.T, *http.Response, []byte, error) {
		return func(t *testing.T, _ *http.Response, b []byte, err error) {
			if err != nil {
				t.Fatal(err)
			}
			if got := indexes(decode(t, b)); !want(got) {
				t.Errorf("indexes %v", got)
			}
		}
	}
	const poisoned = 1277777
	for _, tt := range []struct {
		fault kapsim.Fault
		path  string
		check func(*testing.T, *http.Response, []byte, error)
	}{
		{kapsim.Status(400), criteria, status(400)},
		{kapsim.Status(405), criteria, status(405)},
		{kapsim.Status(500), criteria, status(500)},
		{kapsim.Status(502), page, status(502)},
		{kapsim.Status(503), page, status(503)},
		{kapsim.Status(666), criteria, status(666)},
		{kapsim.Limited(""), criteria, func(t *testing.T, r *http.Response, b []byte, err error) {
			status(429)(t, r, b, err)
			if r.Header.Get("Retry-After") != "" {
				t.Error("Retry-After is set")
			}
		}},
		{kapsim.Limited("120"), criteria, func(t *testing.T, r *http.Response, b []byte, err error) {
			status(429)(t, r, b, err)
			if r.Header.Get("Retry-After") != "120" {
				t.Error("Retry-After is not set")
			}
		}},
		{kapsim.WAF(), criteria, has("Request Rejected", "!disclosureIndex")},
		{kapsim.Maintenance(), page, has("bakım", "!<table")},
		{kapsim.Object(), criteria, has(`{"success":false`)},
		{kapsim.Truncate(1000), criteria, func(t *testing.T, _ *http.Response, b []byte, err error) {
			if err != nil || len(b) != 1000 {
				t.Errorf("%d bytes, %v; want 1000", len(b), err)
			}
		}},
		{kapsim.Reset(0), criteria, func(t *testing.T, r *http.Response, _ []byte, err error) {
			if r != nil || !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%v, %v; want a reset", r, err)
			}
		}},
		{kapsim.Reset(1000), criteria, func(t *testing.T, r *http.Response, b []byte, err error) {
			if r == nil || len(b) > 1000 || err == nil {
				t.Errorf("%d bytes, %v; want a reset within 1000", len(b), err)
			}
		}},
		{kapsim.Endless(), criteria, func(t *testing.T, _ *http.Response, b []byte, err error) {
			if err != nil || len(b) != 4<<20 {
				t.Errorf("%d bytes, %v; want as many as we read", len(b), err)
			}
		}},
		{kapsim.Bomb(3 << 20), criteria, func(t *testing.T, r *http.Response, b []byte, err error) {
			if err != nil || len(b) != 3<<20 || !r.Uncompressed {
				t.Errorf("%d bytes, %v; want 3 MiB uncompressed", len(b), err)
			}
		}},
		{kapsim.Drip(100_000, time.Microsecond), criteria, has(`"disclosureIndex":1277777`)},
		{kapsim.Redirect("http://elsewhere.invalid/"), criteria, func(t *testing.T, r *http.Response, _ []byte, err error) {
			if r.StatusCode != 302 || r.Header.Get("Location") != "http://elsewhere.invalid/" {
				t.Errorf("%v, %v; want a redirect", r, err)
			}
		}},
		{kapsim.Windows1254(), criteria, has("BORSA \xddSTANBUL", "!BORSA İSTANBUL")},
		{kapsim.RenameKey("publishDate", "publishedAt"), criteria, has(`"publishedAt":"`, "!publishDate")},
		{kapsim.DropKey("kapTitle"), criteria, has("!kapTitle")},
		{kapsim.NullKey("subject"), criteria, has(`"subject":null`, `!"subject":"`)},
		{kapsim.RetypeKey("disclosureIndex"), criteria, has(`"disclosureIndex":"1277777"`, `!"disclosureIndex":1`)},
		{kapsim.RetypeKey("subject"), criteria, has(`"subject":7`, `!"subject":"`)},
		{kapsim.ExtraKey("yeniAlan"), criteria, has(`"yeniAlan":"yeni"`)},
		{kapsim.Only(poisoned, kapsim.SetKey("publishDate", "dün")), criteria, func(t *testing.T, r *http.Response, b []byte, err error) {
			has(`"publishDate":"dün"`)(t, r, b, err)
			if n := strings.Count(string(b), `"dün"`); n != 1 {
				t.Errorf("%d rows poisoned, want 1", n)
			}
		}},
		{kapsim.Only(poisoned, kapsim.DropKey("title")), detail + "1277777", has("!\"title\":")},
		{kapsim.Only(poisoned, kapsim.DropKey("title")), detail + "1277200", has("\"title\":")},
		{kapsim.Empty(), criteria, order(func(l []int64) bool { return len(l) == 0 })},
		{kapsim.Empty(), page, has("<td colspan=\"12\">Bildirim bulunamadı.</td>")},
		{kapsim.Duplicates(), criteria, order(func(l []int64) bool { return len(l) == 560 && l[0] == l[1] })},
		{kapsim.Disorder(), criteria, order(slices.IsSorted[[]int64])},
		{
			kapsim.Frozen(time.Date(2024, 4, 26, 12, 0, 0, 0, monitor.Istanbul)), criteria,
			order(func(l []int64) bool { return len(l) > 40 && l[0] < poisoned }),
		},
		{kapsim.Head("Konu", "Başlık"), page, has("<th>Başlık</th>", "!<th>Konu</th>")},
		{kapsim.NoTable(), page, has("!<table", "!notification-checkbox", "self.__next_f.push")},
		{kapsim.NoFlight(), page, has("!self.__next_f.push", "<table")},
		{kapsim.TableShort(3), page, has("!id=\"notification278\"", "id=\"notification277\"", "277 bildirim")},
		{kapsim.FlightShort(3), page, has("280 bildirim")},
	} {
		t.Run(tt.fault.String(), func(t *testing.T) {
			overBoth(t, func(t *testing.T, s *kapsim.Server, h *http.Client, base string) {
				h = &http.Client{Transport: h.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
				s.Script(kapsim.Trouble{Fault: tt.fault, After: 1, Times: 1})
				_, before, err := ask(t, t.Context(), h, base, tt.path)
				if err != nil {
					t.Fatal(err)
				}
				r, b, err := ask(t, t.Context(), h, base, tt.path)
				tt.check(t, r, b, err)
				if got := s.Requests()[1].Fault; got != tt.fault.String() {
					t.Errorf("recorded as %q", got)
				}
				if _, after, err := ask(t, t.Context(), h, base, tt.path); err != nil || string(after) != string(before) {
					t.Errorf("still in trouble: %v, %.100s", err, after)
				}
			})
		})
	}
}

func TestFlightShort(t *testing.T) {
	s, c := newServer(t, kapsim.Day(), kapsim.Options{})
	s.Script(kapsim.Trouble{On: kapsim.Page, Fault: kapsim.FlightShort(3)})
	text := string(c.get(page, 200))
	if table, data := len(tableData(t, text)), len(flightData(t, text)); table != 280 || data != 277 {
		t.Errorf("%d rows and %d in flight data, want 280 and 277", table, data)
	}
}

// TestHang: a request without answer ends when the client gives up, in process and over a connection.
func TestHang(t *testing.T) {
	overBoth(t, func(t *testing.T, s *kapsim.Server, h *http.Client, base string) {
		s.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Hang()})
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, _, err := ask(t, ctx, h, base, criteria); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v, want the deadline", err)
		}
	})
}

// TestTroubleByClock: a restart of the site lasts from one time to another, and strikes everything.
func TestTroubleByClock(t *testing.T) {
	noon := time.Date(2024, 4, 26, 12, 0, 0, 0, monitor.Istanbul)
	now := noon
	s, c := newServer(t, kapsim.Day(), kapsim.Options{Now: func() time.Time { return now }})
	s.Script(
		kapsim.Trouble{Fault: kapsim.Reset(0), From: noon.Add(time.Minute), Until: noon.Add(2 * time.Minute)},
		kapsim.Trouble{On: kapsim.Light, Fault: kapsim.Status(503)},
	)
	for _, want := range []bool{true, false, true} {
		for _, path := range []string{page, detail + "1277200", "/tr/bildirim-sorgu"} {
			if _, _, err := c.do("GET", path, ""); (err == nil) != want {
				t.Errorf("%s at %s: %v", path, now.Format(time.TimeOnly), err)
			}
		}
		now = now.Add(time.Minute)
	}
	c.get(light, 503)
	s.Clear()
	c.get(light, 200)
}

// TestInBubble: time-outs, slow answers and abandoned bodies in a synctest bubble, which fails on a goroutine left
// behind.
func TestInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newServer(t, kapsim.Day(), kapsim.Options{})
		c.http.Timeout = 9500 * time.Millisecond // no tie with the last second of a drip
		s.Script(
			kapsim.Trouble{Fault: kapsim.Hang(), Times: 1},
			kapsim.Trouble{Fault: kapsim.Drip(1000, time.Second), Times: 1},
			kapsim.Trouble{Fault: kapsim.Drip(50_000, time.Second), Times: 1},
		)
		for i, want := range []time.Duration{9 * time.Second, 9 * time.Second, 3 * time.Second} {
			start := time.Now()
			_, _, err := c.do("POST", criteria, window)
			if got := time.Since(start).Truncate(time.Second); got != want || (err == nil) != (i == 2) {
				t.Errorf("request %d: %s, %v; want %s", i, got, err, want)
			}
		}
		s.Script(kapsim.Trouble{Fault: kapsim.Endless()})
		resp, err := c.http.Get("http://" + host + light)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil { // unread
			t.Error(err)
		}
	})
}

func TestTransportHost(t *testing.T) {
	s, c := newServer(t, nil, kapsim.Options{})
	for _, url := range []string{"http://other.test/tr", "http://" + host + ":81/tr"} {
		if resp, err := c.http.Get(url); err == nil || !strings.Contains(err.Error(), "no route to host") {
			t.Errorf("%s: %v, %v", url, resp, err)
		}
	}
	if len(s.Requests()) != 0 {
		t.Error("a request to another host arrived")
	}
}
