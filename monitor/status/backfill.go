package status

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"kapwatch/monitor"
)

// Backfiller records days gone by from the source, alerting nobody, and tells of each.
type Backfiller interface {
	Backfill(ctx context.Context, w monitor.Window, again bool, tell func(monitor.HistoryDay) error) error
}

// backfill streams JSON lines, each a monitor.HistoryDay, and at last {"end":true}, with "error" where it ends early.
// It ends with the client.
func (s *Server) backfill(w http.ResponseWriter, r *http.Request, b Backfiller) {
	p := readParams(r, "from", "to", "again")
	from, to := p.day("from"), p.day("to")
	again := p.oneOf("again", []string{"true", "false"}) == "true"
	switch {
	case len(p.faults) > 0:
	case to.Before(from):
		p.fault("to", "is before from")
	case to.After(s.cfg.Now()):
		p.fault("to", "has not begun in Istanbul")
	}
	if len(p.faults) > 0 {
		answer(w, r, badParameters(p.faults))
		return
	}
	w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	ctx, cancel := lasting(w, r)
	defer cancel()
	lines, conn := json.NewEncoder(w), http.NewResponseController(w)
	tell := func(v any) error {
		if err := lines.Encode(v); err != nil {
			return err
		}
		return conn.Flush()
	}
	err := b.Backfill(ctx, monitor.Window{From: from, To: to}, again, func(d monitor.HistoryDay) error { return tell(d) })
	var end struct {
		End   bool   `json:"end"`
		Error string `json:"error,omitempty"`
	}
	end.End = true
	switch {
	case r.Context().Err() != nil:
		s.cfg.Log.Info("backfill interrupted", "from", from.Format(time.DateOnly), "to", to.Format(time.DateOnly))
	case err != nil:
		end.Error = err.Error()
		s.cfg.Log.Warn("backfill broken off", "err", err)
	default:
		s.cfg.Log.Info("backfill done", "from", from.Format(time.DateOnly), "to", to.Format(time.DateOnly))
	}
	_ = tell(end) // a client that is gone knows that it has not seen the end
}

// day reads a parameter that must be a date.
func (p *params) day(name string) time.Time {
	v := p.values.Get(name)
	t, err := time.ParseInLocation(time.DateOnly, v, monitor.Istanbul)
	if err != nil {
		p.fault(name, "%s is not a date such as 2024-04-26", quote(v))
	}
	return t
}
