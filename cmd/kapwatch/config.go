package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"
)

// Config is the whole configuration; each field's comment is its manual. Relative paths are taken from the working
// directory. It never holds a secret, only the paths of the files that do.
type Config struct {
	Source struct {
		// BaseURL is where KAP answers. https; http only for a loopback host (tests, proxies).
		BaseURL string `yaml:"base_url"`
		// UserAgent is sent with every request; empty means "kapwatch/<version>".
		UserAgent string `yaml:"user_agent"`
		// Schedule says when to poll: cron lines with a leading seconds field, in Europe/Istanbul. Several lines
		// are a union.
		Schedule []string `yaml:"schedule"`
		// Readers are the ways to read the list: criteria (JSON) and page (HTML). The first is the primary, the
		// others stand in for it and cross-check it.
		Readers []string `yaml:"readers"`
		// CrossCheck says when the second reader reads too; empty means never.
		CrossCheck string `yaml:"cross_check"`
		// Details says whose full text is fetched: none, matched (a route's tickers, classes and max_tickers
		// fit) or all.
		Details string `yaml:"details"`
		// Funds are the fund types to watch as well, such as YF or BYF; empty means none.
		Funds []string `yaml:"funds"`
		// RequestsPerSecond is the ceiling for everything that is asked of the source together.
		RequestsPerSecond float64 `yaml:"requests_per_second"`
		// CatchUp is how far back a restart reads at most; an older hole is named.
		CatchUp time.Duration `yaml:"catch_up"`
	} `yaml:"source"`
	Store struct {
		// Path is the ledger's file. Empty or left out: $STATE_DIRECTORY/kapwatch.db under systemd, else kapwatch.db.
		Path string `yaml:"path"`
		// Retention is how long filings are kept; 0 means for ever. The days that polls ask for are kept in any case.
		Retention time.Duration `yaml:"retention"`
	} `yaml:"store"`
	Classify struct {
		// File is an own categories file; empty means the built-in one.
		File string `yaml:"file"`
	} `yaml:"classify"`
	Slack struct {
		// TokenFile holds the bot token. Default: $CREDENTIALS_DIRECTORY/slack-token where that exists.
		TokenFile string `yaml:"token_file"`
		// AppTokenFile would hold the app token of Socket Mode, which this version does not have.
		AppTokenFile string `yaml:"app_token_file"`
		// APIURL is where Slack's methods answer; it ends in a slash. https; http only for a loopback host.
		APIURL string `yaml:"api_url"`
	} `yaml:"slack"`
	// Routes say who wants what, where; of two routes of one channel that want a filing, the first sends it. None
	// means one route to the terminal.
	Routes []RouteConfig `yaml:"routes"`
	Status struct {
		// Listen is host:port (port 0 = any free one), unix:/path, or empty for no status endpoint.
		Listen string `yaml:"listen"`
		// TokenFile holds the bearer token that readers must show; required when Listen is neither loopback nor a
		// socket. Default: $CREDENTIALS_DIRECTORY/status-token where that exists.
		TokenFile string `yaml:"token_file"`
	} `yaml:"status"`
	Health struct {
		// StaleAfter is how long there may be no good poll, while the schedule was due, before that is trouble.
		StaleAfter time.Duration `yaml:"stale_after"`
		// Route names the route that tells operators; empty means the log only.
		Route string `yaml:"route"`
	} `yaml:"health"`
}

// RouteConfig is one entry of routes.
type RouteConfig struct {
	// Name is how logs, answers and Slack's metadata call the route; unique.
	Name string `yaml:"name"`
	// Tickers are whole codes, of the filer or related; empty means all.
	Tickers []string `yaml:"tickers"`
	// Categories are ids of the categories file; empty means all except routine filings.
	Categories []string `yaml:"categories"`
	// Terms is one more condition: at least one must match. Empty means no condition.
	Terms []string `yaml:"terms"`
	// Unless are terms of which none may match.
	Unless []string `yaml:"unless"`
	// Classes are KAP's: ODA, FR, DG, DUY, FON; empty means all.
	Classes []string `yaml:"classes"`
	// MaxTickers drops filings that name more codes, filer's and related together; 0 means no limit.
	MaxTickers int `yaml:"max_tickers"`
	// Language of labels, and of the filing's own text where KAP has it: tr or en.
	Language string `yaml:"language"`
	// To is where the messages go.
	To TargetConfig `yaml:"to"`
	// Deliver is instant, or digest: hold and send together at the times of Digest.
	Deliver string `yaml:"deliver"`
	// Digest are cron lines, as in source.schedule.
	Digest []string `yaml:"digest"`
	// Quiet is a daily span of Istanbul's time, such as "22:00-07:30"; what is held goes out when it ends.
	Quiet string `yaml:"quiet"`
	// ThreadUpdates puts corrections and follow-ups into the thread of the first message.
	ThreadUpdates bool `yaml:"thread_updates"`
	// OperatorsOnly makes a route that gets no filings, only what health.route sends.
	OperatorsOnly bool `yaml:"operators_only"`
}

// TargetConfig is where a route sends: exactly one of the three.
type TargetConfig struct {
	// Slack is a channel id, reached with the bot token.
	Slack string `yaml:"slack,omitempty"`
	// WebhookFile holds the secret URL of an incoming webhook. Given but empty, it means
	// $CREDENTIALS_DIRECTORY/webhook-<route>.
	WebhookFile string `yaml:"webhook_file,omitempty"`
	// Terminal is standard output.
	Terminal bool `yaml:"terminal,omitempty"`
}

// setDefaults fills in what a route has before its own keys are read.
func (r *RouteConfig) setDefaults() {
	r.MaxTickers = 10
	r.Language = "tr"
	r.Deliver = "instant"
	r.Digest = []string{"0 30 9 * * MON-FRI", "0 30 18 * * MON-FRI"}
	r.ThreadUpdates = true
}

// DefaultConfig is what holds without any file: the live site, one route to the terminal, ./kapwatch.db (under
// systemd the state directory) and the status endpoint on 127.0.0.1:8420.
func DefaultConfig(getenv func(string) string) Config {
	var c Config
	c.Source.BaseURL = "https://www.kap.org.tr"
	c.Source.Schedule = []string{"*/30 * 8-20 * * MON-FRI", "0 */2 * * * *"}
	c.Source.Readers = []string{"criteria", "page"}
	c.Source.CrossCheck = "0 */30 * * * *"
	c.Source.Details = "matched"
	c.Source.RequestsPerSecond = 1
	c.Source.CatchUp = 72 * time.Hour
	c.Store.Path = defaultStorePath("", getenv)
	c.Slack.APIURL = "https://slack.com/api/"
	c.Routes = []RouteConfig{terminalRoute()}
	c.Status.Listen = "127.0.0.1:8420"
	c.Health.StaleAfter = 5 * time.Minute
	return c
}

// terminalRoute is the one route of a configuration without routes.
func terminalRoute() RouteConfig {
	var r RouteConfig
	r.setDefaults()
	r.Name = "terminal"
	r.To.Terminal = true
	return r
}

// defaultStorePath is where the ledger is when nobody says: in systemd's state directory, and for the installed
// configuration there too, so that a command typed by an operator finds the daemon's ledger.
func defaultStorePath(file string, getenv func(string) string) string {
	// systemd separates several state directories by colons; the first is ours.
	if dirs := filepath.SplitList(getenv("STATE_DIRECTORY")); len(dirs) > 0 && dirs[0] != "" {
		return filepath.Join(dirs[0], "kapwatch.db")
	}
	if filepath.Dir(file) == "/etc/kapwatch" {
		return "/var/lib/kapwatch/kapwatch.db"
	}
	return "kapwatch.db"
}

// FindConfig says which file the configuration comes from: path, else $KAPWATCH_CONFIG, ./kapwatch.yaml,
// /etc/kapwatch/kapwatch.yaml; "" means the built-in defaults. A file that is named is returned whether it exists
// or not.
func FindConfig(path string, getenv func(string) string) string {
	if path != "" {
		return path
	}
	if path = getenv("KAPWATCH_CONFIG"); path != "" {
		return path
	}
	for _, path := range []string{"kapwatch.yaml", "/etc/kapwatch/kapwatch.yaml"} {
		// A file that is there but cannot be looked at must not be passed over in silence.
		if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return path
		}
	}
	return ""
}

// LoadConfig reads the file that FindConfig names, fills in defaults and checks everything, the secret files too.
// The error is a Faults with every fault at once; the Config is then not to be used. The warnings are things that
// are legal but unusual.
func LoadConfig(path string, getenv func(string) string) (Config, []Fault, error) {
	return loadConfig(path, getenv, true)
}

// ReadConfig is LoadConfig for commands that neither send nor serve: it looks at no secret, since only the daemon's
// own user may read those.
func ReadConfig(path string, getenv func(string) string) (Config, []Fault, error) {
	return loadConfig(path, getenv, false)
}

func loadConfig(path string, getenv func(string) string, secrets bool) (Config, []Fault, error) {
	c := DefaultConfig(getenv)
	path = FindConfig(path, getenv)
	c.Store.Path = defaultStorePath(path, getenv)
	w := newWalker(path)
	if path != "" {
		data, err := readLimited(path)
		if err != nil {
			hint := "name another file with --config or $KAPWATCH_CONFIG, or copy configs/kapwatch.yaml there"
			return c, nil, Faults{{File: path, What: "cannot be read: " + cause(err).Error(), Hint: hint}}
		}
		w.decode(data, &c)
	}
	k := checker{walker: w, c: &c, credentials: getenv("CREDENTIALS_DIRECTORY"), secrets: secrets}
	if c.Store.Path == "" {
		c.Store.Path = defaultStorePath(path, getenv)
	}
	if !w.broken {
		k.check()
	}
	warnings, faults := w.finish(w.warnings), append(w.finish(w.faults), k.rules...)
	if len(faults) > 0 {
		return c, warnings, faults
	}
	return c, warnings, nil
}

// maxConfig bounds every file that is read whole: a device or a wrong path must not fill the memory.
const maxConfig = 4 << 20

// readLimited reads a YAML file, without the byte order mark that some editors put in front.
func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxConfig:
		return nil, fmt.Errorf("it is larger than %d bytes", maxConfig)
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8 text")
	}
	return data, nil
}

// cause is err without the path that the caller already prints.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
