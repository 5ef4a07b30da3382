package monitor

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// watch is what the loop knows about the source right now. Guarded by Monitor.mu.
type watch struct {
	readers  []*reader
	polled   *reader   // that the last due poll asked
	pollAt   time.Time // told
	goodAt   time.Time // last good read of the first reader, told; after a restart the last commit
	liveAt   time.Time // last good read of any reader since the start, told
	lastErr  string
	newest   int64
	quiet    time.Time           // nothing at all is asked before this, monotonic
	paused   time.Time           // quiet as the ledger has it
	limited  int                 // how many 429 in a row
	problems []string            // of the last good listing
	hole     string              // names the days that no poll will ask for
	holes    bool                // Cursor.Holes has changed and is not recorded yet
	damage   string              // what a check of the ledger found
	full     map[string]string   // what the full disk stands in the way of → the error
	lone     map[int64]*lone     // filings that only a reader standing in or cross-checking has listed
	differs  string              // says which of them the first reader does not list
	frozen   string              // says that the first reader's list does not move on, although it is read well
	told     map[string]Trouble  // what operators have been told of, by kind
	between  map[string]*between // what was recorded since, for those that may cost filings
	unsaid   []Alert             // notes to operators that found no room on the disk yet
	unsaidAt time.Time           // when they are tried again, monotonic
	moved    string              // says that the ledger's file is no longer where it was opened
	refusal  string              // says that a new configuration was not taken over
	orphans  []string            // routes that alerts wait for and that are no longer configured
}

// lone is a filing that the first reader has not listed.
type lone struct {
	published time.Time
	missed    int // good reads of the first reader since that should have shown it
}

// reader is one Source with its own back-off.
type reader struct {
	source   Source
	newest   time.Time // publish time of the newest filing that it has listed since the start
	readAt   time.Time // its last good read since the start, told
	word     string    // "ok", "unread" before the first read, or in a word what it is
	err      string
	since    time.Time // told: when it last changed between good and bad
	drift    string    // how the shape changed, until a good answer comes
	failures int
	until    time.Time // not asked before, monotonic
}

func newWatch(sources []Source) watch {
	w := watch{lone: map[int64]*lone{}, told: map[string]Trouble{}, between: map[string]*between{}, full: map[string]string{}}
	w.adopt(sources)
	return w
}

// adopt takes over new sources; a reader that stays keeps what is known of it, but not its back-off.
func (w *watch) adopt(sources []Source) {
	old := w.readers
	w.readers = nil
	for _, s := range sources {
		r := &reader{source: s, word: "unread"}
		for _, o := range old {
			if o.source.Name() == s.Name() {
				r.word, r.err, r.since, r.drift, r.newest, r.readAt = o.word, o.err, o.since, o.drift, o.newest, o.readAt
			}
		}
		w.readers = append(w.readers, r)
	}
}

// next is the reader to poll with: the first whose back-off has passed, but not one that failed at the last due
// poll, or whose list is frozen, while another can stand in; nil when none may be asked now.
func (w *watch) next(now time.Time) *reader {
	if now.Before(w.quiet) {
		return nil
	}
	var choice *reader
	for _, r := range w.readers {
		if now.Before(r.until) {
			continue
		}
		if choice == nil || choice == w.polled && (choice.failures > 0 || w.frozen != "" && choice == w.readers[0]) {
			choice = r
		}
	}
	w.polled = choice
	return choice
}

// good notes a successful read.
func (w *watch) good(r *reader, told time.Time) {
	if r.word != "ok" {
		r.since = told
	}
	r.word, r.err, r.drift, r.failures, r.until = "ok", "", "", 0, time.Time{}
	w.limited, w.lastErr, w.liveAt, r.readAt = 0, "", told, told
	if r == w.readers[0] {
		w.goodAt = told
	}
}

// Back-off after a failed answer of the source.
const (
	limitedFirst = time.Minute // after 429 without Retry-After, doubling
	limitedMost  = 30 * time.Minute
	toldMost     = 24 * time.Hour // a longer Retry-After is cut to this
	failedFirst  = 2 * time.Second
	failedMost   = 2 * time.Minute
)

// bad notes a failed read and when the reader, or after 429 anything at all, may be asked again.
func (w *watch) bad(r *reader, err error, now, told time.Time) {
	if r.word == "ok" || r.word == "unread" {
		r.since = told
	}
	r.word, r.err, w.lastErr = word(err), err.Error(), r.source.Name()+": "+err.Error()
	if errors.Is(err, ErrDrift) {
		r.drift = r.err
	}
	r.failures++
	r.until = now.Add(backoff(r.failures))
	w.refused(err, now)
}

// refused silences everything after a 429, whoever was told it, and reports whether it was one.
func (w *watch) refused(err error, now time.Time) bool {
	var refusal *RefusedError
	if !errors.As(err, &refusal) || !refusal.Limited {
		return false
	}
	wait := refusal.RetryAfter
	if wait <= 0 {
		wait = limitedWait(w.limited)
	}
	w.limited++
	if until := now.Add(min(wait, toldMost)); until.After(w.quiet) {
		w.quiet = until
	}
	return true
}

// limitedWait is 1, 2, 4 … 30 minutes after n 429 in a row and one more.
func limitedWait(n int) time.Duration { return min(limitedFirst<<min(n, 10), limitedMost) }

// backoff is 2, 4, 8 … 120 s after the n-th failure in a row, with jitter that only ever lengthens it.
func backoff(n int) time.Duration {
	d := min(failedFirst<<min(n-1, 10), failedMost)
	return min(d+rand.N(d/5), failedMost)
}

func word(err error) string {
	var refusal *RefusedError
	switch {
	case errors.Is(err, ErrDrift):
		return "drift"
	case errors.As(err, &refusal) && refusal.Word != "":
		return refusal.Word
	}
	return "failing"
}

// sentences are the problems that concern the source, in a fixed order.
func (w *watch) sentences() []string {
	var out []string
	for i, r := range w.readers {
		if r.word == "ok" || r.word == "unread" {
			continue
		}
		s := fmt.Sprintf("reader %s is %s since %s: %s", r.source.Name(), r.word, r.since.In(Istanbul).Format("2006-01-02 15:04:05"), r.err)
		if i == 0 && len(w.readers) > 1 && w.readers[1].word == "ok" {
			s += "; reader " + w.readers[1].source.Name() + " stands in"
		}
		out = append(out, s)
	}
	out = append(out, w.problems...)
	switch {
	case w.frozen != "":
		out = append(out, w.frozen)
	case w.differs != "":
		out = append(out, w.differs)
	}
	if w.hole != "" {
		out = append(out, w.hole)
	}
	if w.damage != "" {
		out = append(out, w.damage)
	}
	if w.moved != "" {
		out = append(out, w.moved)
	}
	if w.refusal != "" {
		out = append(out, w.refusal)
	}
	if full := w.noRoom(); full != "" {
		out = append(out, full)
	}
	return slices.Clip(out)
}

// listed takes over what reader r shows of the list; filings that it has shown before may be left out.
func (w *watch) listed(r *reader, filings []Filing) {
	for i := range filings {
		f := &filings[i]
		if f.PublishedAt.After(r.newest) {
			r.newest = f.PublishedAt
		}
		if r == w.readers[0] {
			delete(w.lone, f.Index)
		}
	}
}

// frozenAfter is how many good reads of the first reader must lack what is newer than all that it has ever shown,
// before its list counts as frozen: a single one may have been answered a moment before.
const frozenAfter = 2

// compare says, after a good read of the first reader, which filings it does not list although another one has: the
// readers differ; and whether its list is frozen. A filing from before the window that was asked for is no
// difference, and the page, which shows the days that it likes, is not asked for any.
func (w *watch) compare(asked Window) (changed bool) {
	first := w.readers[0]
	var missing, newer []string
	for _, index := range slices.Sorted(maps.Keys(w.lone)) {
		x := w.lone[index]
		if x.published.Before(asked.From) {
			delete(w.lone, index)
			continue
		}
		x.missed++
		missing = append(missing, strconv.FormatInt(index, 10))
		if x.missed >= frozenAfter && x.published.After(first.newest) && !first.newest.IsZero() {
			newer = append(newer, strconv.FormatInt(index, 10))
		}
	}
	old := w.differs + w.frozen
	w.differs, w.frozen = "", ""
	name := first.source.Name()
	if len(missing) > 0 && name != PageReader {
		w.differs = fmt.Sprintf("reader %s does not list what another reader has listed: filing %s", name, short(missing))
	}
	if len(newer) > 0 {
		w.frozen = fmt.Sprintf("the list of reader %s is frozen: it shows nothing newer than %s, although another reader has listed filing %s",
			name, first.newest.In(Istanbul).Format("2006-01-02 15:04:05"), short(newer))
	}
	return w.differs+w.frozen != "" && w.differs+w.frozen != old
}

// noRoom says that the disk is full, "" when it is not.
func (w *watch) noRoom() string {
	for _, act := range slices.Sorted(maps.Keys(w.full)) {
		return "the disk is full, nothing new is recorded or sent: " + w.full[act]
	}
	return ""
}
