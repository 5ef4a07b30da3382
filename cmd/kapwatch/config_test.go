package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"
)

var updateConfigs = flag.Bool("update-configs", false, "rewrite the wanted faults in testdata/config")

// configEnv answers like os.Getenv from a map.
func configEnv(m map[string]string) func(string) string {
	return func(key string) string { return m[key] }
}

// TestFaults loads config.yaml of each archive in testdata/config and compares every warning and fault. Files below
// private/ get mode 0600, all others 0644; a directory credentials/ is $CREDENTIALS_DIRECTORY.
func TestFaults(t *testing.T) {
	archives, err := filepath.Glob("testdata/config/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		name, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			t.Chdir(dir)
			env := map[string]string{}
			want := -1
			for i, f := range archive.Files {
				if f.Name == "want" {
					want = i
					continue
				}
				unpack(t, f)
				if strings.HasPrefix(f.Name, "credentials/") {
					env["CREDENTIALS_DIRECTORY"] = filepath.Join(dir, "credentials")
				}
			}
			c, warnings, err := LoadConfig("config.yaml", configEnv(env))
			var got bytes.Buffer
			PrintWarnings(&got, warnings)
			if faults, ok := errors.AsType[Faults](err); ok {
				faults.Print(&got)
			} else {
				fmt.Fprintln(&got, "loads")
				roundTrip(t, c, configEnv(env), true)
			}
			text := strings.ReplaceAll(got.String(), dir, "$DIR")
			if bytes.Contains(got.Bytes(), []byte("SECRET")) {
				t.Errorf("a secret is in a message:\n%s", text)
			}
			if *updateConfigs {
				archive.Files[want].Data = []byte(text)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[want].Data), text); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func unpack(t *testing.T, f txtar.File) {
	t.Helper()
	mode := os.FileMode(0o644)
	if strings.HasPrefix(f.Name, "private/") {
		mode = 0o600
	}
	if err := os.MkdirAll(filepath.Dir(f.Name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.Name, f.Data, mode); err != nil {
		t.Fatal(err)
	}
}

// roundTrip checks that what Show prints loads again to the same Config.
func roundTrip(t *testing.T, c Config, getenv func(string) string, secrets bool) {
	t.Helper()
	var shown bytes.Buffer
	if err := c.Show(&shown); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "shown.yaml")
	if err := os.WriteFile(path, shown.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	again, _, err := loadConfig(path, getenv, secrets)
	if err != nil {
		t.Fatalf("what Show printed does not load: %v\n%s", err, shown.Bytes())
	}
	if diff := cmp.Diff(c, again, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Show, then LoadConfig (-before +after):\n%s\n%s", diff, shown.Bytes())
	}
}
