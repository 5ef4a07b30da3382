package monitor

import (
	"fmt"
	"strings"
	"time"
)

// Receipt accounts for every filing of one Istanbul day, by publish time: one fate each, and the fates add up to
// Listed.
type Receipt struct {
	Day            time.Time // its midnight in Istanbul
	Sealed         bool      // two days later; what changes after is an amendment
	Listed         int       // Recorded + Unknown
	Recorded       int
	Sent           int
	Digest         int // sent inside a digest
	Pending        int // held and blocked too
	NotWanted      int
	Unknown        int     // seen somewhere, and the ledger lacks it
	UnknownIndexes []int64 // those whose index could be read
	Amendments     []ReceiptAmendment
}

// ReceiptAmendment is what changed after a receipt was sealed.
type ReceiptAmendment struct {
	At  time.Time
	Why string
}

// Count adds the fate of one recorded filing. With several routes the first that applies counts: sent, in a
// digest, pending, not wanted.
func (r *Receipt) Count(alerts []Alert) {
	r.Listed++
	r.Recorded++
	var sent, digest, open bool
	for _, a := range alerts {
		switch {
		case a.State == Sent && a.Digest == "":
			sent = true
		case a.State == Sent:
			digest = true
		default:
			open = true
		}
	}
	switch {
	case sent:
		r.Sent++
	case digest:
		r.Digest++
	case open:
		r.Pending++
	default:
		r.NotWanted++
	}
}

// String is the receipt as one line, the way users read it.
func (r Receipt) String() string {
	var b strings.Builder
	for _, p := range []struct {
		n    int
		word string
	}{
		{r.Listed, "listed"},
		{r.Recorded, "recorded"},
		{r.Sent, "sent"},
		{r.Digest, "in digests"},
		{r.Pending, "pending"},
		{r.NotWanted, "not wanted"},
		{r.Unknown, "unknown"},
	} {
		if b.Len() > 0 {
			b.WriteString(" · ")
		}
		fmt.Fprintf(&b, "%d %s", p.n, p.word)
	}
	return b.String()
}

// ReceiptView is a Receipt as JSON.
type ReceiptView struct {
	Day            string          `json:"day"`
	Sealed         bool            `json:"sealed"`
	Listed         int             `json:"listed"`
	Recorded       int             `json:"recorded"`
	Sent           int             `json:"sent"`
	Digest         int             `json:"digest"`
	Pending        int             `json:"pending"`
	NotWanted      int             `json:"not_wanted"`
	Unknown        int             `json:"unknown"`
	UnknownIndexes []int64         `json:"unknown_indexes"`
	Amendments     []AmendmentView `json:"amendments"`
}

// AmendmentView is a ReceiptAmendment as JSON.
type AmendmentView struct {
	At  time.Time `json:"at"`
	Why string    `json:"why"`
}

// NewReceiptView shows r.
func NewReceiptView(r Receipt) ReceiptView {
	v := ReceiptView{
		Day: r.Day.In(Istanbul).Format(time.DateOnly), Sealed: r.Sealed, Listed: r.Listed, Recorded: r.Recorded,
		Sent: r.Sent, Digest: r.Digest, Pending: r.Pending, NotWanted: r.NotWanted, Unknown: r.Unknown,
		UnknownIndexes: append([]int64{}, r.UnknownIndexes...), Amendments: []AmendmentView{},
	}
	for _, a := range r.Amendments {
		v.Amendments = append(v.Amendments, AmendmentView{a.At.In(Istanbul).Truncate(time.Second), a.Why})
	}
	return v
}

// String is the receipt as one line, as that of Receipt.
func (v ReceiptView) String() string {
	return Receipt{
		Listed: v.Listed, Recorded: v.Recorded, Sent: v.Sent, Digest: v.Digest, Pending: v.Pending,
		NotWanted: v.NotWanted, Unknown: v.Unknown,
	}.String()
}
