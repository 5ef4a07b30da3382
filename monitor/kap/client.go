package kap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"kapwatch/monitor"
)

// Limits on one answer, counted after decompression, and on the time for the whole of it.
const (
	listLimit   = 32 << 20
	detailLimit = 8 << 20
	usual       = 4 << 20 // where an answer is larger, room for the largest is made at once: growing step by step would take three times that

	listTimeout   = 30 * time.Second
	detailTimeout = 15 * time.Second
)

const maxRedirects = 3

// Config says where KAP is and how to behave there. BaseURL is needed; every other zero value has a default.
type Config struct {
	BaseURL           string                // https, or http for a loopback host
	UserAgent         string                // who we are; default "kapwatch"
	RequestsPerSecond float64               // ceiling for everything together, redirects included; default 1
	Funds             []string              // fund types whose filings are listed as well: YF, BYF, …
	ListTimeout       time.Duration         // for one answer of a list, whole; default 30 s
	DetailTimeout     time.Duration         // for one detail and for the warm-up; default 15 s
	Now               func() time.Time      // the time that is told: "Bugün", SeenAt, FetchedAt; default time.Now
	Log               *slog.Logger          // default: none
	Registerer        prometheus.Registerer // counts requests; default: none
	Transport         http.RoundTripper     // default: an own one, which does not dial private addresses
}

// Client is one visitor of KAP. It is safe for concurrent use.
type Client struct {
	base          string // no slash at the end
	agent         string
	funds         []string
	listTimeout   time.Duration
	detailTimeout time.Duration
	http          *http.Client
	limiter       *rate.Limiter
	now           func() time.Time
	log           *slog.Logger
	requests      *prometheus.CounterVec
	desks         desks

	warm atomic.Bool // a warm-up was made and nothing of the API failed since
}

// New checks c and builds the client. It does not speak to KAP.
func New(c Config) (*Client, error) {
	base, err := baseURL(c.BaseURL)
	if err != nil {
		return nil, err
	}
	if c.RequestsPerSecond < 0 || math.IsNaN(c.RequestsPerSecond) || math.IsInf(c.RequestsPerSecond, 0) {
		return nil, fmt.Errorf("requests per second %v: want a number above 0", c.RequestsPerSecond)
	}
	if c.RequestsPerSecond == 0 {
		c.RequestsPerSecond = 1
	}
	if c.UserAgent == "" {
		c.UserAgent = "kapwatch"
	}
	if c.ListTimeout <= 0 {
		c.ListTimeout = listTimeout
	}
	if c.DetailTimeout <= 0 {
		c.DetailTimeout = detailTimeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Transport == nil {
		c.Transport = newTransport(loopback(base.Hostname()))
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make cookie jar: %w", err)
	}
	requests, err := counter(c.Registerer)
	if err != nil {
		return nil, err
	}
	k := &Client{
		base:          strings.TrimSuffix(base.String(), "/"),
		agent:         c.UserAgent,
		funds:         c.Funds,
		listTimeout:   c.ListTimeout,
		detailTimeout: c.DetailTimeout,
		limiter:       rate.NewLimiter(rate.Limit(c.RequestsPerSecond), 1),
		now:           c.Now,
		log:           c.Log,
		requests:      requests,
	}
	k.http = &http.Client{Transport: c.Transport, Jar: jar, CheckRedirect: k.redirect}
	return k, nil
}

func baseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("parse base URL: %w", err)
	case u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("base URL %q: want https://host, without user, query or fragment", u.Redacted())
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	case u.Scheme == "http":
		return nil, fmt.Errorf("base URL %q: http is allowed for a loopback host only", s)
	}
	return nil, fmt.Errorf("base URL %q: want https", s)
}

// loopback reports whether host, as written, can only mean this machine.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// counter registers the count of requests, or takes the one that an earlier client registered.
func counter(r prometheus.Registerer) (*prometheus.CounterVec, error) {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kapwatch_source_requests_total",
		Help: "Requests to KAP by what was asked and how it ended.",
	}, []string{"kind", "outcome"})
	if r == nil {
		return v, nil
	}
	if err := r.Register(v); err != nil {
		known, ok := errors.AsType[prometheus.AlreadyRegisteredError](err)
		if !ok {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
		if v, ok = known.ExistingCollector.(*prometheus.CounterVec); !ok {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return v, nil
}

// redirectError is a redirect that is not followed.
type redirectError struct{ to *url.URL }

func (e redirectError) Error() string {
	return fmt.Sprintf("redirect to %q is not followed", e.to.Redacted())
}

// redirect follows at most three redirects, on the configured scheme and host only: a filter that sends us to a login
// or to an address inside our own network is a refusal. Each hop is a request and counts as one.
func (c *Client) redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
		return redirectError{r.URL}
	}
	return c.limiter.Wait(r.Context())
}

// request is one question to KAP.
type request struct {
	kind    string // what is asked, for metrics and logs
	path    string // below the base URL, with its query
	body    []byte // nil = GET, else POST of JSON
	accept  string
	referer string // path below the base URL
	limit   int64
	timeout time.Duration
	into    *bytes.Buffer // where the body is read to; nil = a new one
}

// fetch asks q and returns the whole body of a 200. Every other end is a *monitor.RefusedError or, when ctx ended,
// ctx's own error. The body is good until q.into is used again.
func (c *Client) fetch(ctx context.Context, q request) ([]byte, error) {
	start := time.Now()
	body, err := c.ask(ctx, q)
	outcome := "ok"
	if r, ok := errors.AsType[*monitor.RefusedError](err); ok {
		outcome = r.Word
	} else if err != nil {
		outcome = "cancelled"
	}
	c.requests.WithLabelValues(q.kind, outcome).Inc()
	c.log.Debug("source asked", "kind", q.kind, "dur", time.Since(start), "bytes", len(body), "err", err)
	return body, err
}

func (c *Client) ask(ctx context.Context, q request) ([]byte, error) {
	if err := c.limiter.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		// The limiter sees beforehand that the turn would come after the deadline.
		return nil, fmt.Errorf("wait for the rate ceiling: %w", context.DeadlineExceeded)
	}
	// The clock of the answer starts when the question is put, not while it waits for its turn.
	timed, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	r, err := c.newRequest(timed, q)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		status := 0
		if resp != nil {
			status = resp.StatusCode // a redirect that was not followed; its body is closed already
		}
		return nil, lost(ctx, status, err)
	}
	defer resp.Body.Close()
	// A transport that does not watch the context while the body is read is unblocked by the close.
	defer context.AfterFunc(timed, func() { _ = resp.Body.Close() })()
	if resp.StatusCode != http.StatusOK {
		// A short rest is read so that the connection can be used again; what it says is not trusted.
		_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
		return nil, c.refused(resp)
	}
	body, err := c.read(resp, q)
	switch {
	case err == nil:
		return body, nil
	case timed.Err() != nil && ctx.Err() == nil:
		return nil, &monitor.RefusedError{Word: "hanging", Err: timed.Err()}
	}
	return nil, lost(ctx, 0, err)
}

func (c *Client) newRequest(ctx context.Context, q request) (*http.Request, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if q.body != nil {
		method, body = http.MethodPost, bytes.NewReader(q.body)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+q.path, body)
	if err != nil {
		return nil, fmt.Errorf("make request for %q: %w", q.path, err)
	}
	r.Header.Set("User-Agent", c.agent)
	r.Header.Set("Accept", q.accept)
	r.Header.Set("Accept-Encoding", "gzip") // decoded by read, whatever the transport is
	if q.referer != "" {
		r.Header.Set("Referer", c.base+q.referer)
	}
	if q.body != nil {
		r.Header.Set("Content-Type", "application/json") // without it KAP answers 666 (seen May 2026)
	}
	return r, nil
}

// read returns the body, decompressed, if it is within the limit.
func (c *Client) read(resp *http.Response, q request) ([]byte, error) {
	into := q.into
	if into == nil {
		into = new(bytes.Buffer)
	}
	into.Reset()
	var r io.Reader = resp.Body
	switch e := strings.ToLower(resp.Header.Get("Content-Encoding")); e {
	case "", "identity":
		if n := resp.ContentLength; n > 0 && n <= q.limit {
			into.Grow(int(n) + bytes.MinRead) // so that it need not grow step by step
		}
	case "gzip", "x-gzip":
		z, err := c.desks.inflate(r)
		if err != nil {
			return nil, fmt.Errorf("decompress: %w", err)
		}
		defer c.desks.inflaters.Put(z)
		r = z
	default:
		return nil, &monitor.RefusedError{Status: resp.StatusCode, Word: "garbled", Err: fmt.Errorf("content encoding %q was not asked for", e)}
	}
	_, err := into.ReadFrom(io.LimitReader(r, min(usual, q.limit+1)))
	if err == nil && into.Len() == usual {
		into.Grow(int(q.limit) + bytes.MinRead)
		_, err = into.ReadFrom(io.LimitReader(r, q.limit+1-usual))
	}
	if int64(into.Len()) > q.limit {
		return nil, &monitor.RefusedError{Status: resp.StatusCode, Word: "oversized", Err: fmt.Errorf("more than %d bytes", q.limit)}
	}
	return into.Bytes(), err
}

// fetchAPI is fetch for the addresses that want a visitor with cookies: it visits the search page once before the first
// of them and once after each failure. Without that KAP has dropped connections, and after a drop only a new visit
// helped, not waiting (seen September 2026). What the page answers does not matter, except 429.
func (c *Client) fetchAPI(ctx context.Context, q request) ([]byte, error) {
	if !c.warm.Load() {
		_, err := c.fetch(ctx, request{
			kind: "warmup", path: searchPath, accept: "text/html", limit: detailLimit, timeout: c.detailTimeout,
		})
		if r, ok := errors.AsType[*monitor.RefusedError](err); ok && r.Status != 0 && !r.Limited {
			err = nil
		}
		if err != nil {
			return nil, fmt.Errorf("warm up: %w", err)
		}
		c.warm.Store(true)
	}
	body, err := c.fetch(ctx, q)
	if err != nil {
		c.warm.Store(false)
	}
	return body, err
}
