package monitor

import (
	"fmt"
	"strings"
	"time"

	"kapwatch/monitor/classify"
)

// Verdict is what became of one filing on one route, as PRODUCT-facing words; see Decision.
type Verdict string

// The verdicts. Sent, Pending, Held and Blocked follow the state of the alert; the others never have one.
const (
	VerdictSent     Verdict = "sent"
	VerdictPending  Verdict = "pending"
	VerdictHeld     Verdict = "held"
	VerdictBlocked  Verdict = "blocked"
	VerdictFiltered Verdict = "filtered" // the route's conditions do not fit, and Reason says which
	VerdictBaseline Verdict = "baseline" // recorded by baseline, import or backfill, or before the route existed
	VerdictMuted    Verdict = "muted"
	VerdictTest     Verdict = "test" // one of KAP's own test filings
)

// Decision is what one route does with one filing, and the one reason why.
type Decision struct {
	Route   string
	Verdict Verdict // when decided; where an Alert exists its state is the later truth
	Reason  string  // a sentence
}

// AlertState is where an alert stands.
type AlertState string

// The states of an alert.
const (
	Pending AlertState = "pending" // to be sent, or to be tried again at DueAt
	Sent    AlertState = "sent"    // the receiver confirmed it: Slack returned a ts
	Unknown AlertState = "unknown" // posted, but the answer was lost: looked up before it is sent again
	Blocked AlertState = "blocked" // its route is parked, or the message itself was refused
	Held    AlertState = "held"    // waits for the end of quiet hours or for the digest
)

// Alert is a decision to send, with everything that happened to it since. It is written with its filing, before
// anything is posted, and never forgotten.
type Alert struct {
	ID         string // "<index>-<route>", with "/correction" and the like (see About); what Slack's metadata carries
	Route      string
	Channel    string // Target.Channel of the route when it was decided
	Index      int64  // the filing; 0 for a note to operators
	Note       string // the text of a note to operators
	Urgent     bool   // goes first in its channel, never before an earlier filing of the same company
	State      AlertState
	CreatedAt  time.Time
	DueAt      time.Time // not before
	IntendedAt time.Time // an open intent: it may have been posted; zero when settled
	Attempts   int
	LastError  string // cleaned of secrets
	SentAt     time.Time
	TS         string // Slack's message ts, or "ok" where the receiver has none
	Digest     string // id of the digest message that carries it, if one does
}

// About tells what the filing became since it was listed, where a is about that and not about the filing itself. The
// id then ends in a slash and this word: a route's name has no slash, so no other route has such an id.
func (a *Alert) About() Change {
	about, ok := strings.CutPrefix(a.ID, fmt.Sprintf("%d-%s/", a.Index, a.Route))
	if !ok || a.Index == 0 {
		return ""
	}
	return Change(about)
}

// Open reports whether something is still to be done for a.
func (a *Alert) Open() bool { return a.State != Sent }

// Message is one post: an alert, a digest of several, or a note to operators. The ledger holds what it is made
// of before it is sent.
type Message struct {
	ID         string // metadata id
	Route      Route
	Items      []Item    // one for an alert, several for a digest, none for a note
	Note       string    // text for operators, when there are no items
	Sample     bool      // a marked sample from test-alert
	MayRepeat  bool      // an earlier attempt ended without a clear answer
	Thread     string    // ts of the message this one belongs under
	IntendedAt time.Time // when it was first intended; Find looks from here on
}

// Item is one filing as a message shows it.
type Item struct {
	Filing     Filing
	Found      classify.Result
	Categories []string // labels in the route's language, in order of the rules
	Qualifiers []string // labels in the route's language
	Late       bool
	Reason     string
	Earlier    int64        // the filing that it links to, 0 = none
	Changed    []Difference // what it says otherwise than that one, or than before it was edited
}

// Outcome is how an attempt to send ended. Slack has no idempotency key, so there are three ends, not two:
// sent, known not to be posted, and unknown.
type Outcome struct {
	Result     Result
	TS         string        // non-empty when sent
	RetryAfter time.Duration // Later: wait at least this long; 0 = the caller's back-off
	Workspace  bool          // Later: the whole workspace is limited, not just this channel
	Err        error         // what went wrong, cleaned of secrets
}

// Result is the kind of an Outcome.
type Result uint8

// The results.
const (
	ResultUnknown Result = iota // time-out, reset, 5xx, an answer that says nothing: look before sending again
	ResultSent
	ResultLater   // known not posted: rate limit, service unavailable
	ResultParked  // the channel or the credentials refuse: the route waits
	ResultRefused // this message is refused even as plain text: it alone is set aside
)
