package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kapwatch/monitor"
	"kapwatch/monitor/classify"
)

// checker says what is wrong with the values of a decoded configuration, and puts in the paths of the credentials
// that systemd gives.
type checker struct {
	*walker
	c           *Config
	credentials string // $CREDENTIALS_DIRECTORY, "" outside systemd
	secrets     bool   // look at the secret files too
	rules       Faults // of the categories file
	categories  []string
}

// The valid words. KAP's classes and fund types are those of its query forms (seen September 2026); DKB is what its
// list calls DUY.
var (
	readerNames = []string{"criteria", "page"}
	detailModes = []string{"none", "matched", "all"}
	languages   = []string{"tr", "en"}
	deliveries  = []string{"instant", "digest"}
	classNames  = []string{"ODA", "FR", "DG", "DUY", "FON", "DKB"}
	fundTypes   = []string{"YF", "BYF", "EYF", "OKS", "YYF", "VFF", "KFF", "GMF", "GSF", "PFF"}
)

var (
	tickerShape  = regexp.MustCompile(`^[A-Z0-9]{2,6}$`)
	channelShape = regexp.MustCompile(`^[CGD][A-Z0-9]{8,}$`)
)

func (k *checker) check() {
	k.source()
	k.store()
	var faults Faults
	var rules classify.File
	if rules, _, faults = loadRules(k.c.Classify.File); len(faults) > 0 {
		k.ruleFaults(faults)
	}
	for _, c := range rules.Categories {
		k.categories = append(k.categories, c.ID)
	}
	k.slack()
	if len(k.c.Routes) == 0 {
		k.c.Routes = []RouteConfig{terminalRoute()}
	}
	k.size()
	for i := range k.c.Routes {
		k.route(i)
	}
	k.status()
	k.health()
}

// ruleFaults keeps the faults inside an own categories file apart: their lines are that file's.
func (k *checker) ruleFaults(faults Faults) {
	for _, f := range faults {
		if f.Line == 0 && f.Place == "" {
			k.fault("classify.file", quote(f.File)+" "+f.What, f.Hint)
		} else {
			k.rules = append(k.rules, f)
		}
	}
}

// Bounds on what every filing is compared with: far more than people write, far less than what would make a poll late.
const (
	maxRoutes = 1000
	maxTerms  = 10_000 // of all routes together
)

func (k *checker) size() {
	if n := len(k.c.Routes); n > maxRoutes {
		k.fault("routes", fmt.Sprintf("%d routes, at most %d are taken", n, maxRoutes), "let several tickers or terms share a route")
	}
	terms := 0
	for _, r := range k.c.Routes {
		terms += len(r.Terms) + len(r.Unless)
	}
	if terms > maxTerms {
		k.fault("routes", fmt.Sprintf("%d terms, at most %d are taken", terms, maxTerms), "use the beginning of a word for its forms, or categories")
	}
}

func (k *checker) source() {
	s := &k.c.Source
	k.url("source.base_url", s.BaseURL)
	s.BaseURL = strings.TrimSuffix(s.BaseURL, "/")
	if strings.ContainsFunc(s.UserAgent, unicode.IsControl) {
		k.fault("source.user_agent", "a line break or another control character in it", "write it in one line")
	}
	k.schedules("source.schedule", s.Schedule)
	if never, often := impolite(s.Schedule); often {
		k.warn("source.schedule", "more than one poll every 10 seconds", "the site is a public service: every 30 seconds is enough to alert within a minute")
	} else if never {
		k.warn("source.schedule", "it is never due", "look at the days and months of the cron lines")
	}
	k.words("source.readers", s.Readers, readerNames)
	if len(s.Readers) == 0 {
		k.fault("source.readers", "no reader", "write [criteria, page]")
	}
	for i, r := range s.Readers {
		if slices.Contains(s.Readers[:i], r) {
			k.fault(index("source.readers", i), quote(r)+" stands twice", "write each reader once")
		}
	}
	if s.CrossCheck != "" {
		k.schedule("source.cross_check", s.CrossCheck)
	}
	k.word("source.details", s.Details, detailModes)
	for i, f := range s.Funds {
		if !slices.Contains(fundTypes, f) {
			k.warn(index("source.funds", i), "unusual fund type "+quote(f), meant(f, fundTypes))
		}
	}
	switch rate := s.RequestsPerSecond; {
	case rate <= 0:
		k.fault("source.requests_per_second", "must be more than 0", "write 1, or 0.5 for one request every two seconds")
	case rate > 2:
		k.warn("source.requests_per_second", "more than 2 requests a second", "the site is a public service: 1 is enough")
	}
	if s.CatchUp <= 0 {
		k.fault("source.catch_up", "must be more than 0", "write 72h")
	}
}

func (k *checker) store() {
	s := &k.c.Store
	if strings.HasSuffix(s.Path, "/") {
		k.fault("store.path", "a directory, not a file", "write "+quote(s.Path+"kapwatch.db"))
	}
	if s.Retention < 0 {
		k.fault("store.retention", "must not be negative", "write 0 to keep for ever, or 8760h for a year")
	}
}

func (k *checker) slack() {
	s := &k.c.Slack
	k.url("slack.api_url", s.APIURL)
	if !strings.HasSuffix(s.APIURL, "/") {
		s.APIURL += "/" // method names are appended to it
	}
	if s.AppTokenFile != "" {
		k.fault("slack.app_token_file", "Socket Mode is not in this version", "leave the key empty")
	}
	s.TokenFile = k.credential(s.TokenFile, "slack-token")
	first := slices.IndexFunc(k.c.Routes, func(r RouteConfig) bool { return r.To.Slack != "" })
	if !k.secrets || first < 0 && s.TokenFile == "" {
		return
	}
	if s.TokenFile == "" {
		k.fault("slack.token_file", fmt.Sprintf("no bot token for route %s", quote(k.c.Routes[first].Name)),
			"write the token to a file of mode 0600 and name it in slack.token_file, or give systemd's credential slack-token")
		return
	}
	token, ok := k.secret("slack.token_file", s.TokenFile)
	if ok && !strings.HasPrefix(token, "xoxb-") {
		k.warn("slack.token_file", "the token in "+quote(s.TokenFile)+" does not begin with xoxb-", "use the Bot User OAuth Token of the app's page")
	}
}

func (k *checker) status() {
	s := &k.c.Status
	s.TokenFile = k.credential(s.TokenFile, "status-token")
	open := k.listen(s.Listen)
	if !k.secrets {
		return
	}
	if s.TokenFile != "" {
		k.secret("status.token_file", s.TokenFile)
	} else if open {
		k.fault("status.token_file", "required, since "+quote(s.Listen)+" can be reached from other machines",
			"write a token to a file of mode 0600 and name it here, or set status.listen to 127.0.0.1:8420")
	}
}

// listen checks the forms of an address, and reports whether it is open to other machines.
func (k *checker) listen(addr string) (open bool) {
	const place, forms = "status.listen", `write 127.0.0.1:8420, "unix:/run/kapwatch/status.sock", or "" for none`
	if addr == "" {
		return false
	}
	if path, unix := strings.CutPrefix(addr, "unix:"); unix {
		switch {
		case !filepath.IsAbs(path) || strings.HasSuffix(path, "/"):
			k.fault(place, quote(addr)+": a socket needs the whole path of a file", forms)
		case len(path) > 107: // sun_path of unix(7) with its closing zero
			k.fault(place, "the socket's path is longer than 107 bytes", "choose a shorter one")
		}
		return false
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		k.fault(place, quote(addr)+" is not host:port", forms)
		return false
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		k.fault(place, quote(port)+" is not a port", "write a number from 0 (any free port) to 65535")
		return false
	}
	return !loopback(host)
}

func (k *checker) health() {
	h := &k.c.Health
	if h.StaleAfter <= 0 {
		k.fault("health.stale_after", "must be more than 0", "write 5m")
	}
	var names []string
	for i, r := range k.c.Routes {
		if r.Name != "" && !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
		if r.OperatorsOnly && r.Name != h.Route {
			k.warn(index("routes", i)+".operators_only", "nothing will ever be sent here, since health.route does not name this route", "set health.route to "+quote(r.Name))
		}
	}
	if h.Route != "" && !slices.Contains(names, h.Route) {
		k.fault("health.route", "no route is called "+quote(h.Route), redact(meant(h.Route, names)))
	}
}

func (k *checker) route(i int) {
	r, at := &k.c.Routes[i], index("routes", i)
	if k.wrong[at] {
		return // it is no route at all
	}
	k.routeName(i)
	k.tickers(at+".tickers", r.Tickers)
	if len(k.categories) > 0 { // else the categories file itself is at fault
		k.words(at+".categories", r.Categories, k.categories)
	}
	k.terms(at+".terms", r.Terms)
	k.terms(at+".unless", r.Unless)
	k.words(at+".classes", r.Classes, classNames)
	if r.MaxTickers < 0 {
		k.fault(at+".max_tickers", "must not be negative", "write 0 for no limit")
	}
	k.word(at+".language", r.Language, languages)
	k.target(i)
	k.word(at+".deliver", r.Deliver, deliveries)
	for j, line := range r.Digest {
		k.schedule(index(at+".digest", j), line)
	}
	if r.Deliver == "digest" && len(r.Digest) == 0 {
		k.fault(at+".digest", "deliver: digest without a time to send", `write ["0 30 9 * * MON-FRI"]`)
	}
	if _, err := monitor.ParseQuiet(r.Quiet); err != nil {
		k.fault(at+".quiet", "not a span of time: "+quote(r.Quiet), `write two different times, such as "22:00-07:30"`)
	}
}

// routeName checks a name that becomes part of message ids and of a credential's file name.
func (k *checker) routeName(i int) {
	name, at := k.c.Routes[i].Name, index("routes", i)+".name"
	switch {
	case name == "":
		k.fault(at, "the route has no name", "add name: and a word, such as energy")
	case utf8.RuneCountInString(name) > 64:
		k.fault(at, "longer than 64 characters", "choose a shorter name")
	case strings.TrimSpace(name) != name || strings.HasPrefix(name, ".") || strings.Contains(name, "/") ||
		strings.ContainsFunc(name, unicode.IsControl):
		k.fault(at, "unusable name "+quote(name), "use letters, digits, - and _")
	}
	for _, r := range k.c.Routes[:i] {
		if name != "" && r.Name == name {
			k.fault(at, "an earlier route is called "+quote(name)+" too", "give each route its own name")
		}
	}
}

// target checks that a route has one place to send to, and finds a webhook's credential.
func (k *checker) target(i int) {
	r, at := &k.c.Routes[i], index("routes", i)+".to"
	webhook := k.given[at+".webhook_file"]
	n := 0
	for _, set := range []bool{r.To.Slack != "", webhook, r.To.Terminal} {
		if set {
			n++
		}
	}
	switch {
	case slices.ContainsFunc(k.faults, func(f Fault) bool { return f.Place == at || strings.HasPrefix(f.Place, at+".") }):
		return // what is wrong inside has been told, and any more would only follow from it
	case n == 0:
		k.fault(at, "the route has nowhere to send to", "write to: {slack: C0123456789}, {webhook_file: path} or {terminal: true}")
		return
	case n > 1:
		k.fault(at, "more than one target", "keep one of slack, webhook_file and terminal; write a second route for the other")
		return
	}
	if r.To.Slack != "" && !channelShape.MatchString(r.To.Slack) {
		k.warn(at+".slack", "unusual channel id "+quote(r.To.Slack), "an id is C, G or D with at least 8 more capitals and digits: see the channel's details in Slack")
	}
	if !webhook {
		return
	}
	name := "webhook-" + r.Name
	if r.To.WebhookFile == "" && k.secrets {
		if r.To.WebhookFile = k.credential("", name); r.To.WebhookFile == "" {
			k.fault(at+".webhook_file", "no file, and no credential "+quote(name), "name a file of mode 0600 that holds the webhook's URL")
			return
		}
	} else if r.To.WebhookFile == "" {
		r.To.WebhookFile = name // nobody reads it without secrets; it keeps the target a webhook
	}
	if k.secrets {
		k.webhook(at+".webhook_file", r.To.WebhookFile)
	}
}

func (k *checker) tickers(path string, tickers []string) {
	for i, t := range tickers {
		switch at := index(path, i); {
		case t == "":
			k.fault(at, "empty", "write a code such as AKSEN, or remove the entry")
		case !tickerShape.MatchString(t):
			k.warn(at, "unusual ticker "+quote(t), "codes are 2 to 6 capital letters and digits, such as AKSEN")
		}
	}
}

func (k *checker) terms(path string, terms []string) {
	for i, t := range terms {
		at := index(path, i)
		if k.wrong[at] {
			continue
		}
		if _, err := classify.ParseTerm(t); err != nil {
			k.fault(at, redact(err.Error()), `write one or more words, such as "doğal gaz" or "=MoU"`)
		}
	}
}

// schedules checks cron lines that are a union.
func (k *checker) schedules(path string, lines []string) {
	if len(lines) == 0 {
		k.fault(path, "no line, so nothing would ever be polled", `write ["*/30 * 8-20 * * MON-FRI", "0 */2 * * * *"], or leave the key out`)
	}
	for i, line := range lines {
		k.schedule(index(path, i), line)
	}
}

func (k *checker) schedule(path, line string) {
	if _, err := monitor.ParseSchedule(line); err != nil {
		k.fault(path, redact(err.Error()), `six fields: second minute hour day month weekday, such as "*/30 * 8-20 * * MON-FRI"`)
	}
}

// impolite looks at the next times that the lines are due, each line alone and all together: whether there are none
// at all, or more than six in some minute. Lines that do not parse have been told already.
func impolite(lines []string) (never, often bool) {
	union, err := parseSchedules(lines)
	if err != nil || len(union) == 0 {
		return false, false
	}
	now := time.Now()
	for _, s := range append(union, union) {
		if crowded(s, now) {
			return false, true
		}
	}
	return union.Next(now).IsZero(), false
}

// crowded reports whether s is due more than six times in a minute. It looks only at what comes next: lines with the
// same seconds every minute show it at once.
func crowded(s monitor.Schedule, t time.Time) bool {
	const perMinute, look = 6, 500
	var last [perMinute]time.Time
	for i := range look {
		if t = s.Next(t); t.IsZero() {
			return false
		}
		if before := last[i%perMinute]; !before.IsZero() && t.Sub(before) < time.Minute {
			return true
		}
		last[i%perMinute] = t
	}
	return false
}

// url checks an address to ask: https, or http where nobody can listen in.
func (k *checker) url(path, raw string) {
	if err := checkURL(raw); err != nil {
		k.fault(path, err.Error(), "write https://, the host and nothing secret; http is for loopback hosts such as 127.0.0.1")
	}
}

// checkURL names what is wrong with an address without repeating it: it may be a webhook's, which is a password.
func checkURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return errors.New("not a URL with a host")
	case u.User != nil:
		return errors.New("a user name or password in the URL")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return errors.New("a ? or # part in the URL")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	case u.Scheme == "http":
		return errors.New("http is only for loopback hosts")
	}
	return errors.New("the URL does not begin with https://")
}

// loopback reports whether host is this machine and no other can listen in.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

func (k *checker) words(path string, words, valid []string) {
	for i, w := range words {
		k.word(index(path, i), w, valid)
	}
}

func (k *checker) word(path, word string, valid []string) {
	if !slices.Contains(valid, word) {
		k.fault(path, "unknown "+quote(word), meant(word, valid))
	}
}

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
