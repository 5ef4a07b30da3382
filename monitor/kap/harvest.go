package kap

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"kapwatch/monitor"
)

// harvest merges what several answers brought, by index.
type harvest struct {
	at     map[int64]int // index → place in out.Filings
	bad    map[string]bool
	out    monitor.Listing
	seenAt time.Time
}

func newHarvest(seenAt time.Time) *harvest {
	return &harvest{at: map[int64]int{}, bad: map[string]bool{}, seenAt: seenAt}
}

// add merges one answer. The same row twice is one filing. Of two different rows with one index in one answer the
// first, which is the newer by KAP's order, is kept and the clash is a problem; between answers the row may have
// changed meanwhile and the first is kept without a word.
func (h *harvest) add(p parsed) {
	before := len(h.out.Filings)
	for _, f := range p.filings {
		f.SeenAt = h.seenAt
		i, known := h.at[f.Index]
		switch {
		case !known:
			h.at[f.Index] = len(h.out.Filings)
			h.out.Filings = append(h.out.Filings, f)
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
		return read
	})
	return h.out
}

// digest names bytes that have no other name, the same at each poll.
func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256-" + hex.EncodeToString(sum[:8])
}
