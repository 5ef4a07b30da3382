package turkish_test

import (
	"fmt"
	"testing"

	"kapwatch/monitor/turkish"
)

func TestReadAmount(t *testing.T) {
	const tr, en = turkish.TurkishNotation, turkish.EnglishNotation
	tests := []struct {
		in       string
		notation turkish.Notation
		want     float64
		n        int
	}{
		{"1.234.567,89 tl", tr, 1234567.89, 12},
		{"31,9 milyon abd dolari", tr, 31900000, 11},
		{"52,7 milyon", tr, 52700000, 11},
		{"285 milyon 389 bin abd dolari", tr, 285389000, 18},
		{"1 milyar 200 milyon 5 bin", tr, 1200005000, 25},
		{"5 bin 3 milyon", tr, 5000, 5},
		{"2 milyon 2025", tr, 2000000, 8},
		{"1.8 milyon usd", tr, 1800000, 10},
		{"400 bin adet", tr, 400000, 7},
		{"2,5 milyar", tr, 2500000000, 10},
		{"500 mw", tr, 500, 3},
		{"500mw", tr, 500, 3},
		{"1,148 mwp", tr, 1.148, 5},
		{"1.148 mwp", tr, 1148, 5},
		{"0.133 usd", tr, 0.133, 5},
		{"105.500.000,- abd", tr, 105500000, 11},
		{"158.086.016,060", tr, 158086016.060, 15},
		{"5.", tr, 5, 1},
		{"5, 6", tr, 5, 1},
		{"1,234,567.89", tr, 1234567.89, 12},
		{"1,234 shares", en, 1234, 5},
		{"1,5 milyon", en, 1500000, 10},
		{"31.9 million", en, 31900000, 12},
		{"1.234 million", en, 1234000, 13},
		{"700million", en, 700e6, 10},
		{"milyon", tr, 0, 0},
		{"", tr, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			got, n := turkish.ReadAmount(tt.in, tt.notation)
			if got != tt.want || n != tt.n {
				t.Errorf("ReadAmount(%q) = %v, %d, want %v, %d", tt.in, got, n, tt.want, tt.n)
			}
		})
	}
}

func TestReadDate(t *testing.T) {
	tests := []struct {
		in, want string
		n        int
	}{
		{"24.09.2026 tarihli", "2026-09-24", 10},
		{"4.9.2026", "2026-09-04", 8},
		{"24/09/2026", "2026-09-24", 10},
		{"2024-04-26t", "2024-04-26", 10},
		{"26 nisan 2024 cuma", "2024-04-26", 13},
		{"1 agustos 2025", "2025-08-01", 14},
		{"26 april 2024", "2024-04-26", 13},
		{"april 26, 2024", "2024-04-26", 14},
		{"31.02.2024", "", 0},
		{"24.09.26", "", 0},
		{"1.234.567", "", 0},
		{"26 kalem 2024", "", 0},
		{"12345.01.2024", "", 0},
		{"24.09.20261", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			day, n := turkish.ReadDate(tt.in)
			got := ""
			if n > 0 {
				got = day.Format("2006-01-02")
			}
			if got != tt.want || n != tt.n {
				t.Errorf("ReadDate(%q) = %q, %d, want %q, %d", tt.in, got, n, tt.want, tt.n)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add("1.234.567,89 milyon")
	f.Add("26 nisan 2024")
	f.Add("1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1")
	f.Fuzz(func(t *testing.T, s string) {
		s = turkish.Fold(s)
		for _, notation := range []turkish.Notation{turkish.TurkishNotation, turkish.EnglishNotation} {
			if v, n := turkish.ReadAmount(s, notation); n < 0 || n > len(s) || v < 0 {
				t.Fatalf("ReadAmount(%q) = %v, %d", s, v, n)
			}
			if v, n := turkish.ReadNumber(s, notation); n < 0 || n > len(s) || v < 0 {
				t.Fatalf("ReadNumber(%q) = %v, %d", s, v, n)
			}
		}
		if _, n := turkish.ReadDate(s); n < 0 || n > len(s) {
			t.Fatalf("ReadDate(%q) takes %d", s, n)
		}
	})
}

func ExampleReadAmount() {
	value, n := turkish.ReadAmount("31,9 milyon abd dolari", turkish.TurkishNotation)
	fmt.Printf("%.0f, %d bytes\n", value, n)
	// Output: 31900000, 11 bytes
}

func ExampleReadDate() {
	day, _ := turkish.ReadDate("26 nisan 2024 tarihinde")
	fmt.Println(day.Format("2006-01-02"))
	// Output: 2024-04-26
}
