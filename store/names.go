package store

import (
	"encoding/binary"
	"fmt"
	"maps"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
)

// dictionary is how many names the file keeps by id. A company's title, a form's name and a term stand in
// thousands of records; the bound is for input that never repeats.
const (
	dictionary = 1 << 16
	longest    = 256 // bytes of a name
)

// names is the dictionary in memory. The list only grows, and grows before the transaction that needs it is
// committed: no reader can meet an id that it lacks.
type names struct {
	list atomic.Pointer[[]string]
	ids  map[string]uint64 // used by the one writer only
}

func (n *names) load(tx *bolt.Tx) error {
	var list []string
	n.ids = map[string]uint64{}
	c := tx.Bucket(bucketName).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		payload, err := unseal(k, v)
		if err == nil && (len(k) != 4 || int(binary.BigEndian.Uint32(k)) != len(list)) {
			err = fmt.Errorf("%w: ids have a hole", ErrCorrupt)
		}
		if err != nil {
			return fmt.Errorf("read name %d: %w", len(list), err)
		}
		n.ids[string(payload)] = uint64(len(list))
		list = append(list, string(payload))
	}
	n.list.Store(&list)
	return nil
}

func (n *names) all() []string { return *n.list.Load() }

// restore forgets the names that a failed transaction added.
func (n *names) restore(list []string) {
	n.list.Store(&list)
	maps.DeleteFunc(n.ids, func(_ string, id uint64) bool { return id >= uint64(len(list)) })
}

// name gives the id of s, adding it when the dictionary has fewer than room entries.
func (c *change) name(s string, room int) (uint64, bool) {
	if id, ok := c.db.names.ids[s]; ok {
		return id, true
	}
	list := c.names()
	if len(list) >= room || len(s) > longest {
		return 0, false
	}
	list = append(list, s)
	c.db.names.list.Store(&list)
	c.db.names.ids[s] = uint64(len(list) - 1)
	return uint64(len(list) - 1), true
}

func (c *change) names() []string { return c.db.names.all() }

// putNames writes the names that were added since the transaction began.
func (c *change) putNames() error {
	b := c.tx.Bucket(bucketName)
	b.FillPercent = fill
	for i, s := range c.names()[len(c.known):] {
		key := segmentKey(uint32(len(c.known) + i))
		if err := b.Put(key, seal(key, append([]byte{version}, s...))); err != nil {
			return err
		}
	}
	return nil
}
