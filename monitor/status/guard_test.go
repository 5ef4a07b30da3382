package status_test

import (
	"net/http"
	"strings"
	"testing"

	"kapwatch/monitor"
	"kapwatch/monitor/status"
)

var paths = [...]string{
	"/", "/filings", "/filings/1277777", "/receipts/2024-04-26", "/status", "/metrics", "/livez", "/readyz", "/healthz", "/style.css",
	"/live.js", "/feed.atom", "/feed.json", "/openapi.json", "/nothing",
}

func TestReadOnly(t *testing.T) {
	h := newWorld(t).server(t).Handler()
	for _, path := range paths {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB"} {
			res := ask(h, method, path, strings.NewReader("{}"))
			wantProblem(t, res, http.StatusMethodNotAllowed)
			if got := res.Header.Get("Allow"); got != "GET, HEAD" {
				t.Errorf("%s %s: Allow = %q, want GET, HEAD", method, path, got)
			}
		}
	}
}

func TestHeadHasHeadersOnly(t *testing.T) {
	h := newWorld(t).server(t).Handler()
	for _, path := range paths {
		get, head := ask(h, http.MethodGet, path, nil), ask(h, http.MethodHead, path, nil)
		if head.StatusCode != get.StatusCode || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("HEAD %s = %s %q, GET = %s %q", path, head.Status, head.Header.Get("Content-Type"), get.Status, get.Header.Get("Content-Type"))
		}
		if path != "/metrics" && text(t, head) != "" { // net/http drops the body of that one
			t.Errorf("HEAD %s has a body", path)
		}
	}
}

func TestToken(t *testing.T) {
	w := newWorld(t)
	w.config.Token, w.config.Listen = "s3cret", "0.0.0.0:8420"
	h := w.server(t).Handler()
	for _, path := range paths {
		open := path == "/livez" || path == "/readyz" || path == "/healthz"
		for _, auth := range []string{"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crett", "Basic s3cret", "s3cret"} {
			res := ask(h, http.MethodGet, path, nil, "Authorization", auth)
			if open {
				wantStatus(t, res, http.StatusOK)
				continue
			}
			wantProblem(t, res, http.StatusUnauthorized)
			if got := res.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
				t.Errorf("%s: WWW-Authenticate = %q, want Bearer", path, got)
			}
		}
		for _, auth := range []string{"Bearer s3cret", "bearer s3cret"} {
			if res := ask(h, http.MethodGet, path, nil, "Authorization", auth); res.StatusCode == http.StatusUnauthorized {
				t.Errorf("%s with %q is refused", path, auth)
			}
		}
	}
}

func TestHost(t *testing.T) {
	hosts := map[string]bool{
		"localhost": true, "localhost:8420": true, "LOCALHOST": true, "localhost.": true, "kapwatch.localhost:1": true,
		"127.0.0.1": true, "127.0.0.1:8420": true, "127.9.9.9": true, "[::1]": true, "[::1]:8420": true, "[::ffff:127.0.0.1]:1": true,
		"": false, "example.com": false, "example.com:8420": false, "localhost.example.com": false, "notlocalhost": false,
		"10.0.0.1": false, "[::2]": false, "127.0.0.1.example.com": false, "0.0.0.0:8420": false,
	}
	for _, listen := range []string{"127.0.0.1:8420", "localhost:0", "[::1]:8420", ""} {
		w := newWorld(t)
		w.config.Listen = listen
		h := w.server(t).Handler()
		for host, ok := range hosts {
			for _, path := range []string{"/status", "/livez", "/"} {
				res := ask(h, http.MethodGet, path, nil, "Host", host)
				if ok {
					wantStatus(t, res, http.StatusOK)
				} else {
					wantProblem(t, res, http.StatusMisdirectedRequest)
				}
			}
		}
	}
	for _, listen := range []string{"unix:/run/kapwatch/status.sock", ":8420", "192.0.2.1:8420"} {
		w := newWorld(t)
		w.config.Listen, w.config.Token = listen, "s3cret"
		wantStatus(t, w.get(t, "/status", "Host", "example.com", "Authorization", "Bearer s3cret"), http.StatusOK)
	}
}

func TestPublicAddressNeedsToken(t *testing.T) {
	for _, listen := range []string{":8420", "0.0.0.0:8420", "192.0.2.1:8420", "example.com:80"} {
		w := newWorld(t)
		w.config.Listen = listen
		if _, err := status.New(w.config); err == nil || !strings.Contains(err.Error(), "status.token_file") {
			t.Errorf("New with %q = %v, want an error that asks for a token", listen, err)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	h := newWorld(t).server(t).Handler()
	for _, path := range paths {
		for _, method := range []string{"GET", "POST"} {
			header := ask(h, method, path, nil).Header
			if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: Content-Security-Policy = %q", path, csp)
			}
			if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "no-referrer" || header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: headers = %v", path, header)
			}
		}
	}
}

func TestUnknownPath(t *testing.T) {
	w := newWorld(t)
	if p := wantProblem(t, w.get(t, "/filing"), http.StatusNotFound); !strings.Contains(p.Detail, "the nearest is /filings") {
		t.Errorf("detail = %q, want the nearest path", p.Detail)
	}
}

func TestPanicIsAnswered(t *testing.T) {
	w := newWorld(t)
	w.config.Health = func() monitor.Health { panic("this code is wrong") }
	if p := wantProblem(t, w.get(t, "/status"), http.StatusInternalServerError); strings.Contains(p.Detail, "wrong") {
		t.Errorf("detail = %q tells what went wrong inside", p.Detail)
	}
}
