package kapsim

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Endpoint names one of the site's addresses.
type Endpoint string

// The endpoints. /en/ paths count like /tr/ ones.
const (
	Criteria Endpoint = "criteria" // POST /tr/api/disclosure/members/byCriteria
	Funds    Endpoint = "funds"    // POST /tr/api/disclosure/funds/byCriteria
	Light    Endpoint = "light"    // GET /tr/api/disclosure/list/light
	WarmUp   Endpoint = "warm-up"  // GET /tr, /tr/bildirim-sorgu: sets the cookies
	Page     Endpoint = "page"     // GET /tr/bildirim-sorgu-sonuc
	Detail   Endpoint = "detail"   // GET /tr/api/notification/attachment-detail/{index}
	Notice   Endpoint = "notice"   // GET /tr/Bildirim/{index}
	File     Endpoint = "file"     // GET /tr/api/file/download/{id}
	PDF      Endpoint = "pdf"      // GET /tr/api/BildirimPdf/{index}
	Other    Endpoint = "other"    // anything else: 404
)

// Options say how a Server behaves. The zero value is a well-behaved site on the wall clock.
type Options struct {
	Now           func() time.Time // the site's clock; nil = time.Now
	Log           *slog.Logger     // one Debug line a request; nil = none
	PageRows      int              // rows of the market-wide page, newest kept; 0 = 500
	IgnoreFilters bool             // disclosureClass, memberType and mkkMemberOidList are ignored in silence
	Strict        bool             // API requests without warm-up cookie, Referer or own User-Agent are reset, a POST without Content-Type gets 666
}

// Request is one request as it arrived.
type Request struct {
	At       time.Time // by time.Now, for rates: not the site's clock
	Endpoint Endpoint
	Method   string
	Path     string
	Query    string
	Header   http.Header
	Body     string
	Fault    string // name of the fault that was applied, "" for none
}

// Server plays an archive. It is an http.Handler and safe for concurrent use, as are all its methods.
type Server struct {
	opt   Options
	world world

	mu       sync.Mutex
	troubles []*Trouble
	requests []Request
	counts   map[Endpoint]int
}

// keepRequests bounds the memory of a server that runs for days.
const keepRequests = 10_000

// New returns a server that plays a.
func New(a Archive, o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.PageRows == 0 {
		o.PageRows = 500
	}
	s := &Server{opt: o, counts: map[Endpoint]int{}}
	s.world.byIndex = make(map[int64]*Filing, len(a))
	s.world.add(a)
	return s
}

// Requests returns the newest 10,000 requests, oldest first: those of the endpoints named, or all.
func (s *Server) Requests(of ...Endpoint) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Request
	for _, r := range s.requests {
		if len(of) == 0 || slices.Contains(of, r.Endpoint) {
			out = append(out, r)
		}
	}
	return out
}

// Count is how many requests e has had, troubled ones included.
func (s *Server) Count(e Endpoint) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[e]
}

// answer is a whole response, before a fault sends it otherwise.
type answer struct {
	status int
	kind   string // Content-Type
	header map[string][]string
	body   []byte
}

const (
	kindJSON = "application/json;charset=UTF-8"
	kindHTML = "text/html; charset=utf-8"
)

// ServeHTTP answers one request of the site.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the client left while it was asking
	}
	e, arg := route(r.URL.Path)
	now := s.opt.Now()
	fault := s.note(Request{
		At: time.Now(), Endpoint: e, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Header: r.Header.Clone(), Body: string(body),
	}, now)
	s.opt.Log.Debug("request answered", "url", r.URL.Path, "fault", fault.name)
	if fault.clock != nil {
		now = fault.clock(now)
	}
	c := call{s: s, r: r, arg: arg, body: body, now: now, fault: fault}
	a := c.answer(e)
	if fault.body != nil {
		a.body = fault.body(a.body)
	}
	if fault.send != nil {
		fault.send(w, r, a)
		return
	}
	send(w, a)
}

// note records a request and returns the fault that strikes it.
func (s *Server) note(r Request, now time.Time) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var f Fault
	for _, t := range s.troubles {
		if t.strikes(r.Endpoint, now) {
			f = t.Fault
			break
		}
	}
	r.Fault = f.name
	if len(s.requests) == keepRequests {
		s.requests = append(s.requests[:0], s.requests[1:]...)
	}
	s.requests = append(s.requests, r)
	s.counts[r.Endpoint]++
	return f
}

// call is one request on its way to an answer.
type call struct {
	s     *Server
	r     *http.Request
	arg   string // last element of the path
	body  []byte
	now   time.Time
	fault Fault
}

func (c *call) answer(e Endpoint) answer {
	post := e == Criteria || e == Funds
	if e != Other && (c.r.Method == http.MethodPost) != post || c.r.Method != http.MethodPost && c.r.Method != http.MethodGet {
		return failure(http.StatusMethodNotAllowed)
	}
	if a, refused := c.refuse(e); refused {
		return a
	}
	switch e {
	case Criteria:
		return c.criteria(false)
	case Funds:
		return c.criteria(true)
	case Light:
		return c.light()
	case WarmUp:
		return warmUp()
	case Page:
		return c.page()
	case Detail:
		return c.detail()
	case Notice:
		return c.notice()
	case File:
		return c.file()
	case PDF:
		return c.pdf()
	}
	return failure(http.StatusNotFound)
}

// refuse is what the filter before the site does in strict mode (S2: no warm-up, Referer or User-Agent and the
// connection is dropped, September 2026; a missing Content-Type gives 666).
func (c *call) refuse(e Endpoint) (answer, bool) {
	if !c.s.opt.Strict || e == WarmUp || e == Other {
		return answer{}, false
	}
	if c.r.Method == http.MethodPost && !strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/json") {
		return failure(666), true
	}
	agent := c.r.UserAgent()
	_, err := c.r.Cookie("KAP")
	if err != nil || agent == "" || strings.HasPrefix(agent, "Go-http-client") || !strings.Contains(c.r.Referer(), "/tr") {
		return answer{status: dropped}, true
	}
	return answer{}, false
}

// dropped is the status of an answer that never comes: the connection is reset instead.
const dropped = -1

// failure is an answer with an error status and the body that a filter or a servlet writes. No real body of 429 or
// 666 is known; this one is made up, HTML as the pages that were seen.
func failure(status int) answer {
	n := strconv.Itoa(status)
	return answer{status: status, kind: kindHTML, body: []byte("<!DOCTYPE html><html><head><title>" + n +
		"</title></head><body><h1>" + n + "</h1><p>" + http.StatusText(status) + "</p></body></html>")}
}

func send(w http.ResponseWriter, a answer) {
	if a.status == dropped {
		reset(w)
		return
	}
	writeHeader(w, a, len(a.body))
	// The client may have gone: there is nobody to tell.
	_, _ = w.Write(a.body)
}

// writeHeader sends status and headers; length < 0 leaves the length open.
func writeHeader(w http.ResponseWriter, a answer, length int) {
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Type", a.kind)
	if length >= 0 {
		w.Header().Set("Content-Length", strconv.Itoa(length))
	}
	w.WriteHeader(a.status)
}

// route finds the endpoint of a path, and its last element where the path carries a number or id.
func route(path string) (Endpoint, string) {
	p, ok := strings.CutPrefix(path, "/tr")
	if !ok {
		p, ok = strings.CutPrefix(path, "/en")
	}
	if !ok {
		return Other, ""
	}
	switch p {
	case "/api/disclosure/members/byCriteria":
		return Criteria, ""
	case "/api/disclosure/funds/byCriteria":
		return Funds, ""
	case "/api/disclosure/list/light":
		return Light, ""
	case "", "/", "/bildirim-sorgu":
		return WarmUp, ""
	case "/bildirim-sorgu-sonuc":
		return Page, ""
	}
	for _, x := range [...]struct {
		prefix string
		e      Endpoint
	}{
		{"/api/notification/attachment-detail/", Detail},
		{"/Bildirim/", Notice},
		{"/api/file/download/", File},
		{"/api/BildirimPdf/", PDF},
	} {
		if arg, ok := strings.CutPrefix(p, x.prefix); ok && arg != "" && !strings.Contains(arg, "/") {
			return x.e, arg
		}
	}
	return Other, ""
}
