//go:build e2e

package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	needs       []string // programs and, with "root", the right to mount and to limit
	run         func(w *world, runs int)
}

// TestE2EFaults strikes the real daemon with every fault, and after each checks the same world.
func TestE2EFaults(t *testing.T) {
	sweep(t)
	bin := filepath.Join(t.TempDir(), "kapwatch")
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is shipped
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
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
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s, %s form, %d cores, %s, %s/%s, took %v\n\n", time.Now().Format(time.DateOnly), *form, runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, time.Since(begun).Round(time.Second))
	b.WriteString("| fault | runs | lost | repeated | recovered |\n| --- | --- | --- | --- | --- |\n")
	for i, worlds := range results {
		if r := sum(worlds); r != nil {
			fmt.Fprintf(&b, "| %s | %d | %d | %s | %s |\n", rows[i].name, r.runs, r.lost, r.repeats(), r.outcome())
		}
	}
	t.Log("\n" + b.String())
	if *write != "" {
		publishTable(t, *write, b.String())
	}
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

// publishTable replaces what stands between the two marks of the file.
func publishTable(t *testing.T, path, text string) {
	const begin, end = "<!-- table -->\n", "<!-- end of table -->"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(b), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no marks", path)
	}
	if err := os.WriteFile(path, []byte(head+begin+text+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

// need skips what this machine cannot do; in CI, which installs what is needed, nothing is skipped.
func need(t *testing.T, what []string) {
	t.Helper()
	for _, x := range what {
		missing := false
		switch {
		case x == "root":
			missing = os.Geteuid() != 0
		case strings.HasPrefix(x, "/"):
			if _, err := os.Stat(x); err != nil {
				t.Skipf("this kernel has no %s", x) // nothing that could be installed
			}
		default:
			_, err := exec.LookPath(x)
			missing = err != nil
		}
		if missing && os.Getenv("CI") == "true" {
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
