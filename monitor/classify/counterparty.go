package classify

import (
	"bytes"
	"strings"

	"kapwatch/monitor/turkish"
)

// counterparties adds who an agreement is with, where the text says it in the plainest way: a name before "ile" or
// after "with the", in a sentence that speaks of an agreement. The filer's own name is none.
func (r *factReader) counterparties(name []byte, company []turkish.Word) {
	for i := range r.words {
		if !r.sentenceAgrees(i) {
			continue
		}
		switch string(r.bytes(i)) {
		case "ile":
			first := i + 1
			for k := first; k+1 < len(r.words) && k-i <= longestName && (r.nameWord(k) || r.capital(k) && r.words[k].Stem != r.words[k].End); k++ {
				if r.words[k].Stem != r.words[k].End { // "Kazakistan Cumhuriyeti'nin Çimkent Valiliği"
					first = k + 1
				}
			}
			// "A ile B arasında": the side that speaks comes first, unless B is the filer.
			if last := r.nameUntil(first); last >= first {
				r.party(first, last, name, company)
			} else if !r.between(first) || r.ownWord(first) {
				r.party(r.nameBefore(i), i-1, name, company)
			}
		case "with":
			first := i + 1
			if first < len(r.words) && r.word(first) == "the" {
				first++
			}
			r.party(first, r.nameAfter(first), name, company)
		default: // "Valiliği'yle"
			if r.capital(i) && !r.ownWord(i) {
				r.party(r.nameBefore(i), i, name, company)
			}
		}
	}
}

// connects reports whether word i joins a side to an agreement: "ile", "with", or a name with the short form of "ile".
func (r *factReader) connects(i int) bool {
	switch string(r.bytes(i)) {
	case "ile", "with":
		return true
	}
	w := r.words[i]
	switch string(r.folded.Text[w.Stem:w.End]) {
	case "'yle", "'yla", "'le", "'la":
		return true
	}
	return false
}

// party adds the words [first, last] as a counterparty, if they are a name and not the filer's own.
func (r *factReader) party(first, last int, name []byte, company []turkish.Word) {
	for first <= last && (r.word(first) == "ve" || r.word(first) == "and") {
		first++
	}
	if first < 0 || first > last || last >= len(r.words) || paper(r.word(last)) || last == first && (len(r.word(first)) < 3 || roleWord(r.word(first))) {
		return
	}
	if len(company) > 0 && bytes.Equal([]byte(r.word(first)), name[company[0].Start:company[0].Stem]) {
		return
	}
	end := r.words[last].Stem
	if text := r.folded.Text; end < len(text) && text[end] == '.' && (r.word(last) == "s" || r.word(last) == "o") { // the point of "A.Ş."
		end++
	}
	r.add("counterparty", 0, "", r.words[first].Start, end)
}

// roleWord reports whether a capitalised word alone is what the text calls a side, not its name.
func roleWord(w string) bool {
	switch w {
	case "oyuncu", "banka", "kurum", "kurul", "firma", "idare", "yuklenici", "musteri", "alici", "satici", "kiraci", "bakanlik", "belediye", "valilik", "bakanligi", "belediyesi", "valiligi", "baskanligi", "mudurlugu", "kurumu", "kurulu", "client", "customer", "buyer", "seller",
		"contractor", "bank", "parties", "board":
		return true
	}
	return false
}

// paper reports whether the last word of a name makes it that of a text or an office, which nobody agrees with.
func paper(w string) bool {
	for _, stem := range [...]string{"sozlesme", "anlasma", "mutabakat", "protokol", "kanun", "teblig", "yonetmelig", "karar", "mudur", "law", "agreement", "contract", "communique", "regulation", "decision"} {
		if strings.HasPrefix(w, stem) {
			return true
		}
	}
	return false
}

// nameBefore is the first word of the name that ends before word i, i when there is none.
func (r *factReader) nameBefore(i int) int {
	first := i
	for first > 0 && i-first < longestName && r.adjoins(first-1, first) && r.nameWord(first-1) && !r.ownWord(first-1) {
		first--
	}
	for first < i && !r.capital(first) {
		first++
	}
	return first
}

// nameUntil is the last word of the name that begins at word i and is followed by "arasında", -1 when there is none.
func (r *factReader) nameUntil(i int) int {
	last := i - 1
	for last+1 < len(r.words) && last+1-i < longestName && (last < i || r.adjoins(last, last+1)) && r.nameWord(last+1) && !r.ownWord(last+1) {
		last++
	}
	if last < i || last+1 >= len(r.words) || r.word(last+1) != "arasinda" {
		return -1
	}
	return last
}

// between reports whether "arasında" follows word i within a few words of its sentence.
func (r *factReader) between(i int) bool {
	for k := i; k < len(r.words) && k < i+longestName; k++ {
		if r.word(k) == "arasinda" {
			return true
		}
		if r.sentenceEnd(k) {
			return false
		}
	}
	return false
}

// nameAfter is the last word of the name that begins at word i, i-1 when there is none.
func (r *factReader) nameAfter(i int) int {
	last := i - 1
	for last+1 < len(r.words) && last+1-i < longestName && (last < i || r.adjoins(last, last+1) && !r.comma(last)) && r.nameWord(last+1) && !r.ownWord(last+1) {
		last++
	}
	for last >= i && !r.capital(last) {
		last--
	}
	return last
}

// comma reports whether a comma follows word i.
func (r *factReader) comma(i int) bool {
	end := r.words[i].End
	return end < len(r.folded.Text) && r.folded.Text[end] == ','
}

// ownWord reports whether word i points back at the filer.
func (r *factReader) ownWord(i int) bool {
	w := r.word(i)
	return strings.HasPrefix(w, "sirketimiz") || strings.HasPrefix(w, "bankamiz") || strings.HasPrefix(w, "ortakligimiz") ||
		strings.HasPrefix(w, "grubumuz") || w == "our" || w == "company" || w == "sirket" || w == "taraflar"
}

// sentence is how many words of a sentence are looked at in each direction.
const sentence = 60

// sentenceAgrees reports whether the sentence around word i speaks of an agreement.
func (r *factReader) sentenceAgrees(i int) bool {
	if !r.connects(i) {
		return false
	}
	first, last := i, i
	for first > 0 && i-first < sentence && !r.sentenceEnd(first-1) {
		first--
	}
	for last+1 < len(r.words) && last-i < sentence && !r.sentenceEnd(last) {
		last++
	}
	for k := first; k <= last; k++ {
		w := r.word(k)
		for _, stem := range [...]string{"sozlesme", "anlasma", "mutabakat", "protokol", "zapt", "mektup", "mektub", "memorandum", "letter", "agreement", "contract", "mou"} {
			if strings.HasPrefix(w, stem) {
				return true
			}
		}
	}
	return false
}

// sentenceEnd reports whether a sentence ends after word i. The points of "A.Ş." and "Sn." do not end one, nor
// does that of an ordinal.
func (r *factReader) sentenceEnd(i int) bool {
	w := r.words[i]
	if w.Stem-w.Start <= 3 || digit(r.folded.Text[w.Stem-1]) {
		return false
	}
	rest := r.folded.Text[w.End:]
	return len(rest) > 1 && bytes.IndexByte([]byte(".;!?"), rest[0]) >= 0 && rest[1] == ' '
}
