package status

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"time"

	"kapwatch/monitor"
)

// statusView is the answer of /status. Times that have not happened yet are null.
type statusView struct {
	Version   string     `json:"version"`
	State     string     `json:"state"` // ok or degraded
	Problems  []string   `json:"problems"`
	StartedAt *time.Time `json:"started_at"`
	Source    sourceView `json:"source"`
	Ledger    ledgerView `json:"ledger"`
	Alerts    alertsView `json:"alerts"`
}

type sourceView struct {
	LastPollAt    *time.Time        `json:"last_poll_at"`
	LastSuccessAt *time.Time        `json:"last_success_at"`
	LastError     string            `json:"last_error"`
	NewestIndex   int64             `json:"newest_index"`
	Readers       map[string]string `json:"readers"`
}

type ledgerView struct {
	Filings     int64 `json:"filings"`
	OldestIndex int64 `json:"oldest_index"`
	NewestIndex int64 `json:"newest_index"`
	Unknown     int64 `json:"unknown"`
}

type alertsView struct {
	Pending         int64      `json:"pending"`
	Sent            int64      `json:"sent"`
	Blocked         int64      `json:"blocked"`
	OldestPendingAt *time.Time `json:"oldest_pending_at"`
}

func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	if p := readParams(r); len(p.faults) > 0 {
		answer(w, r, badParameters(p.faults))
		return
	}
	var body bytes.Buffer
	encode(&body, s.present())
	w.Header().Set("Cache-Control", "no-store")
	send(w, r, http.StatusOK, "application/json", body.Bytes())
}

// present tells how things stand now.
func (s *Server) present() statusView {
	h, st := s.cfg.Health(), s.cfg.Ledger.Stats()
	v := statusView{
		Version: s.cfg.Version, State: "ok", Problems: append([]string{}, h.Problems...), StartedAt: moment(h.StartedAt),
		Source: sourceView{moment(h.LastPollAt), moment(h.LastSuccessAt), h.LastError, h.Newest, map[string]string{}},
		Ledger: ledgerView{st.Filings, st.Oldest, st.Newest, st.Unknown},
		Alerts: alertsView{st.Pending, st.Sent, st.Blocked, moment(st.OldestPending)},
	}
	maps.Copy(v.Source.Readers, h.Readers)
	if h.Stale && h.OK() { // the state must never contradict /readyz
		v.Problems = append(v.Problems, staleness(h))
	}
	if len(v.Problems) > 0 {
		v.State = "degraded"
	}
	return v
}

func staleness(h monitor.Health) string {
	if h.LastSuccessAt.IsZero() {
		return "no poll has succeeded yet"
	}
	return "no poll has succeeded since " + h.LastSuccessAt.In(monitor.Istanbul).Format(time.RFC3339)
}

// moment shows t to the second in Istanbul's offset, and a zero time as null.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.In(monitor.Istanbul).Truncate(time.Second)
	return &t
}

// check is one line of a probe's answer.
type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// livez asks only whether the process turns: never the source, Slack or the ledger, since a restart heals none
// of them.
func (s *Server) livez(w http.ResponseWriter, r *http.Request) {
	c := check{Name: "loop", OK: s.cfg.Alive == nil || s.cfg.Alive()}
	if !c.OK {
		c.Detail = "the polling loop has stopped"
	}
	probe(w, r, c)
}

// readyz asks whether the answers can be relied on.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	probe(w, r, s.readiness(s.cfg.Health())...)
}

// healthz asks besides whether everything gets through: what is ready may still owe alerts.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	h := s.cfg.Health()
	probe(w, r, append(s.readiness(h), alarm("unknown", h, monitor.AlarmUnknown), alarm("outbox", h, monitor.AlarmOutbox))...)
}

// alarm is a check that fails while one of kinds is on.
func alarm(name string, h monitor.Health, kinds ...monitor.Alarm) check {
	for _, k := range kinds {
		if said := h.Alarms[k]; said != "" {
			return check{name, false, said}
		}
	}
	return check{Name: name, OK: true}
}

func (s *Server) readiness(h monitor.Health) []check {
	store := check{Name: "store", OK: true}
	if _, err := s.cfg.Ledger.Find(monitor.Query{Limit: 1}); err != nil {
		s.cfg.Log.Warn("store not ready", "err", err)
		store.OK, store.Detail = false, "the ledger cannot be read"
	}
	configuration := check{Name: "configuration", OK: true}
	if s.cfg.Valid != nil {
		if err := s.cfg.Valid(); err != nil {
			configuration.OK, configuration.Detail = false, err.Error()
		}
	}
	poll := check{Name: "poll", OK: !h.Stale}
	if h.Stale {
		poll.Detail = staleness(h)
	}
	return []check{store, configuration, poll, alarm("list", h, monitor.AlarmSilent, monitor.AlarmFrozen)}
}

// probe answers 200 when all checks are well, else 503: a word, with ?verbose a line for each check, and JSON
// for those who accept it by name.
func probe(w http.ResponseWriter, r *http.Request, checks ...check) {
	code, word := http.StatusOK, "ok"
	for _, c := range checks {
		if !c.OK {
			code, word = http.StatusServiceUnavailable, "not ok"
		}
	}
	verbose := r.URL.Query().Has("verbose")
	var body bytes.Buffer
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Vary", "Accept")
	if accept := r.Header.Values("Accept"); quality(accept, "application/json") > quality(accept, "text/plain") {
		v := struct {
			Status string  `json:"status"`
			Checks []check `json:"checks,omitempty"`
		}{Status: word}
		if verbose {
			v.Checks = checks
		}
		encode(&body, v)
		send(w, r, code, "application/json", body.Bytes())
		return
	}
	if verbose {
		for _, c := range checks {
			if c.OK {
				fmt.Fprintf(&body, "[+]%s ok\n", c.Name)
			} else {
				fmt.Fprintf(&body, "[-]%s failed: %s\n", c.Name, c.Detail)
			}
		}
	}
	fmt.Fprintln(&body, word)
	send(w, r, code, "text/plain; charset=utf-8", body.Bytes())
}
