package monitor

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// AppendJSON appends what encoding/json makes of v, characters of HTML left as they are. It is for lists: reflection
// takes ten times as long, most of the time of an answer. (A MarshalJSON would be DetailView's as well, and hide what
// that adds.)
func (v *View) AppendJSON(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"index":`...), v.Index, 10)
	b = appendString(append(b, `,"url":`...), v.URL)
	b = appendTime(append(b, `,"published_at":`...), v.PublishedAt)
	b = appendTime(append(b, `,"seen_at":`...), v.SeenAt)
	b = appendString(append(b, `,"company":`...), v.Company)
	b = appendStrings(append(b, `,"tickers":`...), v.Tickers)
	b = appendStrings(append(b, `,"related":`...), v.Related)
	b = appendString(append(b, `,"class":`...), v.Class)
	b = appendString(append(b, `,"type":`...), v.Type)
	b = appendString(append(b, `,"subject":`...), v.Subject)
	b = appendString(append(b, `,"summary":`...), v.Summary)
	b = appendStrings(append(b, `,"categories":`...), v.Categories)
	b = appendStrings(append(b, `,"qualifiers":`...), v.Qualifiers)
	b = appendString(append(b, `,"change":`...), string(v.Change))
	b = strconv.AppendBool(append(b, `,"late":`...), v.Late)
	b = strconv.AppendInt(append(b, `,"attachments":`...), int64(v.Attachments), 10)
	b = appendStrings(append(b, `,"languages":`...), v.Languages)
	b = append(b, `,"alerts":[`...)
	for i, a := range v.Alerts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"route":`...), a.Route)
		b = appendString(append(b, `,"state":`...), string(a.State))
		b = appendTime(append(b, `,"at":`...), a.At)
		if a.Change != "" {
			b = appendString(append(b, `,"change":`...), string(a.Change))
		}
		b = append(b, '}')
	}
	return append(b, "]}"...)
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// appendString leaves to encoding/json what has anything to be escaped.
func appendString(b []byte, s string) []byte {
	if plain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	var quoted bytes.Buffer
	e := json.NewEncoder(&quoted)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string cannot fail
	}
	return append(b, bytes.TrimSuffix(quoted.Bytes(), []byte("\n"))...)
}

// plain reports whether JSON has s as it is: nothing to be escaped, and valid UTF-8.
func plain(s string) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(s); i += 8 { // eight bytes at once, the high bit of each set where it may be one to look at
		x := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		quote, slash, wide := x^each*'"', x^each*'\\', x^each*separator
		suspect := (x-each*' ')&^x | (quote-each)&^quote | (slash-each)&^slash | (wide-each)&^wide
		if suspect&high != 0 && !plainBytes(s, i, i+8) {
			return false
		}
	}
	return plainBytes(s, i, len(s)) && utf8.ValidString(s)
}

// separator begins the two line separators of Unicode, which JSON has and JavaScript once had not.
const separator = 0xE2

func plainBytes(s string, from, to int) bool {
	for i := from; i < to; i++ {
		switch c := s[i]; {
		case c < ' ', c == '"', c == '\\', c == separator && i+2 < len(s) && s[i+1] == 0x80 && s[i+2]&^1 == 0xA8:
			return false
		}
	}
	return true
}
