package turkish

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold reduces s to the form in which text is compared, the same for every way to write the same words:
//
//   - lower case, with I, İ, ı and i all one letter: Turkish lowering alone would turn MINING into mınıng, English
//     lowering alone SATIŞI into a word that has no ı;
//   - no diacritics, composed or not: ç ğ ö ş ü â î û lose theirs, and so does the i̇ (i, U+0307) that other
//     languages make of İ;
//   - ’ ‘ ` ´ and their like become ', and so does a ? between letters, which is how KAP's own data shows an
//     apostrophe that was lost ("İngiltere?de", "2?nci", seen 2026); other question marks stay;
//   - typographic dashes and quotes become - and ", compatibility forms become plain ones (ﬁ, ², …);
//   - every run of white space, NBSP and control characters is one blank, none at the ends; what has no width
//     (soft hyphen, bidi marks, BOM) is gone.
//
// The result is valid UTF-8, whatever s is, and folding it again changes nothing.
func Fold(s string) string { return string(AppendFold(make([]byte, 0, len(s)), s)) }

// AppendFold appends the folded form of s to dst. It allocates nothing but room in dst.
func AppendFold(dst []byte, s string) []byte {
	w := folder{out: dst, base: len(dst)}
	w.fold(s)
	return w.out
}

// folder writes folded text. What depends on neighbours (runs of blanks, the lost apostrophe) looks only at what
// was written, never at what comes, which is what makes folding idempotent.
type folder struct {
	out  []byte
	from []int32 // where track is set: for each byte of out past base the offset of its source
	base int

	track bool
	lost  bool // out ends in a '?' after a letter or digit: an apostrophe, if a letter follows
}

func (w *folder) fold(s string) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if f := ascii[c]; f >= 'a' && !w.lost {
				w.out = append(w.out, f)
				if w.track {
					w.from = append(w.from, int32(i))
				}
			} else {
				w.ascii(f, i)
			}
			i++
			continue
		}
		if i+1 < len(s) && c >= 0xC3 && c <= 0xC5 {
			if f := latin[c-0xC3][s[i+1]&0x3F]; f != 0 && s[i+1]&0xC0 == 0x80 {
				w.ascii(f, i)
				i += 2
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		w.rune(r, i)
		i += size
	}
	if n := len(w.out); n > w.base && w.out[n-1] == ' ' {
		w.out = w.out[:n-1]
		if w.track {
			w.from = w.from[:len(w.from)-1]
		}
	}
}

// ascii writes one folded ASCII character that comes from the source at i.
func (w *folder) ascii(c byte, i int) {
	n := len(w.out)
	switch {
	case c == ' ':
		if n == w.base || w.out[n-1] == ' ' {
			return
		}
	case w.lost && c >= 'a' && c <= 'z':
		w.out[n-1] = '\''
	}
	w.lost = c == '?' && n > w.base && wordByte(w.out[n-1])
	w.out = append(w.out, c)
	if w.track {
		w.from = append(w.from, int32(i))
	}
}

// rune writes the folded form of a rune that neither table knows.
func (w *folder) rune(r rune, i int) {
	if r == utf8.RuneError {
		w.ascii(' ', i) // damaged text: what is left of it still has its words
		return
	}
	var buf [utf8.UTFMax]byte
	d := norm.NFKD.PropertiesString(string(buf[:utf8.EncodeRune(buf[:], r)])).Decomposition()
	if d == nil || plain(r) != r {
		w.letter(plain(r), i)
		return
	}
	for len(d) > 0 {
		x, size := utf8.DecodeRune(d)
		w.letter(plain(x), i)
		d = d[size:]
	}
}

// letter writes one fully decomposed rune in lower case; marks and what has no width are left out.
func (w *folder) letter(r rune, i int) {
	switch {
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		return
	case unicode.IsSpace(r) || unicode.IsControl(r):
		w.ascii(' ', i)
		return
	}
	if l := plain(unicode.ToLower(r)); l < utf8.RuneSelf {
		w.ascii(ascii[l], i)
	} else {
		if w.lost && unicode.IsLetter(l) {
			w.out[len(w.out)-1] = '\''
		}
		w.lost = false
		n := len(w.out)
		w.out = utf8.AppendRune(w.out, l)
		if w.track {
			for range w.out[n:] {
				w.from = append(w.from, int32(i))
			}
		}
	}
}

// plain maps letters and signs that Unicode does not decompose to what people type for them.
func plain(r rune) rune {
	switch r {
	case 'ı':
		return 'i'
	case 'ø', 'Ø':
		return 'o'
	case 'đ', 'Đ':
		return 'd'
	case 'ł', 'Ł':
		return 'l'
	case 'ə', 'Ə':
		return 'e'
	case '’', '‘', '‛', '`', '´', 'ʼ', 'ʹ', '′', '＇', '‚':
		return '\''
	case '“', '”', '„', '‟', '«', '»', '″':
		return '"'
	case '‐', '‑', '‒', '–', '—', '―', '−', '﹣', '－':
		return '-'
	}
	return r
}

// wordByte reports whether a byte of folded text belongs to a word. Beyond ASCII only letters and a few signs are
// left by then, so every such byte does.
func wordByte(c byte) bool { return wordBytes[c] }

// wordBytes is wordByte as a table, since every byte of every text is asked.
var wordBytes = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
	}
	return t
}()

// ascii folds every ASCII character.
var ascii = func() (t [utf8.RuneSelf]byte) {
	for c := range t {
		switch {
		case c <= ' ' || c == 0x7F:
			t[c] = ' '
		case c >= 'A' && c <= 'Z':
			t[c] = byte(c) + 'a' - 'A'
		case c == '`':
			t[c] = '\''
		default:
			t[c] = byte(c)
		}
	}
	return t
}()

// latin folds the letters of U+00C0 to U+017F that are one plain letter with a mark: two-byte sequences that start
// with C3, C4 or C5, which is nearly everything in Turkish text that is not ASCII. 0 = ask rune.
var latin = func() (t [3][64]byte) {
	for r := rune(0xC0); r <= 0x17F; r++ {
		d := norm.NFKD.String(string(plain(r)))
		base, size := utf8.DecodeRuneInString(d)
		if base >= utf8.RuneSelf || !unicode.IsLetter(base) {
			continue
		}
		if rest := d[size:]; rest != "" {
			if m, n := utf8.DecodeRuneInString(rest); !unicode.Is(unicode.Mn, m) || n != len(rest) {
				continue
			}
		}
		t[byte(r>>6)-3][r&0x3F] = ascii[base]
	}
	return t
}()
