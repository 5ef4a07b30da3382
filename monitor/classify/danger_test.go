package classify_test

import (
	"strings"
	"testing"

	"kapwatch/monitor/classify"
)

func TestDangers(t *testing.T) {
	f := classify.File{
		Ignore: []string{"davet"},
		Categories: []classify.Category{
			{ID: "a", Terms: []string{"kar", "=kar", "kâr payı", "IP", "=IP", "x", "şirket", "dava", "="}, Body: []string{"itfa", "tahvil", "ihale", "ihalesi kazan"}, Ignore: []string{"itfaiye"}},
			{ID: "b", Weak: []string{"yatırım"}, Unless: []string{"karbon"}},
			{ID: "other"},
		},
	}
	want := []struct{ place, term, reason string }{
		{`categories[0] "a": terms[0]`, "kar", `finds "karar" too`},
		{`categories[0] "a": terms[1]`, "=kar", `adds nothing: "kar" finds the same`},
		{`categories[0] "a": terms[2]`, "kâr payı", `adds nothing: "kar" finds the same`},
		{`categories[0] "a": terms[3]`, "IP", "has two letters"},
		{`categories[0] "a": terms[4]`, "=IP", `adds nothing: "IP" finds the same`},
		{`categories[0] "a": terms[5]`, "x", "is one letter"},
		{`categories[0] "a": terms[6]`, "şirket", "is in nearly every filing"},
		{`categories[0] "a": body[3]`, "ihalesi kazan", `adds nothing: "ihale" finds the same`},
		{`categories[1] "b": weak[0]`, "yatırım", `finds "yatirimci" too`},
	}
	got := classify.Dangers(f)
	for i, d := range got {
		if i >= len(want) || d.Place != want[i].place || d.Term != want[i].term || !strings.HasPrefix(d.Reason, want[i].reason) {
			t.Errorf("danger %d = %+v", i, d)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d dangers, want %d", len(got), len(want))
	}
}

// The file that kapwatch ships warns of nothing.
func TestBuiltInFileHasNoDangers(t *testing.T) {
	for _, d := range classify.Dangers(builtIn(t)) {
		t.Errorf("%s %q %s", d.Place, d.Term, d.Reason)
	}
}
