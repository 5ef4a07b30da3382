package monitor

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kapwatch/monitor/turkish"
)

// Istanbul is the zone of every time that KAP writes: UTC+3 all year since September 2016, without a zone mark
// on the wire. It is fixed, so that no machine needs zone files to read a filing; the schedule, which must also
// be right about the past and the future, uses the zone database by name.
var Istanbul = time.FixedZone("Europe/Istanbul", 3*60*60)

// Filing is one KAP disclosure as published. The zero value is no filing: Index is never 0.
type Filing struct {
	Index       int64     // KAP's disclosureIndex: the only key by which filings are told apart
	PublishedAt time.Time // KAP's publish time, to the second (the page's table: to the minute)
	SeenAt      time.Time // when this daemon first read it
	Company     string    // the filer's full title (kapTitle)
	FundCode    string    // filled for fund filings only
	Tickers     []string  // codes of the filer (stockCodes); empty for exchange and regulator notices
	Related     []string  // codes the filing is about besides (relatedStocks); funds and managers are mixed in
	Class       string    // FR, ODA, DG, DUY, FON; the list's DKB is DUY here; other values pass as they came
	Type        string    // FR, ODA, DG, CA, DUY, …
	Group       string    // KAP's disclosureCategory: ODA, STT, FR; empty for circuit breakers
	Subject     string    // KAP's form name, blanks trimmed and folded to one
	Summary     string    // KAP's own summary, blanks trimmed
	Year        int       // report year, 0 where there is none
	Period      int       // report period; read it with RuleType, for 1 means a quarter or a year
	RuleType    string    // "-", "3 Aylık", "Yıllık", "36. Hafta" …
	Late        bool      // the filer was late (KAP's isLate), or the row was seen late: below a newer one, or old
	OldKAP      bool
	English     bool   // KAP says that English text exists in the detail
	Attachments int    // how many files hang on it
	Modify      string // KAP's modifyStatus: "", DUZENLENEN (an update), DUZELTILEN (a correction)
	Reader      string // the reader whose row this is: criteria, page, or file for an import
	Partial     bool   // the reader could not see every field; another reader completes it
	Origin      Origin // why it is in the ledger
	Detail      *Detail
	Raw         []byte // the row as received; the ledger keeps it for the last days only
}

// Origin says how a filing came into the ledger. Only what Poll saw is ever alerted.
type Origin uint8

// The origins of a filing.
const (
	Poll     Origin = iota // listed after the baseline
	Baseline               // listed when the ledger was new
	Import                 // read from a file
	Backfill               // history, fetched on request
)

// Detail is what a filing's own page says beyond its row in the list.
type Detail struct {
	FetchedAt          time.Time
	Summary            string   // the detail's summary, where the body carries one
	Body               string   // Turkish explanation; the legal footer and the form's questions are cut
	BodyEN             string   // the filing's own English explanation; never a translation of ours
	Update             bool     // "Yapılan Açıklama Güncelleme mi?" Evet
	Correction         bool     // "Yapılan Açıklama Düzeltme mi?" Evet
	Delayed            bool     // "Yapılan Açıklama Ertelenmiş Bir Açıklama mı?" Evet
	EarlierDates       []string // ISO dates of earlier filings on the matter
	Related            []string // codes in "İlgili Şirketler"
	Funds              []string // codes in "İlgili Fonlar"
	Rows               []Row    // label and value of every other field of the form
	Files              []Attachment
	ID                 string // KAP's disclosureId
	RelatedID          string // relatedDisclosureOid: an earlier step or the corrected filing
	RelatedIndex       int64  // relatedDisclosureIndex, 0 where KAP gives none: the one certain chain
	Blocked            bool   // withdrawn from public view
	BlockedDescription string
}

// Row is a labelled value of a filing's form.
type Row struct {
	Name             string // machine name where the form has one, else ""
	Label, Value     string // Turkish
	LabelEN, ValueEN string // English where the form has it
}

// Attachment is a file that hangs on a filing. Name is data, never a path.
type Attachment struct {
	ID   string // 32 hex digits
	Name string
	Ext  string
}

// URL is where the public finds the attachment.
func (a Attachment) URL() string { return "https://www.kap.org.tr/tr/api/file/download/" + a.ID }

// Change says how a filing stands to an earlier one.
type Change string

// The changes.
const (
	NewFiling  Change = "new"
	Update     Change = "update"
	Correction Change = "correction"
	Cancel     Change = "cancel"
)

// Change tells whether f is new, an update, a correction or a withdrawal: from the list row, then from the flags of its
// form, then from earlier dates and the related disclosure that it names, in that order of trust. The list often says
// nothing where the detail says update (seen September 2026). Later steps of a corporate action name the earlier one
// without a flag: they bring it up to date, and correct nothing.
func (f *Filing) Change() Change {
	switch {
	case f.Detail != nil && f.Detail.Blocked:
		return Cancel
	case f.Modify == "DUZELTILEN":
		return Correction
	case f.Modify == "DUZENLENEN":
		return Update
	case f.Detail != nil && f.Detail.Correction:
		return Correction
	case f.Detail != nil && (f.Detail.Update || len(f.Detail.EarlierDates) > 0):
		return Update
	case f.Detail != nil && (f.Detail.RelatedIndex != 0 || f.Detail.RelatedID != ""):
		return Update
	}
	return NewFiling
}

// URL is the public page of the filing, whatever address it was read from.
func (f *Filing) URL() string { return filingURL(f.Index, "tr") }

// Codes are the filer's and the related tickers together, each once, the filer's first.
func (f *Filing) Codes() []string {
	all := slices.Clone(f.Tickers)
	for _, r := range f.Related {
		if !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	return all
}

// Test reports whether f is one of KAP's own test filings, which reach the live list at week-ends: KAP TEST A.Ş.
// with code KTEST, the subject "Test Bildirimi", or a circuit breaker whose summary is "Test bildirimi"
// (all three seen 12-13 September 2026).
func (f *Filing) Test() bool {
	return slices.Contains(f.Tickers, "KTEST") ||
		strings.HasPrefix(turkish.Fold(f.Company), "kap test ") ||
		turkish.Fold(f.Subject) == "test bildirimi" ||
		turkish.Fold(f.Summary) == "test bildirimi"
}

// Codes splits one of KAP's comma lists of codes. Whole tokens only: AKSA is not AKSEN.
func Codes(list string) []string {
	var codes []string
	for c := range strings.SplitSeq(list, ",") {
		if c = strings.TrimSpace(c); c != "" && !slices.Contains(codes, c) {
			codes = append(codes, c)
		}
	}
	return codes
}

func filingURL(index int64, language string) string {
	return "https://www.kap.org.tr/" + language + "/Bildirim/" + strconv.FormatInt(index, 10)
}
