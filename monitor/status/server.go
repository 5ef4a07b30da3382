package status

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kapwatch/monitor"
)

// Ledger is what the endpoint reads of the store. Its methods are called from many goroutines at once.
type Ledger interface {
	Find(q monitor.Query) (monitor.Page, error)
	Get(index int64) (monitor.Record, bool, error)
	Stats() monitor.Stats
	Receipt(day time.Time) (monitor.Receipt, error) // day is a midnight in Istanbul
	// Since gives up to limit records with a higher Sequence, ascending by it, as Find gives them.
	Since(sequence uint64, limit int) ([]monitor.Record, error)
}

// Rules names the categories in force. *classify.Classifier is one.
type Rules interface {
	Categories() []string             // ids, in the order of the rules file
	Label(id, language string) string // language is tr or en; an unknown id is its own label
}

// Config is what a Server is built of. The functions are called for each request, so that a reload shows at once;
// they must be safe for concurrent use.
type Config struct {
	Ledger         Ledger                // required
	Health         func() monitor.Health // required
	Changes        func() uint64         // a number that is another when Ledger says something else; nil: answers are never kept
	Routes         func() []monitor.Route
	Funds          func() bool                      // whether source.funds watches funds; nil: it does not
	Rules          func() Rules                     // required
	Qualifiers     []string                         // ids
	QualifierLabel func(id, language string) string // nil: an id is its own label

	// Listen is the address that Handler will be served on, as the configuration writes it (status.listen). A
	// loopback one, and "" too, refuses Host names that are not loopback names, against DNS rebinding; a unix
	// socket or a public address takes every Host.
	Listen string
	// Token is what Authorization: Bearer must carry; "" asks for none, and is refused with a public address.
	Token string

	// Alive reports whether the polling loop turns; nil means that answering is proof enough.
	Alive func() bool
	// Valid tells what is wrong with the configuration in force; nil means that it was checked before New and
	// cannot change.
	Valid func() error

	// Registerer takes the gauges that are read off Health and Stats: kapwatch_newest_index, unknown_filings,
	// alerts_pending, oldest_pending_timestamp_seconds, store_bytes and build_info. nil registers nothing. Counters
	// of polls and alerts are the loop's own.
	Registerer prometheus.Registerer
	Gatherer   prometheus.Gatherer // served on /metrics; nil means an empty one

	// Demo makes the page say that what it shows is played, at another speed.
	Demo bool

	Version, Commit string
	Now             func() time.Time // nil: time.Now
	Log             *slog.Logger     // nil: discarded
}

// Server holds the handlers, and is safe for concurrent use. Between requests it keeps the streams that are open and
// the counts that the page's charts are drawn of.
type Server struct {
	cfg         Config
	page        *template.Template
	assets      map[string]asset
	description asset // of the API
	metrics     http.Handler
	news        bell
	streams     chan struct{} // one slot for each stream that is open
	tally       tally
	answers     answers
}

// New checks c, registers the gauges and reads the page's templates. It does not listen.
func New(c Config) (*Server, error) {
	if c.Ledger == nil || c.Health == nil || c.Rules == nil {
		return nil, errors.New("build status server: ledger, health and rules are required")
	}
	if c.Listen != "" && !Loopback(c.Listen) && c.Token == "" {
		return nil, errors.New("build status server: " + c.Listen + " is open to the network: status.token_file is required")
	}
	if c.Routes == nil {
		c.Routes = func() []monitor.Route { return nil }
	}
	if c.Funds == nil {
		c.Funds = func() bool { return false }
	}
	if c.QualifierLabel == nil {
		c.QualifierLabel = func(id, _ string) string { return id }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Gatherer == nil {
		c.Gatherer = prometheus.NewRegistry()
	}
	c.Version = cmp.Or(c.Version, "devel")
	s := &Server{cfg: c, streams: make(chan struct{}, maxStreams)}
	s.metrics = promhttp.HandlerFor(c.Gatherer, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelWarn),
		Timeout:  writeTimeout / 2,
	})
	var err error
	if s.page, s.assets, err = loadPage(); err != nil {
		return nil, err
	}
	s.description = asset{"application/json", openAPI}
	if c.Registerer != nil {
		if err := c.Registerer.Register(newCollector(s)); err != nil {
			return nil, errors.Join(errors.New("register metrics"), err)
		}
	}
	return s, nil
}

// detail shows rec whole, explained by the configuration in force.
func (s *Server) detail(rec monitor.Record) (monitor.DetailView, error) {
	v := monitor.NewDetailView(rec, s.cfg.Routes(), s.cfg.Funds())
	index := rec.Changed()
	if index == 0 {
		return v, nil
	}
	earlier, found, err := s.cfg.Ledger.Get(index)
	if err != nil {
		return v, fmt.Errorf("get the earlier filing %d: %w", index, err)
	}
	if found {
		v.Redline = monitor.NewRedlineView(index, monitor.Compare(&earlier, &rec))
	}
	return v, nil
}

// Handler answers on the public endpoint: GET and HEAD only, loopback Host names only on a loopback address, and
// with the token only where there is one.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.public(mux)
	return s.harden(s.readOnly(s.onlyLocalNames(s.authorized(mux))))
}

// Controls is what the private socket offers beyond the public endpoint. All of it is needed.
type Controls struct {
	Import   Importer
	Export   Exporter
	Backup   Copier
	Verify   Verifier
	Backfill Backfiller
	Reread   Rereader
}

// Control answers on the private socket: everything public, without token and under any Host, and what c offers. Who
// may connect is the business of the socket's file mode.
func (s *Server) Control(c Controls) http.Handler {
	mux := http.NewServeMux()
	s.public(mux)
	mux.HandleFunc("GET /export", func(w http.ResponseWriter, r *http.Request) { s.export(w, r, c.Export) })
	mux.HandleFunc("GET /backup", func(w http.ResponseWriter, r *http.Request) { s.backup(w, r, c.Backup) })
	mux.HandleFunc("GET /verify", func(w http.ResponseWriter, r *http.Request) { s.verify(w, r, c.Verify) })
	changing := map[string]http.HandlerFunc{
		"/import":   func(w http.ResponseWriter, r *http.Request) { s.importing(w, r, c.Import) },
		"/backfill": func(w http.ResponseWriter, r *http.Request) { s.backfill(w, r, c.Backfill) },
		"/reread":   func(w http.ResponseWriter, r *http.Request) { s.reread(w, r, c.Reread) },
	}
	guarded := s.readOnly(mux)
	return s.harden(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		change, ok := changing[r.URL.Path]
		switch {
		case !ok:
			guarded.ServeHTTP(w, r)
		case r.Method == http.MethodPost:
			change(w, r)
		default:
			refuseMethod(w, r, http.MethodPost)
		}
	}))
}

// rooms is what is served to everyone; every one answers GET and, by net/http, HEAD.
func (s *Server) rooms() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"/{$}":             s.home,
		"/filings":         s.filings,
		"/filings/{index}": s.filing,
		"/feed.atom":       s.atom,
		"/feed.json":       s.jsonFeed,
		"/events":          s.events,
		"/receipts/{day}":  s.receipt,
		"/status":          s.status,
		"/livez":           s.livez,
		"/readyz":          s.readyz,
		"/healthz":         s.healthz,
		"/metrics":         s.metrics.ServeHTTP,
		"/openapi.json":    s.description.ServeHTTP,
	}
}

// public fills mux with the rooms and the files that the page loads.
func (s *Server) public(mux *http.ServeMux) {
	var known []string
	for path, h := range s.rooms() {
		mux.HandleFunc("GET "+path, h)
		known = append(known, strings.TrimSuffix(path, "{$}"))
	}
	for path, a := range s.assets {
		mux.Handle("GET "+path, a)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, notFound("no such path; the nearest is "+nearest(r.URL.Path, known)))
	})
}
