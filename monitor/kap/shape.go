package kap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kapwatch/monitor"
)

// kind is the JSON type that a key's value has.
type kind uint8

const (
	text kind = iota
	integer
	boolean
	anything // two types were seen, or the sources disagree
)

func (k kind) String() string { return [...]string{"string", "whole number", "boolean", "value"}[k] }

// fits reports whether v is of kind k; null fits every kind.
func (k kind) fits(v json.RawMessage) bool {
	switch {
	case k == anything, string(v) == "null":
		return true
	case k == text:
		return v[0] == '"'
	case k == boolean:
		return string(v) == "true" || string(v) == "false"
	}
	_, err := strconv.Atoi(string(v))
	return err == nil
}

// key is one key of a row.
type key struct {
	name string
	kind kind
	// needed: without it the row is no filing.
	needed bool
	// vital: the row may do without, but when the type changes everywhere, reading on would lose alerts in silence.
	vital bool
}

// shape is what a reader expects of a row.
type shape struct {
	reader string
	keys   []key
	// fill decodes one row; false when anything in it is not as expected, and then diagnose says what.
	fill func(row []byte) (monitor.Filing, bool)
}

// fault is what is wrong with one key of a row; with an empty key, with the whole row.
type fault struct {
	key  key
	what string
	kind bool // its type is wrong
}

func (f fault) String() string {
	if f.key.name == "" {
		return f.what
	}
	return fmt.Sprintf("key %q %s", f.key.name, f.what)
}

// parsed is what came of the rows of one answer.
type parsed struct {
	filings  []monitor.Filing
	bad      []monitor.BadRow
	problems []string
	rows     int // how many there were, those left out included

	plain    int     // filings[:plain] were read as they are, without leaving a key out or asking the table
	left     []int64 // indexes of rows that are known and were left out
	doubtful bool    // what these rows are cannot be said without those left out
	// memo is what there is to remember of a plain filing; nil = nothing.
	memo func(f *monitor.Filing) (memo, bool)
}

// indexes are those of all rows that can be read.
func (p *parsed) indexes() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for _, index := range p.left {
			if !yield(index) {
				return
			}
		}
		for i := range p.filings {
			if !yield(p.filings[i].Index) {
				return
			}
		}
	}
}

// read sorts rows into filings and rows that cannot be read. A fault in one row concerns that row, whatever key it is
// in. It is the source that changed, and a *monitor.DriftError holding body, when
//
//   - no row is left that can be read, or
//   - the codes have another type in most rows that have codes: the rows without would look fine.
//
// Another key that is not needed and has another type in most rows where it stands, in two at least, is left out with
// a problem said: giving up all filings for their attachment count would serve nobody.
//
// left is how many more rows the answer has, all plain and in UTF-8. They count wherever most rows do; where their
// bytes would have to be seen, the result is doubtful.
func (s shape) read(rows []json.RawMessage, left int, body []byte) (parsed, error) {
	out := parsed{rows: len(rows), filings: make([]monitor.Filing, 0, len(rows))}
	drift := func(format string, args ...any) (parsed, error) {
		return parsed{}, &monitor.DriftError{Reader: s.reader, What: fmt.Sprintf(format, args...), Body: bytes.Clone(body)}
	}
	if garbled(rows, left) {
		return drift("most rows are not UTF-8")
	}
	var faulty []int // rows
	for i, row := range rows {
		f, ok := s.fill(row)
		if !ok {
			faulty = append(faulty, i)
			continue
		}
		f.Reader, f.Raw = s.reader, bytes.Clone(row)
		out.filings = append(out.filings, f)
	}
	out.plain = len(out.filings)
	if len(faulty) == 0 {
		return out, nil
	}
	if left > 0 && len(faulty) > 1 { // a single one cannot make a key retyped
		out.doubtful = true
		return out, nil
	}
	ignore := s.retyped(rows)
	for _, k := range ignore {
		if k.vital {
			return drift("key %q is not a %s in most rows", k.name, k.kind)
		}
		out.problems = append(out.problems, fmt.Sprintf("The %s reader leaves out key %q: it is not a %s in most rows.", s.reader, k.name, k.kind))
	}
	var first []fault
	common := map[string]int{}
	for _, i := range faulty {
		row := rows[i]
		if f, ok := s.fill(without(row, ignore)); ok {
			f.Reader, f.Raw = s.reader, bytes.Clone(row)
			out.filings = append(out.filings, f)
			continue
		}
		faults := s.diagnose(row, ignore)
		words := make([]string, len(faults))
		for j, x := range faults {
			words[j] = x.String()
			common[x.key.name]++
		}
		if first == nil {
			first = faults
		}
		out.bad = append(out.bad, badRow(s.reader, row, strings.Join(words, "; ")))
	}
	if len(out.filings)+left > 0 {
		return out, nil
	}
	for _, f := range first {
		if common[f.key.name] == len(rows) {
			return drift("%s in all %d rows", f, len(rows))
		}
	}
	return drift("none of %d rows can be read: %s", len(rows), first[0])
}

// diagnose says what is wrong with a row; at least one fault.
func (s shape) diagnose(row []byte, ignore []key) []fault {
	var o map[string]json.RawMessage
	if err := json.Unmarshal(row, &o); err != nil || o == nil {
		return []fault{{what: fmt.Sprintf("not a JSON object: %v", err)}}
	}
	var faults []fault
	for _, k := range s.keys {
		v, ok := o[k.name]
		switch {
		case slices.Contains(ignore, k):
		case !ok && k.needed:
			faults = append(faults, fault{key: k, what: "is missing"})
		case !ok:
		case k.needed && string(v) == "null":
			faults = append(faults, fault{key: k, what: "is null"})
		case !k.kind.fits(v):
			faults = append(faults, fault{k, fmt.Sprintf("is %s, not a %s", excerpt(v), k.kind), true})
		case k.needed && !sound(k, v):
			faults = append(faults, fault{key: k, what: fmt.Sprintf("cannot be %s", excerpt(v))})
		}
	}
	if faults == nil {
		faults = []fault{{what: "cannot be decoded"}}
	}
	return faults
}

// sound reports whether the value of a needed key, right in type, makes sense.
func sound(k key, v json.RawMessage) bool {
	if k.kind == integer {
		n, err := strconv.ParseInt(string(v), 10, 64)
		return err == nil && n > 0
	}
	var t string
	if json.Unmarshal(v, &t) != nil || clean(t) == "" {
		return false
	}
	if k.name == "publishDate" {
		_, err := parseTime(t)
		return err == nil
	}
	return true
}

// retyped are the keys, not needed ones, that have the wrong type in most rows where they stand, in two at least.
func (s shape) retyped(rows []json.RawMessage) []key {
	stands, wrong := make([]int, len(s.keys)), make([]int, len(s.keys))
	for _, row := range rows {
		var o map[string]json.RawMessage
		if json.Unmarshal(row, &o) != nil {
			continue
		}
		for i, k := range s.keys {
			if v, ok := o[k.name]; ok && string(v) != "null" {
				stands[i]++
				if !k.kind.fits(v) {
					wrong[i]++
				}
			}
		}
	}
	var out []key
	for i, k := range s.keys {
		if !k.needed && wrong[i] > 1 && wrong[i]*2 > stands[i] {
			out = append(out, k)
		}
	}
	return out
}

// without is row less some keys; row itself when there are none to leave out.
func without(row json.RawMessage, keys []key) []byte {
	var o map[string]json.RawMessage
	if len(keys) == 0 || json.Unmarshal(row, &o) != nil {
		return row
	}
	for _, k := range keys {
		delete(o, k.name)
	}
	b, err := json.Marshal(o)
	if err != nil {
		return row
	}
	return b
}

// garbled reports whether the rows are in another encoding. One spoilt byte in one row is shown as U+FFFD and
// nothing worse: an alert with a wrong letter is better than none.
func garbled(rows []json.RawMessage, left int) bool {
	n := 0
	for _, row := range rows {
		if !utf8.Valid(row) {
			n++
		}
	}
	return n > 1 && n > (len(rows)+left)/2
}

// parseTime reads the two forms in which KAP writes a time: 14.09.2026 10:46:06 in lists, 2026.09.14 10:46:06 in
// details (seen May 2025 to October 2026), and nothing else. A leap second, which Go refuses, is the second after it, as
// POSIX counts: what was published in it must not be lost for its time.
func parseTime(s string) (time.Time, error) {
	const list, detail = "02.01.2006 15:04:05", "2006.01.02 15:04:05"
	if len(s) != len(list) { // Go would take 9:05:06 and fractions of a second too
		return time.Time{}, errors.New("not dd.MM.yyyy HH:mm:ss")
	}
	if minute, leap := strings.CutSuffix(s, ":60"); leap {
		t, err := parseTime(minute + ":59")
		return t.Add(time.Second), err
	}
	if t, err := time.ParseInLocation(list, s, monitor.Istanbul); err == nil {
		return t, nil
	}
	return time.ParseInLocation(detail, s, monitor.Istanbul)
}

// salvage finds the index in a row that JSON cannot make sense of.
var salvage = regexp.MustCompile(`"disclosureIndex"\s*:\s*"?([0-9]{1,18})\b`)

// salvageTime finds its publish time likewise.
var salvageTime = regexp.MustCompile(`"publishDate"\s*:\s*"([0-9. :]{19})"`)

func badRow(reader string, row []byte, why string) monitor.BadRow {
	b := monitor.BadRow{ID: digest(row), Reader: reader, Raw: bytes.Clone(row), Err: why}
	if m := salvageTime.FindSubmatch(row); m != nil {
		if t, err := parseTime(string(m[1])); err == nil {
			b.PublishedAt = t
		}
	}
	if m := salvage.FindSubmatch(row); m != nil {
		if n, err := strconv.ParseInt(string(m[1]), 10, 64); err == nil && n > 0 {
			b.ID, b.Index = strconv.FormatInt(n, 10), n
		}
	}
	return b
}
