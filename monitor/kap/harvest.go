package kap

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"kapwatch/monitor"
)

// harvest merges what several answers brought, by index.
type harvest struct {
	at     map[int64]int // index → place in out.Filings
	bad    map[string]bool
	out    monitor.Listing
	seenAt time.Time

	memory  *memory   // nil = every row is shown
	reading uint64    // its number there
	from    time.Time // what was published before is passed over
	shown   []memo    // what need not be shown again once it is in the ledger
}

func newHarvest(seenAt time.Time, m *memory) *harvest {
	h := &harvest{at: map[int64]int{}, bad: map[string]bool{}, seenAt: seenAt, memory: m}
	if m != nil {
		h.reading = m.begin()
	}
	return h
}

// add merges one answer. The same row twice is one filing. Of two different rows with one index in one answer the
// first, which is the newer by KAP's order, is kept and the clash is a problem; between answers the row may have
// changed meanwhile and the first is kept without a word.
func (h *harvest) add(p parsed) {
	before := len(h.out.Filings)
	for n, f := range p.filings {
		if f.PublishedAt.Before(h.from) {
			continue
		}
		f.SeenAt = h.seenAt
		i, known := h.at[f.Index]
		switch {
		case !known:
			h.at[f.Index] = len(h.out.Filings)
			h.out.Filings = append(h.out.Filings, f)
			if n < p.plain && p.memo != nil && utf8.Valid(f.Raw) {
				if x, ok := p.memo(&f); ok {
					h.shown = append(h.shown, x)
				}
			}
		case i >= before && !bytes.Equal(h.out.Filings[i].Raw, f.Raw):
			h.problem(fmt.Sprintf("Filing %d is listed twice with different content; the first is kept.", f.Index))
		}
	}
	for _, b := range p.bad {
		if !h.bad[b.ID] {
			h.bad[b.ID] = true
			b.SeenAt = h.seenAt
			h.out.Bad = append(h.out.Bad, b)
		}
	}
	for _, s := range p.problems {
		h.problem(s)
	}
}

func (h *harvest) problem(s string) {
	if !slices.Contains(h.out.Problems, s) {
		h.out.Problems = append(h.out.Problems, s)
	}
}

// listing is what was merged. A row that could not be read and stands readable elsewhere is not bad.
func (h *harvest) listing() monitor.Listing {
	h.out.Bad = slices.DeleteFunc(h.out.Bad, func(b monitor.BadRow) bool {
		_, read := h.at[b.Index]
		return read || h.memory != nil && h.memory.left(b.Index, h.reading)
	})
	if h.memory == nil {
		return h.out
	}
	h.memory.forget(&h.out)
	h.out.Listed = len(h.out.Filings) + len(h.out.Bad) + h.memory.end(h.reading, h.at)
	if len(h.shown) > 0 {
		h.out.Remember = func() { h.memory.remember(h.shown) }
	}
	return h.out
}

// digest names bytes that have no other name, the same at each poll.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256-" + hex.EncodeToString(sum[:8])
}
