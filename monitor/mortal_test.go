package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"kapwatch/monitor"
	"kapwatch/store"
)

// mortal is the ledger and the way to Slack of one life of the daemon, which ends like kill -9 between any two steps
// of either: what the file holds then is what the next life finds, and nothing is written or posted any more.
type mortal struct {
	*store.DB
	died  chan struct{} // closed at the end
	diary *diary

	mu   sync.Mutex
	fuse int    // steps left to live; 0 = for ever
	left []byte // the file as it was at the end
	full bool   // the disk has no room

	unclear map[string]int // webhook posts whose end the daemon did not learn, by message
}

var errKilled = errors.New("killed")

func newMortal(db *store.DB, d *diary) *mortal {
	return &mortal{DB: db, diary: d, died: make(chan struct{}), unclear: map[string]int{}}
}

// step burns the fuse by one and reports whether the daemon is dead. Called with mu held.
func (m *mortal) step() bool {
	if m.fuse == 1 {
		left, err := os.ReadFile(m.Path())
		if err != nil {
			panic(err)
		}
		m.left = left
		close(m.died)
	}
	if m.fuse > 0 {
		m.fuse--
	}
	return m.left != nil
}

// kill lets it live for n steps more.
func (m *mortal) kill(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left == nil {
		m.fuse = n
	}
}

func (m *mortal) setFull(full bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.full = full
}

func (m *mortal) isFull() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.full
}

// dead reports whether this life is over, and burns the fuse when it is asked between two steps.
func (m *mortal) dead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.step()
}

// write is one transaction; the life may end before it and after it.
func (m *mortal) write(f func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.step() {
		return errKilled
	}
	if m.full {
		return fmt.Errorf("%w: simulated", monitor.ErrFull)
	}
	err := f()
	if m.step() {
		return errKilled
	}
	return err
}

func (m *mortal) Record(b monitor.Batch) (added []int64, err error) {
	err = m.write(func() error {
		if added, err = m.DB.Record(b); err == nil {
			for _, e := range b.Entries {
				m.diary.written(e.Alerts)
			}
		}
		return err
	})
	return added, err
}

func (m *mortal) Amend(a []monitor.Amendment) error {
	return m.write(func() error {
		err := m.DB.Amend(a)
		if err == nil {
			for _, x := range a {
				m.diary.written(x.Alerts)
			}
		}
		return err
	})
}

func (m *mortal) Keep(s monitor.Specimen) error {
	return m.write(func() error { return m.DB.Keep(s) })
}

func (m *mortal) Intend(i monitor.Intent) error {
	return m.write(func() error {
		err := m.DB.Intend(i)
		if err == nil {
			m.diary.intended(i.Alerts)
		}
		return err
	})
}

func (m *mortal) Settle(a []monitor.Alert) error {
	return m.write(func() error {
		err := m.DB.Settle(a)
		if err == nil {
			m.diary.settled(a)
		}
		return err
	})
}

func (m *mortal) Pause(x monitor.Wait) error {
	return m.write(func() error { return m.DB.Pause(x) })
}

func (m *mortal) Notes(a []monitor.Alert, told []monitor.Trouble) error {
	return m.write(func() error { return m.DB.Notes(a, told) })
}

func (m *mortal) NextDigest(route string) (n uint64, err error) {
	err = m.write(func() error {
		n, err = m.DB.NextDigest(route)
		return err
	})
	return n, err
}

// mortalNotifier is the way to Slack of that life.
type mortalNotifier struct {
	monitor.Notifier
	life func() *mortal
}

func (n *mortalNotifier) Notify(ctx context.Context, msg monitor.Message) monitor.Outcome {
	m := n.life()
	if m.dead() {
		return monitor.Outcome{Result: monitor.ResultUnknown, Err: errKilled}
	}
	o := n.Notifier.Notify(ctx, msg)
	if m.dead() {
		o = monitor.Outcome{Result: monitor.ResultUnknown, Err: errKilled}
	}
	if o.Result == monitor.ResultUnknown && msg.Route.To.Webhook != "" {
		m.mu.Lock()
		m.unclear[msg.ID]++
		m.mu.Unlock()
	}
	return o
}

// diary notes on the true clock when an alert could first go, and when the intent was written that it was posted with:
// the order of a channel is judged by these. It outlives the daemon.
type diary struct {
	mu     sync.Mutex
	since  map[string]time.Time // alert → when it was first written, or what its route holds is due
	intent map[string]time.Time // alert → when its open or last intent was written
	open   map[string]bool      // alerts with an open intent
}

func newDiary() *diary {
	return &diary{since: map[string]time.Time{}, intent: map[string]time.Time{}, open: map[string]bool{}}
}

func (d *diary) written(alerts []monitor.Alert) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range alerts {
		if _, known := d.since[a.ID]; !known {
			d.since[a.ID] = time.Now()
			if a.State == monitor.Held && a.DueAt.After(time.Now()) {
				d.since[a.ID] = a.DueAt
			}
		}
	}
}

func (d *diary) intended(alerts []monitor.Alert) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range alerts {
		if !d.open[a.ID] {
			d.intent[a.ID], d.open[a.ID] = time.Now(), true
		}
	}
}

func (d *diary) settled(alerts []monitor.Alert) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range alerts {
		d.open[a.ID] = !a.IntendedAt.IsZero()
	}
}

// overtaken reports whether late waited already when early, which came into the channel before it, was chosen.
func (d *diary) overtaken(late, early string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	waited, known := d.since[late]
	return known && waited.Before(d.intent[early])
}
