package status_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor/status"
)

// serve starts the public handler on a free port and returns its address; it is stopped when the test ends.
func serve(t *testing.T, l net.Listener) {
	t.Helper()
	s := newWorld(t).server(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- status.Serve(ctx, l, s.Handler()) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Serve = %v, want nil after its context ended", err)
		}
	})
}

func TestListen(t *testing.T) {
	l, err := status.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, l)
	res, err := http.Get("http://" + l.Addr().String() + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	wantStatus(t, res, http.StatusOK)

	if _, err := status.Listen(l.Addr().String()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("Listen on a bound address = %v, want address in use", err)
	}
	if _, err := status.Listen("127.0.0.1"); err == nil {
		t.Error("Listen without a port succeeded")
	}
}

func TestListenUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.sock")
	for _, test := range []struct {
		mode   os.FileMode
		listen func() (net.Listener, error)
	}{
		{0o660, func() (net.Listener, error) { return status.Listen("unix:" + path) }},
		{0o600, func() (net.Listener, error) { return status.ListenPrivate(path) }},
	} {
		l, err := test.listen()
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != test.mode {
			t.Errorf("mode = %v, %v, want %v", info.Mode(), err, test.mode)
		}
		if _, err := test.listen(); err == nil || !strings.Contains(err.Error(), "another process listens") {
			t.Errorf("second Listen = %v, want that another process listens", err)
		}
		// A killed process leaves its file behind.
		l.(*net.UnixListener).SetUnlinkOnClose(false)
		l.Close()
		if _, err := os.Stat(path); err != nil {
			t.Fatal(err)
		}
	}
	l, err := status.ListenPrivate(path)
	if err != nil {
		t.Fatalf("Listen on a stale socket: %v", err)
	}
	serve(t, l)
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
	}}
	res, err := client.Get("http://localhost/status")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	wantStatus(t, res, http.StatusOK)

	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := status.Listen("unix:" + file); err == nil {
		t.Error("Listen took the place of a file that is not a socket")
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "precious" {
		t.Errorf("the file holds %q, %v", b, err)
	}
}

func TestLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:8420": true, "localhost:0": true, "[::1]:8420": true, "127.1.2.3:1": true, "unix:/run/x.sock": true,
		":8420": false, "0.0.0.0:8420": false, "[::]:8420": false, "192.0.2.1:1": false, "example.com:80": false, "127.0.0.1": false, "": false,
	} {
		if got := status.Loopback(addr); got != want {
			t.Errorf("Loopback(%q) = %v, want %v", addr, got, want)
		}
	}
}

// 200 clients that never finish their request keep nobody else from an answer.
func TestStuckClients(t *testing.T) {
	l, err := status.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, l)
	for range 200 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET /filings HTTP/1.1\r\nHost: localhost\r\nX-Slow: "); err != nil {
			t.Fatal(err)
		}
	}
	client := &http.Client{Timeout: 2 * time.Second}
	for range 3 {
		res, err := client.Get(fmt.Sprintf("http://%s/filings", l.Addr()))
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(t, res, http.StatusOK)
		res.Body.Close()
	}
}

func TestHugeHeaderIsRefused(t *testing.T) {
	l, err := status.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, l)
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go io.WriteString(c, "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Big: "+strings.Repeat("x", 64<<10)+"\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	wantStatus(t, res, http.StatusRequestHeaderFieldsTooLarge)
}
