package classify_test

import (
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"testing"

	"kapwatch/monitor/classify"
)

// The rules are written by hand, so nothing can be trained again without a company. What can be done is to take away
// from the rules, before the filings of a fold are scored, every term that only this fold's filings support: what is
// left is what somebody would have written who never saw them. A filing supports a term that is found in its summary
// or opening and is right there: it speaks for a category that the filing is labelled with, or keeps silent one that
// it is not. Filings whose form says what they are about, and the names of KAP's forms, support terms too. A term that
// is right nowhere was tuned on nothing, and stays. Terms that come from knowledge of the language but occur in one
// company only are taken away as well, so the left-out figures are a lower bound.

// labelled is a filing with its labels, as the rules see it.
type labelled struct {
	id, company, year string
	text              classify.Text
	want              []string
}

// termKey is the place of a term in a rules file; owner "" is the file's own ignore list.
type termKey struct{ owner, list, term string }

// lists walks the lists of f whose terms were tuned.
func lists(f *classify.File, visit func(owner, list string, terms *[]string)) {
	visit("", "ignore", &f.Ignore)
	for i := range f.Categories {
		c := &f.Categories[i]
		visit(c.ID, "terms", &c.Terms)
		visit(c.ID, "weak", &c.Weak)
		visit(c.ID, "body", &c.Body)
		visit(c.ID, "ignore", &c.Ignore)
		visit(c.ID, "unless", &c.Unless)
	}
}

// without is f less the terms in gone.
func without(f classify.File, gone map[termKey]bool) classify.File {
	f.Categories = slices.Clone(f.Categories)
	lists(&f, func(owner, list string, terms *[]string) {
		if *terms == nil { // no body means the same as terms, an empty one means never
			return
		}
		*terms = slices.DeleteFunc(append([]string{}, *terms...), func(s string) bool { return gone[termKey{owner, list, s}] })
	})
	f.Categories = slices.DeleteFunc(f.Categories, func(c classify.Category) bool {
		return c.ID != "other" && len(c.Subjects)+len(c.Terms)+len(c.Weak)+len(c.Body) == 0
	})
	for i := range f.Categories {
		c := &f.Categories[i]
		unknown := func(id string) bool {
			return !slices.ContainsFunc(f.Categories, func(c classify.Category) bool { return c.ID == id })
		}
		c.Yields = slices.DeleteFunc(slices.Clone(c.Yields), unknown)
		c.WeakYields = slices.DeleteFunc(slices.Clone(c.WeakYields), unknown)
	}
	return f
}

// support tells for every term of f the folds whose filings support it.
func support(t *testing.T, f classify.File, filings []labelled, fold func(labelled) string) map[termKey]map[string]bool {
	t.Helper()
	// One category for each term, asked of summary and opening alike, nothing ignored: which of them are found.
	var probe classify.File
	keys := map[string][]termKey{}
	ids := map[string]string{}
	lists(&f, func(owner, list string, terms *[]string) {
		for _, s := range *terms {
			id, ok := ids[s]
			if !ok {
				id = "t" + strings.Repeat("a", len(ids)/26) + string(rune('a'+len(ids)%26))
				ids[s] = id
				probe.Categories = append(probe.Categories, classify.Category{ID: id, Terms: []string{s}})
			}
			keys[id] = append(keys[id], termKey{owner, list, s})
		}
	})
	c, err := classify.New(probe)
	if err != nil {
		t.Fatal(err)
	}
	out := map[termKey]map[string]bool{}
	for _, l := range filings {
		for _, id := range c.Classify(l.text).Categories {
			for _, k := range keys[id] {
				about := slices.Contains(l.want, k.owner)
				right := about == slices.Contains([]string{"terms", "weak", "body"}, k.list)
				if right {
					if out[k] == nil {
						out[k] = map[string]bool{}
					}
					out[k][fold(l)] = true
				}
			}
		}
	}
	return out
}

// leaveOut scores filings, each with rules less what only its own fold supports.
func leaveOut(t *testing.T, f classify.File, filings, all []labelled, fold func(labelled) string) (s score) {
	t.Helper()
	supported := support(t, f, all, fold)
	byFold := map[string][]labelled{}
	for _, l := range filings {
		byFold[fold(l)] = append(byFold[fold(l)], l)
	}
	for _, name := range slices.Sorted(maps.Keys(byFold)) {
		gone := map[termKey]bool{}
		var told []string
		for k, folds := range supported {
			if len(folds) == 1 && folds[name] {
				gone[k] = true
				told = append(told, k.owner+"."+k.list+" "+k.term)
			}
		}
		slices.Sort(told)
		c, err := classify.New(without(f, gone))
		if err != nil {
			t.Fatal(err)
		}
		var own score
		for _, l := range byFold[name] {
			own.count(t, c.Classify(l.text).Categories, l.want, l.id+" "+l.text.Summary+l.text.Body)
		}
		s.hit, s.extra, s.missed = s.hit+own.hit, s.extra+own.extra, s.missed+own.missed
		t.Logf("fold %s: %d filings, %d right, %d extra, %d missed without %d terms: %s",
			name, len(byFold[name]), own.hit, own.extra, own.missed, len(told), strings.Join(told, ", "))
	}
	return s
}

func byCompany(l labelled) string { return l.company }

func byYear(l labelled) string { return l.year }

// byFifth puts whole companies into five folds.
func byFifth(l labelled) string {
	h := fnv.New32a()
	h.Write([]byte(l.company))
	return string(rune('A' + h.Sum32()%5))
}
