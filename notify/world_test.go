package notify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kapwatch/monitor"
	"kapwatch/monitor/classify"
	"kapwatch/notify"
	"kapwatch/notify/slacksim"
)

// Canaries: whatever notify says, these must not be in it.
const (
	token   = "xoxb-0000-CANARYtoken"
	hook    = "CANARYwebhook"
	channel = "C0SYNTH"
)

// world is a Notifier with a simulated workspace behind it. When the test ends, it asserts that neither the log nor
// any error that went through check gave a secret away.
type world struct {
	*notify.Notifier
	t       *testing.T
	slack   *slacksim.Workspace
	log     bytes.Buffer
	screen  bytes.Buffer
	metrics *prometheus.Registry
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, slack: slacksim.New(), metrics: prometheus.NewRegistry()}
	w.slack.AddToken(token)
	w.slack.AddChannel(channel)
	file := filepath.Join(t.TempDir(), "webhook")
	if err := os.WriteFile(file, []byte("https://hooks.slack.com"+w.slack.AddWebhook(channel, hook)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := notify.New(notify.Config{
		SlackToken: notify.NewSecret(token), Terminal: &w.screen, Registerer: w.metrics, Transport: w.slack.Transport(),
		Log: slog.New(slog.NewTextHandler(&w.log, nil)),
		ReadSecret: func(path string) (notify.Secret, error) {
			if path != "webhook" {
				return notify.Secret{}, fmt.Errorf("open %q: no such file", path)
			}
			b, err := os.ReadFile(file)
			return notify.NewSecret(strings.TrimSpace(string(b))), err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Notifier = n
	t.Cleanup(func() { keepsSecrets(t, w.log.String()) })
	return w
}

func keepsSecrets(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, "CANARY") || strings.Contains(text, "hooks.slack.com/services") {
		t.Errorf("a secret got out: %s", text)
	}
}

// notify sends m and returns the outcome, having looked for secrets in it.
func (w *world) notify(m monitor.Message) monitor.Outcome {
	w.t.Helper()
	o := w.Notify(w.t.Context(), m)
	if o.Err != nil {
		keepsSecrets(w.t, fmt.Sprintf("%v %+v %#v", o.Err, o.Err, o.Err))
	}
	return o
}

// counted returns slack_requests_total by outcome, without the zeros.
func (w *world) counted() map[string]float64 {
	w.t.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	counts := map[string]float64{}
	for _, f := range families {
		if f.GetName() != "kapwatch_slack_requests_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if v := m.GetCounter().GetValue(); v != 0 {
				counts[m.GetLabel()[0].GetValue()] = v
			}
		}
	}
	return counts
}

func istanbul(value string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04:05", value, monitor.Istanbul)
	if err != nil {
		panic(err)
	}
	return at
}

func to(target monitor.Target) monitor.Route {
	return monitor.Route{Name: "energy", Language: monitor.Turkish, To: target}
}

var slackTarget = monitor.Target{Slack: channel}

// aksen is the memorandum of April 2024 in our own words: synthetic, as are its index and ids.
func aksen() monitor.Item {
	return monitor.Item{
		Filing: monitor.Filing{
			Index: 1277777, PublishedAt: istanbul("2024-04-26 18:05:33"), SeenAt: istanbul("2024-04-26 18:05:41"),
			Company: "AKSA ENERJİ ÜRETİM A.Ş.", Tickers: []string{"AKSEN"}, Class: "ODA", Type: "ODA",
			Subject: "Özel Durum Açıklaması (Genel)", Summary: "Kazakistan'da doğal gaz santrali için mutabakat zaptı imzalanması",
			English: true, Attachments: 1,
			Detail: &monitor.Detail{
				Body:   "Şirketimiz ile Çimkent Valiliği arasında, Kazakistan'ın Çimkent şehrinde 500 MW kurulu güçte bir doğal gaz kombine çevrim santrali kurulmasına ilişkin bağlayıcı olmayan bir mutabakat zaptı (MoU) imzalanmıştır.",
				BodyEN: "Our Company and the Shymkent Governorate have signed a non-binding memorandum of understanding on a natural gas combined cycle power plant with an installed capacity of 500 MW in Shymkent, Kazakhstan.",
				Files:  []monitor.Attachment{{ID: "0123456789abcdef0123456789abcdef", Name: "ek_1.pdf", Ext: "pdf"}},
			},
		},
		Found: classify.Result{
			Categories: []string{"mou", "investment"}, Qualifiers: []string{"non_binding"}, Urgent: true,
			Facts: []classify.Fact{
				{Kind: "country", Text: "Kazakistan'da", Unit: "KZ", Span: classify.Span{Field: classify.Summary}},
				{Kind: "counterparty", Text: "Çimkent Valiliği", Span: classify.Span{Field: classify.Body}},
				{Kind: "power", Text: "500 MW", Value: 500, Unit: "MW", Span: classify.Span{Field: classify.Body}},
				{Kind: "power", Text: "500 MW", Value: 500, Unit: "MW", Span: classify.Span{Field: classify.BodyEN}},
				{Kind: "country", Text: "Kazakhstan", Unit: "KZ", Span: classify.Span{Field: classify.BodyEN}},
			},
		},
		Categories: []string{"MoU", "Yatırım"}, Qualifiers: []string{"bağlayıcı değil"},
	}
}

func message() monitor.Message {
	return monitor.Message{
		ID: "1277777-energy", Route: to(slackTarget), Items: []monitor.Item{aksen()}, IntendedAt: time.Now(),
	}
}

// refusing is a transport behind which nothing may be asked.
type refusing struct{ t *testing.T }

func (r refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	r.t.Errorf("asked %s", req.URL.Host)
	return nil, http.ErrNotSupported
}

func indent(t *testing.T, raw []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", " "); err != nil {
		t.Fatalf("indent %q: %v", raw, err)
	}
	return b.String()
}
