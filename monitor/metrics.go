package monitor

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts what the loop does. No label ever holds a ticker, a title or an index.
type metrics struct {
	polls    *prometheus.CounterVec
	duration prometheus.Histogram
	success  *prometheus.GaugeVec
	filings  *prometheus.CounterVec
	alerts   *prometheus.CounterVec
	delay    *prometheus.HistogramVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kapwatch_polls_total", Help: "List reads, by reader and how they ended.",
		}, []string{"reader", "outcome"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "kapwatch_poll_duration_seconds", Help: "How long a list read took.", Buckets: prometheus.ExponentialBuckets(0.01, 3, 9),
		}),
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kapwatch_last_success_timestamp_seconds", Help: "When a reader last read the list.",
		}, []string{"reader"}),
		filings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kapwatch_filings_total", Help: "Filings recorded by polls since the start, by class.",
		}, []string{"class"}),
		alerts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kapwatch_alerts_total", Help: "Attempts to send an alert, by how they ended.",
		}, []string{"outcome"}),
		delay: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kapwatch_alert_latency_seconds", Help: "From publication to first sight, and from there to the confirmed alert.",
			Buckets: prometheus.ExponentialBuckets(0.05, 3, 12),
		}, []string{"stage"}),
	}
	if r == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.polls, m.duration, m.success, m.filings, m.alerts, m.delay} {
		errs = append(errs, r.Register(c))
	}
	return m, errors.Join(errs...)
}

func (m *metrics) polled(reader string, err error, took time.Duration) {
	outcome := "ok"
	if err != nil {
		outcome = word(err)
	}
	m.polls.WithLabelValues(reader, outcome).Inc()
	m.duration.Observe(took.Seconds())
}

func (m *metrics) good(reader string, at time.Time) {
	m.success.WithLabelValues(reader).Set(float64(at.UnixMilli()) / 1000)
}

func (m *metrics) recorded(f *Filing) {
	class := f.Class
	switch class {
	case "FR", "ODA", "DG", "DUY", "FON":
	default:
		class = "other" // scraped text never becomes a label
	}
	m.filings.WithLabelValues(class).Inc()
	if f.Origin == Poll {
		m.delay.WithLabelValues("published_to_seen").Observe(max(0, f.SeenAt.Sub(f.PublishedAt).Seconds()))
	}
}

func (m *metrics) settled(r Result, alerts int) {
	name := map[Result]string{
		ResultSent: "sent", ResultLater: "later", ResultUnknown: "unknown", ResultParked: "parked", ResultRefused: "refused",
	}[r]
	m.alerts.WithLabelValues(name).Add(float64(alerts))
}

func (m *metrics) latency(decided, sent time.Time) {
	m.delay.WithLabelValues("seen_to_sent").Observe(max(0, sent.Sub(decided).Seconds()))
}
