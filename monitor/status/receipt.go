package status

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"kapwatch/monitor"
)

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
	encode(&body, monitor.NewReceiptView(receipt))
	sendTagged(w, r, "application/json", body.Bytes())
}
