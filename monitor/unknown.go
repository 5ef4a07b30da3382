package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What was positively seen and is not in the ledger is unknown, with the time of its first sight and the reason: a
// row that could not be read, or an index that only a link names. A gap in the numbering is neither, and is never
// looked for. What is unknown is looked up again, by its index or in the list of its days, and then named: operators
// are told once, and it stays in the receipt of its day. All of that follows from the first sight, which the ledger
// keeps, so a restart neither forgets nor begins anew.
type unknowns map[string]*unknown // by BadRow.ID; those named stay, for they may yet be read

type unknown struct {
	BadRow           // without its bytes
	at     time.Time // when it is looked up next, monotonic
}

// lookAgain are the times after the first sight at which an unknown one is looked up; after the last it is named. A
// link is followed at once besides: it names what the source has long listed, where a row that cannot be read is
// likely mended by the source before anyone could look.
var lookAgain = [...]time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour,
}

// unknownAfter is how long an index that only a link names may be unknown before it is a problem. A row that cannot
// be read is one at once.
const unknownAfter = 10 * time.Minute

// link reports whether no row was seen.
func (x *BadRow) link() bool { return x.Reader == DetailReader }

// level is how loud the log says that x was seen: nobody must do anything about a link yet.
func (x *BadRow) level() slog.Level {
	if x.link() {
		return slog.LevelInfo
	}
	return slog.LevelError
}

// add takes b in, to be looked up when it is due, or at once when that time has passed: nobody looked meanwhile.
func (u unknowns) add(b BadRow, told time.Time) {
	b.Raw = nil
	x := &unknown{BadRow: b}
	u[b.ID] = x
	wait := x.SeenAt.Add(lookAgain[0]).Sub(told)
	if x.link() {
		wait = 0
	}
	x.at = time.Now().Add(min(wait, lookAgain[0]))
}

// found ends those of an index that is recorded now.
func (u unknowns) found(index int64) {
	maps.DeleteFunc(u, func(_ string, x *unknown) bool { return x.Index == index && index != 0 })
}

// gone are the ids of rows without an index that the list of their reader shows no more, although it shows all of
// their days: the source has mended or withdrawn them, and what they were is listed readably or not at all.
func (u unknowns) gone(l *Listing, reader string, w Window) (ids []string) {
	for id, x := range u {
		from, to := x.days()
		if x.Index == 0 && x.Reader == reader && !w.From.After(from) && !w.To.Before(to) &&
			!slices.ContainsFunc(l.Bad, func(b BadRow) bool { return b.ID == id }) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// days are the first and the last day whose list can show x.
func (x *BadRow) days() (from, to time.Time) {
	if !x.PublishedAt.IsZero() {
		day := Midnight(x.PublishedAt)
		return day, day
	}
	day := Midnight(x.SeenAt)
	return day.AddDate(0, 0, -1), day
}

// next is the one to be looked up now, or how long to wait for it.
func (u unknowns) next(now time.Time) (x *unknown, wait time.Duration) {
	for _, y := range u {
		if y.NamedAt.IsZero() && (x == nil || cmp.Or(y.at.Compare(x.at), cmp.Compare(y.ID, x.ID)) < 0) {
			x = y
		}
	}
	if x == nil {
		return nil, time.Hour
	}
	if wait = x.at.Sub(now); wait > 0 {
		return nil, wait
	}
	return x, 0
}

// looked plans the next look after one that found nothing, and reports whether it was the last.
func (x *unknown) looked(told time.Time) (last bool) {
	old := told.Sub(x.SeenAt)
	for _, d := range lookAgain {
		if d > old {
			x.at = time.Now().Add(d - max(old, 0))
			return false
		}
	}
	return true
}

// older reports whether something is unknown for longer than d and not named.
func (u unknowns) older(d time.Duration, told time.Time) bool {
	for _, x := range u {
		if x.NamedAt.IsZero() && told.Sub(x.SeenAt) >= d {
			return true
		}
	}
	return false
}

// sentence says what is unknown and not named, "" when that is no problem (yet).
func (u unknowns) sentence(told time.Time) string {
	rows, links := 0, 0
	for _, x := range u {
		switch {
		case !x.NamedAt.IsZero():
		case !x.link():
			rows++
		case told.Sub(x.SeenAt) >= unknownAfter:
			links++
		}
	}
	var out []string
	switch rows {
	case 0:
	case 1:
		out = append(out, "1 row of the list could not be read; its bytes are kept")
	default:
		out = append(out, fmt.Sprintf("%d rows of the list could not be read; their bytes are kept", rows))
	}
	switch links {
	case 0:
	case 1:
		out = append(out, "1 filing that another one names is listed nowhere")
	default:
		out = append(out, fmt.Sprintf("%d filings that others name are listed nowhere", links))
	}
	return strings.Join(out, "; ")
}

// sight notes an index that was seen without its row, unless the ledger has it.
func (m *Monitor) sight(index int64, why string) error {
	unseen, err := m.store.Unseen([]int64{index})
	if err != nil {
		m.ledgerRead(err)
		return err
	}
	id := strconv.FormatInt(index, 10)
	m.mu.Lock()
	known := len(unseen) == 0 || m.unknown[id] != nil
	told := m.now()
	m.mu.Unlock()
	if known {
		return nil
	}
	return m.commit(Batch{Bad: []BadRow{{ID: id, Index: index, Reader: DetailReader, Err: why, SeenAt: told}}})
}

// strayed notes the filing that an answer spoke of instead of the one that was asked for.
func (m *Monitor) strayed(asked int64, answer error) {
	var drift *DriftError
	if !errors.As(answer, &drift) || drift.Seen <= 0 {
		return
	}
	if err := m.sight(drift.Seen, fmt.Sprintf("the page of filing %d showed it", asked)); err != nil {
		m.log.Error("note a filing that was seen", "filing", drift.Seen, "err", err)
	}
}

// lookUp looks for what is unknown, one after the other, until ctx ends.
func (m *Monitor) lookUp(ctx context.Context) {
	for ctx.Err() == nil {
		m.mu.Lock()
		x, wait := m.unknown.next(time.Now())
		if pause := max(time.Until(m.watch.quiet), time.Until(m.details.until)); x != nil && pause > 0 {
			x, wait = nil, pause
		}
		var row BadRow
		if x != nil {
			row = x.BadRow
		}
		m.mu.Unlock()
		if x == nil {
			sleep(ctx, wait, m.sighted)
			continue
		}
		if err := m.look(ctx, row); ctx.Err() == nil {
			m.afterLook(row, err)
		}
	}
}

// look looks for x once; nil means that it is recorded, or that it is in no list any more.
func (m *Monitor) look(ctx context.Context, x BadRow) error {
	c := m.settings()
	if x.Index == 0 {
		return m.lookInList(ctx, c.Sources, x)
	}
	if c.Lookup == nil {
		return errors.New("nobody looks filings up")
	}
	f, err := c.Lookup.Filing(ctx, x.Index)
	if err != nil {
		m.keep(DetailReader, err)
		return err
	}
	return m.recordFound(f, x)
}

// lookInList reads the list of x's days with the reader that saw it there.
func (m *Monitor) lookInList(ctx context.Context, sources []Source, x BadRow) error {
	i := slices.IndexFunc(sources, func(s Source) bool { return s.Name() == x.Reader && s.Name() != PageReader })
	if i < 0 {
		return errors.New("its reader shows no days gone by")
	}
	if !m.claim(ctx) {
		return ctx.Err()
	}
	defer m.yield()
	defer m.endOnPanic()
	from, to := x.days()
	w := Window{from, to}
	l, err := sources[i].List(ctx, w)
	if err != nil {
		return err
	}
	m.mu.Lock()
	gone := m.unknown.gone(&l, x.Reader, w)
	m.mu.Unlock()
	if err := m.recordLate(l.Filings, l.Bad, gone, x.SeenAt, &Rereading{}); err != nil {
		return err
	}
	if !slices.Contains(gone, x.ID) {
		return fmt.Errorf("still in the list: %s", x.Err)
	}
	return nil
}

// recordFound records what a look brought. What only a link named and was published before the watch began is
// history; anything else is what it would have been, had it been read when it was seen.
func (m *Monitor) recordFound(f Filing, x BadRow) error {
	told := m.now()
	m.mu.Lock()
	if f.PublishedAt.Before(m.keptFrom(told)) {
		m.mu.Unlock() // it may have been recorded, alerted and dropped: it is not owed once more
		return m.commit(Batch{Read: []string{x.ID}})
	}
	f.SeenAt = told
	switch {
	case !x.link():
		f.Origin = m.originThen(&f, x.SeenAt)
	case m.cursor.BaselineAt.IsZero(), f.PublishedAt.Before(m.cursor.BaselineAt):
		f.Origin = Backfill
	}
	if f.Origin == Poll && m.watched(&f) {
		f.Late = f.Late || x.link() || m.late(&f) || m.aged(&f)
	}
	f.relate()
	e, err := m.entry(f, told)
	e.Detail = false
	m.mu.Unlock()
	if err != nil {
		return fmt.Errorf("decide on filing %d: %w", f.Index, err)
	}
	if err := m.commit(Batch{Entries: []Entry{e}}); err != nil {
		return err
	}
	m.log.Info("filing found", "filing", f.Index, "seen", x.SeenAt, "alerts", len(e.Alerts))
	if f.Detail != nil && f.Detail.RelatedIndex != 0 {
		return m.sight(f.Detail.RelatedIndex, fmt.Sprintf("filing %d names it as an earlier one", f.Index))
	}
	return nil
}

// afterLook plans the next look, or names what the last one did not find. A source that is in trouble for all has
// said nothing about this one: then the look is made up for.
func (m *Monitor) afterLook(row BadRow, err error) {
	m.mu.Lock()
	x := m.unknown[row.ID]
	if x == nil {
		m.mu.Unlock()
		return // recorded, or gone
	}
	var refusal *RefusedError
	if errors.As(err, &refusal) && !errors.Is(err, ErrNotYet) {
		m.details.refused(err, &m.watch, time.Now())
		m.mu.Unlock()
		return
	}
	m.details.well()
	last := x.looked(m.now())
	m.mu.Unlock()
	if err != nil {
		m.log.Debug("looked in vain", "filing", row.Index, "err", err)
	}
	if last {
		m.name(row, err)
	}
}

// name tells operators that x stays unknown.
func (m *Monitor) name(x BadRow, err error) {
	what := "the row " + x.ID
	if x.Index != 0 {
		what = fmt.Sprintf("filing %d", x.Index)
	}
	text := fmt.Sprintf("%s, seen by reader %s on %s, could not be recorded: %s. It stays unknown in the receipt of %s",
		what, x.Reader, x.SeenAt.In(Istanbul).Format("2006-01-02 15:04:05"), x.Err, x.Day().In(Istanbul).Format(time.DateOnly))
	if x.Index != 0 {
		text += "; see " + filingURL(x.Index, "tr")
	}
	m.mu.Lock()
	notes := m.note("unknown-"+x.ID, text)
	m.mu.Unlock()
	m.log.Warn("named as unknown", "filing", x.Index, "row", x.ID, "reason", x.Err, "err", err)
	if err := m.commit(Batch{Named: []string{x.ID}, Notes: notes}); err != nil {
		m.mu.Lock()
		if x := m.unknown[x.ID]; x != nil {
			x.at = time.Now().Add(failedMost)
		}
		m.mu.Unlock()
	}
}
