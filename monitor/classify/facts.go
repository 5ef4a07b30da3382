package classify

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"kapwatch/monitor/turkish"
)

// maxFacts bounds what is kept of one filing: a table pasted into a body is no statement.
const maxFacts = 100

// facts reads the quantities and names that t states, in order of appearance. What a later part repeats (the body
// its summary, the English text the Turkish) is cited once, where it stands first.
func facts(s *scan, t Text) []Fact {
	var all []Fact
	for k := range s.parts {
		p := &s.parts[k]
		notation := turkish.TurkishNotation
		if p.field == BodyEN || p.english() {
			notation = turkish.EnglishNotation
		}
		r := factReader{part: p, notation: notation}
		r.quantities()
		r.countries()
		r.counterparties(s.name, s.company)
		slices.SortStableFunc(r.facts, func(a, b Fact) int { return a.Span.Start - b.Span.Start })
		for _, f := range r.facts {
			if len(all) == maxFacts {
				return all
			}
			if !slices.ContainsFunc(all, f.repeats) {
				all = append(all, f)
			}
		}
	}
	return all
}

// english reports whether p is written in English, by the small words that every sentence has. Summaries of some
// filers are, and a text given to "kapwatch classify" may be.
func (p *part) english() bool {
	english := 0
	for i := range p.words {
		switch string(p.bytes(i)) {
		case "the", "of", "and", "was", "were", "has", "been", "is", "for", "with", "by", "our", "to", "at":
			english++
		case "ve", "ile", "bir", "bu", "icin", "olan", "olarak", "olup", "tarafindan", "ait", "adet", "uzere", "gore", "kadar", "sirketimiz", "sirketimizin":
			english--
		}
	}
	return english > 0
}

// repeats reports whether f and g state the same.
func (f Fact) repeats(g Fact) bool {
	if f.Kind != g.Kind || f.Value != g.Value || f.Unit != g.Unit {
		return false
	}
	return f.Kind != "counterparty" || turkish.Fold(f.Text) == turkish.Fold(g.Text)
}

type factReader struct {
	*part
	notation turkish.Notation
	facts    []Fact
	done     int // folded text before it was read as part of a fact
}

// add records the folded bytes [a, b) as a fact.
func (r *factReader) add(kind string, value float64, unit string, a, b int) {
	start, end := r.folded.Span(a, b)
	r.facts = append(r.facts, Fact{kind, r.folded.Original(a, b), value, unit, Span{r.field, start, end}})
	r.done = b
}

// quantities reads dates, percentages, money, power and shares: all that has digits, and yüzde.
func (r *factReader) quantities() {
	if !bytes.ContainsAny(r.text(), "0123456789") {
		return
	}
	text := string(r.text())
	for i := 0; i < len(text); {
		if !digit(text[i]) {
			if n := r.monthFirst(text, i); n > 0 {
				i += n
				continue
			}
			i++
			continue
		}
		if i > 0 && (wordByte(text[i-1]) || text[i-1] == '.' && i > 1 && wordByte(text[i-2])) && !currencyBefore(text[:i]) {
			i = afterNumber(text, i) // part of a code: TRFSYNT12345, II-14.1
			continue
		}
		if n := r.quantity(text, i); n > 0 {
			i += n
			continue
		}
		i = afterNumber(text, i)
	}
}

func (r *factReader) quantity(text string, i int) (n int) {
	if day, n := turkish.ReadDate(text[i:]); n > 0 {
		r.add("date", 0, day.Format("2006-01-02"), i, i+n)
		return n
	}
	if b := percentBefore(text[:i]); b < i {
		if v, n := turkish.ReadNumber(text[i:], r.notation); n > 0 {
			r.add("percent", v, "%", b, i+n)
			return n + r.percentUpTo(text, i+n, v)
		}
	}
	if kind, v, unit, n := r.measure(text, i); n > 0 {
		r.add(kind, v, unit, i, i+n)
		return n
	}
	v, n := turkish.ReadAmount(text[i:], r.notation)
	if n == 0 {
		return 0
	}
	rest := text[i+n:]
	if unit, b := currencyEnd(text[:i]); unit != "" && b >= r.done {
		if k := letterM(rest); k > 0 {
			v, n = v*1e6, n+k
		}
		r.add("money", v, unit, b, i+n)
		return n
	}
	if k := sharesAfter(rest, v); k > 0 {
		r.add("shares", v, "shares", i, i+n+k)
		return n + k
	}
	if unit, k := periodAfter(rest, v, strings.HasSuffix(text[:i], "suresi ")); k > 0 {
		r.add("date", 0, unit, i, i+n+k)
		return n + k
	}
	return r.lowerBound(text, i, n, v)
}

// measure reads an amount with the unit after it: percent, money or power.
func (r *factReader) measure(text string, i int) (kind string, value float64, unit string, n int) {
	v, n := turkish.ReadAmount(text[i:], r.notation)
	if n == 0 {
		return "", 0, "", 0
	}
	rest := text[i+n:]
	if k := percentAfter(rest); k > 0 {
		return "percent", v, "%", n + k
	}
	if abbreviated(text[i:i+n]) && strings.HasPrefix(rest, ". ") { // "12,5 mln. TL"
		if unit, k := currencyAfter(rest[1:]); k > 0 {
			return "money", v, unit, n + 1 + k
		}
	}
	words := inWords(rest) // "50.000.000 (elli milyon) TL"
	if unit, k := currencyAfter(rest[words:]); k > 0 {
		return "money", v, unit, n + words + k
	}
	if m := letterM(strings.TrimPrefix(rest, " ")); m > 0 { // "85 M USD"
		m += len(rest) - len(strings.TrimPrefix(rest, " "))
		if unit, k := currencyAfter(rest[m:]); k > 0 {
			return "money", v * 1e6, unit, n + m + k
		}
	}
	if factor, k := powerAfter(rest); k > 0 {
		return "power", v * factor, "MW", n + k
	}
	return "", 0, "", 0
}

// abbreviated reports whether an amount ends in a short form of milyon or milyar, after which a point may stand.
func abbreviated(amount string) bool {
	for _, short := range [...]string{"mn", "mln", "mio", "mlr", "mr"} {
		if strings.HasSuffix(amount, short) {
			return true
		}
	}
	return false
}

// letterM reads the "M" of "85M" or "85 M": a million, where the currency beside it says that it is no metre.
func letterM(rest string) int {
	if strings.HasPrefix(rest, "m") && (len(rest) == 1 || !wordByte(rest[1])) {
		return 1
	}
	return 0
}

// inWords reads the number again, in words and brackets.
func inWords(rest string) int {
	inner, ok := strings.CutPrefix(strings.TrimPrefix(rest, " "), "(")
	end := strings.IndexByte(inner, ')')
	if !ok || end <= 0 || end > 80 || strings.ContainsAny(inner[:end], "0123456789") {
		return 0
	}
	return len(rest) - len(inner) + end + 1
}

// monthFirst reads "April 26, 2024" where a month's name begins at i.
func (r *factReader) monthFirst(text string, i int) int {
	if i > 0 && wordByte(text[i-1]) || text[i] < 'a' || text[i] > 's' {
		return 0
	}
	day, n := turkish.ReadDate(text[i:])
	if n > 0 {
		r.add("date", 0, day.Format("2006-01-02"), i, i+n)
	}
	return n
}

func (p *part) text() []byte {
	if len(p.words) == 0 {
		return nil
	}
	last := p.words[len(p.words)-1].End
	for last < len(p.folded.Text) && p.folded.Text[last] != ' ' {
		last++
	}
	return p.folded.Text[:last]
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func wordByte(c byte) bool { return c >= 'a' && c <= 'z' || digit(c) || c >= 0x80 }

// afterNumber skips digits with what joins them.
func afterNumber(text string, i int) int {
	for i < len(text) && (digit(text[i]) || (text[i] == '.' || text[i] == ',') && i+1 < len(text) && digit(text[i+1])) {
		i++
	}
	return i
}

// percentBefore tells where "%" or "yüzde" before a number begins, len(s) when there is none.
func percentBefore(s string) int {
	bare := strings.TrimSuffix(s, " ")
	if strings.HasSuffix(bare, "%") {
		return len(bare) - 1
	}
	if b, ok := strings.CutSuffix(bare, "yuzde"); ok && (b == "" || !wordByte(b[len(b)-1])) {
		return len(b)
	}
	return len(s)
}

func percentAfter(rest string) int {
	for _, unit := range [...]string{"%", " %", " percent", " per cent"} {
		if strings.HasPrefix(rest, unit) && (len(rest) == len(unit) || unit[len(unit)-1] == '%' || !wordByte(rest[len(unit)])) {
			return len(unit)
		}
	}
	return 0
}

// powerAfter reads the megawatt family; energy (MWh) and apparent power (MVA) are other things. The peak, electrical
// and mechanical power of one plant are all called MW here, the text says which.
func powerAfter(rest string) (factor float64, n int) {
	bare := strings.TrimPrefix(rest, " ")
	if bare == rest {
		bare = strings.TrimPrefix(rest, "-") // a 500-MW plant
	}
	end := 0
	for end < len(bare) && bare[end] >= 'a' && bare[end] <= 'z' {
		end++
	}
	if end < len(bare) && (digit(bare[end]) || bare[end] >= 0x80) {
		return 0, 0
	}
	switch bare[:end] {
	case "mw", "mwe", "mwm", "mwp", "mwt", "mwac", "mwdc", "mwlik", "megavat", "megavatlik", "megawatt", "megawatts":
		factor = 1
	case "gw", "gwe", "gwm", "gwp", "gigavat", "gigawatt", "gigawatts":
		factor = 1000
	case "kw", "kwe", "kwp", "kwm", "kilovat", "kilowatt", "kilowatts":
		factor = 0.001
	default:
		return 0, 0
	}
	return factor, len(rest) - len(bare) + end
}

// periodAfter reads "yıl", "(beş) yıllık", "ay", "gün", "years" and gives the period as ISO 8601 writes it: P3Y. A
// year ("2024 yılı") and an ordinal ("3. yıl") are none, nor are working days. Where the text says that it gives a
// term, "3 yıldır" is one; else it tells since when.
func periodAfter(rest string, count float64, term bool) (period string, n int) {
	bare := strings.TrimPrefix(rest[inWords(rest):], " ")
	word := bare
	for i := range len(bare) {
		if bare[i] < 'a' || bare[i] > 'z' {
			word = bare[:i]
			break
		}
	}
	if term {
		word = strings.TrimSuffix(strings.TrimSuffix(word, "dir"), "dur")
	}
	var designator string
	most := 600.0
	switch word {
	case "yil", "yila", "yillik", "yilda", "yilligina", "year", "years":
		designator, most = "Y", 99
	case "ay", "aya", "aylik", "ayda", "ayligina", "month", "months":
		designator = "M"
	case "hafta", "haftalik", "week", "weeks":
		designator = "W"
	case "gun", "gune", "gunluk", "gunde", "day", "days":
		designator, most = "D", 3660
	}
	if designator == "" || count <= 0 || count > most {
		return "", 0
	}
	return "P" + strconv.FormatFloat(count, 'f', -1, 64) + designator, len(rest) - len(bare) + len(word)
}

// sharesAfter reads "adet pay", "adet Şirketimiz payı", "lot", "shares", and "pay" alone after a number of them.
func sharesAfter(rest string, count float64) int {
	bare := strings.TrimPrefix(rest, " ")
	off := len(rest) - len(bare)
	var words [6]turkish.Word
	list := turkish.AppendWords(words[:0], []byte(bare[:min(len(bare), 60)]))
	for k, w := range list {
		word := bare[w.Start:w.Stem]
		switch {
		case k == 0 && (word == "lot" || word == "shares"):
			return off + w.Stem
		case k == 0 && count >= 100 && (word == "pay" || word == "payin" || word == "paya") && (len(list) == 1 || !ofShares(bare[list[1].Start:list[1].Stem])):
			return off + w.Stem
		case k == 0 && word != "adet" && word != "adedi", k > 4:
			return 0
		case k > 0 && (strings.HasPrefix(word, "pay") || strings.HasPrefix(word, "hisse")) && w.End < 60:
			return off + w.Stem
		}
	}
	return 0
}

// ofShares reports whether the word after "pay" makes it something else: pay sahibi, pay alma hakkı, pay başına.
func ofShares(word string) bool {
	for _, s := range [...]string{"sahi", "alma", "bas", "defter", "senet", "sened"} {
		if strings.HasPrefix(word, s) {
			return true
		}
	}
	return false
}
