package classify

// Text is what the rules read of one filing. Every field may be empty.
type Text struct {
	Subject string   // KAP's form name
	Summary string   // KAP's own summary
	Body    string   // the Turkish explanation, boilerplate already cut
	BodyEN  string   // the filing's own English explanation, where it has one
	Tickers []string // the filer's and the related codes: names, never evidence
	Company string   // the filer's title: a name, never evidence
}

// Field names the part of a Text that a span points into.
type Field string

// The parts of a Text.
const (
	Subject Field = "subject"
	Summary Field = "summary"
	Body    Field = "body"
	BodyEN  Field = "body_en"
)

// Of returns the part of t that f names.
func (f Field) Of(t Text) string {
	switch f {
	case Subject:
		return t.Subject
	case Summary:
		return t.Summary
	case Body:
		return t.Body
	case BodyEN:
		return t.BodyEN
	}
	return ""
}

// Span is a half-open range of bytes in one field of a Text, as the text was given: never of a folded copy.
type Span struct {
	Field      Field
	Start, End int
}

// Evidence is one place in the text that made a rule speak.
type Evidence struct {
	For  string // the category or qualifier id it speaks for
	Term string // the term as the rules file writes it
	Text string // the exact words found
	Span Span
}

// Fact is a quantity or a name that the text states; nothing is ever guessed.
type Fact struct {
	Kind  string  // money, power, percent, shares, date, country, counterparty
	Text  string  // the exact words
	Value float64 // in base units: 31900000 for "31,9 milyon"; 0 where the kind has no number
	Unit  string  // MW, USD, TRY, %, …; an ISO date or country code where the kind is one
	Span  Span
}

// Result is what the rules found in one Text. The same Text and rules always give the same Result.
type Result struct {
	Categories []string // ids in the order of the rules file
	Qualifiers []string // ids, sorted
	Stage      Stage    // how far the deal has come, where several stages are named the furthest one reached
	Facts      []Fact   // in order of appearance: subject, summary, body
	Evidence   []Evidence
	Routine    bool // on the list of routine matters, and nothing else speaks in it
	Urgent     bool // one of its categories goes first in a channel's queue
}
