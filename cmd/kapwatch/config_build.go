package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"kapwatch/configs"
	"kapwatch/monitor"
	"kapwatch/monitor/classify"
)

// MonitorRoutes are the routes as the loop knows them, in the order of the file.
func (c Config) MonitorRoutes() ([]monitor.Route, error) {
	out := make([]monitor.Route, 0, len(c.Routes))
	for _, r := range c.Routes {
		route, err := r.route()
		if err != nil {
			return nil, fmt.Errorf("route %q: %w", r.Name, err)
		}
		out = append(out, route)
	}
	return out, nil
}

func (r RouteConfig) route() (monitor.Route, error) {
	terms, err1 := parseTerms(r.Terms)
	unless, err2 := parseTerms(r.Unless)
	digest, err3 := parseSchedules(r.Digest)
	quiet, err4 := monitor.ParseQuiet(r.Quiet)
	classes := make([]string, 0, len(r.Classes))
	for _, c := range r.Classes {
		classes = append(classes, monitor.CanonicalClass(c))
	}
	return monitor.Route{
		Name: r.Name, Tickers: r.Tickers, Categories: r.Categories, Terms: terms, Unless: unless, Classes: classes,
		MaxTickers: r.MaxTickers, Language: monitor.Language(r.Language),
		To:     monitor.Target{Slack: r.To.Slack, Webhook: r.To.WebhookFile, Terminal: r.To.Terminal},
		Digest: r.Deliver == "digest", DigestAt: digest, Quiet: quiet,
		ThreadUpdates: r.ThreadUpdates, OperatorsOnly: r.OperatorsOnly,
	}, errors.Join(err1, err2, err3, err4)
}

// Polls is when the list is read.
func (c Config) Polls() (monitor.Union, error) {
	return parseSchedules(c.Source.Schedule)
}

// CrossChecks is when the second reader reads too; nil means never.
func (c Config) CrossChecks() (monitor.Schedule, error) {
	if c.Source.CrossCheck == "" {
		return nil, nil
	}
	return monitor.ParseSchedule(c.Source.CrossCheck)
}

// Classifier applies the categories file that c names, else the built-in one. The error is a Faults.
func (c Config) Classifier() (*classify.Classifier, error) {
	_, classifier, faults := loadRules(c.Classify.File)
	if len(faults) > 0 {
		return nil, faults
	}
	return classifier, nil
}

// calendar is the built-in calendar of the exchange.
func calendar() (*monitor.Calendar, error) {
	var file monitor.CalendarFile
	w := newWalker("calendar.yaml")
	if w.decode(configs.Calendar, &file); len(w.faults) > 0 {
		return nil, w.finish(w.faults)
	}
	return monitor.NewCalendar(file)
}

// loadRules reads and compiles a categories file; "" is the built-in one.
func loadRules(path string) (classify.File, *classify.Classifier, Faults) {
	data := configs.Categories
	if path != "" {
		var err error
		if data, err = readLimited(path); err != nil {
			return classify.File{}, nil, Faults{{File: path, What: "cannot be read: " + cause(err).Error(), Hint: `name a categories file, or write "" for the built-in one`}}
		}
	}
	var file classify.File
	w := newWalker(path)
	w.decode(data, &file)
	if len(w.faults) > 0 {
		return file, nil, w.finish(w.faults)
	}
	classifier, err := classify.New(file)
	if err != nil {
		return file, nil, w.compileFaults(err)
	}
	return file, classifier, nil
}

// rulePlace is how classify.New says where a fault is: categories[3] "mou": terms[2]: …
var rulePlace = regexp.MustCompile(`^(?:(categories\[\d+\]) "(?:[^"\\]|\\.)*": |(routine): )?(?:([a-z_]+\[\d+\]): )?(.*)$`)

// compileFaults finds the lines of what classify.New says is wrong.
func (w *walker) compileFaults(err error) Faults {
	for line := range strings.Lines(err.Error()) {
		m := rulePlace.FindStringSubmatch(strings.TrimSpace(line))
		path := m[1] + m[2]
		if m[3] != "" {
			path = join(path, m[3])
		}
		w.note(w.position(path), path, redact(m[4]), "edit "+w.file)
	}
	return w.finish(w.faults)
}

func parseTerms(lines []string) ([]classify.Term, error) {
	var out []classify.Term
	for _, line := range lines {
		t, err := classify.ParseTerm(line)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

func parseSchedules(lines []string) (monitor.Union, error) {
	var out monitor.Union
	for _, line := range lines {
		s, err := monitor.ParseSchedule(line)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}
