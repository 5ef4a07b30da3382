package monitor

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A lane is the queue of one channel: alerts leave it at the channel's pace, urgent ones first, and those of one
// company in the order in which they were published. Guarded by Monitor.mu but for its goroutine's own steps.
type lane struct {
	channel   string
	queue     []*queued // by publish time, then index; notes by their own time
	kick      chan struct{}
	running   bool
	notBefore time.Time // nothing is posted before this, monotonic: pace and rate limit
	parked    string    // why nothing goes through; "" = open
	flows     bool      // the receiver has taken or judged a message since the start, and not parked the channel after it
	retryAt   time.Time // when a parked lane is tried again, monotonic
	failing   time.Time // first failed post since the last that went through, told; zero = none
	failure   string    // how the last post failed
	releases  map[string]release
}

// release is when a route lets go of what it is given at any time of a span: the schedule is asked once a span.
type release struct {
	route    *Route
	from, at time.Time // the span, its end excluded, and what is given at its end
}

// release is r.release(told).
func (l *lane) release(r *Route, told time.Time) time.Time {
	x := l.releases[r.Name]
	if x.route != r || told.Before(x.from) || !told.Before(x.at) {
		x = release{r, told, r.release(told)}
		if l.releases == nil {
			l.releases = map[string]release{}
		}
		l.releases[r.Name] = x
	}
	return x.at
}

// queued is an open alert in memory, with what its order depends on.
type queued struct {
	Alert
	company   string
	published time.Time
	hold      time.Time // waits for its filing's detail until this, monotonic
	taken     bool      // being posted right now; only its lane's goroutine changes it then
	refused   bool      // set aside: the receiver refuses the message itself
	alone     bool      // goes in no digest: one that it was in is refused
	sought    bool      // held, and looked for where there is no history
	orphan    bool      // its route is not configured now
	old       bool      // was seen so late that it goes with the others of its route that were
}

// Limits of a lane.
const (
	digestOver  = 5  // more than this many waiting are merged
	digestMost  = 20 // filings in one digest
	parkedRetry = 10 * time.Minute
	stuckAfter  = 5 * time.Minute // failing for longer is a problem that operators are told
)

func (l *lane) nudge() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

func (l *lane) add(q *queued) {
	i, _ := slices.BinarySearchFunc(l.queue, q, func(a, b *queued) int {
		return cmp.Or(a.published.Compare(b.published), cmp.Compare(a.Index, b.Index), cmp.Compare(a.ID, b.ID))
	})
	l.queue = slices.Insert(l.queue, i, q)
}

func (l *lane) remove(done []*queued) {
	l.queue = slices.DeleteFunc(l.queue, func(q *queued) bool { return slices.Contains(done, q) })
}

// next chooses what to post: alerts that go together in one message, or how long to wait. An open intent goes
// before everything else, since the channel's order hangs on it.
func (l *lane) next(now, told time.Time, routes map[string]*Route) (group []*queued, wait time.Duration) {
	wait = time.Hour
	after := l.notBefore
	if l.parked != "" && l.retryAt.After(after) {
		after = l.retryAt
	}
	if after.After(now) {
		return nil, after.Sub(now)
	}
	var ready []*queued
	waiting := map[string]bool{} // companies with an earlier alert that cannot go yet
	for _, q := range l.queue {
		route := routes[q.Route]
		if route == nil || q.refused {
			continue
		}
		if q.State == Held && !q.open() && q.DueAt.After(told) {
			q.hurry(l.release(route, told))
		}
		due := q.due(told)
		switch {
		case q.restored(): // it is looked for at once
			return []*queued{q}, 0
		case q.open() && (due || q.State != Held):
			if !due {
				return nil, time.Second
			}
			return l.intended(q), 0
		}
		if !due || q.hold.After(now) || waiting[q.company] {
			// Looked at again within a second: the told time may be simulated, or the clock stepped.
			wait = min(wait, time.Second)
			if due || q.State != Held { // what a route holds by its reader's wish makes no other route wait
				waiting[q.company] = q.company != ""
			}
			continue
		}
		ready = append(ready, q)
	}
	l.part(ready, routes)
	if len(ready) == 0 {
		return nil, wait
	}
	urgentFirst(ready)
	return together(ready), 0
}

// open reports whether q may already have been posted.
func (q *queued) open() bool { return !q.IntendedAt.IsZero() }

// restored reports whether q is held, and was perhaps sent by a ledger of which this one is a copy: nobody has looked yet.
func (q *queued) restored() bool { return q.State == Held && q.open() && !q.sought }

// due reports whether q may go at the told time. What is only tried again never waits longer than a pause may be:
// then the clock was set back.
func (q *queued) due(told time.Time) bool {
	wait := q.DueAt.Sub(told)
	return wait <= 0 || q.State != Held && wait > pausedAtMost
}

// part takes those stored digests apart that cannot go whole now: under the id of one, a part of it would pass for all
// of it. Each is known not to be posted.
func (l *lane) part(ready []*queued, routes map[string]*Route) {
	can := map[string]int{} // digest → alerts of it that can go
	for _, q := range ready {
		if q.Digest != "" {
			can[q.Digest]++
		}
	}
	if len(can) == 0 {
		return
	}
	all := map[string]int{}
	for _, q := range l.queue {
		if routes[q.Route] != nil && !q.refused {
			all[q.Digest]++
		}
	}
	for _, q := range l.queue {
		if n := can[q.Digest]; n > 0 && n < all[q.Digest] {
			q.Digest = ""
		}
	}
}

// hurry lets q, which its route holds, go no later than what the route is given now: the clock was set back since, or
// the route's times are others. A later filing of its company would overtake it.
func (q *queued) hurry(release time.Time) {
	if release.Before(q.DueAt) {
		q.DueAt = release
	}
}

// stuck says that l has failed for too long, "" when it has not. A parked lane says so by itself.
func (l *lane) stuck(told time.Time) string {
	if l.failing.IsZero() || l.parked != "" || told.Sub(l.failing) < stuckAfter {
		return ""
	}
	if !slices.ContainsFunc(l.queue, func(q *queued) bool { return !q.orphan && q.Attempts > 0 && (q.State == Pending || q.State == Unknown) }) {
		return ""
	}
	return fmt.Sprintf("nothing has reached %s since %s: %s", l.channel, l.failing.In(Istanbul).Format(time.DateTime), l.failure)
}

// late says that an alert should be through for longer than stuckAfter, "" when none should: one that is held has time,
// one that the receiver refuses is set aside, and what waits for a route that is not configured is said otherwise.
func (l *lane) late(told time.Time) string {
	for _, q := range l.queue {
		since := q.CreatedAt
		if q.Attempts == 0 && q.DueAt.After(since) {
			since = q.DueAt // it was held until then
		}
		if !q.refused && !q.orphan && q.State != Held && told.Sub(since) >= stuckAfter {
			return fmt.Sprintf("an alert waits for %s since %s", l.channel, since.In(Istanbul).Format(time.DateTime))
		}
	}
	return ""
}

// slow is late where nothing else says why.
func (l *lane) slow(told time.Time) string {
	if l.parked != "" {
		return ""
	}
	return l.late(told)
}

// intended is the message that an alert with an open intent was in.
func (l *lane) intended(q *queued) []*queued {
	if q.Digest == "" {
		return []*queued{q}
	}
	var group []*queued
	for _, x := range l.queue {
		if x.Digest == q.Digest {
			group = append(group, x)
		}
	}
	return group
}

// urgentFirst puts urgent alerts in front, and with each the earlier ones of its company.
func urgentFirst(ready []*queued) {
	urgent := map[string]int{} // company → place of its last urgent alert
	for i, q := range ready {
		if q.Urgent {
			urgent[q.company] = i
		}
	}
	rank := map[*queued]int{}
	for i, q := range ready {
		if last, ok := urgent[q.company]; ok && q.company != "" && i <= last || q.Urgent {
			continue
		}
		rank[q] = 1
	}
	slices.SortStableFunc(ready, func(a, b *queued) int { return cmp.Compare(rank[a], rank[b]) })
}

// together takes from ready what one message carries: one alert; or, when more than five wait, what was held is
// released or an outage made them old, a digest of the first one's route. An alert behind one of its company that stays
// back stays back too. A digest that is known not to be posted goes again as it was stored, but where another alert of a
// company in it now stands between: then there are only alerts again.
func together(ready []*queued) []*queued {
	head := ready[0]
	if head.Index == 0 {
		return ready[:1]
	}
	if head.Digest != "" {
		stored := slices.DeleteFunc(slices.Clone(ready), func(q *queued) bool { return q.Digest != head.Digest })
		if !overtakes(stored, ready) {
			return stored
		}
		for _, q := range stored {
			q.Digest = ""
		}
	}
	held := head.State == Held
	if head.alone || !held && !head.old && len(ready) <= digestOver {
		return ready[:1]
	}
	var group []*queued
	back := map[string]bool{}
	for _, q := range ready {
		if q.Route != head.Route || q.Index == 0 || q.Digest != "" || q.alone || back[q.company] || len(group) == digestMost || held && q.State != Held || !held && head.old && !q.old {
			back[q.company] = true
			continue
		}
		group = append(group, q)
	}
	return group
}

// overtakes reports whether group, going now, would go before an alert of ready that comes earlier and is of one of its
// companies.
func overtakes(group, ready []*queued) bool {
	last := map[string]int{} // company → place of its last in group
	for i, q := range ready {
		if slices.Contains(group, q) {
			last[q.company] = i
		}
	}
	for i, q := range ready {
		if q.company != "" && i < last[q.company] && !slices.Contains(group, q) {
			return true
		}
	}
	return false
}
