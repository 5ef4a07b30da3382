package classify

import (
	"cmp"
	"slices"

	"kapwatch/monitor/turkish"
)

// Sightings counts in how many texts each of some terms is found, and on which words. It is not safe for concurrent
// use.
type Sightings struct {
	terms  []Term
	texts  int
	counts []int
	words  []map[string]int // per term: folded words, of which the first few hundred are told apart
}

// differentWords bounds the words that are told apart for one term.
const differentWords = 500

// NewSightings counts terms; the zero Term is never found.
func NewSightings(terms []Term) *Sightings {
	s := &Sightings{terms: terms, counts: make([]int, len(terms)), words: make([]map[string]int, len(terms))}
	for i := range s.words {
		s.words[i] = map[string]int{}
	}
	return s
}

// Look looks for every term in t.
func (s *Sightings) Look(t Text) {
	s.texts++
	r := NewReading(t)
	for i, term := range s.terms {
		e, ok := r.Find(term)
		if !ok {
			continue
		}
		s.counts[i]++
		word := turkish.Fold(e.Text)
		if _, known := s.words[i][word]; known || len(s.words[i]) < differentWords {
			s.words[i][word]++
		}
	}
}

// Texts is how many were looked at.
func (s *Sightings) Texts() int { return s.texts }

// Of tells of term i in how many texts it was found, and the words, folded, that it was found on most often.
func (s *Sightings) Of(i, most int) (texts int, words []string) {
	for w := range s.words[i] {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(cmp.Compare(s.words[i][b], s.words[i][a]), cmp.Compare(a, b)) })
	return s.counts[i], words[:min(most, len(words))]
}
