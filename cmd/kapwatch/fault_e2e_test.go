//go:build e2e

package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

var (
	form  = flag.String("faults", "short", "short, or long: how often each fault strikes")
	write = flag.String("write", "", "put the table of results into this file, between its two marks")
)

// fault is a row of the matrix in deploy/RELIABILITY.md, with how often it strikes in the short form, which .ci/run
// runs, and in the long one.
type fault struct {
	name        string
	short, long int
	worlds      int      // that share the runs; 0 = one
	needs       []string // programs, files of the kernel and, with "root", the right to mount and to limit
	run         func(w *world, runs int)
}

// TestE2EFaults strikes the real daemon with every fault, and after each checks the same world.
func TestE2EFaults(t *testing.T) {
	sweep(t)
	bin := build(t)
	var rows []fault
	for _, part := range [][]fault{processFaults, hostFaults, powerFaults, diskFaults, fileFaults, sourceFaults, slackFaults} {
		rows = append(rows, part...)
	}
	results := make([][]*tally, len(rows))
	begun := time.Now()
	t.Run("all", func(t *testing.T) {
		for i, f := range rows {
			runs := f.short
			if *form == "long" {
				runs = f.long
			}
			if runs == 0 {
				continue // only in the long form
			}
			worlds := max(f.worlds, 1)
			results[i] = make([]*tally, worlds)
			for n := range worlds {
				t.Run(strings.NewReplacer(" ", "_", "/", "_").Replace(f.name), func(t *testing.T) {
					t.Parallel()
					need(t, f.needs)
					w := newWorld(t, bin)
					results[i][n] = w.tally
					f.run(w, (runs+n)/worlds)
				})
			}
		}
	})
	head := fmt.Sprintf("%s, %s form, %d cores, %s, %s/%s, took %v", time.Now().Format(time.DateOnly), *form, runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, time.Since(begun).Round(time.Second))
	var lines []string
	for i, worlds := range results {
		if r := sum(worlds); r != nil {
			lines = append(lines, fmt.Sprintf("| %s | %d | %d | %s | %s |", rows[i].name, r.runs, r.lost, r.repeats(), r.outcome()))
		}
	}
	t.Log("\n" + head + "\n\n" + tableOf(lines))
	if *write != "" {
		publishTable(t, *write, head, lines)
	}
}

func tableOf(lines []string) string {
	return "| fault | runs | lost | repeated | recovered |\n| --- | --- | --- | --- | --- |\n" + strings.Join(lines, "\n") + "\n"
}

// sum adds up a row; nil when it was skipped.
func sum(worlds []*tally) (r *tally) {
	for _, w := range worlds {
		if w == nil {
			continue
		}
		if r == nil {
			r = &tally{}
		}
		r.runs, r.lost, r.repeated = r.runs+w.runs, r.lost+w.lost, r.repeated+w.repeated
		r.marked, r.recovered, r.note = r.marked+w.marked, r.recovered+w.recovered, w.note
	}
	return r
}

func (r *tally) repeats() string {
	if r.marked > 0 {
		return fmt.Sprintf("%d, and %d marked by the webhook", r.repeated, r.marked)
	}
	return fmt.Sprint(r.repeated)
}

func (r *tally) outcome() string {
	s := fmt.Sprint(r.recovered)
	if r.note != "" {
		s += "; " + r.note
	}
	return s
}

// publishTable puts the results between the two marks of the file. A row that was not run, as with a narrower -run,
// keeps what stands there.
func publishTable(t *testing.T, path, head string, lines []string) {
	const begin, end = "<!-- table -->\n", "<!-- end of table -->"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no marks", path)
	}
	name := func(line string) string { name, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |"); return name }
	all, fresh := strings.Split(strings.TrimSpace(old), "\n"), map[string]string{}
	for _, l := range lines {
		fresh[name(l)] = l
	}
	var merged []string
	for _, l := range all[min(len(all), 4):] { // date, blank line and the table's head
		if now, ok := fresh[name(l)]; ok {
			l = now
			delete(fresh, name(l))
		}
		merged = append(merged, l)
	}
	if len(merged) > len(lines)-len(fresh) {
		head += "; rows that it left out are of an earlier run"
	}
	for _, l := range lines {
		if _, ok := fresh[name(l)]; ok {
			merged = append(merged, l)
		}
	}
	if err := os.WriteFile(path, []byte(before+begin+head+"\n\n"+tableOf(merged)+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// need skips what this machine cannot do and says what is missing. CI installs what is needed and skips nothing, but for
// the controllers of a kernel, which nobody can install.
func need(t *testing.T, what []string) {
	t.Helper()
	for _, x := range what {
		missing, kernel := false, false
		switch {
		case x == "root":
			missing = os.Geteuid() != 0
		case strings.HasPrefix(x, "/"):
			_, err := os.Stat(x)
			missing, kernel = err != nil, true
			x += ", of a controller of cgroup version 1, which this machine has not mounted"
		default:
			_, err := exec.LookPath(x)
			missing = err != nil
		}
		if missing && !kernel && os.Getenv("CI") == "true" {
			t.Fatalf("needs %s", x)
		} else if missing {
			t.Skipf("needs %s", x)
		}
	}
}

// processFaults are those of the process.
var processFaults = []fault{
	{"kill -9 at random", 60, 1000, 4, nil, killAtRandom},
	{"kill -9 at each n-th write", 10, 500, 1, []string{"strace"}, killAt("pwrite64")},
	{"kill -9 at each n-th sync", 8, 500, 1, []string{"strace"}, killAt("fdatasync")},
	{"SIGTERM in a poll", 1, 10, 1, nil, terminateInPoll},
	{"SIGTERM in a post", 3, 12, 1, nil, terminateInPost},
	{"SIGTERM in a commit", 1, 10, 1, []string{"strace"}, terminateInCommit},
	{"second SIGTERM", 1, 10, 1, nil, terminateTwice},
}
