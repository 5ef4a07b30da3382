package monitor

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// Health is what the daemon knows about itself right now. It lives in memory: a quiet poll writes nothing.
type Health struct {
	StartedAt     time.Time
	LastPollAt    time.Time
	LastSuccessAt time.Time
	LastError     string            // of the last poll, "" when it was good
	Newest        int64             // newest index ever recorded
	Readers       map[string]string // reader → "ok", "unread" before its first read, or in a word what it is
	Stale         bool              // no good poll yet, or none for stale_after while the schedule was due
	Problems      []string          // each a sentence; none = ok
	Alarms        map[Alarm]string  // why filings or alerts may be missing right now: each a sentence, also among Problems
	Parked        map[string]string // route → why it waits
}

// Alarm is a kind of trouble by which filings may be missed, or alerts come too late.
type Alarm string

// The alarms.
const (
	AlarmStale   Alarm = "stale"   // no good poll for stale_after
	AlarmSilent  Alarm = "silent"  // the list is read well and shows nothing new, which is not normal now
	AlarmFrozen  Alarm = "frozen"  // the first reader's list does not move on while another one's does
	AlarmUnknown Alarm = "unknown" // something seen is not recorded for 10 minutes
	AlarmOutbox  Alarm = "outbox"  // an alert is not through for 5 minutes
)

// Alarms lists every kind.
func Alarms() []Alarm {
	return []Alarm{AlarmStale, AlarmSilent, AlarmFrozen, AlarmUnknown, AlarmOutbox}
}

// OK reports whether there is nothing to tell operators.
func (h Health) OK() bool { return len(h.Problems) == 0 }

// Health is a copy; it may be kept.
func (m *Monitor) Health() Health {
	m.mu.Lock()
	defer m.mu.Unlock()
	told := m.now()
	h := Health{
		StartedAt: m.started, LastPollAt: m.watch.pollAt, LastSuccessAt: m.watch.liveAt, LastError: m.watch.lastErr,
		Newest: m.watch.newest, Readers: map[string]string{}, Parked: map[string]string{},
		Stale: m.watch.liveAt.IsZero() || m.stale(told), Alarms: m.alarms(told),
	}
	for _, r := range m.watch.readers {
		h.Readers[r.source.Name()] = r.word
	}
	if m.stale(told) {
		h.Problems = append(h.Problems, m.staleSentence())
	}
	h.Problems = append(h.Problems, m.watch.sentences()...)
	if s := m.silence(told); s != "" {
		h.Problems = append(h.Problems, s)
	}
	if s := m.unknown.sentence(told); s != "" {
		h.Problems = append(h.Problems, s)
	}
	for _, r := range m.config.Routes {
		if l := m.lanes[r.To.Channel()]; l != nil && l.parked != "" {
			h.Parked[r.Name] = l.parked
			h.Problems = append(h.Problems, fmt.Sprintf("route %q is blocked: %s", r.Name, l.parked))
		}
	}
	for _, channel := range slices.Sorted(maps.Keys(m.lanes)) {
		if s := cmp.Or(m.lanes[channel].stuck(told), m.lanes[channel].slow(told)); s != "" {
			h.Problems = append(h.Problems, s)
		}
	}
	if s := m.config.Calendar.outdated(told); s != "" {
		h.Problems = append(h.Problems, s)
	}
	for _, o := range m.watch.orphans {
		h.Problems = append(h.Problems, fmt.Sprintf("alerts wait for route %q, which is no longer configured", o))
	}
	if m.config.Problem != "" {
		h.Problems = append(h.Problems, m.config.Problem)
	}
	return h
}

// Beat is when the schedule's loop last turned, for a supervisor's watchdog; zero before it has.
func (m *Monitor) Beat() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.beat
}

// stale reports whether a due poll has been owed for StaleAfter. Called with m.mu held.
func (m *Monitor) stale(told time.Time) bool {
	if m.config.StaleAfter <= 0 {
		return false
	}
	since := m.watch.liveAt
	if since.IsZero() {
		return told.Sub(m.started) > m.config.StaleAfter // the first poll was due at the start
	}
	if told.Sub(since) <= m.config.StaleAfter {
		return false // what was due came later; asked every second, so without asking the schedule
	}
	due := m.config.Schedule.Next(since)
	return !due.IsZero() && told.Sub(due) > m.config.StaleAfter
}

func (m *Monitor) staleSentence() string {
	s := "no successful poll since " + m.watch.liveAt.In(Istanbul).Format("2006-01-02 15:04:05")
	if m.watch.liveAt.IsZero() {
		s = "no successful poll since the start at " + m.started.In(Istanbul).Format("2006-01-02 15:04:05")
	}
	s += fmt.Sprintf(" (limit %s)", m.config.StaleAfter)
	if m.watch.lastErr != "" {
		s += "; last error: " + m.watch.lastErr
	}
	return s
}

// silence says that the list is read well and shows nothing new for longer than is normal at this hour of this kind
// of day; "" when that is not so. The last commit is the last news. Called with m.mu held.
func (m *Monitor) silence(told time.Time) string {
	c, since := m.config.Calendar, m.cursor.CommittedAt
	if c == nil || m.watch.liveAt.IsZero() || m.stale(told) || !c.Silent(since, told) {
		return ""
	}
	s := fmt.Sprintf("nothing new is listed since %s, although about %.0f filings were to be expected: the list may be frozen",
		since.In(Istanbul).Format("2006-01-02 15:04"), c.Expected(since, told))
	return s
}

// alarms are the kinds of trouble that count as one now. Called with m.mu held.
func (m *Monitor) alarms(told time.Time) map[Alarm]string {
	out := map[Alarm]string{}
	note := func(a Alarm, sentence string) {
		if sentence != "" && out[a] == "" {
			out[a] = sentence
		}
	}
	if m.stale(told) {
		note(AlarmStale, m.staleSentence())
	}
	note(AlarmSilent, m.silence(told))
	note(AlarmFrozen, m.watch.frozen)
	if m.unknown.older(unknownAfter, told) {
		note(AlarmUnknown, m.unknown.sentence(told))
	}
	for _, channel := range slices.Sorted(maps.Keys(m.lanes)) {
		l := m.lanes[channel]
		note(AlarmOutbox, cmp.Or(l.stuck(told), l.late(told)))
	}
	return out
}

// lookWhetherMoved notes, every few seconds, whether the ledger's file is where it was opened. If not, nothing is lost
// while this process lives, and only a copy taken from it saves what it goes on recording.
func (m *Monitor) lookWhetherMoved() {
	const every = 10 * time.Second
	p, ok := m.store.(Placed)
	now := time.Now()
	if !ok || now.Sub(m.placedAt) < every {
		return
	}
	m.placedAt = now
	moved := ""
	if err := p.InPlace(); err != nil {
		moved = err.Error() + ": run kapwatch backup FILE, then stop the daemon and run kapwatch restore FILE"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.watch.moved = moved
}

// tell tells the operators' route one thing, once.
func (m *Monitor) tell(kind, text string) {
	m.mu.Lock()
	notes := m.note(kind, text)
	m.mu.Unlock()
	m.log.Warn("operators told", "what", text)
	m.send(notes, nil)
}

// send records notes and lets them go, with what operators are told of by now unless told is nil. Those that find no
// room on the disk are kept and sent later.
func (m *Monitor) send(notes []Alert, told []Trouble) {
	if len(notes) == 0 {
		return
	}
	m.books.Lock()
	defer m.books.Unlock()
	err := m.wrote("notes", m.store.Notes(notes, told))
	switch {
	case err == nil:
		m.enqueue(m.newQueued(nil, notes, false))
	case errors.Is(err, ErrFull):
		m.mu.Lock()
		m.watch.unsaid = append(m.watch.unsaid, notes...)
		m.watch.unsaidAt = time.Now().Add(backoff(3))
		m.mu.Unlock()
	default:
		m.log.Error("record a note to operators", "err", err)
	}
}

// note is a message to the operators' route; none when no route is named. Called with m.mu held.
func (m *Monitor) note(kind, text string) []Alert {
	for _, r := range m.config.Routes {
		if r.Name == m.config.HealthRoute {
			now := m.now()
			return []Alert{{
				ID: fmt.Sprintf("note-%s-%d-%x", kind, time.Now().UnixNano(), rand.Uint32()), Route: r.Name, Channel: r.To.Channel(),
				Note: text, Urgent: true, State: Pending, CreatedAt: now, DueAt: now,
			}}
		}
	}
	return nil
}
