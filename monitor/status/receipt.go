package status

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"kapwatch/monitor"
)

// receiptView is the JSON of a monitor.Receipt.
type receiptView struct {
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
	Amendments     []amendmentView `json:"amendments"`
}

type amendmentView struct {
	At  *time.Time `json:"at"`
	Why string     `json:"why"`
}

func newReceiptView(r monitor.Receipt) receiptView {
	v := receiptView{
		Day: r.Day.In(monitor.Istanbul).Format(time.DateOnly), Sealed: r.Sealed, Listed: r.Listed, Recorded: r.Recorded,
		Sent: r.Sent, Digest: r.Digest, Pending: r.Pending, NotWanted: r.NotWanted, Unknown: r.Unknown,
		UnknownIndexes: append([]int64{}, r.UnknownIndexes...), Amendments: []amendmentView{},
	}
	for _, a := range r.Amendments {
		v.Amendments = append(v.Amendments, amendmentView{moment(a.At), a.Why})
	}
	return v
}

func (s *Server) receipt(w http.ResponseWriter, r *http.Request) {
	p := readParams(r)
	day, err := time.ParseInLocation(time.DateOnly, r.PathValue("day"), monitor.Istanbul)
	if err != nil {
		p.fault("day", "%s is not a date such as 2024-04-26", quote(r.PathValue("day")))
	}
	if len(p.faults) > 0 {
		answer(w, r, badParameters(p.faults))
		return
	}
	if day.After(s.cfg.Now()) {
		answer(w, r, notFound(r.PathValue("day")+" has not begun in Istanbul"))
		return
	}
	receipt, err := s.cfg.Ledger.Receipt(day)
	if err != nil {
		s.fail(w, r, fmt.Errorf("read receipt of %s: %w", day.Format(time.DateOnly), err))
		return
	}
	receipt.Day = day
	var body bytes.Buffer
	encode(&body, newReceiptView(receipt))
	sendTagged(w, r, "application/json", body.Bytes())
}
