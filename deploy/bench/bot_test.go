package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// bot is what KAP bots do: requests, json, a set of what was seen. It prints its CPU in ms a poll.
const bot = `
import requests, resource, sys
url, n, day = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s, seen = requests.Session(), set()
def poll():
    for r in s.post(url + "/tr/api/disclosure/members/byCriteria", json={"fromDate": day, "toDate": day}).json():
        if r["disclosureIndex"] not in seen:
            seen.add(r["disclosureIndex"])
def cpu():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime
poll(); poll()
a = cpu()
for _ in range(n): poll()
print((cpu() - a) / n * 1000)
`

// TestBot measures a quiet poll of 1,999 rows of the whole daemon against that bot: CPU of each process, its own
// fetch included, over loopback. It takes half a minute and runs when KAPWATCH_BOT names a Python with requests.
func TestBot(t *testing.T) {
	if os.Getenv("KAPWATCH_BOT") == "" {
		t.Skip("KAPWATCH_BOT=/usr/bin/python3 names a Python with requests (Debian: python3-requests)")
	}
	day := monitor.Midnight(time.Now()).AddDate(0, 0, -1)
	site := httptest.NewServer(kapsim.New(kapsim.Generate(1999, 1, day), kapsim.Options{}))
	defer site.Close()
	dir := t.TempDir()
	bin := filepath.Join(dir, "kapwatch")
	if out, err := exec.Command("go", "-C", "../..", "build", "-o", bin, "./cmd/kapwatch").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	conf := filepath.Join(dir, "k.yaml")
	text := fmt.Sprintf("source: {base_url: %q, schedule: [\"* * * * * *\"], readers: [criteria], details: none, requests_per_second: 50}\nstore: {path: %q}\nstatus: {listen: \"\"}\n", site.URL, filepath.Join(dir, "k.db"))
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d := exec.Command(bin, "run", "--config", conf)
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Process.Kill(); _ = d.Wait() }()
	time.Sleep(5 * time.Second)
	const polls = 20
	before := ticks(t, d.Process.Pid)
	time.Sleep(polls * time.Second)
	ours := float64(ticks(t, d.Process.Pid)-before) * 10 / polls // a tick is 10 ms

	out, err := exec.Command(os.Getenv("KAPWATCH_BOT"), "-c", bot, site.URL, strconv.Itoa(polls), day.Format(time.DateOnly)).Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("quiet poll of 1,999 rows, CPU of the process: kapwatch %.2f ms, Python bot %.2f ms: %.1f ×", ours, theirs, theirs/max(ours, 0.5))
}

// ticks is the CPU time of a process, user and system (proc(5)).
func ticks(t *testing.T, pid int) int64 {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var sum int64
	for _, s := range f[11:13] {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}
