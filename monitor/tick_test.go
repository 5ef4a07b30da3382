package monitor_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kapwatch/monitor"
	"kapwatch/store"
)

// source is a reader whose List is the test's.
type source func(ctx context.Context, w monitor.Window) (monitor.Listing, error)

func (s source) Name() string { return "criteria" }

func (s source) List(ctx context.Context, w monitor.Window) (monitor.Listing, error) {
	return s(ctx, w)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// While one list takes its time the watchdog is quiet, polls do not pile up, and the loop turns, also through a reload.
func TestSlowListAlarmsNobody(t *testing.T) {
	inWorld(t, func(w *world) {
		var c monitor.Config
		var log lockedBuffer
		asked := 0
		w.log = slog.New(slog.NewTextHandler(&log, nil))
		w.start(func(now *monitor.Config) {
			now.Schedule = schedule(t, "* * * * * *")
			now.Sources = []monitor.Source{source(func(ctx context.Context, _ monitor.Window) (monitor.Listing, error) {
				asked++
				select {
				case <-ctx.Done():
				case <-time.After(time.Minute):
				}
				return monitor.Listing{}, ctx.Err()
			})}
			c = *now
		})
		time.Sleep(90 * time.Second)
		go w.m.Reload(c)
		for range 150 {
			time.Sleep(time.Second)
			synctest.Wait()
			if late := time.Since(w.m.Beat()); late > 2*time.Second {
				t.Fatalf("the loop has not turned for %v", late)
			}
		}
		if n := strings.Count(log.String(), "watchdog polls"); n != 0 || asked > 5 {
			t.Errorf("the watchdog spoke %d times, %d lists were asked for", n, asked)
		}
	})
}

// A panic of a reader costs one poll; one while recording ends the run.
func TestPanics(t *testing.T) {
	t.Run("reader", func(t *testing.T) {
		inWorld(t, func(w *world) {
			asked := 0
			w.start(func(c *monitor.Config) {
				real := c.Sources[0]
				c.Sources = []monitor.Source{source(func(ctx context.Context, win monitor.Window) (monitor.Listing, error) {
					if asked++; asked == 2 {
						panic("synthetic")
					}
					return real.List(ctx, win)
				})}
			})
			w.pass(5 * time.Minute)
			if asked < 10 {
				t.Errorf("%d polls", asked)
			}
		})
	})
	t.Run("recording", func(t *testing.T) {
		inWorld(t, func(w *world) {
			w.wrap = func(db *store.DB) monitor.Store {
				return &troubled{db, func(act string) error {
					if act == "record" {
						panic("synthetic")
					}
					return nil
				}}
			}
			w.start()
			w.pass(time.Minute)
			if err := w.stop(); err == nil || !strings.Contains(err.Error(), "synthetic") {
				t.Errorf("run ended with %v", err)
			}
			w.stop = func() error { return nil }
		})
	})
}
