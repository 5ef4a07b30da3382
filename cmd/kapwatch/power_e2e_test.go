//go:build e2e

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/store"
)

// powerFaults are power cuts, of the whole daemon and of the bare ledger, which writes as fast as it can. The control
// does not sync, and must lose what it acknowledged: else the cut would cut nothing.
var powerFaults = []fault{
	{"power cut, ext4", 1, 60, 1, []string{"root", "mkfs.ext4"}, powerCut("ext4", 32)},
	{"power cut, xfs", 1, 60, 1, []string{"root", "mkfs.xfs"}, powerCut("xfs", 320)},
	{"power cut, ext4, bare ledger", 1, 60, 1, []string{"root", "mkfs.ext4"}, ledgerCut("ext4", 64, true)},
	{"power cut, xfs, bare ledger", 1, 60, 1, []string{"root", "mkfs.xfs"}, ledgerCut("xfs", 320, true)},
	{"control: ext4 without sync", 2, 5, 1, []string{"root", "mkfs.ext4"}, ledgerCut("ext4", 64, false)},
	{"control: xfs without sync", 2, 5, 1, []string{"root", "mkfs.xfs"}, ledgerCut("xfs", 320, false)},
	{"kill -9 at each n-th write, bare ledger", 10, 500, 1, []string{"strace"}, ledgerKilled("pwrite64")},
	{"kill -9 at each n-th sync, bare ledger", 10, 500, 1, []string{"strace"}, ledgerKilled("fdatasync")},
}

// powerCut cuts the power of the disk while filings arrive and alerts leave.
func powerCut(kind string, size int) func(*world, int) {
	return func(w *world, runs int) {
		d := newDisk(w, kind, size)
		w.cuts(runs, func() {
			d.cutPower()
			w.kill()
			d.remount()
		})
	}
}

// ledgerEnv makes the test binary a process that writes the ledger of that path: "sync PATH" or "nosync PATH". The
// product has no way of not syncing.
const ledgerEnv = "KAPWATCH_E2E_LEDGER"

// TestE2ELedger is that process. It records, intends and settles one alert after the other, all in one thread, and says
// what is acknowledged.
func TestE2ELedger(t *testing.T) {
	how, path, ok := strings.Cut(os.Getenv(ledgerEnv), " ")
	if !ok {
		t.Skip("started by TestE2EFaults")
	}
	runtime.LockOSThread()
	db, err := store.Open(path, store.Options{NoSync: how == "nosync"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for i := db.Stats().Newest + 1; ; i++ {
		now := time.Now()
		a := monitor.Alert{ID: fmt.Sprintf("%d-energy", i), Index: i, Route: "energy", Channel: "slack:C0000ENERGY", State: monitor.Pending, CreatedAt: now}
		f := monitor.Filing{Index: i, PublishedAt: now, SeenAt: now, Company: companies[0].name, Class: "ODA", Subject: "Özel Durum Açıklaması (Genel)", Summary: summaryOf(i)}
		_, err := db.Record(monitor.Batch{Entries: []monitor.Entry{{Filing: f, Alerts: []monitor.Alert{a}}}, Cursor: monitor.Cursor{BaselineAt: now, CommittedAt: now}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("recorded", i)
		a.IntendedAt = now
		if err := db.Intend(monitor.Intent{ID: a.ID, Alerts: []monitor.Alert{a}}); err != nil {
			t.Fatal(err)
		}
		a.State, a.SentAt, a.TS, a.IntendedAt = monitor.Sent, now, "1.1", time.Time{}
		if err := db.Settle([]monitor.Alert{a}); err != nil {
			t.Fatal(err)
		}
		fmt.Println("sent", i)
		if os.Getenv("KAPWATCH_E2E_FEW") != "" && db.Stats().Filings > 5 {
			return
		}
	}
}

// ledgerProcess runs it, perhaps behind a wrapper, and gives what it has acknowledged once end has ended it.
func ledgerProcess(w *world, how string, wrap []string, env string, end func(*exec.Cmd)) (acked []string) {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	args := append(append([]string{}, wrap...), self, "-test.run=^TestE2ELedger$")
	c := exec.Command(args[0], args[1:]...)
	var out bytes.Buffer
	c.Stdout = &out
	c.Env = append(os.Environ(), ledgerEnv+"="+how+" "+w.ledger, env)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	end(c)
	_ = c.Wait() // it was ended
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) == 2 && (f[0] == "recorded" || f[0] == "sent") {
			acked = append(acked, lines.Text())
		}
	}
	return acked
}

// lostOf counts what was acknowledged and is not in the file; all of it when the file cannot be read.
func (w *world) lostOf(acked []string) (lost int) {
	w.t.Helper()
	db, err := store.Open(w.ledger, store.Options{ReadOnly: true})
	if err != nil {
		w.t.Log(err)
		return len(acked)
	}
	defer db.Close()
	if _, err := db.Verify(w.t.Context()); err != nil {
		w.t.Log(err)
		return len(acked)
	}
	for _, line := range acked {
		var what string
		var i int64
		if _, err := fmt.Sscan(line, &what, &i); err != nil {
			w.t.Fatal(err)
		}
		r, found, err := db.Get(i)
		if err != nil || !found || r.Filing.Summary != summaryOf(i) || what == "sent" && (len(r.Alerts) != 1 || r.Alerts[0].State != monitor.Sent) {
			lost++
		}
	}
	return lost
}

// ledgerCut cuts the power while the bare ledger is written.
func ledgerCut(kind string, size int, sync bool) func(*world, int) {
	return func(w *world, runs int) {
		d := newDisk(w, kind, size)
		how := map[bool]string{true: "sync", false: "nosync"}[sync]
		all, lost := 0, 0
		for range runs {
			acked := ledgerProcess(w, how, nil, "", func(c *exec.Cmd) {
				least := 300 * time.Millisecond
				if !sync {
					least = 2 * time.Second // bbolt syncs a growing file, the more seldom the larger it is
				}
				time.Sleep(least + time.Duration(rand.IntN(700))*time.Millisecond)
				d.cutPower()
				_ = c.Process.Kill() // it may have ended at the cut
			})
			d.remount()
			w.tally.runs++
			n := w.lostOf(acked)
			all, lost = all+len(acked), lost+n
			if !sync {
				_ = os.Remove(w.ledger) // whatever is left of it
			} else if n == 0 {
				w.tally.recovered++
			}
		}
		w.tally.lost, w.tally.note = lost, fmt.Sprintf("%d acknowledged", all)
		switch {
		case all == 0:
			w.t.Error("nothing was acknowledged")
		case sync && lost > 0:
			w.t.Errorf("%d of %d acknowledged writes lost", lost, all)
		case !sync && lost == 0:
			w.t.Errorf("nothing of %d writes that were not synced was lost: the cut proves nothing", all)
		}
	}
}

// ledgerKilled kills the bare ledger at the n-th call, exactly, for n = 1, 1+stride … until a run is not struck.
func ledgerKilled(call string) func(*world, int) {
	return func(w *world, runs int) {
		trace := filepath.Join(w.dir, "trace")
		all := 0
		for n := 1; w.tally.runs < runs; n += strideFor(runs) {
			_ = os.Remove(w.ledger) // each on a new file
			acked := ledgerProcess(w, "sync", traced(trace, call, fmt.Sprintf("signal=KILL:when=%d", n)), "KAPWATCH_E2E_FEW=1", func(*exec.Cmd) {})
			b, err := os.ReadFile(trace)
			if err != nil {
				w.t.Fatal(err)
			}
			if !strings.Contains(string(b), "killed by SIGKILL") {
				break
			}
			w.tally.runs++
			all += len(acked)
			if len(acked) == 0 {
				if _, err := os.Stat(w.ledger); err != nil { // struck before there was a file
					w.tally.recovered++
					continue
				}
			}
			if lost := w.lostOf(acked); lost > 0 {
				w.tally.lost += lost
				w.t.Errorf("killed at call %d: %d of %d acknowledged writes lost", n, lost, len(acked))
			} else {
				w.tally.recovered++
			}
		}
		w.tally.note = fmt.Sprintf("%d acknowledged", all)
	}
}
