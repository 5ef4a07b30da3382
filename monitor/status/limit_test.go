package status

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
)

// pipes accepts as many connections as are asked for.
type pipes struct{ net.Listener }

func (pipes) Accept() (net.Conn, error) {
	c, _ := net.Pipe()
	return c, nil
}

func (pipes) Close() error { return nil }

func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit(pipes{}, maxConns)
		var conns []net.Conn
		for range maxConns {
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
		}
		accepted := make(chan error)
		accept := func() {
			_, err := l.Accept()
			accepted <- err
		}
		go accept()
		synctest.Wait()
		select {
		case err := <-accepted:
			t.Fatalf("connection %d was accepted (%v) while %d were open", maxConns+1, err, maxConns)
		default:
		}
		for range 2 { // closing twice gives back one slot
			if err := conns[0].Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-accepted; err != nil {
			t.Fatal(err)
		}
		go accept()
		synctest.Wait()
		for range 2 {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-accepted; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept after Close = %v, want net.ErrClosed", err)
		}
	})
}
