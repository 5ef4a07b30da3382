package classify_test

import (
	"fmt"
	"strings"
	"testing"

	"kapwatch/monitor/classify"
	"kapwatch/monitor/turkish"
)

// thousand filings of the usual length, synthetic.
func thousand() []classify.Text {
	texts := make([]classify.Text, 1000)
	for i := range texts {
		texts[i] = shymkent("Çimkent", "Mutabakat Zaptı")
		texts[i].Summary = fmt.Sprintf("%d. Etap Tedarik Sözleşmesi İmzalanması Hakkında", i)
	}
	return texts
}

func BenchmarkClassify(b *testing.B) {
	c := builtInClassifier(b)
	texts := thousand()
	for b.Loop() {
		for _, t := range texts {
			c.Classify(t)
		}
	}
}

// BenchmarkContainsLoop is what the matcher is measured against: the same terms, each looked for in the folded text,
// without word starts, spans, layers, names, qualifiers and facts.
func BenchmarkContainsLoop(b *testing.B) {
	var terms []string
	for _, c := range builtIn(b).Categories {
		for _, list := range [][]string{c.Terms, c.Body, c.Ignore} {
			for _, s := range list {
				terms = append(terms, turkish.Fold(strings.ReplaceAll(s, "=", "")))
			}
		}
	}
	texts := thousand()
	found := 0
	for b.Loop() {
		for _, t := range texts {
			folded := turkish.Fold(t.Subject + "\n" + t.Summary + "\n" + t.Body)
			for _, s := range terms {
				if strings.Contains(folded, s) {
					found++
				}
			}
		}
	}
	b.ReportMetric(float64(len(terms)), "terms")
}
