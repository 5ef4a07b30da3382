package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kapwatch/monitor"
)

// On a terminal no line of the table wraps, and a wide one shows more of the summary; in a pipe no width is known.
func TestTableFitsTheTerminal(t *testing.T) {
	long := strings.Repeat("Şymkent Valiliği ile mutabakat zaptı ", 6)
	for columns, want := range map[int]int{0: 140, 40: 40, 80: 80, 200: 200} {
		var out bytes.Buffer
		show, done := table(&out, columns)
		v := monitor.View{
			Index: 1277777, PublishedAt: time.Unix(1714143933, 0), Tickers: []string{"AKSEN"}, Summary: long,
			Categories: []string{"mou", "investment"}, Change: monitor.NewFiling, Alerts: []monitor.AlertView{{Route: "energy", State: monitor.Sent}},
		}
		if err := errors.Join(show(v), done()); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != 2 || !strings.HasPrefix(lines[1], "2024-04-26 18:05  1277777  AKSEN") {
			t.Fatalf("%d columns:\n%s", columns, out.String())
		}
		n := utf8.RuneCountInString(lines[1])
		if columns > 0 && n != want || columns == 0 && n > want {
			t.Errorf("a line in %d columns has %d characters, want %d:\n%s", columns, n, want, lines[1])
		}
	}
}
