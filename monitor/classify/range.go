package classify

import (
	"strings"

	"kapwatch/monitor/turkish"
)

// lowerBound reads the amount v at i, n bytes long, that shares scale and unit with a greater one after it: "10-12
// milyon USD". Both ends are stated; the lower one is cited with the unit. It gives how much of the text it used.
func (r *factReader) lowerBound(text string, i, n int, v float64) int {
	to := i + n + upTo(text[i+n:])
	if to == i+n {
		return n
	}
	bare, k := turkish.ReadNumber(text[to:], r.notation)
	kind, high, unit, m := r.measure(text, to)
	if own, alone := turkish.ReadNumber(text[i:], r.notation); m == 0 || k == 0 || alone != n || own >= bare {
		return n
	}
	r.add(kind, v*high/bare, unit, i, to+m)
	return n
}

// percentUpTo reads the upper end of a range of percentages whose sign stands before the lower one: "%15-20".
func (r *factReader) percentUpTo(text string, i int, low float64) int {
	n := upTo(text[i:])
	high, k := turkish.ReadNumber(text[i+n:], r.notation)
	if n == 0 || k == 0 || high <= low || high > 100 || i+n+k < len(text) && wordByte(text[i+n+k]) {
		return 0
	}
	r.add("percent", high, "%", i+n, i+n+k)
	return n + k
}

// upTo reads what stands between the ends of a range.
func upTo(rest string) int {
	for _, mark := range [...]string{"-", " - ", "–", " – ", " ila ", " to "} {
		if strings.HasPrefix(rest, mark) && len(rest) > len(mark) && digit(rest[len(mark)]) {
			return len(mark)
		}
	}
	return 0
}
