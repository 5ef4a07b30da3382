package classify_test

import (
	"slices"
	"testing"

	"kapwatch/monitor/classify"
)

func parsed(t *testing.T, s string) classify.Term {
	t.Helper()
	term, err := classify.ParseTerm(s)
	if err != nil {
		t.Fatal(err)
	}
	return term
}

// A term is cited where it stands first, subject before summary before bodies; set anew, nothing of the text before
// is left.
func TestReading(t *testing.T) {
	r := classify.NewReading(classify.Text{Subject: "İhale Süreci", Summary: "İHALE sonucu", Body: "Şymkent'in MoU'su", BodyEN: "The MoU"})
	for term, want := range map[string]classify.Evidence{
		"ihale":       {Text: "İhale", Span: classify.Span{Field: classify.Subject, Start: 0, End: 6}},
		"ihale sonuc": {Text: "İHALE sonucu", Span: classify.Span{Field: classify.Summary, Start: 0, End: 13}},
		"=MoU":        {Text: "MoU", Span: classify.Span{Field: classify.Body, Start: 12, End: 15}},
		"the":         {Text: "The", Span: classify.Span{Field: classify.BodyEN, Start: 0, End: 3}},
	} {
		want.Term = term
		if got, ok := r.Find(parsed(t, term)); !ok || got != want {
			t.Errorf("Find(%q) = %+v, %v, want %+v", term, got, ok, want)
		}
	}
	r.Set(classify.Text{Summary: "the"})
	if got, ok := r.Find(parsed(t, "ihale")); ok {
		t.Errorf("the text before is still read: %+v", got)
	}
	if got, ok := r.Find(parsed(t, "the")); !ok || got.Span.Field != classify.Summary {
		t.Errorf("Find in the text set anew = %+v, %v", got, ok)
	}
	if _, ok := r.Find(classify.Term{}); ok {
		t.Error("the zero term matches")
	}
}

func TestSightings(t *testing.T) {
	s := classify.NewSightings([]classify.Term{parsed(t, "ma"), parsed(t, "ihale"), {}})
	for _, text := range []string{"Maliyet", "MALİYET ve madde", "Madde", "maliyet", "başka"} {
		s.Look(classify.Text{Summary: text})
	}
	if s.Texts() != 5 {
		t.Errorf("%d texts, want 5", s.Texts())
	}
	if n, words := s.Of(0, 2); n != 4 || !slices.Equal(words, []string{"maliyet", "madde"}) {
		t.Errorf("ma: %d, %q", n, words)
	}
	if n, words := s.Of(1, 2); n != 0 || len(words) != 0 {
		t.Errorf("ihale: %d, %q", n, words)
	}
	if n, _ := s.Of(2, 2); n != 0 {
		t.Errorf("the zero term: %d", n)
	}
}
