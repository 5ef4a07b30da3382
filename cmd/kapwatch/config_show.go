package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"time"
)

// Show writes the effective configuration as YAML that loads again to the same Config. It names the files of
// secrets; the secrets themselves are not part of a Config.
func (c Config) Show(w io.Writer) error {
	var b bytes.Buffer
	showStruct(&b, reflect.ValueOf(c), "")
	_, err := w.Write(b.Bytes())
	return err
}

// showStruct writes the keys of v, each line behind indent.
func showStruct(b *bytes.Buffer, v reflect.Value, indent string) {
	for f := range v.Type().Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		x := v.FieldByIndex(f.Index)
		if options == "omitempty" && x.IsZero() {
			continue
		}
		fmt.Fprintf(b, "%s%s:", indent, name)
		switch {
		case x.Kind() == reflect.Struct:
			b.WriteByte('\n')
			showStruct(b, x, indent+"  ")
		case x.Kind() == reflect.Slice && x.Len() > 0:
			b.WriteByte('\n')
			showList(b, x, indent+"  ")
		default:
			b.WriteString(" " + showScalar(x) + "\n")
		}
	}
}

func showList(b *bytes.Buffer, list reflect.Value, indent string) {
	for i := range list.Len() {
		x := list.Index(i)
		if x.Kind() != reflect.Struct {
			fmt.Fprintf(b, "%s- %s\n", indent, showScalar(x))
			continue
		}
		var entry bytes.Buffer
		showStruct(&entry, x, indent+"  ")
		// The dash takes the place of the first key's indent.
		b.WriteString(indent + "- " + strings.TrimPrefix(entry.String(), indent+"  "))
	}
}

// plainText needs no quotes in YAML: it starts like a path or a name and can be read as nothing else.
var plainText = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./-]*$`)

func showScalar(x reflect.Value) string {
	switch v := x.Interface().(type) {
	case time.Duration:
		return showDuration(v)
	case string:
		switch strings.ToLower(v) {
		case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		default:
			if plainText.MatchString(v) {
				return v
			}
		}
		return jsonText(v)
	}
	if x.Kind() == reflect.Slice {
		return "[]"
	}
	return fmt.Sprint(x.Interface())
}

// jsonText is s in quotes: a JSON string is a YAML string.
func jsonText(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// showDuration is d as people write it: 72h, not 72h0m0s.
func showDuration(d time.Duration) string {
	s := d.String()
	if d == 0 {
		return "0"
	}
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
