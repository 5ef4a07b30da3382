//go:build e2e

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
)

// The secrets of a daemon, each one a word that is nowhere else.
const (
	canaryBot    = e2eToken
	canaryHook   = "canary-hook-58c1f2"
	canaryStatus = "canary-status-90ab44"
)

// leaks names the secrets that text holds.
func leaks(text []byte) (out []string) {
	for _, s := range []string{canaryBot, canaryHook, canaryStatus} {
		if bytes.Contains(text, []byte(s)) {
			out = append(out, s)
		}
	}
	return out
}

// TestE2ESecretsStayInside plants a word in place of each secret, lets everything fail that handles one, and looks for
// the words in all that the daemon and its commands say, show, write and leave behind.
func TestE2ESecretsStayInside(t *testing.T) {
	d := newDaemon(t, kapsim.Archive{e2eFiling(1700001)})
	config := filepath.Join(d.dir, "kapwatch.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	api, _, _ := strings.Cut(string(text)[strings.Index(string(text), "api_url: ")+len("api_url: "):], "/api/")
	d.write("hook", api+d.slack.AddWebhook("C0123456788", canaryHook)+"\n")
	d.write("status", canaryStatus+"\n")
	with := strings.Replace(string(text), "status:\n", fmt.Sprintf("  - name: hook\n    tickers: [AKSEN]\n    to: {webhook_file: %s}\n  - name: ops\n    operators_only: true\n    to: {slack: C0123456789}\nhealth:\n  route: ops\nstatus:\n  token_file: %s\n",
		filepath.Join(d.dir, "hook"), filepath.Join(d.dir, "status")), 1)
	d.write("kapwatch.yaml", with)
	said := map[string][]byte{}
	command := func(args ...string) {
		c := exec.Command(d.bin, append(args, "--config", config, "--log-level", "debug")...)
		out, _ := c.CombinedOutput() // some are there to fail
		said["kapwatch "+strings.Join(args, " ")] = out
	}
	addr := filepath.Join(d.dir, "addr")
	d.command = exec.Command(d.bin, "run", "--config", config, "--addr-file", addr, "--log-level", "debug")
	d.command.Stderr = &d.log
	d.command.Env = append(os.Environ(), "GOTRACEBACK=all")
	if err := d.command.Start(); err != nil {
		t.Fatal(err)
	}
	d.until("the daemon answers", func() bool { return d.get("/livez", nil) == http.StatusOK })
	index := int64(1700003)
	fail := func(trouble slacksim.Trouble) {
		d.slack.Trouble(trouble)
		d.site.Add(e2eFiling(index))
		index += 2
		time.Sleep(2 * time.Second) // a poll and a post of each route, where what failed before lets them
		d.slack.Clear()
		if err := d.command.Process.Signal(syscall.SIGHUP); err != nil { // what is parked is tried again
			t.Fatal(err)
		}
	}
	time.Sleep(1500 * time.Millisecond) // the baseline
	for _, trouble := range []slacksim.Trouble{
		{},
		{Error: "invalid_auth"},
		{Error: canaryBot},
		{Error: canaryHook}, // the answer repeats the question
		{Status: 403, Body: "no service for /services/T0000SIM/B0000SIM/" + canaryHook + " and " + canaryBot},
		{Status: 503, Body: canaryBot},
		{Status: 429, RetryAfter: canaryBot},
		{Break: true},
		{Accept: true, Break: true},
		{Body: "<html>" + canaryHook + canaryBot},
	} {
		fail(trouble)
	}
	d.write("kapwatch.yaml", strings.Replace(with, filepath.Join(d.dir, "token"), canaryBot, 1)) // the secret in place of its file
	if err := d.command.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	command("check")
	d.write("kapwatch.yaml", with)
	for _, args := range [][]string{
		{"check", "--show"},
		{"check"},
		{"version", "--verbose"},
		{"filings"},
		{"why", "1700003"},
		{"export"},
		{"receipt"},
		{"verify"},
		{"test-alert", "--route", "hook"},
		{"backup", filepath.Join(d.dir, "copy.db")},
	} {
		command(args...)
	}
	base, err := os.ReadFile(addr)
	if err != nil {
		t.Fatal(err)
	}
	series := 0
	for _, path := range []string{
		"/", "/status", "/metrics", "/livez?verbose", "/readyz?verbose", "/filings", "/filings/1700003", "/feed.atom", "/feed.json", "/openapi.json",
		"/receipts/" + time.Now().Format(time.DateOnly), "/nothing",
	} {
		for _, auth := range []string{"Bearer " + canaryStatus, "Bearer wrong", ""} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+strings.TrimSpace(string(base))+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", auth)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := resp.Write(&b); err != nil { // with its headers
				t.Fatal(err)
			}
			resp.Body.Close()
			said["GET "+path+" with "+auth] = b.Bytes()
			if path == "/metrics" && resp.StatusCode == http.StatusOK {
				for line := range strings.Lines(b.String()) {
					if strings.HasPrefix(line, "kapwatch_") || strings.HasPrefix(line, "go_") || strings.HasPrefix(line, "process_") {
						series++
					}
				}
			}
		}
	}
	if series == 0 || series > 200 {
		t.Errorf("%d series of metrics, want at most 200", series)
	}
	proc := fmt.Sprintf("/proc/%d/", d.command.Process.Pid)
	for _, name := range []string{"cmdline", "environ"} {
		if said[name], err = os.ReadFile(proc + name); err != nil {
			t.Error(err)
		}
	}
	if limits, err := os.ReadFile(proc + "limits"); err != nil || !strings.Contains(string(limits), "Max core file size        0                    0") {
		t.Errorf("a core file may be written: %s, %v", limits, err)
	}
	if err := d.command.Process.Signal(syscall.SIGQUIT); err != nil { // ends with the stacks of all goroutines
		t.Fatal(err)
	}
	_ = d.command.Wait() // as asked
	d.command = nil
	if !strings.Contains(d.log.String(), "goroutine ") {
		t.Error("no stacks in the log")
	}
	said["log"] = []byte(d.log.String())
	files, err := filepath.Glob(filepath.Join(d.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		switch filepath.Base(f) {
		case "token", "hook", "status": // the secrets' own files
			continue
		case "kapwatch", "kapwatch.db.sock": // the binary, and what is no file
			continue
		}
		if said[f], err = os.ReadFile(f); err != nil {
			t.Error(err)
		}
	}
	for where, text := range said {
		if found := leaks(text); found != nil {
			t.Errorf("%s holds %q", where, found)
		}
	}
	if len(d.slack.History("C0123456788")) == 0 || len(d.slack.History("C0123456789")) == 0 {
		t.Error("nothing was sent: nothing was tried")
	}
}

// TestE2ESlowClients: clients that send their request a byte at a time, and others that never read the answer, as many
// as may connect and more, delay neither polls nor alerts, and keep nobody out for longer than a header may take.
func TestE2ESlowClients(t *testing.T) {
	d := newDaemon(t, kapsim.Archive{e2eFiling(1700001)})
	d.start()
	for i := range 200 {
		d.site.Add(e2eFiling(1600001 + int64(i)))
	}
	time.Sleep(3 * time.Second)
	base, err := os.ReadFile(filepath.Join(d.dir, "addr"))
	if err != nil {
		t.Fatal(err)
	}
	dial := func(request string) {
		c, err := net.Dial("tcp", strings.TrimSpace(string(base)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() }) // broken by the server long ago
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
	}
	const whole = "HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for range 100 { // they read nothing of what they ask for
		dial(strings.Repeat("GET /filings?limit=200 "+whole, 50))
		dial("GET /events " + whole)
	}
	for range 400 {
		dial("GET /filings HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
	}
	polls := d.site.Count(kapsim.Criteria)
	begun := time.Now()
	for i := range 10 {
		f := e2eFiling(1700011 + 2*int64(i))
		d.site.Add(f)
		published := time.Now()
		d.until("the alert", func() bool { return d.slack.Count(fmt.Sprintf("%d-energy", f.Index)) == 1 })
		if took := time.Since(published); took > 3500*time.Millisecond {
			t.Errorf("filing %d was alerted after %v", f.Index, took.Round(time.Millisecond))
		}
	}
	took := time.Since(begun)
	if n := d.site.Count(kapsim.Criteria) - polls; float64(n) < 0.8*took.Seconds()-1 {
		t.Errorf("%d polls in %v", n, took.Round(time.Second))
	}
	client := http.Client{Timeout: 8 * time.Second}
	resp, err := client.Get("http://" + strings.TrimSpace(string(base)) + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("readyz says %s", resp.Status)
	}
}
