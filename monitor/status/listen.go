package status

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The bounds of one server. A client that sends or reads slowly, or not at all, loses its connection after these.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 16 << 10
	maxConns          = 512
	shutdownTime      = 5 * time.Second // half of what the daemon has to stop in
)

// unixPrefix marks the address of a unix socket.
const unixPrefix = "unix:"

// Listen binds addr: "host:port", where port 0 picks a free one, or "unix:/path", a socket of mode 0660. A socket
// file that nobody listens on any more is removed first; one that somebody does is an error, and so is any other
// kind of file.
func Listen(addr string) (net.Listener, error) {
	if path, ok := strings.CutPrefix(addr, unixPrefix); ok {
		return listenUnix(path, 0o660)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", addr, err)
	}
	return l, nil
}

// ListenPrivate binds a unix socket that only the owner may use (0600), for Control.
func ListenPrivate(path string) (net.Listener, error) { return listenUnix(path, 0o600) }

func listenUnix(path string, mode fs.FileMode) (net.Listener, error) {
	if err := removeStale(path); err != nil {
		return nil, fmt.Errorf("listen on %q: %w", unixPrefix+path, err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", unixPrefix+path, err)
	}
	if err := os.Chmod(path, mode); err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %q: %w", unixPrefix+path, err), l.Close())
	}
	return l, nil
}

// removeStale removes a socket that a killed process left behind.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return errors.New("a file that is not a socket is in the way")
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		return errors.Join(errors.New("another process listens on it"), c.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}

// Loopback reports whether only this machine can reach addr: a loopback host or a unix socket. An address without a
// host is open to all, and one that cannot be read counts as open.
func Loopback(addr string) bool {
	return strings.HasPrefix(addr, unixPrefix) || loopbackTCP(addr)
}

func loopbackTCP(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// stopping is the key under which the context of a request that Serve answers has the channel that is closed when
// the server is to stop.
type stopping struct{}

// stopped is closed when the server that answers is to stop: answers under way finish, those without an end do not
// wait for theirs. It is nil, and so never closed, where nothing stops the server.
func stopped(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(stopping{}).(<-chan struct{})
	return done
}

// Serve answers on l with h until ctx ends, then ends the streams, lets the answers under way finish for a few
// seconds, closes everything and returns nil. At most 512 clients are connected at a time; others wait to be accepted, which takes
// no longer than the time-out of a header, since a connection without a request does not live longer. What net/http
// itself has to say goes to the default logger, as a warning.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), stopping{}, ctx.Done())
		},
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(limit(l, maxConns)) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := srv.Shutdown(bound); err != nil {
		if err := srv.Close(); err != nil { // who is still being answered has had time enough
			return errors.Join(fmt.Errorf("close %s: %w", l.Addr(), err), <-done)
		}
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	}
	return nil
}

// limited accepts at most as many connections at a time as it has slots.
type limited struct {
	net.Listener
	slots chan struct{}
	done  chan struct{}
	close func() error
}

func limit(l net.Listener, n int) net.Listener {
	done := make(chan struct{})
	return &limited{l, make(chan struct{}, n), done, sync.OnceValue(func() error {
		close(done)
		return l.Close()
	})}
}

func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.done:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &limitedConn{c, sync.OnceFunc(func() { <-l.slots })}, nil
}

func (l *limited) Close() error { return l.close() }

// limitedConn gives its slot back when it is closed first.
type limitedConn struct {
	net.Conn
	release func()
}

func (c *limitedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}
