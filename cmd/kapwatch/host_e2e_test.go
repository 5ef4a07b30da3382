//go:build e2e

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kapwatch/monitor/kap/kapsim"
)

const cgroups = "/sys/fs/cgroup"

// hostFaults are what a machine does to a process. Groups are those of cgroup version 1.
var hostFaults = []fault{
	{"SIGSTOP and SIGCONT", 1, 5, 1, nil, stopped},
	{"freezer", 1, 3, 1, []string{"root", cgroups + "/freezer/tasks"}, freezer},
	{"OOM kill in a small group", 2, 20, 1, []string{"root", cgroups + "/memory/tasks"}, outOfMemory},
	{"CPU quota of 5 %", 1, 5, 1, []string{"root", cgroups + "/cpu/tasks"}, littleCPU},
	{"16 open files", 1, 10, 1, []string{"prlimit"}, fewFiles},
	{"limit on threads", 1, 10, 1, []string{"root", cgroups + "/pids/tasks"}, fewThreads},
	{"two daemons on one file", 1, 20, 1, nil, twoDaemons},
}

// group is a cgroup of one controller. It is gone after the test.
type group struct {
	w    *world
	path string
}

func newGroup(w *world, controller string) *group {
	w.t.Helper()
	g := &group{w, filepath.Join(cgroups, controller, fmt.Sprintf("%s%d-%s", mounts, os.Getpid(), filepath.Base(w.dir)+controller))}
	if err := os.Mkdir(g.path, 0o755); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		w.kill()
		if !within(10*time.Second, func() bool { return os.Remove(g.path) == nil }) {
			w.t.Errorf("%s is still there", g.path)
		}
	})
	return g
}

func (g *group) set(file, value string) {
	g.w.t.Helper()
	if err := os.WriteFile(filepath.Join(g.path, file), []byte(value), 0o644); err != nil {
		g.w.t.Fatal(err)
	}
}

// inside is a wrapper that starts the daemon in the group.
func (g *group) inside() []string {
	return []string{"sh", "-c", "echo $$ > " + g.path + "/cgroup.procs && exec \"$@\"", "sh"}
}

// stopped is a process that does not run for a minute, as on a machine that is moved.
func stopped(w *world, runs int) {
	w.begin()
	for range runs {
		w.publish(4)
		time.Sleep(500 * time.Millisecond)
		w.signal(syscall.SIGSTOP)
		w.publish(4)
		time.Sleep(time.Minute)
		asked := w.site.Count(kapsim.Criteria)
		w.signal(syscall.SIGCONT)
		time.Sleep(500 * time.Millisecond)
		if polls := w.site.Count(kapsim.Criteria) - asked; polls > 2 {
			w.t.Errorf("%d polls at once after the stop", polls)
		}
		w.settle()
		w.ledgerIsSound()
		w.tally.runs++
	}
	w.check()
}

func freezer(w *world, runs int) {
	g := newGroup(w, "freezer")
	w.wrap = g.inside()
	w.begin()
	for range runs {
		w.publish(4)
		g.set("freezer.state", "FROZEN")
		w.publish(4)
		time.Sleep(scaled(3*time.Second, 2*time.Minute))
		g.set("freezer.state", "THAWED")
		w.settle()
		w.ledgerIsSound()
		w.tally.runs++
	}
	w.check()
}

// outOfMemory lets another process of the group take all memory: the kernel kills the daemon, which is first in line.
func outOfMemory(w *world, runs int) {
	g := newGroup(w, "memory")
	g.set("memory.limit_in_bytes", "64M")
	w.wrap = g.inside()
	w.begin()
	for range runs {
		w.publish(6)
		if err := os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", w.pid()), []byte("1000"), 0o644); err != nil {
			w.t.Fatal(err)
		}
		eater := exec.Command("sh", "-c", "echo $$ > "+g.path+"/cgroup.procs && head -c 100m /dev/zero | tail > /dev/null")
		if err := eater.Start(); err != nil {
			w.t.Fatal(err)
		}
		if code := w.ends(20 * time.Second); code != -1 {
			w.t.Errorf("exit code %d, want a kill", code)
		}
		_ = eater.Wait() // it was killed too
		w.tally.runs++
		w.crashed()
		w.start()
	}
	w.settle()
	w.check()
}

func littleCPU(w *world, runs int) {
	g := newGroup(w, "cpu")
	g.set("cpu.cfs_period_us", "100000")
	g.set("cpu.cfs_quota_us", "5000")
	w.wrap = g.inside()
	w.works(runs, 20)
}

// fewFiles lets clients take the few files that the daemon may open: it goes on, or says what it lacks.
func fewFiles(w *world, runs int) {
	w.wrap = []string{"prlimit", "--nofile=16"}
	w.begin()
	for range runs {
		var clients []net.Conn
		for range 20 {
			c, err := net.Dial("tcp", strings.TrimPrefix(w.address(), "http://"))
			if err != nil {
				break
			}
			clients = append(clients, c)
		}
		w.publish(4)
		time.Sleep(3 * time.Second)
		if w.over() {
			w.t.Fatalf("the daemon ended with code %d\n%s", w.code(), w.log.tail())
		}
		for _, c := range clients {
			c.Close()
		}
		w.settle()
		w.tally.runs++
	}
	if !strings.Contains(w.log.String(), "too many open files") {
		w.t.Error("it was never short of files")
	}
	w.check()
}

// fewThreads is a limit that Go's runtime cannot live with: it dies loudly, and nothing is lost.
func fewThreads(w *world, runs int) {
	g := newGroup(w, "pids")
	w.begin()
	died := 0
	for n := range runs {
		w.publish(4)
		w.kill()
		g.set("pids.max", strconv.Itoa(3+n%6))
		w.wrap = g.inside()
		said := len(w.log.String())
		w.launch()
		within(3*time.Second, w.over)
		if w.over() {
			died++
			if last := w.log.String()[said:]; !strings.Contains(last, "new OS thread") && !strings.Contains(last, "fork") {
				w.t.Errorf("it died without a word:\n%s", last)
			}
		}
		w.crashed()
		w.wrap = nil
		w.tally.runs++
		w.start()
	}
	if w.tally.note = fmt.Sprintf("%d died loudly", died); died == 0 {
		w.t.Error("it was never short of threads")
	}
	w.settle()
	w.check()
}

// twoDaemons: the second on one file ends within 3 s with a clear line, and the first does not mind.
func twoDaemons(w *world, runs int) {
	w.begin()
	for range runs {
		w.publish(2)
		begun := time.Now()
		out, code := w.run("run")
		if took := time.Since(begun); code != 1 || took > 3*time.Second || !strings.Contains(out, "kapwatch: error: ") || !strings.Contains(out, "another kapwatch has ") {
			w.t.Errorf("exit code %d after %v\n%s", code, took, out)
		}
		if out, code := w.run("filings"); code != 0 || !strings.Contains(out, strconv.Itoa(e2eBaseline)) {
			w.t.Errorf("filings beside the daemon: exit code %d\n%s", code, out)
		}
		w.tally.runs++
	}
	w.settle()
	w.check()
}
