package monitor

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// Errors that a caller acts on.
var (
	ErrDrift     = errors.New("the source no longer has the shape we know")
	ErrRefused   = errors.New("the source refused to answer")
	ErrNotYet    = errors.New("the source does not serve it yet")
	ErrLocked    = errors.New("another process has the ledger open")
	ErrFull      = errors.New("no space left for the ledger")
	ErrNoHistory = errors.New("the channel's history cannot be read")
)

// DriftError is ErrDrift with what changed and the bytes that show it.
type DriftError struct {
	Reader string
	What   string // names the key, head or mark at fault
	Body   []byte
	Seen   int64 // index of a filing that it speaks of unasked, 0 = none
}

func (e *DriftError) Error() string { return fmt.Sprintf("%s: %s", ErrDrift, e.What) }

// Unwrap makes errors.Is(err, ErrDrift) true.
func (e *DriftError) Unwrap() error { return ErrDrift }

// RefusedError is ErrRefused with what the source answered: 429, 666, HTML where JSON was due, 5xx, a reset.
type RefusedError struct {
	Status     int           // HTTP status; 0 when there was no answer
	Word       string        // one word for /status: limited, refused, html, failing, unreachable, hanging, oversized, dropped, truncated …
	Limited    bool          // 429: nothing at all may be asked for a while
	RetryAfter time.Duration // as told, 0 when not told
	Err        error         // what lies beneath, may be nil
}

func (e *RefusedError) Error() string {
	s := fmt.Sprintf("%s (%s)", ErrRefused, e.Word)
	if e.Status != 0 {
		s = fmt.Sprintf("%s: HTTP %d (%s)", ErrRefused, e.Status, e.Word)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap makes errors.Is(err, ErrRefused) true, and lets the cause be found.
func (e *RefusedError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrRefused}
	}
	return []error{ErrRefused, e.Err}
}

// panicError is a panic over a filing's text, with the stack that says where.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("it panicked: %v", e.value) }

// contained makes an error of a panic of look, which reads texts and changes nothing outside: words that nobody thought
// of cost one filing's look, and not the process.
func contained(look func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{p, debug.Stack()}
		}
	}()
	look()
	return nil
}
