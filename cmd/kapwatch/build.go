package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kapwatch/monitor"
	"kapwatch/monitor/kap"
	"kapwatch/notify"
)

// parts are what a configuration builds that a reload swaps.
type parts struct {
	config   monitor.Config
	notifier *notify.Notifier
}

// build makes the loop's configuration: notifier, reader of the source, rules and routes. It speaks to nobody yet.
func (a *app) build(c Config, log *slog.Logger, reg prometheus.Registerer, now func() time.Time, transport http.RoundTripper, out io.Writer) (*parts, error) {
	routes, err := c.MonitorRoutes()
	if err != nil {
		return nil, err
	}
	rules, err := c.Classifier()
	if err != nil {
		return nil, err
	}
	token, err := c.SlackToken(a.getenv)
	if err != nil {
		return nil, err
	}
	agent := c.Source.UserAgent
	if agent == "" {
		agent = "kapwatch/" + version
	}
	n, err := notify.New(notify.Config{
		SlackAPI: c.Slack.APIURL, SlackToken: notify.NewSecret(token), Terminal: out, Color: a.colour(out), UserAgent: agent, Log: log, Registerer: reg,
		ReadSecret: func(path string) (notify.Secret, error) {
			url, err := readSecret(path, a.getenv("CREDENTIALS_DIRECTORY"))
			return notify.NewSecret(url), err
		},
	})
	if err != nil {
		return nil, fmt.Errorf("build the notifier: %w", err)
	}
	site, err := kap.New(kap.Config{
		BaseURL: c.Source.BaseURL, UserAgent: agent, RequestsPerSecond: c.Source.RequestsPerSecond, Funds: c.Source.Funds,
		Now: now, Log: log, Registerer: reg, Transport: transport,
	})
	if err != nil {
		return nil, fmt.Errorf("build the reader of the source: %w", err)
	}
	polls, err := c.Polls()
	if err != nil {
		return nil, err
	}
	cross, err := c.CrossChecks()
	if err != nil {
		return nil, err
	}
	days, err := calendar()
	if err != nil {
		return nil, fmt.Errorf("read the calendar: %w", err)
	}
	m := monitor.Config{
		Calendar: days,
		Schedule: polls, CrossCheck: cross, Details: site, DetailMode: monitor.DetailMode(c.Source.Details),
		Funds: len(c.Source.Funds) > 0, CatchUp: c.Source.CatchUp, StaleAfter: c.Health.StaleAfter, Routes: routes,
		HealthRoute: c.Health.Route, Retention: c.Store.Retention, Notifier: n, Rules: rules,
	}
	for _, r := range c.Source.Readers {
		switch r {
		case "criteria":
			m.Sources = append(m.Sources, site.Criteria())
		case "page":
			m.Sources = append(m.Sources, site.Page())
		}
	}
	return &parts{config: m, notifier: n}, nil
}

// SlackToken reads the bot token; "" when no file is named.
func (c Config) SlackToken(getenv func(string) string) (string, error) {
	return readNamed(c.Slack.TokenFile, getenv)
}

// StatusToken reads the bearer token of the status endpoint; "" when no file is named.
func (c Config) StatusToken(getenv func(string) string) (string, error) {
	return readNamed(c.Status.TokenFile, getenv)
}

func readNamed(path string, getenv func(string) string) (string, error) {
	if path == "" {
		return "", nil
	}
	return readSecret(path, getenv("CREDENTIALS_DIRECTORY"))
}
