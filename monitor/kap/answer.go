package kap

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kapwatch/monitor"
)

// lost names the end of a request whose answer did not arrive whole. An end that the caller brought about is the
// caller's own error.
func lost(ctx context.Context, status int, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if r, ok := errors.AsType[*monitor.RefusedError](err); ok {
		return r
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // the address is known; the cause is not
	}
	if o, ok := errors.AsType[*net.OpError](err); ok && o.Source != nil {
		told := *o
		told.Source = nil // our own port is another one each time, and a failure is logged when its text changes
		err = &told
	}
	out := &monitor.RefusedError{Status: status, Word: "unreachable", Err: err}
	timeout, isNet := errors.AsType[net.Error](err)
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	_, redirected := errors.AsType[redirectError](err)
	is := func(targets ...error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
	switch {
	case redirected:
		out.Word = "redirected"
	case is(context.DeadlineExceeded), isNet && timeout.Timeout():
		out.Word = "hanging"
	case corrupt, is(gzip.ErrHeader, gzip.ErrChecksum):
		out.Word = "garbled"
	case is(io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed, http.ErrBodyReadAfterClose):
		out.Word = "dropped"
	}
	return out
}

// refused is the error of an answer that is not a 200.
func (c *Client) refused(resp *http.Response) error {
	r := &monitor.RefusedError{Status: resp.StatusCode, Word: "refused", RetryAfter: c.retryAfter(resp.Header)}
	switch s := resp.StatusCode; {
	case s == http.StatusTooManyRequests:
		r.Word, r.Limited = "limited", true
	case s >= 300 && s < 400:
		r.Word = "redirected"
	case s >= 500 && s < 600:
		r.Word = "failing"
	}
	return r
}

// retryAfter reads a Retry-After header: seconds, or an HTTP date counted from the answer's own Date so that a wrong
// clock here or there does no harm. 0 means that it is missing, past or unreadable.
func (c *Client) retryAfter(h http.Header) time.Duration {
	const most = 365 * 24 * time.Hour // no overflow; how long is sensible is the caller's business
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		return time.Duration(min(max(n, 0), int64(most/time.Second))) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	from, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		from = c.now()
	}
	return min(max(at.Sub(from), 0), most)
}

// array cuts a JSON array into its elements. What else a 200 may hold:
//
//   - HTML: a filter's page, or the site's own; refused.
//   - nothing, plain text, an array that ends too early: refused, for the next answer is likely better.
//   - an object that says it is an error ({"success":false, …}, seen May 2026): refused, for KAP says no and will
//     say yes again without our doing. Any other object, and every other JSON value, is drift: the list moved to
//     another place and stays there, so an operator must know at once.
//
// skip is split's; nil skips nothing.
func array(reader string, body []byte, skip func(rest []byte) int) ([]json.RawMessage, error) {
	text := opening(body)
	no := func(word, format string, args ...any) error {
		return &monitor.RefusedError{Status: http.StatusOK, Word: word, Err: fmt.Errorf(format, args...)}
	}
	if len(text) == 0 {
		return nil, no("empty", "the answer has no body")
	}
	switch text[0] {
	case '[':
		rows, err := split(text, skip)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, no("truncated", "array of %d bytes: %w", len(text), err)
		}
		if err != nil {
			return nil, &monitor.DriftError{Reader: reader, What: "the array cannot be cut into rows: " + err.Error(), Body: bytes.Clone(body)}
		}
		return rows, nil
	case '<':
		return nil, no("html", "HTML where JSON was due")
	case '{':
		var o map[string]json.RawMessage
		if err := json.Unmarshal(text, &o); err != nil {
			return nil, no("truncated", "object in place of the array: %w", err)
		}
		if denial(o) {
			return nil, no("refused", "error object in place of the array: %q", excerpt(text))
		}
		return nil, &monitor.DriftError{Reader: reader, What: "an object stands in place of the array", Body: bytes.Clone(body)}
	}
	if json.Valid(text) {
		return nil, &monitor.DriftError{Reader: reader, What: fmt.Sprintf("%q stands in place of the array", excerpt(text)), Body: bytes.Clone(body)}
	}
	return nil, no("refused", "text where JSON was due: %q", excerpt(text))
}

// opening is an answer from its first byte that means anything.
func opening(body []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
}

// denial reports whether an object says no and carries no list.
func denial(o map[string]json.RawMessage) bool {
	says := string(o["success"]) == "false"
	for _, key := range []string{"error", "errors", "errorCode", "message", "code", "status", "title"} {
		_, ok := o[key]
		says = says || ok
	}
	for _, v := range o {
		var rows []struct {
			Index json.RawMessage `json:"disclosureIndex"`
			Basic json.RawMessage `json:"disclosureBasic"`
		}
		if json.Unmarshal(v, &rows) == nil && len(rows) > 0 && (rows[0].Index != nil || rows[0].Basic != nil) {
			return false
		}
	}
	return says
}

// excerpt is the start of b, for an error text.
func excerpt(b []byte) string {
	return strings.ToValidUTF8(string(b[:min(len(b), 120)]), "�")
}

// split cuts the elements out of a JSON array without decoding them, so that a caller may decode only those it does
// not know. It is aware of strings and depth, not of grammar: a broken row is cut like a good one and fails alone.
// skip, where given, tells the length of a row at the start of rest that is known to be whole and is left out, else 0.
// io.ErrUnexpectedEOF means that the array does not end.
func split(b []byte, skip func(rest []byte) int) ([]json.RawMessage, error) {
	const most = 50_000 // KAP lists 2000 (seen May 2025 to October 2026)
	var rows []json.RawMessage
	i := blanks(b, 1)
	if i < len(b) && b[i] == ']' {
		return rows, rest(b, i+1)
	}
	for range most {
		start, end := i, 0
		if skip != nil {
			if n := skip(b[start:]); n > 0 {
				end = blanks(b, start+n)
			}
		}
		if known := end > 0 && end < len(b) && (b[end] == ',' || b[end] == ']'); !known {
			var err error
			if end, err = element(b, start); err != nil {
				return nil, err
			}
			rows = append(rows, json.RawMessage(bytes.TrimRight(b[start:end], " \t\r\n")))
		}
		if b[end] == ']' {
			return rows, rest(b, end+1)
		}
		i = blanks(b, end+1)
	}
	return nil, fmt.Errorf("more than %d rows", most)
}

// element returns the place of the comma or bracket that ends the element which starts at i.
func element(b []byte, i int) (int, error) {
	start, depth := i, 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				if b[i] != ']' || i == start {
					return 0, fmt.Errorf("unexpected %q at byte %d", b[i], i)
				}
				return i, nil
			}
			if depth--; depth > 0 {
				continue
			}
			next := blanks(b, i+1)
			if next < len(b) && b[next] != ',' && b[next] != ']' {
				return 0, fmt.Errorf("unexpected %q after a row, at byte %d", b[next], next)
			}
		case ',':
			if depth == 0 {
				if i == start {
					return 0, fmt.Errorf("empty row at byte %d", i)
				}
				return i, nil
			}
		}
	}
	return 0, io.ErrUnexpectedEOF
}

func blanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

func rest(b []byte, i int) error {
	if i = blanks(b, i); i < len(b) {
		return fmt.Errorf("unexpected %q after the array, at byte %d", b[i], i)
	}
	return nil
}

// panicked turns the panic of a parser into a changed shape: it has met bytes that nobody thought of. They are kept,
// another reader stands in, and what else there is to read is read. Deferred.
func panicked(reader string, body *[]byte, err *error) {
	if p := recover(); p != nil {
		*err = &monitor.DriftError{Reader: reader, What: fmt.Sprintf("reading it panicked: %v", p), Body: bytes.Clone(*body)}
	}
}
