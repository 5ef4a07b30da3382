package classify

import (
	"slices"
	"strings"
)

// body reports whether p is one of the explanations, of which only the opening is believed.
func (p *part) body() bool { return p.field == Body || p.field == BodyEN }

// stands reports whether what h says is stated as a fact: not denied ("onay verilmemiştir", "has not been approved"),
// not merely planned, asked for or possible ("tamamlanması beklenmektedir", "will be completed"). Turkish says so at
// the end of the verb or right after it, English before it.
func (p *part) stands(c *Classifier, h hit) bool {
	for i := int(h.first); i < int(h.last); i++ {
		if p.parted(i) { // "was signed; a contract" is not a signed contract
			return false
		}
	}
	t := c.matcher.terms[h.term]
	if c.rules[h.term].english {
		return p.standsEnglish(h)
	}
	last := int(h.last)
	stem := t.words[len(t.words)-1].text
	if rest, ok := strings.CutPrefix(p.word(last), stem); ok && (negative(rest) || unreal(rest)) {
		return false
	}
	for last+1 < len(p.words) && !p.parted(last) && p.aside(last+1) {
		last++
	}
	last = p.inQuestion(last)
	next := p.after(last)
	for _, verb := range lightVerbs {
		if rest, ok := strings.CutPrefix(next, verb); ok {
			if negative(rest) || unreal(rest) {
				return false
			}
			last = p.inQuestion(last + 1)
			next = p.after(last)
			break
		}
	}
	if word := p.word(last); strings.Contains(word, "masi") || strings.Contains(word, "mesi") {
		if p.follows(last, "tabi", "tabidir", "baglidir", "beklenmektedir", "ongorulmektedir", "planlanmaktadir", "hedeflenmektedir") {
			return false // "satışın tamamlanması Rekabet Kurulu onayına tabidir"
		}
	}
	return !slices.ContainsFunc(conditions[:], func(s string) bool { return strings.HasPrefix(next, s) })
}

// inQuestion is the last word of "söz konusu" where that follows word i, else i: "iptali söz konusu değildir".
func (p *part) inQuestion(i int) int {
	if p.after(i) == "soz" && p.after(i+1) == "konusu" {
		return i + 2
	}
	return i
}

// aside reports whether word i may stand between a noun and the verb that it belongs to: "başvurusu henüz yapılmamıştır",
// "başvurumuz EPDK'ya iletilmemiştir".
func (p *part) aside(i int) bool {
	switch string(p.bytes(i)) {
	case "henuz", "halen", "hala", "daha":
		return true
	}
	return p.words[i].Stem != p.words[i].End
}

// lightVerbs carry a noun: "onay verilmiştir", "başvuru yapılmamıştır". Longer ones stand before those they contain.
var lightVerbs = [...]string{
	"gerceklestiril", "gercekles", "bulunul", "bulun", "basla", "yapil", "yap", "veril", "ver", "edil", "ed", "et", "alin", "al", "olun", "ol", "gecil", "gec", "iletil", "ilet",
}

// conditions turn the verb before them into something that has not happened.
var conditions = [...]string{
	"degil", "yok", "halinde", "durumunda", "sartiyla", "kosuluyla", "kaydiyla", "sarti", "kosulu", "icin", "amaci", "uzere", "planlan", "hedef", "ongor", "beklen", "talep", "talebi",
	"istem", "takiben", "muteakip", "muteakiben", "ardindan", "sonrasinda", "kadar", "gerek", "ihtimal", "olasilig", "karsisinda", "surec", "dusunul", "vazgec", "gundem", "iddia", "haber", "yonundeki",
}

// negative reports whether what follows the stem of a Turkish verb denies it: -mamış, -medi, -maz, -mayacak, -mıyor,
// with suffixes of the passive or of inability before it. The positive -makta and -ması have the first letters too.
func negative(rest string) bool {
	for i := 0; i <= voice && i+2 < len(rest); i++ {
		if rest[i] != 'm' {
			continue
		}
		switch after := rest[i+1:]; {
		case strings.HasPrefix(after, "iyor") || strings.HasPrefix(after, "uyor"):
			return true
		case after[0] != 'a' && after[0] != 'e':
		case slices.ContainsFunc(denials[:], func(s string) bool { return strings.HasPrefix(after[1:], s) }):
			return true
		}
	}
	return false
}

// voice is how many letters of passive, causative and inability may stand between a stem and its negation.
const voice = 7

// denials follow the -ma- of a negation.
var denials = [...]string{"mis", "di", "z", "yan", "yen", "yac", "yec", "mak", "mek", "mas", "mes", "ksiz", "dan", "den"}

// unreal reports whether what follows the stem of a Turkish verb speaks of what may or will be: -acak, -abilir, -dığında.
func unreal(rest string) bool {
	if rest == "ginda" || rest == "ginde" || rest == "gunda" { // tamamlandığında: when it is done
		return true
	}
	for _, s := range [...]string{"acak", "ecek", "acag", "eceg", "abil", "ebil", "irse", "ursa", "irsa", "urse"} {
		if i := strings.Index(rest, s); i >= 0 && i <= voice {
			return true
		}
	}
	return false
}

// after is the word after word i, "" where a sentence or clause ends between them.
func (p *part) after(i int) string {
	if i+1 >= len(p.words) || p.parted(i) {
		return ""
	}
	return p.word(i + 1)
}

// parted reports whether a point, comma or their like stands between word i and the next.
func (p *part) parted(i int) bool {
	for _, b := range p.folded.Text[p.words[i].End:p.words[i+1].Start] {
		switch b {
		case '.', ',', ';', ':', '!', '?', '(', ')':
			return true
		}
	}
	return false
}

// standsEnglish looks at the four words before h, within its clause, and after a noun at what the clause says of it:
// "completion of the sale is subject to approval", "negotiations with the buyer have ended".
func (p *part) standsEnglish(h hit) bool {
	for i := int(h.first) - 1; i >= 0 && i >= int(h.first)-4 && !p.parted(i); i-- {
		switch p.word(i) {
		case "not", "no", "never", "neither", "nor", "without", "cannot", "if", "upon", "until", "unless", "pending", "expected", "expects", "may", "might", "would", "could",
			"should", "will", "shall", "planned", "plans", "intends", "aims", "subject", "once", "before", "possible", "conditional", "awaiting", "yet", "failed", "unable":
			return false
		}
	}
	if after := p.after(int(h.last)); after == "not" || after == "never" {
		return false
	}
	switch p.word(int(h.first)) {
	case "completion", "approval", "termination", "cancellation", "postponement":
		return !p.follows(int(h.last), "subject", "expected", "pending", "conditional", "planned")
	case "application":
		return !p.follows(int(h.last), "approved", "granted", "accepted", "withdrawn")
	case "negotiations", "talks", "discussions":
		return !p.follows(int(h.last), "ended", "terminated", "concluded", "failed", "collapsed", "ceased")
	}
	return true
}

// follows reports whether one of words stands within eight words after word last, in its clause.
func (p *part) follows(last int, words ...string) bool {
	for i := last; i+1 < len(p.words) && i < last+8 && !p.parted(i); i++ {
		if slices.Contains(words, p.word(i+1)) {
			return true
		}
	}
	return false
}
