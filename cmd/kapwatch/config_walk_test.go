package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
)

// configFile puts text into a configuration file.
func configFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kapwatch.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// nonsense is values that a key must refuse, by its dotted name. A key that refuses no text at all is listed with
// the wrong kind of value.
var nonsense = map[string][]string{
	"source.base_url":            {`""`, "kap.org.tr", "http://www.kap.org.tr", "ftp://127.0.0.1", "https://", "https://kap.org.tr/?q=1", "https://me:pw@kap.org.tr", "[a]"},
	"source.user_agent":          {`"a\nb"`, "{}", "true"},
	"source.schedule":            {"[]", `[""]`, `["* * * * *"]`, `["61 * * * * *"]`, `["TZ=Europe/Istanbul"]`, `["TZ=Nowhere 0 * * * * *"]`, `"0 * * * * *"`, "[1]", "{}"},
	"source.readers":             {"[]", "[pages]", "[page, page]", "page"},
	"source.cross_check":         {"hourly", "[a]"},
	"source.details":             {`""`, "some", "true", "Matched"},
	"source.funds":               {"YF", "[[YF]]"},
	"source.requests_per_second": {"0", "-1", `"1"`, "fast", ".nan", "[1]", "true"},
	"source.catch_up":            {"0", "-1h", "72", "3d", `""`, "[72h]", "true"},
	"store.path":                 {"data/", "{a: b}", "false"},
	"store.retention":            {"-1h", "1y", "7", "[0]"},
	"classify.file":              {"/nonexistent/categories.yaml", "[a]"},
	"slack.token_file":           {"xoxb-1", "/nonexistent/token", "[a]"},
	"slack.app_token_file":       {"token", "{}"},
	"slack.api_url":              {`""`, "http://slack.com/api/", "slack", "[a]"},
	"status.listen":              {"8420", "localhost", "127.0.0.1:http", "127.0.0.1:65536", "127.0.0.1:-1", "unix:status.sock", "unix:/run/", "::1:8420", "[a]", `"unix:/` + strings.Repeat("x", 107) + `"`},
	"status.token_file":          {"/nonexistent/token", "https://x.example/y", "[a]"},
	"health.stale_after":         {"0", "-5m", "5", "soon", "{}"},
	"health.route":               {"nobody", "[a]"},
	"routes.name":                {`""`, `" a"`, "a/b", ".hidden", `"a\tb"`, strings.Repeat("x", 65), "[a]", "true"},
	"routes.tickers":             {"AKSEN", `[""]`, "[[A]]", "{}"},
	"routes.categories":          {"[mouu]", "mou", "[~]"},
	"routes.terms":               {"gaz", `[""]`, "[{}]"},
	"routes.unless":              {"gaz", `[""]`, "[true]"},
	"routes.classes":             {"[ODAA]", "[oda]", "ODA"},
	"routes.max_tickers":         {"-1", "1.5", "many", `"10"`, "[10]", "99999999999999999999"},
	"routes.language":            {`""`, "de", "TR", "[tr]"},
	"routes.to":                  {"{}", "terminal", "{webhook_file: x, terminal: true}", "{terminal: false}", "{chanel: C0123456789}", `{slack: ""}`, "{slack: [a]}", "{terminal: 1}", `{webhook_file: ""}`, "{webhook_file: /nonexistent/hook}"},
	"routes.deliver":             {`""`, "later", "[instant]"},
	"routes.digest":              {`["0 30 9 * *"]`, "09:30", "[1]"},
	"routes.quiet":               {"22:00", `"22:00-22:00"`, `"22-7"`, `"25:00-07:00"`, "[a]"},
	"routes.thread_updates":      {"yes", "1", `"true"`, "[true]"},
	"routes.operators_only":      {"on", "0", "{}"},
}

func TestNonsense(t *testing.T) {
	for section := range reflect.TypeFor[Config]().Fields() {
		inner := section.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		for _, key := range keys(inner) {
			if name := yamlName(section) + "." + key; len(nonsense[name]) == 0 {
				t.Errorf("no nonsense for %s", name)
			}
		}
	}
	for name, values := range nonsense {
		section, key, _ := strings.Cut(name, ".")
		for _, value := range values {
			t.Run(name+"="+value, func(t *testing.T) {
				text, line := section+":\n  "+key+": "+value+"\n", 2
				if section == "routes" {
					text, line = "routes:\n  -\n", 3
					if key != "name" {
						text, line = text+"    name: r\n", line+1
					}
					text += "    " + key + ": " + value + "\n"
					if key != "to" {
						text += "    to: {terminal: true}\n"
					}
				}
				_, _, err := LoadConfig(configFile(t, text), configEnv(nil))
				faults, ok := errors.AsType[Faults](err)
				if !ok {
					t.Fatalf("%s loads", value)
				}
				if len(faults) != 1 {
					t.Errorf("one nonsense, %d faults: %v", len(faults), faults)
				}
				if f := faults[0]; f.Line != line || f.Column < 1 || !strings.Contains(f.Place, key) && name != "routes.to" || f.What == "" || f.Hint == "" {
					t.Errorf("fault %+v, want one at line %d about %s", f, line, key)
				}
			})
		}
	}
}

func TestPlaces(t *testing.T) {
	// Columns count characters, whatever comes before on the line and whatever ends it.
	for name, text := range map[string]string{
		"windows":         "source:\r\n  {user_agent: \"ğüşİ\", details: some}\r\n",
		"byte order mark": "\uFEFFsource:\n  {user_agent: \"ğüşİ\", details: some}\n",
		"comments":        "source: # ş\n  {user_agent: 'ğüşİ', details: some} # ç\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := LoadConfig(configFile(t, text), configEnv(nil))
			faults, _ := err.(Faults)
			if len(faults) != 1 || faults[0].Line != 2 || faults[0].Column != 33 {
				t.Errorf("faults %+v, want one at 2:33", faults)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"chanel", "channel"},
		{"Channel", "channel"},
		{"cahnnel", "channel"},
		{"token", "token_file"},
		{"schedul", "schedule"},
		{"mua", ""},
		{"", ""},
		{"xyz", ""},
		{strings.Repeat("channel", 1000), ""},
	} {
		if got := nearest(c.word, []string{"channel", "token_file", "schedule", "mou"}); got != c.want {
			t.Errorf("nearest(%.20q) = %q, want %q", c.word, got, c.want)
		}
	}
}

// FuzzConfig: no file makes a panic; each fault has its place and stands on one line; what loads can be shown and
// loaded again.
func FuzzConfig(f *testing.F) {
	archives, _ := filepath.Glob("testdata/config/*.txtar")
	for _, name := range archives {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(a.Files[0].Data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		w := newWalker("kapwatch.yaml")
		c := DefaultConfig(configEnv(nil))
		w.decode([]byte(text), &c)
		k := checker{walker: w, c: &c}
		if !w.broken {
			c.Classify.File = "" // it could name any file of this machine
			k.check()
		}
		faults := w.finish(append(w.faults, w.warnings...))
		for _, fault := range faults {
			if strings.ContainsAny(fault.Error()+fault.Hint, "\n\r") || fault.Line > strings.Count(text, "\n")+strings.Count(text, "\r")+2 {
				t.Errorf("fault %+v", fault)
			}
		}
		if len(faults) == 0 && utf8.ValidString(text) {
			roundTrip(t, c, configEnv(nil), false)
		}
	})
}
