package classify

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"kapwatch/monitor/turkish"
)

// Classifier applies one categories file. It is safe for concurrent use.
type Classifier struct {
	entries    []entry
	byID       map[string]int
	fallback   []string // {"other"}, nil when the file has none
	subjects   []subject
	matcher    *matcher
	rules      []rule // what each of the matcher's terms is for
	qualifiers []qualifier
	scratch    sync.Pool
}

// entry is a compiled Category.
type entry struct {
	Category
	yields     []int
	weakYields []int
}

// subject is the folded name of a form, and the entry that it decides; -1 stands for the routine list.
type subject struct {
	folded, written string
	entry           int
}

// role is what a term is for.
type role uint8

const (
	speaks     role = iota // for an entry, in the summary
	hints                  // for an entry, in the summary, weakly
	speaksBody             // for an entry, in the body
	ignored                // for an entry its words do not count; entry -1: for nobody
	silences               // the entry
	routine                // the filing is routine
	qualifies              // a qualifier
	disclaims              // a qualifier's words do not count
	reaches                // a stage of a deal
)

type rule struct {
	role    role
	owner   int  // entry; a qualifier for qualifies and disclaims, a Stage for reaches
	english bool // of a qualifier or stage: negations stand before it, not after
	rumour  bool // of a qualifier: denies what others said, not what the filer asked for
}

// fallback is the id of the entry that is given when no other is.
const fallback = "other"

var idShape = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// New compiles f. The error joins every fault, each naming its place as the file has it:
// categories[3] "mou": terms[2]: "=" …
func New(f File) (*Classifier, error) {
	c := &Classifier{byID: make(map[string]int)}
	var faults []error
	fault := func(place string, err error) { faults = append(faults, fmt.Errorf("%s: %w", place, err)) }

	for i, cat := range f.Categories {
		place := fmt.Sprintf("categories[%d] %q", i, cat.ID)
		switch _, twice := c.byID[cat.ID]; {
		case !idShape.MatchString(cat.ID):
			fault(place, errors.New("id must be lower-case letters, digits, _ and -, beginning with a letter"))
		case twice:
			fault(place, errors.New("id is used twice"))
		}
		c.byID[cat.ID] = i
		if cat.ID == fallback {
			c.fallback = []string{fallback}
			if len(cat.Subjects)+len(cat.Terms)+len(cat.Weak)+len(cat.Body)+len(cat.Unless) > 0 {
				fault(place, errors.New("is given when nothing else is, and has no rules"))
			}
		} else if len(cat.Subjects)+len(cat.Terms)+len(cat.Weak)+len(cat.Body) == 0 {
			fault(place, errors.New("terms is empty, and so are subjects and body: it can never be given"))
		}
		c.entries = append(c.entries, entry{Category: cat})
	}
	if len(f.Categories) == 0 {
		faults = append(faults, errors.New("categories is empty"))
	}

	var terms []Term
	add := func(place, key string, list []string, r rule) {
		for i, s := range list {
			t, err := ParseTerm(s)
			if err != nil {
				fault(fmt.Sprintf("%s%s[%d]", place, key, i), err)
				continue
			}
			terms = append(terms, t)
			c.rules = append(c.rules, r)
		}
	}
	addSubjects := func(place string, list []string, owner int) {
		for i, s := range list {
			folded := turkish.Fold(s)
			if folded == "" {
				fault(fmt.Sprintf("%ssubjects[%d]", place, i), fmt.Errorf("%q is empty", s))
				continue
			}
			c.subjects = append(c.subjects, subject{folded, s, owner})
		}
	}
	for i, cat := range f.Categories {
		place := fmt.Sprintf("categories[%d] %q: ", i, cat.ID)
		addSubjects(place, cat.Subjects, i)
		add(place, "terms", cat.Terms, rule{role: speaks, owner: i})
		if cat.Body == nil {
			add(place, "terms", cat.Terms, rule{role: speaksBody, owner: i})
		} else {
			add(place, "body", cat.Body, rule{role: speaksBody, owner: i})
		}
		add(place, "weak", cat.Weak, rule{role: hints, owner: i})
		add(place, "ignore", cat.Ignore, rule{role: ignored, owner: i})
		add(place, "unless", cat.Unless, rule{role: silences, owner: i})
		others := func(key string, ids []string) (list []int) {
			for k, id := range ids {
				j, ok := c.byID[id]
				if !ok || j == i {
					fault(fmt.Sprintf("%s%s[%d]", place, key, k), fmt.Errorf("%q is no other entry", id))
					continue
				}
				list = append(list, j)
			}
			return list
		}
		c.entries[i].yields = others("yields", cat.Yields)
		c.entries[i].weakYields = others("weak_yields", cat.WeakYields)
	}
	addSubjects("routine: ", f.Routine.Subjects, -1)
	add("routine: ", "terms", f.Routine.Terms, rule{role: routine, owner: -1})
	add("", "ignore", f.Ignore, rule{role: ignored, owner: -1})
	c.qualifiers = qualifiers()
	for i, q := range c.qualifiers {
		add(q.id+": ", "terms", q.terms, rule{role: qualifies, owner: i})
		add(q.id+": ", "rumour", q.rumour, rule{role: qualifies, owner: i, rumour: true})
		add(q.id+": ", "english", q.english, rule{role: qualifies, owner: i, english: true})
		add(q.id+": ", "ignore", q.ignore, rule{role: disclaims, owner: i})
	}
	for s, terms := range stageTerms {
		add(Stage(s).String()+": ", "terms", terms.turkish, rule{role: reaches, owner: s})
		add(Stage(s).String()+": ", "english", terms.english, rule{role: reaches, owner: s, english: true})
	}
	if len(faults) > 0 {
		return nil, errors.Join(distinct(faults)...)
	}
	// The longest name decides, so that "Esas Sözleşme Tadili" may differ from "Esas Sözleşme".
	slices.SortStableFunc(c.subjects, func(a, b subject) int { return len(b.folded) - len(a.folded) })
	c.matcher = newMatcher(terms)
	c.scratch.New = func() any { return new(scan) }
	return c, nil
}

// distinct drops what is said twice: terms that serve the body too are read twice.
func distinct(faults []error) []error {
	var out []error
	for _, f := range faults {
		if !slices.ContainsFunc(out, func(o error) bool { return o.Error() == f.Error() }) {
			out = append(out, f)
		}
	}
	return out
}

// Categories lists the ids in the order of the file.
func (c *Classifier) Categories() []string {
	ids := make([]string, len(c.entries))
	for i, e := range c.entries {
		ids[i] = e.ID
	}
	return ids
}

// Label names a category in a language, "tr" or "en"; an unknown id, or one without a label, is its own label.
func (c *Classifier) Label(id, language string) string {
	i, ok := c.byID[id]
	if !ok {
		return id
	}
	label := c.entries[i].Label.EN
	if language == "tr" {
		label = c.entries[i].Label.TR
	}
	if strings.TrimSpace(label) == "" {
		return id
	}
	return label
}
