package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kapwatch/configs"
	"kapwatch/monitor"
	"kapwatch/monitor/classify"
)

func TestFindConfig(t *testing.T) {
	t.Chdir(t.TempDir())
	named := configEnv(map[string]string{"KAPWATCH_CONFIG": "named.yaml"})
	if got := FindConfig("flag.yaml", named); got != "flag.yaml" {
		t.Errorf("with --config: %q", got)
	}
	if got := FindConfig("", named); got != "named.yaml" {
		t.Errorf("with $KAPWATCH_CONFIG: %q", got)
	}
	if got := FindConfig("", configEnv(nil)); got == "kapwatch.yaml" {
		t.Errorf("without any file: %q", got)
	}
	if err := os.WriteFile("kapwatch.yaml", []byte("store: {path: here.db}"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, _, err := LoadConfig("", configEnv(nil))
	if err != nil || c.Store.Path != "here.db" {
		t.Errorf("with ./kapwatch.yaml: path %q, %v", c.Store.Path, err)
	}
	for _, path := range []string{"missing.yaml", "."} {
		_, _, err := LoadConfig(path, configEnv(nil))
		if faults, _ := errors.AsType[Faults](err); len(faults) != 1 || faults[0].File != path || faults[0].Hint == "" {
			t.Errorf("LoadConfig(%q): %v, want one fault of that file", path, err)
		}
	}
}

func TestStorePath(t *testing.T) {
	systemd := map[string]string{"STATE_DIRECTORY": "/var/lib/kapwatch:/var/lib/other"}
	for _, c := range []struct {
		text string
		env  map[string]string
		want string
	}{
		{"", nil, "kapwatch.db"},
		{"", systemd, "/var/lib/kapwatch/kapwatch.db"},
		{`store: {path: ""}`, systemd, "/var/lib/kapwatch/kapwatch.db"},
		{"store: {path: other.db}", systemd, "other.db"},
	} {
		got, _, err := LoadConfig(configFile(t, c.text), configEnv(c.env))
		if err != nil || got.Store.Path != c.want {
			t.Errorf("%q: store.path %q, %v, want %q", c.text, got.Store.Path, err, c.want)
		}
	}
}

func TestInstalledConfigurationNamesTheInstalledLedger(t *testing.T) {
	for file, want := range map[string]string{"/etc/kapwatch/kapwatch.yaml": "/var/lib/kapwatch/kapwatch.db", "/etc/other.yaml": "kapwatch.db", "": "kapwatch.db"} {
		if got := defaultStorePath(file, configEnv(nil)); got != want {
			t.Errorf("defaultStorePath(%q) = %q, want %q", file, got, want)
		}
	}
}

func TestMonitorRoutes(t *testing.T) {
	c, _, err := LoadConfig(configFile(t, `
routes:
  - name: energy
    tickers: [AKSEN]
    terms: ["doğal gaz"]
    classes: [DKB, FR]
    language: en
    to: {terminal: true}
    deliver: digest
    quiet: "22:00-07:30"
    thread_updates: false
  - name: rest
    to: {terminal: true}
`), configEnv(nil))
	if err != nil {
		t.Fatal(err)
	}
	routes, err := c.MonitorRoutes()
	if err != nil {
		t.Fatal(err)
	}
	if len(routes[0].Terms) != 1 || routes[0].Terms[0].String() != "doğal gaz" || len(routes[0].DigestAt) != 2 {
		t.Errorf("terms %v, digest %v", routes[0].Terms, routes[0].DigestAt)
	}
	want := []monitor.Route{
		{
			Name: "energy", Tickers: []string{"AKSEN"}, Classes: []string{"DUY", "FR"}, MaxTickers: 10, Language: monitor.English,
			To: monitor.Target{Terminal: true}, Digest: true,
			Quiet: monitor.Quiet{From: 22 * time.Hour, To: 7*time.Hour + 30*time.Minute},
		},
		{Name: "rest", MaxTickers: 10, Language: monitor.Turkish, To: monitor.Target{Terminal: true}, ThreadUpdates: true},
	}
	if diff := cmp.Diff(want, routes, cmpopts.IgnoreFields(monitor.Route{}, "Terms", "DigestAt"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	polls, err := c.Polls()
	from := time.Date(2026, 11, 23, 9, 0, 1, 0, monitor.Istanbul)
	if next := polls.Next(from); err != nil || !next.Equal(from.Add(29*time.Second)) {
		t.Errorf("next poll %v, %v", next, err)
	}
	c.Source.CrossCheck = ""
	if cross, err := c.CrossChecks(); cross != nil || err != nil {
		t.Errorf("an empty cross_check is %v, %v", cross, err)
	}
}

// TestConfigs loads every file of configs/.
func TestConfigs(t *testing.T) {
	files, err := filepath.Glob("../../configs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		switch filepath.Base(path) {
		case "kapwatch.yaml":
			testExample(t, data)
		case "slack-app-manifest.yaml":
			testManifest(t, data)
		case "categories.yaml":
			if _, _, faults := loadRules(path); len(faults) > 0 {
				t.Errorf("%s: %v", path, faults)
			}
		case "calendar.yaml":
			if _, err := calendar(); err != nil {
				t.Error(err)
			}
		default:
			t.Errorf("%s is loaded by no test", path)
		}
	}
}

// testExample: as it stands the example is the built-in configuration, and with its routes switched on it is valid
// too. It shows every key there is.
func testExample(t *testing.T, data []byte) {
	load := func(text string) Config {
		c, warnings, err := ReadConfig(configFile(t, text), configEnv(nil))
		if err != nil || len(warnings) > 0 {
			t.Fatalf("configs/kapwatch.yaml: %v, warnings %v", err, warnings)
		}
		return c
	}
	if diff := cmp.Diff(DefaultConfig(configEnv(nil)), load(string(data)), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("configs/kapwatch.yaml is not the default (-default +file):\n%s", diff)
	}
	before, routes, ok := strings.Cut(string(data), "routes: []\n")
	routes, after, ok2 := strings.Cut(routes, "\n\n")
	if !ok || !ok2 {
		t.Fatal("the example's routes are not where they were")
	}
	routes = regexp.MustCompile(`(?m)^# ?`).ReplaceAllString(routes, "")
	c := load(before + routes + "\n\n" + strings.Replace(after, `route: ""`, "route: ops", 1))
	if len(c.Routes) != 2 || c.Routes[0].Quiet == "" || !c.Routes[1].OperatorsOnly {
		t.Errorf("the example's routes are %+v", c.Routes)
	}
	for _, key := range keys(reflect.TypeFor[RouteConfig]()) {
		if !strings.Contains(routes, key+": ") {
			t.Errorf("configs/kapwatch.yaml does not show the key %s of a route", key)
		}
	}
	for section := range reflect.TypeFor[Config]().Fields() {
		if section.Type.Kind() != reflect.Struct {
			continue
		}
		for _, key := range keys(section.Type) {
			if !regexp.MustCompile(`(?m)^  ` + key + `:`).Match(data) {
				t.Errorf("configs/kapwatch.yaml does not show %s.%s", yamlName(section), key)
			}
		}
	}
}

// testManifest holds the manifest against what Slack's schema for manifests asks (slackapi/manifest-schema, 2026)
// and against what this version needs: not one scope more.
func testManifest(t *testing.T, data []byte) {
	var m struct {
		Metadata struct {
			Major int `yaml:"major_version"`
		} `yaml:"_metadata"`
		Display struct {
			Name        string `yaml:"name"`
			Description string `yaml:"description"`
			Background  string `yaml:"background_color"`
		} `yaml:"display_information"`
		Features struct {
			Bot struct {
				Name   string `yaml:"display_name"`
				Online bool   `yaml:"always_online"`
			} `yaml:"bot_user"`
		} `yaml:"features"`
		OAuth struct {
			Scopes struct {
				Bot []string `yaml:"bot"`
			} `yaml:"scopes"`
		} `yaml:"oauth_config"`
		Settings map[string]bool `yaml:"settings"`
	}
	if err := yaml.UnmarshalWithOptions(data, &m, yaml.Strict()); err != nil {
		t.Fatalf("configs/slack-app-manifest.yaml: %v", err)
	}
	if n := len([]rune(m.Display.Name)); n == 0 || n > 35 || len([]rune(m.Display.Description)) > 140 || len(m.Features.Bot.Name) > 80 {
		t.Errorf("a name or description is too long for Slack: %+v", m)
	}
	if want := []string{"chat:write", "channels:history", "groups:history"}; !slices.Equal(m.OAuth.Scopes.Bot, want) {
		t.Errorf("scopes %v, want %v", m.OAuth.Scopes.Bot, want)
	}
	if slices.Contains(slices.Collect(maps.Values(m.Settings)), true) {
		t.Errorf("settings %v, want all false", m.Settings)
	}
}

func TestBuiltInCategories(t *testing.T) {
	// The ids of the manual, which configurations out there name.
	want := strings.Fields("contract tender mou ma capital dividend buyback insider report rating legal management licence" +
		" investment guidance halt distress debt npl meeting operational form other")
	rules, classifier, faults := loadRules("")
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var ids []string
	for _, c := range rules.Categories {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	slices.Sort(want)
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("built-in categories (-want +got):\n%s", diff)
	}
	// An empty list is an answer: meeting is not asked of bodies.
	if got := classifier.Classify(classify.Text{Body: "Olağan Genel Kurul Toplantısı 15 Mayıs'ta yapılacaktır."}).Categories; !slices.Equal(got, []string{"other"}) {
		t.Errorf("body: [] is not obeyed: %v", got)
	}
	if classifier.Label("mou", "tr") == "" || len(configs.Categories) == 0 {
		t.Error("the built-in categories have no labels")
	}
}

func ExampleLoadConfig() {
	dir, err := os.MkdirTemp("", "kapwatch")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "kapwatch.yaml")
	err = os.WriteFile(path, []byte(`source:
  shedule: ["0 * * * * *"]
  catch_up: 72
routes:
  - name: energy
    tickers: [AKSEN]
    deliver: instand
    to: {terminal: true}
`), 0o644)
	if err != nil {
		panic(err)
	}
	_, _, err = LoadConfig(path, func(string) string { return "" })
	if faults, ok := errors.AsType[Faults](err); ok {
		var b strings.Builder
		faults.Print(&b)
		fmt.Print(strings.ReplaceAll(b.String(), dir+"/", ""))
	}
	// Output:
	// kapwatch: error: kapwatch.yaml:2:3: source: unknown key "shedule"
	// kapwatch: hint: did you mean "schedule"?
	// kapwatch: error: kapwatch.yaml:3:13: source.catch_up: not a duration: "72"
	// kapwatch: hint: say of what: 72h, 72m or 72s
	// kapwatch: error: kapwatch.yaml:7:14: routes[0] "energy": deliver: unknown "instand"
	// kapwatch: hint: did you mean "instant"?
}

func ExampleConfig_Show() {
	var c Config
	c.Source.Schedule = []string{"0 * * * * *"}
	c.Source.CatchUp = 90 * time.Minute
	c.Routes = []RouteConfig{{Name: "energy", Terms: []string{"=MoU"}, To: TargetConfig{Slack: "C0123456789"}}}
	var b bytes.Buffer
	if err := c.Show(&b); err != nil {
		panic(err)
	}
	for line := range strings.Lines(b.String()) {
		if !strings.HasSuffix(line, " \"\"\n") && !strings.HasSuffix(line, " []\n") && !strings.HasSuffix(line, " 0\n") {
			fmt.Print(line)
		}
	}
	// Output:
	// source:
	//   schedule:
	//     - "0 * * * * *"
	//   catch_up: 1h30m
	// store:
	// classify:
	// slack:
	// routes:
	//   - name: energy
	//     terms:
	//       - "=MoU"
	//     to:
	//       slack: C0123456789
	//     thread_updates: false
	//     operators_only: false
	// status:
	// health:
}
