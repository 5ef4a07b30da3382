package status

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"kapwatch/monitor/turkish"
)

// problem is an RFC 9457 answer. Type is stable; programs may compare it.
type problem struct {
	Kind   string  `json:"-"`
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail,omitempty"`
	Errors []fault `json:"errors,omitempty"`
}

// fault is what is wrong with one parameter.
type fault struct {
	Parameter string `json:"parameter"`
	Detail    string `json:"detail"`
}

// badParameters is the problem of one or more faults, of which there must be one.
func badParameters(faults []fault) problem {
	details := make([]string, len(faults))
	for i, f := range faults {
		details[i] = f.Parameter + ": " + f.Detail
	}
	return problem{
		Kind: "parameter", Title: "Invalid parameter", Status: http.StatusBadRequest,
		Detail: strings.Join(details, "; "), Errors: faults,
	}
}

func notFound(detail string) problem {
	return problem{Kind: "not-found", Title: "Not found", Status: http.StatusNotFound, Detail: detail}
}

// fail logs err and tells the client nothing but that it happened: what went wrong inside is not for the network.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.cfg.Log.Error("answer failed", "url", r.URL.Path, "err", err)
	answer(w, r, problem{
		Kind: "internal", Title: "Internal error", Status: http.StatusInternalServerError,
		Detail: "the ledger could not be read; the daemon's log says why",
	})
}

func answer(w http.ResponseWriter, r *http.Request, p problem) {
	p.Type = "urn:kapwatch:problem:" + p.Kind
	var body bytes.Buffer
	encode(&body, p)
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes()) // the client is gone: nobody to tell
	}
}

// encode writes v as one line of JSON. Titles keep their ampersands: what is sent is never read as HTML, because
// every answer says nosniff.
func encode(b *bytes.Buffer, v any) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // only our own types come here, and none of them can fail
	}
}

// quote shows a client's own words back to it, bounded.
func quote(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}

// nearest is the one of known that takes the fewest edits to become word, compared folded; the first of equals.
func nearest(word string, known []string) string {
	const longest = 100 // a name is never longer, and the work grows with the square
	w := []rune(turkish.Fold(word))
	w = w[:min(len(w), longest)]
	best, least := "", -1
	for _, k := range known {
		if d := edits(w, []rune(turkish.Fold(k))); least < 0 || d < least || d == least && k < best {
			best, least = k, d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			d := diagonal
			if x != y {
				d++
			}
			diagonal = row[j+1]
			row[j+1] = min(d, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
