package status

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"kapwatch/monitor"
)

// Copier writes a copy of the ledger as it stands while it goes on being written.
type Copier interface {
	WriteTo(w io.Writer) (int64, error)
}

// Verifier reads the whole ledger. Faults are told by the report; an error without any says that the check itself
// could not be done.
type Verifier interface {
	Verify(ctx context.Context) (monitor.Inspection, error)
}

// errStopping is why a long answer ends before its time.
var errStopping = errors.New("the daemon is stopping")

// lasting is the context of an answer that may take its time: it ends with the client, or when the server is to stop.
func lasting(w http.ResponseWriter, r *http.Request) (context.Context, context.CancelFunc) {
	// Where there are no deadlines to set, as in process, there are none to lift either.
	conn := http.NewResponseController(w)
	_, _ = conn.SetReadDeadline(time.Time{}), conn.SetWriteDeadline(time.Time{})
	ctx, cancel := context.WithCancelCause(r.Context())
	go func() {
		select {
		case <-stopped(r.Context()):
			cancel(errStopping)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// backup streams the file. A failure on the way breaks the connection, so that nobody takes half of it for all.
func (s *Server) backup(w http.ResponseWriter, r *http.Request, from Copier) {
	if p := readParams(r); len(p.faults) > 0 {
		answer(w, r, badParameters(p.faults))
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	ctx, cancel := lasting(w, r)
	defer cancel()
	sink := &patient{conn: http.NewResponseController(w), w: w}
	n, err := from.WriteTo(writerFunc(func(b []byte) (int, error) {
		if err := context.Cause(ctx); err != nil {
			return 0, err
		}
		return sink.Write(b)
	}))
	if err == nil {
		s.cfg.Log.Info("ledger copied", "bytes", n)
		return
	}
	s.cfg.Log.Warn("copy of the ledger broken off", "err", err)
	panic(http.ErrAbortHandler)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// verify answers 200 with what was read and every fault that was found.
func (s *Server) verify(w http.ResponseWriter, r *http.Request, v Verifier) {
	if p := readParams(r); len(p.faults) > 0 {
		answer(w, r, badParameters(p.faults))
		return
	}
	ctx, cancel := lasting(w, r)
	defer cancel()
	in, err := v.Verify(ctx)
	if len(in.Faults) == 0 && err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		s.cfg.Log.Error("verification failed", "err", err)
		answer(w, r, problem{Kind: "verify", Title: "The ledger could not be verified", Status: http.StatusInternalServerError, Detail: err.Error()})
		return
	}
	if len(in.Faults) > 0 {
		s.cfg.Log.Error("the ledger is damaged", "faults", len(in.Faults), "err", in.Faults[0])
	}
	in.Faults = append([]string{}, in.Faults...)
	var body bytes.Buffer
	encode(&body, in)
	send(w, r, http.StatusOK, "application/json", body.Bytes())
}
