package kapsim

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
)

// Transport serves host (as it stands in the URL, port included) in process, with streaming, cancellation, resets
// and gzip as over a connection, and refuses every other host. It works inside a testing/synctest bubble.
func (s *Server) Transport(host string) http.RoundTripper { return transport{host, s} }

type transport struct {
	host    string
	handler http.Handler
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	if r.URL.Host != t.host {
		return nil, errors.Join(fmt.Errorf("kapsim: no route to host %q", r.URL.Host), r.Body.Close())
	}
	ctx, cancel := context.WithCancel(r.Context())
	in := r.Clone(ctx)
	in.Host, in.RemoteAddr, in.RequestURI = r.URL.Host, "127.0.0.1:0", r.URL.RequestURI()
	// As http.Transport: a default agent, and who does not ask for gzip by himself gets it undone.
	undo := in.Header.Get("Accept-Encoding") == ""
	if undo {
		in.Header.Set("Accept-Encoding", "gzip")
	}
	if _, named := in.Header["User-Agent"]; !named {
		in.Header.Set("User-Agent", "Go-http-client/1.1")
	}
	pr, pw := io.Pipe()
	w := &responseWriter{header: http.Header{}, pipe: pw, ready: make(chan struct{})}
	go w.serve(t.handler, in)
	stop := context.AfterFunc(ctx, func() { _ = pw.CloseWithError(ctx.Err()) }) // always nil
	end := func() error { stop(); cancel(); return errors.Join(pr.Close(), r.Body.Close()) }
	select {
	case <-w.ready:
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), end())
	}
	if w.status == 0 {
		return nil, errors.Join(errReset(), end())
	}
	resp := &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.sent, ContentLength: -1, Request: r,
	}
	if n, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil {
		resp.ContentLength = n
	}
	resp.Body = body{pr, end}
	if undo && w.sent.Get("Content-Encoding") == "gzip" {
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength, resp.Uncompressed = -1, true
		resp.Body = body{&gunzip{from: pr}, end}
	}
	return resp, nil
}

func errReset() error { return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET} }

type body struct {
	io.Reader
	end func() error
}

func (b body) Close() error { return b.end() }

// gunzip opens the stream at the first read, so that RoundTrip does not wait for the body.
type gunzip struct {
	from io.Reader
	z    *gzip.Reader
}

func (g *gunzip) Read(p []byte) (int, error) {
	if g.z == nil {
		z, err := gzip.NewReader(g.from)
		if err != nil {
			return 0, err
		}
		g.z = z
	}
	return g.z.Read(p)
}

// responseWriter hands what a handler writes to the waiting RoundTrip. Only the handler's goroutine writes its
// fields, before ready is closed.
type responseWriter struct {
	header http.Header
	pipe   *io.PipeWriter
	ready  chan struct{}
	status int         // 0 when ready: the connection broke before the status line
	sent   http.Header // the headers as they were then
}

// serve runs the handler to its end; http.ErrAbortHandler is a connection reset.
func (w *responseWriter) serve(h http.Handler, r *http.Request) {
	defer func() {
		switch v := recover(); v {
		case nil:
			w.WriteHeader(http.StatusOK)
			// A handler that ends because the client gave up has not answered whole. CloseWithError is always nil.
			_ = w.pipe.CloseWithError(r.Context().Err())
		case http.ErrAbortHandler:
			_ = w.pipe.CloseWithError(errReset()) // always nil
			if w.status == 0 {
				close(w.ready)
			}
		default:
			panic(v)
		}
	}()
	h.ServeHTTP(w, r)
}

func (w *responseWriter) Header() http.Header { return w.header }

func (w *responseWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
		close(w.ready)
	}
}

func (w *responseWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(b)
}

// Flush is for http.ResponseController: a pipe has no buffer.
func (w *responseWriter) Flush() {}
