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
	sorted  []string            // the terms
}

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
	if len(fresh) > 512 {
		m.sorted = append(m.sorted, fresh...)
		slices.Sort(m.sorted)
		return replaced
	}
	for _, t := range fresh {
		i, _ := slices.BinarySearch(m.sorted, t)
		m.sorted = slices.Insert(m.sorted, i, t)
	}
	return replaced
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
		prefix := term(termWord, word)
		var lists []string
		i, _ := slices.BinarySearch(m.sorted, prefix)
		for ; i < len(m.sorted) && strings.HasPrefix(m.sorted[i], prefix); i++ {
			if !longerCode(m.sorted[i], len(prefix)) {
				lists = append(lists, m.sorted[i])
			}
		}
		if any, err := meet(lists...); !any {
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
