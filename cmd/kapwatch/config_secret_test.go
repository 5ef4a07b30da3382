package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadSecret(t *testing.T) {
	dir := t.TempDir()
	credentials := filepath.Join(dir, "credentials")
	if err := os.Mkdir(credentials, 0o700); err != nil {
		t.Fatal(err)
	}
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil { // whatever the umask
			t.Fatal(err)
		}
		return path
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(file("target", "SECRET", 0o644), link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, want, fault string }{
		{"plain", file("a", "SECRET\n", 0o600), "SECRET", ""},
		{"read-only, Windows line end", file("b", "SECRET\r\n", 0o400), "SECRET", ""},
		{"no line end", file("c", "SECRET", 0o700), "SECRET", ""},
		{"group may read", file("d", "SECRET", 0o640), "", "group or others"},
		{"others may read", file("e", "SECRET", 0o604), "", "group or others"},
		{"link to an open file", link, "", "group or others"},
		{"credential of any mode", file("credentials/f", "SECRET", 0o444), "SECRET", ""},
		{"out of the credentials again", filepath.Join(credentials, "..", "d"), "", "group or others"},
		{"a name that only begins alike", file("credentials-not", "SECRET", 0o644), "", "group or others"},
		{"empty", file("g", "", 0o600), "", "empty"},
		{"only a line end", file("h", "\n", 0o600), "", "empty"},
		{"blank inside", file("i", "SECRET SECRET", 0o600), "", "more than one word"},
		{"blank at the end", file("j", "SECRET ", 0o600), "", "more than one word"},
		{"long", file("k", strings.Repeat("SECRET", 10_000), 0o600), "", "too long"},
		{"folder", credentials, "", "regular"},
		{"device", "/dev/zero", "", "regular"},
		{"not there", filepath.Join(dir, "nothing"), "", "no such file"},
		{"the secret in place of its path", "SECRET", "", "no file of that name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readSecret(c.path, credentials)
			if got != c.want || (err == nil) != (c.fault == "") {
				t.Fatalf("readSecret = %q, %v, want %q, %q", got, err, c.want, c.fault)
			}
			if err != nil && (!strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), "SECRET")) {
				t.Errorf("readSecret: %v, want %q and no secret", err, c.fault)
			}
		})
	}
	if below("anything", "") || below(dir, credentials) || !below(credentials, credentials+"/") {
		t.Error("below is wrong at the edges")
	}
}

func TestReadConfigAsksForNoSecret(t *testing.T) {
	path := configFile(t, `
slack: {token_file: /nonexistent/slack-token}
routes:
  - {name: a, to: {slack: C0123456789}}
  - {name: b, to: {webhook_file: /nonexistent/webhook}}
  - {name: c, to: {webhook_file: ""}}
status: {listen: "0.0.0.0:0"}
`)
	c, warnings, err := ReadConfig(path, configEnv(nil))
	if err != nil || len(warnings) > 0 {
		t.Fatalf("ReadConfig: %v, warnings %v", err, warnings)
	}
	routes, err := c.MonitorRoutes()
	if err != nil || len(routes) != 3 || routes[2].To.Webhook == "" {
		t.Errorf("MonitorRoutes = %+v, %v, want three with a target each", routes, err)
	}
	if _, _, err := LoadConfig(path, configEnv(nil)); err == nil {
		t.Error("LoadConfig took the same file without its secrets")
	}
}

func TestCheckURL(t *testing.T) {
	for raw, ok := range map[string]bool{
		"https://www.kap.org.tr": true, "https://www.kap.org.tr/": true, "https://proxy.example:8443/kap": true,
		"http://127.0.0.1:1": true, "http://127.8.9.10": true, "http://[::1]:1": true, "http://localhost:1/x/": true,
		"http://LOCALHOST": true, "http://[::ffff:127.0.0.1]": true,
		"http://www.kap.org.tr": false, "http://127.0.0.1.example": false, "http://localhost.example": false,
		"http://10.0.0.1": false, "http://0.0.0.0": false, "https://": false, "https://:443": false, "": false,
		"www.kap.org.tr": false, "file:///etc/passwd": false, "https://u:p@kap.org.tr": false, "https://kap.org.tr?": false,
		"https://kap.org.tr#x": false, "http://127.0.0.1\n": false, "https://%zz": false, "unix:/run/x": false,
	} {
		if err := checkURL(raw); (err == nil) != ok {
			t.Errorf("checkURL(%q) = %v, want ok %v", raw, err, ok)
		}
	}
}

func TestImpolite(t *testing.T) {
	for _, c := range []struct {
		lines        string
		never, often bool
	}{
		{"*/30 * 8-20 * * MON-FRI|0 */2 * * * *", false, false},
		{"*/10 * * * * *", false, false},
		{"*/9 * * * * *", false, true},
		{"* * * * * *", false, true},
		{"* 30 9 * * MON", false, true},
		{"* * * 29 2 *", false, true},
		{"*/10 * * * * *|5/10 * * * * *", false, true},
		{"@every 5s", false, true},
		{"@hourly", false, false},
		{"0 0 0 30 2 *", true, false},
		{"no cron line", false, false},
	} {
		never, often := impolite(strings.Split(c.lines, "|"))
		if never != c.never || often != c.often {
			t.Errorf("impolite(%q) = %v, %v, want %v, %v", c.lines, never, often, c.never, c.often)
		}
	}
}

// What every filing is compared with is bounded, and a file that is too large is not read.
func TestConfigIsBounded(t *testing.T) {
	many := func(n int, item string) string { return strings.Repeat(item, n) }
	for name, x := range map[string]struct{ text, want string }{
		"routes":     {"routes:\n" + many(1001, "  - {name: x, to: {terminal: true}}\n"), "1001 routes, at most 1000"},
		"terms":      {"routes:\n  - {name: x, to: {terminal: true}, terms: [" + many(10_001, "a,") + "]}\n", "10001 terms, at most 10000"},
		"bytes":      {"#" + many(maxConfig, "x"), "larger than"},
		"references": {"a: &a [x,x]\nb: &b [*a,*a,*a]\nroutes:\n  - {name: x, to: {terminal: true}, terms: *b}\n", "want text, found a list"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := LoadConfig(configFile(t, x.text), configEnv(nil))
			if err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("%.300v, want %q", err, x.want)
			}
		})
	}
}
