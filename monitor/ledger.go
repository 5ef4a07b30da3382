package monitor

import (
	"context"
	"fmt"
	"time"

	"kapwatch/monitor/classify"
)

// Window is the days that a poll asks for, both included, as midnights in Istanbul.
type Window struct{ From, To time.Time }

// Listing is what one reader saw in one window. A reader that remembers what it has shown may leave out rows that
// have not changed since; Listed counts them all the same.
type Listing struct {
	Filings  []Filing // each index once
	Bad      []BadRow // rows that could not be read, with their bytes
	Problems []string // what the operator must know, such as a part that still has 2000 rows
	Listed   int      // rows that the source listed, those left out included; 0 = as many as Filings and Bad
	Remember func()   // called once what is shown is safely in the ledger: from then on it may be left out; nil = nothing
}

// BadRow is something positively seen that is no filing in the ledger: a row that is there but cannot be read, or an
// index that only a link names. It counts as unknown until it is read or named (unknown.go).
type BadRow struct {
	ID          string // stable over polls: the index where it is readable, else a hash of the bytes
	Index       int64  // 0 where unreadable
	Reader      string // who saw it; DetailReader for a link
	Raw         []byte // nil where there is no row
	Err         string // why it is not recorded
	SeenAt      time.Time
	PublishedAt time.Time // as far as the row says it; else zero
	NamedAt     time.Time // when operators were told that it stays unknown; zero before
}

// Day is a moment of the day that accounts for b: that of its publication where it is known.
func (b BadRow) Day() time.Time {
	if b.PublishedAt.IsZero() {
		return b.SeenAt
	}
	return b.PublishedAt
}

// PageReader is the name of the reader that cannot see every field of a row.
const PageReader = "page"

// Source is one way of reading the source's list. List returns ErrRefused, ErrDrift or another error, and then
// nothing that it returns may be recorded.
type Source interface {
	Name() string // criteria or PageReader
	List(ctx context.Context, w Window) (Listing, error)
}

// Details fetches what a filing's own page says. ErrNotYet means that KAP does not serve it yet.
type Details interface {
	Detail(ctx context.Context, index int64) (Detail, error)
}

// Lookup reads one filing by its index: its row, as far as the filing's own page says it, and its detail. ErrNotYet
// means that KAP does not serve it.
type Lookup interface {
	Filing(ctx context.Context, index int64) (Filing, error)
}

// Cursor is what the ledger remembers of the polling itself. It changes only together with filings.
type Cursor struct {
	CommittedAt time.Time // when the last batch was committed
	ReadAt      time.Time // when the first reader had last read well by then; zero = not said
	BaselineAt  time.Time // when the ledger was new; zero before the first good poll
	BaselineLow int64     // lowest index of the baseline, 0 when the list was empty
	Readers     []string  // readers whose first read has been taken
	Holes       []Window  // days that were never asked for, ascending, until backfill has read them
	RestoredAt  time.Time // when the ledger was put back from a backup: what was published before may have been sent
}

// Entry is a filing with all that was decided about it.
type Entry struct {
	Filing    Filing
	Found     classify.Result
	Decisions []Decision
	Alerts    []Alert // new ones; their State may be Pending or Held
	Detail    bool    // its detail is still to be fetched
	Links     []Link
	Old       bool // an outage made it old: it is told together with others. Not recorded
}

// Batch is the news of one poll. It is recorded whole or not at all.
type Batch struct {
	Entries []Entry // ascending by index
	Bad     []BadRow
	Read    []string  // ids of unknown rows that have been read at last, or are listed no more
	Named   []string  // ids of those that stay unknown, and of which Notes tell
	Notes   []Alert   // notes to operators that must not be lost
	Cursor  Cursor    // the zero value leaves the ledger's own as it is
	History time.Time // midnight of a day of which backfill has read all, this batch included; zero = none
}

// Record is everything that the ledger holds of one filing.
type Record struct {
	Filing    Filing
	Found     classify.Result
	Decisions []Decision // of the routes that existed when it was decided
	Alerts    []Alert
	Sequence  uint64 // order of recording, from 1; ascending by index within a batch
	Edits     []Edit // oldest first; only Get reads them
	Links     []Link
	Later     []int64 // filings that link to this one; only Get reads them
}

// Amendment replaces what the ledger holds of a known filing: its detail arrived, another reader completed its
// row, or the one re-decision changed what the routes do.
type Amendment struct {
	Filing    Filing
	Found     classify.Result
	Decisions []Decision
	Alerts    []Alert  // added, or replaced where the ID is known
	Withdraw  []string // ids of alerts that were never posted and are no longer wanted
	Detail    bool     // the detail is still to be fetched
	Edits     []Edit   // added behind those that there are
	Links     []Link   // in place of those that there are
}

// Specimen is an answer whose shape we do not know, kept so that a better parser can be run over it.
type Specimen struct {
	Reader string
	Reason string
	Body   []byte
	SeenAt time.Time
	Number uint64 // given by the ledger
}

// Ledger is what the loop needs of the store. Every method that writes is one transaction: all or nothing.
// An error from a write other than ErrFull is ambiguous (the commit may have happened), so the process must end
// and read the truth from the file. Methods may be called from several goroutines.
type Ledger interface {
	Cursor() (Cursor, error)
	Unseen(indexes []int64) ([]int64, error)   // those not recorded, in the order given
	Record(b Batch) (added []int64, err error) // filings already known are left as they are
	Get(index int64) (Record, bool, error)
	Find(q Query) (Page, error)
	Amend(a []Amendment) error
	Keep(s Specimen) error
	Specimens() ([]Specimen, error) // those kept, oldest first
	Drop(specimens []uint64) error  // by their numbers: they have been read
	Pause(w Wait) error             // the source wants nothing asked
	Backlog() (Backlog, error)
	Backfilled(w Window) ([]time.Time, error) // midnights of the days that backfill has read whole, ascending
}

// Wait is a time in which the source wants nothing asked.
type Wait struct{ From, To time.Time }

// left is how much of w is to come at t; none where t lies before w, for the clock was set back since.
func (w Wait) left(t time.Time) time.Duration {
	if t.Before(w.From) {
		return 0
	}
	return max(0, w.To.Sub(t))
}

// Backlog is what was left to do when the daemon stopped.
type Backlog struct {
	Alerts  []Alert // open ones, oldest first
	Details []int64 // filings whose detail is still to be fetched
	Partial []int64 // filings that another reader must complete
	Bad     []BadRow
	Told    []Trouble // what operators have been told of, and not that it is over
	Pause   Wait      // the last that the source wanted
	Newest  int64     // highest index recorded
}

// Outbox is where alerts live between the decision and the confirmation.
type Outbox interface {
	Intend(m Intent) error                                                 // before the post: an open intent means "may have been sent"
	Settle(alerts []Alert) error                                           // after it: the alerts as they stand now
	Notes(notes []Alert, told []Trouble) error                             // records notes to operators, and what they are told of by then; nil = as before
	NextDigest(route string) (n uint64, err error)                         // the number of the route's next digest, from 1
	SentTo(channel string, index int64) (ts string, found bool, err error) // ts of the filing's message in a channel
}

// Intent is written before a post: which alerts it carries and under which id.
type Intent struct {
	ID     string  // metadata id of the message
	Alerts []Alert // as they stand, with IntendedAt set
}

// Notifier sends messages and looks them up again. It never retries by itself, and never returns a secret in an
// error.
type Notifier interface {
	Notify(ctx context.Context, m Message) Outcome
	// Find looks for m by its id where the receiver keeps a history. ErrNoHistory means that it cannot be looked up.
	Find(ctx context.Context, m Message) (ts string, found bool, err error)
}

// Query selects filings. The zero value selects the newest.
type Query struct {
	Ticker    string // whole code, filer's or related
	Category  string
	Class     string // DKB is DUY
	Qualifier string
	Text      string    // all words, word-start, folded; whole ticker codes too
	Since     time.Time // inclusive, on PublishedAt
	Until     time.Time // exclusive
	Oldest    bool      // ascending
	Limit     int       // 1 to 200; 0 = 50
	After     Position  // keyset: continue behind this one; zero = from the start
}

// Position is a place in the order of (PublishedAt, Index).
type Position struct {
	PublishedAt time.Time
	Index       int64
}

// Page is one answer to a Query.
type Page struct {
	Records []Record
	Next    Position // zero at the end
	More    bool     // there are more behind Next
	Partial string   // a sentence when the bound on work was reached before the answer was whole
}

// Stats is the ledger's own counters, kept and never counted by a scan.
type Stats struct {
	Filings, Oldest, Newest int64
	Unknown                 int64 // seen, and neither recorded nor named
	Pending, Sent, Blocked  int64
	OldestPending           time.Time
	Bytes                   int64 // size of the file
}

// Inspection is what a full check of the ledger has read, and everything that it found wrong.
type Inspection struct {
	Filings  int      `json:"filings"`
	Details  int      `json:"details"`
	Alerts   int      `json:"alerts"`
	Raw      int      `json:"raw_rows"`
	Bad      int      `json:"unreadable_rows"`
	Receipts int      `json:"sealed_receipts"`
	Segments int      `json:"index_segments"`
	Terms    int      `json:"index_terms"`
	Faults   []string `json:"faults"` // each a sentence; none = whole
}

// Damage tells of the faults in short; "" when there are none.
func (in Inspection) Damage() string {
	switch n := len(in.Faults); n {
	case 0:
		return ""
	case 1:
		return in.Faults[0]
	default:
		return fmt.Sprintf("%d faults, the first: %s", n, in.Faults[0])
	}
}
