package status_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
)

func TestProbes(t *testing.T) {
	for _, test := range []struct {
		name, path string
		spoil      func(*world)
		want       int
		body       string
	}{
		{"alive", "/livez", nil, 200, "ok\n"},
		{"alive, verbose", "/livez?verbose", nil, 200, "[+]loop ok\nok\n"},
		{"alive though nothing works", "/livez", func(w *world) { w.ledger.err = errors.New("x"); w.health.Stale = true }, 200, "ok\n"},
		{"dead", "/livez?verbose", func(w *world) { w.config.Alive = func() bool { return false } }, 503, "[-]loop failed: the polling loop has stopped\nnot ok\n"},
		{"ready", "/readyz", nil, 200, "ok\n"},
		{"healthz", "/healthz?verbose", nil, 200, "[+]store ok\n[+]configuration ok\n[+]poll ok\n[+]list ok\n[+]unknown ok\n[+]outbox ok\nok\n"},
		{"silent", "/readyz?verbose", func(w *world) { w.health.Alarms = map[monitor.Alarm]string{monitor.AlarmSilent: "nothing new"} }, 503, "[+]store ok\n[+]configuration ok\n[+]poll ok\n[-]list failed: nothing new\nnot ok\n"},
		{"frozen", "/readyz", func(w *world) { w.health.Alarms = map[monitor.Alarm]string{monitor.AlarmFrozen: "frozen"} }, 503, "not ok\n"},
		{"alerts that wait cost no readiness", "/readyz", func(w *world) { w.health.Alarms = map[monitor.Alarm]string{monitor.AlarmOutbox: "waits"} }, 200, "ok\n"},
		{"but health", "/healthz?verbose", func(w *world) {
			w.health.Alarms = map[monitor.Alarm]string{monitor.AlarmOutbox: "waits", monitor.AlarmUnknown: "row"}
		}, 503, "[+]store ok\n[+]configuration ok\n[+]poll ok\n[+]list ok\n[-]unknown failed: row\n[-]outbox failed: waits\nnot ok\n"},
		{"no store", "/readyz?verbose", func(w *world) { w.ledger.err = errors.New("x") }, 503, "[-]store failed: the ledger cannot be read\n[+]configuration ok\n[+]poll ok\n[+]list ok\nnot ok\n"},
		{"bad configuration", "/readyz?verbose=1", func(w *world) { w.config.Valid = func() error { return errors.New("routes: none") } }, 503, "[+]store ok\n[-]configuration failed: routes: none\n[+]poll ok\n[+]list ok\nnot ok\n"},
		{"stale", "/healthz?verbose", func(w *world) { w.health.Stale = true }, 503, "[+]store ok\n[+]configuration ok\n[-]poll failed: no poll has succeeded since 2024-04-26T18:06:00+03:00\n[+]list ok\n[+]unknown ok\n[+]outbox ok\nnot ok\n"},
		{"no poll yet", "/readyz?verbose", func(w *world) { w.health.Stale = true; w.health.LastSuccessAt = time.Time{} }, 503, "[+]store ok\n[+]configuration ok\n[-]poll failed: no poll has succeeded yet\n[+]list ok\nnot ok\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			if test.spoil != nil {
				test.spoil(w)
			}
			w.config.Token = "s3cret" // none is asked here
			res := w.get(t, test.path)
			wantStatus(t, res, test.want)
			if got := text(t, res); got != test.body {
				t.Errorf("body = %q, want %q", got, test.body)
			}
		})
	}
	t.Run("json", func(t *testing.T) {
		w := newWorld(t)
		w.health.Stale = true
		res := w.get(t, "/readyz?verbose", "Accept", "application/json")
		wantStatus(t, res, 503)
		want := `{"status":"not ok","checks":[{"name":"store","ok":true},{"name":"configuration","ok":true},{"name":"poll","ok":false,"detail":"no poll has succeeded since 2024-04-26T18:06:00+03:00"},{"name":"list","ok":true}]}` + "\n"
		if got := text(t, res); got != want {
			t.Errorf("body = %s, want %s", got, want)
		}
	})
}

// Before anything has happened every time is null, and lists and maps are there.
func TestStatusOfNewDaemon(t *testing.T) {
	w := newWorld(t)
	w.health, w.ledger.stats = monitor.Health{StartedAt: at("08:00:00"), Stale: true}, monitor.Stats{}
	want := `{"version":"1.0.0","state":"degraded","problems":["no poll has succeeded yet"],"started_at":"2024-04-26T08:00:00+03:00",` +
		`"source":{"last_poll_at":null,"last_success_at":null,"last_error":"","newest_index":0,"readers":{}},` +
		`"ledger":{"filings":0,"oldest_index":0,"newest_index":0,"unknown":0},"alerts":{"pending":0,"sent":0,"blocked":0,"oldest_pending_at":null}}` + "\n"
	if diff := cmp.Diff(want, text(t, w.get(t, "/status"))); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

func TestStatusDegraded(t *testing.T) {
	w := newWorld(t)
	w.health.Problems = []string{"1 row of the list cannot be read."}
	w.health.Stale = true
	w.ledger.stats.Pending, w.ledger.stats.Blocked = 2, 1
	w.ledger.stats.OldestPending = time.Date(2024, 4, 26, 15, 1, 2, 987, time.UTC)
	got := text(t, w.get(t, "/status"))
	for _, want := range []string{`"state":"degraded"`, `"problems":["1 row of the list cannot be read."]`, `"pending":2`, `"blocked":1`, `"oldest_pending_at":"2024-04-26T18:01:02+03:00"`} {
		if !strings.Contains(got, want) {
			t.Errorf("status = %s, want %s in it", got, want)
		}
	}
	if p := wantProblem(t, w.get(t, "/status?verbose"), http.StatusBadRequest); p.Errors[0].Parameter != "verbose" {
		t.Errorf("errors = %+v, want one on verbose", p.Errors)
	}
}

func TestReceipts(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		path string
		want int
	}{
		{"/receipts/2024-04-26", 200},
		{"/receipts/2024-04-25", 200}, // a day of which nothing is known is a day of noughts
		{"/receipts/2024-04-27", 404},
		{"/receipts/2024-02-30", 400},
		{"/receipts/today", 400},
		{"/receipts/26.04.2024", 400},
		{"/receipts/2024-04-26?x=1", 400},
	} {
		res := w.get(t, test.path)
		if test.want != 200 {
			wantProblem(t, res, test.want)
			continue
		}
		wantStatus(t, res, test.want)
	}
}
