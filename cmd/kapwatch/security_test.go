package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test that deploy/SECURITY.md names exists, and every row names one or says that .ci/run checks it.
func TestSecurityTable(t *testing.T) {
	const root = "../.."
	text, err := os.ReadFile(filepath.Join(root, "deploy", "SECURITY.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)[A-Za-z0-9]+)`")
	rows := 0
	for line := range strings.Lines(string(text)) {
		tests := named.FindAllStringSubmatch(line, -1)
		if strings.HasPrefix(line, "| S") {
			if rows++; len(tests) == 0 && !strings.Contains(line, ".ci/run") {
				t.Errorf("no test behind %.60s…", line)
			}
		}
		for _, m := range tests {
			files, err := filepath.Glob(filepath.Join(root, m[1], "*_test.go"))
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, f := range files {
				source, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				found = found || strings.Contains(string(source), "\nfunc "+m[2]+"(")
			}
			if !found {
				t.Errorf("%s has no %s", path.Join(m[1]), m[2])
			}
		}
	}
	if rows != 20 {
		t.Errorf("%d rows, want 20", rows)
	}
}

// No line of the program turns the check of certificates off, so that no configuration can.
func TestNothingSkipsTLS(t *testing.T) {
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := os.ReadFile(name)
		if strings.Contains(string(source), "InsecureSkipVerify") {
			t.Errorf("%s may skip the check of certificates", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
