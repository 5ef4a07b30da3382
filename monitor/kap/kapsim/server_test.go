package kapsim_test

import (
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"testing"

	"kapwatch/monitor/kap/kapsim"
)

func TestRequests(t *testing.T) {
	s, c := newServer(t, kapsim.Day(), kapsim.Options{})
	c.post(criteria, window, 200)
	c.get("/tr/bildirim-sorgu", 200)
	c.get("/en/Bildirim/1277777", 200)
	for _, path := range []string{"/", "/robots.txt", "/tr/api/disclosures", "/tr/Bildirim/", "/tr/api/disclosure/list/main", "/tr/Bildirim/1/2"} {
		c.get(path, 404)
	}
	if got := s.Requests(kapsim.Criteria); len(got) != 1 || got[0].Body != window || got[0].Header.Get("User-Agent") == "" || got[0].At.IsZero() {
		t.Errorf("criteria requests: %+v", got)
	}
	if n, other := len(s.Requests()), s.Count(kapsim.Other); n != 9 || other != 6 {
		t.Errorf("%d requests, %d to unknown paths, want 9 and 6", n, other)
	}
	for range 10_100 {
		c.get("/x", 404)
	}
	if n, other := len(s.Requests()), s.Count(kapsim.Other); n != 10_000 || other != 10_106 {
		t.Errorf("%d requests kept, %d counted, want 10000 and 10106", n, other)
	}
}

// TestStrict: without warm-up, Referer and an own User-Agent the connection drops; without Content-Type it is 666.
func TestStrict(t *testing.T) {
	_, c := newServer(t, kapsim.Day(), kapsim.Options{Strict: true})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.http.Jar = jar
	ask := func(header ...string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+host+criteria, strings.NewReader(window))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		resp, err := c.http.Do(r)
		if err != nil {
			return 0
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		return resp.StatusCode
	}
	full := []string{"Content-Type", "application/json", "User-Agent", "test/1", "Referer", "https://www.kap.org.tr/tr/bildirim-sorgu"}
	if got := ask(full...); got != 0 {
		t.Errorf("cold: %d, want a reset", got)
	}
	c.get("/tr/bildirim-sorgu", 200)
	for i, want := range []int{666, 0, 0} {
		part := append(append([]string{}, full[:2*i]...), full[2*i+2:]...)
		if got := ask(part...); got != want {
			t.Errorf("without %s: %d, want %d", full[2*i], got, want)
		}
	}
	if got := ask(full...); got != 200 {
		t.Errorf("warm: %d, want 200", got)
	}
}

// TestConcurrent is for the race detector.
func TestConcurrent(t *testing.T) {
	a := kapsim.Day()
	s, c := newServer(t, a, kapsim.Options{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 20 {
				f := a[(i*20+j)%len(a)]
				s.Edit(f.Index, func(f *kapsim.Filing) { f.Detail.Body += "x" })
				s.Remove(f.Index)
				s.Add(f)
				s.Script(kapsim.Trouble{On: kapsim.Light, Fault: kapsim.Status(500), Times: 1})
				s.Requests()
			}
		})
		wg.Go(func() {
			for range 10 {
				for _, p := range []string{page, light, detail + "1277777"} {
					if _, _, err := c.do("GET", p, ""); err != nil {
						t.Error(err)
					}
				}
				if _, _, err := c.do("POST", criteria, window); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s.Clear()
	if got := len(c.rows(criteria, window)); got != len(a) {
		t.Errorf("%d rows after all, want %d", got, len(a))
	}
}
