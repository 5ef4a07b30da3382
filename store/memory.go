package store

import (
	"slices"
	"sort"
	"strings"
)

// memory is the open part of the index: the filings that stand in no segment yet. It is rebuilt from the records,
// so a commit writes records only.
type memory struct {
	entries []entry
	order   []uint32            // places in entries, sorted; those replaced are left out
	byIndex map[int64]uint32    // index → its newest place
	terms   map[string][]uint32 // term → places, ascending
	sorted  []string            // the terms, but for
	young   []string            // those that came last, sorted too: to insert one among all moves a megabyte
}

// youngest is how many terms there may be in young: what an insertion moves against how often all are merged.
const youngest = 1024

func newMemory() *memory {
	return &memory{byIndex: map[int64]uint32{}, terms: map[string][]uint32{}}
}

// add takes docs in. What it held of the same filings stays beside them until it is removed: before the commit a
// reader meets the old records, after it the new ones, and the revisions tell which entries speak of them.
func (m *memory) add(docs []document) (replaced []uint32) {
	bulk := len(docs) > 128 // one sort is cheaper than so many insertions
	var fresh []string
	for _, d := range docs {
		if old, ok := m.byIndex[d.index]; ok {
			replaced = append(replaced, old)
		}
		place := uint32(len(m.entries))
		m.entries = append(m.entries, d.entry)
		m.byIndex[d.index] = place
		if i := len(m.order); bulk || i == 0 || m.entries[m.order[i-1]].compare(d.entry) < 0 {
			m.order = append(m.order, place)
		} else {
			m.order = slices.Insert(m.order, m.rank(d.entry), place)
		}
		for _, t := range d.terms {
			list, ok := m.terms[t]
			if !ok {
				t = strings.Clone(t) // the text it was cut from must not live as long
				fresh = append(fresh, t)
			}
			m.terms[t] = append(list, place)
		}
	}
	if bulk {
		slices.SortFunc(m.order, func(a, b uint32) int { return m.entries[a].compare(m.entries[b]) })
	}
	if len(m.young)+len(fresh) > youngest {
		fresh = append(fresh, m.young...)
		slices.Sort(fresh)
		m.sorted, m.young = together(m.sorted, fresh), m.young[:0]
		return replaced
	}
	for _, t := range fresh {
		i, _ := slices.BinarySearch(m.young, t)
		m.young = slices.Insert(m.young, i, t)
	}
	return replaced
}

// together makes one of two sorted lists.
func together(a, b []string) []string {
	out := make([]string, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// beginning gives the terms that begin with prefix, codes that only begin with it left out.
func (m *memory) beginning(prefix string) (out []string) {
	for _, list := range [...][]string{m.sorted, m.young} {
		i, _ := slices.BinarySearch(list, prefix)
		for ; i < len(list) && strings.HasPrefix(list[i], prefix); i++ {
			if !longerCode(list[i], len(prefix)) {
				out = append(out, list[i])
			}
		}
	}
	return out
}

// remove takes places out; they stay in the lists of terms, but have no rank.
func (m *memory) remove(places []uint32) {
	for _, place := range places {
		if i := slices.Index(m.order, place); i >= 0 {
			m.order = slices.Delete(m.order, i, i+1)
		}
	}
}

// rank is the number of entries before e.
func (m *memory) rank(e entry) int {
	return sort.Search(len(m.order), func(i int) bool { return m.entries[m.order[i]].compare(e) >= 0 })
}

func (m *memory) len() int                   { return len(m.order) }
func (m *memory) begin() int                 { return 0 }
func (m *memory) at(rank int) (entry, error) { return m.entries[m.order[rank]], nil }
func (m *memory) bounds() (first, last entry) {
	return m.entries[m.order[0]], m.entries[m.order[len(m.order)-1]]
}

// match gives the ranks that fit p; ok is false when there are none.
func (m *memory) match(p *plan, w *work) (set bitmap, ok bool, err error) {
	var places bitmap
	meet := func(lists ...string) (any bool, err error) {
		into := newBitmap(len(m.entries))
		for _, t := range lists {
			w.add(len(t) + 4*len(m.terms[t]))
			if w.over() {
				return false, errTooMuch
			}
			for _, place := range m.terms[t] {
				into.set(place)
				any = true
			}
		}
		if places == nil {
			places = into
			return any, nil
		}
		return places.and(into), nil
	}
	for _, t := range p.exact {
		if any, err := meet(t); !any {
			return nil, false, err
		}
	}
	for _, word := range p.words {
		if any, err := meet(m.beginning(term(termWord, word))...); !any {
			return nil, false, err
		}
	}
	set = newBitmap(len(m.order))
	for rank, place := range m.order {
		if places.has(place) {
			set.set(uint32(rank))
		}
	}
	return set, true, nil
}
