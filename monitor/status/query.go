package status

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"kapwatch/monitor"
	"kapwatch/monitor/turkish"
)

const (
	defaultLimit = 50
	maxLimit     = 200
	maxValue     = 200 // characters of any one parameter
)

// filters are the parameters that select filings; every list of filings takes them all.
var filters = [...]string{"ticker", "category", "class", "qualifier", "q", "since", "until", "order"}

// selectors are the filters that need no order: what a stream takes.
var selectors = filters[:len(filters)-1]

// classes are the values of class that are known beforehand. DKB is what the site's list writes for DUY.
var classes = [...]string{"FR", "ODA", "DG", "DUY", "FON", "DKB"}

// params are the parameters of one request, checked. Faults are collected, so that a client learns of all at once.
type params struct {
	values url.Values
	faults []fault
}

// readParams takes the parameters that are allowed and faults the others, naming the nearest. An empty value is the
// same as none: an HTML form sends its empty fields too.
func readParams(r *http.Request, allowed ...string) *params {
	p := &params{values: url.Values{}}
	all, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		p.fault("query", "cannot be read: %v", err)
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		given := all[name]
		switch {
		case !slices.Contains(allowed, name) && len(allowed) == 0:
			p.fault(trim(name), "is unknown; this path takes no parameters")
		case !slices.Contains(allowed, name):
			p.fault(trim(name), "is unknown; the nearest is %q", nearest(name, allowed))
		case len(given) > 1:
			p.fault(name, "is given %d times", len(given))
		case len([]rune(given[0])) > maxValue:
			p.fault(name, "is longer than %d characters", maxValue)
		case strings.TrimSpace(given[0]) != "":
			p.values.Set(name, strings.TrimSpace(given[0]))
		}
	}
	return p
}

func trim(name string) string {
	r := []rune(name)
	return string(r[:min(len(r), 60)])
}

func (p *params) fault(name, format string, args ...any) {
	p.faults = append(p.faults, fault{name, fmt.Sprintf(format, args...)})
}

// oneOf gives the value of name if it is one of known, "" with a fault if not.
func (p *params) oneOf(name string, known []string) string {
	v := p.values.Get(name)
	if v == "" || slices.Contains(known, v) {
		return v
	}
	p.fault(name, "%s is unknown; the nearest is %q", quote(v), nearest(v, known))
	return ""
}

// instant reads an RFC 3339 time or a date, which is the start of that day in Istanbul. Years that no filing can
// have are moved to the nearest one that every ledger can compare; the answer is the same.
func (p *params) instant(name string) time.Time {
	v := p.values.Get(name)
	if v == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(time.DateOnly, v, monitor.Istanbul)
	if err != nil {
		// A plus sign that was not escaped arrives as a blank, and every time of KAP's has one.
		t, err = time.Parse(time.RFC3339, strings.ReplaceAll(v, " ", "+"))
	}
	if err != nil {
		p.fault(name, "%s is neither a date such as 2024-04-26 nor an RFC 3339 time such as 2024-04-26T18:05:00+03:00", quote(v))
		return time.Time{}
	}
	first, last := time.Unix(0, 0), time.Date(2200, 1, 1, 0, 0, 0, 0, monitor.Istanbul)
	switch {
	case t.Before(first):
		t = first
	case t.After(last):
		t = last
	}
	return t.In(monitor.Istanbul)
}

func (p *params) limit() int {
	v := p.values.Get("limit")
	if v == "" {
		return defaultLimit
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > maxLimit {
		p.fault("limit", "%s is not a number from 1 to %d", quote(v), maxLimit)
		return defaultLimit
	}
	return n
}

// text is the search text; it must have something to search for.
func (p *params) text() string {
	v := p.values.Get("q")
	if v != "" && !strings.ContainsFunc(v, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
		p.fault("q", "%s has no word to search for", quote(v))
		return ""
	}
	return v
}

// query builds the ledger's question out of the filters of p. Limit and After are left to the caller.
func (s *Server) query(p *params) (monitor.Query, error) {
	q := monitor.Query{
		Ticker:    strings.ToUpper(turkish.Fold(p.values.Get("ticker"))), // codes are ASCII capitals: aksen, şişe
		Category:  p.oneOf("category", s.cfg.Rules().Categories()),
		Qualifier: p.oneOf("qualifier", s.cfg.Qualifiers),
		Text:      p.text(),
		Since:     p.instant("since"),
		Until:     p.instant("until"),
		Oldest:    p.oneOf("order", []string{"desc", "asc"}) == "asc",
	}
	var err error
	q.Class, err = s.class(p)
	return q, err
}

// class takes the classes that KAP is known to have in any case, and one never seen before only as it came and only
// if the ledger holds a filing of it: a new class of KAP's can be asked for, a slip of the finger is still named.
func (s *Server) class(p *params) (string, error) {
	v := p.values.Get("class")
	if v == "" {
		return "", nil
	}
	if upper := strings.ToUpper(v); slices.Contains(classes[:], upper) {
		return monitor.CanonicalClass(upper), nil
	}
	page, err := s.cfg.Ledger.Find(monitor.Query{Class: v, Limit: 1})
	if err != nil {
		return "", fmt.Errorf("look for class %q: %w", v, err)
	}
	if len(page.Records) > 0 {
		return v, nil
	}
	return p.oneOf("class", classes[:]), nil
}

// cursor is an opaque place in one list: the position and a hash that ties it to the filters and the order it was
// made for. It says nothing that the list does not, so it is not signed; the hash only tells honest mistakes.
func cursor(q monitor.Query, at monitor.Position) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(at.PublishedAt.UnixNano()))
	b = binary.BigEndian.AppendUint64(b, uint64(at.Index))
	b = binary.BigEndian.AppendUint32(b, listHash(q, at))
	return base64.RawURLEncoding.EncodeToString(b)
}

// after reads the cursor of p, which must belong to the list that q describes.
func (p *params) after(q monitor.Query) monitor.Position {
	v := p.values.Get("cursor")
	if v == "" {
		return monitor.Position{}
	}
	if b, err := base64.RawURLEncoding.Strict().DecodeString(v); err == nil && len(b) == 20 {
		at := monitor.Position{
			PublishedAt: time.Unix(0, int64(binary.BigEndian.Uint64(b))).In(monitor.Istanbul),
			Index:       int64(binary.BigEndian.Uint64(b[8:])),
		}
		if binary.BigEndian.Uint32(b[16:]) == listHash(q, at) {
			return at
		}
	}
	p.fault("cursor", "%s is not a cursor of this list: take it from \"next\" and keep the filters and the order", quote(v))
	return monitor.Position{}
}

func listHash(q monitor.Query, at monitor.Position) uint32 {
	h := fnv.New32a()
	fmt.Fprintf(h, "1|%q|%q|%q|%q|%q|%d|%d|%t|%d|%d", q.Ticker, q.Category, q.Class, q.Qualifier, q.Text,
		q.Since.Unix(), q.Until.Unix(), q.Oldest, at.PublishedAt.UnixNano(), at.Index)
	return h.Sum32()
}
