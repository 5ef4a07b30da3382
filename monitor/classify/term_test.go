package classify_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kapwatch/monitor/classify"
)

func TestTermFind(t *testing.T) {
	tests := []struct{ name, term, text, want string }{
		{"starts a word", "izin", "Üretim izinleri alındı", "izinleri"},
		{"not inside a word", "izin", "Şirketimizin ve Bankamızın kararı", ""},
		{"red in kredi", "red", "kredi sözleşmesi", ""},
		{"atan in vatan and satan", "atan", "vatan, satan", ""},
		{"whole word", "=MoU", "MoU imzalandı", "MoU"},
		{"whole word with suffix", "=MoU", "MoU'nun imzalanması", "MoU"},
		{"whole word, curly apostrophe", "=MoU", "MoU’nun", "MoU"},
		{"whole word, lost apostrophe", "=MoU", "MoU?nun", "MoU"},
		{"whole word in brackets", "=MoU", "Zaptı (\"MoU\") ile", "MoU"},
		{"whole word is not a stem", "=MoU", "mouse mountain", ""},
		{"dava is not davet", "=dava", "davet ve dava", "dava"},
		{"consecutive words", "niyet mektu", "İyi Niyet\n Mektubu'nun", "Niyet\n Mektubu"},
		{"words apart", "niyet mektu", "niyet eden mektubu", ""},
		{"hyphen", "non-binding", "a Non binding offer", "Non binding"},
		{"all capitals, no diacritics", "mutabakat zaptı", "MUTABAKAT ZAPTI", "MUTABAKAT ZAPTI"},
		{"ascii turkish", "sözleşme", "sozlesmesi imzalandi", "sozlesmesi"},
		{"dotted capital", "ihale", "İHALE SÜRECİ", "İHALE"},
		{"dotless capital", "ışık", "ISIK IŞIK", "ISIK"},
		{"combining dot", "ihale", "i\u0307hale", "i\u0307hale"},
		{"decomposed", "çimkent valiliği", norm.NFD.String("Çimkent Valiliği ile"), norm.NFD.String("Çimkent Valiliği")},
		{"circumflex", "kar payı", "Kâr Payı", "Kâr Payı"},
		{"no-break space", "doğal gaz", "doğal\u00a0gaz", "doğal\u00a0gaz"},
		{"apostrophe in the term", "TTK'nın 376", "TTK’nın 376. maddesi", "TTK’nın 376"},
		{"apostrophe lost in the text", "TTK'nın 376", "TTKnın 376", "TTKnın 376"},
		{"bedelli is not bedeli", "bedelli", "satış bedeli", ""},
		{"itfa is not istifade", "itfa", "istifade", ""},
		{"whole second word", "yeni =iş", "yeni işçi, yeni iş", "yeni iş"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			term, err := classify.ParseTerm(tt.term)
			if err != nil {
				t.Fatal(err)
			}
			a, b, ok := term.Find(tt.text)
			if got := tt.text[a:b]; got != tt.want || ok != (tt.want != "") {
				t.Errorf("Find(%q, %q) = %q, %v, want %q", tt.term, tt.text, got, ok, tt.want)
			}
		})
	}
}

func TestParseTermRefuses(t *testing.T) {
	for _, s := range []string{"", "  ", "=", "a =", "…", "= mou", "a b c d e f g h i j k l m"} {
		if _, err := classify.ParseTerm(s); err == nil {
			t.Errorf("ParseTerm(%q) = nil, want an error", s)
		}
	}
}

func TestTermKeepsItsText(t *testing.T) {
	term, err := classify.ParseTerm("=MoU Niyet")
	if err != nil {
		t.Fatal(err)
	}
	if term.String() != "=MoU Niyet" {
		t.Errorf("String = %q", term)
	}
	var zero classify.Term
	if _, _, ok := zero.Find("anything"); ok {
		t.Error("the zero term matches")
	}
}

func FuzzTerm(f *testing.F) {
	f.Add("=MoU", "MoU'nun")
	f.Add("non-binding", "nön\u0301-binding")
	f.Add("ttk'nın 376", "TTK?nın 376")
	f.Fuzz(func(t *testing.T, s, text string) {
		term, err := classify.ParseTerm(s)
		if err != nil {
			return
		}
		a, b, ok := term.Find(text)
		if a < 0 || b > len(text) || a > b || ok != (a < b) {
			t.Fatalf("Find(%q, %q) = %d, %d, %v", s, text, a, b, ok)
		}
		if utf8.ValidString(text) && !utf8.ValidString(text[a:b]) {
			t.Fatalf("Find(%q, %q) cuts a character", s, text)
		}
		// A term finds itself, written alone.
		if plain := strings.ReplaceAll(s, "=", " "); utf8.ValidString(s) && !strings.ContainsAny(s, "'?’‘`") {
			if _, _, ok := term.Find(plain); !ok {
				t.Fatalf("%q does not find itself in %q", s, plain)
			}
		}
	})
}

func ExampleTerm_Find() {
	term, _ := classify.ParseTerm("mutabakat zapt")
	text := "Şymkent Valiliği ile imzalanan Mutabakat Zaptı’nın"
	start, end, ok := term.Find(text)
	fmt.Println(text[start:end], ok)
	// Output: Mutabakat Zaptı true
}
