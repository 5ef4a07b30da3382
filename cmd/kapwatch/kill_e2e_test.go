//go:build e2e

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
)

// killAtRandom kills the daemon with signal 9 at random moments while filings arrive and alerts leave.
func killAtRandom(w *world, runs int) { w.cuts(runs, w.kill) }

// struckAt begins a life in which strace strikes the n-th call, and waits until it has or the daemon is done. It reports
// whether the life was not struck. strace counts the calls of each thread by itself, so the first thread that comes to
// n is struck; the bare ledger (ledgerKilled) makes all calls in one.
func (w *world) struckAt(n int, call, how string, done func() bool) (clean bool) {
	w.t.Helper()
	trace := filepath.Join(w.dir, "trace")
	_ = os.Remove(trace) // of the life before
	w.wrap = traced(trace, call, fmt.Sprintf("%s:when=%d", how, n))
	w.launch()
	struck := func() bool {
		b, _ := os.ReadFile(trace) // not yet there: not yet struck
		return strings.Contains(string(b), "INJECTED") || strings.Contains(string(b), "killed by SIGKILL")
	}
	within(15*time.Second, func() bool { return w.over() || struck() || done() })
	return !struck()
}

// traced puts strace before the daemon, which injects how into its calls.
func traced(trace, call, how string) []string {
	return []string{"strace", "-f", "-q", "-o", trace, "-e", "trace=" + call, "-e", "inject=" + call + ":" + how}
}

// slowSlack has stored a message when it takes its time to answer.
var slowSlack = slacksim.Trouble{Accept: true, Delay: 200 * time.Millisecond}

// nth strikes the n-th call, for n = 1, 1+stride … until two lives are not struck, or runs were. lived is what must be
// true of a life that was struck.
func nth(w *world, runs int, call, how string, stride int, lived func()) {
	for n, clean := 1, 0; clean < 2 && w.tally.runs < runs && !w.t.Failed(); n += stride {
		last := time.Now().Add(3 * time.Second)
		next := time.Now()
		busy := func() bool { // filings keep coming, so that there is much to strike
			if now := time.Now(); now.After(next) && now.Before(last) {
				w.publish(2)
				next = now.Add(250 * time.Millisecond)
			}
			return time.Now().After(last) && w.settled()
		}
		if w.struckAt(n, call, how, busy) {
			clean++
		} else {
			clean = 0
			lived()
			w.tally.runs++
		}
		w.crashed()
		w.wrap = nil
		w.rest(n/stride, 8)
	}
	w.recover()
}

// killAt kills at each n-th call: first while a new file is made, then in the life of one.
func killAt(call string) func(*world, int) {
	return func(w *world, runs int) {
		for n, clean := 1, 0; clean < 2; n++ {
			if w.struckAt(n, call, "signal=KILL", w.born) {
				clean++
			} else {
				w.tally.runs++
			}
			w.crashed()
			if err := os.Remove(w.ledger); err != nil && !errors.Is(err, fs.ErrNotExist) {
				w.t.Fatal(err)
			}
			w.forget()
		}
		w.wrap = nil
		w.begin()
		w.kill()
		nth(w, w.tally.runs+runs, call, "signal=KILL", strideFor(runs), func() { w.ends(10 * time.Second) })
	}
}

// strideFor makes the short form take every fifth call.
func strideFor(runs int) int {
	if runs < 50 {
		return 5
	}
	return 1
}

// terminateInPoll, terminateInPost and terminateInCommit end the daemon as systemd does. Each stop is orderly and takes ten
// seconds at most.
func terminateInPoll(w *world, runs int) {
	w.begin()
	for range runs {
		w.meets(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Hang()}, 3)
		w.stopsInTime()
		w.site.Clear()
		w.start()
	}
	w.settle()
	w.check()
}

func terminateInPost(w *world, runs int) {
	w.begin()
	for n := range runs {
		trouble := slacksim.Trouble{Method: "chat.postMessage", Accept: n%2 == 0, Delay: 2 * time.Second}
		if n%3 == 2 {
			trouble = slacksim.Trouble{Method: "chat.postMessage", Accept: n%2 == 0, Hang: true}
		}
		w.posting(trouble)
		w.stopsInTime()
		w.slack.Clear()
		w.start()
	}
	w.settle()
	w.check()
}

// posting sets the trouble of a post and waits until one runs into it.
func (w *world) posting(t slacksim.Trouble) {
	w.t.Helper()
	w.slack.Trouble(t)
	asked := w.slack.Requests("chat.postMessage")
	w.publish(4)
	w.until("a post is under way", func() bool { return w.slack.Requests("chat.postMessage") > asked })
}

// terminateInCommit: the data of a commit are written when the signal comes, and wait for the disk.
func terminateInCommit(w *world, runs int) {
	w.begin()
	w.kill()
	for range runs {
		w.wrap = traced("/dev/null", "fdatasync", "delay_exit=500000")
		w.start()
		before, written := w.told().Ledger.Filings, w.written()
		w.publish(4)
		w.until("a commit is under way", func() bool { return w.written() != written })
		w.stopsInTime()
		w.wrap = nil
		w.start()
		w.until("more is recorded", func() bool { return w.told().Ledger.Filings > before })
		w.kill()
	}
	w.recover()
}

// written is when the file was last written to.
func (w *world) written() time.Time {
	w.t.Helper()
	info, err := os.Stat(w.ledger)
	if err != nil {
		w.t.Fatal(err)
	}
	return info.ModTime()
}

func (w *world) stopsInTime() {
	w.t.Helper()
	begun := time.Now()
	if code := w.terminate(); code != 0 {
		w.t.Errorf("exit code %d after SIGTERM", code)
	}
	if took := time.Since(begun); took > 10*time.Second+500*time.Millisecond {
		w.t.Errorf("the stop took %v", took)
	}
	w.tally.runs++
	w.crashed()
}

// terminateTwice sends a second signal while the first stop waits for a post that hangs: it takes no longer, and nothing is
// torn apart.
func terminateTwice(w *world, runs int) {
	w.begin()
	for range runs {
		w.posting(slacksim.Trouble{Method: "chat.postMessage", Accept: true, Hang: true})
		w.signal(syscall.SIGTERM)
		time.Sleep(200 * time.Millisecond)
		w.signal(syscall.SIGTERM)
		w.ends(10*time.Second + 500*time.Millisecond)
		w.tally.runs++
		w.slack.Clear()
		w.crashed()
		w.start()
	}
	w.settle()
	w.check()
}
