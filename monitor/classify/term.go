package classify

import (
	"fmt"
	"strings"

	"kapwatch/monitor/turkish"
)

// Term is one or more words of a rules file. A word matches a text word that starts with it; "=word" matches the
// whole word, a suffix after an apostrophe allowed ("=MoU" finds "MoU'nun", not "mouse"); several words match
// consecutive ones, whatever stands between that is no word. Everything is folded first. The zero Term matches
// nothing; a Term is safe for concurrent use.
type Term struct {
	text  string
	words []stem
}

// longestTerm is how many words a term may have.
const longestTerm = 12

// stem is one word of a term, folded, without apostrophes.
type stem struct {
	text  string
	whole bool
}

// ParseTerm reads a term as the rules file writes it: one to twelve words, each with a letter or a digit.
func ParseTerm(s string) (Term, error) {
	t := Term{text: s}
	for field := range strings.FieldsSeq(s) {
		bare, whole := strings.CutPrefix(field, "=")
		folded := turkish.AppendFold(nil, bare)
		words := turkish.AppendWords(nil, folded)
		if len(words) == 0 && whole {
			return Term{}, fmt.Errorf("%q asks for a whole word but has none", field)
		}
		for _, w := range words {
			t.words = append(t.words, stem{strings.ReplaceAll(string(folded[w.Start:w.End]), "'", ""), whole})
		}
	}
	switch {
	case len(t.words) == 0:
		return Term{}, fmt.Errorf("%q has no word", s)
	case len(t.words) > longestTerm:
		return Term{}, fmt.Errorf("%q has %d words, at most %d are matched", s, len(t.words), longestTerm)
	}
	return t, nil
}

// String gives the term as it was written.
func (t Term) String() string { return t.text }

// Find returns the first match of t in s as byte offsets into s: the whole words found, without what an apostrophe
// hangs on them.
func (t Term) Find(s string) (start, end int, ok bool) {
	e, ok := NewReading(Text{Subject: s}).Find(t)
	return e.Span.Start, e.Span.End, ok
}

// matchAt reports whether t matches words[i] and those after it, and where the matched words end in text.
func (t Term) matchAt(text []byte, words []turkish.Word, i int) (end int, ok bool) {
	if i+len(t.words) > len(words) {
		return 0, false
	}
	for k, s := range t.words {
		if end, ok = s.match(text, words[i+k]); !ok {
			return 0, false
		}
	}
	return end, true
}

// match reports whether w starts with s, and where the word as it is cited ends: before its apostrophe, unless s
// reaches past it.
func (s stem) match(text []byte, w turkish.Word) (end int, ok bool) {
	i := w.Start
	for k := 0; k < len(s.text); i++ {
		if i == w.End {
			return 0, false
		}
		if text[i] == '\'' { // "TTK'nın", "TTKnın": KAP's data loses apostrophes
			continue
		}
		if text[i] != s.text[k] {
			return 0, false
		}
		k++
	}
	if s.whole && i < w.End && text[i] != '\'' {
		return 0, false
	}
	if i > w.Stem {
		return w.End, true
	}
	return w.Stem, true
}
