//go:build e2e

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
)

// These tests start the real binary as its own process. Run them with: go test -tags e2e ./cmd/kapwatch/

// daemonProcess is a running binary, a simulated KAP and a simulated Slack.
type daemonProcess struct {
	t       *testing.T
	dir     string
	bin     string
	site    *kapsim.Server
	slack   *slacksim.Workspace
	command *exec.Cmd
	log     bytes.Buffer
}

const e2eToken = "xoxb-e2e-canary-0000"

func newDaemon(t *testing.T, archive kapsim.Archive) *daemonProcess {
	t.Helper()
	d := &daemonProcess{t: t, dir: t.TempDir()}
	d.bin = filepath.Join(d.dir, "kapwatch")
	if out, err := exec.Command("go", "build", "-o", d.bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
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

func (d *daemonProcess) write(name, text string) {
	d.t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// start runs the daemon and waits until it answers.
func (d *daemonProcess) start() {
	d.t.Helper()
	addr := filepath.Join(d.dir, "addr")
	_ = os.Remove(addr) // of the life before
	d.command = exec.Command(d.bin, "run", "--config", filepath.Join(d.dir, "kapwatch.yaml"), "--addr-file", addr)
	d.command.Stderr = &d.log
	if err := d.command.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.until("the daemon answers", func() bool { return d.get("/livez", nil) == http.StatusOK })
}

// kill ends it the hard way.
func (d *daemonProcess) kill() {
	if d.command == nil {
		return
	}
	_ = d.command.Process.Kill()
	_ = d.command.Wait() // "signal: killed" is what we asked for
	d.command = nil
}

// stop ends it as systemd does, and returns the exit code.
func (d *daemonProcess) stop() int {
	d.t.Helper()
	if err := d.command.Process.Signal(syscall.SIGTERM); err != nil {
		d.t.Fatal(err)
	}
	_ = d.command.Wait() // the code says more than the error
	code := d.command.ProcessState.ExitCode()
	d.command = nil
	return code
}

func (d *daemonProcess) get(path string, into any) int {
	addr, err := os.ReadFile(filepath.Join(d.dir, "addr"))
	if err != nil {
		return 0
	}
	resp, err := http.Get("http://" + strings.TrimSpace(string(addr)) + path)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && into != nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		d.t.Errorf("GET %s: %v", path, err)
	}
	return resp.StatusCode
}

func (d *daemonProcess) until(what string, ok func() bool) {
	d.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatalf("%s: not within 30 s\n%s", what, d.log.String())
		}
	}
}

func e2eFiling(index int64) kapsim.Filing {
	return kapsim.Filing{Filing: monitor.Filing{
		Index: index, PublishedAt: time.Now().Truncate(time.Second), Company: "AKSA ENERJİ ÜRETİM A.Ş.", Tickers: []string{"AKSEN"},
		Class: "ODA", Type: "ODA", Group: "ODA", Subject: "Özel Durum Açıklaması (Genel)", RuleType: "-",
		Summary: fmt.Sprintf("Sentetik %d: yeni sözleşme imzalanması", index),
	}}
}

// TestE2EKill kills the daemon at random moments while filings arrive: nothing is lost, nothing comes twice.
func TestE2EKill(t *testing.T) {
	d := newDaemon(t, kapsim.Archive{e2eFiling(1700001)})
	d.start()
	d.until("the baseline", func() bool {
		var v struct{ Ledger struct{ Filings int } }
		d.get("/status", &v)
		return v.Ledger.Filings == 1
	})
	var want []int64
	index := int64(1700010)
	for range 5 {
		for range 3 {
			d.site.Add(e2eFiling(index))
			want = append(want, index)
			index += 2
			time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
		}
		time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond)
		d.kill()
		d.start()
	}
	sent := func(i int64) int {
		n := d.slack.Count(fmt.Sprintf("%d-energy", i))
		for _, p := range d.slack.History("C0123456789") {
			if strings.HasPrefix(p.ID, "digest-") && strings.Contains(string(p.Blocks), fmt.Sprintf("/Bildirim/%d", i)) {
				n++
			}
		}
		return n
	}
	d.until("every alert", func() bool {
		for _, i := range want {
			if sent(i) == 0 {
				return false
			}
		}
		var v struct{ Alerts struct{ Pending int } }
		d.get("/status", &v)
		return v.Alerts.Pending == 0
	})
	for _, i := range want {
		if n := sent(i); n != 1 {
			t.Errorf("filing %d was sent %d times", i, n)
		}
		var v monitor.DetailView
		if code := d.get(fmt.Sprintf("/filings/%d", i), &v); code != http.StatusOK || v.Index != i {
			t.Errorf("filing %d: HTTP %d", i, code)
		}
	}
	if sent(1700001) != 0 {
		t.Error("the baseline was alerted")
	}
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
}

// TestE2ESecondDaemon: the second on one file ends within 3 s with a clear line.
func TestE2ESecondDaemon(t *testing.T) {
	d := newDaemon(t, kapsim.Archive{e2eFiling(1700001)})
	d.start()
	begun := time.Now()
	out, err := exec.Command(d.bin, "run", "--config", filepath.Join(d.dir, "kapwatch.yaml")).CombinedOutput()
	if took := time.Since(begun); err == nil || took > 3*time.Second || !strings.Contains(string(out), "kapwatch: error: ") || !strings.Contains(string(out), "kapwatch: hint: ") {
		t.Errorf("after %v: %v\n%s", took, err, out)
	}
	why, err := exec.Command(d.bin, "filings", "--config", filepath.Join(d.dir, "kapwatch.yaml")).CombinedOutput()
	if err != nil || !strings.Contains(string(why), "1700001") {
		t.Errorf("filings beside the daemon: %v\n%s", err, why)
	}
}
