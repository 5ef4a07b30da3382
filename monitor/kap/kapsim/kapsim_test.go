package kapsim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

const (
	host     = "kap.test"
	criteria = "/tr/api/disclosure/members/byCriteria"
	funds    = "/tr/api/disclosure/funds/byCriteria"
	light    = "/tr/api/disclosure/list/light"
	page     = "/tr/bildirim-sorgu-sonuc?srcbar=Y&cmp=Y&cat=6&slf=ALL"
	window   = `{"fromDate":"2024-04-25","toDate":"2024-04-26","mkkMemberOidList":[],"subjectList":[]}`
)

// evening is after the last filing of the simulated day.
func evening() time.Time { return time.Date(2024, 4, 26, 23, 59, 59, 0, monitor.Istanbul) }

// client speaks to s in process.
type client struct {
	t    *testing.T
	http *http.Client
}

func connect(t *testing.T, s *kapsim.Server) client {
	return client{t, &http.Client{Transport: s.Transport(host)}}
}

func newServer(t *testing.T, a kapsim.Archive, o kapsim.Options) (*kapsim.Server, client) {
	if o.Now == nil {
		o.Now = evening
	}
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	s := kapsim.New(a, o)
	return s, connect(t, s)
}

func (c client) do(method, path, body string) (*http.Response, []byte, error) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, "http://"+host+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, b, err
}

// get and post fail the test unless the answer has status.
func (c client) get(path string, status int) []byte {
	c.t.Helper()
	return c.want(http.MethodGet, path, "", status)
}

func (c client) post(path, body string, status int) []byte {
	c.t.Helper()
	return c.want(http.MethodPost, path, body, status)
}

func (c client) want(method, path, body string, status int) []byte {
	c.t.Helper()
	resp, b, err := c.do(method, path, body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	if resp.StatusCode != status {
		c.t.Fatalf("%s %s = %d, want %d: %.200s", method, path, resp.StatusCode, status, b)
	}
	return b
}

// row is a decoded row of a list, by key.
type row = map[string]any

func decode(t *testing.T, b []byte) []row {
	t.Helper()
	var out []row
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatalf("%v: %.200s", err, b)
	}
	return out
}

func (c client) rows(path, body string) []row {
	c.t.Helper()
	return decode(c.t, c.post(path, body, 200))
}

func indexes(rows []row) []int64 {
	var out []int64
	for _, r := range rows {
		n, _ := r["disclosureIndex"].(float64)
		out = append(out, int64(n))
	}
	return out
}

func read(t *testing.T, text string) kapsim.Archive {
	t.Helper()
	a, err := kapsim.ReadArchive([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// realFile reads a capture of the site, or skips.
func realFile(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("KAPWATCH_REAL_DATA")
	if dir == "" {
		t.Skip("KAPWATCH_REAL_DATA is unset: the captures are not compared")
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Skip(err)
	}
	return b
}

// shape writes the keys of a JSON value in order, each with the kind of its value; elements of an array are taken
// from the first one.
func shape(t *testing.T, b []byte) []string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(b)))
	var out []string
	var walk func(path string)
	walk = func(path string) {
		tok, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch d, _ := tok.(json.Delim); d {
		case '{':
			for dec.More() {
				key, err := dec.Token()
				if err != nil {
					t.Fatal(err)
				}
				walk(path + "." + key.(string))
			}
			_, _ = dec.Token()
		case '[':
			for i := 0; dec.More(); i++ {
				before := len(out)
				walk(path + "[]")
				if i > 0 {
					out = out[:before]
				}
			}
			_, _ = dec.Token()
		default:
			out = append(out, fmt.Sprintf("%s %T", path, tok))
		}
	}
	walk("")
	return out
}
