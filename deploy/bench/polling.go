package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// benchmark runs benchmarks of the product's own and gives, for each by its name and unit, the median of what they
// report: "BenchmarkQuietPage/kapwatch ns/op".
func (b *bench) benchmark(pattern, pkg string, flags ...string) (map[string]float64, error) {
	cmd := exec.CommandContext(b.ctx, "go", append([]string{"test", "-run", "-", "-bench", pattern}, append(flags, pkg)...)...)
	cmd.Dir = filepath.Join("..", "..")
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("benchmark %s: %w: %s%s", pkg, err, log.Bytes(), out.Bytes())
	}
	return medians(out.String()), nil
}

// medians reads what go test -bench prints.
func medians(out string) map[string]float64 {
	all := map[string][]float64{}
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		name := f[0]
		if i := strings.LastIndexByte(name, '-'); i > 0 { // the number of processors
			name = name[:i]
		}
		for i := 2; i+1 < len(f); i += 2 {
			if v, err := strconv.ParseFloat(f[i], 64); err == nil {
				key := name + " " + f[i+1]
				all[key] = append(all[key], v)
			}
		}
	}
	got := map[string]float64{}
	for key, list := range all {
		got[key] = median(list)
	}
	return got
}

func times(theirs, ours float64) string { return fmt.Sprintf("%.3g ×", theirs/ours) }
func nanos(v float64) string            { return short(time.Duration(v)) }
func kilo(v float64) string             { return fmt.Sprintf("%.1f kB", v/1e3) }

// polled measures what a poll costs that finds nothing, or five filings, among 2,000 rows as the site writes them.
func (b *bench) polled() error {
	got, err := b.benchmark("Quiet|News", "./monitor/kap", "-benchtime", "300ms", "-count", "5")
	if err != nil {
		return err
	}
	for _, r := range []struct{ what, goal, ours, theirs, name string }{
		{"quiet poll of the page, 2,000 rows, CPU", "≥ 50 ×", "QuietPage/kapwatch ns/op", "QuietPage/goquery-naive ns/op", "naive goquery"},
		{"quiet poll of the page, bytes allocated", "≥ 100 ×", "QuietPage/kapwatch B/op", "QuietPage/goquery-naive B/op", "naive goquery"},
		{"quiet poll of the JSON list, CPU", "≥ 5 ×", "QuietList/kapwatch ns/op", "QuietList/encoding-json ns/op", "encoding/json into structs"},
		{"five new rows every other poll of the page, CPU", "", "News/page/kapwatch ns/op", "", ""},
		{"five new rows every other poll of the list, CPU", "", "News/criteria/kapwatch ns/op", "", ""},
	} {
		show := nanos
		if strings.HasSuffix(r.ours, "B/op") {
			show = kilo
		}
		ours, ok := got["Benchmark"+r.ours]
		if !ok {
			return fmt.Errorf("benchmark ./monitor/kap reports no %q", r.ours)
		}
		if r.theirs == "" {
			b.add(r.what, r.goal, show(ours), "", "")
			continue
		}
		theirs, ok := got["Benchmark"+r.theirs]
		if !ok {
			return fmt.Errorf("benchmark ./monitor/kap reports no %q", r.theirs)
		}
		b.add(r.what, r.goal, show(ours), r.name+" "+show(theirs), times(theirs, ours))
	}
	if err := b.botted(); err != nil {
		return err
	}
	got, err = b.benchmark("Pipeline", "./monitor", "-benchtime", "25x")
	if err != nil {
		return err
	}
	p50, site := got["BenchmarkPipeline p50-ms"], got["BenchmarkPipeline site-ms"]
	if p50 == 0 {
		return errors.New("benchmark ./monitor reports no p50-ms of the pipeline")
	}
	b.add("row visible to Slack post, the site's own time taken off, p50", "< 10 ms", fmt.Sprintf("%.1f ms", p50), fmt.Sprintf("the site's own time %.1f ms", site), "")
	return nil
}

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

// botted measures a quiet poll of 1,999 rows of the whole daemon against that bot: CPU of each process, its own fetch
// included, over loopback. What of the ledger's file has changed meanwhile tells whether quiet polls write.
func (b *bench) botted() error {
	const polls = 20
	day := monitor.Midnight(time.Now()).AddDate(0, 0, -1)
	site := httptest.NewServer(kapsim.New(kapsim.Generate(1999, 1, day), kapsim.Options{}))
	defer site.Close()
	config, ledger := filepath.Join(b.dir, "bot.yaml"), filepath.Join(b.dir, "bot.db")
	text := fmt.Sprintf("source: {base_url: %q, schedule: [\"* * * * * *\"], readers: [criteria], details: none, requests_per_second: 50}\nstore: {path: %q}\nstatus: {listen: \"\"}\n", site.URL, ledger)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	d := exec.CommandContext(b.ctx, b.binary(), "run", "--config", config)
	if err := d.Start(); err != nil {
		return err
	}
	ours, same, err := quiet(d.Process.Pid, ledger, polls)
	if err := errors.Join(err, d.Process.Signal(os.Interrupt), d.Wait()); err != nil {
		return fmt.Errorf("quiet daemon: %w", err)
	}
	wrote := "the file is not as it was"
	if same {
		wrote = "0"
	}
	b.add(fmt.Sprintf("write transactions of %d quiet polls", polls), "0", wrote, "", "")
	const what = "quiet poll of the whole process, fetch included, CPU"
	out, err := exec.CommandContext(b.ctx, "python3", "-c", bot, site.URL, strconv.Itoa(polls), day.Format(time.DateOnly)).Output()
	if err != nil {
		b.add(what, "< 5 ms, ≥ 5 ×", fmt.Sprintf("%.2f ms", ours), "not measured: there is no python3 with requests here", "")
		return b.ctx.Err()
	}
	theirs, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		return fmt.Errorf("read what the Python bot says: %w", err)
	}
	b.add(what, "< 5 ms, ≥ 5 ×", fmt.Sprintf("%.2f ms", ours), fmt.Sprintf("Python bot (requests, json, a set) %.2f ms", theirs), times(theirs, ours))
	return nil
}

// quiet gives the CPU in ms that a daemon takes for each of n polls, one a second, and whether its ledger's file is the
// same after them.
func quiet(pid int, ledger string, n int) (each float64, same bool, err error) {
	time.Sleep(5 * time.Second) // it starts, and records what there is
	hash := func() [sha256.Size]byte {
		content, fault := os.ReadFile(ledger)
		err = errors.Join(err, fault)
		return sha256.Sum256(content)
	}
	file, before := hash(), ticks(pid)
	time.Sleep(time.Duration(n) * time.Second)
	each = float64(ticks(pid)-before) * 10 / float64(n) // a tick is 10 ms
	same = file == hash()
	if err == nil && each == 0 {
		err = errors.New("it took no time that could be measured")
	}
	return each, same, err
}

// ticks is the CPU time of a process, user and system (proc(5)), 0 once it is gone.
func ticks(pid int) (sum int64) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	for _, s := range f[11:13] {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			sum += n
		}
	}
	return sum
}
