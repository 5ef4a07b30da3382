package turkish_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kapwatch/monitor/turkish"
)

func TestFold(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"the four i", "İIıi", "iiii"},
		{"i with combining dot", "i̇hale İHALE I\u0307hale", "ihale ihale ihale"},
		{"all capitals", "SERMAYE ARTIRIMI", "sermaye artirimi"},
		{"english with I", "MINING BISTECH IPO", "mining bistech ipo"},
		{"turkish letters", "ÇĞÖŞÜ çğöşü", "cgosu cgosu"},
		{"circumflex", "Kâr Payı, Dâhil, millî, sükûn", "kar payi, dahil, milli, sukun"},
		{"decomposed", norm.NFD.String("Şymkent Çimkent görüşü"), "symkent cimkent gorusu"},
		{"apostrophes", "MoU'nun MoU’nun MoU‘nun MoU`nun MoU´nun", "mou'nun mou'nun mou'nun mou'nun mou'nun"},
		{"lost apostrophe", "İngiltere?de A.Ş.?nin 2?nci", "ingiltere'de a.s.?nin 2'nci"},
		{"real question mark", "Güncelleme mi? Evet", "guncelleme mi? evet"},
		{"white space", " \tKâr\u00a0 Payı\n\nDağıtımı\u2003 ", "kar payi dagitimi"},
		{"no width", "söz\u00adleş\u200bme\ufeff", "sozlesme"},
		{"dashes and quotes", "“non–binding” 1−2", `"non-binding" 1-2`},
		{"compatibility", "ﬁnans 100 m²", "finans 100 m2"},
		{"damaged", "pay\xffdağ\xc5", "pay dag"},
		{"other scripts", "Шымкент 500 МВт", "шымкент 500 мвт"},
		{"currency signs stay", "5 € 7 ₺", "5 € 7 ₺"},
		{"empty", "", ""},
		{"blanks only", " \u00a0\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := turkish.Fold(tt.in); got != tt.want {
				t.Errorf("Fold(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// Every character of the first two planes, in the places where neighbours matter.
func TestFoldEveryRune(t *testing.T) {
	for r := rune(0); r <= 0x1FFFF; r++ {
		s := "a?" + string(r) + "b " + string(r)
		once := turkish.Fold(s)
		if twice := turkish.Fold(once); twice != once || !utf8.ValidString(once) {
			t.Fatalf("Fold(%q) = %q, again %q", s, once, twice)
		}
	}
}

func TestFoldAllocates(t *testing.T) {
	text := strings.Repeat("Şirketimiz ile Çimkent Valiliği arasında İMZALANAN mutabakat zaptı’nın ﬁ kâr ", 20)
	dst := make([]byte, 0, len(text)*2)
	if n := testing.AllocsPerRun(100, func() { dst = turkish.AppendFold(dst[:0], text) }); n != 0 {
		t.Errorf("AppendFold allocates %v times", n)
	}
	var f turkish.Folded
	f.Set(text)
	if n := testing.AllocsPerRun(100, func() { f.Set(text) }); n != 0 {
		t.Errorf("Folded.Set allocates %v times", n)
	}
}

func TestSpan(t *testing.T) {
	tests := []struct{ name, text, find, want string }{
		{"turkish letters", "bir Çimkent Valiliği ile", "cimkent valiligi", "Çimkent Valiliği"},
		{"decomposed", "bir " + norm.NFD.String("Çimkent Valiliği") + " ile", "cimkent valiligi", norm.NFD.String("Çimkent Valiliği")},
		{"stem before a mark", norm.NFD.String("zaptığ"), "zaptig", norm.NFD.String("zaptığ")},
		{"run of blanks", "Mutabakat \n  Zaptı", "mutabakat zapti", "Mutabakat \n  Zaptı"},
		{"ligature", "x ﬁnans", "finans", "ﬁnans"},
		{"first letter of a ligature", "x ﬁnans", "f", "ﬁ"},
		{"after damage", "\xff\xffMoU’nun", "mou", "MoU"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var f turkish.Folded
			f.Set(tt.text)
			a := strings.Index(string(f.Text), tt.find)
			if a < 0 {
				t.Fatalf("%q is not in %q", tt.find, f.Text)
			}
			if got := f.Original(a, a+len(tt.find)); got != tt.want {
				t.Errorf("original of %q = %q, want %q", tt.find, got, tt.want)
			}
		})
	}
}

func TestWords(t *testing.T) {
	got := slices.Collect(turkish.Words("AKSEN'in 'Payları' A.Ş.?nin 500MW (MoU’nun) İngiltere?de"))
	want := []string{"aksen", "paylari", "a", "s", "nin", "500mw", "mou", "ingiltere"}
	if !slices.Equal(got, want) {
		t.Errorf("Words = %q, want %q", got, want)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"İIıi", "a?b", "a??b", "a?\u0301b", "a?'b", "x?℀", " \u00a0", "\xff", "ﬁ", "Ǆ", "ẛ̣", "한", "ß", "½?x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := turkish.Fold(s)
		if !utf8.ValidString(once) {
			t.Fatalf("Fold(%q) = %q is not UTF-8", s, once)
		}
		if twice := turkish.Fold(once); twice != once {
			t.Fatalf("Fold(%q) = %q, again %q", s, once, twice)
		}
		var folded turkish.Folded
		folded.Set(s)
		if string(folded.Text) != once {
			t.Fatalf("Folded(%q) = %q, Fold %q", s, folded.Text, once)
		}
		for _, w := range turkish.AppendWords(nil, folded.Text) {
			a, b := folded.Span(w.Start, w.Stem)
			if a < 0 || b > len(s) || a >= b {
				t.Fatalf("span of %q in %q = %d, %d", folded.Text[w.Start:w.Stem], s, a, b)
			}
			if utf8.ValidString(s) && !utf8.ValidString(s[a:b]) {
				t.Fatalf("span %d, %d of %q cuts a character", a, b, s)
			}
		}
	})
}

func BenchmarkFold(b *testing.B) {
	text := strings.Repeat("Şirketimiz ile Çimkent Valiliği arasında, doğal gaz santrali için mutabakat zaptı imzalanmıştır. ", 500)
	dst := make([]byte, 0, len(text))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		dst = turkish.AppendFold(dst[:0], text)
	}
}

func ExampleFold() {
	for _, s := range []string{"İHALE SÜRECİ", "ihale süreci", "IHALE SURECI", "Kâr\u00a0Payı", "İngiltere?de"} {
		fmt.Println(turkish.Fold(s))
	}
	// Output:
	// ihale sureci
	// ihale sureci
	// ihale sureci
	// kar payi
	// ingiltere'de
}

func ExampleFolded() {
	var f turkish.Folded
	f.Set("Şirketimiz, Şymkent Valiliği ile görüştü")
	a := strings.Index(string(f.Text), "symkent")
	fmt.Println(f.Original(a, a+len("symkent valiligi")))
	// Output: Şymkent Valiliği
}
