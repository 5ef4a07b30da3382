package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kapwatch/monitor"
	"kapwatch/monitor/kap"
	"kapwatch/notify"
	"kapwatch/store"
)

// parts are what a configuration builds that a reload swaps.
type parts struct {
	config   monitor.Config
	notifier *notify.Notifier
}

// build makes the loop's configuration: notifier, reader of the source, rules and routes. It speaks to nobody yet.
func (a *app) build(c Config, log *slog.Logger, reg prometheus.Registerer, now func() time.Time, transport http.RoundTripper, out io.Writer) (*parts, error) {
	m, err := a.watching(c, log, reg, now, transport)
	if err != nil {
		return nil, err
	}
	token, err := c.SlackToken(a.getenv)
	if err != nil {
		return nil, err
	}
	n, err := notify.New(notify.Config{
		SlackAPI: c.Slack.APIURL, SlackToken: notify.NewSecret(token), Terminal: out, Color: a.colour(out), UserAgent: c.agent(), Log: log, Registerer: reg,
		ReadSecret: func(path string) (notify.Secret, error) {
			url, err := readSecret(path, a.getenv("CREDENTIALS_DIRECTORY"))
			return notify.NewSecret(url), err
		},
	})
	if err != nil {
		return nil, fmt.Errorf("build the notifier: %w", err)
	}
	m.Notifier = n
	return &parts{config: m, notifier: n}, nil
}

// agent is how kapwatch names itself.
func (c Config) agent() string {
	if c.Source.UserAgent == "" {
		return "kapwatch/" + version
	}
	return c.Source.UserAgent
}

// watching makes what of the loop's configuration needs no secret: all but the notifier.
func (a *app) watching(c Config, log *slog.Logger, reg prometheus.Registerer, now func() time.Time, transport http.RoundTripper) (monitor.Config, error) {
	var m monitor.Config
	routes, err := c.MonitorRoutes()
	if err != nil {
		return m, err
	}
	rules, err := c.Classifier()
	if err != nil {
		return m, err
	}
	site, err := kap.New(kap.Config{
		BaseURL: c.Source.BaseURL, UserAgent: c.agent(), RequestsPerSecond: c.Source.RequestsPerSecond, Funds: c.Source.Funds,
		Now: now, Log: log, Registerer: reg, Transport: transport,
	})
	if err != nil {
		return m, fmt.Errorf("build the reader of the source: %w", err)
	}
	polls, err := c.Polls()
	if err != nil {
		return m, err
	}
	cross, err := c.CrossChecks()
	if err != nil {
		return m, err
	}
	days, err := calendar()
	if err != nil {
		return m, fmt.Errorf("read the calendar: %w", err)
	}
	m = monitor.Config{
		Calendar: days, History: site.History(), Kept: site,
		Schedule: polls, CrossCheck: cross, Details: site, Lookup: site, DetailMode: monitor.DetailMode(c.Source.Details),
		Funds: len(c.Source.Funds) > 0, CatchUp: c.Source.CatchUp, StaleAfter: c.Health.StaleAfter, Routes: routes,
		HealthRoute: c.Health.Route, Retention: c.Store.Retention, Rules: rules,
	}
	for _, r := range c.Source.Readers {
		switch r {
		case "criteria":
			m.Sources = append(m.Sources, site.Criteria())
		case "page":
			m.Sources = append(m.Sources, site.Page())
		}
	}
	return m, nil
}

// idle is a monitor that neither polls nor sends: it records what commands bring while no daemon runs.
func (a *app) idle(c Config, log *slog.Logger, db *store.DB) (*monitor.Monitor, error) {
	m, err := a.watching(c, log, nil, time.Now, nil)
	if err != nil {
		return nil, err
	}
	m.Notifier = mute{}
	return monitor.New(m, db, monitor.Options{Log: log})
}

// mute sends nothing. An idle monitor does not ask it to.
type mute struct{}

func (mute) Notify(context.Context, monitor.Message) monitor.Outcome {
	return monitor.Outcome{Result: monitor.ResultLater, Err: errors.New("nothing is sent without the daemon")}
}

func (mute) Find(context.Context, monitor.Message) (string, bool, error) {
	return "", false, monitor.ErrNoHistory
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
