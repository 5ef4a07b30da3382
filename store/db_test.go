package store_test

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"kapwatch/monitor"
	"kapwatch/store"
)

var update = flag.Bool("update", false, "rewrite testdata")

func TestOpenMakesAPrivateFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "deep")
	db := openAt(t, filepath.Join(dir, "kapwatch.db"), store.Options{})
	for path, want := range map[string]os.FileMode{db.Path(): 0o600, dir: 0o700} {
		info, err := os.Stat(path)
		must(t, err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %s = %04o, want %04o", filepath.Base(path), got, want)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	if len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOpenRefuses(t *testing.T) {
	good := filepath.Join(t.TempDir(), "good.db")
	db := openAt(t, good, store.Options{})
	record(t, db, entryOf(1), entryOf(2))
	must(t, db.Close())
	whole, err := os.ReadFile(good)
	must(t, err)
	foreign := filepath.Join(t.TempDir(), "foreign.db")
	b, err := bolt.Open(foreign, 0o600, nil)
	must(t, err)
	must(t, b.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("x")); return err }))
	must(t, b.Close())
	other, err := os.ReadFile(foreign)
	must(t, err)
	headless := bytes.Clone(whole)
	clear(headless[24:64])
	clear(headless[4096+24 : 4096+64])

	for _, c := range []struct {
		name string
		data []byte
		mode os.FileMode
		want error
	}{
		{"readable by others", whole, 0o640, store.ErrMode},
		{"empty", nil, 0o600, store.ErrCorrupt},
		{"cut short", whole[:5*4096], 0o600, store.ErrCorrupt},
		{"cut in the head", whole[:100], 0o600, store.ErrCorrupt},
		{"heads overwritten", headless, 0o600, store.ErrCorrupt},
		{"another program's", other, 0o600, store.ErrForeign},
		{"text", []byte(strings.Repeat("kapwatch\n", 9000)), 0o600, store.ErrForeign},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "kapwatch.db")
			must(t, os.WriteFile(path, c.data, c.mode))
			db, err := store.Open(path, store.Options{NoSync: true})
			if !errors.Is(err, c.want) {
				if err == nil {
					must(t, db.Close())
				}
				t.Errorf("Open = %v, want %v", err, c.want)
			}
			left, err := os.ReadFile(path)
			must(t, err)
			if !bytes.Equal(left, c.data) {
				t.Error("the refused file was changed")
			}
		})
	}
	if _, err := store.Open(filepath.Join(t.TempDir(), "no.db"), store.Options{ReadOnly: true}); !errors.Is(err, store.ErrMissing) {
		t.Errorf("Open read-only = %v, want %v", err, store.ErrMissing)
	}
}

func TestOpenRefusesNewerSchema(t *testing.T) {
	db := open(t, store.Options{})
	must(t, db.Close())
	b, err := bolt.Open(db.Path(), 0o600, nil)
	must(t, err)
	must(t, b.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte("state")).Put([]byte("schema"), []byte{0, 0, 0, 0, 0, 0, 0, 99})
	}))
	must(t, b.Close())
	if _, err := store.Open(db.Path(), store.Options{}); !errors.Is(err, store.ErrNewer) {
		t.Errorf("Open = %v, want %v", err, store.ErrNewer)
	}
}

func TestSecondOpenIsLocked(t *testing.T) {
	db := open(t, store.Options{})
	start := time.Now()
	_, err := store.Open(db.Path(), store.Options{Timeout: 60 * time.Millisecond})
	if !errors.Is(err, monitor.ErrLocked) || time.Since(start) > 3*time.Second {
		t.Errorf("Open = %v after %s, want %v", err, time.Since(start), monitor.ErrLocked)
	}
}

func TestReadOnly(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(1))
	must(t, db.Close())
	for range 2 { // both at once
		ro := openAt(t, db.Path(), store.Options{ReadOnly: true})
		if got := pages(t, ro, monitor.Query{Text: "sentetik"}); diff([]int64{1}, got) != "" {
			t.Errorf("Find = %v", got)
		}
		if _, err := ro.NextDigest("a"); err == nil {
			t.Error("a read-only ledger was written")
		}
	}
}

func TestInPlace(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(1))
	must(t, db.InPlace())
	aside := db.Path() + ".aside"
	must(t, os.Rename(db.Path(), aside))
	if err := db.InPlace(); err == nil {
		t.Error("nobody misses the file")
	}
	must(t, os.WriteFile(db.Path(), []byte("another"), 0o600))
	if err := db.InPlace(); err == nil {
		t.Error("another file passes for the ledger")
	}
	must(t, os.Rename(aside, db.Path()))
	must(t, db.InPlace())
}

// TestEveryCommitIsWhole takes the file after each commit, as a crash would leave it, and opens it anew.
func TestEveryCommitIsWhole(t *testing.T) {
	db := open(t, store.Options{Segment: 5})
	for i := range int64(12) {
		record(t, db, entryOf(2*i+1), entryOf(2*i+2))
		data, err := os.ReadFile(db.Path())
		must(t, err)
		path := filepath.Join(t.TempDir(), "copy.db")
		must(t, os.WriteFile(path, data, 0o600))
		copied := openAt(t, path, store.Options{Segment: 5})
		if r := verify(t, copied); int64(r.Filings) != 2*i+2 {
			t.Fatalf("%d filings in the copy, want %d", r.Filings, 2*i+2)
		}
		if d := diff(pages(t, db, monitor.Query{Category: "mou"}), pages(t, copied, monitor.Query{Category: "mou"})); d != "" {
			t.Fatalf("Find (-ledger +copy):\n%s", d)
		}
	}
}

func TestWriteTo(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(1))
	path := filepath.Join(t.TempDir(), "copy.db")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	must(t, err)
	_, err = db.WriteTo(f)
	must(t, errors.Join(err, f.Close()))
	if r := verify(t, openAt(t, path, store.Options{})); r.Filings != 1 {
		t.Errorf("Verify = %+v, want one filing", r)
	}
}

// TestDamageIsSeen turns one bit in every page of a file: it is refused, found by Verify, or harmless, never a
// wrong answer.
func TestDamageIsSeen(t *testing.T) {
	db := open(t, store.Options{Segment: 20})
	for i := range int64(30) {
		record(t, db, entryOf(i+1))
	}
	want := map[int64]monitor.Record{}
	for i := range int64(30) {
		want[i+1], _, _ = db.Get(i + 1)
	}
	must(t, db.Close())
	whole, err := os.ReadFile(db.Path())
	must(t, err)
	seen := 0
	for page := 2; page < len(whole)/4096; page++ {
		for _, at := range []int{40, 1024, 2048, 4000} {
			data := bytes.Clone(whole)
			data[page*4096+at] ^= 4
			path := filepath.Join(t.TempDir(), "damaged.db")
			must(t, os.WriteFile(path, data, 0o600))
			bad, err := store.Open(path, store.Options{NoSync: true, Now: fixed(noon)})
			if err != nil {
				seen++
				continue
			}
			if _, err := bad.Verify(t.Context()); err != nil {
				seen++
			} else {
				for i, w := range want {
					got, _, err := bad.Get(i)
					if d := diff(w, got); err != nil || d != "" {
						t.Errorf("page %d byte %d: filing %d is wrong and nobody said so: %v\n%s", page, at, i, err, d)
					}
				}
			}
			must(t, bad.Close())
		}
	}
	if seen < 10 {
		t.Errorf("%d damages seen: the test damages nothing that is in use", seen)
	}
}

// TestFullDisk runs in a process of its own under a limit on file sizes, which the kernel enforces like a full disk.
func TestFullDisk(t *testing.T) {
	if path := os.Getenv("STORE_TEST_FULL"); path != "" {
		fillUp(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "kapwatch.db")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), "STORE_TEST_FULL="+path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var acked []int64
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		var i int64
		if _, err := fmt.Sscanf(s.Text(), "acked %d", &i); err == nil {
			acked = append(acked, i)
		}
	}
	db := openAt(t, path, store.Options{})
	if d := diff(acked, pages(t, db, monitor.Query{Oldest: true, Limit: 200})); d != "" || len(acked) == 0 {
		t.Errorf("filings (-acked +stored):\n%s", d)
	}
	verify(t, db)
}

func fillUp(t *testing.T, path string) {
	limit := syscall.Rlimit{Cur: 300_000, Max: 1 << 40}
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
	db := openAt(t, path, store.Options{})
	full := 0
	for i := int64(1); full < 3; i++ {
		_, err := db.Record(monitor.Batch{Entries: []monitor.Entry{entryOf(i)}, Cursor: monitor.Cursor{BaselineAt: noon}})
		switch {
		case err == nil:
			fmt.Println("acked", i)
			continue
		case !errors.Is(err, monitor.ErrFull):
			t.Fatalf("Record = %v, want %v", err, monitor.ErrFull)
		}
		if got := pages(t, db, monitor.Query{Oldest: true, Limit: 200}); got[len(got)-1] != i-1 {
			t.Fatalf("filing %d is answered with, and was not recorded", i)
		}
		full++
		limit.Cur += 1 << 20 // space returns
		must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
		i--
	}
}

// TestSchema1 opens a file as the first released schema wrote it.
func TestSchema1(t *testing.T) {
	const golden = "testdata/schema1.db"
	entries := []monitor.Entry{entryOf(1), entryOf(2), entryOf(3)}
	path := copied(t, golden)
	before, err := os.ReadFile(golden)
	must(t, err)
	ro := openAt(t, path, store.Options{ReadOnly: true})
	if r, found, err := ro.Get(1); err != nil || !found || r.Filing.Index != 1 {
		t.Errorf("Get(1) of a file that is not upgraded = %v, %v", found, err)
	}
	verify(t, ro)
	must(t, ro.Close())
	if left, err := os.ReadFile(path); err != nil || !bytes.Equal(before, left) {
		t.Errorf("opened read-only, the file was changed: %v", err)
	}
	db := openAt(t, path, store.Options{})
	for i, e := range entries {
		r, _, err := db.Get(e.Filing.Index)
		must(t, err)
		want := monitor.Record{Filing: e.Filing, Found: e.Found, Decisions: e.Decisions, Alerts: e.Alerts, Sequence: uint64(i + 1)}
		if d := diff(want, r); d != "" {
			t.Errorf("Get(%d) (-want +got):\n%s", e.Filing.Index, d)
		}
	}
	if got := pages(t, db, monitor.Query{Text: "şymkent", Category: "mou"}); diff([]int64{3, 2, 1}, got) != "" {
		t.Errorf("Find = %v", got)
	}
	must(t, db.Amend([]monitor.Amendment{editOf(1)}))
	db = reopen(t, db, store.Options{})
	if r, _, err := db.Get(1); err != nil || diff(editOf(1).Edits, r.Edits) != "" {
		t.Errorf("Get(1) after an edit = %+v, %v", r.Edits, err)
	}
	verify(t, db)
}

// TestSchema2 opens a file as the schema that brought edits and links wrote it.
func TestSchema2(t *testing.T) {
	const golden = "testdata/schema2.db"
	if *update {
		db := open(t, store.Options{Segment: 2})
		record(t, db, entryOf(1), linked(2, 1))
		record(t, db, entryOf(3))
		must(t, db.Amend([]monitor.Amendment{editOf(1)}))
		must(t, db.Close())
		data, err := os.ReadFile(db.Path())
		must(t, err)
		must(t, os.WriteFile(golden, data, 0o644))
	}
	db := openAt(t, copied(t, golden), store.Options{})
	r, _, err := db.Get(1)
	must(t, err)
	if d := diff(editOf(1).Edits, r.Edits); d != "" {
		t.Errorf("edits of 1 (-want +got):\n%s", d)
	}
	if d := diff([]int64{2}, r.Later); d != "" {
		t.Errorf("what links to 1 (-want +got):\n%s", d)
	}
	r, _, err = db.Get(2)
	must(t, err)
	if d := diff(linked(2, 1).Links, r.Links); d != "" {
		t.Errorf("links of 2 (-want +got):\n%s", d)
	}
	verify(t, db)
}

// copied is a private copy of a golden file.
func copied(t *testing.T, golden string) string {
	t.Helper()
	data, err := os.ReadFile(golden)
	must(t, err)
	path := filepath.Join(t.TempDir(), "kapwatch.db")
	must(t, os.WriteFile(path, data, 0o600))
	return path
}
