package classify

import (
	"sort"
	"strings"
)

// countries adds every country that the text names, Türkiye apart, which is in every address and half of all names.
// The unit is the ISO 3166 code.
func (r *factReader) countries() {
	for i := 0; i < len(r.words); i++ {
		w := r.words[i]
		if r.struck[i] || !r.capital(i) { // "… Bank of China Limited" is a name
			continue
		}
		for _, c := range countriesNamed(r.bytes(i)) {
			last, end, ok := r.named(c, i)
			if !ok || c.kind == common && w.Stem == w.End {
				continue
			}
			if last+1 < len(r.words) && currencyWord(r.word(last+1)) {
				break
			}
			r.add("country", 0, c.code, w.Start, end)
			i = last // "Güney Sudan" is not Sudan too
			break
		}
	}
}

// named reports whether the words from i on are the name c, its last one with any suffix where c allows it.
func (r *factReader) named(c country, i int) (last, end int, ok bool) {
	last = i
	for name := range strings.SplitSeq(c.name, " ") {
		if last == len(r.words) {
			return 0, 0, false
		}
		word := r.bytes(last)
		if string(word) != name && (c.kind != open || len(word) < len(name) || string(word[:len(name)]) != name) {
			return 0, 0, false
		}
		end = r.words[last].Start + len(name)
		last++
	}
	return last - 1, end, true
}

// currencyWord reports whether a word makes the one before it a currency: "Çin Yuanı", "ABD Doları".
func currencyWord(word string) bool {
	switch word {
	case "franc", "francs", "yen": // begin "France" and "yeni"
		return true
	}
	for _, c := range [...]string{"dolar", "dollar", "yuan", "frang", "tenge", "manat", "sterlin", "rubles", "riyal", "dirhem", "kron", "lira"} {
		if strings.HasPrefix(word, c) {
			return true
		}
	}
	return false
}

// country is a folded name of one.
type country struct {
	name, code string
	kind       nameKind
}

// nameKind says how sure a name is.
type nameKind uint8

const (
	open   nameKind = iota // long enough that a suffix without an apostrophe makes it no other word
	short                  // counts as a whole word only: "Çin" begins "çinko"
	common                 // is a common word too (mısır, mali, katar): counts only with a suffix after an apostrophe
)

// countriesNamed gives the names that begin with the first two letters of word.
func countriesNamed(word []byte) []country {
	key := word[:min(2, len(word))]
	first := sort.Search(len(countries), func(i int) bool { return countries[i].name[:2] >= string(key) })
	last := first
	for last < len(countries) && countries[last].name[:2] == string(key) {
		last++
	}
	return countries[first:last]
}

// countries are the names in both languages, by their first two letters, longer ones first.
var countries = []country{
	{"abd", "US", short},
	{"afghanistan", "AF", open},
	{"afganistan", "AF", open},
	{"albania", "AL", open},
	{"algeria", "DZ", open},
	{"almanya", "DE", open},
	{"amerika birlesik devletleri", "US", open},
	{"angola", "AO", open},
	{"antigua and barbuda", "AG", open},
	{"arnavutluk", "AL", open},
	{"argentina", "AR", open},
	{"arjantin", "AR", open},
	{"armenia", "AM", open},
	{"australia", "AU", open},
	{"austria", "AT", open},
	{"avustralya", "AU", open},
	{"avusturya", "AT", open},
	{"azerbaijan", "AZ", open},
	{"azerbaycan", "AZ", open},
	{"bangladesh", "BD", open},
	{"banglades", "BD", open},
	{"bahrain", "BH", open},
	{"bahreyn", "BH", open},
	{"bae", "AE", short},
	{"belarus", "BY", open},
	{"belcika", "BE", open},
	{"belgium", "BE", open},
	{"belize", "BZ", open},
	{"benin", "BJ", common},
	{"bhutan", "BT", open},
	{"birlesik arap emirlikleri", "AE", open},
	{"birlesik krallik", "GB", open},
	{"bosnia and herzegovina", "BA", open},
	{"bosna hersek", "BA", open},
	{"bolivia", "BO", open},
	{"bolivya", "BO", open},
	{"botswana", "BW", open},
	{"botsvana", "BW", open},
	{"brezilya", "BR", open},
	{"brazil", "BR", open},
	{"brunei", "BN", open},
	{"bulgaristan", "BG", open},
	{"bulgaria", "BG", open},
	{"burkina faso", "BF", open},
	{"burundi", "BI", open},
	{"cameroon", "CM", open},
	{"canada", "CA", open},
	{"cad", "TD", common},
	{"cabo verde", "CV", open},
	{"cambodia", "KH", open},
	{"cezayir", "DZ", open},
	{"cekya", "CZ", open},
	{"cek cumhuriyeti", "CZ", open},
	{"china", "CN", open},
	{"chad", "TD", common},
	{"chile", "CL", short},
	{"cibuti", "DJ", open},
	{"cin", "CN", short},
	{"colombia", "CO", open},
	{"congo", "CG", open},
	{"costa rica", "CR", open},
	{"croatia", "HR", open},
	{"cuba", "CU", open},
	{"cyprus", "CY", open},
	{"czech republic", "CZ", open},
	{"czechia", "CZ", open},
	{"danimarka", "DK", open},
	{"denmark", "DK", open},
	{"democratic republic of the congo", "CD", open},
	{"demokratik kongo", "CD", open},
	{"djibouti", "DJ", open},
	{"dominican republic", "DO", open},
	{"dominik cumhuriyeti", "DO", open},
	{"dr congo", "CD", open},
	{"ecuador", "EC", open},
	{"egypt", "EG", open},
	{"ekvador", "EC", open},
	{"ekvator ginesi", "GQ", open},
	{"el salvador", "SV", open},
	{"endonezya", "ID", open},
	{"england", "GB", open},
	{"equatorial guinea", "GQ", open},
	{"ermenistan", "AM", open},
	{"eritrea", "ER", open},
	{"eritre", "ER", open},
	{"estonia", "EE", open},
	{"estonya", "EE", open},
	{"ethiopia", "ET", open},
	{"etiyopya", "ET", open},
	{"fas", "MA", common},
	{"fildisi sahili", "CI", open},
	{"filipinler", "PH", open},
	{"finlandiya", "FI", open},
	{"finland", "FI", open},
	{"fiji", "FJ", short},
	{"filistin", "PS", open},
	{"france", "FR", open},
	{"fransa", "FR", open},
	{"gana", "GH", short},
	{"gabon", "GA", open},
	{"gambia", "GM", open},
	{"gambiya", "GM", open},
	{"germany", "DE", open},
	{"ghana", "GH", open},
	{"gine", "GN", common},
	{"greece", "GR", open},
	{"guney afrika", "ZA", open},
	{"guney kore", "KR", open},
	{"gurcistan", "GE", open},
	{"guatemala", "GT", open},
	{"guyana", "GY", open},
	{"guinea", "GN", short},
	{"guney sudan", "SS", open},
	{"haiti", "HT", open},
	{"hirvatistan", "HR", open},
	{"hindistan", "IN", open},
	{"hollanda", "NL", open},
	{"honduras", "HN", open},
	{"hong kong", "HK", open},
	{"hungary", "HU", open},
	{"iceland", "IS", open},
	{"indonesia", "ID", open},
	{"ingiltere", "GB", open},
	{"india", "IN", short},
	{"ireland", "IE", open},
	{"irlanda", "IE", open},
	{"irak", "IQ", open},
	{"iran", "IR", short},
	{"iraq", "IQ", open},
	{"ispanya", "ES", open},
	{"isvicre", "CH", open},
	{"israel", "IL", open},
	{"israil", "IL", open},
	{"isvec", "SE", open},
	{"italya", "IT", open},
	{"italy", "IT", open},
	{"ivory coast", "CI", open},
	{"izlanda", "IS", open},
	{"japonya", "JP", open},
	{"japan", "JP", short},
	{"jamaica", "JM", open},
	{"jamaika", "JM", open},
	{"jordan", "JO", common},
	{"kazakhstan", "KZ", open},
	{"kazakistan", "KZ", open},
	{"kamerun", "CM", open},
	{"karadag", "ME", common},
	{"kanada", "CA", open},
	{"katar", "QA", common},
	{"kambocya", "KH", open},
	{"kenya", "KE", open},
	{"kirgizistan", "KG", open},
	{"kibris", "CY", open},
	{"kkt cumhuriyeti", "CY", open},
	{"kktc", "CY", short},
	{"kolombiya", "CO", open},
	{"kosova", "XK", open},
	{"kosovo", "XK", open},
	{"kongo demokratik cumhuriyeti", "CD", open},
	{"kongo", "CG", open},
	{"kosta rika", "CR", open},
	{"kuzey makedonya", "MK", open},
	{"kuveyt", "KW", open},
	{"kuwait", "KW", open},
	{"kuba", "CU", common},
	{"kuzey kore", "KP", open},
	{"kuzey kibris", "CY", open},
	{"kyrgyzstan", "KG", open},
	{"latvia", "LV", open},
	{"laos", "LA", short},
	{"lebanon", "LB", open},
	{"letonya", "LV", open},
	{"lesotho", "LS", open},
	{"lithuania", "LT", open},
	{"litvanya", "LT", open},
	{"liberia", "LR", open},
	{"liberya", "LR", open},
	{"libya", "LY", open},
	{"liechtenstein", "LI", open},
	{"lihtenstayn", "LI", open},
	{"luksemburg", "LU", open},
	{"luxembourg", "LU", open},
	{"lubnan", "LB", open},
	{"macaristan", "HU", open},
	{"mauritania", "MR", open},
	{"macedonia", "MK", open},
	{"makedonya", "MK", open},
	{"malaysia", "MY", open},
	{"malezya", "MY", open},
	{"malta", "MT", common},
	{"mali", "ML", common},
	{"madagascar", "MG", open},
	{"madagaskar", "MG", open},
	{"malawi", "MW", open},
	{"malavi", "MW", open},
	{"maldives", "MV", open},
	{"maldivler", "MV", open},
	{"mauritius", "MU", open},
	{"meksika", "MX", open},
	{"mexico", "MX", open},
	{"misir", "EG", common},
	{"mogolistan", "MN", open},
	{"montenegro", "ME", open},
	{"mozambique", "MZ", open},
	{"moritanya", "MR", open},
	{"mongolia", "MN", open},
	{"mozambik", "MZ", open},
	{"moldova", "MD", open},
	{"morocco", "MA", open},
	{"monaco", "MC", open},
	{"monako", "MC", open},
	{"myanmar", "MM", open},
	{"namibia", "NA", open},
	{"namibya", "NA", open},
	{"netherlands", "NL", open},
	{"new zealand", "NZ", open},
	{"nepal", "NP", short},
	{"nigeria", "NG", open},
	{"nijerya", "NG", open},
	{"niger", "NE", short},
	{"nijer", "NE", short},
	{"nicaragua", "NI", open},
	{"nikaragua", "NI", open},
	{"north macedonia", "MK", open},
	{"norvec", "NO", open},
	{"norway", "NO", open},
	{"north korea", "KP", open},
	{"oman", "OM", short},
	{"ozbekistan", "UZ", open},
	{"pakistan", "PK", open},
	{"paraguay", "PY", open},
	{"palestine", "PS", open},
	{"panama", "PA", short},
	{"papua new guinea", "PG", open},
	{"peru", "PE", short},
	{"philippines", "PH", open},
	{"portekiz", "PT", open},
	{"portugal", "PT", open},
	{"polonya", "PL", open},
	{"poland", "PL", open},
	{"qatar", "QA", open},
	{"republic of georgia", "GE", open},
	{"romania", "RO", open},
	{"romanya", "RO", open},
	{"russian federation", "RU", open},
	{"russia", "RU", short},
	{"rusya", "RU", open},
	{"ruanda", "RW", open},
	{"rwanda", "RW", open},
	{"saudi arabia", "SA", open},
	{"senegal", "SN", open},
	{"serbia", "RS", open},
	{"singapore", "SG", open},
	{"sirbistan", "RS", open},
	{"singapur", "SG", open},
	{"sili", "CL", common},
	{"sierra leone", "SL", open},
	{"slovakia", "SK", open},
	{"slovakya", "SK", open},
	{"slovenia", "SI", open},
	{"slovenya", "SI", open},
	{"south africa", "ZA", open},
	{"south korea", "KR", open},
	{"somalia", "SO", open},
	{"somali", "SO", open},
	{"south sudan", "SS", open},
	{"spain", "ES", open},
	{"sri lanka", "LK", open},
	{"suudi arabistan", "SA", open},
	{"suriye", "SY", open},
	{"sudan", "SD", open},
	{"suriname", "SR", open},
	{"surinam", "SR", open},
	{"switzerland", "CH", open},
	{"sweden", "SE", open},
	{"syria", "SY", open},
	{"tacikistan", "TJ", open},
	{"tajikistan", "TJ", open},
	{"tanzania", "TZ", open},
	{"tanzanya", "TZ", open},
	{"tayland", "TH", open},
	{"taiwan", "TW", open},
	{"tayvan", "TW", open},
	{"thailand", "TH", open},
	{"togo", "TG", short},
	{"trinidad ve tobago", "TT", open},
	{"turkmenistan", "TM", open},
	{"tunisia", "TN", open},
	{"tunus", "TN", open},
	{"turkish republic of northern cyprus", "CY", open},
	{"uae", "AE", short},
	{"uganda", "UG", open},
	{"ukraine", "UA", open},
	{"ukrayna", "UA", open},
	{"uk", "GB", short},
	{"umman sultanligi", "OM", open},
	{"umman", "OM", common},
	{"united arab emirates", "AE", open},
	{"united kingdom", "GB", open},
	{"united states", "US", open},
	{"uruguay", "UY", open},
	{"urdun", "JO", open},
	{"usa", "US", short},
	{"uzbekistan", "UZ", open},
	{"venezuela", "VE", open},
	{"vietnam", "VN", open},
	{"yeni zelanda", "NZ", open},
	{"yemen", "YE", open},
	{"yunanistan", "GR", open},
	{"zambiya", "ZM", open},
	{"zambia", "ZM", open},
	{"zimbabve", "ZW", open},
	{"zimbabwe", "ZW", open},
}
