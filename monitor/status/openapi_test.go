package status_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
)

// description is the OpenAPI document, as far as it is used here.
type description struct {
	t     *testing.T
	Paths map[string]struct {
		Get struct {
			Parameters []parameter
			Responses  map[string]response
		}
	}
	Components struct {
		Parameters map[string]parameter
		Responses  map[string]response
		Schemas    map[string]schema
	}
}

type parameter struct {
	Ref      string `json:"$ref"`
	Name, In string
	Schema   schema
	Example  json.RawMessage
}

type response struct {
	Ref     string `json:"$ref"`
	Headers map[string]any
	Content map[string]struct{ Schema schema }
}

// schema is the part of JSON Schema that the document uses; unknown keywords are refused, so that nothing in it goes
// unchecked.
type schema struct {
	Ref                  string            `json:"$ref"`
	Type                 any               `json:"type"`
	Properties           map[string]schema `json:"properties"`
	Required             []string          `json:"required"`
	AdditionalProperties json.RawMessage   `json:"additionalProperties"`
	Items                *schema           `json:"items"`
	MinItems             int               `json:"minItems"`
	MaxItems             int               `json:"maxItems"`
	Enum                 []any             `json:"enum"`
	Const                any               `json:"const"`
	Format               string            `json:"format"`
	Minimum              *float64          `json:"minimum"`
	Maximum              *float64          `json:"maximum"`
	MaxLength            int               `json:"maxLength"`
	Default              any               `json:"default"`
	Description          string            `json:"description"`
}

// UnmarshalJSON refuses keywords that the checker does not know.
func (s *schema) UnmarshalJSON(b []byte) error {
	type plain schema
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	return d.Decode((*plain)(s))
}

func readDescription(t *testing.T, w *world) *description {
	t.Helper()
	d := &description{t: t}
	if err := json.NewDecoder(w.get(t, "/openapi.json").Body).Decode(d); err != nil {
		t.Fatal(err)
	}
	return d
}

// faults says what is wrong with v, which stands at path, by s.
func (d *description) faults(path string, s schema, v any) (out []string) {
	fault := func(format string, args ...any) { out = append(out, path+": "+fmt.Sprintf(format, args...)) }
	if s.Ref != "" {
		name := strings.TrimPrefix(s.Ref, "#/components/schemas/")
		target, ok := d.Components.Schemas[name]
		if !ok {
			fault("%s is not defined", s.Ref)
			return out
		}
		return d.faults(path, target, v)
	}
	switch types := s.Type.(type) {
	case string:
		if !isType(types, v) {
			fault("%v is no %s", v, types)
		}
	case []any:
		if !slices.ContainsFunc(types, func(t any) bool { return isType(t.(string), v) }) {
			fault("%v is none of %v", v, types)
		}
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		fault("%v is none of %v", v, s.Enum)
	}
	if s.Const != nil && s.Const != v {
		fault("%v is not %v", v, s.Const)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				fault("%s is missing", name)
			}
		}
		var others schema
		closed := string(s.AdditionalProperties) == "false"
		if !closed && s.AdditionalProperties != nil {
			if err := json.Unmarshal(s.AdditionalProperties, &others); err != nil {
				fault("additionalProperties: %v", err)
			}
		}
		for name, x := range v {
			p, ok := s.Properties[name]
			switch {
			case ok:
				out = append(out, d.faults(path+"."+name, p, x)...)
			case closed:
				fault("%s is not described", name)
			default:
				out = append(out, d.faults(path+"."+name, others, x)...)
			}
		}
	case []any:
		if len(v) < s.MinItems || s.MaxItems > 0 && len(v) > s.MaxItems {
			fault("has %d items", len(v))
		}
		for i, x := range v {
			if s.Items != nil {
				out = append(out, d.faults(fmt.Sprintf("%s[%d]", path, i), *s.Items, x)...)
			}
		}
	case string:
		var err error
		switch s.Format {
		case "date-time":
			_, err = time.Parse(time.RFC3339, v)
		case "date":
			_, err = time.Parse(time.DateOnly, v)
		case "uri":
			var u *url.URL
			if u, err = url.Parse(v); err == nil && !u.IsAbs() {
				err = fmt.Errorf("%q is relative", v)
			}
		}
		if err != nil {
			fault("%v", err)
		}
	case float64:
		if s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			fault("%v is out of range", v)
		}
	}
	return out
}

func isType(name string, v any) bool {
	switch v := v.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case float64:
		return name == "number" || name == "integer" && v == math.Trunc(v)
	case []any:
		return name == "array"
	case map[string]any:
		return name == "object"
	}
	return false
}

// check holds one answer to what is said of path.
func (d *description) check(path string, res *http.Response) {
	d.t.Helper()
	code := strconv.Itoa(res.StatusCode)
	r, ok := d.Paths[path].Get.Responses[code]
	if !ok {
		d.t.Errorf("%s answers %s, which is not described", path, code)
		return
	}
	if name, ok := strings.CutPrefix(r.Ref, "#/components/responses/"); ok {
		if r, ok = d.Components.Responses[name]; !ok {
			d.t.Errorf("%s is not defined", name)
		}
	}
	for name := range r.Headers {
		if res.Header.Get(name) == "" && name != "Link" {
			d.t.Errorf("%s answers %s without %s", path, code, name)
		}
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	media, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	c, ok := r.Content[media]
	switch {
	case len(r.Content) == 0 && len(body) == 0:
	case !ok:
		d.t.Errorf("%s answers %s with %q, which is not described", path, code, media)
	case strings.HasSuffix(media, "json"):
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			d.t.Errorf("%s: %v", path, err)
		}
		for _, fault := range d.faults("$", c.Schema, v) {
			d.t.Errorf("%s answers %s: %s", path, code, fault)
		}
	}
}

// parameters are those of path by their place: query, path, header.
func (d *description) parameters(path string) map[string][]parameter {
	out := map[string][]parameter{}
	for _, p := range d.Paths[path].Get.Parameters {
		if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
			p = d.Components.Parameters[name]
		}
		out[p.In] = append(out[p.In], p)
	}
	return out
}

// concrete is path with the examples of its parameters.
func (d *description) concrete(path string) string {
	for _, p := range d.parameters(path)["path"] {
		path = strings.Replace(path, "{"+p.Name+"}", strings.Trim(string(p.Example), `"`), 1)
	}
	return path
}

// Every path is described, and nothing else is.
func TestOpenAPIPaths(t *testing.T) {
	w := newWorld(t)
	d := readDescription(t, w)
	var served []string
	for _, path := range w.server(t).Rooms() {
		served = append(served, strings.TrimSuffix(path, "{$}"))
	}
	slices.Sort(served)
	if diff := cmp.Diff(served, slices.Sorted(maps.Keys(d.Paths))); diff != "" {
		t.Errorf("paths (-served +described):\n%s", diff)
	}
}

// Every path takes exactly the parameters that are described for it. Probes and metrics read none but verbose and
// refuse none, so that a monitoring system may add its own.
func TestOpenAPIParameters(t *testing.T) {
	w := newWorld(t)
	d := readDescription(t, w)
	values := map[string]string{
		"ticker": "AKSEN", "category": "mou", "class": "ODA", "qualifier": "denied", "q": "x", "since": "2024-04-26",
		"until": "2024-04-27", "order": "asc", "limit": "3", "lang": "en", "format": "json", "verbose": "", "fuzzy": "1", "page": "2",
		"cursor": decode[filings](t, w.get(t, "/filings?limit=1")).Next,
	}
	for path := range d.Paths {
		switch path {
		case "/livez", "/readyz", "/healthz", "/metrics", "/openapi.json":
			continue
		}
		var taken, described []string
		for name, value := range values {
			if ask(w.public, http.MethodHead, d.concrete(path)+"?"+name+"="+value, nil).StatusCode != http.StatusBadRequest {
				taken = append(taken, name)
			}
		}
		for _, p := range d.parameters(path)["query"] {
			described = append(described, p.Name)
		}
		slices.Sort(taken)
		slices.Sort(described)
		if diff := cmp.Diff(taken, described); diff != "" {
			t.Errorf("%s: parameters (-taken +described):\n%s", path, diff)
		}
	}
}

// Answers are as they are described: good, bad, cached and refused ones.
func TestOpenAPIAnswers(t *testing.T) {
	w := newWorld(t)
	w.ledger.records[0].Filing.Origin = monitor.Import
	w.ledger.records[1].Filing.English = true
	d := readDescription(t, w)
	ask := func(path, target string, want int, headers ...string) {
		t.Helper()
		res := w.get(t, target, headers...)
		if res.StatusCode != want {
			t.Errorf("%s: status = %d, want %d", target, res.StatusCode, want)
		}
		d.check(path, res)
	}
	everything := func() {
		for path := range d.Paths {
			if path == "/events" {
				continue // it has no end; see below
			}
			target := d.concrete(path)
			res := w.get(t, target)
			d.check(path, res)
			if tag := res.Header.Get("ETag"); tag != "" {
				ask(path, target, http.StatusNotModified, "If-None-Match", tag)
			}
			ask(path, target, http.StatusMisdirectedRequest, "Host", "example.com")
		}
	}
	everything()
	for _, list := range []string{"/", "/filings", "/feed.atom", "/feed.json"} {
		ask(list, list+"?limit=1", http.StatusOK)
		ask(list, list+"?limit=0&order=up", http.StatusBadRequest)
	}
	ask("/events", "/events?limit=1", http.StatusBadRequest)
	ask("/filings/{index}", "/filings/1277777?format=html", http.StatusOK)
	corrected(w)
	ask("/filings/{index}", "/filings/1277801", http.StatusOK)
	ask("/filings/{index}", "/filings/1", http.StatusNotFound)
	ask("/filings/{index}", "/filings/x", http.StatusBadRequest)
	ask("/receipts/{day}", "/receipts/2024-04-27", http.StatusNotFound)
	ask("/receipts/{day}", "/receipts/x", http.StatusBadRequest)
	ask("/status", "/status?x=1", http.StatusBadRequest)
	ask("/readyz", "/readyz?verbose", http.StatusOK, "Accept", "application/json")

	w.health.Stale, w.health.LastSuccessAt, w.health.StartedAt = true, time.Time{}, time.Time{}
	w.ledger.partial = "looked at 10000 filings"
	w.ledger.receipts[at("00:00:00")] = monitor.Receipt{
		Listed: 1, Unknown: 1, UnknownIndexes: []int64{7}, Amendments: []monitor.ReceiptAmendment{{At: at("10:00:00"), Why: "late row"}},
	}
	everything()
	ask("/readyz", "/readyz?verbose", http.StatusServiceUnavailable, "Accept", "application/json")
	w.ledger.records = nil
	everything()
	w.ledger.fail(io.ErrUnexpectedEOF)
	everything()
	ask("/events", "/events", http.StatusInternalServerError)
	w.ledger.fail(nil)
	w.config.Token, w.public = "s3cret", nil
	for path := range d.Paths {
		if path != "/livez" && path != "/readyz" && path != "/healthz" {
			ask(path, d.concrete(path), http.StatusUnauthorized)
		}
	}
}

func TestOpenAPIEvents(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bubble) {
		d := readDescription(t, b.world)
		res, err := b.client.Get("http://localhost/events")
		if err != nil {
			t.Fatal(err)
		}
		data := make(chan string, 10)
		go func() {
			buffer := make([]byte, 1<<16)
			for {
				n, err := res.Body.Read(buffer)
				if err != nil {
					return
				}
				data <- string(buffer[:n])
			}
		}()
		b.ledger.record(aksen())
		b.server.Recorded()
		synctest.Wait()
		<-data
		_, text, ok := strings.Cut(<-data, "data: ")
		var v any
		if err := json.Unmarshal([]byte(text), &v); !ok || err != nil {
			t.Fatalf("data = %q: %v", text, err)
		}
		for _, fault := range d.faults("data", d.Components.Schemas["Filing"], v) {
			t.Error(fault)
		}
		res.Body.Close()
		synctest.Wait()
	})
}
