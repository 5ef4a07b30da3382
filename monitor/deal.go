package monitor

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kapwatch/monitor/classify"
	"kapwatch/monitor/turkish"
)

// sameMatter finds the earlier filing that f takes further: a memorandum, then the contract, then its end. Both must
// name the same matter beyond doubt: the same company, the same other side, the same project, and the same amount or
// date. Everything else stands alone.
func (s *search) sameMatter(r *Record) (Link, error) {
	if !aboutDeal(r) {
		return Link{}, nil
	}
	mine := dealOf(r)
	end := r.Filing.PublishedAt
	list, err := s.earlier(end.Add(-linkHalfYear), end)
	if err != nil {
		return Link{}, err
	}
	for _, x := range list {
		// The facts tell in a moment that hardly any is meant; the text of the rest is read.
		if len(mine.parties(&x)) == 0 || len(mine.amounts(&x)) == 0 {
			continue
		}
		whole, ok, err := s.ledger.Get(x.Filing.Index)
		if err != nil {
			return Link{}, err
		}
		if !ok {
			whole = x // recorded together with f
		}
		if why := mine.same(dealOf(&whole)); why != "" {
			return Link{Index: x.Filing.Index, Why: why}, nil
		}
	}
	return Link{}, nil
}

// deal is what a filing says of the deal that it is about.
type deal struct {
	record   *Record
	projects []project
}

func dealOf(r *Record) deal { return deal{r, projects(r)} }

// aboutDeal reports whether a filing is about one and names its other side.
func aboutDeal(r *Record) bool {
	about := slices.ContainsFunc(r.Found.Categories, func(c string) bool {
		return slices.Contains([]string{"mou", "contract", "tender", "investment", "ma"}, c)
	})
	return about && !r.Found.Routine && len(counterparties(r)) > 0
}

// same says by what both are the same matter, "" when that is not beyond doubt.
func (d deal) same(earlier deal) string {
	parties, amounts := d.parties(earlier.record), d.amounts(earlier.record)
	if len(parties) == 0 || len(amounts) == 0 {
		return ""
	}
	for _, a := range d.projects {
		if slices.ContainsFunc(earlier.projects, a.same) {
			return fmt.Sprintf("both name %s, %q and %s", parties[0], a.name, amounts[0])
		}
	}
	return ""
}

func counterparties(r *Record) (out []classify.Fact) {
	for _, f := range r.Found.Facts {
		if f.Kind == "counterparty" {
			out = append(out, f)
		}
	}
	return out
}

// parties are the other sides that both name.
func (d deal) parties(r *Record) (out []string) {
	for _, a := range counterparties(d.record) {
		for _, b := range counterparties(r) {
			if sameName(a.Text, b.Text) && utf8.RuneCountInString(bareName(a.Text)) > 3 {
				out = append(out, a.Text)
			}
		}
	}
	return out
}

// amounts are the sums, powers and dates that both name, or the day on which the earlier one was filed. Percentages and
// counts of shares are too common to tell.
func (d deal) amounts(r *Record) (out []string) {
	for _, a := range d.record.Found.Facts {
		if a.Kind != "money" && a.Kind != "power" && a.Kind != "date" {
			continue
		}
		if slices.ContainsFunc(r.Found.Facts, func(b classify.Fact) bool { return sameFact(a, b) }) ||
			a.Kind == "date" && a.Unit == r.Filing.PublishedAt.In(Istanbul).Format(time.DateOnly) {
			out = append(out, a.Text)
		}
	}
	return out
}

// project is what a text calls a thing that is built, delivered or bought: a noun of this sort and the words before it.
type project struct {
	noun   string   // its stem
	words  []string // folded, those before the noun, the nearest first
	proper []bool   // of words: a name or a number
	name   string   // as written
}

// projectNouns are the stems of the nouns. They are folded.
func projectNouns() []string {
	return []string{
		"proje", "santral", "tesis", "fabrika", "ihale", "etap", "liman", "maden", "hastane", "havaliman", "otoyol", "kopru",
		"tunel", "metro", "hat", "kampus", "gemi", "tersane", "rafineri", "terminal", "baraj", "arazi", "parsel", "konut",
		"project", "plant", "facility", "tender", "port", "mine", "hospital", "airport", "line", "refinery", "dam",
	}
}

// projectNoun is the stem of word, if it is a noun of that sort with nothing but an ending: no "Hatay", no "limancılık".
func projectNoun(word string) (noun string) {
	for _, n := range projectNouns() {
		rest, ok := strings.CutPrefix(word, n)
		if ok && len(n) > len(noun) && len(rest) <= 6 && (rest == "" || strings.IndexByte("isunyld", rest[0]) >= 0) {
			noun = n
		}
	}
	return noun
}

// inName reports whether a word belongs to the name of the other side: "… Cam Fabrikaları A.Ş." is no factory.
func inName(facts []classify.Fact, field classify.Field, span func(a, b int) (int, int), w turkish.Word) bool {
	start, end := span(w.Start, w.Stem)
	return slices.ContainsFunc(facts, func(f classify.Fact) bool {
		return f.Kind == "counterparty" && f.Span.Field == field && start >= f.Span.Start && end <= f.Span.End
	})
}

// projects reads them off a filing's text, each with at most six words before it in its sentence.
func projects(r *Record) (out []project) {
	const most = 6
	t := Text(r.Filing)
	for _, field := range []classify.Field{classify.Summary, classify.Body, classify.BodyEN} { // the form's name is none
		text := field.Of(t)
		var folded turkish.Folded
		folded.Set(text)
		words := turkish.AppendWords(nil, folded.Text)
		for i, w := range words {
			stem := string(folded.Text[w.Start:w.End])
			noun := projectNoun(stem)
			if noun == "" || inName(r.Found.Facts, field, folded.Span, w) {
				continue
			}
			p := project{noun: noun}
			first := w.Start
			for k := i - 1; k >= 0 && len(p.words) < most; k-- {
				between := string(folded.Text[words[k].End:words[k+1].Start])
				if strings.ContainsAny(between, ".;:!?\n,()") && strings.Trim(between, " ") != "." || strings.Contains(between, ". ") {
					break
				}
				first = words[k].Start
				original := folded.Original(words[k].Start, words[k].End)
				r, _ := utf8.DecodeRuneInString(original)
				p.words = append(p.words, string(folded.Text[words[k].Start:words[k].Stem]))
				p.proper = append(p.proper, unicode.IsUpper(r) || unicode.IsDigit(r))
			}
			p.name = folded.Original(first, w.Stem)
			out = append(out, p)
		}
	}
	return out
}

// same reports whether two texts call their projects the same: the noun, and before it three words alike, or two of
// which one is a name or a number in both.
func (p project) same(o project) bool {
	if p.noun != o.noun {
		return false
	}
	alike, proper := 0, false
	for i := range min(len(p.words), len(o.words)) {
		if p.words[i] != o.words[i] {
			break
		}
		alike++
		proper = proper || p.proper[i] && o.proper[i]
	}
	return alike >= 3 || alike == 2 && proper
}
