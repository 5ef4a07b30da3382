// Package classify tells what a filing is about: which categories of the rules file it belongs to, what kind of
// statement it is (qualifiers), and which quantities and names it states (facts), each with the words that say so.
// It is pure: text and rules in, matches with evidence out; no I/O, no clock, and the same input always gives the
// same result.
//
// The path of data through [Classifier.Classify]:
//
//	Text ─► fold, words ─► one pass over all terms ─► what never counts is struck out ─► layers ─► Result
//	                                                  (names, boilerplate, ignored phrases)  └─► qualifiers, facts
//
// Layers, strongest first: the name of KAP's form decides where it says anything; then the summary; the body only
// adds, by stricter terms, and only from its opening, for what comes later is history, law and boilerplate. On a
// routine filing nothing but an urgent matter is listened for.
//
// A term is matched at the start of a word with its end left open, since Turkish adds suffixes, on text that
// [kapwatch/monitor/turkish] folded. Anchoring is what keeps "izin" out of "şirketimizin" and "red" out of "kredi".
//
// What it does not do: it does not guess, weigh or learn; it does not read attachments or tables; it does not judge
// whether news is good or bad; it does not translate.
package classify
