package classify

import (
	"sort"
	"strings"
)

// countries adds every country that the text names, Türkiye apart, which is in every address and half of all names.
// The unit is the ISO 3166 code.
func (r *factReader) countries() {
	for i := range r.words {
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
	for _, c := range [...]string{"dolar", "dollar", "yuan", "frang", "franc", "yen", "tenge", "manat", "sterlin", "rubles", "riyal", "dirhem", "kron", "lira"} {
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
	{"birlesik arap emirlikleri", "AE", open},
	{"birlesik krallik", "GB", open},
	{"bosnia and herzegovina", "BA", open},
	{"bosna hersek", "BA", open},
	{"brezilya", "BR", open},
	{"brazil", "BR", open},
	{"bulgaristan", "BG", open},
	{"bulgaria", "BG", open},
	{"cameroon", "CM", open},
	{"canada", "CA", open},
	{"cad", "TD", common},
	{"cezayir", "DZ", open},
	{"cekya", "CZ", open},
	{"china", "CN", open},
	{"cibuti", "DJ", open},
	{"cin", "CN", short},
	{"colombia", "CO", open},
	{"congo", "CG", open},
	{"croatia", "HR", open},
	{"cuba", "CU", open},
	{"cyprus", "CY", open},
	{"czech republic", "CZ", open},
	{"czechia", "CZ", open},
	{"danimarka", "DK", open},
	{"denmark", "DK", open},
	{"egypt", "EG", open},
	{"endonezya", "ID", open},
	{"england", "GB", open},
	{"ermenistan", "AM", open},
	{"estonia", "EE", open},
	{"estonya", "EE", open},
	{"ethiopia", "ET", open},
	{"etiyopya", "ET", open},
	{"fas", "MA", common},
	{"fildisi sahili", "CI", open},
	{"filipinler", "PH", open},
	{"finlandiya", "FI", open},
	{"finland", "FI", open},
	{"france", "FR", open},
	{"fransa", "FR", open},
	{"gana", "GH", short},
	{"germany", "DE", open},
	{"ghana", "GH", open},
	{"gine", "GN", common},
	{"greece", "GR", open},
	{"guney afrika", "ZA", open},
	{"guney kore", "KR", open},
	{"gurcistan", "GE", open},
	{"hirvatistan", "HR", open},
	{"hindistan", "IN", open},
	{"hollanda", "NL", open},
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
	{"kazakhstan", "KZ", open},
	{"kazakistan", "KZ", open},
	{"kamerun", "CM", open},
	{"karadag", "ME", common},
	{"kanada", "CA", open},
	{"katar", "QA", common},
	{"kenya", "KE", open},
	{"kirgizistan", "KG", open},
	{"kibris", "CY", open},
	{"kkt cumhuriyeti", "CY", open},
	{"kktc", "CY", short},
	{"kolombiya", "CO", open},
	{"kosova", "XK", open},
	{"kosovo", "XK", open},
	{"kongo", "CG", open},
	{"kuzey makedonya", "MK", open},
	{"kuveyt", "KW", open},
	{"kuwait", "KW", open},
	{"kuba", "CU", common},
	{"kyrgyzstan", "KG", open},
	{"latvia", "LV", open},
	{"lebanon", "LB", open},
	{"letonya", "LV", open},
	{"lithuania", "LT", open},
	{"litvanya", "LT", open},
	{"liberia", "LR", open},
	{"liberya", "LR", open},
	{"libya", "LY", open},
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
	{"netherlands", "NL", open},
	{"new zealand", "NZ", open},
	{"nigeria", "NG", open},
	{"nijerya", "NG", open},
	{"niger", "NE", short},
	{"nijer", "NE", short},
	{"north macedonia", "MK", open},
	{"norvec", "NO", open},
	{"norway", "NO", open},
	{"ozbekistan", "UZ", open},
	{"pakistan", "PK", open},
	{"paraguay", "PY", open},
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
	{"saudi arabia", "SA", open},
	{"senegal", "SN", open},
	{"serbia", "RS", open},
	{"singapore", "SG", open},
	{"sirbistan", "RS", open},
	{"singapur", "SG", open},
	{"sili", "CL", common},
	{"slovakia", "SK", open},
	{"slovakya", "SK", open},
	{"slovenia", "SI", open},
	{"slovenya", "SI", open},
	{"south africa", "ZA", open},
	{"south korea", "KR", open},
	{"somalia", "SO", open},
	{"somali", "SO", open},
	{"spain", "ES", open},
	{"sri lanka", "LK", open},
	{"suudi arabistan", "SA", open},
	{"suriye", "SY", open},
	{"sudan", "SD", open},
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
	{"turkmenistan", "TM", open},
	{"tunisia", "TN", open},
	{"tunus", "TN", open},
	{"uae", "AE", short},
	{"uganda", "UG", open},
	{"uk", "GB", short},
	{"ukraine", "UA", open},
	{"ukrayna", "UA", open},
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
