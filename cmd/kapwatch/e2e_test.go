//go:build e2e

package main

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
)

// These tests start the real binary as its own process. Run them with: go test -tags e2e ./cmd/kapwatch/ -run E2E

// daemonProcess is a daemon with one route, between a simulated KAP and a simulated Slack.
type daemonProcess struct {
	process
	site  *kapsim.Server
	slack *slacksim.Workspace
}

const e2eToken = "xoxb-e2e-canary-0000"

func newDaemon(t *testing.T, archive kapsim.Archive) *daemonProcess {
	t.Helper()
	d := &daemonProcess{process: process{t: t, bin: build(t), dir: t.TempDir(), acked: map[int64]bool{}}}
	d.site = kapsim.New(archive, kapsim.Options{})
	site := httptest.NewServer(d.site)
	t.Cleanup(site.Close)
	d.slack = slacksim.New()
	d.slack.AddToken(e2eToken)
	d.slack.AddChannel("C0123456789")
	slack := httptest.NewServer(d.slack)
	t.Cleanup(slack.Close)
	d.write("token", e2eToken+"\n")
	d.write("kapwatch.yaml", fmt.Sprintf(`
source:
  base_url: %s
  schedule: ["* * * * * *"]
  cross_check: "*/5 * * * * *"
  requests_per_second: 50
  details: matched
store:
  path: %s
slack:
  token_file: %s
  api_url: %s/api/
routes:
  - name: energy
    tickers: [AKSEN]
    to: {slack: C0123456789}
status:
  listen: 127.0.0.1:0
`, site.URL, filepath.Join(d.dir, "kapwatch.db"), filepath.Join(d.dir, "token"), slack.URL))
	t.Cleanup(func() {
		d.kill()
		if t.Failed() {
			t.Logf("the daemon's log:\n%s", d.log.String())
		}
		if strings.Contains(d.log.String(), e2eToken) {
			t.Error("the token is in the log")
		}
	})
	return d
}

func e2eFiling(index int64) kapsim.Filing {
	return kapsim.Filing{Filing: monitor.Filing{
		Index: index, PublishedAt: time.Now().Truncate(time.Second), Company: "AKSA ENERJİ ÜRETİM A.Ş.", Tickers: []string{"AKSEN"},
		Class: "ODA", Type: "ODA", Group: "ODA", Subject: "Özel Durum Açıklaması (Genel)", RuleType: "-",
		Summary: fmt.Sprintf("Sentetik %d: yeni sözleşme imzalanması", index),
	}}
}
