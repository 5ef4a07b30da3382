package classify

import (
	"kapwatch/monitor/turkish"
)

// matcher finds all terms of a rules file in one pass over the words of a text: a trie over the first words of all
// terms, walked from the start of each word; the further words of a term are compared where its first was found.
// It is read only once built. Tests hold it against Term.matchAt word by word.
type matcher struct {
	class   [256]uint8 // bytes that occur in no first word share class 0, where every walk ends
	classes int
	next    []int32 // node*classes + class; 0 = no way on
	ends    [][]ending
	terms   []Term
}

// ending says that the first word of a term ends at a node.
type ending struct {
	term  int32
	whole bool
}

// hit is a match: which term, which words, and where the last one ends as it is cited.
type hit struct {
	term        int32
	first, last int32 // words
	end         int32 // byte of folded text
}

func newMatcher(terms []Term) *matcher {
	m := &matcher{terms: terms, classes: 1, ends: make([][]ending, 1)}
	for _, t := range terms {
		for _, c := range []byte(t.words[0].text) {
			if m.class[c] == 0 {
				m.class[c] = uint8(m.classes)
				m.classes++
			}
		}
	}
	m.next = make([]int32, m.classes)
	for i, t := range terms {
		node := int32(0)
		for _, c := range []byte(t.words[0].text) {
			at := int(node)*m.classes + int(m.class[c])
			if m.next[at] == 0 {
				m.next[at] = int32(len(m.ends))
				m.ends = append(m.ends, nil)
				m.next = append(m.next, make([]int32, m.classes)...)
			}
			node = m.next[at]
		}
		m.ends[node] = append(m.ends[node], ending{int32(i), t.words[0].whole})
	}
	return m
}

// append appends every match of every term in text to dst, in order of their first words.
func (m *matcher) append(dst []hit, text []byte, words []turkish.Word) []hit {
	for i, w := range words {
		node := int32(0)
		for at := w.Start; at < w.End; at++ {
			c := text[at]
			if c == '\'' {
				continue
			}
			if node = m.next[int(node)*m.classes+int(m.class[c])]; node == 0 {
				break
			}
			for _, e := range m.ends[node] {
				if e.whole && at+1 < w.End && text[at+1] != '\'' {
					continue
				}
				t := m.terms[e.term]
				end := w.Stem
				if at >= w.Stem {
					end = w.End
				}
				if len(t.words) > 1 {
					var ok bool
					if end, ok = t.matchAt(text, words, i); !ok {
						continue
					}
				}
				dst = append(dst, hit{e.term, int32(i), int32(i + len(t.words) - 1), int32(end)})
			}
		}
	}
	return dst
}
