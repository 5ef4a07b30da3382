package classify

import "strings"

// currencyAfter reads the currency that follows an amount: "TL", ",- ABD Doları", "€". KAP's texts put a dash between
// ("54.000.000,-", "1.200.000.000.-TL", "1.000.000 - TL"), but a point alone ends the sentence.
func currencyAfter(rest string) (code string, n int) {
	mark := strings.TrimLeft(rest, ".,- ")
	between := rest[:len(rest)-len(mark)]
	if len(between) > 4 || strings.Trim(between, " ") != "" && !strings.Contains(between, "-") {
		return "", 0
	}
	code, k := currency(mark)
	if k == 0 {
		return "", 0
	}
	// A price in cents of a currency is not an amount of it.
	if after := strings.TrimPrefix(mark[k:], " "); strings.HasPrefix(after, "cent") {
		return "", 0
	}
	return code, len(between) + k
}

// currencyEnd reads the currency that stands before an amount ("USD 700", "€5"), and where it begins.
func currencyEnd(before string) (code string, begin int) {
	bare := strings.TrimSuffix(before, " ")
	for _, c := range currencies {
		if !c.leads {
			continue
		}
		if b, ok := strings.CutSuffix(bare, c.name); ok && (!wordByte(c.name[0]) || c.name[0] >= 0x80 || b == "" || !wordByte(b[len(b)-1])) {
			return c.code, len(b)
		}
	}
	return "", 0
}

// currencyBefore reports whether a sign of a currency touches what follows.
func currencyBefore(before string) bool {
	code, _ := currencyEnd(before)
	return code != "" && !strings.HasSuffix(before, " ")
}

// currency reads the name of a currency at the start of s.
func currency(s string) (code string, n int) {
	for _, c := range currencies {
		if !strings.HasPrefix(s, c.name) {
			continue
		}
		end := len(c.name)
		if end == len(s) || !wordByte(s[end]) || c.name[0] >= 0x80 || c.name == "$" {
			return c.code, end
		}
		if c.whole {
			continue
		}
		for end < len(s) && s[end] >= 'a' && s[end] <= 'z' { // dolarlık, liralık, euroya
			end++
		}
		if end == len(s) || !wordByte(s[end]) {
			return c.code, end
		}
	}
	return "", 0
}

// money is a name of a currency, folded.
type money struct {
	name, code string
	whole      bool // no suffix without an apostrophe
	leads      bool // may stand before the amount
}

// currencies are the names that filings use; longer ones stand before those that they contain.
var currencies = []money{
	{"turk lira", "TRY", false, false},
	{"turkish lira", "TRY", false, false},
	{"tl", "TRY", true, true},
	{"try", "TRY", true, true},
	{"₺", "TRY", true, true},
	{"lira", "TRY", false, false},
	{"abd dolar", "USD", false, false},
	{"amerikan dolar", "USD", false, false},
	{"us dollar", "USD", false, false},
	{"u.s. dollar", "USD", false, false},
	{"usd", "USD", true, true},
	{"us$", "USD", true, true},
	{"$", "USD", true, true},
	{"kanada dolar", "CAD", false, false},
	{"canadian dollar", "CAD", false, false},
	{"australian dollar", "AUD", false, false},
	{"japanese yen", "JPY", false, false},
	{"chinese yuan", "CNY", false, false},
	{"british pound", "GBP", false, false},
	{"avustralya dolar", "AUD", false, false},
	{"dolar", "USD", false, false},
	{"dollar", "USD", false, false},
	{"avro", "EUR", false, false},
	{"euros", "EUR", true, false},
	{"euro", "EUR", true, true},
	{"eur", "EUR", true, true},
	{"€", "EUR", true, true},
	{"ingiliz sterlin", "GBP", false, false},
	{"sterlin", "GBP", false, false},
	{"pound", "GBP", false, false},
	{"gbp", "GBP", true, true},
	{"£", "GBP", true, true},
	{"isvicre frang", "CHF", false, false},
	{"swiss franc", "CHF", false, false},
	{"chf", "CHF", true, true},
	{"japon yen", "JPY", false, false},
	{"jpy", "JPY", true, true},
	{"cin yuan", "CNY", false, false},
	{"yuan", "CNY", false, false},
	{"renminbi", "CNY", false, false},
	{"cny", "CNY", true, true},
	{"rus ruble", "RUB", false, false},
	{"ruble", "RUB", false, false},
	{"rub", "RUB", true, true},
	{"kazakistan tenge", "KZT", false, false},
	{"kazak tenge", "KZT", false, false},
	{"tenge", "KZT", false, false},
	{"kzt", "KZT", true, true},
	{"bae dirhem", "AED", false, false},
	{"aed", "AED", true, true},
	{"suudi arabistan riyal", "SAR", false, false},
	{"suudi riyal", "SAR", false, false},
	{"saudi riyal", "SAR", false, false},
	{"katar riyal", "QAR", false, false},
	{"qar", "QAR", true, true},
	{"kuveyt dinar", "KWD", false, false},
	{"kwd", "KWD", true, true},
	{"irak dinar", "IQD", false, false},
	{"rumen ley", "RON", false, false},
	{"ron", "RON", true, true},
	{"polonya zloti", "PLN", false, false},
	{"pln", "PLN", true, true},
	{"ozbekistan som", "UZS", false, false},
	{"ozbek som", "UZS", false, false},
	{"isvec kron", "SEK", false, false},
	{"norvec kron", "NOK", false, false},
	{"misir lira", "EGP", false, false},
	{"hindistan rupi", "INR", false, false},
	{"sar", "SAR", true, true},
	{"azerbaycan manat", "AZN", false, false},
	{"azn", "AZN", true, true},
}
