package store_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kapwatch/monitor"
	"kapwatch/store"
)

// whole gives the bytes that Save takes from a ledger.
func whole(db *store.DB) func(io.Writer) error {
	return func(w io.Writer) error { _, err := db.WriteTo(w); return err }
}

// names lists a folder.
func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out
}

func TestSaveThenRestore(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(1), entryOf(2))
	copied := filepath.Join(t.TempDir(), "copy.db")
	in, err := store.Save(t.Context(), copied, whole(db))
	must(t, err)
	if in.Filings != 2 {
		t.Errorf("Save checked %+v, want two filings", in)
	}
	info, err := os.Stat(copied)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o, want 0600", info.Mode().Perm())
	}
	if d := diff([]string{"copy.db"}, names(t, filepath.Dir(copied))); d != "" {
		t.Errorf("left behind (-want +got):\n%s", d)
	}
	record(t, db, entryOf(3))
	if _, _, err := store.Restore(t.Context(), copied, db.Path()); !errors.Is(err, monitor.ErrLocked) {
		t.Fatalf("Restore beside an open ledger = %v, want %v", err, monitor.ErrLocked)
	}
	must(t, db.Close())
	_, kept, err := store.Restore(t.Context(), copied, db.Path())
	must(t, err)
	if got := pages(t, openAt(t, db.Path(), store.Options{}), monitor.Query{}); diff([]int64{2, 1}, got) != "" {
		t.Errorf("restored filings = %v, want 2, 1", got)
	}
	if got := pages(t, openAt(t, kept, store.Options{}), monitor.Query{}); diff([]int64{3, 2, 1}, got) != "" {
		t.Errorf("filings kept aside = %v, want 3, 2, 1", got)
	}
}

// What is there is never lost: neither a file where the copy should go, nor the one that an earlier restore kept.
func TestCopiesReplaceNothing(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(1))
	there := filepath.Join(t.TempDir(), "there")
	must(t, os.WriteFile(there, []byte("mine"), 0o644))
	if _, err := store.Save(t.Context(), there, whole(db)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Save over a file = %v, want %v", err, fs.ErrExist)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	_, err := store.Save(t.Context(), copied, whole(db))
	must(t, err)
	must(t, db.Close())
	before, err := os.ReadFile(db.Path())
	must(t, err)
	must(t, os.WriteFile(db.Path()+store.Aside, []byte("mine"), 0o644))
	if _, _, err := store.Restore(t.Context(), copied, db.Path()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Restore = %v, want %v", err, fs.ErrExist)
	}
	for path, want := range map[string][]byte{there: []byte("mine"), db.Path() + store.Aside: []byte("mine"), db.Path(): before} {
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(want, got) {
			t.Errorf("%s was changed (%v)", path, err)
		}
	}
}

// A copy that is damaged, foreign or cut short takes no place, and leaves nothing behind.
func TestBadCopiesAreRefused(t *testing.T) {
	db := open(t, store.Options{})
	record(t, db, entryOf(1))
	must(t, db.Close())
	good, err := os.ReadFile(db.Path())
	must(t, err)
	flipped := bytes.Clone(good)
	at := bytes.Index(flipped, []byte("Sentetik özet 1"))
	if at < 0 {
		t.Fatal("the filing's text is not in the file")
	}
	flipped[at] ^= 1
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"a flipped bit in a record", flipped, store.ErrCorrupt},
		{"cut short", good[:len(good)/2], store.ErrCorrupt},
		{"another file", []byte(strings.Repeat("kapwatch\n", 9000)), store.ErrForeign},
		{"empty", nil, store.ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := store.Save(t.Context(), filepath.Join(dir, "copy.db"), func(w io.Writer) error { _, err := w.Write(c.data); return err }); !errors.Is(err, c.want) {
				t.Errorf("Save = %v, want %v", err, c.want)
			}
			if left := names(t, dir); len(left) > 0 {
				t.Errorf("Save left %q", left)
			}
			from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to.db")
			must(t, os.WriteFile(from, c.data, 0o644))
			must(t, os.WriteFile(to, good, 0o600))
			if _, _, err := store.Restore(t.Context(), from, to); !errors.Is(err, c.want) {
				t.Errorf("Restore = %v, want %v", err, c.want)
			}
			if left, err := os.ReadFile(to); err != nil || !bytes.Equal(left, good) {
				t.Errorf("the ledger was changed (%v)", err)
			}
			if d := diff([]string{"from", "to.db"}, names(t, dir)); d != "" {
				t.Errorf("left behind (-want +got):\n%s", d)
			}
		})
	}
	if in, err := store.Check(t.Context(), db.Path()); err != nil || in.Filings != 1 {
		t.Errorf("Check = %+v, %v", in, err)
	}
}
