package classify

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"kapwatch/monitor/turkish"
)

// longestName is how many words before a legal form may belong to the name of a company.
const longestName = 12

// strikeNames strikes out names of companies: the capitalised words before a legal form ("… Yatırım Ortaklığı
// A.Ş."). Names are full of what rules look for: Yatırım, Sözleşme, Tesisleri, Temettü, Portföy.
func (p *part) strikeNames() {
	for i := range p.words {
		last, ok := p.legalForm(i)
		if !ok {
			continue
		}
		first := i
		for first > 0 && i-first < longestName && p.adjoins(first-1, first) && p.nameWord(first-1) {
			first--
		}
		for first < i && !p.capital(first) { // a name does not begin with "ve"
			first++
		}
		p.strike(first, last)
	}
}

// legalForm reports whether a legal form begins at word i, and its last word.
func (p *part) legalForm(i int) (last int, ok bool) {
	switch string(p.bytes(i)) {
	case "a", "t":
		if i+1 < len(p.words) && p.dotted(i) {
			switch next := p.word(i + 1); {
			case next == "s" || next == "o": // A.Ş., A.O.
				return i + 1, p.capital(i)
			case next == "a" && i+2 < len(p.words) && (p.word(i+2) == "s" || p.word(i+2) == "o"): // T.A.Ş., T.A.O.
				return i + 2, p.capital(i)
			}
		}
	case "as":
		return i, p.folded.Original(p.words[i].Start, p.words[i].Stem) == "AŞ"
	case "ltd", "inc", "gmbh", "limited", "llc", "plc", "llp", "ojsc", "jsc", "corp", "corporation":
		return i, p.capital(i)
	case "holding", "bankasi":
		return i, p.capital(i)
	}
	return 0, false
}

// nameWord reports whether word i can stand inside a name: capitalised, without a suffix after an apostrophe, and
// none of the capitalised words that begin a sentence or a title.
func (p *part) nameWord(i int) bool {
	if p.words[i].Stem != p.words[i].End {
		return false
	}
	switch w := p.word(i); w {
	case "ve", "of", "and", "the":
		return true
	case "sirketimiz", "sirketimizin", "ortakligimiz", "ortakliklarimiz", "ortakligimizin", "istirakimiz", "bankamiz",
		"bagli", "hakim", "ile", "icin", "kapsaminda", "tarafindan", "hakkinda", "iliskin", "olan", "arasinda", "hk":
		return false
	}
	return p.capital(i)
}

// strikeCompany strikes out the filer's own name, even where it is cut short, from two words on.
func (p *part) strikeCompany(name []byte, company []turkish.Word) {
	if len(company) < 2 {
		return
	}
	text := p.folded.Text
	for i := range p.words {
		n := 0
		for n < len(company) && i+n < len(p.words) &&
			bytes.Equal(text[p.words[i+n].Start:p.words[i+n].Stem], name[company[n].Start:company[n].Stem]) {
			n++
		}
		if n >= 2 {
			p.strike(i, i+n-1)
		}
	}
}

// strikeCodes strikes out tickers where they stand as capitals.
func (p *part) strikeCodes(codes []string) {
	for i := range p.words {
		w := p.words[i]
		for _, code := range codes {
			if len(code) == w.Stem-w.Start && p.folded.Original(w.Start, w.Stem) == code {
				p.struck[i] = true
			}
		}
	}
}

// nameWords is company without its legal form, which alone tells nothing.
func nameWords(company []turkish.Word, name []byte) []turkish.Word {
	for n := len(company); n > 0; n-- {
		switch w := company[n-1]; string(name[w.Start:w.Stem]) {
		case "a", "s", "as", "t", "o", "ao", "ltd", "sti":
		default:
			return company[:n]
		}
	}
	return nil
}

// word is the folded word i without its suffix.
func (p *part) word(i int) string { return string(p.bytes(i)) }

// bytes is the same where every word is looked at: it allocates nothing.
func (p *part) bytes(i int) []byte { return p.folded.Text[p.words[i].Start:p.words[i].Stem] }

// capital reports whether word i begins with a capital letter.
func (p *part) capital(i int) bool {
	r, _ := utf8.DecodeRuneInString(p.folded.Original(p.words[i].Start, p.words[i].Start+1))
	return unicode.IsUpper(r)
}

// dotted reports whether a point stands right after word i and nothing else before the next.
func (p *part) dotted(i int) bool {
	gap := p.folded.Text[p.words[i].End:p.words[i+1].Start]
	return string(gap) == "." || string(gap) == ". "
}

// adjoins reports whether only blanks, points, commas and ampersands part two words, as inside a name.
func (p *part) adjoins(a, b int) bool {
	for _, c := range p.folded.Text[p.words[a].End:p.words[b].Start] {
		if c != ' ' && c != '.' && c != '&' && c != ',' {
			return false
		}
	}
	return true
}
