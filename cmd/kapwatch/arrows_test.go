package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows is the layout: who may import whom of ours, and who may import which module of others. Tests may import
// anything.
var arrows = map[string]struct{ ours, others []string }{
	"kapwatch/cmd/kapwatch": {
		[]string{"configs", "monitor", "monitor/classify", "monitor/kap", "monitor/kap/kapsim", "monitor/status", "notify", "store"},
		[]string{"github.com/spf13/cobra", "github.com/goccy/go-yaml", "github.com/coreos/go-systemd", "github.com/prometheus/client_golang", "golang.org/x/sync"},
	},
	"kapwatch/configs":            {},
	"kapwatch/monitor":            {[]string{"monitor/classify", "monitor/redline", "monitor/turkish"}, []string{"github.com/robfig/cron", "github.com/prometheus/client_golang"}},
	"kapwatch/monitor/classify":   {[]string{"monitor/turkish"}, nil},
	"kapwatch/monitor/kap":        {[]string{"monitor", "monitor/turkish"}, []string{"github.com/PuerkitoBio/goquery", "github.com/prometheus/client_golang", "golang.org/x/net", "golang.org/x/time"}},
	"kapwatch/monitor/kap/kapsim": {[]string{"monitor"}, nil},
	"kapwatch/monitor/redline":    {},
	"kapwatch/monitor/status":     {[]string{"monitor", "monitor/redline", "monitor/turkish"}, []string{"github.com/prometheus/client_golang"}},
	"kapwatch/monitor/turkish":    {nil, []string{"golang.org/x/text"}},
	"kapwatch/notify":             {[]string{"monitor"}, []string{"github.com/slack-go/slack", "github.com/prometheus/client_golang"}},
	"kapwatch/notify/slacksim":    {},
	"kapwatch/store":              {[]string{"monitor", "monitor/classify", "monitor/turkish"}, []string{"go.etcd.io/bbolt"}},
}

func TestArrows(t *testing.T) {
	if testing.Short() {
		t.Skip("go list takes half a second")
	}
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "kapwatch/...").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		allowed, ok := arrows[p.ImportPath]
		if !ok {
			t.Errorf("package %s is not in the table", p.ImportPath)
			continue
		}
		for _, i := range p.Imports {
			switch {
			case strings.HasPrefix(i, "kapwatch/"):
				if !slices.Contains(allowed.ours, strings.TrimPrefix(i, "kapwatch/")) {
					t.Errorf("%s imports %s", p.ImportPath, i)
				}
			case strings.Contains(strings.Split(i, "/")[0], "."):
				if !slices.ContainsFunc(allowed.others, func(o string) bool { return i == o || strings.HasPrefix(i, o+"/") }) {
					t.Errorf("%s imports %s", p.ImportPath, i)
				}
			}
		}
	}
	if seen != len(arrows) {
		t.Errorf("%d packages seen, the table has %d", seen, len(arrows))
	}
}
