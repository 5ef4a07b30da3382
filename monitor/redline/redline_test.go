package redline_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor/redline"
)

// show writes a redline as [-gone-]{+come+}.
func show(list []redline.Piece) string {
	var b strings.Builder
	for _, p := range list {
		switch p.Op {
		case redline.Delete:
			fmt.Fprintf(&b, "[-%s-]", p.Text)
		case redline.Insert:
			fmt.Fprintf(&b, "{+%s+}", p.Text)
		default:
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestCompare(t *testing.T) {
	for _, c := range []struct{ name, a, b, want string }{
		{"same", "Tutar 5", "Tutar 5", "Tutar 5"},
		{"both empty", "", "", ""},
		{"from nothing", "", "Yeni metin", "{+Yeni metin+}"},
		{"to nothing", "Eski metin", "", "[-Eski metin-]"},
		{"an amount", "31,9 milyon ABD Doları tutarında", "35 milyon ABD Doları tutarında", "[-31,9-]{+35+} milyon ABD Doları tutarında"},
		{"a long number whole", "Bedel 1.234.567,89 TL'dir.", "Bedel 1.234.576,89 TL'dir.", "Bedel [-1.234.567,89-]{+1.234.576,89+} TL'dir."},
		{"a date whole", "26.04.2024 tarihinde", "26.05.2024 tarihinde", "[-26.04.2024-]{+26.05.2024+} tarihinde"},
		{
			"two words are one change", "Sözleşme ALFA Enerji ile imzalanmıştır.", "Sözleşme BETA Yapı ile imzalanmıştır.",
			"Sözleşme [-ALFA Enerji-]{+BETA Yapı+} ile imzalanmıştır.",
		},
		{
			"a word put in", "Taraflar anlaşmıştır.", "Taraflar ilke olarak anlaşmıştır.",
			"Taraflar {+ilke olarak +}anlaşmıştır.",
		},
		{"a word taken out", "Bağlayıcı olmayan mutabakat", "Bağlayıcı mutabakat", "Bağlayıcı [-olmayan -]mutabakat"},
		{"lines stay", "Birinci satır.\nTutar 5 TL.\nSon.", "Birinci satır.\nTutar 6 TL.\nSon.", "Birinci satır.\nTutar [-5-]{+6+} TL.\nSon."},
		{
			"nothing in common", "Temettü dağıtılmayacaktır.", "Yeni santral için lisans alındı.",
			"[-Temettü dağıtılmayacaktır.-]{+Yeni santral için lisans alındı.+}",
		},
		{"not UTF-8", "Tutar \xff5 TL", "Tutar \xff6 TL", "Tutar \xff[-5-]{+6+} TL"},
		{"English", "a non-binding memorandum", "a binding memorandum", "a [-non-binding-]{+binding+} memorandum"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := redline.Compare(c.a, c.b)
			if s := show(got); s != c.want {
				t.Errorf("Compare(%q, %q) = %s, want %s", c.a, c.b, s, c.want)
			}
			rebuilt(t, c.a, c.b, got)
		})
	}
}

// rebuilt checks that the pieces lead from a to b, alternate, and are none of them empty.
func rebuilt(t *testing.T, a, b string, list []redline.Piece) {
	t.Helper()
	if got, ok := redline.Apply(a, list); !ok || got != b {
		t.Fatalf("Apply(%q, Compare(…, %q)) = %q, %v", a, b, got, ok)
	}
	for i, p := range list {
		if p.Text == "" || i > 0 && (list[i-1].Op == p.Op || list[i-1].Op == redline.Insert && p.Op == redline.Delete) {
			t.Fatalf("piece %d of %q is out of place", i, list)
		}
	}
}

// TestRebuilds edits random texts in random ways.
func TestRebuilds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 11))
	vocabulary := strings.Fields("Şirketimiz ile müşteri arasında 31,9 milyon ABD Doları tutarında sözleşme imzalanmıştır . , TL'dir 26.04.2024 \n ve")
	text := func(n int) []string {
		var out []string
		for range n {
			out = append(out, vocabulary[r.IntN(len(vocabulary))])
		}
		return out
	}
	for range 2000 {
		a := text(r.IntN(40))
		b := append([]string(nil), a...)
		for range r.IntN(6) {
			at := r.IntN(len(b) + 1)
			until := min(len(b), at+r.IntN(4))
			b = append(append(append([]string(nil), b[:at]...), text(r.IntN(4))...), b[until:]...)
		}
		x, y := strings.Join(a, " "), strings.Join(b, " ")
		rebuilt(t, x, y, redline.Compare(x, y))
	}
}

// TestLargeTexts keeps the work bounded where texts are as long as a detail may be.
func TestLargeTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	long := func(words int) string {
		var b strings.Builder
		for i := range words {
			fmt.Fprintf(&b, "s%d", r.IntN(50000))
			if i%12 == 11 {
				b.WriteString(".")
			}
			b.WriteString(" ")
		}
		return b.String()
	}
	a := long(100_000)
	begun := time.Now()
	for _, b := range []string{long(100_000), strings.Replace(a, " ", "  ", 3000), a[:len(a)/2] + "Yeni cümle. " + a[len(a)/2:], ""} {
		rebuilt(t, a, b, redline.Compare(a, b))
	}
	if d := time.Since(begun); d > 10*time.Second {
		t.Errorf("took %s", d)
	}
}

func TestApplyRefusesAnotherText(t *testing.T) {
	list := redline.Compare("Tutar 5 TL", "Tutar 6 TL")
	for _, a := range []string{"Tutar 7 TL", "Tutar 5", "Tutar 5 TL.", ""} {
		if b, ok := redline.Apply(a, list); ok {
			t.Errorf("Apply(%q) = %q, want a refusal", a, b)
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add("31,9 milyon ABD Doları", "35 milyon ABD Doları")
	f.Add("Tutar \xff5 TL\n", "\xc3 Tutar 6.\n")
	f.Add("a b c d e f g", "a x c y e z g")
	f.Fuzz(func(t *testing.T, a, b string) { rebuilt(t, a, b, redline.Compare(a, b)) })
}

func ExampleCompare() {
	fmt.Println(show(redline.Compare("Bedeli 31,9 milyon USD'dir.", "Bedeli 35 milyon USD'dir.")))
	// Output: Bedeli [-31,9-]{+35+} milyon USD'dir.
}
