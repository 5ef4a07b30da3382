package status

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kapwatch/monitor"
)

// list is one page of filings with what it was asked by.
type list struct {
	params *params
	query  monitor.Query
	page   monitor.Page
	next   string // cursor, "" at the end
}

// find reads the parameters of r and, if they have no fault, asks the ledger.
func (s *Server) find(r *http.Request, more ...string) (list, error) {
	l := list{params: readParams(r, append(append(filters[:], "limit", "cursor"), more...)...)}
	var err error
	if l.query, err = s.query(l.params); err != nil {
		return l, err
	}
	l.query.Limit = l.params.limit()
	l.query.After = l.params.after(l.query)
	if len(l.params.faults) > 0 {
		return l, nil
	}
	if l.page, err = s.cfg.Ledger.Find(l.query); err != nil {
		return l, fmt.Errorf("find filings: %w", err)
	}
	if l.page.More {
		l.next = cursor(l.query, l.page.Next)
	}
	return l, nil
}

func (s *Server) filings(w http.ResponseWriter, r *http.Request) {
	var state uint64
	if s.cfg.Changes != nil {
		state = s.cfg.Changes() // before the ledger is read: what is read later is newer at most
		if x, ok := s.answers.get(r.URL.RawQuery, state); ok {
			x.send(w, r)
			return
		}
	}
	l, err := s.find(r)
	switch {
	case err != nil:
		s.fail(w, r, err)
		return
	case len(l.params.faults) > 0:
		answer(w, r, badParameters(l.params.faults))
		return
	}
	body := l.encode()
	x := answered{body: body, tag: tagOf(body)}
	if l.next != "" {
		x.link = "<" + withCursor("/filings", l.params.values, l.next) + `>; rel="next"`
	}
	if s.cfg.Changes != nil {
		s.answers.put(r.URL.RawQuery, state, x)
	}
	x.send(w, r)
}

// encode gives the answer of /filings.
func (l *list) encode() []byte {
	b := append(make([]byte, 0, 1<<10+len(l.page.Records)<<9), `{"filings":[`...)
	for i, rec := range l.page.Records {
		if i > 0 {
			b = append(b, ',')
		}
		v := monitor.NewView(rec)
		b = v.AppendJSON(b)
	}
	end, err := json.Marshal(struct {
		Next    string `json:"next"`              // the cursor of the next page, "" at the end
		Partial string `json:"partial,omitempty"` // why this is not all that there is, when the bound on work was reached
	}{l.next, l.page.Partial})
	if err != nil {
		panic(err) // two strings cannot fail
	}
	return append(append(append(b, "],"...), end[1:]...), '\n')
}

func withCursor(path string, values url.Values, cursor string) string {
	next := url.Values{}
	maps.Copy(next, values)
	next.Set("cursor", cursor)
	return path + "?" + next.Encode()
}

// filing answers /filings/{index}: JSON, or the page of the filing for a browser, which prefers HTML in Accept.
// format=json or format=html asks for one of them whatever Accept says.
func (s *Server) filing(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Accept")
	p := readParams(r, "lang", "format")
	language, format := p.language(), p.oneOf("format", []string{"json", "html"})
	index, ok := parseIndex(r.PathValue("index"))
	if !ok {
		p.fault("index", "%s is not the number of a filing", quote(r.PathValue("index")))
	}
	if len(p.faults) > 0 {
		answer(w, r, badParameters(p.faults))
		return
	}
	rec, found, err := s.cfg.Ledger.Get(index)
	switch {
	case err != nil:
		s.fail(w, r, fmt.Errorf("get filing %d: %w", index, err))
		return
	case !found:
		answer(w, r, notFound(fmt.Sprintf("filing %d is not recorded", index)))
		return
	}
	if format == "html" || format == "" && prefersHTML(r.Header.Values("Accept")) {
		body, err := s.filingPage(rec, language)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		sendTagged(w, r, "text/html; charset=utf-8", body)
		return
	}
	var body bytes.Buffer
	v, err := s.detail(rec)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	encode(&body, v)
	sendTagged(w, r, "application/json", body.Bytes())
}

// parseIndex reads a number in digits alone.
func parseIndex(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
