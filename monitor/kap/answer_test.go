package kap

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
)

// always answers every request with the same bytes.
type always string

func (a always) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(string(a))), ContentLength: int64(len(a)),
	}, nil
}

// A parser that panics costs one answer, which is kept, and neither the poll after it nor the process.
func TestPanicIsDrift(t *testing.T) {
	const body = `[{"disclosureIndex":1}]`
	c, err := New(Config{BaseURL: "http://127.0.0.1:9", UserAgent: "test", RequestsPerSecond: 1000, Transport: always(body)})
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 11, 25, 0, 0, 0, 0, monitor.Istanbul)
	// A reader that has lost its memory is the one panic that every answer leads to.
	for _, s := range []monitor.Source{&Page{c: c}, &Criteria{c: c}} {
		for range 2 {
			_, err := s.List(t.Context(), monitor.Window{From: day, To: day})
			var drift *monitor.DriftError
			if !errors.As(err, &drift) || drift.Reader != s.Name() || string(drift.Body) != body || !strings.Contains(drift.What, "panicked") {
				t.Errorf("reader %s: %v", s.Name(), err)
			}
		}
	}
}
