package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kapwatch/monitor"
)

// Config is what a Notifier needs. The zero value sends to incoming webhooks only.
type Config struct {
	SlackAPI   string    // base of the Web API; "" = https://slack.com/api/; http only for loopback
	SlackToken Secret    // bot token; without one, routes to Slack channels are parked
	Terminal   io.Writer // where routes to the terminal write; without one they are parked
	Color      bool      // escape sequences may be written to Terminal

	// ReadSecret reads the file that holds a webhook's URL, at every send, so that a new one needs no reload.
	// nil reads the file without looking at its mode.
	ReadSecret func(path string) (Secret, error)

	UserAgent  string                // "" = kapwatch
	Log        *slog.Logger          // nil = none
	Registerer prometheus.Registerer // nil = not registered; the same one may be given again
	Transport  http.RoundTripper     // nil = own connections
}

// requestTimeout bounds one request to Slack, answer included.
const requestTimeout = 10 * time.Second

// pace is what Slack allows a channel: about one message a second (docs.slack.dev, rate limits).
const pace = time.Second

// Notifier sends messages to Slack channels, incoming webhooks and the terminal, by the target of their route. It is
// a [monitor.Notifier] and safe for concurrent use; it keeps no queue and retries nothing by itself.
type Notifier struct {
	api        string
	token      Secret
	readSecret func(string) (Secret, error)
	agent      string
	log        *slog.Logger
	http       *http.Client
	requests   *prometheus.CounterVec

	terminalMu sync.Mutex
	terminal   io.Writer
	color      bool
}

var _ monitor.Notifier = (*Notifier)(nil)

// New builds a Notifier. It connects to nothing.
func New(cfg Config) (*Notifier, error) {
	n := &Notifier{
		api: cfg.SlackAPI, token: cfg.SlackToken, readSecret: cfg.ReadSecret, agent: cfg.UserAgent, log: cfg.Log,
		terminal: cfg.Terminal, color: cfg.Color,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "kapwatch", Name: "slack_requests_total",
			Help: "Requests to Slack by outcome: ok, limited, refused, unclear (no answer, or one that says nothing), unreachable.",
		}, []string{"outcome"}),
	}
	if n.api == "" {
		n.api = "https://slack.com/api/"
	}
	if !strings.HasSuffix(n.api, "/") {
		n.api += "/" // slack-go joins base and method as they are
	}
	if err := secure(n.api); err != nil {
		return nil, fmt.Errorf("use slack api url %q: %w", n.api, err)
	}
	if n.agent == "" {
		n.agent = "kapwatch"
	}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	if n.readSecret == nil {
		n.readSecret = readFile
	}
	if cfg.Registerer != nil {
		if err := cfg.Registerer.Register(n.requests); err != nil {
			known, ok := errors.AsType[prometheus.AlreadyRegisteredError](err)
			counter, same := known.ExistingCollector.(*prometheus.CounterVec)
			if !ok || !same {
				return nil, fmt.Errorf("register metrics: %w", err)
			}
			n.requests = counter // of the Notifier before a reload
		}
	}
	for _, outcome := range []string{"ok", "limited", "refused", "unclear", "unreachable"} {
		n.requests.WithLabelValues(outcome)
	}
	rt := cfg.Transport
	if rt == nil {
		rt = transport()
	}
	n.http = &http.Client{
		Transport: rt, Timeout: requestTimeout,
		// A redirected post would carry the token, or the message, to whoever asks for it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return n, nil
}

// transport has its own limits on connecting, shorter than the request's: a connection that was never made is known
// to have posted nothing.
func transport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        4,
		IdleConnTimeout:     time.Minute,
	}
}

// Notify sends m to the target of its route and tells how that ended. A message that Slack finds malformed is sent
// once more as plain text, after the second that Slack asks for between two posts.
func (n *Notifier) Notify(ctx context.Context, m monitor.Message) monitor.Outcome {
	switch to := m.Route.To; {
	case to.Slack != "":
		return n.deliver(ctx, m, n.postMessage)
	case to.Webhook != "":
		return n.deliver(ctx, m, n.postWebhook)
	case to.Terminal:
		return n.writeTerminal(m)
	}
	return monitor.Outcome{Result: monitor.ResultParked, Err: fmt.Errorf("route %q says not where to send", m.Route.Name)}
}

func (n *Notifier) deliver(ctx context.Context, m monitor.Message, send func(context.Context, monitor.Target, post) verdict) monitor.Outcome {
	p := render(m)
	v := send(ctx, m.Route.To, p)
	if v.fault == "" {
		return v.Outcome
	}
	n.log.Warn("alert refused, sending it as plain text", "alert", m.ID, "route", m.Route.Name, "err", v.Err)
	timer := time.NewTimer(pace)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return monitor.Outcome{Result: monitor.ResultLater, Err: v.Err}
	}
	again := send(ctx, m.Route.To, p.degrade(v.fault, m))
	if again.fault != "" && classOf(again.fault) == unlisted {
		// Slack names a reason that we do not know, twice: more likely the channel than both messages.
		again.Result = monitor.ResultParked
	}
	return again.Outcome
}

// Find looks for m in the history of its Slack channel, or in its thread. Other targets keep none.
func (n *Notifier) Find(ctx context.Context, m monitor.Message) (ts string, found bool, err error) {
	if m.Route.To.Slack == "" {
		return "", false, monitor.ErrNoHistory
	}
	return n.findMessage(ctx, m)
}

// secure accepts https, and http to this machine.
func secure(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return clean(err)
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	switch {
	case u.Host == "":
		return errors.New("not an absolute URL")
	case u.Scheme == "https" || u.Scheme == "http" && loopback:
		return nil
	}
	return errors.New("only https, or http to loopback")
}

func readFile(path string) (Secret, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Secret{}, err
	}
	return NewSecret(strings.TrimSpace(string(b))), nil
}
