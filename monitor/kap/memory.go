package kap

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"sync"
	"time"

	"kapwatch/monitor"
)

const (
	// mostRemembered bounds the memory of a reader: ten full lists, some 2 MB. A row beyond it is shown each time.
	mostRemembered = 10 * rowCap
	// mostAbsent is for how many readings an index that is not listed is remembered.
	mostAbsent = 10
)

// memory is what one reader need not show again: rows that it has read without trouble and that are in the ledger,
// by index, with a hash of their bytes. It is a cache and never the truth: what it lacks is shown once more, and the
// ledger knows better. A row that could not be read, or only with help, never enters it.
//
// A row is known when bytes as long as the remembered ones have the same hash. They are then the same bytes (but for
// one chance in 2^64; the seed is random, so nobody can look for it), hence a row that ends where the remembered one
// ended: a known row need not even be scanned, and what is cut is cut exactly as without a memory.
type memory struct {
	seed maphash.Seed

	mu      sync.Mutex
	rows    map[int64]*memo
	first   *memo     // of the rows that were left out of the newest answer; each knows the next
	last    *memo     // so far
	guess   *memo     // what likely comes now, for a list keeps its order from poll to poll
	reading uint64    // number of the newest reading: one List
	answer  uint64    // number of the newest answer; a reading may have several
	frame   uint64    // the page around the rows as it was last read whole
	whole   time.Time // when that was
}

// memo is what is remembered of one row.
type memo struct {
	index    int64 // 0 = forgotten
	row      mark  // the JSON object; on the page as escaped in the flight data
	table    mark  // on the page: the row of the table, less its number and its date
	whole    mark  // and the same as it stands
	passed   int64 // not in the ledger, but published at this Unix second and so before the window; 0 = in the ledger
	reading  uint64
	answered uint64 // the answer in which it was last left out
	next     *memo
}

// marks is what x says of the row itself.
func (x *memo) marks() memo { return memo{index: x.index, row: x.row, table: x.table, whole: x.whole} }

// mark identifies bytes by length and hash.
type mark struct {
	size int
	hash uint64
}

func newMemory() *memory { return &memory{seed: maphash.MakeSeed(), rows: map[int64]*memo{}} }

// begin numbers a new reading.
func (m *memory) begin() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reading++
	return m.reading
}

func (m *memory) mark(b []byte) mark { return mark{len(b), maphash.Bytes(m.seed, b)} }

// opens reports whether b begins with the bytes that k was made of.
func (m *memory) opens(b []byte, k mark) bool {
	return k.size > 0 && len(b) >= k.size && maphash.Bytes(m.seed, b[:k.size]) == k.hash
}

// expect begins a new answer.
func (m *memory) expect() {
	m.answer++
	m.last, m.guess = nil, m.first
}

// met notes that the row of x is the next in the answer.
func (m *memory) met(x *memo) {
	if m.last == nil {
		m.first = x
	} else {
		m.last.next = x
	}
	m.last, m.guess = x, x.next
}

// leave notes that the row of x is left out of the newest answer.
func (m *memory) leave(x *memo, reading uint64) { x.reading, x.answered = reading, m.answer }

// put remembers a row. Called with m.mu held.
func (m *memory) put(x memo) {
	_, known := m.rows[x.index]
	if known || len(m.rows) < mostRemembered {
		m.drop(x.index)
		m.rows[x.index] = &x
	}
}

// drop forgets a row, also where it is expected. Called with m.mu held.
func (m *memory) drop(index int64) {
	if x := m.rows[index]; x != nil {
		x.index, x.next = 0, nil
		delete(m.rows, index)
	}
}

// left reports whether the row of an index was left out of a reading.
func (m *memory) left(index int64, reading uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	x := m.rows[index]
	return x != nil && x.reading == reading && x.answered != 0
}

// forget drops what is remembered of rows that are shown: they have changed, and may change back.
func (m *memory) forget(l *monitor.Listing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range l.Filings {
		m.drop(l.Filings[i].Index)
	}
	for i := range l.Bad {
		m.drop(l.Bad[i].Index)
	}
}

// end forgets what has not been listed for long and counts the rows that were left out and not shown either.
func (m *memory) end(reading uint64, shown map[int64]int) (left int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for index, x := range m.rows {
		switch {
		case x.reading+mostAbsent < reading:
			m.drop(index)
		case x.reading == reading:
			if _, both := shown[index]; !both {
				left++
			}
		}
	}
	return left
}

// clashes reports whether a row of p stands beside a row that was left out of the same answer and has the same index:
// only with both at hand can be said what that means. Called with m.mu held.
func (m *memory) clashes(p parsed) bool {
	out := func(index int64) bool {
		x := m.rows[index]
		return x != nil && x.answered == m.answer
	}
	for i := range p.filings {
		if out(p.filings[i].Index) {
			return true
		}
	}
	for i := range p.bad {
		if out(p.bad[i].Index) {
			return true
		}
	}
	return false
}

// readList is parseList for a reader with a memory: rows that it knows are left out and need no decoder.
func (m *memory) readList(body []byte, reading uint64) (parsed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expect()
	s := criteriaShape()
	left := make([]int64, 0, len(m.rows))
	rows, err := array(s.reader, body, func(rest []byte) int {
		x := m.guess
		if x == nil || x.index == 0 || !m.opens(rest, x.row) {
			if x = m.rows[probe(rest)]; x == nil || !m.opens(rest, x.row) {
				return 0
			}
		}
		m.met(x)
		m.leave(x, reading)
		left = append(left, x.index)
		return x.row.size
	})
	if err != nil {
		return parsed{}, err
	}
	got, err := s.read(rows, len(left), body)
	if len(left) > 0 && (err != nil || got.doubtful || m.clashes(got)) {
		left = nil
		got, err = parseList(body)
	}
	if err != nil {
		return parsed{}, err
	}
	got.left, got.rows = left, got.rows+len(left)
	got.memo = func(f *monitor.Filing) (memo, bool) { return memo{index: f.Index, row: m.mark(f.Raw)}, true }
	return got, nil
}

// remember takes over rows that are in the ledger now.
func (m *memory) remember(rows []memo) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, x := range rows {
		x.reading = m.reading
		m.put(x)
	}
}

// probe finds the index of the JSON row at the start of b, 0 where it does not see one at once. A key cannot stand
// inside a string, where its quotes would be escaped; what follows b may have one, and then the hash tells.
func probe(b []byte) int64 {
	const far = 16 << 10 // a row has half a kilobyte
	b = b[:min(len(b), far)]
	i := bytes.Index(b, []byte(`"disclosureIndex"`))
	if i < 0 {
		return 0
	}
	b = b[i+len(`"disclosureIndex"`):]
	if i = blanks(b, 0); i == len(b) || b[i] != ':' {
		return 0
	}
	n, _ := digits(b[blanks(b, i+1):])
	return n
}

// digits reads the number at the start of b and its length; 0 when there is none that an index could be.
func digits(b []byte) (n int64, size int) {
	for size < len(b) && size < 18 && b[size] >= '0' && b[size] <= '9' {
		n = n*10 + int64(b[size]-'0')
		size++
	}
	return n, size
}

// unescape is the text of a JSON string's content.
func unescape(content []byte) ([]byte, bool) {
	var text string
	literal := append(append(append(make([]byte, 0, len(content)+2), '"'), content...), '"')
	if json.Unmarshal(literal, &text) != nil {
		return nil, false
	}
	return []byte(text), true
}
