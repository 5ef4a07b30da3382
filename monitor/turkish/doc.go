// Package turkish makes Turkish and English text comparable, and reads the numbers and dates in it.
//
// The path of data: [Fold] reduces text to the one form in which it is matched (case, the four letters i,
// diacritics composed or not, apostrophes, white space); [Words] walks the words of that form; [Folded] is the
// same with the way back, so that what was found in the folded form is cited from the original, to the byte.
// [ReadAmount] and [ReadDate] read quantities and days from the folded form.
//
// What it does not do: no stemming (a rule's stem is matched at the start of a word, which is how Turkish
// suffixes), no translation, no collation for display. Folding is for matching only: it confuses words that
// differ in a diacritic ("kar" and "kâr", "ad" and "âd"), and is never shown to anybody.
package turkish
