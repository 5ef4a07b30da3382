package status_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/status"
)

// wire is a listener inside a synctest bubble: connections are pipes, which have deadlines and no buffer.
type wire struct {
	conns chan net.Conn
	done  chan struct{}
}

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}

func (w *wire) Close() error   { close(w.done); return nil }
func (w *wire) Addr() net.Addr { return &net.UnixAddr{Name: "wire", Net: "unix"} }

func (w *wire) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	w.conns <- theirs
	return ours, nil
}

// bubble is a server with real time-outs in a synctest bubble.
type bubble struct {
	*world
	server *status.Server
	client *http.Client
	wire   *wire
	stop   func()
	ended  chan error
}

func inBubble(t *testing.T, f func(t *testing.T, b *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		b := &bubble{world: w, server: w.server(t), wire: &wire{make(chan net.Conn), make(chan struct{})}, ended: make(chan error, 1)}
		b.client = &http.Client{Transport: &http.Transport{DialContext: b.wire.dial, DisableKeepAlives: true}}
		ctx, stop := context.WithCancel(t.Context())
		b.stop = stop
		go func() { b.ended <- status.Serve(ctx, b.wire, b.server.Handler()) }()
		f(t, b)
		stop()
		begun := time.Now()
		if err := <-b.ended; err != nil {
			t.Errorf("Serve = %v", err)
		}
		if took := time.Since(begun); took > time.Second { // it waits five for answers that do not end
			t.Errorf("the server took %v to stop", took)
		}
	})
}

// event is one of a stream; Comment is what a comment says.
type event struct {
	ID, Comment string
	Filing      monitor.View
	After       time.Duration // since the stream was opened
}

// listener reads a stream as a browser does.
type listener struct {
	t      *testing.T
	begun  time.Time
	body   io.Closer
	events chan event
}

func (b *bubble) listen(t *testing.T, target string, headers ...string) *listener {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, res, http.StatusOK)
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type = %q", got)
	}
	l := &listener{t: t, begun: time.Now(), body: res.Body, events: make(chan event, 1000)}
	go func() {
		defer close(l.events)
		var e event
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ":")
			value = strings.TrimPrefix(value, " ")
			switch name {
			case "":
				if value != "" {
					e.Comment = value
				} else {
					e.After = time.Since(l.begun)
					l.events <- e
					e = event{}
				}
			case "id":
				e.ID = value
			case "data":
				if err := json.Unmarshal([]byte(value), &e.Filing); err != nil {
					t.Errorf("data %q: %v", value, err)
				}
			default:
				t.Errorf("line %q", lines.Text())
			}
		}
	}()
	return l
}

// filings gives those that came by now, as "id:index"; comments are left out.
func (l *listener) filings() string {
	synctest.Wait()
	var got []string
	for {
		select {
		case e, ok := <-l.events:
			if !ok {
				return strings.Join(append(got, "end"), " ")
			}
			if e.ID != "" {
				got = append(got, fmt.Sprintf("%s:%d", e.ID, e.Filing.Index))
			}
		default:
			return strings.Join(got, " ")
		}
	}
}

func (l *listener) want(want string) {
	l.t.Helper()
	if got := l.filings(); got != want {
		l.t.Errorf("events = %q, want %q", got, want)
	}
}

func TestEvents(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		fresh, resumed := b.listen(t, "/events"), b.listen(t, "/events", "Last-Event-ID", "1")
		fresh.want("")
		resumed.want("2:1277701 3:1277777")
		b.ledger.record(dividend(1277801, at("18:10:00")), dividend(1277802, at("18:09:00")))
		b.server.Recorded() // nothing has to be waited for
		fresh.want("4:1277801 5:1277802")
		resumed.want("4:1277801 5:1277802")
		b.ledger.record(dividend(1277803, at("18:11:00"))) // nobody tells
		time.Sleep(time.Second)
		fresh.want("6:1277803")
		b.listen(t, "/events", "Last-Event-ID", "0").want("1:1277700 2:1277701 3:1277777 4:1277801 5:1277802 6:1277803")
		// An id of a ledger that is no more: only what is new, rather than nothing until that id is reached.
		foreign := b.listen(t, "/events", "Last-Event-ID", "1000")
		b.ledger.record(dividend(1277804, at("18:12:00")))
		time.Sleep(time.Second)
		foreign.want("7:1277804")
	})
}

// An event is a filing as /filings has it.
func TestEventIsView(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		l := b.listen(t, "/events", "Last-Event-ID", "2")
		synctest.Wait()
		<-l.events // the comment that opens the stream
		if diff := cmp.Diff(monitor.NewView(aksen()), (<-l.events).Filing); diff != "" {
			t.Errorf("data (-want +got):\n%s", diff)
		}
	})
}

func TestEventsFilters(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		b.ledger.records[1].Filing.Class = "DUY"
		for query, want := range map[string]string{
			"ticker=aksen":                      "3:1277777",
			"ticker=SYNTB":                      "1:1277700 2:1277701",
			"category=mou":                      "3:1277777",
			"class=DKB":                         "2:1277701",
			"qualifier=non_binding":             "3:1277777",
			"q=kazakistan":                      "3:1277777",
			"q=sentetik&class=DG":               "1:1277700",
			"since=2024-04-26T18:05:33%2B03:00": "3:1277777",
			"until=2024-04-26T18:05:33%2B03:00": "1:1277700 2:1277701",
			"q=mutabakat&since=2024-04-27":      "",
			"ticker=SYNTH&category=mou":         "",
			"ticker=SYNTH&category=dividend&q=SANAY&class=dg&until=": "1:1277700",
		} {
			l := b.listen(t, "/events?"+query, "Last-Event-ID", "0")
			if got := l.filings(); got != want {
				t.Errorf("%s: events = %q, want %q", query, got, want)
			}
			l.body.Close()
		}
		synctest.Wait()
	})
}

// A stream outlives the time-outs of short answers, and says that it lives.
func TestEventsHeartbeat(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		l := b.listen(t, "/events")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		<-l.events
		var beats []time.Duration
		for len(l.events) > 0 {
			e := <-l.events
			if e.Comment != "heartbeat" {
				t.Errorf("event = %+v, want a heartbeat", e)
			}
			beats = append(beats, e.After)
		}
		if len(beats) < 7 || beats[0] != 15*time.Second {
			t.Errorf("heartbeats after %v, want one each 15 s", beats)
		}
		b.ledger.record(dividend(1277801, at("18:10:00")))
		b.server.Recorded()
		l.want("4:1277801")
	})
}

// A client that takes nothing is dropped, and misses nothing when it comes back.
func TestSlowClientIsDropped(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		conn, err := b.wire.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, res, http.StatusOK)
		var want []string
		for i := range 250 { // more than a batch, and than any buffer on the way
			b.ledger.record(dividend(1278000+int64(i), at("19:00:00")))
			want = append(want, fmt.Sprintf("%d:%d", 4+i, 1278000+i))
		}
		time.Sleep(12 * time.Second)
		if _, err := io.Copy(io.Discard, res.Body); err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("read = %v, want a broken stream", err)
		}
		b.listen(t, "/events", "Last-Event-ID", "3").want(strings.Join(want, " "))
	})
}

func TestTooManyStreams(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		var open []*listener
		for range 64 {
			open = append(open, b.listen(t, "/events"))
		}
		res, err := b.client.Get("http://localhost/events")
		if err != nil {
			t.Fatal(err)
		}
		if wantProblem(t, res, http.StatusServiceUnavailable); res.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		open[7].body.Close()
		synctest.Wait()
		b.listen(t, "/events").want("")
	})
}

// Streams end when the server stops, and no later.
func TestEventsEndAtShutdown(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		l := b.listen(t, "/events")
		begun := time.Now()
		b.stop()
		l.want("end")
		if took := time.Since(begun); took > time.Second {
			t.Errorf("the stream ended after %v", took)
		}
	})
}

// A ledger that cannot be read ends the stream; the client comes back by itself, and misses nothing.
func TestEventsLedgerFailure(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		l := b.listen(t, "/events")
		b.ledger.fail(errors.New("page 7 is torn"))
		time.Sleep(time.Second)
		l.want("end")
		res, err := b.client.Get("http://localhost/events")
		if err != nil {
			t.Fatal(err)
		}
		wantProblem(t, res, http.StatusInternalServerError)
	})
}

func TestEventsNonsense(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct{ query, header, parameter string }{
		{"", "abc", "Last-Event-ID"},
		{"", "-1", "Last-Event-ID"},
		{"", "+1", "Last-Event-ID"},
		{"", "99999999999999999999", "Last-Event-ID"},
		{"category=moü", "", "category"},
		{"limit=5", "", "limit"},
		{"order=asc", "", "order"},
		{"cursor=x", "", "cursor"},
		{"since=x", "", "since"},
	} {
		p := wantProblem(t, w.get(t, "/events?"+test.query, "Last-Event-ID", test.header), http.StatusBadRequest)
		if len(p.Errors) != 1 || p.Errors[0].Parameter != test.parameter {
			t.Errorf("%q with %q: errors = %+v, want one on %s", test.query, test.header, p.Errors, test.parameter)
		}
	}
	res := ask(w.public, http.MethodHead, "/events", nil)
	if wantStatus(t, res, http.StatusOK); res.Header.Get("Content-Type") != "text/event-stream" || text(t, res) != "" {
		t.Errorf("HEAD = %v", res.Header)
	}
}

// The newest sequence is found however many were pruned before it.
func TestEventsAfterPruning(t *testing.T) {
	for _, first := range []uint64{1, 2, 3, 60, 64, 65, 1000, 1 << 40} {
		inBubble(t, func(t *testing.T, b *bubble) {
			for i := range b.ledger.records {
				b.ledger.records[i].Sequence = first + uint64(i)
			}
			l := b.listen(t, "/events")
			b.ledger.record(dividend(1277801, at("18:10:00")))
			b.server.Recorded()
			l.want(fmt.Sprintf("%d:1277801", first+3))
		})
	}
	inBubble(t, func(t *testing.T, b *bubble) {
		b.ledger.records, b.ledger.stats.Filings = nil, 0
		l := b.listen(t, "/events")
		b.ledger.record(dividend(1277801, at("18:10:00")))
		b.server.Recorded()
		l.want("1:1277801")
	})
}
