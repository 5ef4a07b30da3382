package monitor

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Trouble is something that operators have been told of, and not yet that it is over. The ledger keeps it, so that what
// spans a restart is told once when it begins and once when it ends.
type Trouble struct {
	Kind  string // as "stale", or with what it is about: "drift:criteria"
	Text  string // what they were told, or as it reads by now
	Since time.Time
}

// split gives the kind in a word, and what it is about.
func (t Trouble) split() (word, about string) {
	word, about, _ = strings.Cut(t.Kind, ":")
	return word, about
}

// advice is what the message of its beginning adds.
func (t Trouble) advice() string {
	switch word, _ := t.split(); word {
	case "stale":
		return ". Filings published since then may be missing until it answers again"
	case "drift":
		return ". The answer is kept"
	}
	return ""
}

// costly reports whether filings may come late or be missed meanwhile, which the message of its end tells of.
func (t Trouble) costly() bool {
	word, _ := t.split()
	return slices.Contains([]string{"stale", "silence", "drift", "full", "frozen"}, word)
}

// troubles are what operators are told about once when it starts and once when it ends, by kind. A source that
// does not answer is none of them until it is stale. Called with m.mu held.
func (m *Monitor) troubles(told time.Time) map[string]Trouble {
	out := map[string]Trouble{}
	note := func(kind, text string) {
		if text == "" {
			return
		}
		t := Trouble{kind, text, told}
		if known, ok := m.watch.told[kind]; ok {
			t.Since = known.Since
		}
		out[kind] = t
	}
	note("silence", m.silence(told))
	if m.stale(told) {
		note("stale", m.staleSentence())
	}
	note("frozen", m.watch.frozen)
	note("calendar", m.config.Calendar.outdated(told))
	for _, r := range m.watch.readers {
		if r.drift != "" {
			note("drift:"+r.source.Name(), fmt.Sprintf("reader %s: %s", r.source.Name(), r.drift))
		}
	}
	note("unknown", m.unknown.sentence(told))
	note("moved", m.watch.moved)
	note("full", m.watch.noRoom())
	note("damage", m.watch.damage)
	note("reload", m.watch.refusal)
	note("hole", m.watch.hole)
	for i, p := range m.watch.problems {
		note(fmt.Sprintf("list:%d", i), p)
	}
	for _, l := range m.lanes {
		if l.parked != "" {
			note("parked:"+l.channel, fmt.Sprintf("%s is blocked, its alerts wait: %s", l.channel, l.parked))
		}
		if s := cmp.Or(l.stuck(told), l.slow(told)); s != "" {
			note("stuck:"+l.channel, s)
		}
	}
	for kind, t := range m.watch.told {
		if _, still := out[kind]; !still && !m.knows(t) {
			out[kind] = t
		}
	}
	return out
}

// knows reports whether this life has seen enough to say that a trouble, which an earlier one may have told of, is
// over: that nothing is wrong yet proves nothing when nothing has been asked yet. Called with m.mu held.
func (m *Monitor) knows(t Trouble) bool {
	w := &m.watch
	switch word, about := t.split(); word {
	case "stale", "silence", "list":
		return !w.liveAt.IsZero()
	case "frozen":
		if w.readers[0].readAt.IsZero() {
			return false
		}
		for _, x := range w.lone {
			if x.missed < frozenAfter {
				return false
			}
		}
	case "drift":
		i := slices.IndexFunc(w.readers, func(r *reader) bool { return r.source.Name() == about })
		return i < 0 || w.readers[i].word == "ok"
	case "parked", "stuck":
		l := m.lanes[about]
		return l == nil || l.flows || len(l.queue) == 0
	}
	return true
}

// tellTrouble tells the operators' route what began and what is over since the last turn.
func (m *Monitor) tellTrouble() {
	m.lookWhetherMoved()
	m.mu.Lock()
	now := m.troubles(m.now())
	if len(now)+len(m.watch.told)+len(m.watch.unsaid) == 0 {
		m.mu.Unlock()
		return
	}
	var texts []string
	for _, kind := range slices.Sorted(maps.Keys(now)) {
		if _, known := m.watch.told[kind]; !known {
			texts = append(texts, "⚠ "+now[kind].Text+now[kind].advice())
			m.watch.begin(now[kind])
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(m.watch.told)) {
		if _, still := now[kind]; !still {
			texts = append(texts, "over: "+m.watch.told[kind].Text+m.watch.end(kind))
		}
	}
	m.watch.told = now
	told := []Trouble{} // not nil: that nothing is left is told too
	for _, kind := range slices.Sorted(maps.Keys(now)) {
		told = append(told, now[kind])
	}
	var notes []Alert
	if !m.watch.unsaidAt.After(time.Now()) {
		notes, m.watch.unsaid = m.watch.unsaid, nil
	}
	if len(texts) > 0 {
		notes = append(notes, m.note("health", strings.Join(texts, "\n"))...)
	}
	m.mu.Unlock()
	for _, t := range texts {
		m.log.Warn("health changed", "what", t)
	}
	m.send(notes, told)
}

// takeUp takes over what an earlier life has told operators, and counts what was recorded since. Called with m.mu held.
func (m *Monitor) takeUp(told []Trouble) error {
	for _, t := range told {
		m.watch.told[t.Kind] = t
		if t.Kind == "damage" {
			m.watch.damage = t.Text // until a check finds none
		}
		if !t.costly() {
			continue
		}
		x := &between{}
		m.watch.between[t.Kind] = x
		q := Query{Since: Midnight(t.Since).AddDate(0, 0, -2), Oldest: true, Limit: 200} // what is told of now was published then or later
		for more := true; more; {
			page, err := m.store.Find(q)
			if err != nil {
				return err
			}
			for i := range page.Records {
				f := &page.Records[i].Filing
				counts := !f.SeenAt.Before(t.Since) || t.Kind == "frozen" && m.watch.lone[f.Index] != nil
				if counts && f.Origin == Poll && m.watched(f) {
					x.add(f.Index, f.PublishedAt)
				}
			}
			q.After, more = page.Next, page.More
		}
	}
	return nil
}

// takeUpLone takes over which filings an earlier life has seen only with the reader that stands in: they are those that
// the first one must still complete. Called with m.mu held.
func (m *Monitor) takeUpLone(partial []int64) error {
	const most = 1000 // of the newest: what is older than the window is no difference
	first := m.watch.readers[0].source.Name()
	if first == PageReader {
		return nil // completes none
	}
	for _, index := range partial[max(0, len(partial)-most):] {
		r, ok, err := m.store.Get(index)
		if err != nil {
			return err
		}
		if ok && r.Filing.Origin == Poll && r.Filing.Reader != first && m.watched(&r.Filing) {
			m.watch.lone[index] = &lone{published: r.Filing.PublishedAt}
		}
	}
	return nil
}

// begin notes that operators are told of a trouble, and end gives what the message of its end adds.
func (w *watch) begin(t Trouble) {
	if !t.costly() {
		return
	}
	x := &between{}
	w.between[t.Kind] = x
	if t.Kind == "frozen" { // found by what another reader listed meanwhile
		for index, l := range w.lone {
			x.add(index, l.published)
		}
	}
}

func (w *watch) end(kind string) string {
	if x := w.between[kind]; x != nil {
		delete(w.between, kind)
		return ". " + x.String()
	}
	if kind == "unknown" {
		return ": all of it is recorded or named"
	}
	return ""
}

// between counts what was recorded while there was trouble, so that its end can tell what may have been missed.
type between struct {
	filings     int
	low, high   int64
	first, last time.Time // published
}

func (b *between) add(index int64, published time.Time) {
	if b.filings++; b.filings == 1 {
		b.low, b.high, b.first, b.last = index, index, published, published
		return
	}
	b.low, b.high = min(b.low, index), max(b.high, index)
	if published.Before(b.first) {
		b.first = published
	}
	if published.After(b.last) {
		b.last = published
	}
}

func (b *between) String() string {
	at := func(t time.Time) string { return t.In(Istanbul).Format("2006-01-02 15:04") }
	switch b.filings {
	case 0:
		return "Nothing was listed in between"
	case 1:
		return fmt.Sprintf("1 filing of that time came late or may have been missed: %d, published %s; it is recorded now", b.low, at(b.first))
	}
	return fmt.Sprintf("%d filings of that time came late or may have been missed: %d to %d, published %s to %s; they are recorded now",
		b.filings, b.low, b.high, at(b.first), at(b.last))
}
