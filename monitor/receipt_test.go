package monitor_test

import (
	"testing"

	"kapwatch/monitor"
)

func TestReceiptCount(t *testing.T) {
	sent, digest := monitor.Alert{State: monitor.Sent}, monitor.Alert{State: monitor.Sent, Digest: "digest-r-1"}
	for _, x := range []struct {
		name   string
		alerts []monitor.Alert
		want   monitor.Receipt
	}{
		{"not wanted", nil, monitor.Receipt{NotWanted: 1}},
		{"sent", []monitor.Alert{sent}, monitor.Receipt{Sent: 1}},
		{"in a digest", []monitor.Alert{digest}, monitor.Receipt{Digest: 1}},
		{"pending", []monitor.Alert{{State: monitor.Pending}}, monitor.Receipt{Pending: 1}},
		{"held", []monitor.Alert{{State: monitor.Held}}, monitor.Receipt{Pending: 1}},
		{"blocked", []monitor.Alert{{State: monitor.Blocked}}, monitor.Receipt{Pending: 1}},
		{"unknown", []monitor.Alert{{State: monitor.Unknown, Digest: "digest-r-1"}}, monitor.Receipt{Pending: 1}},
		{"sent before in a digest", []monitor.Alert{digest, sent}, monitor.Receipt{Sent: 1}},
		{"in a digest before pending", []monitor.Alert{{State: monitor.Pending}, digest}, monitor.Receipt{Digest: 1}},
	} {
		t.Run(x.name, func(t *testing.T) {
			var r monitor.Receipt
			r.Count(x.alerts)
			got := [...]int{r.Listed, r.Recorded, r.Sent, r.Digest, r.Pending, r.NotWanted}
			if want := [...]int{1, 1, x.want.Sent, x.want.Digest, x.want.Pending, x.want.NotWanted}; got != want {
				t.Errorf("Count gives %v, want %v", got, want)
			}
		})
	}
	line := monitor.Receipt{Listed: 612, Recorded: 612, Sent: 31, Digest: 9, Pending: 3, NotWanted: 569}.String()
	if want := "612 listed · 612 recorded · 31 sent · 9 in digests · 3 pending · 569 not wanted · 0 unknown"; line != want {
		t.Errorf("String() = %q, want %q", line, want)
	}
}
