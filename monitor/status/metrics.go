package status

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kapwatch/monitor"
)

// collector reads its gauges off Health and Stats when it is scraped, so that they can never disagree with
// /status. Its series are few and fixed: no ticker, title or index ever becomes a label.
type collector struct {
	server *Server

	newest, unknown, pending, oldest, bytes, alarm, build *prometheus.Desc
}

func newCollector(s *Server) *collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("kapwatch_"+name, help, labels, nil)
	}
	return &collector{
		server:  s,
		newest:  desc("newest_index", "Newest disclosure index that was ever listed."),
		unknown: desc("unknown_filings", "Filings and rows seen that are neither recorded nor named."),
		pending: desc("alerts_pending", "Alerts decided and not yet confirmed by their receiver."),
		oldest:  desc("oldest_pending_timestamp_seconds", "When the oldest pending alert was decided; 0 when none is pending."),
		bytes:   desc("store_bytes", "Size of the ledger's file."),
		alarm:   desc("alarm", "1 while filings may be missed or alerts come too late, by why.", "kind"),
		build:   desc("build_info", "Always 1; the labels tell what is running.", "version", "commit", "goversion"),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.newest, c.unknown, c.pending, c.oldest, c.bytes, c.alarm, c.build} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	h, st := c.server.cfg.Health(), c.server.cfg.Ledger.Stats()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(c.newest, float64(max(h.Newest, st.Newest)))
	gauge(c.unknown, float64(st.Unknown))
	gauge(c.pending, float64(st.Pending))
	gauge(c.oldest, seconds(st.OldestPending))
	gauge(c.bytes, float64(st.Bytes))
	for _, kind := range monitor.Alarms() {
		on := 0.0
		if h.Alarms[kind] != "" {
			on = 1
		}
		gauge(c.alarm, on, string(kind))
	}
	gauge(c.build, 1, c.server.cfg.Version, c.server.cfg.Commit, runtime.Version())
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1e3
}
