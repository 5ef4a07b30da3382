package turkish

import (
	"strings"
	"time"
)

// ReadDate reads the day that folded text s begins with, and tells how many bytes it takes; 0 when s begins with
// none, or with one that no calendar has. It knows 24.09.2026, 24/09/2026, 2026-09-24, "26 nisan 2024",
// "26 april 2024" and "april 26, 2024". The time is midnight UTC and stands for the day alone.
func ReadDate(s string) (day time.Time, n int) {
	if d, n := readNumericDate(s); n > 0 {
		return d, n
	}
	a, i := readInt(s, 2)
	if i > 0 { // 26 nisan 2024
		m, j := readMonth(skipBlank(s, i, "."))
		if j == 0 {
			return time.Time{}, 0
		}
		rest := skipBlank(s, i, ".")[j:]
		y, k := readInt(skipBlank(rest, 0, ""), 4)
		if k != 4 {
			return time.Time{}, 0
		}
		return calendar(y, m, a, len(s)-len(skipBlank(rest, 0, ""))+k)
	}
	m, j := readMonth(s) // april 26, 2024
	if j == 0 {
		return time.Time{}, 0
	}
	rest := skipBlank(s, j, "")
	d, i := readInt(rest, 2)
	if i == 0 {
		return time.Time{}, 0
	}
	rest = skipBlank(rest, i, ",")
	y, k := readInt(rest, 4)
	if k != 4 {
		return time.Time{}, 0
	}
	return calendar(y, m, d, len(s)-len(rest)+k)
}

// readNumericDate reads dd.mm.yyyy with . or /, and yyyy-mm-dd.
func readNumericDate(s string) (time.Time, int) {
	a, i := readInt(s, 4)
	if i == 0 || i >= len(s) {
		return time.Time{}, 0
	}
	sep := s[i]
	if sep != '.' && sep != '/' && sep != '-' {
		return time.Time{}, 0
	}
	b, j := readInt(s[i+1:], 2)
	if j == 0 || i+1+j >= len(s) || s[i+1+j] != sep {
		return time.Time{}, 0
	}
	c, k := readInt(s[i+j+2:], 4)
	n := i + j + 2 + k
	switch {
	case i == 4 && k == 2 && sep == '-':
		return calendar(a, time.Month(b), c, n)
	case i <= 2 && k == 4:
		return calendar(c, time.Month(b), a, n)
	}
	return time.Time{}, 0
}

// calendar refuses what is not a day between 1900 and 2199.
func calendar(y int, m time.Month, d, n int) (time.Time, int) {
	t := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if y < 1900 || y > 2199 || t.Month() != m || t.Day() != d {
		return time.Time{}, 0
	}
	return t, n
}

// readInt reads at most width digits; more of them are no part of a date.
func readInt(s string, width int) (v, n int) {
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		if n == width {
			return 0, 0
		}
		v = v*10 + int(s[n]-'0')
		n++
	}
	return v, n
}

// skipBlank returns s from i on, without one of cut and one blank.
func skipBlank(s string, i int, cut string) string {
	s = s[i:]
	if cut != "" {
		s = strings.TrimPrefix(s, cut)
	}
	return strings.TrimPrefix(s, " ")
}

func readMonth(s string) (time.Month, int) {
	word := leadingLetters(s)
	switch word {
	case "ocak", "january", "jan":
		return time.January, len(word)
	case "subat", "february", "feb":
		return time.February, len(word)
	case "mart", "march", "mar":
		return time.March, len(word)
	case "nisan", "april", "apr":
		return time.April, len(word)
	case "mayis", "may":
		return time.May, len(word)
	case "haziran", "june", "jun":
		return time.June, len(word)
	case "temmuz", "july", "jul":
		return time.July, len(word)
	case "agustos", "august", "aug":
		return time.August, len(word)
	case "eylul", "september", "sep", "sept":
		return time.September, len(word)
	case "ekim", "october", "oct":
		return time.October, len(word)
	case "kasim", "november", "nov":
		return time.November, len(word)
	case "aralik", "december", "dec":
		return time.December, len(word)
	}
	return 0, 0
}
