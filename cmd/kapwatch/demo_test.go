package main

import (
	"log/slog"
	"net"
	"strings"
	"testing"
)

// Two demos may start at once, or beside a daemon: the one that finds the usual address taken at the moment of
// binding takes another. An address that was asked for is not replaced.
func TestDemoAddressTaken(t *testing.T) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	var c Config
	c.Status.Listen = first.Addr().String()
	d := &daemonRun{app: &app{}, log: slog.New(slog.NewTextHandler(t.Output(), nil)), demo: &demoWorld{free: true}}
	l, err := d.listen(c)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if d.addr == c.Status.Listen || !strings.HasPrefix(d.addr, "127.0.0.1:") {
		t.Errorf("the page is at %s", d.addr)
	}
	d.demo.free = false
	if l, err := d.listen(c); err == nil {
		l.Close()
		t.Error("an address that is taken was bound")
	} else if hint := hintOf(err); !strings.Contains(hint, "kapwatch demo --listen") {
		t.Errorf("hint %q", hint)
	}
}
