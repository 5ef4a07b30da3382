package status

import (
	"bytes"
	"context"
	"net/http"

	"kapwatch/monitor"
)

// Rereader reads kept bytes again with the readers of this program.
type Rereader interface {
	Reread(ctx context.Context) (monitor.Rereading, error)
}

func (s *Server) reread(w http.ResponseWriter, r *http.Request, in Rereader) {
	if p := readParams(r); len(p.faults) > 0 {
		answer(w, r, badParameters(p.faults))
		return
	}
	ctx, cancel := lasting(w, r)
	defer cancel()
	got, err := in.Reread(ctx)
	if err != nil {
		s.cfg.Log.Error("rereading failed", "err", err)
		answer(w, r, problem{Kind: "reread", Title: "Kept bytes could not be read again", Status: http.StatusInternalServerError, Detail: err.Error()})
		return
	}
	got.Still = append([]string{}, got.Still...)
	var body bytes.Buffer
	encode(&body, got)
	send(w, r, http.StatusOK, "application/json", body.Bytes())
}
