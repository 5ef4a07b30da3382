package status_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"kapwatch/monitor/status"
)

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	s, err := status.New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	res := ask(s.Handler(), http.MethodGet, "/metrics", nil)
	wantStatus(t, res, http.StatusOK)
	got := text(t, res)
	for _, want := range []string{
		"kapwatch_newest_index 1.277777e+06\n", "kapwatch_unknown_filings 0\n", "kapwatch_alarm{kind=\"frozen\"} 0\n", "kapwatch_alerts_pending 0\n",
		"kapwatch_oldest_pending_timestamp_seconds 0\n", "kapwatch_store_bytes 65536\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("metrics lack %q:\n%s", want, got)
		}
	}
	if !regexp.MustCompile(`(?m)^kapwatch_build_info\{commit="abc123",goversion="go1[^"]+",version="1.0.0"\} 1$`).MatchString(got) {
		t.Errorf("metrics lack build_info:\n%s", got)
	}
	w.ledger.stats.Pending, w.ledger.stats.OldestPending = 4, at("18:00:00")
	got = text(t, ask(s.Handler(), http.MethodGet, "/metrics", nil))
	for _, want := range []string{"kapwatch_alerts_pending 4\n", "kapwatch_oldest_pending_timestamp_seconds 1.7141436e+09\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("metrics lack %q:\n%s", want, got)
		}
	}
	// However much is recorded, the series stay the same few and none of them knows a ticker.
	if n := len(regexp.MustCompile(`(?m)^kapwatch_`).FindAllString(got, -1)); n != 11 || strings.Contains(got, "AKSEN") {
		t.Errorf("%d series, want 6 and no ticker:\n%s", n, got)
	}
	if _, err := status.New(w.config); err == nil {
		t.Error("New registered the same gauges twice without an error")
	}
}
