package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestManual: the manual page knows every command and every flag that all of them take.
func TestManual(t *testing.T) {
	page, err := os.ReadFile("../../deploy/packaging/kapwatch.1")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"completion", "--config", "--log-level", "--log-format"}
	for _, c := range (&app{getenv: func(string) string { return "" }}).root().Commands() {
		want = append(want, c.Name())
	}
	for _, w := range want {
		entry := strings.ReplaceAll(w, "-", `\-`)
		if !strings.Contains(string(page), "\n.TP\n.B "+entry+"\n") && !strings.Contains(string(page), "\n.TP\n.BI "+entry+`\ `) && !strings.Contains(string(page), "\n.TP\n.BI "+entry+" ") {
			t.Errorf("the manual has no entry for %q", w)
		}
	}
}

// TestCommands: every command says what it does and how, and takes nonsense for wrong usage, in two lines.
func TestCommands(t *testing.T) {
	var known []string
	for _, c := range (&app{getenv: func(string) string { return "" }}).root().Commands() {
		known = append(known, c.Name())
		if c.Short == "" || !strings.HasPrefix(c.Example, "  ") || !strings.Contains(c.Example, "kapwatch "+c.Name()) {
			t.Errorf("%s: short %q, example %q", c.Name(), c.Short, c.Example)
		}
		var out, help bytes.Buffer
		if code := run(t.Context(), []string{c.Name(), "--help"}, func(string) string { return "" }, nil, &help, &out); code != exitFine || !strings.Contains(help.String(), "Examples:") {
			t.Errorf("%s --help: exit code %d\n%s", c.Name(), code, &help)
		}
		out.Reset()
		code := run(t.Context(), []string{c.Name(), "--no-such-flag"}, func(string) string { return "" }, nil, &help, &out)
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if code != exitUsage || len(lines) != 2 || !strings.HasPrefix(lines[0], "kapwatch: error: ") || !strings.HasPrefix(lines[1], "kapwatch: hint: ") {
			t.Errorf("%s --no-such-flag: exit code %d\n%s", c.Name(), code, &out)
		}
	}
	for want := range strings.FieldsSeq("run demo check classify filings why replay backfill import export receipt test-alert backup restore verify version") {
		if !slices.Contains(known, want) {
			t.Errorf("there is no command %q", want)
		}
	}
}
