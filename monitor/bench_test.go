package monitor_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify"
	"kapwatch/notify/slacksim"
	"kapwatch/store"
)

// BenchmarkPipeline measures what the daemon adds between the answer that first lists a filing and the Slack post
// about it: fetch of 2,000 rows over loopback, parse, look-up, rules, a synced commit, render, post. The wait for the
// next poll is not in it, and what the simulated site itself takes to write the answer is measured beside it and taken
// off. An iteration takes a second, for that is the fastest schedule: run it with -benchtime 20x.
func BenchmarkPipeline(b *testing.B) {
	day := time.Now().AddDate(0, 0, -1)
	site := kapsim.New(kapsim.Generate(1900, 1, day), kapsim.Options{})
	kapServer := httptest.NewServer(site)
	defer kapServer.Close()
	slack := slacksim.New()
	slack.AddToken(token)
	slack.AddChannel(channel)
	slackServer := httptest.NewServer(slack)
	defer slackServer.Close()

	db, err := store.Open(filepath.Join(b.TempDir(), "kapwatch.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	reader, err := kap.New(kap.Config{BaseURL: kapServer.URL, RequestsPerSecond: 1000})
	if err != nil {
		b.Fatal(err)
	}
	n, err := notify.New(notify.Config{SlackAPI: slackServer.URL + "/api/", SlackToken: notify.NewSecret(token)})
	if err != nil {
		b.Fatal(err)
	}
	m, err := monitor.New(monitor.Config{
		Schedule: schedule(b, "* * * * * *"), Sources: []monitor.Source{reader.Criteria()}, DetailMode: monitor.DetailsNone,
		CatchUp: 72 * time.Hour, StaleAfter: time.Minute, Routes: []monitor.Route{route("energy", channel)}, Notifier: n, Rules: rules(b),
	}, db, monitor.Options{Pace: time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	until := func(ok func() bool) {
		for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				b.Fatal("not within 20 s")
			}
		}
	}
	until(func() bool { return db.Stats().Filings > 0 })

	var bare []time.Duration
	for range 25 {
		begun := time.Now()
		today := time.Now().In(monitor.Istanbul).Format(time.DateOnly)
		question := fmt.Sprintf(`{"fromDate":%q,"toDate":%q,"mkkMemberOidList":[],"subjectList":[]}`, day.In(monitor.Istanbul).Format(time.DateOnly), today)
		resp, err := http.Post(kapServer.URL+"/tr/api/disclosure/members/byCriteria", "application/json", strings.NewReader(question))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
		bare = append(bare, time.Since(begun))
	}
	slices.Sort(bare)
	own := bare[len(bare)/2]

	var took []time.Duration
	index := int64(90_000_000)
	for b.Loop() {
		index++
		site.Add(filing(index, time.Now().Truncate(time.Second)))
		sent := len(slack.History(channel))
		until(func() bool { return len(slack.History(channel)) > sent })
		post := slack.History(channel)[sent]
		asked := site.Requests(kapsim.Criteria)
		for _, r := range slices.Backward(asked) {
			if r.At.Before(post.At) { // the poll that saw it
				took = append(took, post.At.Sub(r.At)-own)
				break
			}
		}
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op") // the schedule's second says nothing
	b.ReportMetric(float64(own.Microseconds())/1000, "site-ms")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
}
