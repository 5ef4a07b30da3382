package main

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kapwatch/store"
)

func TestExposures(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	ledger := filepath.Join(dir, "k.db")
	file := func(mode string) exposure {
		return exposure{ledger, mode, "the ledger's file is open to others, and will be refused", "chmod 600 " + ledger}
	}
	folder := func(mode string) exposure {
		return exposure{dir, mode, "others may write to the ledger's folder, and so replace the ledger", "chmod go-w " + dir}
	}
	if got := exposures(ledger); got != nil {
		t.Errorf("a folder that is not there: %+v", got)
	}
	db, err := store.Open(ledger, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := exposures(ledger); got != nil {
		t.Errorf("what kapwatch makes itself: %+v", got)
	}
	for _, test := range []struct {
		folder, file fs.FileMode
		want         []exposure
	}{
		{0o700, 0o600, nil}, // as systemd makes the folder
		{0o755, 0o600, nil},
		{0o777 | fs.ModeSticky, 0o600, nil},
		{0o770, 0o600, []exposure{folder("0770")}},
		{0o702, 0o600, []exposure{folder("0702")}},
		{0o700, 0o640, []exposure{file("0640")}},
		{0o700, 0o602, []exposure{file("0602")}},
		{0o777, 0o666, []exposure{file("0666"), folder("0777")}},
	} {
		if err := os.Chmod(dir, test.folder); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(ledger, test.file); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, exposures(ledger), cmp.AllowUnexported(exposure{})); diff != "" {
			t.Errorf("folder %v, file %v: %s", test.folder, test.file, diff)
		}
	}
}

// The daemon starts in a folder that others may write to, and says so; it says nothing of one that it made.
func TestExposedFolderIsLogged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	for _, mode := range []fs.FileMode{0, 0o770} {
		if mode != 0 {
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
		}
		c := DefaultConfig(func(string) string { return "" })
		c.Source.BaseURL, c.Store.Path, c.Status.Listen = "http://127.0.0.1:9", filepath.Join(dir, "k.db"), "127.0.0.1:0"
		var log bytes.Buffer
		a := &app{getenv: func(string) string { return "" }, stdout: t.Output(), stderr: &log}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		d := &daemonRun{app: a, log: slog.New(slog.NewTextHandler(&log, nil))}
		if err := d.run(ctx, c); err != nil {
			t.Fatal(err)
		}
		said := strings.Contains(log.String(), `level=WARN msg="others may write to the ledger's folder, and so replace the ledger" path=`+dir+` mode=0770 hint="chmod go-w `+dir+`"`)
		if said != (mode != 0) {
			t.Errorf("folder %v: %s", mode, log.String())
		}
	}
}
