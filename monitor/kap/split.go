package kap

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"kapwatch/monitor"
)

// week is the span up to which a cut window is asked for day by day; a wider one is halved first, so that a year with
// one busy month does not cost 365 questions.
const week = 7

// collect reads p into h, and splits it where KAP cut the answer. What the cut answer brought counts as well.
func (r *Criteria) collect(ctx context.Context, h *harvest, p part) error {
	got, err := r.ask(ctx, h.reading, p)
	if err != nil {
		return err
	}
	h.add(got)
	if got.rows < rowCap {
		return nil
	}
	n := p.days()
	if n == 1 {
		return r.narrow(ctx, h, p, got)
	}
	step := 1
	if n > week {
		step = (n + 1) / 2
	}
	for from := p.from; !from.After(p.to); from = from.AddDate(0, 0, step) {
		q := p
		q.from = from
		if end := from.AddDate(0, 0, step-1); end.Before(p.to) {
			q.to = end
		}
		if err := r.collect(ctx, h, q); err != nil {
			return err
		}
	}
	return nil
}

// filter is one way to split a day: the key, and its values lone.
type filter struct {
	key    string
	values []string
	set    func(*part, string)
}

// filters are tried in this order. Sources disagree whether KAP honours them (2025 and 2026), so narrow looks at what
// comes instead of believing; the funds' list has no memberType.
func filters(p part) []filter {
	out := []filter{{"disclosureClass", []string{"FR", "ODA", "DG", "DUY"}, func(p *part, v string) { p.class = v }}}
	if p.fund == "" {
		out = append(out, filter{
			"memberType",
			[]string{"IGS", "YK", "PYS", "DCS", "BDK", "DDK", "DK", "KVH"},
			func(p *part, v string) { p.member = v },
		})
	}
	return out
}

// narrow asks for the parts of a day whose list is cut. The day is whole when the kinds of split that left no part cut
// brought everything in the cut list again; otherwise a problem names what may be missing.
func (r *Criteria) narrow(ctx context.Context, h *harvest, p part, whole parsed) error {
	seen := map[int64]bool{}
	var notes []string
	for _, f := range filters(p) {
		came, more, err := r.try(ctx, h, p, f, whole)
		if err != nil {
			return err
		}
		if len(more) == 0 {
			maps.Copy(seen, came)
			lacking := 0
			for index := range whole.indexes() {
				if !seen[index] {
					lacking++
				}
			}
			if lacking == 0 {
				return nil
			}
			more = []string{fmt.Sprintf("the parts by %s lack %d of its rows", f.key, lacking)}
		}
		notes = append(notes, more...)
	}
	h.problem(fmt.Sprintf("The list of %s is cut at %d rows and older filings of that day may be missing: %s.",
		p, rowCap, strings.Join(notes, "; ")))
	return nil
}

// try asks for p once with each value of f and tells which filings came and what went wrong; nothing wrong means that
// no part is cut. One part that is the whole again proves nothing, for the cut list of a report day may hold a single
// class; a second one does, since no filing has two classes.
func (r *Criteria) try(ctx context.Context, h *harvest, p part, f filter, whole parsed) (came map[int64]bool, notes []string, err error) {
	came = map[int64]bool{}
	copies := 0
	for _, v := range f.values {
		q := p
		f.set(&q, v)
		got, err := r.ask(ctx, h.reading, q)
		if refused, ok := errors.AsType[*monitor.RefusedError](err); ok && refused.Status >= 400 && !refused.Limited {
			// The plain question was answered, so it is the filter that is not liked.
			return came, append(notes, f.key+" is refused"), nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("part %s %s: %w", f.key, v, err)
		}
		h.add(got)
		for index := range got.indexes() {
			came[index] = true
		}
		if got.rows < rowCap {
			continue
		}
		if same(got, whole) {
			copies++
		}
		if copies == 2 {
			return came, []string{f.key + " is not honoured"}, nil
		}
		notes = append(notes, fmt.Sprintf("%s %s still has %d rows", f.key, v, got.rows))
	}
	return came, notes, nil
}

// same reports whether a part is the whole again: nine of ten rows, since new filings arrive between two questions.
func same(part, whole parsed) bool {
	in := map[int64]bool{}
	for index := range whole.indexes() {
		in[index] = true
	}
	n := 0
	for index := range part.indexes() {
		if in[index] {
			n++
		}
	}
	return n*10 >= (len(whole.left)+len(whole.filings))*9
}
