package notify

import (
	"strings"
	"unicode"
	"unicode/utf16"
)

// scrub makes scraped text fit to be shown in one line: no control characters, no bidirectional overrides, nothing
// invisible, no towers of combining marks, and every run of blanks one blank. What lies beyond the first few thousand
// characters is left out: more is never shown, and a body may have megabytes.
func scrub(s string) string {
	var b strings.Builder
	blank, marks, size := false, 0, 0
	for _, r := range s { // a byte that is no UTF-8 comes as U+FFFD
		if size++; size > 2*maxMessage || b.Len() > 4*maxMessage {
			break
		}
		switch {
		case r > ' ' && r < unicode.MaxASCII:
			marks = 0
		case unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Z, r):
			blank = true
			continue
		case invisible(r):
			continue
		case unicode.Is(unicode.M, r):
			// Turkish needs one mark (a decomposed ğ), a few scripts two.
			if marks++; marks > 2 || b.Len() == 0 || blank {
				continue
			}
		default:
			marks = 0
		}
		if blank && b.Len() > 0 {
			b.WriteByte(' ')
		}
		blank = false
		b.WriteRune(r)
	}
	return b.String()
}

// lines is scrub for text of our own that may have several lines.
func lines(s string) string {
	var out []string
	for l := range strings.Lines(s) {
		out = append(out, scrub(l))
	}
	return strings.Trim(strings.Join(out, "\n"), "\n")
}

// invisible reports characters that show nothing, or turn around what does: format characters (bidirectional
// controls, zero-width ones, tags), fillers, and those that no standard has given a meaning.
func invisible(r rune) bool {
	switch r {
	case '\u115F', '\u1160', '\u3164', '\uFFA0', '\u2800', '\u034F', '\u17B4', '\u17B5':
		return true
	}
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || unicode.Is(unicode.Variation_Selector, r) ||
		unicode.Is(unicode.Noncharacter_Code_Point, r)
}

// width is the length of s as Slack's limits may count it: in UTF-16 units, of which an emoji has two.
func width(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// fit cuts s to at most limit units, at a word where one ends in the last third, and marks the cut with an
// ellipsis. A letter is never parted from its combining marks.
func fit(s string, limit int) string {
	if width(s) <= limit {
		return s
	}
	end, word, n := 0, 0, 0
	for i, r := range s {
		if !unicode.Is(unicode.M, r) {
			end = i
			if r == ' ' && n > limit*2/3 {
				word = i
			}
		}
		if n += utf16.RuneLen(r); n > limit-1 {
			break
		}
	}
	if word > 0 {
		end = word
	}
	return strings.TrimRight(s[:end], " ,;:.·-") + "…"
}

// literal writes s for Slack's mrkdwn, so that it can only be read: never a mention, a link, an emoji or a format.
// &, < and > are escaped as Slack asks (docs.slack.dev, formatting message text). The signs that Slack offers no
// escape for become others that look alike, and so do the dots and colons of addresses, which would link themselves.
func literal(s string) string {
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		next, after := at(runes, i+1), at(runes, i+2)
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>' && i == 0:
			b.WriteRune('›') // an escaped > at the start of a line is still a quotation
		case r == '>':
			b.WriteString("&gt;")
		case r == '*':
			b.WriteRune('∗')
		case r == '_':
			b.WriteRune('ˍ')
		case r == '~':
			b.WriteRune('∼')
		case r == '`':
			b.WriteRune('ˋ')
		case r == '@':
			b.WriteRune('＠')
		case r == ':' && !unicode.IsSpace(next) && next != 0 && !clock(runes[i+1:]):
			b.WriteRune('∶') // no :emoji:, no http:, no mailto:
		case r == '.' && i > 0 && !unicode.IsSpace(runes[i-1]) && unicode.IsLetter(next) && unicode.IsLetter(after):
			b.WriteRune('․') // example.com would link itself
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// clock reports whether what follows a colon are the two digits of a time, and so neither an emoji nor an address.
func clock(after []rune) bool {
	return len(after) >= 2 && unicode.IsDigit(after[0]) && unicode.IsDigit(after[1]) && !unicode.IsLetter(at(after, 2)) && !unicode.IsDigit(at(after, 2))
}

func at(runes []rune, i int) rune {
	if i < len(runes) {
		return runes[i]
	}
	return 0
}
