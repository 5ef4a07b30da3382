package classify

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kapwatch/monitor/turkish"
)

// The one-pass matcher must find exactly what comparing every term with every word finds.
func TestMatcherAgainstLoop(t *testing.T) {
	words := []string{"izin", "izinsiz", "MoU", "MoU'nun", "kâr", "payı", "kar", "niyet", "mektubu", "Mektup’la", "TTK'nın", "TTKnın", "376", "non-binding", "Şirketimizin", "a", "aş", "ş'ş'ş", "500MW"}
	stems := []string{"izin", "=izin", "mou", "=mou", "kar pay", "=kar", "niyet mektu", "ttk'nın 376", "ttk", "=ttk", "non-binding", "a", "=a", "a a", "ş", "şş", "=500mw", "kar =payı niyet", "izin"}
	var terms []Term
	for _, s := range stems {
		term, err := ParseTerm(s)
		if err != nil {
			t.Fatal(err)
		}
		terms = append(terms, term)
	}
	m := newMatcher(terms)
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var text []string
		for range r.IntN(12) {
			text = append(text, words[r.IntN(len(words))])
		}
		folded := []byte(turkish.Fold(strings.Join(text, []string{" ", ", ", "-", "\n"}[r.IntN(4)])))
		list := turkish.AppendWords(nil, folded)
		got := m.append(nil, folded, list)
		var want []hit
		for i := range list {
			for k, term := range terms {
				if end, ok := term.matchAt(folded, list, i); ok {
					want = append(want, hit{int32(k), int32(i), int32(i + len(term.words) - 1), int32(end)})
				}
			}
		}
		order := func(a, b hit) int { return int(a.first-b.first)*1000 + int(a.term-b.term) }
		slices.SortFunc(got, order)
		if !slices.Equal(got, want) {
			t.Fatalf("in %q\ngot  %v\nwant %v", folded, got, want)
		}
	}
}

func TestMatcherAllocates(t *testing.T) {
	term, err := ParseTerm("mutabakat zaptı")
	if err != nil {
		t.Fatal(err)
	}
	m := newMatcher([]Term{term})
	folded := []byte(turkish.Fold(strings.Repeat("Mutabakat Zaptı imzalandı. ", 100)))
	words := turkish.AppendWords(nil, folded)
	hits := m.append(nil, folded, words)
	if len(hits) != 100 {
		t.Fatalf("%d hits, want 100", len(hits))
	}
	if n := testing.AllocsPerRun(100, func() { hits = m.append(hits[:0], folded, words) }); n != 0 {
		t.Errorf("the matcher allocates %v times", n)
	}
}
