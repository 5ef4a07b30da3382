package classify

import (
	"bytes"
	"slices"
)

// layer tells how strongly an entry speaks; less is stronger.
type layer uint8

const (
	bySubject layer = iota + 1
	bySummary
	byBody
)

// citations is how many different terms are cited for one entry.
const citations = 4

// finding is an entry that speaks: how, where, and whether all of it lies within a routine matter.
type finding struct {
	layer    layer
	evidence []Evidence
	firm     bool // its terms spoke in the summary: more than the name of a form or a weak term
	covered  bool
	silenced bool
}

// Classify tells what t is about. Nothing found gives "other", where the file has it.
func (c *Classifier) Classify(t Text) Result {
	s := c.scratch.Get().(*scan)
	defer c.scratch.Put(s)
	return c.classify(s, t)
}

// classify is Classify in the memory of s.
func (c *Classifier) classify(s *scan, t Text) Result {
	s.read(c, t)

	found := blank(&s.found, len(c.entries))
	known, listed := c.bySubject(found, &s.parts[0])
	matter := listed || c.routineMatter(s)
	if !known {
		c.collect(found, &s.parts[0], speaks, bySummary, listed)
	}
	c.collect(found, &s.parts[1], speaks, bySummary, listed)
	quiet := listed || matter && !uncovered(found)
	c.collect(found, &s.parts[2], speaksBody, byBody, quiet)
	english := blank(&s.english, len(c.entries))
	c.collect(english, &s.parts[3], speaksBody, byBody, quiet)
	c.translate(found, english, s)
	denied := c.rumoured(s)
	stage := NoStage
	if !denied {
		stage = c.reached(s)
	}
	c.silence(found, s, stage, denied)

	r := c.result(found, matter)
	r.Stage = stage
	c.qualify(&r, s)
	r.Facts = facts(s, t)
	return r
}

// blank gives n findings that say nothing, in the memory of the last.
func blank(memory *[]finding, n int) []finding {
	*memory = slices.Grow((*memory)[:0], n)[:n]
	clear(*memory)
	return *memory
}

// translate adds to found what the filing's own English text says. It is a translation, so it says nothing new beside
// a Turkish text that names a matter, and is only cited for what that names; where the Turkish text is missing or
// names nothing, the English one is believed.
func (c *Classifier) translate(found, english []finding, s *scan) {
	named := len(s.parts[2].words) > 0 && slices.ContainsFunc(found, func(f finding) bool { return f.layer > bySubject })
	for i, e := range english {
		f := &found[i]
		if e.layer == 0 || f.layer == 0 && named || f.layer == bySubject {
			continue
		}
		if f.layer == 0 {
			f.layer = e.layer
		}
		f.evidence = append(f.evidence, e.evidence[:min(len(e.evidence), max(citations-len(f.evidence), 1))]...)
	}
}

// rumoured reports whether s denies what others said about the filer.
func (c *Classifier) rumoured(s *scan) bool {
	for k := range s.parts {
		p := &s.parts[k]
		for _, h := range p.hits {
			if c.rules[h.term].rumour && p.counts(c.rules, h, disclaims) {
				return true
			}
		}
	}
	return false
}

// result lists what is left of found. matter tells that subject or summary speak of a routine matter.
func (c *Classifier) result(found []finding, matter bool) Result {
	var r Result
	r.Routine = matter
	all := true
	for i, f := range found {
		if f.layer == 0 || f.silenced {
			continue
		}
		r.Categories = append(r.Categories, c.entries[i].ID)
		r.Evidence = append(r.Evidence, f.evidence...)
		r.Urgent = r.Urgent || c.entries[i].Urgent
		r.Routine = r.Routine && (f.covered || f.layer == bySubject)
		all = all && c.entries[i].Routine
	}
	switch {
	case len(r.Categories) > 0:
		r.Routine = r.Routine || all
	case c.fallback != nil:
		r.Categories = c.fallback[:1:1] // shared: who appends gets a copy
		r.Routine = r.Routine || c.entries[c.byID[fallback]].Routine
	}
	if r.Routine { // a circuit breaker is a halt, but nothing to go first
		r.Urgent = false
	}
	return r
}

// bySubject lets the name of the form decide: the longest name of the rules that it begins with. known tells that
// some entry knows the form, listed that it is on the routine list.
func (c *Classifier) bySubject(found []finding, p *part) (known, listed bool) {
	longest := 0
	for _, sub := range c.subjects {
		if !bytes.HasPrefix(p.folded.Text, []byte(sub.folded)) {
			continue
		}
		if sub.entry < 0 {
			listed = true
			continue
		}
		if len(sub.folded) < longest {
			continue
		}
		longest = len(sub.folded)
		known = true
		start, end := p.folded.Span(0, len(sub.folded))
		found[sub.entry].layer = bySubject
		found[sub.entry].covered = c.entries[sub.entry].Routine
		found[sub.entry].evidence = []Evidence{{
			For: c.entries[sub.entry].ID, Term: sub.written, Text: p.folded.Original(0, len(sub.folded)), Span: Span{p.field, start, end},
		}}
	}
	return known, listed
}

// routineMatter reports whether subject or summary speak of a routine matter.
func (c *Classifier) routineMatter(s *scan) bool {
	for i := range s.parts[:2] {
		if slices.ContainsFunc(s.parts[i].hits, func(h hit) bool { return c.rules[h.term].role == routine }) {
			return true
		}
	}
	return false
}

// collect adds what p says to found. With quiet only urgent entries are listened for.
func (c *Classifier) collect(found []finding, p *part, as role, at layer, quiet bool) {
	for _, h := range p.hits {
		r := c.rules[h.term]
		if r.role != as && (r.role != hints || at != bySummary) || quiet && !c.entries[r.owner].Urgent {
			continue
		}
		if at == byBody && p.words[h.first].Start >= lead {
			break // hits are in order
		}
		f := &found[r.owner]
		if f.layer == bySubject && at == byBody || !p.counts(c.rules, h, ignored) {
			continue
		}
		covered := at == bySummary && p.meets(c.rules, h, rule{role: routine, owner: -1})
		if f.layer == 0 {
			f.layer = at
		}
		f.covered = f.covered || covered
		f.firm = f.firm || at == bySummary && r.role == speaks
		term := c.matcher.terms[h.term].text
		if len(f.evidence) < citations && !slices.ContainsFunc(f.evidence, func(e Evidence) bool { return e.Term == term && e.Span.Field == p.field }) {
			f.evidence = append(f.evidence, p.evidence(c, h, c.entries[r.owner].ID))
		}
	}
}

// uncovered reports whether something speaks that is no routine matter.
func uncovered(found []finding) bool {
	return slices.ContainsFunc(found, func(f finding) bool { return f.layer == bySummary && !f.covered })
}

// silence drops entries by their unless terms, and those that give way. That a form is called Yeni İş İlişkisi does
// not make a contract of the memorandum in its body; that a contract's body mentions the memorandum before it does
// not unmake the contract that the summary announces, nor one that the same text says was signed. A memorandum that
// only the body names beside a signed contract is its history.
func (c *Classifier) silence(found []finding, s *scan, stage Stage, denied bool) {
	for i := range s.parts {
		for _, h := range s.parts[i].hits {
			if r := c.rules[h.term]; r.role == silences {
				found[r.owner].silenced = true
			}
		}
	}
	for i := range found {
		found[i].silenced = found[i].silenced || denied && c.entries[i].Deal && found[i].layer > bySubject ||
			!found[i].firm && slices.ContainsFunc(c.entries[i].weakYields, func(j int) bool { return found[j].layer > 0 && found[j].layer <= found[i].layer && !found[j].silenced })
	}
	for i := range found {
		own := stageOf(c.entries[i].ID)
		for _, j := range c.entries[i].yields {
			if at := stageOf(c.entries[j].ID); at != NoStage && at < own && stage >= own {
				if found[i].layer > 0 && !found[i].silenced && found[j].layer == byBody {
					found[j].silenced = true
				}
				continue
			}
			if other := found[j]; other.layer > 0 && !other.silenced && (other.layer < byBody || !found[i].firm) {
				found[i].silenced = true
			}
		}
	}
}

// qualify adds the qualifiers of s to r.
func (c *Classifier) qualify(r *Result, s *scan) {
	all := c.qualifiers
	s.seen = slices.Grow(s.seen[:0], len(all))[:len(all)]
	seen := s.seen
	clear(seen)
	for k := range s.parts {
		p := &s.parts[k]
		for _, h := range p.hits {
			rule := c.rules[h.term]
			if rule.role != qualifies || seen[rule.owner] >= 2 {
				continue
			}
			q := all[rule.owner]
			if p.body() && !q.anywhere && p.words[h.first].Start >= lead || !p.counts(c.rules, h, disclaims) || !q.anywhere && !p.stands(c, h) {
				continue
			}
			if seen[rule.owner]++; seen[rule.owner] == 1 {
				r.Qualifiers = append(r.Qualifiers, q.id)
			}
			r.Evidence = append(r.Evidence, p.evidence(c, h, q.id))
		}
	}
	slices.Sort(r.Qualifiers)
}
