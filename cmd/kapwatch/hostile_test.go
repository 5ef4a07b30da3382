package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// seen fails unless out is so many lines of signs that can all be seen.
func seen(t *testing.T, what, evil, out string, lines int) {
	t.Helper()
	if n := strings.Count(out, "\n"); n != lines {
		t.Errorf("%s with %.100q: %d lines, want %d: %.500q", what, evil, n, lines, out)
	}
	if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
		t.Errorf("%s with %.100q: holds %.20q", what, evil, out[i:])
	}
}

// Whatever a title says, a table for people keeps its lines and the terminal its colours.
func TestTablesAreInert(t *testing.T) {
	for _, evil := range kapsim.Hostile() {
		evil = strings.ToValidUTF8(evil, "\ufffd") // JSON, as the commands read it, has nothing else
		v := monitor.DetailView{View: monitor.View{
			Index: 1277777, PublishedAt: time.Unix(1714143933, 0), Company: evil, Tickers: []string{evil, evil}, Class: evil, Subject: evil, Summary: evil,
			Categories: []string{"mou"}, Alerts: []monitor.AlertView{{Route: evil, State: "sent"}},
		}}
		v.Evidence = []monitor.EvidenceView{{Text: evil, Term: evil, For: "mou", Field: "body"}}
		v.Decisions = []monitor.DecisionView{{Route: evil, Outcome: "sent", Reason: evil}}
		var out bytes.Buffer
		show, done := table(&out, 0)
		if err := errors.Join(show(v.View), done()); err != nil {
			t.Fatal(err)
		}
		seen(t, "filings", evil, out.String(), 2)
		out.Reset()
		if err := whyText(&out, v); err != nil {
			t.Fatal(err)
		}
		seen(t, "why", evil, out.String(), 6)
		out.Reset()
		r := monitor.ReplayView{Routes: []monitor.RouteReplay{{Route: evil}}}
		r.Routes[0].More, r.Routes[0].MoreFirst = 1, []monitor.ReplayExample{{Tickers: []string{evil}, Subject: evil, Summary: evil, Now: evil, Before: evil}}
		if err := replayText(&out, r); err != nil {
			t.Fatal(err)
		}
		seen(t, "replay", evil, out.String(), 10)
		seen(t, "fault", evil, oneLine(evil)+"\n", 1)
	}
}

// Whatever an error or a title says, a line of the log stays one, in both formats, and says it all.
func TestLogIsInert(t *testing.T) {
	for _, evil := range kapsim.Hostile() {
		for _, format := range []string{"text", "json"} {
			var out bytes.Buffer
			a := &app{getenv: func(string) string { return "" }, stderr: &out, logLevel: "debug", logFormat: format}
			log, err := a.logger()
			if err != nil {
				t.Fatal(err)
			}
			log.Warn("synthetic", "err", errors.New(evil), "what", evil, "filing", 1)
			seen(t, format, evil, out.String(), 1)
			if format == "text" {
				want := func(value string) string {
					return fmt.Sprintf(" level=WARN msg=synthetic err=%s what=%s filing=1\n", value, value)
				}
				bare := !strings.ContainsAny(evil, " =\"") && strings.HasSuffix(out.String(), want(evil))
				if !bare && !strings.HasSuffix(out.String(), want(strconv.Quote(evil))) {
					t.Errorf("with %q: %s", evil, out.String())
				}
				continue
			}
			var line struct{ Level, Err, What string }
			if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Level != "WARN" || utf8.ValidString(evil) && (line.What != evil || line.Err != evil) {
				t.Errorf("with %q: %s, %v", evil, out.String(), err)
			}
		}
	}
}
