package classify

import (
	"fmt"
	"slices"
	"strings"

	"kapwatch/monitor/turkish"
)

// Danger is a term that is legal but likely to find what nobody means. It is a warning: how often a term really finds
// something is for the caller to count.
type Danger struct {
	Place  string // as New names it: categories[3] "mou": terms[2]
	Term   string // as the file has it
	Reason string
}

// Dangers lists the dangerous terms of f in its order: those that are very short, those that begin a common word that
// means something else, those that are common words themselves, and those that can add nothing. Terms that New
// refuses are left out.
func Dangers(f File) []Danger {
	var all []Danger
	for i, c := range f.Categories {
		place, ignored := fmt.Sprintf("categories[%d] %q: ", i, c.ID), parse(slices.Concat(f.Ignore, c.Ignore))
		all = append(all, dangers(place+"terms", c.Terms, ignored)...)
		all = append(all, dangers(place+"weak", c.Weak, ignored)...)
		all = append(all, dangers(place+"body", c.Body, ignored)...)
		all = append(all, dangers(place+"unless", c.Unless, ignored)...)
	}
	return all
}

// DangersIn is Dangers of one list of terms that stands at place, such as a route's.
func DangersIn(place string, terms []string) []Danger { return dangers(place, terms, nil) }

func dangers(place string, terms []string, ignored []Term) (all []Danger) {
	parsed := parse(terms)
	for k, t := range parsed {
		if len(t.words) == 0 {
			continue
		}
		reason := t.danger(ignored)
		if by := slices.IndexFunc(parsed, func(o Term) bool { return o.text != t.text && t.covered(o) }); reason == "" && by >= 0 {
			reason = fmt.Sprintf("adds nothing: %q finds the same", parsed[by].text)
		}
		if reason != "" {
			all = append(all, Danger{fmt.Sprintf("%s[%d]", place, k), t.text, reason})
		}
	}
	return all
}

// parse reads terms; what is none stays the zero Term, so that places keep their numbers.
func parse(list []string) []Term {
	terms := make([]Term, len(list))
	for i, s := range list {
		if t, err := ParseTerm(s); err == nil {
			terms[i] = t
		}
	}
	return terms
}

// danger says why t is dangerous, "" when it is not. ignored are the phrases that do not count for its category.
func (t Term) danger(ignored []Term) string {
	if len(t.words) > 1 {
		return ""
	}
	w := t.words[0]
	switch {
	case len(w.text) == 1:
		return "is one letter"
	case len(w.text) == 2 && !w.whole:
		return `has two letters and finds every word that begins with them: write "=" before it`
	}
	if slices.Contains(commonWords, w.text) {
		return "is in nearly every filing"
	}
	if w.whole {
		return ""
	}
	for _, common := range slices.Concat(commonWords, beginners) {
		known := len(common) > len(w.text) && strings.HasPrefix(common, w.text)
		if known && !slices.ContainsFunc(ignored, func(i Term) bool { return i.covers(common) }) {
			return fmt.Sprintf("finds %q too", common)
		}
	}
	return ""
}

// covers reports whether t is one word that finds the folded word.
func (t Term) covers(word string) bool {
	if len(t.words) != 1 {
		return false
	}
	return t.words[0].text == word || !t.words[0].whole && strings.HasPrefix(word, t.words[0].text)
}

// covered reports whether all that t finds, o finds too.
func (t Term) covered(o Term) bool {
	if len(o.words) == 0 {
		return false
	}
	for from := 0; from+len(o.words) <= len(t.words); from++ {
		all := true
		for k, w := range o.words {
			at := t.words[from+k]
			all = all && (w.whole && at == w || !w.whole && strings.HasPrefix(at.text, w.text))
		}
		if all {
			return true
		}
	}
	return false
}

// commonWords are folded words that stand in most filings, whatever they are about.
var commonWords = foldAll(
	"şirket", "şirketimiz", "şirketimizin", "bankamız", "bankamızın", "yönetim", "kurul", "kurulu", "karar", "kararı", "tarih", "tarihli", "tarihinde", "açıklama", "bildirim",
	"kamuya", "kamuoyuna", "kapsamında", "ilişkin", "hakkında", "tarafından", "olarak", "sermaye", "piyasası", "pay", "paylar", "genel", "bilgi", "özel", "durum", "ortaklık",
	"ortaklığımız", "bağlı", "tutar", "tutarında", "toplam", "milyon", "türk", "lirası", "işlem", "işlemleri", "onay", "izin", "company", "board", "directors", "decision", "regarding",
	"disclosure", "public", "market", "capital", "shares", "total", "amount",
)

// beginners are folded words that begin like a stem which somebody might write and mean another word: "kar" (profit)
// begins "karar" (decision). They were met as false positives in filings.
var beginners = foldAll(
	"karar", "karşılık", "karşı", "karbon", "kargo", "karayolu", "davet", "davranış", "cezai", "atanan", "fonksiyon", "ihracat", "istifade", "itfaiye", "yatırımcı", "izinsiz", "lisanssız", "redaksiyon",
	"satış", "satın", "devam", "devlet", "devre", "teknik", "teklif", "tesisat", "tesis", "onaylı", "sonra", "sonuç", "halkla", "hisseder", "hissedar", "bedeli", "iptidai", "itibar",
	"itibarıyla", "ihtiyaç", "ihtimal", "ihbar", "kredili", "kupa", "borcu", "borsa", "mouse", "mountain", "contractor", "courtesy", "orders", "ordinary", "defaults",
	"stakeholder", "tendency", "ratings", "bondholder", "guidelines",
)

func foldAll(words ...string) []string {
	for i, w := range words {
		words[i] = turkish.Fold(w)
	}
	return words
}
