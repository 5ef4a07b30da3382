package turkish

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

// Folded is a folded text that knows where it came from. The zero value is an empty text; Set reuses its memory,
// so that a Folded that is kept costs nothing per text. It is not safe for concurrent use.
type Folded struct {
	Text   []byte // Fold of the original
	source string
	from   []int32
}

// Set folds s into f.
func (f *Folded) Set(s string) {
	w := folder{out: f.Text[:0], from: f.from[:0], track: true}
	w.fold(s)
	f.Text, f.from, f.source = w.out, w.from, s
}

// Span maps the bytes [a, b) of f.Text to bytes of the original, so that original[start:end] is what they were
// made of: whole characters, with the combining marks that follow them. An empty range maps to an empty one.
func (f *Folded) Span(a, b int) (start, end int) {
	if a >= b {
		if a < len(f.from) {
			return int(f.from[a]), int(f.from[a])
		}
		return len(f.source), len(f.source)
	}
	start, end = int(f.from[a]), int(f.from[b-1])
	_, size := utf8.DecodeRuneInString(f.source[end:])
	end += size
	for end < len(f.source) {
		r, size := utf8.DecodeRuneInString(f.source[end:])
		if !unicode.Is(unicode.Mn, r) {
			break
		}
		end += size
	}
	return start, end
}

// Original returns the characters of the original that the bytes [a, b) of f.Text were made of.
func (f *Folded) Original(a, b int) string {
	start, end := f.Span(a, b)
	return f.source[start:end]
}

// Word is a range of folded text that holds one word: letters and digits. What follows an apostrophe is a suffix,
// not a word: Start to Stem is "aksa" in "aksa'nin", Start to End all of it.
type Word struct{ Start, Stem, End int }

// AppendWords appends the words of a folded text to dst.
func AppendWords(dst []Word, folded []byte) []Word {
	for i := 0; i < len(folded); {
		if !wordByte(folded[i]) {
			i++
			continue
		}
		w := Word{Start: i, Stem: -1}
		for i < len(folded) && (wordByte(folded[i]) || folded[i] == '\'' && i+1 < len(folded) && wordByte(folded[i+1])) {
			if folded[i] == '\'' && w.Stem < 0 {
				w.Stem = i
			}
			i++
		}
		w.End = i
		if w.Stem < 0 {
			w.Stem = i
		}
		dst = append(dst, w)
	}
	return dst
}

// Words walks the words of s, folded, each without what follows an apostrophe: "AKSEN'in Payları" gives "aksen"
// and "paylari".
func Words(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		folded := AppendFold(nil, s)
		for _, w := range AppendWords(nil, folded) {
			if !yield(string(folded[w.Start:w.Stem])) {
				return
			}
		}
	}
}
