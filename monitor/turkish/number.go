package turkish

import (
	"slices"
	"strconv"
	"strings"
)

// Notation says which of point and comma parts the decimals.
type Notation uint8

// The notations. Where a number can be read in one way only ("1,234,567.89", "52.7"), that way is taken in both.
const (
	TurkishNotation Notation = iota // 1.234.567,89
	EnglishNotation                 // 1,234,567.89
)

// ReadNumber reads the number that folded text s begins with, and tells how many bytes it takes; 0 when s begins
// with none. A point or comma that ends a sentence is not part of it.
func ReadNumber(s string, notation Notation) (value float64, n int) {
	plain, n := readDigits(s, notation)
	if n == 0 {
		return 0, 0
	}
	value, err := strconv.ParseFloat(plain, 64)
	if err != nil { // out of range: nothing that a filing states
		return 0, 0
	}
	return value, n
}

// ReadAmount reads a number and the word after it that multiplies it: 31900000 for "31,9 milyon", 400000 for
// "400 bin", 285389000 for "285 milyon 389 bin". The product is exact wherever a float64 can hold it.
func ReadAmount(s string, notation Notation) (value float64, n int) {
	value, e, n := readScaled(s, notation)
	for e > 0 {
		rest := strings.TrimPrefix(s[n:], " ")
		more, below, k := readScaled(rest, notation)
		if k == 0 || below == 0 || below >= e {
			break
		}
		value, e, n = value+more, below, len(s)-len(rest)+k
	}
	return value, n
}

// readScaled reads a number and one word that multiplies it, and gives the word's power of ten, 0 without one.
func readScaled(s string, notation Notation) (value float64, e, n int) {
	plain, n := readDigits(s, notation)
	if n == 0 {
		return 0, 0, 0
	}
	rest := strings.TrimPrefix(s[n:], " ")
	if word := leadingLetters(rest); word != "" {
		if e = exponent(word); e > 0 {
			n = len(s) - len(rest) + len(word)
			plain += "e" + strconv.Itoa(e)
		}
	}
	value, err := strconv.ParseFloat(plain, 64)
	if err != nil { // out of range: nothing that a filing states
		return 0, 0, 0
	}
	return value, e, n
}

func leadingLetters(s string) string {
	i := 0
	for i < len(s) && s[i] >= 'a' && s[i] <= 'z' {
		i++
	}
	return s[:i]
}

// exponent is the power of ten that a word stands for, 0 when it stands for none.
func exponent(word string) int {
	switch word {
	case "bin", "thousand":
		return 3
	case "milyon", "mn", "mio", "mln", "million":
		return 6
	case "milyar", "mlr", "mr", "billion", "bn":
		return 9
	case "trilyon", "trillion":
		return 12
	}
	return 0
}

// readDigits reads digits with their separators and gives them as Go writes numbers.
func readDigits(s string, notation Notation) (plain string, n int) {
	var groups [16]int // length of each run of digits
	var marks [16]byte // the separator after it
	k := 0
	for n < len(s) && k < len(groups)-1 {
		d := n
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		groups[k] = n - d
		if n+1 < len(s) && (s[n] == '.' || s[n] == ',') && s[n+1] >= '0' && s[n+1] <= '9' && groups[k] > 0 {
			marks[k] = s[n]
			n++
			k++
			continue
		}
		break
	}
	if n == 0 {
		return "", 0
	}
	decimals := decimalMark(groups[:k+1], marks[:k], notation, s)
	var b strings.Builder
	b.Grow(n)
	at := 0
	for i := range k + 1 {
		b.WriteString(s[at : at+groups[i]])
		at += groups[i] + 1
		if i < k && i == decimals {
			b.WriteByte('.')
		}
	}
	return b.String(), n
}

// decimalMark tells which separator parts the decimals, -1 for none. Two kinds: the last one, if it stands once.
// One kind, repeated: it groups. One alone is read as the notation has it, unless what follows cannot be a group.
func decimalMark(groups []int, marks []byte, notation Notation, s string) int {
	k := len(marks)
	if k == 0 {
		return -1
	}
	last := marks[k-1]
	if slices.Contains(marks[:k-1], last) { // stands twice: it groups
		return -1
	}
	if k > 1 {
		return k - 1
	}
	grouping := byte('.')
	if notation == EnglishNotation {
		grouping = ','
	}
	if last == grouping && groups[1] == 3 && groups[0] <= 3 && s[0] != '0' {
		return -1
	}
	return 0
}
