package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kapwatch/monitor/classify"
)

// DetailMode says whose full text is fetched.
type DetailMode string

// The modes. DetailsMatched fetches what a route's tickers, classes and max_tickers fit, before its categories,
// since the category may stand only in the body.
const (
	DetailsNone    DetailMode = "none"
	DetailsMatched DetailMode = "matched"
	DetailsAll     DetailMode = "all"
)

// Config is everything of the loop that a reload may change.
type Config struct {
	Schedule    Schedule      // when a poll is due
	CrossCheck  Schedule      // when the second reader reads too; nil = never
	Sources     []Source      // the first polls, the second stands in for it and cross-checks it
	History     Source        // reads days gone by for Backfill; nil = none
	Kept        Rereader      // reads kept bytes again; nil = none
	Details     Details       // nil = no details
	Lookup      Lookup        // looks for what was seen and could not be recorded; nil = nobody does
	DetailMode  DetailMode    // whose details
	Funds       bool          // fund filings are watched; else they are recorded and never alerted
	CatchUp     time.Duration // how far back a restart asks
	StaleAfter  time.Duration // no good poll for this long while polls were due = stale
	Calendar    *Calendar     // tells a quiet day from a broken one; nil = never suspicious
	Routes      []Route       // in order of the file
	HealthRoute string        // the route that tells operators; "" = only the log
	Retention   time.Duration // filings older than this are dropped; 0 = kept for ever
	Notifier    Notifier
	Rules       *classify.Classifier
	Problem     string // what start-up found wrong with Slack, such as a refused token; over once Slack takes a message
}

// Options are fixed for the life of a Monitor.
type Options struct {
	Log        *slog.Logger
	Registerer prometheus.Registerer
	// Now is the time that is told: in alerts, windows, receipts. Nil is time.Now. Waiting never follows it: pace,
	// back-off and holds run on the machine's monotonic clock, so that a stepped or simulated Now delays nothing.
	Now func() time.Time
	// Pace is the least time between two messages of one Slack channel; 0 = 1.05 s, just under Slack's limit of
	// one a second (docs.slack.dev, rate limits; running at exactly the limit earned 15 % refusals).
	Pace time.Duration
	// OldAfter is how long after its publication a filing that an outage kept from us is no longer news when it is first
	// seen: what piled up is told in one message a route instead of one by one. 0 = an hour: less would fold what came
	// during a short restart, on which an investor can still act.
	OldAfter time.Duration
	// Polled is called after every poll, for a supervisor's status line. May be nil.
	Polled func(Health)
}

// Store is what the loop writes to: *store.DB, or another ledger that keeps the same promises.
type Store interface {
	Ledger
	Outbox
}

// Pruner drops what retention no longer keeps; a Store may implement it.
type Pruner interface {
	Prune(before time.Time, limit int) (dropped int, err error)
}

// Placed is a Store that lies in a file which somebody may take away; a Store may implement it.
type Placed interface {
	InPlace() error
}

// Monitor watches the source, records, decides and delivers. Make it with New, then call Run once. Health,
// Reload, Import, Backfill, Reread and Routes may be called from any goroutine; Import, Backfill and Reread also where
// Run is not.
type Monitor struct {
	store    Store
	log      *slog.Logger
	metrics  *metrics
	now      func() time.Time
	pace     time.Duration
	oldAfter time.Duration // Options.OldAfter
	polled   func(Health)

	recall      func() error // takes up what the ledger says was left to do, once
	placedAt    time.Time    // when the ledger's file was last looked for, monotonic; of the schedule's loop alone
	backfilling sync.Mutex   // held by the one Backfill

	reading  chan struct{} // full while a list is read: one at a time, and no reload in the middle of one
	reloaded chan struct{}
	wake     chan struct{}           // to the dispatcher: there may be a new lane
	enqueued chan struct{}           // to the detail worker: there may be new work
	sighted  chan struct{}           // to the one who looks for the unknown: likewise
	fail     context.CancelCauseFunc // set by Run: ends it with an error

	// books is held while alerts change in the ledger and in memory, so that the two never tell different things and
	// no alert is withdrawn while it is being sent. It is taken after reading and before mu.
	books sync.Mutex

	mu      sync.Mutex
	config  Config
	started time.Time
	beat    time.Time // last turn of the schedule's loop, monotonic
	duePoll time.Time // when a due poll last began or ended, monotonic
	overdue time.Time // when two due polls after duePoll will not have happened, monotonic; zero = never
	polling bool      // a due poll is under way
	watch   watch
	cursor  Cursor
	partial map[int64]bool // filings that another reader must complete
	unknown unknowns
	lanes   map[string]*lane
	details detailQueue
}

// New returns a Monitor that has not started.
func New(c Config, s Store, o Options) (*Monitor, error) {
	m := &Monitor{
		store: s, log: o.Log, now: o.Now, pace: o.Pace, oldAfter: cmp.Or(o.OldAfter, time.Hour), polled: o.Polled, reading: make(chan struct{}, 1),
		reloaded: make(chan struct{}, 1), wake: make(chan struct{}, 1), enqueued: make(chan struct{}, 1), sighted: make(chan struct{}, 1),
		fail: func(error) {}, partial: map[int64]bool{}, unknown: unknowns{}, lanes: map[string]*lane{},
	}
	if m.now == nil {
		m.now = time.Now
	}
	if m.pace == 0 {
		m.pace = 1050 * time.Millisecond
	}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	if len(c.Sources) == 0 || c.Schedule == nil || c.Notifier == nil || c.Rules == nil {
		return nil, errors.New("monitor: a source, a schedule, a notifier and rules are needed")
	}
	var err error
	if m.metrics, err = newMetrics(o.Registerer); err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	m.config = c
	m.watch = newWatch(c.Sources)
	m.started = m.now()
	m.recall = sync.OnceValue(m.resume)
	return m, nil
}

// Run polls and delivers until ctx ends, which is no error, or until going on would not be safe: then systemd
// restarts the process and the truth is read from the file. Alerts in flight may finish.
func (m *Monitor) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	m.mu.Lock()
	m.fail = cancel
	m.mu.Unlock()
	if err := m.recall(); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { m.dispatch(ctx) })
	wg.Go(func() { m.fetchDetails(ctx) })
	wg.Go(func() { m.lookUp(ctx) })
	wg.Go(func() { m.rereadAtStart(ctx) })
	wg.Go(func() { m.keepSchedule(ctx) })
	wg.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// resume takes up what the ledger says was left to do.
func (m *Monitor) resume() error {
	cursor, err := m.store.Cursor()
	if err != nil {
		return err
	}
	left, err := m.store.Backlog()
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.cursor = cursor
	m.watch.goodAt = cursor.CommittedAt
	if !cursor.ReadAt.IsZero() { // while it was stood in for, the window is still owed
		m.watch.goodAt = cursor.ReadAt
	}
	m.watch.newest = left.Newest
	if wait := left.Pause.left(m.now()); wait > 0 { // a restart is no leave to ask
		m.watch.quiet = time.Now().Add(min(wait, toldMost))
		m.watch.paused, m.watch.limited = m.watch.quiet, 1
	}
	for _, i := range left.Partial {
		m.partial[i] = true
	}
	for _, b := range left.Bad {
		m.unknown.add(b, m.now())
	}
	for _, i := range left.Details {
		m.details.add(i, time.Now())
	}
	err = m.takeUpLone(left.Partial)
	if err == nil {
		err = m.takeUp(left.Told)
	}
	m.mu.Unlock()
	if err != nil {
		return err
	}
	if err := m.fillHoles(); err != nil {
		return err
	}
	return m.requeue(left.Alerts)
}

// Reload swaps the configuration between two polls. Parked routes are tried again.
func (m *Monitor) Reload(c Config) {
	m.reading <- struct{}{}
	defer m.yield()
	m.books.Lock()
	m.mu.Lock()
	m.config = c
	m.watch.refusal = ""
	m.expect()
	m.watch.adopt(c.Sources)
	left := m.rechannel()
	m.mu.Unlock()
	m.handOver(left)
	m.books.Unlock()
	m.unpark("")
	select {
	case m.reloaded <- struct{}{}:
	default:
	}
}

// RefuseReload shows, until the next Reload, that a new configuration was not taken over, and why.
func (m *Monitor) RefuseReload(why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watch.refusal = fmt.Sprintf("the configuration was not reloaded, the old one stays: %s", why)
}

// Complain shows what is wrong with Slack beside the other problems, until Slack takes a message or a reload.
func (m *Monitor) Complain(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.config.Problem = text
}

// Inspected takes over what a check of the ledger found: faults are a problem until a later check finds none.
func (m *Monitor) Inspected(in Inspection) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watch.damage = ""
	if s := in.Damage(); s != "" {
		m.watch.damage = "the ledger is damaged: " + s + "; run: kapwatch verify, then put a backup in its place (kapwatch restore)"
	}
}

// Routes are the routes as configured now.
func (m *Monitor) Routes() []Route { return m.settings().Routes }

// Funds reports whether funds are watched as configured now.
func (m *Monitor) Funds() bool { return m.settings().Funds }

// Rules are the rules as configured now.
func (m *Monitor) Rules() *classify.Classifier { return m.settings().Rules }

func (m *Monitor) settings() Config {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.config
}

// wrote judges an error from a write. A full disk is lived with: the caller does act again later, and until that
// works the disk counts as full, whatever smaller thing still finds room; act is "" where nobody does it again. After
// any other error the commit may or may not have happened, and only the file knows: Run ends.
func (m *Monitor) wrote(act string, err error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case err == nil:
		delete(m.watch.full, act)
	case !errors.Is(err, ErrFull):
		m.fail(fmt.Errorf("write the ledger: %w", err))
	case act != "":
		m.watch.full[act] = err.Error()
	}
	return err
}
