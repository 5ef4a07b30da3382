package kapsim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The faults of this file answer 200 in good form, with content that is not what it was.

// Empty lists nothing.
func Empty() Fault {
	return Fault{name: "empty list", list: func([]*Filing) []*Filing { return nil }}
}

// Frozen lists what was visible at that time, for ever (list/main did so for days in August 2026).
func Frozen(at time.Time) Fault {
	return Fault{name: "frozen list", clock: func(time.Time) time.Time { return at }}
}

// Duplicates lists every row twice.
func Duplicates() Fault {
	return Fault{name: "duplicate rows", list: func(l []*Filing) []*Filing {
		out := make([]*Filing, 0, 2*len(l))
		for _, f := range l {
			out = append(out, f, f)
		}
		return out
	}}
}

// Disorder lists the rows oldest first.
func Disorder() Fault {
	return Fault{name: "rows out of order", list: func(l []*Filing) []*Filing {
		l = slices.Clone(l)
		slices.Reverse(l)
		return l
	}}
}

// RenameKey gives a key of each row another name.
func RenameKey(key, name string) Fault {
	return keyed("renamed "+key, key, func(m member) []member { return []member{{name, m.value}} })
}

// DropKey leaves a key out of each row.
func DropKey(key string) Fault {
	return keyed("dropped "+key, key, func(member) []member { return nil })
}

// NullKey makes a key's value null.
func NullKey(key string) Fault {
	return keyed("null "+key, key, func(m member) []member { return []member{{m.key, nil}} })
}

// RetypeKey makes a string a number, and everything else a string.
func RetypeKey(key string) Fault {
	return keyed("retyped "+key, key, func(m member) []member {
		if _, ok := m.value.(string); ok {
			return []member{{m.key, int64(7)}}
		}
		return []member{{m.key, fmt.Sprint(m.value)}}
	})
}

// SetKey gives a key of each row that text.
func SetKey(key, text string) Fault {
	return keyed("set "+key, key, func(m member) []member { return []member{{m.key, text}} })
}

// ExtraKey adds a key that no reader knows to each row. It is no reason to fail.
func ExtraKey(key string) Fault {
	return Fault{name: "extra " + key, row: func(o object) object { return append(o, member{key, "yeni"}) }}
}

func keyed(name, key string, change func(member) []member) Fault {
	return Fault{name: name, row: func(o object) object {
		var out object
		for _, m := range o {
			if m.key == key {
				out = append(out, change(m)...)
			} else {
				out = append(out, m)
			}
		}
		return out
	}}
}

// ---- the page ----

// Head renames a column head of the page's table.
func Head(old, name string) Fault {
	return replaced("table head", "<th>"+old+"</th>", "<th>"+name+"</th>")
}

// NoTable takes the page's table marks away; the flight data stays.
func NoTable() Fault {
	return replaced("no table", "<table", "<div", "</table", "</div", `id="notification`, `data-id="notification`, "notification-checkbox", "box")
}

// NoFlight takes the page's flight data away; the table stays.
func NoFlight() Fault { return replaced("no flight data", "self.__next_f.push", "self.__next_g.push") }

func replaced(name string, oldnew ...string) Fault {
	return Fault{name: name, body: func(b []byte) []byte { return []byte(strings.NewReplacer(oldnew...).Replace(string(b))) }}
}

// TableShort leaves the newest n rows out of the page's table, FlightShort out of its flight data, so that the two
// no longer agree.
func TableShort(n int) Fault { return Fault{name: "short table", table: without(n)} }

// FlightShort is described with TableShort.
func FlightShort(n int) Fault { return Fault{name: "short flight data", flight: without(n)} }

func without(n int) func([]*Filing) []*Filing {
	return func(l []*Filing) []*Filing { return l[min(n, len(l)):] }
}
