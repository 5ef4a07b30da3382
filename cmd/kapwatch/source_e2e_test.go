//go:build e2e

package main

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// sourceFaults are what the site and the way to it do. Each strikes both readers; of what is wrong with the rows, the
// second stands in when only the first is struck. Where there are several they take turns, all of them once or more.
var sourceFaults = []fault{
	{"site refuses connections", 1, 5, 1, nil, siteDown},
	{"no name server, wrong address", 2, 6, 1, []string{"root", "unshare"}, noName},
	{"TLS expired, wrong name, unknown CA", 3, 9, 1, nil, badTLS},
	{"connection reset in the answer", 3, 60, 1, nil, resets},
	{"no answer, slow answer", 1, 4, 1, nil, struckBy(kapsim.Hang(), kapsim.Drip(1, time.Second))},
	{"HTTP 400, 404, 500, 502, 503, 666", 1, 3, 1, nil, struckBy(kapsim.Status(400), kapsim.Status(404), kapsim.Status(500), kapsim.Status(502), kapsim.Status(503), kapsim.Status(666))},
	{"HTTP 503 for long", 1, 2, 1, nil, siteFailing},
	{"HTTP 429 with Retry-After", 1, 5, 1, nil, struckBy(kapsim.Limited("1"), kapsim.Limited("3"))},
	{"HTTP 429 without, and with nonsense", 0, 1, 1, nil, struckBy(kapsim.Limited(""), kapsim.Limited("soon"), kapsim.Limited("-1"))},
	{"HTML, an object, nothing, with 200", 1, 3, 1, nil, struckBy(kapsim.WAF(), kapsim.Maintenance(), kapsim.Object(), kapsim.Truncate(0))},
	{"answer cut short", 1, 4, 1, nil, struckBy(kapsim.Truncate(1), kapsim.Truncate(100), kapsim.Truncate(1000))},
	{"gzip bomb, endless body", 1, 3, 1, nil, struckBy(kapsim.Bomb(2<<30), kapsim.Endless())},
	{"empty list, frozen list", 1, 3, 1, nil, unnoticed(kapsim.Empty(), kapsim.Frozen(time.Now().Add(-time.Hour)))},
	{"needed key renamed, missing, null, of another type", 1, 3, 1, nil, struckBy(kapsim.RenameKey("disclosureIndex", "index"), kapsim.DropKey("publishDate"), kapsim.NullKey("kapTitle"), kapsim.RetypeKey("publishDate"))},
	{"rows twice, out of order, new and missing keys, wrong encoding", 1, 3, 1, nil, unnoticed(kapsim.Duplicates(), kapsim.Disorder(), kapsim.ExtraKey("yeni"), kapsim.DropKey("relatedStocks"), kapsim.Windows1254())},
	{"redirect to a login, another host, loopback", 3, 9, 1, nil, redirects},
	{"detail missing, failing", 1, 3, 1, nil, details},
	{"one poisoned row among 200", 1, 3, 1, nil, poisoned},
	{"row comes late, row is changed", 1, 3, 1, nil, lateAndChanged},
	{"list capped at 2,000 rows in silence", 1, 2, 1, nil, capped},
}

// serve opens the site, at the same address again after siteDown.
func (w *world) serve() *httptest.Server {
	w.t.Helper()
	s := httptest.NewUnstartedServer(w.site)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if w.url != "" {
		l, err := net.Listen("tcp", strings.TrimPrefix(w.url, "http://"))
		if err != nil {
			w.t.Fatal(err)
		}
		s.Listener.Close()
		s.Listener = l
	}
	s.Start()
	w.url = s.URL
	w.t.Cleanup(s.Close)
	return s
}

// reads reports whether nothing is wrong with the source, as far as the daemon has looked.
func (v statusView) reads() bool {
	for _, word := range v.Source.Readers {
		if word != "ok" && word != "unread" {
			return false
		}
	}
	return v.State != "" && v.Source.LastError == ""
}

// troubled waits until the daemon shows that its source is in trouble.
func (w *world) troubled() {
	w.t.Helper()
	var v statusView
	if !within(time.Minute, func() bool { v = w.told(); return v.State != "" && !v.reads() }) {
		w.t.Errorf("nothing is said of the source's trouble: %+v", v)
	}
}

// struckBy strikes with each fault in turn, until the daemon shows it, and lets it recover. Meanwhile filings come.
func struckBy(faults ...kapsim.Fault) func(*world, int) { return struck(true, faults) }

// unnoticed strikes with what is no trouble, or may not be.
func unnoticed(faults ...kapsim.Fault) func(*world, int) { return struck(false, faults) }

func struck(noticed bool, faults []kapsim.Fault) func(*world, int) {
	return func(w *world, runs int) {
		w.begin()
		for range runs {
			for _, f := range faults {
				w.meets(kapsim.Trouble{Fault: f}, 4)
				if noticed {
					w.troubled()
				} else {
					asked := w.site.Count(kapsim.Criteria)
					w.until("three polls", func() bool { return w.site.Count(kapsim.Criteria) > asked+2 })
				}
				w.modest()
				w.site.Clear()
				w.settle()
				w.tally.runs++
			}
		}
		w.check()
	}
}

// meets scripts trouble, publishes n filings and waits until a request meets it, of the list if it is not said which.
// Before, both readers have recovered from what was: the daemon says nothing of an older trouble, and backs off no longer.
func (w *world) meets(t kapsim.Trouble, n int) {
	w.t.Helper()
	if !within(3*time.Minute, func() bool { return w.told().reads() }) { // a back-off is of two minutes at most
		w.t.Fatalf("the readers do not recover: %+v", w.told())
	}
	from := time.Now()
	w.site.Script(t)
	w.publish(n)
	w.until("a request meets "+t.Fault.String(), func() bool {
		return slices.ContainsFunc(w.site.Requests(cmp.Or(t.On, kapsim.Criteria)), func(r kapsim.Request) bool {
			return r.At.After(from) && r.Fault == t.Fault.String()
		})
	})
}

// modest checks that no answer has filled the daemon's memory.
func (w *world) modest() {
	w.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.pid()))
	if err != nil {
		w.t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var kilobytes int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); n == 1 && kilobytes > 128<<10 {
			w.t.Errorf("the daemon took %d MiB", kilobytes>>10)
		}
	}
}

func siteDown(w *world, runs int) {
	w.begin()
	for range runs {
		w.siteServer.CloseClientConnections()
		w.siteServer.Close()
		w.publish(4)
		w.troubled()
		w.degraded("no successful poll since")
		w.siteServer = w.serve()
		w.settle()
		w.ledgerIsSound()
		w.tally.runs++
	}
	w.check()
}

// siteFailing is a day of 503, scaled: it is said once when it begins to matter and once when it is over.
func siteFailing(w *world, runs int) {
	w.begin()
	for range runs {
		notes := len(w.slack.History("C0000OPERATORS"))
		w.site.Script(kapsim.Trouble{Fault: kapsim.Status(503)})
		for range scaled(8, 60) {
			w.publish(2)
			time.Sleep(time.Second)
		}
		w.degraded("no successful poll since")
		w.site.Clear()
		if !within(3*time.Minute, w.ready) { // the back-off of the last failures goes on for two minutes at most
			w.t.Fatalf("it does not come back: %+v", w.told())
		}
		w.settle()
		w.until("operators are told that it is over", func() bool { return len(w.slack.History("C0000OPERATORS")) >= notes+2 })
		if n := len(w.slack.History("C0000OPERATORS")) - notes; n != 2 {
			w.t.Errorf("operators got %d messages, want 2", n)
		}
		w.tally.runs++
	}
	w.check()
}

// resets breaks the connection after ever more bytes of the answers.
func resets(w *world, runs int) {
	w.begin()
	for n := range runs {
		w.meets(kapsim.Trouble{Fault: kapsim.Reset(n * 4000 / max(runs-1, 1))}, 2)
		w.troubled()
		w.site.Clear()
		w.settle()
		w.tally.runs++
	}
	w.check()
}

// redirects lead nowhere: not to the site's login, nor to a host that a filing names, nor into our own network.
func redirects(w *world, runs int) {
	var trapped atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { trapped.Add(1) }))
	w.t.Cleanup(trap.Close)
	w.begin()
	for n := range runs {
		to := []string{"https://www.kap.org.tr/tr/login", "https://example.com/", trap.URL}[n%3]
		w.meets(kapsim.Trouble{Fault: kapsim.Redirect(to)}, 4)
		w.troubled()
		w.site.Clear()
		w.settle()
		w.tally.runs++
	}
	if n := trapped.Load(); n > 0 {
		w.t.Errorf("%d requests followed a redirect into our own network", n)
	}
	w.check()
}

// details that do not come keep no alert back.
func details(w *world, runs int) {
	w.begin()
	for range runs {
		for _, f := range []kapsim.Fault{kapsim.Status(404), kapsim.Status(500), kapsim.Hang()} {
			w.meets(kapsim.Trouble{On: kapsim.Detail, Fault: f}, 4)
			w.settle()
			w.site.Clear()
			w.tally.runs++
		}
	}
	w.check()
}

// poisoned makes one row of many unreadable: the others are recorded, and it is unknown until it can be read.
func poisoned(w *world, runs int) {
	w.begin()
	for range runs {
		bad := w.next
		w.late[bad] = true
		w.site.Script(
			kapsim.Trouble{On: kapsim.Page, Fault: kapsim.Status(503)}, // its table has the date that its flight data lacks
			kapsim.Trouble{Fault: kapsim.Only(bad, kapsim.DropKey("publishDate"))},
		)
		w.publish(200)
		w.until("199 are recorded and one is unknown", func() bool {
			v := w.told()
			return v.Ledger.Filings == len(w.listed) && v.Ledger.Unknown == 1
		})
		w.degraded("could not be read")
		w.site.Clear()
		w.settle()
		w.ledgerIsSound()
		w.tally.runs++
	}
	w.check()
}

// capped lists more at once than the site gives of one question: it drops the oldest and says nothing.
func capped(w *world, runs int) {
	w.begin()
	for range runs {
		w.publish(4)
		for i := range 2100 {
			for channelOf(w.next) != "" {
				w.next += 2
			}
			f := w.filing(w.next)
			if i%2 == 0 {
				f.Class, f.Type = "FR", "FR"
			}
			w.site.Add(f)
			w.listed = append(w.listed, w.next)
			w.next += 2
		}
		w.settle()
		w.tally.runs++
	}
	w.check()
}

// lateAndChanged lists a row after those of higher indexes, which is alerted all the same, and changes one under its index,
// which is a revision and no second alert.
func lateAndChanged(w *world, runs int) {
	w.begin()
	for range runs {
		late := w.filing(w.next)
		w.next += 2
		w.publish(4)
		w.settle()
		changed := w.listed[len(w.listed)-1]
		w.site.Edit(changed, func(f *kapsim.Filing) { f.Subject = "Yeni İş İlişkisi" })
		w.site.Add(late)
		w.listed, w.late[late.Index] = append(w.listed, late.Index), true
		w.settle()
		var told monitor.DetailView
		if w.get(fmt.Sprintf("/filings/%d", late.Index), &told) != http.StatusOK || !told.Late {
			w.t.Errorf("filing %d is not marked late: %+v", late.Index, told)
		}
		w.until("the change is recorded", func() bool {
			var v monitor.DetailView
			return w.get(fmt.Sprintf("/filings/%d", changed), &v) == http.StatusOK && len(v.Revisions) == 1
		})
		w.tally.runs++
	}
	w.check()
}

// noName takes the name of the site away, then gives it an address that is not the site's.
func noName(w *world, runs int) {
	hosts, resolver := filepath.Join(w.dir, "hosts"), filepath.Join(w.dir, "resolv.conf")
	w.write("hosts", "127.0.0.1 localhost\n")
	w.write("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	for _, f := range []string{hosts, resolver} {
		if err := os.Chmod(f, 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	w.replace("base_url: http://127.0.0.1", "base_url: http://localhost")
	w.wrap = []string{
		"unshare", "--mount", "sh", "-c",
		fmt.Sprintf(`mount --bind %s /etc/hosts && mount --bind %s /etc/resolv.conf && exec "$@"`, hosts, resolver), "sh",
	}
	w.begin()
	for n := range runs {
		w.write("hosts", []string{"", "192.0.2.1 localhost\n"}[n%2])
		w.siteServer.CloseClientConnections()
		time.Sleep(6 * time.Second) // for five the old answer is remembered
		w.siteServer.CloseClientConnections()
		w.publish(4)
		w.troubled()
		w.write("hosts", "127.0.0.1 localhost\n")
		w.settle()
		w.tally.runs++
	}
	w.check()
}

// badTLS shows certificates that must not be taken.
func badTLS(w *world, runs int) {
	ours, other := newAuthority(w), newAuthority(w)
	year := 365 * 24 * time.Hour
	good := ours.issue(w, "127.0.0.1", year)
	bad := []struct {
		cert *tls.Certificate
		why  string // what the daemon says of it
	}{
		{ours.issue(w, "127.0.0.1", -time.Hour), "certificate has expired"},
		{ours.issue(w, "192.0.2.1", year), "certificate is valid for 192.0.2.1"},
		{other.issue(w, "127.0.0.1", year), "unknown authority"},
	}
	var shown atomic.Pointer[tls.Certificate]
	shown.Store(good)
	s := httptest.NewUnstartedServer(w.site)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return shown.Load(), nil }}
	l := tls.NewListener(s.Listener, s.TLS)
	s.Listener = l
	s.Start()
	w.t.Cleanup(s.Close)
	w.write("ca.pem", string(ours.pem))
	w.env = []string{"SSL_CERT_FILE=" + filepath.Join(w.dir, "ca.pem")}
	w.replace("base_url: "+w.url, "base_url: https://"+l.Addr().String())
	w.begin()
	for n := range runs {
		b := bad[n%len(bad)]
		shown.Store(b.cert)
		s.CloseClientConnections()
		w.publish(4)
		w.until("it says "+b.why, func() bool { return strings.Contains(w.told().Source.LastError, b.why) })
		shown.Store(good)
		w.settle()
		w.tally.runs++
	}
	w.check()
}

// authority signs certificates.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

func newAuthority(w *world) *authority {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-24 * time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	return &authority{key, cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (a *authority) issue(w *world, ip string, valid time.Duration) *tls.Certificate {
	w.t.Helper()
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(valid),
		IPAddresses: []net.IP{net.ParseIP(ip)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, a.cert, key.Public(), a.key)
	if err != nil {
		w.t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// reload makes the daemon read its configuration again.
func (w *world) reload() { w.t.Helper(); w.signal(syscall.SIGHUP) }
