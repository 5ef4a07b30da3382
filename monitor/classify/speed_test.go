package classify

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"kapwatch/monitor/turkish"
)

// sixHundred terms of one word, made of Turkish syllables, and a text of about n bytes that has some of them. One word
// and blanks only: then a loop over strings.Contains, asked for a blank and the term, finds the same as the matcher,
// and can be measured beside it.
func sixHundred(n int, hits bool) (terms []Term, patterns []string, text string) {
	r := rand.New(rand.NewPCG(6, 28))
	syllables := strings.Fields("söz leş me an laş ma i ha le kâr pa yı ser ma ye ar tı rım ya tı san tral iz in ku rul du yu ru te da rik lis ans tah vil bo no")
	seen := map[string]bool{}
	for len(terms) < 600 {
		var b strings.Builder
		for range 2 + r.IntN(3) {
			b.WriteString(syllables[r.IntN(len(syllables))])
		}
		folded := turkish.Fold(b.String())
		if seen[folded] {
			continue
		}
		seen[folded] = true
		t, err := ParseTerm(b.String())
		if err != nil {
			panic(err)
		}
		terms, patterns = append(terms, t), append(patterns, " "+folded)
	}
	plain := strings.Fields("Şirketimizin Genel Müdürlüğü tarafından yapılan görüşmelerde gelişmeler Çankırı ÖĞLE vakti İSTANBUL ışığında ve bugün ile geçen hafta")
	var b strings.Builder
	for b.Len() < n {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if hits && r.IntN(12) == 0 {
			b.WriteString(strings.ToUpper(terms[r.IntN(len(terms))].text) + "NIN")
		} else {
			b.WriteString(plain[r.IntN(len(plain))])
		}
	}
	return terms, patterns, b.String()
}

// containsLoop is what the matcher is measured against: fold once, then ask for each term.
func containsLoop(buf []byte, patterns []string, text string, found []bool) []byte {
	buf = turkish.AppendFold(append(buf[:0], ' '), text)
	folded := string(buf)
	for i, p := range patterns {
		found[i] = strings.Contains(folded, p)
	}
	return buf
}

func TestMatcherFindsWhatContainsFinds(t *testing.T) {
	for _, n := range []int{200, 5_000, 50_000} {
		for _, hits := range []bool{false, true} {
			terms, patterns, text := sixHundred(n, hits)
			want := make([]bool, len(patterns))
			containsLoop(nil, patterns, text, want)
			m := newMatcher(terms)
			var f turkish.Folded
			f.Set(text)
			got := make([]bool, len(terms))
			for _, h := range m.append(nil, f.Text, turkish.AppendWords(nil, f.Text)) {
				got[h.term] = true
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d bytes, hits %v: the matcher and the loop differ", n, hits)
			}
			if slices.Contains(want, true) != hits {
				t.Errorf("%d bytes: found something %v, want %v", n, !hits, hits)
			}
		}
	}
}

// A text in which nothing is found costs no allocation at all, whatever its size: the poll of a quiet day.
func TestMissAllocatesNothing(t *testing.T) {
	terms, _, _ := sixHundred(0, false)
	list := make([]string, len(terms))
	for i, term := range terms {
		list[i] = term.String()
	}
	c, err := New(File{Categories: []Category{{ID: "x", Terms: list}, {ID: "other"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{200, 50_000} {
		_, _, text := sixHundred(n, false)
		miss := Text{Subject: "Özel Durum Açıklaması (Genel)", Summary: text[:100], Body: text, BodyEN: text}
		if got := c.Classify(miss); !slices.Equal(got.Categories, []string{"other"}) || len(got.Qualifiers)+len(got.Facts) > 0 {
			t.Fatalf("%d bytes are no miss: %+v", n, got)
		}
		s := new(scan) // the pool drops some under the race detector
		if allocs := testing.AllocsPerRun(50, func() { c.classify(s, miss) }); allocs > 0 {
			t.Errorf("%d bytes: a miss costs %v allocations", n, allocs)
		}
	}
}

func BenchmarkTerms(b *testing.B) {
	for _, n := range []int{200, 50_000} {
		terms, patterns, text := sixHundred(n, true)
		b.Run(fmt.Sprintf("matcher/%d", n), func(b *testing.B) {
			m := newMatcher(terms)
			var f turkish.Folded
			var words []turkish.Word
			var hits []hit
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				f.Set(text)
				words = turkish.AppendWords(words[:0], f.Text)
				hits = m.append(hits[:0], f.Text, words)
			}
		})
		b.Run(fmt.Sprintf("contains/%d", n), func(b *testing.B) {
			found := make([]bool, len(patterns))
			var buf []byte
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				buf = containsLoop(buf, patterns, text, found)
			}
		})
	}
}
