package kapsim

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"kapwatch/monitor"
)

// object is a JSON object whose keys keep their order, for the site's rows always have the same one.
type object []member

type member struct {
	key   string
	value any // string, int64, bool, nil, object or list
}

type list []any

// appendJSON appends v the way the site writes JSON: UTF-8, no escapes but the necessary ones, no blanks.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendString(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case bool:
		return strconv.AppendBool(b, v)
	case object:
		b = append(b, '{')
		for i, m := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, m.key), ':')
			b = appendJSON(b, m.value)
		}
		return append(b, '}')
	case list:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, e)
		}
		return append(b, ']')
	}
	panic(fmt.Sprintf("kapsim: no JSON for %T", v))
}

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c < 0x20:
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// orNull is nil where the site writes null: the empty string and zero.
func orNull[T string | int | int64](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	switch v := any(v).(type) {
	case int:
		return int64(v)
	default:
		return v
	}
}

func codes(c []string) any { return orNull(strings.Join(c, ", ")) }

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// listClass is the class as list rows name it: exchange, regulator and KAP filings are DKB there, DUY elsewhere.
func listClass(c string) string {
	if c == "DUY" {
		return "DKB"
	}
	return c
}

// memberType sorts a filer into one of the site's kinds of members. Each filing has exactly one.
func memberType(f *Filing) string {
	for _, k := range [...]struct{ word, kind string }{
		{"PORTFÖY YÖNETİMİ", "PYS"},
		{"MENKUL DEĞERLER", "YK"},
		{"YATIRIM BANKASI", "YK"},
		{"DERECELENDİRME", "DCS"},
		{"BAĞIMSIZ DENETİM", "BDK"},
	} {
		if strings.Contains(f.Company, k.word) {
			return k.kind
		}
	}
	if f.Class == "DUY" {
		return "DDK"
	}
	return "IGS"
}

// memberOID is the site's id of a filer: AKSEN's real one (July 2026), an invented one for all others.
func memberOID(company string) string {
	if company == aksaEnerji {
		return "4028e4a241733d42014179341a147ddb"
	}
	return hex32(company, 0)
}

// hex32 is a made-up id of 32 hex digits in the shape of the site's, always the same for the same input.
func hex32(kind string, n int64) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", kind, n)
	return fmt.Sprintf("4028328c%08x%016x", uint32(n), h.Sum64())
}

func attachment(index int64, i int, name string) monitor.Attachment {
	ext := name[strings.LastIndexByte(name, '.')+1:]
	return monitor.Attachment{ID: hex32("file "+strconv.Itoa(i), index), Name: name, Ext: ext}
}
