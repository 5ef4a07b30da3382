package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	bolt "go.etcd.io/bbolt"
)

// checkTree refuses a file in which a page is led to from two places, or is in use and free at once. bbolt follows
// whatever a branch says: one that leads back to itself overflows the stack, which nothing can catch, and a page
// that is wrongly free is overwritten by the next commit. Only branches are read, one page in a hundred, which
// takes milliseconds for a million filings; a deep check reads the leaves too. (bbolt's own Check panics on such
// files, in a goroutine where nobody can recover.)
func (db *DB) checkTree(tx *bolt.Tx, deep bool) error {
	f, err := os.Open(db.path)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	size := int64(db.bolt.Info().PageSize)
	t := tree{f: f, size: size, end: uint64(tx.Size() / size), deep: deep, seen: newBitmap(int(tx.Size() / size))}
	if err := t.walk(uint64(tx.Cursor().Bucket().RootPage()), top); err != nil {
		return err
	}
	m, err := readMeta(f)
	if err != nil || m.transaction != uint64(tx.ID()) {
		return err // written meanwhile: the free list is no longer that of tx
	}
	return t.free(m.freelist)
}

// tree follows bbolt's file format, version 2: a page head of id (8 bytes), flags (2), count (2) and overflow (4),
// then elements of 16 bytes: position, key size and page in a branch; flags, position, key and value size in a leaf.
type tree struct {
	f    io.ReaderAt
	size int64
	end  uint64 // number of the first page that was never used
	deep bool
	seen bitmap
}

const (
	pageHead     = 16
	pageElement  = 16
	flagBranch   = 1
	flagLeaf     = 2
	flagFreelist = 16
	flagBucket   = 1
)

// level is what the leaves of a tree hold.
type level int

const (
	values   level = iota
	segments       // a bucket for each segment
	top            // the buckets of the schema
)

// below is the level of the bucket that has a key in a tree of level l.
func (l level) below(key []byte) level {
	if l == top && string(key) == string(bucketSegment) {
		return segments
	}
	return values
}

// page is one page as read: behind its head, overflow included.
type page struct {
	flags uint16
	count int
	b     []byte
}

// element gives one of the page's elements.
func (p *page) element(i int) []byte { return p.b[i*pageElement : (i+1)*pageElement] }

// child is the page that an element of a branch leads to.
func (p *page) child(i int) uint64 { return binary.NativeEndian.Uint64(p.element(i)[8:]) }

func (t *tree) damaged(id uint64, what string) error {
	return fmt.Errorf("%w: page %d %s", ErrCorrupt, id, what)
}

// visit notes that something leads to page id.
func (t *tree) visit(id uint64) error {
	if id < 2 || id >= t.end || t.seen.has(uint32(id)) {
		return t.damaged(id, "is led to from a wrong place")
	}
	t.seen.set(uint32(id))
	return nil
}

func (t *tree) head(id uint64) (p page, overflow uint64, err error) {
	b := make([]byte, pageHead)
	if id >= t.end {
		return p, 0, t.damaged(id, "was never used")
	}
	if _, err := t.f.ReadAt(b, int64(id)*t.size); err != nil {
		return p, 0, err
	}
	o := binary.NativeEndian
	p.flags, p.count, overflow = o.Uint16(b[8:]), int(o.Uint16(b[10:])), uint64(o.Uint32(b[12:]))
	if o.Uint64(b) != id || id+overflow >= t.end {
		return p, 0, t.damaged(id, "does not know itself")
	}
	return p, overflow, nil
}

func (t *tree) read(id uint64) (page, error) {
	p, overflow, err := t.head(id)
	if err != nil {
		return p, err
	}
	for i := range overflow {
		if err := t.visit(id + 1 + i); err != nil {
			return p, err
		}
	}
	p.b = make([]byte, int64(overflow+1)*t.size-pageHead)
	if p.flags != flagFreelist && p.count*pageElement > len(p.b) {
		return p, t.damaged(id, "has too many elements")
	}
	_, err = t.f.ReadAt(p.b, int64(id)*t.size+pageHead)
	return p, err
}

// walk goes through the tree under id.
func (t *tree) walk(id uint64, l level) error {
	if err := t.visit(id); err != nil {
		return err
	}
	p, err := t.read(id)
	if err != nil {
		return err
	}
	switch p.flags {
	case flagLeaf:
		return t.leaf(id, &p, l)
	case flagBranch:
	default:
		return t.damaged(id, "is neither branch nor leaf")
	}
	step := func(child uint64) error { return t.walk(child, l) }
	if l == values && !t.deep && p.count > 0 {
		first, _, err := t.head(p.child(0))
		if err != nil {
			return err
		}
		if first.flags == flagLeaf { // the children of a branch are alike: none needs to be read
			step = t.visit
		}
	}
	for i := range p.count {
		if err := step(p.child(i)); err != nil {
			return err
		}
	}
	return nil
}

// leaf checks that keys ascend and lie in the page, that there are buckets where l has them, and goes through those.
func (t *tree) leaf(id uint64, p *page, l level) error {
	o := binary.NativeEndian
	var last []byte
	for i := range p.count {
		e := p.element(i)
		key := uint64(i*pageElement) + uint64(o.Uint32(e[4:]))
		value := key + uint64(o.Uint32(e[8:]))
		end := value + uint64(o.Uint32(e[12:]))
		if end > uint64(len(p.b)) {
			return t.damaged(id, "has an element outside of it")
		}
		k := p.b[key:value]
		if i > 0 && bytes.Compare(last, k) >= 0 {
			return t.damaged(id, "has keys out of order")
		}
		last = k
		if bucket := o.Uint32(e) == flagBucket; bucket != (l != values) || bucket && end-value < 16 || !bucket && o.Uint32(e) != 0 {
			return t.damaged(id, "has an element of the wrong kind")
		}
		if l == values {
			continue
		}
		var err error
		root := o.Uint64(p.b[value:])
		if root == 0 { // small: its one leaf lies in this element
			err = t.inline(id, p.b[value+16:end], l.below(k))
		} else {
			err = t.walk(root, l.below(k))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// inline checks a bucket's leaf that lies in an element of page id.
func (t *tree) inline(id uint64, b []byte, l level) error {
	if len(b) < pageHead {
		return t.damaged(id, "has a bucket cut short")
	}
	o := binary.NativeEndian
	p := page{flags: o.Uint16(b[8:]), count: int(o.Uint16(b[10:])), b: b[pageHead:]}
	if p.flags != flagLeaf || p.count*pageElement > len(p.b) {
		return t.damaged(id, "has a bucket of the wrong kind")
	}
	return t.leaf(id, &p, l)
}

// free checks that no page of the free list is in use.
func (t *tree) free(id uint64) error {
	if err := t.visit(id); err != nil {
		return err
	}
	p, err := t.read(id)
	if err != nil {
		return err
	}
	if p.flags != flagFreelist {
		return t.damaged(id, "is not the free list")
	}
	o, ids, n := binary.NativeEndian, p.b, uint64(p.count)
	if p.count == 0xFFFF { // too many for two bytes: the count comes first
		n, ids = o.Uint64(ids), ids[8:]
	}
	if n > uint64(len(ids)/8) {
		return t.damaged(id, "has too many elements")
	}
	for i := range n {
		if err := t.visit(o.Uint64(ids[8*i:])); err != nil {
			return err
		}
	}
	return nil
}
