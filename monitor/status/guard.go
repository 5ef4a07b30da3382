package status

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
)

const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// harden sets the headers that every answer carries, and turns a panic into a 500 that is logged with its stack.
// The page has one stylesheet, one script and one icon of its own and nothing else, and its script asks nobody but
// this server, so the policy starts from 'none'.
func (s *Server) harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		defer func() {
			e := recover()
			if e == nil {
				return
			}
			if e == http.ErrAbortHandler { // the value by which net/http breaks a connection
				panic(e)
			}
			s.cfg.Log.Error("answer panicked", "url", r.URL.Path, "err", e, "stack", string(debug.Stack()))
			answer(w, r, problem{Kind: "internal", Title: "Internal error", Status: http.StatusInternalServerError})
		}()
		next.ServeHTTP(w, r)
	})
}

// readOnly refuses every method but GET and HEAD.
func (s *Server) readOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			refuseMethod(w, r, "GET, HEAD")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func refuseMethod(w http.ResponseWriter, r *http.Request, allow string) {
	w.Header().Set("Allow", allow)
	answer(w, r, problem{
		Kind: "method", Title: "Method not allowed", Status: http.StatusMethodNotAllowed,
		Detail: r.URL.Path + " takes " + allow + " only",
	})
}

// onlyLocalNames refuses a Host that is not a loopback name while the server listens on loopback: a web page that
// points its own name at 127.0.0.1 could otherwise read the answers in its visitor's browser.
func (s *Server) onlyLocalNames(next http.Handler) http.Handler {
	if s.cfg.Listen != "" && !loopbackTCP(s.cfg.Listen) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackName(r.Host) {
			answer(w, r, problem{
				Kind: "host", Title: "Misdirected request", Status: http.StatusMisdirectedRequest,
				Detail: "Host " + quote(r.Host) + " is not a name of this machine; ask for localhost",
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loopbackName reports whether host, with or without port, names this machine: localhost and names under it (RFC
// 6761), 127.0.0.0/8, ::1.
func loopbackName(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// authorized asks for the bearer token where there is one. Probes of health are answered without it: they tell
// nothing of the filings, and a load balancer has no secrets.
func (s *Server) authorized(next http.Handler) http.Handler {
	if s.cfg.Token == "" {
		return next
	}
	want := sha256.Sum256([]byte(s.cfg.Token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/livez", "/readyz", "/healthz":
			next.ServeHTTP(w, r)
			return
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(strings.TrimSpace(token))) // equal lengths, so that the time says nothing
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			challenge := `Bearer realm="kapwatch"`
			if scheme != "" {
				challenge += `, error="invalid_token"`
			}
			w.Header().Set("WWW-Authenticate", challenge)
			answer(w, r, problem{
				Kind: "token", Title: "Unauthorized", Status: http.StatusUnauthorized,
				Detail: "send Authorization: Bearer with the token of status.token_file",
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}
