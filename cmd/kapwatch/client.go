package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/classify"
	"kapwatch/monitor/status"
	"kapwatch/store"
)

// client reaches the ledger: over the private socket of a running daemon, or, when none runs, by opening the file
// and serving the same handler in process. Commands therefore speak one language in both cases.
type client struct {
	http  *http.Client
	close func() error
}

// socketPath is the private socket beside the ledger's file.
func socketPath(c Config) string { return c.Store.Path + ".sock" }

// reading connects a command that only reads.
func (a *app) reading(ctx context.Context) (*client, error) {
	cfg, _, err := ReadConfig(a.config, a.getenv)
	if err != nil {
		return nil, err
	}
	return a.ledger(ctx, cfg, false)
}

// ledger connects to the daemon, or opens the file. With create a missing file is made, else it is a fault.
func (a *app) ledger(ctx context.Context, c Config, create bool) (*client, error) {
	if l, err := a.daemon(ctx, c); l != nil || err != nil {
		return l, err
	}
	if !create {
		if err := there(c); err != nil {
			return nil, err
		}
	}
	return a.openFile(c, store.Options{})
}

// looking connects like ledger, but to read only: a file that another reader has open is no hindrance, and nothing of
// it is changed.
func (a *app) looking(ctx context.Context, c Config, wait time.Duration) (*client, error) {
	if l, err := a.daemon(ctx, c); l != nil || err != nil {
		return l, err
	}
	if err := there(c); err != nil {
		return nil, err
	}
	return a.openFile(c, store.Options{ReadOnly: true, Timeout: wait})
}

// daemon connects to the daemon that has the ledger open; nil when none runs.
func (a *app) daemon(ctx context.Context, c Config) (*client, error) {
	sock := socketPath(c)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", sock)
	}
	conn, err := dial(ctx, "", "")
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, &hinted{fmt.Errorf("reach the ledger: %w", err), "run it as the daemon's own user, or with sudo", 0}
	case err != nil:
		return nil, nil
	}
	conn.Close()
	t := &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 1}
	if err := answers(ctx, t); err != nil {
		return nil, &hinted{
			fmt.Errorf("reach the ledger: the daemon has it open and does not answer: %w", err),
			"look at the daemon: systemctl status kapwatch; one that was stopped (SIGSTOP) or hangs answers after a restart", 0,
		}
	}
	return &client{&http.Client{Transport: t}, func() error { t.CloseIdleConnections(); return nil }}, nil
}

// answers asks the daemon behind t for a sign of life. What a command asks for itself may take its time.
func answers(ctx context.Context, t *http.Transport) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/livez", nil)
	if err != nil {
		return err
	}
	resp, err := t.RoundTrip(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// there refuses a ledger that does not exist.
func there(c Config) error {
	if _, err := os.Stat(c.Store.Path); !errors.Is(err, fs.ErrNotExist) {
		return nil // what else is wrong with it, opening says
	}
	return &hinted{
		fmt.Errorf("open the ledger %q: it does not exist", c.Store.Path),
		"start the daemon (kapwatch run), or name its configuration with --config", 0,
	}
}

// openFile serves the ledger's file to this process only.
func (a *app) openFile(c Config, o store.Options) (*client, error) {
	log, err := a.logger()
	if err != nil {
		return nil, err
	}
	o.Log = log
	db, err := store.Open(c.Store.Path, o)
	if err != nil {
		return nil, explain(fmt.Errorf("open the ledger: %w", err), c)
	}
	m, err := a.idle(c, log, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s, err := status.New(status.Config{
		Ledger: db, Health: func() monitor.Health { return monitor.Health{} }, Routes: m.Routes,
		Rules: func() status.Rules { return m.Rules() }, Qualifiers: classify.Qualifiers(), QualifierLabel: classify.QualifierLabel,
		Funds: m.Funds, Version: version, Log: log,
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	pipe := newPipeListener()
	srv := &http.Server{Handler: s.Control(controls(m, db)), ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(pipe); !errors.Is(err, http.ErrServerClosed) {
			log.Error("serve in process", "err", err)
		}
	}()
	t := &http.Transport{DialContext: pipe.dial}
	return &client{&http.Client{Transport: t}, func() error {
		t.CloseIdleConnections()
		stop, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		err := srv.Shutdown(stop) // waits for a request that was broken off: it writes the ledger until it has seen that
		if err != nil {
			err = errors.Join(err, srv.Close())
		}
		<-done
		return errors.Join(err, db.Close())
	}}, nil
}

// get asks for a path and hands the body to read. An answer that is no success becomes an error with the
// server's own words.
func (c *client) get(ctx context.Context, path string, q url.Values, read func(io.Reader) error) error {
	return c.do(ctx, http.MethodGet, path, q, nil, read)
}

func (c *client) do(ctx context.Context, method, path string, q url.Values, body io.Reader, read func(io.Reader) error) error {
	u := url.URL{Scheme: "http", Host: "localhost", Path: path, RawQuery: q.Encode()}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask the ledger: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusal(resp)
	}
	return read(resp.Body)
}

// refusal turns problem+json into an error.
func refusal(resp *http.Response) error {
	var p struct {
		Title, Detail string
		Errors        []struct{ Parameter, Detail string }
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20)) // half a reason is better than none
	if json.Unmarshal(body, &p) != nil || p.Title == "" {
		return fmt.Errorf("the ledger answered %s", resp.Status)
	}
	if resp.StatusCode != http.StatusBadRequest {
		return errors.New(strings.TrimSuffix(p.Title+": "+p.Detail, ": "))
	}
	var faults []string
	for _, e := range p.Errors {
		faults = append(faults, e.Parameter+": "+e.Detail)
	}
	return &hinted{errors.New(p.Title + ": " + strings.Join(faults, "; ")), "the values are explained by --help, and categories by configs/categories.yaml", exitUsage}
}

// decode reads one JSON value.
func decode(v any) func(io.Reader) error {
	return func(r io.Reader) error { return json.NewDecoder(r).Decode(v) }
}

// pipeListener is a listener without an address.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{make(chan net.Conn), make(chan struct{})}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "in process", Net: "pipe"} }
