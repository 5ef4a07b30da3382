package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"
	"slices"
)

// bitmap is a set of ranks in one part of the index.
type bitmap []uint64

func newBitmap(n int) bitmap { return make(bitmap, (n+63)/64) }

func (b bitmap) set(i uint32)      { b[i/64] |= 1 << (i % 64) }
func (b bitmap) has(i uint32) bool { return b[i/64]&(1<<(i%64)) != 0 }

// and keeps what is in o too, and reports whether anything is left.
func (b bitmap) and(o bitmap) bool {
	var any uint64
	for i := range b {
		b[i] &= o[i]
		any |= b[i]
	}
	return any != 0
}

// next gives the smallest member in [from, to), -1 when there is none.
func (b bitmap) next(from, to int) int {
	for i := from / 64; i*64 < to; i++ {
		w := b[i]
		if i == from/64 {
			w &= ^uint64(0) << (from % 64)
		}
		if w != 0 {
			if r := i*64 + bits.TrailingZeros64(w); r < to {
				return r
			}
			return -1
		}
	}
	return -1
}

// previous gives the greatest member in [from, to), -1 when there is none.
func (b bitmap) previous(from, to int) int {
	for i := (to - 1) / 64; to > from && i >= from/64; i-- {
		w := b[i]
		if i == (to-1)/64 {
			w &= ^uint64(0) >> (63 - (to-1)%64)
		}
		if w != 0 {
			if r := i*64 + bits.Len64(w) - 1; r >= from {
				return r
			}
			return -1
		}
	}
	return -1
}

// The two forms of a posting list: gaps between ranks, and for frequent terms one bit a filing.
const (
	postingGaps = version
	postingBits = version + 1
)

// encodePosting writes ascending ranks below n in the shorter form. Seed begins the checksum.
func encodePosting(seed uint32, key []byte, ranks []uint32, n int) []byte {
	b := append(make([]byte, 0, 1+checksum+2*len(ranks)), postingGaps)
	last := uint32(0)
	for _, r := range ranks {
		b = binary.AppendUvarint(b, uint64(r-last))
		last = r
	}
	if words := (n + 63) / 64; 8*words < len(b) {
		set := newBitmap(n)
		for _, r := range ranks {
			set.set(r)
		}
		b = append(b[:0], postingBits)
		for _, w := range set {
			b = binary.LittleEndian.AppendUint64(b, w)
		}
	}
	return binary.LittleEndian.AppendUint32(b, postingSum(seed, key, b))
}

func postingSum(seed uint32, key, b []byte) uint32 {
	return crc32.Update(crc32.Update(seed, crcTable(), key), crcTable(), b)
}

// addPosting adds the ranks of a stored list to set.
func addPosting(set bitmap, n int, seed uint32, key, value []byte) error {
	end := len(value) - checksum
	if end < 1 || postingSum(seed, key, value[:end]) != binary.LittleEndian.Uint32(value[end:]) {
		return fmt.Errorf("read posting list %q: %w", key, ErrCorrupt)
	}
	b := value[1:end]
	switch {
	case value[0] == postingGaps:
		rank := uint64(0)
		for len(b) > 0 {
			gap, k := binary.Uvarint(b)
			rank += gap
			if k <= 0 || rank >= uint64(n) {
				return fmt.Errorf("read posting list %q: %w", key, ErrCorrupt)
			}
			set.set(uint32(rank))
			b = b[k:]
		}
		return nil
	case value[0] == postingBits && len(b) == 8*len(set):
		for i := range set {
			set[i] |= binary.LittleEndian.Uint64(b[8*i:])
		}
		return nil
	}
	return fmt.Errorf("read posting list %q: %w: form %d", key, ErrCorrupt, value[0])
}

// entry is a filing's place in the order of answers. Revision tells which state of the filing was indexed: an entry
// that names another one is passed over, for a later part of the index has the filing as it is.
type entry struct {
	at       int64 // Unix seconds
	index    int64
	revision uint32
}

// compare orders entries by (published, index).
func (e entry) compare(o entry) int {
	switch {
	case e.at < o.at:
		return -1
	case e.at > o.at:
		return 1
	case e.index < o.index:
		return -1
	case e.index > o.index:
		return 1
	}
	return 0
}

// A segment's entries are stored in blocks, so that a look at one need not check them all.
const (
	entrySize  = 20
	blockSize  = 256 // entries
	blockBytes = blockSize*entrySize + checksum
)

// encodeEntries writes entries in the order given.
func encodeEntries(key []byte, entries []entry) []byte {
	b := make([]byte, 0, len(entries)*entrySize+(len(entries)/blockSize+1)*checksum+1)
	b = append(b, version)
	for block := range slices.Chunk(entries, blockSize) {
		start := len(b)
		for _, e := range block {
			b = binary.BigEndian.AppendUint64(b, ordered(e.at))
			b = binary.BigEndian.AppendUint64(b, uint64(e.index))
			b = binary.BigEndian.AppendUint32(b, e.revision)
		}
		b = binary.LittleEndian.AppendUint32(b, blockSum(key, (start-1)/blockBytes, b[start:]))
	}
	return b
}

func blockSum(key []byte, block int, b []byte) uint32 {
	t := crcTable()
	s := crc32.Update(crc32.Checksum(key, t), t, []byte{byte(block), byte(block >> 8), byte(block >> 16)})
	return crc32.Update(s, t, b)
}

// countEntries tells how many entries a stored segment has.
func countEntries(value []byte) (int, error) {
	if len(value) == 0 {
		return 0, fmt.Errorf("%w: segment is missing", ErrCorrupt)
	}
	n := len(value) - 1
	blocks := (n + blockBytes - 1) / blockBytes
	n -= blocks * checksum
	if n <= 0 || n%entrySize != 0 || value[0] != version {
		return 0, fmt.Errorf("%w: segment of %d bytes", ErrCorrupt, len(value))
	}
	return n / entrySize, nil
}

// entryAt reads one entry of a stored segment. Checked remembers the block that was found good last.
func entryAt(key, value []byte, rank int, checked *int) (entry, error) {
	block := rank / blockSize
	start := 1 + block*blockBytes
	end := min(start+blockBytes, len(value))
	b := value[start : end-checksum]
	if *checked != block+1 {
		if blockSum(key, block, b) != binary.LittleEndian.Uint32(value[end-checksum:end]) {
			return entry{}, fmt.Errorf("%w: segment %x", ErrCorrupt, key)
		}
		*checked = block + 1
	}
	b = b[rank%blockSize*entrySize:]
	return entry{
		at:       int64(binary.BigEndian.Uint64(b) ^ 1<<63),
		index:    int64(binary.BigEndian.Uint64(b[8:])),
		revision: binary.BigEndian.Uint32(b[16:]),
	}, nil
}
