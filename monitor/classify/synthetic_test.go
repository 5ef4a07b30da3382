package classify_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"kapwatch/monitor/classify"
)

// The sentences are our own; none is of a filing.

func sentences(t *testing.T, path string, columns, least int) [][]string {
	t.Helper()
	var out [][]string
	for _, line := range readLines(t, path)[1:] {
		f := strings.Split(line, "\t")
		if len(f) != columns {
			t.Fatalf("%s: %q has %d columns, want %d", path, line, len(f), columns)
		}
		out = append(out, f)
	}
	if len(out) < least {
		t.Errorf("%s: %d sentences, want at least %d", path, len(out), least)
	}
	return out
}

func TestSyntheticSentences(t *testing.T) {
	c := builtInClassifier(t)
	tried := map[string]bool{}
	for _, f := range sentences(t, "testdata/synthetic.tsv", 3, 120) {
		text := classify.Text{Subject: "Özel Durum Açıklaması (Genel)", Summary: f[2]}
		if f[0] == "body" {
			text.Summary, text.Body = "", f[2]
		}
		got := c.Classify(text)
		if s := strings.Join(got.Categories, ","); s != f[1] {
			t.Errorf("Classify(%q) = %s, want %s: %v", f[2], s, f[1], got.Evidence)
		}
		tried[f[1]] = true
	}
	for _, id := range c.Categories() {
		if !tried[id] {
			t.Errorf("no sentence is about %s", id)
		}
	}
}

// The names of KAP's forms (July 2026, with a few older ones) and what each says by itself. A form that says nothing
// leaves the word to its summary.
func TestForms(t *testing.T) {
	c := builtInClassifier(t)
	for _, f := range sentences(t, "testdata/forms.tsv", 2, 150) {
		got := c.Classify(classify.Text{Subject: f[1]})
		if s := strings.Join(got.Categories, ","); s != f[0] {
			t.Errorf("form %q is %s, want %s: %v", f[1], s, f[0], got.Evidence)
		}
		if n := len(got.Categories); n != 1 {
			t.Errorf("form %q has %d categories, want one", f[1], n)
		}
	}
}

// The exchange announces measures, rights and block trades on one form, so its summary can overrule it.
func TestFormOfManyMatters(t *testing.T) {
	c := builtInClassifier(t)
	for summary, want := range map[string]string{
		"":                                "halt",
		"Volatilite Bazlı Tedbir Sistemi": "halt",
		"Hak Kullanımı":                   "other",
		"Toptan Alış Satış İşlemi":        "insider",
	} {
		got := c.Classify(classify.Text{Subject: "BISTECH Pay Piyasası Alım Satım Sistemi Duyurusu", Summary: summary})
		if s := strings.Join(got.Categories, ","); s != want {
			t.Errorf("%q is %s, want %s: %v", summary, s, want, got.Evidence)
		}
	}
}

// The licence of a plant is no investment in it; more of it is.
func TestWeakYields(t *testing.T) {
	c := builtInClassifier(t)
	for summary, want := range map[string]string{
		"Yeni Rüzgar Enerji Santrali":                          "investment",
		"Rüzgar Enerji Santrali Üretim Lisansı":                "licence",
		"Rüzgar Enerji Santrali Kapasite Artışı ÇED Başvurusu": "licence,investment",
	} {
		got := c.Classify(classify.Text{Summary: summary})
		if s := strings.Join(got.Categories, ","); s != want {
			t.Errorf("%q is %s, want %s: %v", summary, s, want, got.Evidence)
		}
	}
}

// Every fact of a sentence and no other: what looks like one (telephones, laws, codes, indices) is none.
func TestFactSentences(t *testing.T) {
	c := builtInClassifier(t)
	for _, f := range sentences(t, "testdata/fact_sentences.tsv", 3, 200) {
		text := classify.Text{Body: f[2]}
		if f[0] == "body_en" {
			text = classify.Text{BodyEN: f[2]}
		}
		got := c.Classify(text)
		if s := factList(got.Facts); s != f[1] {
			t.Errorf("facts of %q = %q, want %q", f[2], s, f[1])
		}
		for _, x := range got.Facts {
			if f[2][x.Span.Start:x.Span.End] != x.Text {
				t.Errorf("%q: span %v is not %q", f[2], x.Span, x.Text)
			}
		}
	}
}

// factList writes facts as the files of sentences do.
func factList(facts []classify.Fact) string {
	var out []string
	for _, x := range facts {
		switch x.Kind {
		case "date", "country":
			out = append(out, x.Kind+" "+x.Unit)
		case "counterparty":
			out = append(out, x.Kind+" "+x.Text)
		default:
			out = append(out, x.Kind+" "+strconv.FormatFloat(x.Value, 'f', -1, 64)+" "+x.Unit)
		}
	}
	return strings.Join(out, "; ")
}

func TestEnglishSentences(t *testing.T) {
	c := builtInClassifier(t)
	tried := map[string]bool{}
	for _, f := range sentences(t, "testdata/english.tsv", 4, 100) {
		got := c.Classify(classify.Text{Subject: "Özel Durum Açıklaması (Genel)", BodyEN: f[3]})
		if s := strings.Join(got.Categories, ","); s != f[0] {
			t.Errorf("Classify(%q) = %s, want %s: %v", f[3], s, f[0], got.Evidence)
		}
		if s := strings.Join(got.Qualifiers, ","); s != f[1] {
			t.Errorf("qualifiers of %q = %q, want %q: %v", f[3], s, f[1], got.Evidence)
		}
		if s := factList(got.Facts); s != f[2] {
			t.Errorf("facts of %q = %q, want %q", f[3], s, f[2])
		}
		for q := range strings.SplitSeq(f[1], ",") {
			tried[q] = true
		}
	}
	for _, id := range classify.Qualifiers() {
		if !tried[id] {
			t.Errorf("no sentence is %s", id)
		}
	}
}

// A translation says nothing new: what the Turkish text names is named once, with the English words cited beside it.
func TestEnglishApart(t *testing.T) {
	c := builtInClassifier(t)
	tests := []struct {
		name       string
		text       classify.Text
		categories []string
		cited      []classify.Field
	}{
		{
			"both say the same",
			classify.Text{Body: "Tedarik sözleşmesi imzalanmıştır.", BodyEN: "A supply contract was signed."},
			[]string{"contract"},
			[]classify.Field{classify.Body, classify.BodyEN},
		},
		{
			"english names more",
			classify.Text{Body: "Kredi sözleşmesi imzalanmıştır.", BodyEN: "A loan agreement was signed, guidance and bonds follow."},
			[]string{"debt"},
			[]classify.Field{classify.Body, classify.BodyEN},
		},
		{
			"turkish names nothing",
			classify.Text{Body: "Açıklama ektedir.", BodyEN: "A supply contract was signed."},
			[]string{"contract"},
			[]classify.Field{classify.BodyEN},
		},
		{
			"turkish body is missing",
			classify.Text{Summary: "Enerji Santrali Hk.", BodyEN: "A non-binding letter of intent was signed."},
			[]string{"mou", "investment"},
			[]classify.Field{classify.Summary, classify.BodyEN},
		},
		{
			"the form decides, english adds",
			classify.Text{Subject: "Kar Payı Dağıtım İşlemlerine İlişkin Bildirim", BodyEN: "The dividend was approved."},
			[]string{"dividend"},
			[]classify.Field{classify.Subject},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := c.Classify(tt.text)
			if !slices.Equal(got.Categories, tt.categories) {
				t.Errorf("categories = %v, want %v: %v", got.Categories, tt.categories, got.Evidence)
			}
			for _, field := range []classify.Field{classify.Subject, classify.Summary, classify.Body, classify.BodyEN} {
				cited := slices.ContainsFunc(got.Evidence, func(e classify.Evidence) bool { return e.Span.Field == field && slices.Contains(tt.categories, e.For) })
				if want := slices.Contains(tt.cited, field); cited != want {
					t.Errorf("evidence from %s: %v, want %v: %v", field, cited, want, got.Evidence)
				}
			}
		})
	}
}

// Whatever stands in both languages, each category and qualifier is given once, no place is cited twice for the same,
// and what is cited from the English text lies in it.
func TestNothingIsCitedTwice(t *testing.T) {
	c := builtInClassifier(t)
	turkish, english := sentences(t, "testdata/synthetic.tsv", 3, 100), sentences(t, "testdata/english.tsv", 4, 100)
	for i, tr := range turkish {
		for k := range 10 {
			text := classify.Text{Subject: "Özel Durum Açıklaması (Genel)", Body: tr[2], BodyEN: english[(i+k*10)%len(english)][3]}
			got := c.Classify(text)
			for _, list := range [][]string{got.Categories, got.Qualifiers} {
				if sorted := slices.Sorted(slices.Values(list)); len(slices.Compact(sorted)) != len(list) {
					t.Fatalf("%q and %q: %v", text.Body, text.BodyEN, list)
				}
			}
			type place struct {
				is   string
				span classify.Span
			}
			seen := map[place]bool{}
			cite := func(is, words string, span classify.Span) {
				if at := (place{is, span}); seen[at] || span.Field.Of(text)[span.Start:span.End] != words {
					t.Fatalf("%q and %q: %s by %q at %+v, twice %v", text.Body, text.BodyEN, is, words, span, seen[at])
				} else {
					seen[at] = true
				}
			}
			for _, e := range got.Evidence {
				cite(e.For+" "+e.Term, e.Text, e.Span)
			}
			for _, f := range got.Facts {
				cite(f.Kind+" "+f.Unit, f.Text, f.Span)
			}
		}
	}
}

func TestStage(t *testing.T) {
	c := builtInClassifier(t)
	tests := []struct {
		text string
		want classify.Stage
	}{
		{"Adres değişikliği", classify.NoStage},
		{"Mutabakat zaptı imzalanmıştır.", classify.MoU},
		{"Bağlayıcı olmayan ön anlaşma imzalanmıştır.", classify.MoU},
		{"Mutabakat zaptı imzalanmıştır, ileride nihai sözleşme imzalanabilecektir.", classify.MoU},
		{"İhaleye teklif verilmiştir.", classify.Bid},
		{"İhaleye teklif verilmemiştir.", classify.NoStage},
		{"Verilen teklif sonrasında ihaleyi kazandığımız bildirilmiştir.", classify.Award},
		{"İhale kazanılmış olup sözleşme imzalanması beklenmektedir.", classify.Award},
		{"İhaleyi kazanan Şirketimiz ile sözleşme imzalanmıştır.", classify.Contract},
		{"Mutabakat zaptı kapsamında sözleşme imzalanmıştır.", classify.Contract},
		{"Sözleşme imzalanmamıştır.", classify.NoStage},
		{"Sözleşme imzalanmasına yönelik görüşmelere başlanmıştır.", classify.NoStage},
		{"İmzalanan sözleşme kapsamında ürünler teslim edilmiştir.", classify.Delivery},
		{"İmzalanan sözleşme kapsamında ürünler teslim edilecektir.", classify.Contract},
		{"Sözleşme imzalandığına ilişkin haberler gerçeği yansıtmamaktadır.", classify.NoStage},
		{"A memorandum of understanding was signed; a contract may follow.", classify.MoU},
		{"Our bid was submitted; the contract has not been signed.", classify.Bid},
		{"Our Company submitted the lowest bid.", classify.Bid},
		{"Our Company won the tender.", classify.Award},
		{"After we won the tender the contract was signed.", classify.Contract},
		{"Under the contract the trains have been delivered.", classify.Delivery},
	}
	for _, tt := range tests {
		if got := c.Classify(classify.Text{Body: tt.text}).Stage; got != tt.want {
			t.Errorf("stage of %q = %q, want %q", tt.text, got, tt.want)
		}
	}
	if classify.MoU >= classify.Bid || classify.Bid >= classify.Award || classify.Award >= classify.Contract || classify.Contract >= classify.Delivery {
		t.Error("the stages are out of order")
	}
}

// Where a text names both, what has been reached decides between the memorandum and the contract.
func TestStageDecides(t *testing.T) {
	c := builtInClassifier(t)
	tests := []struct {
		body string
		want []string
	}{
		{"Daha önce duyurulan mutabakat zaptı kapsamında tedarik sözleşmesi imzalanmıştır.", []string{"contract"}},
		{"Mutabakat zaptı imzalanmış olup tedarik sözleşmesi ileride imzalanacaktır.", []string{"mou"}},
	}
	for _, tt := range tests {
		if got := c.Classify(classify.Text{Body: tt.body}); !slices.Equal(got.Categories, tt.want) {
			t.Errorf("Classify(%q) = %v, want %v: %v", tt.body, got.Categories, tt.want, got.Evidence)
		}
	}
}
