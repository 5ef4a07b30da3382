package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kapwatch": main})
}

// TestScript runs what an operator types; see testdata/script. Besides testscript's own commands there are:
//
//	exits CODE PROGRAM ARG…   runs it and checks the exit code; stdout and stderr are kept
//	envsubst FILE             puts $KAP into it
//	publish INDEX TEXT [DAYS] the simulated KAP at $KAP lists one more filing of AKSEN, of DAYS days ago
//	answers FILE PATH         waits until the daemon whose address is in FILE answers PATH with 200
//	says FILE PATH TEXT       waits until its answer to PATH holds TEXT
//	drift KEY                 KAP's JSON list calls KEY otherwise from now on
//	mode MODE FILE            checks its permissions
//	flip FILE TEXT            turns one bit of TEXT in it, everywhere
//	sent FILE INDEX           waits until it says that the filing's alert is sent
//
// $DAY0 is today in Istanbul, $DAY1 yesterday, and so on to $DAY9.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			site := kapsim.New(kapsim.Archive{synthetic(1700001, "Baseline")}, kapsim.Options{})
			srv := httptest.NewServer(site)
			e.Defer(srv.Close)
			e.Setenv("KAP", srv.URL)
			e.Values["site"] = site
			for n := range 10 {
				e.Setenv(fmt.Sprintf("DAY%d", n), time.Now().In(monitor.Istanbul).AddDate(0, 0, -n).Format(time.DateOnly))
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":   exits,
			"publish": publish,
			"envsubst": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(ts.ReadFile(args[0]), "$KAP", ts.Getenv("KAP"))), 0o600))
			},
			"says": func(ts *testscript.TestScript, _ bool, args []string) {
				wait(ts, args[0], args[1], func(body []byte) bool { return bytes.Contains(body, []byte(args[2])) })
			},
			"drift": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Value("site").(*kapsim.Server).Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.RenameKey(args[0], "other")})
			},
			"mode": func(ts *testscript.TestScript, _ bool, args []string) {
				info, err := os.Stat(ts.MkAbs(args[1]))
				ts.Check(err)
				if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[0] {
					ts.Fatalf("mode of %s is %s, want %s", args[1], got, args[0])
				}
			},
			"flip": func(ts *testscript.TestScript, _ bool, args []string) {
				data, err := os.ReadFile(ts.MkAbs(args[0]))
				ts.Check(err)
				flipped := []byte(args[1])
				flipped[0] ^= 1
				if !bytes.Contains(data, []byte(args[1])) {
					ts.Fatalf("%q is not in %s", args[1], args[0])
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), bytes.ReplaceAll(data, []byte(args[1]), flipped), 0o600))
			},
			"answers": func(ts *testscript.TestScript, _ bool, args []string) {
				wait(ts, args[0], args[1], func([]byte) bool { return true })
			},
			"sent": func(ts *testscript.TestScript, _ bool, args []string) {
				wait(ts, args[0], "/filings/"+args[1], func(body []byte) bool {
					var v monitor.DetailView
					ts.Check(json.Unmarshal(body, &v))
					return len(v.Alerts) == 1 && v.Alerts[0].State == monitor.Sent
				})
			},
		},
	})
}

func synthetic(index int64, summary string) kapsim.Filing {
	return kapsim.Filing{Filing: monitor.Filing{
		Index: index, PublishedAt: time.Now().Truncate(time.Second), Company: "AKSA ENERJİ ÜRETİM A.Ş.", Tickers: []string{"AKSEN"},
		Class: "ODA", Type: "ODA", Group: "ODA", Subject: "Özel Durum Açıklaması (Genel)", RuleType: "-", Summary: summary,
	}}
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func publish(ts *testscript.TestScript, _ bool, args []string) {
	index, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	f := synthetic(index, args[1])
	if len(args) > 2 {
		days, err := strconv.Atoi(args[2])
		ts.Check(err)
		f.PublishedAt = f.PublishedAt.AddDate(0, 0, -days)
	}
	ts.Value("site").(*kapsim.Server).Add(f)
}

// wait asks until ok, at most 20 s.
func wait(ts *testscript.TestScript, file, path string, ok func([]byte) bool) {
	last := "nothing"
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		addr, err := os.ReadFile(ts.MkAbs(file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		ts.Check(err)
		resp, err := http.Get("http://" + strings.TrimSpace(string(addr)) + path)
		if err != nil {
			last = err.Error()
			continue
		}
		body, err := io.ReadAll(resp.Body)
		ts.Check(errors.Join(err, resp.Body.Close()))
		last = resp.Status + " " + string(body)
		if resp.StatusCode == http.StatusOK && ok(body) {
			return
		}
	}
	ts.Fatalf("%s: not within 20 s; last: %s", path, last)
}
