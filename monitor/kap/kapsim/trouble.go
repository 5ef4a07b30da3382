package kapsim

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"
)

// Trouble makes an endpoint misbehave. The zero values mean always: every endpoint, every request, any time. Of
// several that fit, the one scripted first strikes.
type Trouble struct {
	On    Endpoint
	Fault Fault
	After int       // let so many requests pass first
	Times int       // then strike so many; 0 = until Clear
	From  time.Time // only from here on, by the site's clock
	Until time.Time // only before this, by the site's clock

	seen int
}

// strikes counts a request and reports whether t applies to it.
func (t *Trouble) strikes(e Endpoint, now time.Time) bool {
	if t.On != "" && t.On != e || now.Before(t.From) || !t.Until.IsZero() && !now.Before(t.Until) {
		return false
	}
	if t.Times > 0 && t.seen >= t.After+t.Times {
		return false
	}
	t.seen++
	return t.seen > t.After
}

// Script adds trouble to what is scripted already. A restart of the site is
// Trouble{Fault: Reset(0), From: …, Until: …}.
func (s *Server) Script(troubles ...Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range troubles {
		s.troubles = append(s.troubles, &t)
	}
}

// Clear ends all trouble.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.troubles = nil
}

// Fault is one way of misbehaving. The zero value does nothing. Make them with the functions below.
type Fault struct {
	name   string
	clock  func(time.Time) time.Time
	list   func([]*Filing) []*Filing // what is listed
	table  func([]*Filing) []*Filing // of it, what the page's table shows
	flight func([]*Filing) []*Filing // and what its flight data holds
	row    func(object) object       // a row of a list, of the flight data, or the disclosureBasic of a detail
	only   int64                     // the filing that row concerns, 0 = all
	body   func([]byte) []byte
	send   func(http.ResponseWriter, *http.Request, answer) // in place of sending the answer
}

// String names the fault, as Request.Fault does.
func (f Fault) String() string { return f.name }

// Only limits a fault of rows (DropKey, RenameKey, RetypeKey, NullKey, SetKey) to one filing: a poisoned row among
// good ones.
func Only(index int64, f Fault) Fault {
	f.name, f.only = fmt.Sprintf("%s of %d only", f.name, index), index
	return f
}

// ---- other answers ----

func instead(name string, a answer) Fault {
	return Fault{name: name, send: func(w http.ResponseWriter, _ *http.Request, _ answer) { send(w, a) }}
}

// Status answers with an error status and an HTML body: 400, 405, 500, 502, 503 or the filter's own 666.
func Status(code int) Fault { return instead(fmt.Sprint("status ", code), failure(code)) }

// Limited answers 429 with that Retry-After header; "" leaves it out, as the site mostly does.
func Limited(retryAfter string) Fault {
	a := failure(http.StatusTooManyRequests)
	if retryAfter != "" {
		a.header = map[string][]string{"Retry-After": {retryAfter}}
	}
	return instead("status 429", a)
}

// WAF answers 200 with the filter's refusal page.
func WAF() Fault {
	return instead("waf page", answer{
		status: http.StatusOK, kind: kindHTML,
		body: []byte("<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Synthetic support ID: 0</body></html>"),
	})
}

// Maintenance answers 200 with a page of the site that holds no list.
func Maintenance() Fault {
	return instead("maintenance page", answer{
		status: http.StatusOK, kind: kindHTML,
		body: []byte(pageHead("Bakım") + "<p>Sistemimizde bakım çalışması yapılmaktadır.</p>" + pageFoot),
	})
}

// Object answers 200 with a JSON object where an array is due.
func Object() Fault {
	return instead("object", answer{status: http.StatusOK, kind: kindJSON, body: []byte(refusal)})
}

// Redirect answers 302 to url.
func Redirect(url string) Fault {
	return instead("redirect", answer{status: http.StatusFound, kind: kindHTML, header: map[string][]string{"Location": {url}}})
}

// ---- broken transfers ----

// Truncate sends the first n bytes as if they were all: only the content shows that something is missing.
func Truncate(n int) Fault {
	return Fault{name: "truncated", body: func(b []byte) []byte { return b[:min(n, len(b))] }}
}

// Reset breaks the connection after n bytes of the body; 0 = before the status line.
func Reset(n int) Fault {
	return Fault{name: "reset", send: func(w http.ResponseWriter, _ *http.Request, a answer) {
		if n > 0 && a.status != dropped {
			writeHeader(w, a, len(a.body))
			write(w, a.body[:min(n, len(a.body))])
		}
		reset(w)
	}}
}

// reset breaks the connection hard, with a TCP reset where there is a connection.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // in process, or HTTP/2
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// Without this the client sees an orderly end; if it fails, it does.
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close() // nobody is left to tell
}

// Hang accepts the request and never answers: it ends with the request's context.
func Hang() Fault {
	return Fault{name: "hang", send: func(w http.ResponseWriter, r *http.Request, _ answer) {
		<-r.Context().Done()
		reset(w)
	}}
}

// Drip sends n bytes of the right answer, waits, sends n more, and so on.
func Drip(n int, every time.Duration) Fault {
	return Fault{name: "slow drip", send: func(w http.ResponseWriter, r *http.Request, a answer) {
		writeHeader(w, a, len(a.body))
		for piece := range slices.Chunk(a.body, n) {
			if !write(w, piece) || !wait(r.Context(), every) {
				return
			}
		}
	}}
}

// Endless begins the right answer and never ends it, as fast as the client reads.
func Endless() Fault {
	return Fault{name: "endless body", send: func(w http.ResponseWriter, _ *http.Request, a answer) {
		writeHeader(w, a, -1)
		for blank := bytes.Repeat([]byte(" "), 32<<10); write(w, blank); {
		}
	}}
}

// Bomb sends size bytes of blanks squeezed by gzip to about a thousandth.
func Bomb(size int64) Fault {
	return Fault{name: "gzip bomb", send: func(w http.ResponseWriter, _ *http.Request, a answer) {
		w.Header().Set("Content-Encoding", "gzip")
		writeHeader(w, a, -1)
		z := gzip.NewWriter(w)
		blank := bytes.Repeat([]byte(" "), 64<<10)
		for left := size; left > 0; left -= int64(len(blank)) {
			if _, err := z.Write(blank[:min(left, int64(len(blank)))]); err != nil {
				return // the client had enough
			}
		}
		_ = z.Close() // likewise
	}}
}

// write sends b at once and reports whether the client still listens.
func write(w http.ResponseWriter, b []byte) bool {
	if _, err := w.Write(b); err != nil {
		return false
	}
	return http.NewResponseController(w).Flush() == nil
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Windows1254 sends the right answer in the old Turkish code page while the header says UTF-8.
func Windows1254() Fault {
	return Fault{name: "wrong encoding", body: func(b []byte) []byte {
		old := map[rune]byte{'İ': 0xDD, 'ı': 0xFD, 'Ş': 0xDE, 'ş': 0xFE, 'Ğ': 0xD0, 'ğ': 0xF0}
		out := make([]byte, 0, len(b))
		for _, r := range string(b) {
			switch c, ok := old[r]; {
			case ok:
				out = append(out, c)
			case r < 0x100:
				out = append(out, byte(r))
			default:
				out = append(out, '?')
			}
		}
		return out
	}}
}
