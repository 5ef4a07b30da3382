package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Fault is one thing that is wrong, or merely unusual, in a configuration file. No part of it ever holds a secret.
type Fault struct {
	File         string // "" for the built-in defaults
	Line, Column int    // from 1, in characters; 0 where the whole file is meant
	Place        string // dotted: routes[3] "energy": tickers[1]
	What         string // what is wrong with it
	Hint         string // something to type or to edit
}

// Error is the fault in one line, without the hint.
func (f Fault) Error() string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File + ":")
		if f.Line > 0 {
			fmt.Fprintf(&b, "%d:%d:", f.Line, f.Column)
		}
		b.WriteString(" ")
	}
	if f.Place != "" {
		b.WriteString(f.Place + ": ")
	}
	b.WriteString(f.What)
	return b.String()
}

// Faults is every fault of a configuration, in the order of the file.
type Faults []Fault

// Error lists the faults, one a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Print writes each fault in two lines, "kapwatch: error: …" and "kapwatch: hint: …".
func (fs Faults) Print(w io.Writer) { printFaults(w, "error", fs) }

// PrintWarnings writes each warning in two lines, "kapwatch: warning: …" and "kapwatch: hint: …".
func PrintWarnings(w io.Writer, warnings []Fault) { printFaults(w, "warning", warnings) }

func printFaults(w io.Writer, kind string, faults []Fault) {
	for _, f := range faults {
		hint := f.Hint
		if hint == "" {
			hint = "edit " + f.File
		}
		fmt.Fprintf(w, "kapwatch: %s: %s\nkapwatch: hint: %s\n", kind, f.Error(), hint)
	}
}

// secretShape is what Slack's tokens and webhook URLs look like (api.slack.com/authentication/token-types, seen
// 2026): such text must never stand in a configuration, nor in what we print of one.
var secretShape = regexp.MustCompile(`(?i)xox[a-z]([.-][a-z]+)?-\S*|xapp-\S*|hooks\.slack(-gov)?\.com/\S*|https?://[^\s/]*@\S*`)

// redact takes from s what looks like a secret.
func redact(s string) string { return secretShape.ReplaceAllString(s, "[redacted]") }

// quote shows a value of the file inside a message: redacted, on one line and not too long.
func quote(s string) string {
	const most = 60
	s = redact(s)
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// nearest returns the one of valid that word was probably meant to be, or "".
func nearest(word string, valid []string) string {
	if len(word) > 64 { // nobody mistypes that much, and distance takes time and room
		return ""
	}
	word = strings.ToLower(word)
	best, least := "", max(1, (len([]rune(word))+1)/3)+1
	for _, v := range valid {
		lower := strings.ToLower(v)
		d := distance(word, lower)
		if d > 1 && len(word) > 2 && len(lower) > 2 && (strings.HasPrefix(lower, word) || strings.HasPrefix(word, lower)) {
			d = 1 // "token" for "token_file"
		}
		if d < least {
			best, least = v, d
		}
	}
	return best
}

// distance counts the letters to insert, delete, replace or swap with their neighbour to turn a into b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range y {
		d[0][j+1] = j + 1
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}

// meant is the hint that names the nearest valid word, else all of them.
func meant(word string, valid []string) string {
	if n := nearest(word, valid); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return "use one of: " + strings.Join(valid, ", ")
}
