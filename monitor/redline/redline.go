package redline

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Op says what happens to a piece of text.
type Op uint8

// The operations. In a place where text is replaced, Delete comes before Insert.
const (
	Keep Op = iota
	Delete
	Insert
)

// String is keep, delete or insert.
func (o Op) String() string { return [...]string{"keep", "delete", "insert"}[o] }

// Piece is a run of text: kept or deleted it is A's, inserted it is B's. It is never empty.
type Piece struct {
	Op   Op
	Text string
}

// Compare tells how b comes from a. Nothing is lost: Apply(a, Compare(a, b)) is b, for any bytes.
func Compare(a, b string) []Piece {
	if a == b {
		return pieces(nil, Keep, a)
	}
	out := compare(words(a), words(b), func(a, b []string) []Piece {
		return compare(sentences(a), sentences(b), replace)
	})
	out = readable(out)
	if strange(out, a, b) {
		return replace([]string{a}, []string{b})
	}
	return out
}

// Apply rebuilds B from A. It is not ok when the pieces were not made from a.
func Apply(a string, list []Piece) (b string, ok bool) {
	var out strings.Builder
	for _, p := range list {
		if p.Op != Insert {
			if a, ok = strings.CutPrefix(a, p.Text); !ok {
				return "", false
			}
		}
		if p.Op != Delete {
			out.WriteString(p.Text)
		}
	}
	return out.String(), a == ""
}

// words cuts text into words, runs of blanks, and single other characters. Together they are the text.
func words(text string) []string {
	var out []string
	for len(text) > 0 {
		n := word(text)
		out = append(out, text[:n])
		text = text[n:]
	}
	return out
}

// word is the length of the token at the start of text.
func word(text string) int {
	first, n := utf8.DecodeRuneInString(text)
	switch {
	case unicode.IsSpace(first):
		for n < len(text) {
			r, size := utf8.DecodeRuneInString(text[n:])
			if !unicode.IsSpace(r) {
				break
			}
			n += size
		}
	case inWord(first):
		for n < len(text) {
			r, size := utf8.DecodeRuneInString(text[n:])
			if !inWord(r) {
				next, _ := utf8.DecodeRuneInString(text[n+size:])
				if !strings.ContainsRune(".,:/'’-", r) || !inWord(next) {
					break
				}
			}
			n += size
		}
	}
	return n
}

func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r))
}

// sentences joins words up to the ends of sentences and lines.
func sentences(list []string) []string {
	var out []string
	var b strings.Builder
	end := false
	for _, w := range list {
		blank := strings.TrimSpace(w) == ""
		if end && !blank || strings.Contains(w, "\n") && b.Len() > 0 && !blank {
			out = append(out, b.String())
			b.Reset()
		}
		b.WriteString(w)
		end = w == "." || w == ";" || w == "!" || w == "?" || strings.Contains(w, "\n") || end && blank
	}
	if b.Len() > 0 {
		out = append(out, b.String())
	}
	return out
}

// mostSteps bounds the work of one comparison, mostEdits its memory.
const (
	mostSteps = 20_000_000
	mostEdits = 1500
)

// compare finds the fewest tokens to delete and insert (E. Myers, An O(ND) Difference Algorithm, 1986). Where that
// would be too much work, other compares what lies between the common start and the common end.
func compare(a, b []string, other func(a, b []string) []Piece) []Piece {
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	out := pieces(nil, Keep, a[:start]...)
	x, y := a[start:len(a)-end], b[start:len(b)-end]
	if middle, ok := myers(x, y); ok {
		out = append(out, middle...)
	} else {
		out = append(out, other(x, y)...)
	}
	return pieces(out, Keep, a[len(a)-end:]...)
}

// replace has all of b stand in for all of a.
func replace(a, b []string) []Piece {
	return pieces(pieces(nil, Delete, a...), Insert, b...)
}

// myers gives the shortest way from a to b; not ok when it is longer than the bound.
func myers(a, b []string) ([]Piece, bool) {
	n, m := len(a), len(b)
	if n == 0 || m == 0 {
		return replace(a, b), true
	}
	ids := map[string]int32{}
	number := func(list []string) []int32 {
		out := make([]int32, len(list))
		for i, w := range list {
			id, ok := ids[w]
			if !ok {
				id = int32(len(ids))
				ids[w] = id
			}
			out[i] = id
		}
		return out
	}
	x, y := number(a), number(b)
	most := min(n+m, mostEdits, max(mostSteps/(n+m), 1))
	v := make([]int32, 2*most+3) // v[most+1+k] is how far diagonal k has come in a
	var trace [][]int32
	for d := 0; d <= most; d++ {
		trace = append(trace, append([]int32(nil), v[most+1-d:most+2+d]...))
		for k := -d; k <= d; k += 2 {
			i := v[most+2+k] // down: insert
			if k == d || k != -d && v[most+k] >= v[most+2+k] {
				i = v[most+k] + 1 // right: delete
			}
			if k == -d && d == 0 {
				i = 0
			}
			j := int(i) - k
			for int(i) < n && j < m && x[i] == y[j] {
				i, j = i+1, j+1
			}
			v[most+1+k] = i
			if int(i) >= n && j >= m {
				return walk(a, b, trace), true
			}
		}
	}
	return nil, false
}

// walk goes the way back and writes it down.
func walk(a, b []string, trace [][]int32) []Piece {
	type step struct {
		op   Op
		text string
	}
	var back []step
	i, j := len(a), len(b)
	for d := len(trace) - 1; d > 0; d-- {
		v := func(k int) int { // as it was before round d
			if k < -d || k > d {
				return -1
			}
			return int(trace[d][d+k])
		}
		k := i - j
		from := k + 1 // down: insert
		if k == d || k != -d && v(k-1) >= v(k+1) {
			from = k - 1
		}
		pi := v(from)
		pj := pi - from
		if from == k-1 {
			for i > pi+1 && j > pj {
				i, j = i-1, j-1
				back = append(back, step{Keep, a[i]})
			}
			i--
			back = append(back, step{Delete, a[i]})
		} else {
			for i > pi && j > pj+1 {
				i, j = i-1, j-1
				back = append(back, step{Keep, a[i]})
			}
			j--
			back = append(back, step{Insert, b[j]})
		}
	}
	for i > 0 && j > 0 {
		i, j = i-1, j-1
		back = append(back, step{Keep, a[i]})
	}
	var out []Piece
	for s := len(back) - 1; s >= 0; s-- {
		out = pieces(out, back[s].op, back[s].text)
	}
	return out
}

// pieces adds text to list, to its last piece where that has the same operation.
func pieces(list []Piece, op Op, text ...string) []Piece {
	joined := strings.Join(text, "")
	switch last := len(list) - 1; {
	case joined == "":
	case last >= 0 && list[last].Op == op:
		list[last].Text += joined
	default:
		list = append(list, Piece{op, joined})
	}
	return list
}

// readable joins changes that only blanks, signs or a lone word among longer changes part, and puts in each what goes
// before what comes.
func readable(list []Piece) []Piece {
	var out []Piece
	var gone, come string
	flush := func() {
		out = pieces(pieces(out, Delete, gone), Insert, come)
		gone, come = "", ""
	}
	for i, p := range list {
		switch p.Op {
		case Delete:
			gone += p.Text
		case Insert:
			come += p.Text
		default:
			if i > 0 && i < len(list)-1 && parts(p.Text, gone, come, list[i+1:]) {
				gone, come = gone+p.Text, come+p.Text
				continue
			}
			flush()
			out = pieces(out, Keep, p.Text)
		}
	}
	flush()
	return out
}

// parts reports whether a kept text between two changes is too little to be kept.
func parts(kept, gone, come string, rest []Piece) bool {
	n := count(kept)
	if n == 0 {
		return !strings.Contains(kept, "\n") && gone != "" && come != ""
	}
	after := 0
	for _, p := range rest {
		if p.Op == Keep {
			break
		}
		after = max(after, count(p.Text))
	}
	return n == 1 && max(count(gone), count(come)) >= 3 && after >= 3
}

// count is how many words text has.
func count(text string) (n int) {
	for _, w := range words(text) {
		if r, _ := utf8.DecodeRuneInString(w); inWord(r) {
			n++
		}
	}
	return n
}

// strange reports whether less than a quarter of the shorter text is kept: then a redline would be confetti.
func strange(list []Piece, a, b string) bool {
	kept := 0
	for _, p := range list {
		if p.Op == Keep {
			kept += count(p.Text)
		}
	}
	return 4*kept < min(count(a), count(b))
}
