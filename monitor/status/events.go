package status

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kapwatch/monitor"
)

// The bounds of the streams.
const (
	maxStreams  = 64               // open at a time, so that they leave most connections to others
	eventBatch  = 100              // filings written at once: all that is ever held for one client
	lookEvery   = time.Second      // what was recorded without Recorded being called is told after this
	heartbeat   = 15 * time.Second // proxies cut what is silent for a minute, and some for half of it
	patience    = 10 * time.Second // who takes nothing for so long is dropped, and may resume
	lastEventID = "Last-Event-ID"
)

// bell wakes everybody who waits. The zero value is ready.
type bell struct {
	mu   sync.Mutex
	rung chan struct{}
}

// next is closed by the next ring. Take it before looking, then nothing falls between looking and waiting.
func (b *bell) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung == nil {
		b.rung = make(chan struct{})
	}
	return b.rung
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rung != nil {
		close(b.rung)
		b.rung = nil
	}
}

// Recorded tells the streams to look into the ledger at once. It never blocks. Without it they look once a second.
func (s *Server) Recorded() { s.news.ring() }

// events streams filings as they are recorded. Every stream reads the ledger from where it stands, in the order of
// recording: nothing is queued for it, so a client that is slow, away or resuming costs no memory and misses
// nothing.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	p := readParams(r, selectors...)
	q, err := s.query(p)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	after, resumes := p.lastEvent(r.Header)
	if len(p.faults) > 0 {
		answer(w, r, badParameters(p.faults))
		return
	}
	newest, err := newestSequence(s.cfg.Ledger)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if !resumes || after > newest { // ids above the newest are of another ledger, such as one since replaced by its backup
		after = newest
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	if r.Method == http.MethodHead {
		return
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		h.Set("Retry-After", "30")
		answer(w, r, problem{
			Kind: "streams", Title: "Too many streams", Status: http.StatusServiceUnavailable,
			Detail: fmt.Sprintf("%d streams are open, and no more are served at a time", maxStreams),
		})
		return
	}
	s.follow(r, &follower{w: w, conn: http.NewResponseController(w), query: q, after: after})
}

// follower is one client of /events.
type follower struct {
	w     http.ResponseWriter
	conn  *http.ResponseController
	query monitor.Query
	after uint64 // told up to here
}

// follow tells c what it lacks, then what comes, until it goes away or the server stops.
func (s *Server) follow(r *http.Request, c *follower) {
	look, beat := time.NewTicker(lookEvery), time.NewTicker(heartbeat)
	defer look.Stop()
	defer beat.Stop()
	if !c.write([]byte(": kapwatch\n\n")) {
		return
	}
	for stopping := stopped(r.Context()); ; {
		news := s.news.next()
		for more := true; more; {
			var text []byte
			var err error
			if text, more, err = c.read(s.cfg.Ledger); err != nil {
				s.cfg.Log.Error("stream broken off", "err", err)
				return
			}
			if len(text) > 0 && !c.write(text) || r.Context().Err() != nil {
				return
			}
		}
		select {
		case <-r.Context().Done():
			return
		case <-stopping:
			return
		case <-news:
		case <-look.C:
		case <-beat.C:
			if !c.write([]byte(": heartbeat\n\n")) {
				return
			}
		}
	}
}

// read gives the next batch as events, and whether another may follow at once.
func (c *follower) read(l Ledger) (text []byte, more bool, err error) {
	records, err := l.Since(c.after, eventBatch)
	if err != nil {
		return nil, false, err
	}
	var b bytes.Buffer
	for _, rec := range records {
		fits, err := selects(l, c.query, rec)
		if err != nil {
			return nil, false, err
		}
		if fits {
			fmt.Fprintf(&b, "id: %d\ndata: ", rec.Sequence)
			v := monitor.NewView(rec)
			b.Write(v.AppendJSON(b.AvailableBuffer()))
			b.WriteString("\n\n")
		}
		c.after = rec.Sequence
	}
	return b.Bytes(), len(records) == eventBatch, nil
}

// write sends b now and reports whether the client took it.
func (c *follower) write(b []byte) bool {
	_ = c.conn.SetWriteDeadline(time.Now().Add(patience)) // in process there is none to move
	if _, err := c.w.Write(b); err != nil {
		return false
	}
	return c.conn.Flush() == nil
}

// lastEvent is where a client that was here before goes on.
func (p *params) lastEvent(h http.Header) (after uint64, ok bool) {
	v := h.Get(lastEventID)
	if v == "" {
		return 0, false
	}
	after, err := strconv.ParseUint(v, 10, 64)
	if err != nil || strings.HasPrefix(v, "+") {
		p.fault(lastEventID, "%s is not an id of this stream", quote(v))
	}
	return after, err == nil
}

// selects reports whether q, whose order and place do not count, takes rec. What words a text has is the ledger's to
// say, so that a stream and a list never differ; the rest needs no question.
func selects(l Ledger, q monitor.Query, rec monitor.Record) (bool, error) {
	f := &rec.Filing
	switch {
	case q.Ticker != "" && !slices.Contains(f.Codes(), q.Ticker),
		q.Category != "" && !slices.Contains(rec.Found.Categories, q.Category),
		q.Qualifier != "" && !slices.Contains(rec.Found.Qualifiers, q.Qualifier),
		q.Class != "" && monitor.CanonicalClass(f.Class) != q.Class,
		!q.Since.IsZero() && f.PublishedAt.Before(q.Since),
		!q.Until.IsZero() && !f.PublishedAt.Before(q.Until):
		return false, nil
	case q.Text == "":
		return true, nil
	}
	q.Since = f.PublishedAt.Truncate(time.Second)
	q.Until, q.Limit = q.Since.Add(time.Second), maxLimit
	for {
		page, err := l.Find(q)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(page.Records, func(r monitor.Record) bool { return r.Filing.Index == f.Index }) {
			return true, nil
		}
		if !page.More {
			return false, nil
		}
		q.After = page.Next
	}
}

// newestSequence is the highest sequence in l, 0 when it is empty. It is looked for by halving, beginning at the
// number of filings, which it is unless old ones were pruned.
func newestSequence(l Ledger) (uint64, error) {
	above := func(seq uint64) (bool, error) {
		found, err := l.Since(seq, 1)
		return len(found) > 0, err
	}
	low, high := uint64(0), uint64(max(l.Stats().Filings, 0))
	for {
		more, err := above(high)
		if err != nil {
			return 0, err
		}
		if !more {
			break
		}
		low, high = high+1, max(2*high, 64)
	}
	for low < high { // the newest is in low…high
		middle := low + (high-low)/2
		more, err := above(middle)
		if err != nil {
			return 0, err
		}
		if more {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}
