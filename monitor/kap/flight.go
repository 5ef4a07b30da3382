package kap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// readFlight takes the disclosureBasic objects out of the page's scripts. ok reports whether the page has flight data
// at all; an object that is announced and cannot be cut out is an error, for a list that lacks one is not the list.
func readFlight(doc *goquery.Document) (records []json.RawMessage, ok bool, err error) {
	var scripts []string
	doc.Find("script").Each(func(_ int, s *goquery.Selection) { scripts = append(scripts, s.Text()) })
	data, ok, err := joinFlight(scripts)
	if err != nil || !ok {
		return nil, ok, err
	}
	records, err = cutObjects(data, "disclosureBasic")
	return records, true, err
}

// joinFlight joins the chunks of self.__next_f.push([1,"…"]) and unescapes them. They are joined first: a chunk may
// end anywhere, between the halves of a surrogate pair too. They are unescaped as one JSON string; replacing \" alone
// would lose each row with quotes in its summary.
func joinFlight(scripts []string) (data []byte, ok bool, err error) {
	const push = ".push([1,"
	literal := []byte{'"'}
	for n, s := range scripts {
		if !strings.Contains(s, "__next_f") {
			continue
		}
		for i := strings.Index(s, push); i >= 0; i = strings.Index(s, push) {
			s = strings.TrimLeft(s[i+len(push):], " \t\r\n")
			end := stringEnd(s)
			if end < 0 {
				return nil, true, fmt.Errorf("flight chunk in script %d is not a string", n+1)
			}
			literal = append(literal, s[1:end]...)
			s, ok = s[end+1:], true
		}
	}
	if !ok {
		return nil, false, nil
	}
	var text string
	if err := json.Unmarshal(append(literal, '"'), &text); err != nil {
		return nil, true, fmt.Errorf("unescape flight data: %w", err)
	}
	return []byte(text), true, nil
}

// stringEnd is the place of the quote that ends the literal at the start of s, -1 if there is none.
func stringEnd(s string) int {
	if s == "" || s[0] != '"' {
		return -1
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// cutObjects cuts out the object behind each "name": key, by matching braces and not by the order of fields.
func cutObjects(data []byte, name string) ([]json.RawMessage, error) {
	mark := []byte(`"` + name + `"`)
	var out []json.RawMessage
	for n := 1; ; n++ {
		i := bytes.Index(data, mark)
		if i < 0 {
			return out, nil
		}
		data = data[i+len(mark):]
		i = blanks(data, 0)
		if i == len(data) || data[i] != ':' {
			n-- // a value that reads like the key
			continue
		}
		data = data[blanks(data, i+1):]
		end := objectEnd(data)
		if end < 0 {
			return nil, fmt.Errorf("%s %d of the flight data is not a whole object", name, n)
		}
		out, data = append(out, json.RawMessage(data[:end])), data[end:]
	}
}

// objectEnd is the length of the object at the start of b, -1 if it does not end.
func objectEnd(b []byte) int {
	if len(b) == 0 || b[0] != '{' {
		return -1
	}
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}
