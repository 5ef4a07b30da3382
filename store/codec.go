package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
	"time"

	"kapwatch/monitor"
)

// ErrCorrupt says that bytes in the file are not what was written: a checksum does not fit, a value ends too soon
// or is of a version that this program does not know. The answer is a backup (kapwatch restore).
var ErrCorrupt = errors.New("the ledger's file is damaged")

// Values are a version byte, the payload of that version, and a CRC-32C over key, version and payload: bbolt sees
// neither a flipped bit nor a lying disk. Payloads only grow: a new version adds fields behind the old ones.
const (
	version  = 1
	checksum = 4
)

// crcTable is a view of the standard library's table, which it makes once.
func crcTable() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

func sum(key, value []byte) uint32 {
	t := crcTable()
	return crc32.Update(crc32.Checksum(key, t), t, value)
}

// seal appends the checksum to b, a version byte and payload that will be stored under key.
func seal(key, b []byte) []byte { return binary.LittleEndian.AppendUint32(b, sum(key, b)) }

// unseal checks a stored value and returns its payload.
func unseal(key, value []byte) ([]byte, error) {
	n := len(value) - checksum
	if n < 1 {
		return nil, fmt.Errorf("%w: value of %d bytes", ErrCorrupt, len(value))
	}
	if sum(key, value[:n]) != binary.LittleEndian.Uint32(value[n:]) {
		return nil, fmt.Errorf("%w: checksum", ErrCorrupt)
	}
	if value[0] != version {
		return nil, fmt.Errorf("%w: value of version %d, this program knows %d", ErrCorrupt, value[0], version)
	}
	return value[1:n], nil
}

// encoder writes one value. The zero value writes names in full.
type encoder struct {
	b    []byte
	name func(s string, room int) (id uint64, ok bool)
}

func newEncoder(name func(string, int) (uint64, bool)) *encoder {
	return &encoder{b: append(make([]byte, 0, 256), version), name: name}
}

func (e *encoder) uint(v uint64)  { e.b = binary.AppendUvarint(e.b, v) }
func (e *encoder) int(v int64)    { e.b = binary.AppendVarint(e.b, v) }
func (e *encoder) str(s string)   { e.uint(uint64(len(s))); e.b = append(e.b, s...) }
func (e *encoder) bytes(s []byte) { e.uint(uint64(len(s))); e.b = append(e.b, s...) }

// float turns the bytes round, since round numbers have their zeroes at the end.
func (e *encoder) float(v float64) { e.uint(bits.ReverseBytes64(math.Float64bits(v))) }

func (e *encoder) time(t time.Time) {
	if t.IsZero() {
		e.uint(0)
		return
	}
	e.uint(uint64(t.Nanosecond()) + 1)
	e.int(t.Unix())
}

// Names are strings that many records share. 0 is "", 1 a string in full, the others an id of the dictionary. Room
// is how many entries the dictionary may have for s to become one.
const (
	nameEmpty = iota
	nameFull
	nameFirst
)

func (e *encoder) named(s string, room int) {
	switch {
	case s == "":
		e.uint(nameEmpty)
		return
	case e.name != nil:
		if id, ok := e.name(s, room); ok {
			e.uint(nameFirst + id)
			return
		}
	}
	e.uint(nameFull)
	e.str(s)
}

func (e *encoder) names(list ...string) {
	for _, s := range list {
		e.named(s, dictionary)
	}
}

func (e *encoder) nameList(list []string) {
	e.uint(uint64(len(list)))
	e.names(list...)
}

func (e *encoder) strs(list []string) {
	e.uint(uint64(len(list)))
	for _, s := range list {
		e.str(s)
	}
}

func flags(list ...bool) uint64 {
	var v uint64
	for i, f := range list {
		if f {
			v |= 1 << i
		}
	}
	return v
}

// decoder reads one payload. After the first fault every method returns zero values, and err says what it was.
type decoder struct {
	b     []byte
	names []string
	err   error
}

func (d *decoder) fail(what string) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: %s", ErrCorrupt, what)
	}
	d.b = nil
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail("number")
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail("number")
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) float() float64 { return math.Float64frombits(bits.ReverseBytes64(d.uint())) }

// view returns a length-prefixed piece of the payload itself; it dies with the transaction.
func (d *decoder) view() []byte {
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.fail("length")
		return nil
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

func (d *decoder) str() string { return string(d.view()) }

func (d *decoder) bytes() []byte {
	if v := d.view(); len(v) > 0 {
		return append([]byte(nil), v...)
	}
	return nil
}

func (d *decoder) time() time.Time {
	n := d.uint()
	if n == 0 {
		return time.Time{}
	}
	if n > 1e9 {
		d.fail("time")
		return time.Time{}
	}
	return time.Unix(d.int(), int64(n-1)).In(monitor.Istanbul)
}

func (d *decoder) named() string {
	switch id := d.uint(); {
	case id == nameEmpty:
		return ""
	case id == nameFull:
		return d.str()
	case id-nameFirst < uint64(len(d.names)):
		return d.names[id-nameFirst]
	}
	d.fail("name")
	return ""
}

// skip passes over n names.
func (d *decoder) skip(n int) {
	for range n {
		if d.uint() == nameFull {
			d.view()
		}
	}
}

// count reads the length of a list whose elements take at least one byte each, so that a lie cannot ask for memory.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.fail("count")
		return 0
	}
	return int(n)
}

func (d *decoder) nameList() []string { return list(d, d.named) }
func (d *decoder) strs() []string     { return list(d, d.str) }

// list reads a counted list; an empty one is nil.
func list[T any](d *decoder, read func() T) []T {
	n := d.count()
	if n == 0 {
		return nil
	}
	out := make([]T, n)
	for i := range out {
		out[i] = read()
	}
	return out
}

// end reports the first fault, bytes left over included.
func (d *decoder) end() error {
	if d.err == nil && len(d.b) > 0 {
		d.fail("bytes left over")
	}
	return d.err
}
