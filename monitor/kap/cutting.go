package kap

import (
	"bytes"
	"hash/maphash"
)

// cutting is a page cut by its bytes: the rows of the table, the objects of the flight data, and a hash of the rest.
//
// It knows one way of writing a page, the one that KAP's server has (seen June to August 2026): a row is
// <tr … id="notification1" …> to </tr>, rows follow each other, a flight chunk is all that its script holds, no tag is
// in upper case. It gives up on the first byte that fits nothing of that, and the page is then read whole; so it need
// not understand HTML, it must only never take for rows what the parsers would not.
type cutting struct {
	rows   []cut
	flight []byte // content of the chunks, joined and still escaped
	frame  uint64 // hash of what surrounds the rows

	bare []byte // a row without what changes from poll to poll; then the frame
}

// cut is one filing of the page.
type cut struct {
	index         int64
	table, object []byte
	memo          memo  // what identifies both
	known         *memo // what is remembered and still true of both; nil = nothing
	dated         bool  // the table's date has a form that we know
}

// make cuts body with the help of what m remembers and reports whether all of it is as expected: the same filings
// in the same order in both views. Called with m.mu held.
func (c *cutting) make(m *memory, body []byte) bool {
	c.rows, c.flight = c.rows[:0], c.flight[:0]
	first := bytes.Index(body, []byte(`id="notification`))
	if first < 0 || opening(body)[0] != '<' {
		return false
	}
	first = bytes.LastIndex(body[:first], []byte("<tr"))
	start := bytes.LastIndex(body[:max(first, 0)], []byte("<table"))
	if start < 0 {
		return false
	}
	rest := body[first:]
	for {
		n := c.row(m, rest)
		if n < 0 {
			return false
		}
		if n == 0 {
			break
		}
		rest = rest[n:]
	}
	end := bytes.Index(rest, []byte("</table"))
	if end < 0 {
		return false
	}
	foot := rest[:end]
	c.bare = append(append(c.bare[:0], body[start:first]...), foot...)
	if bytes.Contains(c.bare, []byte("<script")) || !c.surround(body[:start]) || !c.surround(rest[end:]) {
		return false
	}
	c.frame = maphash.Bytes(m.seed, c.bare)
	return c.objects(m)
}

// row cuts the row of the table at the start of b and returns its length: 0 when none starts here, -1 when it is not
// written as expected.
func (c *cutting) row(m *memory, b []byte) int {
	lead := blanks(b, 0)
	b = b[lead:]
	if x := m.guess; x != nil && x.index != 0 && m.opens(b, x.whole) {
		m.met(x)
		c.rows = append(c.rows, cut{index: x.index, table: b[:x.whole.size], memo: x.marks(), known: x, dated: true})
		return lead + x.whole.size
	}
	x, tail := c.head(b)
	if tail <= 0 {
		return tail
	}
	known := m.rows[x.index]
	bare := maphash.Bytes(m.seed, c.bare)
	same := func(size int) mark { // of the row, when so much follows the date
		const odd = 0x9e3779b97f4a7c15
		return mark{size, bare + odd*maphash.Bytes(m.seed, b[tail:tail+size])}
	}
	if known != nil && x.dated && tail+known.table.size <= len(b) && same(known.table.size) == known.table {
		x.memo.table = known.table
	} else {
		n := bytes.Index(b[tail:], []byte("</tr>"))
		if n < 0 || bytes.Contains(b[:tail+n], []byte("<script")) {
			return -1
		}
		known, x.memo.table = nil, same(n+len("</tr>"))
	}
	end := tail + x.memo.table.size
	x.table, x.memo.index = b[:end], x.index
	x.memo.whole = m.mark(x.table)
	if known != nil {
		x.known, known.whole = known, x.memo.whole
		m.met(known)
	}
	c.rows = append(c.rows, x)
	return lead + end
}

// head reads a row up to its date and leaves in c.bare what identifies that: all but the row's number and its date,
// for "Bugün" turns into "Dün" while the filing stays as it is, and its time is in the flight data. tail is where the
// text of the date ends; 0 when no row starts here, -1 when it is not written as expected.
func (c *cutting) head(b []byte) (x cut, tail int) {
	const near = 4 << 10 // the date stands some 150 bytes into the row
	b = b[:min(len(b), near)]
	id := bytes.Index(b[:max(bytes.IndexByte(b, '>'), 0)], []byte(` id="notification`))
	if !bytes.HasPrefix(b, []byte("<tr ")) || id < 0 {
		return cut{}, 0
	}
	id += len(` id="notification`)
	_, n := digits(b[id:])
	c.bare = append(c.bare[:0], b[:id]...)
	// The cells before the date: the index stands in the first alone, as id of its box; the second is the number again.
	var cells [3]int
	for i, at := 0, id+n; i < len(cells); i++ {
		next := bytes.Index(b[at:], []byte("<td"))
		if next < 0 {
			return cut{}, -1
		}
		cells[i] = at + next
		at = cells[i] + len("<td")
	}
	box := bytes.Index(b[cells[0]:cells[1]], []byte(` id="`))
	if box < 0 {
		return cut{}, -1
	}
	box += cells[0] + len(` id="`)
	index, size := digits(b[box:cells[1]])
	if index == 0 || b[box+size] != '"' || bytes.Contains(b[box:cells[1]], []byte(` id="`)) {
		return cut{}, -1
	}
	number, behind := words(b[:cells[2]], cells[1])
	date, tail := words(b, cells[2])
	if behind < 0 || tail < 0 {
		return cut{}, -1
	}
	c.bare = append(append(append(c.bare, b[id+n:box]...), b[box+size:number]...), b[behind:date]...)
	return cut{index: index, dated: dated(bytes.TrimSpace(b[date:tail]))}, tail
}

// words finds the text of the cell at place i of b: the first after its tags that is not blank. tail is where the next
// tag starts, -1 when there is no such text.
func words(b []byte, i int) (text, tail int) {
	for {
		n := bytes.IndexByte(b[i:], '>')
		if n < 0 {
			return 0, -1
		}
		text = i + n + 1
		if n = bytes.IndexByte(b[text:], '<'); n < 0 {
			return 0, -1
		}
		i = text + n
		if len(bytes.TrimSpace(b[text:i])) > 0 {
			return text, i
		}
		if bytes.HasPrefix(b[i:], []byte("</td")) {
			return 0, -1
		}
	}
}

// dated reports whether a cell has one of the three forms of a date: "Bugün 08:01", "Dün 23:59", "04.03.2026 18:57".
func dated(cell []byte) bool {
	day, clock, _ := bytes.Cut(cell, []byte(" "))
	return (string(day) == "Bugün" || string(day) == "Dün" || like(day, "00.00.0000")) && like(clock, "00:00")
}

// like reports whether b has digits where the form has noughts and else the same bytes.
func like(b []byte, form string) bool {
	if len(b) != len(form) {
		return false
	}
	for i, x := range b {
		if digit := x >= '0' && x <= '9'; digit != (form[i] == '0') || !digit && x != form[i] {
			return false
		}
	}
	return true
}

// surround takes the flight chunks out of what stands before or behind the table, and notes the names of all other
// tags: the page's skeleton, in which a comment or a table more would show, but no date, count or key of a build.
func (c *cutting) surround(b []byte) bool {
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return true
		}
		b = b[i:]
		var tag []byte
		if bytes.HasPrefix(b, []byte("<!--")) {
			i = bytes.Index(b, []byte("-->"))
		} else {
			i = bytes.IndexByte(b, '>')
		}
		if i < 0 {
			return false
		}
		tag, b = b[:i+1], b[i+1:]
		// A quote that does not end swallows what follows.
		if bytes.Count(tag, []byte(`"`))%2 != 0 || bytes.Contains(tag, []byte("='")) {
			return false
		}
		if tag[1] != '!' {
			tag = tag[:bytes.IndexAny(tag, " \t\r\n\f>")]
		}
		if string(tag) != "<script" {
			c.bare = append(c.bare, tag...)
			continue
		}
		end := bytes.Index(b, []byte("</script"))
		if end < 0 || !bytes.HasPrefix(b[end:], []byte("</script>")) {
			return false
		}
		content := b[:end]
		b = b[end+len("</script>"):]
		if bytes.Contains(content, []byte("<!--")) {
			return false // within it the end of a script is not its end
		}
		if !bytes.Contains(content, []byte("__next_f")) {
			c.bare = append(c.bare, tag...)
		} else if !c.chunk(content) {
			return false
		}
	}
}

// chunk joins the chunk of one script to the flight data. A script that calls push with anything but one string, or
// does more than that, is not ours to judge.
func (c *cutting) chunk(script []byte) bool {
	_, arg, ok := bytes.Cut(script, []byte(".push([1,"))
	if !ok {
		return true
	}
	arg = bytes.TrimRight(arg[blanks(arg, 0):], "; \t\r\n")
	if len(arg) < len(`""])`) || arg[0] != '"' || !bytes.HasSuffix(arg, []byte(`"])`)) {
		return false
	}
	c.flight = append(c.flight, arg[1:len(arg)-len(`"])`)]...)
	return true
}

// objects cuts the disclosureBasic objects out of the flight data, which must be those of the table, one by one. All
// bytes of it are seen: those of a known object by its hash, all others by unit, so that a quote which ends a chunk
// too early is found.
func (c *cutting) objects(m *memory) bool {
	const name = `\"disclosureBasic\"`
	b := c.flight
	for n := 0; ; {
		gap := bytes.Index(b, []byte(name))
		if gap < 0 {
			return n == len(c.rows) && literal(b)
		}
		if !literal(b[:gap]) {
			return false
		}
		b = b[gap+len(name):]
		switch {
		case len(b) > 0 && (b[0] == ',' || b[0] == '}' || b[0] == ']'):
			continue // a value that reads like the key
		case !bytes.HasPrefix(b, []byte(":{")) || n == len(c.rows):
			return false
		}
		b = b[1:]
		x := &c.rows[n]
		n++
		known := m.rows[x.index]
		if known != nil && m.opens(b, known.row) {
			x.memo.row = known.row
		} else {
			x.known = nil
			size := escapedEnd(b)
			if size < 0 || escapedIndex(b[:size]) != x.index {
				return false
			}
			x.memo.row = m.mark(b[:size])
		}
		x.object, b = b[:x.memo.row.size], b[x.memo.row.size:]
	}
}

// unit reads one character of the content of a JSON string: what it stands for, where that is ASCII, and its length
// in b; 0 when a string cannot hold it.
func unit(b []byte) (char byte, size int) {
	switch {
	case len(b) == 0 || b[0] < ' ' || b[0] == '"':
		return 0, 0
	case b[0] != '\\':
		return b[0], 1
	case len(b) < 2:
		return 0, 0
	}
	switch b[1] {
	case '"', '\\', '/':
		return b[1], 2
	case 'b', 'f', 'n', 'r', 't':
		return ' ', 2
	case 'u':
		if len(b) < 6 {
			return 0, 0
		}
		code := 0
		for _, x := range b[2:6] {
			switch {
			case x >= '0' && x <= '9':
				code = code<<4 | int(x-'0')
			case x|0x20 >= 'a' && x|0x20 <= 'f':
				code = code<<4 | int(x|0x20-'a'+10)
			default:
				return 0, 0
			}
		}
		if code < 0x80 {
			return byte(code), 6
		}
		return 0xff, 6
	}
	return 0, 0
}

// literal reports whether b, from its first to its last byte, is content of a JSON string.
func literal(b []byte) bool {
	for len(b) > 0 {
		_, n := unit(b)
		if n == 0 {
			return false
		}
		b = b[n:]
	}
	return true
}

// escapedEnd is objectEnd for an object that stands escaped in a string.
func escapedEnd(b []byte) int {
	depth, inside := 0, false
	for i := 0; ; {
		x, n := unit(b[i:])
		if n == 0 {
			return -1
		}
		i += n
		switch {
		case x == '\\' && inside:
			if _, n = unit(b[i:]); n == 0 {
				return -1
			}
			i += n
		case x == '"':
			inside = !inside
		case inside:
		case x == '{':
			depth++
		case x == '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
}

// escapedIndex is probe for an escaped object.
func escapedIndex(b []byte) int64 {
	_, b, ok := bytes.Cut(b, []byte(`\"disclosureIndex\":`))
	if !ok {
		return 0
	}
	n, _ := digits(b)
	return n
}
