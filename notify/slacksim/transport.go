package slacksim

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
)

// errRefuse is thrown by a Trouble that refuses the connection. A net/http server treats it like any panic and
// breaks the connection.
var errRefuse = fmt.Errorf("refuse: %w", http.ErrAbortHandler)

// Transport reaches w in process: no sockets, so it may be used in a synctest bubble. It takes slack.com,
// hooks.slack.com and loopback names for w and fails for every other host. Every goroutine it starts ends when the
// response body is closed or the request's context ends.
func (w *Workspace) Transport() http.RoundTripper { return transport{w} }

type transport struct{ w *Workspace }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	switch req.URL.Hostname() {
	case "slack.com", "hooks.slack.com", "localhost", "127.0.0.1", "::1":
	default:
		return nil, fmt.Errorf("slacksim reaches Slack only, not %q", req.URL.Hostname())
	}
	in := req.Clone(req.Context())
	in.RequestURI = req.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	r, w := io.Pipe()
	rw := &response{header: http.Header{}, body: w, started: make(chan struct{})}
	failed := make(chan error, 1)
	go func() {
		defer in.Body.Close()
		err := serve(t.w, rw, in)
		if err == nil {
			rw.WriteHeader(http.StatusOK) // a handler that wrote nothing has said 200
		}
		failed <- err
		w.CloseWithError(err)
	}()
	select {
	case <-rw.started:
	case err := <-failed:
		if err != nil {
			return nil, err
		}
	case <-req.Context().Done():
		r.Close()
		return nil, req.Context().Err()
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", rw.status, http.StatusText(rw.status)), StatusCode: rw.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: rw.sent, Body: r, ContentLength: -1, Request: req,
	}, nil
}

// serve runs the handler and turns a broken connection into the error that a client would see.
func serve(h http.Handler, rw *response, r *http.Request) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case errRefuse:
			err = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		case http.ErrAbortHandler:
			if err = r.Context().Err(); err == nil {
				err = io.ErrUnexpectedEOF
			}
		default:
			panic(p)
		}
	}()
	h.ServeHTTP(rw, r)
	return nil
}

// response is a ResponseWriter whose body is read while it is written.
type response struct {
	header, sent http.Header
	status       int
	body         *io.PipeWriter
	once         sync.Once
	started      chan struct{}
}

func (r *response) Header() http.Header { return r.header }

// Flush does nothing: every write is passed on at once. It lets handlers treat both kinds of connection alike.
func (r *response) Flush() {}

func (r *response) WriteHeader(status int) {
	r.once.Do(func() {
		r.status, r.sent = status, r.header.Clone()
		close(r.started)
	})
}

func (r *response) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	n, err := r.body.Write(b)
	if errors.Is(err, io.ErrClosedPipe) {
		err = fmt.Errorf("client left: %w", err)
	}
	return n, err
}
