package status_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kapwatch/monitor"
	"kapwatch/monitor/status"
)

// at is a time of 26 April 2024 in Istanbul.
func at(clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", "2024-04-26 "+clock, monitor.Istanbul)
	if err != nil {
		panic(err)
	}
	return t
}

// ledger is a small one in memory that filters by looking at everything.
type ledger struct {
	mu       sync.Mutex // of what changes while streams are open
	records  []monitor.Record
	stats    monitor.Stats
	receipts map[time.Time]monitor.Receipt
	partial  string
	err      error
	faults   []string // that a check finds
	reads    int      // calls that look at filings
}

func (l *ledger) Find(q monitor.Query) (monitor.Page, error) {
	l.mu.Lock()
	l.reads++
	all, err := slices.Clone(l.records), l.err
	l.mu.Unlock()
	if err != nil {
		return monitor.Page{}, err
	}
	slices.SortFunc(all, func(a, b monitor.Record) int {
		c := cmp.Or(a.Filing.PublishedAt.Compare(b.Filing.PublishedAt), cmp.Compare(a.Filing.Index, b.Filing.Index))
		if !q.Oldest {
			c = -c
		}
		return c
	})
	page := monitor.Page{Partial: l.partial}
	reached := q.After == monitor.Position{}
	for _, r := range all {
		f := r.Filing
		switch {
		case !reached:
			reached = f.Index == q.After.Index && f.PublishedAt.Equal(q.After.PublishedAt)
			continue
		case q.Ticker != "" && !slices.Contains(f.Codes(), q.Ticker),
			q.Category != "" && !slices.Contains(r.Found.Categories, q.Category),
			q.Qualifier != "" && !slices.Contains(r.Found.Qualifiers, q.Qualifier),
			q.Class != "" && f.Class != q.Class,
			q.Text != "" && !strings.Contains(strings.ToLower(f.Company+" "+f.Subject+" "+f.Summary), strings.ToLower(q.Text)),
			!q.Since.IsZero() && f.PublishedAt.Before(q.Since),
			!q.Until.IsZero() && !f.PublishedAt.Before(q.Until):
			continue
		}
		if q.Limit > 0 && len(page.Records) == q.Limit {
			page.More = true
			last := page.Records[q.Limit-1].Filing
			page.Next = monitor.Position{PublishedAt: last.PublishedAt, Index: last.Index}
			return page, nil
		}
		page.Records = append(page.Records, r)
	}
	return page, nil
}

func (l *ledger) Get(index int64) (monitor.Record, bool, error) {
	for _, r := range l.records {
		if r.Filing.Index == index {
			return r, true, l.err
		}
	}
	return monitor.Record{}, false, l.err
}

func (l *ledger) Stats() monitor.Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

func (l *ledger) Receipt(day time.Time) (monitor.Receipt, error) { return l.receipts[day], l.err }

func (l *ledger) Since(sequence uint64, limit int) ([]monitor.Record, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	var out []monitor.Record
	for _, r := range l.records {
		if r.Sequence > sequence {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b monitor.Record) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return out[:min(limit, len(out))], l.err
}

func (l *ledger) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// record adds records as a poll does, behind the newest sequence.
func (l *ledger) record(records ...monitor.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range records {
		l.stats.Filings++
		r.Sequence = 1
		for _, known := range l.records {
			r.Sequence = max(r.Sequence, known.Sequence+1)
		}
		l.records = append(l.records, r)
	}
}

func (l *ledger) Each(_ context.Context, q monitor.Query, do func(monitor.Record) error) error {
	q.Limit, q.After = 0, monitor.Position{}
	page, err := l.Find(q)
	if err != nil {
		return err
	}
	for _, r := range page.Records {
		if err := do(r); err != nil {
			return err
		}
	}
	return nil
}

// copied is what a backup of the ledger consists of.
const copied = "the bytes of the ledger"

func (l *ledger) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, copied)
	return int64(n), cmp.Or(err, l.err)
}

func (l *ledger) Verify(context.Context) (monitor.Inspection, error) {
	return monitor.Inspection{Filings: len(l.records), Faults: l.faults}, l.err
}

func (l *ledger) Import(_ context.Context, filings []monitor.Filing) (added int, err error) {
	for _, f := range filings {
		if _, known, _ := l.Get(f.Index); !known && l.err == nil {
			l.records = append(l.records, monitor.Record{Filing: f})
			added++
		}
	}
	return added, l.err
}

// rules are three categories with labels in both languages.
type rules struct{}

func (rules) Categories() []string { return []string{"mou", "contract", "investment", "dividend"} }

func (rules) Label(id, language string) string {
	labels := map[string][2]string{
		"mou": {"Mutabakat", "MoU"}, "contract": {"Sözleşme", "Contract"},
		"investment": {"Yatırım", "Investment"}, "dividend": {"Temettü", "Dividend"},
	}
	return label(labels, id, language)
}

func qualifierLabel(id, language string) string {
	return label(map[string][2]string{
		"non_binding": {"bağlayıcı değil", "non-binding"}, "denied": {"yalanlandı", "denied"},
	}, id, language)
}

func label(labels map[string][2]string, id, language string) string {
	l, ok := labels[id]
	switch {
	case !ok:
		return id
	case language == "en":
		return l[1]
	}
	return l[0]
}

// aksen is the memorandum of Aksa Enerji of April 2024. Synthetic: the text is our own wording of public facts.
func aksen() monitor.Record {
	body := "Şirketimiz ile Kazakistan Şimkent Valiliği arasında, 500 MW kapasiteli doğal gaz kombine çevrim santrali için bağlayıcı olmayan bir mutabakat zaptı imzalanmıştır."
	r := monitor.Record{
		Filing: monitor.Filing{
			Index: 1277777, PublishedAt: at("18:05:33"), SeenAt: at("18:05:41"), Company: "AKSA ENERJİ ÜRETİM A.Ş.",
			Tickers: []string{"AKSEN"}, Class: "ODA", Type: "ODA", Subject: "Özel Durum Açıklaması (Genel)",
			Summary: "Kazakistan'da 500 MW santral için mutabakat zaptı", English: true,
			Detail: &monitor.Detail{
				Body:  body,
				Rows:  []monitor.Row{{Label: "Yapılan Açıklama Güncelleme mi?", Value: "Hayır", LabelEN: "Update Notification Flag", ValueEN: "No"}},
				Files: []monitor.Attachment{{ID: "0123456789abcdef0123456789abcdef", Name: "mutabakat.pdf", Ext: "pdf"}},
			},
		},
		Decisions: []monitor.Decision{
			{Route: "energy", Verdict: monitor.VerdictPending, Reason: `mou by "mutabakat zaptı" in the body`},
			{Route: "banks", Verdict: monitor.VerdictFiltered, Reason: "names AKSEN, none of the route's tickers"},
		},
		Alerts:   []monitor.Alert{{ID: "1277777-energy", Route: "energy", State: monitor.Sent, CreatedAt: at("18:05:42"), SentAt: at("18:05:43")}},
		Sequence: 3,
	}
	r.Found.Categories = []string{"mou", "investment"}
	r.Found.Qualifiers = []string{"non_binding"}
	r.Found.Stage = 1 // a memorandum
	e := grow(&r.Found.Evidence)
	e.For, e.Term, e.Text = "mou", "mutabakat zapt", "mutabakat zaptı"
	e.Span.Field, e.Span.Start = "body", strings.Index(body, "mutabakat")
	e.Span.End = e.Span.Start + len("mutabakat zaptı")
	f := grow(&r.Found.Facts)
	f.Kind, f.Text, f.Value, f.Unit = "power", "500 MW", 500, "MW"
	f.Span.Field, f.Span.Start = "body", strings.Index(body, "500 MW")
	f.Span.End = f.Span.Start + len("500 MW")
	return r
}

// grow appends a zero element and returns it: package classify is not ours to import.
func grow[T any](s *[]T) *T {
	*s = append(*s, *new(T))
	return &(*s)[len(*s)-1]
}

func dividend(index int64, published time.Time) monitor.Record {
	r := monitor.Record{Filing: monitor.Filing{
		Index: index, PublishedAt: published, SeenAt: published.Add(5 * time.Second), Company: "SENTETİK SANAYİ A.Ş.",
		Tickers: []string{"SYNTH"}, Related: []string{"SYNTB"}, Class: "DG", Type: "CA", Subject: "Kar Payı Dağıtım İşlemlerine İlişkin Bildirim",
	}}
	r.Found.Categories = []string{"dividend"}
	return r
}

func sequenced(r monitor.Record, sequence uint64) monitor.Record {
	r.Sequence = sequence
	return r
}

type world struct {
	ledger *ledger
	health monitor.Health
	config status.Config

	public http.Handler // built of config at the first get
}

func newWorld(t *testing.T) *world {
	w := &world{
		ledger: &ledger{
			records:  []monitor.Record{sequenced(dividend(1277700, at("09:30:00")), 1), sequenced(dividend(1277701, at("09:30:00")), 2), aksen()},
			stats:    monitor.Stats{Filings: 3, Oldest: 1277700, Newest: 1277777, Sent: 1, Bytes: 65536},
			receipts: map[time.Time]monitor.Receipt{at("00:00:00"): {Listed: 3, Recorded: 3, Sent: 1, NotWanted: 2}},
		},
		health: monitor.Health{
			StartedAt: at("08:00:00"), LastPollAt: at("18:06:00"), LastSuccessAt: at("18:06:00"), Newest: 1277777,
			Readers: map[string]string{"criteria": "ok", "page": "ok"},
		},
	}
	w.config = status.Config{
		Ledger: w.ledger, Health: func() monitor.Health { return w.health }, Rules: func() status.Rules { return rules{} },
		Routes: func() []monitor.Route {
			return []monitor.Route{
				{Name: "energy", Categories: []string{"mou"}, To: monitor.Target{Slack: "C0123456789"}},
				{Name: "banks", Tickers: []string{"SYNTH"}, To: monitor.Target{Terminal: true}},
			}
		},
		Qualifiers: []string{"denied", "non_binding"}, QualifierLabel: qualifierLabel,
		Listen: "127.0.0.1:8420", Version: "1.0.0", Commit: "abc123", Now: func() time.Time { return at("18:06:20") },
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	registry := prometheus.NewRegistry()
	w.config.Registerer, w.config.Gatherer = registry, registry
	return w
}

func (w *world) server(t *testing.T) *status.Server {
	t.Helper()
	w.config.Registerer = nil // one registry takes the gauges once
	s, err := status.New(w.config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// get asks for target; headers are name, value, name, value …
func (w *world) get(t *testing.T, target string, headers ...string) *http.Response {
	t.Helper()
	if w.public == nil {
		w.public = w.server(t).Handler()
	}
	return ask(w.public, http.MethodGet, target, nil, headers...)
}

func ask(h http.Handler, method, target string, body io.Reader, headers ...string) *http.Response {
	r := httptest.NewRequest(method, "http://localhost:8420"+target, body)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Result()
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func wantStatus(t *testing.T, res *http.Response, want int) {
	t.Helper()
	if res.StatusCode != want {
		t.Fatalf("status = %d, want %d; body %s", res.StatusCode, want, text(t, res))
	}
}

// problem is what every error must look like.
type problem struct {
	Type, Title, Detail string
	Status              int
	Errors              []struct{ Parameter, Detail string }
}

func wantProblem(t *testing.T, res *http.Response, want int) problem {
	t.Helper()
	wantStatus(t, res, want)
	if got := res.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q, want application/problem+json", got)
	}
	var p problem
	if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
		t.Fatal(err)
	}
	if p.Type == "" || p.Title == "" || p.Status != want {
		t.Errorf("problem = %+v, want type, title and status %d", p, want)
	}
	return p
}

func decode[T any](t *testing.T, res *http.Response) T {
	t.Helper()
	var v T
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

type filings struct {
	Filings []monitor.View
	Next    string
	Partial string
}

func (f filings) indexes() string {
	var s []string
	for _, v := range f.Filings {
		s = append(s, fmt.Sprint(v.Index))
	}
	return strings.Join(s, " ")
}
