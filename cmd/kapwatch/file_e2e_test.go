//go:build e2e

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// fileFaults are a ledger that is not what it was.
var fileFaults = []fault{
	{"corrupt, truncated, empty, foreign file", 6, 6, 1, nil, refusedFile},
	{"a flipped bit in every page", 20, 1000, 1, nil, flippedBit},
	{"file removed or replaced while open", 2, 10, 1, nil, goneFile},
	{"upgrade, killed at each n-th write", 10, 200, 1, []string{"strace"}, upgrade("pwrite64")},
	{"upgrade, killed at each n-th sync", 10, 200, 1, []string{"strace"}, upgrade("fdatasync")},
}

func (w *world) read(path string) []byte {
	w.t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) put(path string, b []byte) {
	w.t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// refusedFile starts the daemon on files that it must refuse, keep, and say how to mend.
func refusedFile(w *world, _ int) {
	w.begin()
	w.publish(8)
	w.settle()
	w.terminate()
	sound := w.read(w.ledger)
	heads := bytes.Clone(sound)
	clear(heads[24:64])
	clear(heads[4096+24 : 4096+64])
	body := bytes.Clone(sound)
	for i := 2 * 4096; i < len(body); i++ {
		body[i] ^= 0x5a
	}
	for _, c := range []struct {
		name string
		file []byte
		hint string
	}{
		{"empty", nil, "restore"},
		{"truncated", sound[:5*4096], "restore"},
		{"truncated in the head", sound[:100], "restore"},
		{"heads overwritten", heads, "restore"},
		{"all pages overwritten", body, "restore"},
		{"foreign", []byte(strings.Repeat("not a ledger\n", 5000)), "store.path"},
	} {
		w.put(w.ledger, c.file)
		out, code := w.run("run")
		if code == 0 || !strings.Contains(out, "kapwatch: error: ") || !strings.Contains(out, "kapwatch: hint: ") || !strings.Contains(out, c.hint) {
			w.t.Errorf("%s: exit code %d\n%s", c.name, code, out)
		}
		if !bytes.Equal(w.read(w.ledger), c.file) {
			w.t.Errorf("%s: the refused file was changed", c.name)
		}
		w.tally.runs++
	}
	w.put(w.ledger, sound)
	w.recover()
}

// flippedBit turns one bit in every page of a copy, as it is in the page that the daemon reads: it is refused, it is
// found by verify, or what it says is what was said before.
func flippedBit(w *world, runs int) {
	w.begin()
	w.publish(120)
	w.settle()
	w.terminate()
	sound := w.read(w.ledger)
	before, code := w.run("export")
	if code != 0 {
		w.t.Fatalf("export: %s", before)
	}
	pages := len(sound) / 4096
	seen := 0
	for n := range min(runs, pages) {
		page := n * pages / min(runs, pages)
		b := bytes.Clone(sound)
		b[page*4096+rand.IntN(4096)] ^= 1 << rand.IntN(8)
		w.put(w.ledger, b)
		out, code := w.run("export")
		if w.verified() != nil || code != 0 {
			seen++
		} else if out != before {
			w.t.Errorf("page %d: a wrong answer, and nobody says so", page)
		}
		w.tally.runs++
	}
	w.tally.note = fmt.Sprintf("%d seen, the others in bytes that are not in use", seen)
	w.put(w.ledger, sound)
	w.recover()
}

// goneFile removes the file, or puts another in its place, while the daemon has it open. The daemon goes on with what it
// has open and says so; its backup saves all.
func goneFile(w *world, runs int) {
	w.begin()
	for n := range runs {
		w.publish(4)
		w.settle()
		if n%2 == 0 {
			if err := os.Remove(w.ledger); err != nil {
				w.t.Fatal(err)
			}
		} else {
			other := filepath.Join(w.dir, "other")
			w.put(other, []byte("another file"))
			if err := os.Rename(other, w.ledger); err != nil {
				w.t.Fatal(err)
			}
		}
		w.publish(4)
		w.degraded("was removed or replaced")
		w.settle()
		saved := filepath.Join(w.dir, "saved.db")
		if out, code := w.run("backup", saved); code != 0 {
			w.t.Fatalf("backup: exit code %d\n%s", code, out)
		}
		w.terminate()
		if err := os.Remove(w.ledger); err != nil && !errors.Is(err, fs.ErrNotExist) {
			w.t.Fatal(err)
		}
		if out, code := w.run("restore", saved); code != 0 {
			w.t.Fatalf("restore: exit code %d\n%s", code, out)
		}
		_ = os.Remove(saved) // the next is written anew
		w.tally.runs++
		w.unclear++ // what is published in the second of the restore may have been sent before it
		w.crashed()
		w.start()
	}
	w.settle()
	w.check()
}

// upgrade starts this program on a file of the first schema, and kills it at the n-th call until it lives: each time
// all its filings are there.
func upgrade(call string) func(*world, int) {
	return func(w *world, runs int) {
		old := w.read("../../store/testdata/schema1.db")
		for n, clean := 1, 0; clean < 2 && w.tally.runs < runs; n++ {
			w.put(w.ledger, old)
			w.forget()
			if w.struckAt(n, call, "signal=KILL", w.born) {
				clean++
			} else {
				w.tally.runs++
			}
			w.kill()
			w.wrap = nil
			if err := w.verified(); err != nil {
				w.t.Errorf("killed at call %d: %v", n, err)
			}
			w.upgraded(n)
			w.start() // without the trace the whole of it
			if code := w.terminate(); code != 0 {
				w.t.Errorf("killed at call %d: exit code %d", n, code)
			}
			if err := w.verified(); err != nil {
				w.t.Error(err)
			}
			w.upgraded(n)
		}
		if !w.t.Failed() {
			w.tally.recovered = w.tally.runs
		}
	}
}

// upgraded checks that the three filings of the first schema are there, after a kill at call n or after the start that
// followed.
func (w *world) upgraded(n int) {
	w.t.Helper()
	out, code := w.run("export")
	for i := range 3 {
		if code != 0 || !strings.Contains(out, fmt.Sprintf(`"summary":"Sentetik özet %d"`, i+1)) {
			w.tally.lost++
			w.t.Errorf("killed at call %d: filing %d is not in the export, which ended with %d:\n%s", n, i+1, code, out)
		}
	}
}
