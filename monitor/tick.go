package monitor

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// keepSchedule polls when polls are due until ctx ends. The first poll is at the start, not at the first tick.
func (m *Monitor) keepSchedule(ctx context.Context) {
	for first := true; ctx.Err() == nil; first = false {
		m.keepOneSchedule(ctx, first)
	}
}

// keepOneSchedule runs one configuration's schedule, until ctx ends or a reload brings another.
//
// SkipIfStillRunning stands before Recover: the other way round, one panic with robfig/cron v3.0.1 silently stops
// the job for ever, since the skipping wrapper never gets its token back.
func (m *Monitor) keepOneSchedule(ctx context.Context, first bool) {
	c := m.settings()
	z, err := zone()
	if err != nil {
		m.fail(err)
		return
	}
	logger := cronLog{m.log}
	chain := cron.NewChain(cron.SkipIfStillRunning(logger), cron.Recover(logger))
	poll := chain.Then(cron.FuncJob(func() { m.poll(ctx) }))
	jobs := cron.New(cron.WithLocation(z), cron.WithLogger(logger))
	jobs.Schedule(c.Schedule, poll)
	if c.CrossCheck != nil && len(c.Sources) > 1 {
		jobs.Schedule(c.CrossCheck, chain.Then(cron.FuncJob(func() { m.crossCheck(ctx) })))
	}
	if c.Retention > 0 {
		jobs.Schedule(pruneTimes, chain.Then(cron.FuncJob(m.prune)))
	}
	var direct sync.WaitGroup // polls that cron did not start; the chain still lets only one run
	if first {
		direct.Go(poll.Run)
	}
	jobs.Start()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	defer func() { // a poll under way may take its time, and the loop turns on
		stopped := make(chan struct{})
		go func() {
			<-jobs.Stop().Done()
			direct.Wait()
			close(stopped)
		}()
		for {
			select {
			case <-stopped:
				return
			case <-second.C:
				m.turn()
			}
		}
	}()
	for {
		if m.turn() {
			m.log.Warn("two due polls did not happen, the watchdog polls")
			direct.Go(poll.Run)
		}
		m.keepPause()
		m.tellTrouble()
		select {
		case <-ctx.Done():
			return
		case <-m.reloaded:
			return
		case <-second.C:
		}
	}
}

// keepPause has the ledger remember until when the source wants nothing asked.
func (m *Monitor) keepPause() {
	m.mu.Lock()
	until := m.watch.quiet
	wait := time.Until(until)
	known := until.Equal(m.watch.paused) || wait <= 0
	m.watch.paused = until
	told := m.now()
	m.mu.Unlock()
	if known {
		return
	}
	if err := m.wrote("", m.store.Pause(Wait{told, told.Add(wait)})); err != nil {
		m.log.Warn("remember the source's pause", "wait", wait, "err", err)
	}
}

// turn notes that the schedule's loop is alive, and reports whether two due polls did not happen.
func (m *Monitor) turn() (missed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.beat = time.Now()
	return !m.polling && !m.overdue.IsZero() && m.beat.After(m.overdue)
}

// expect works out when two due polls will not have happened. It measures on the monotonic clock: robfig/cron sets its
// timers by the wall clock, and after a step back it stays silent for as long as the step
// (github.com/robfig/cron issue 480). Called with m.mu held.
func (m *Monitor) expect() {
	m.overdue = time.Time{}
	if m.duePoll.IsZero() {
		return
	}
	begun := m.duePoll.Round(0) // wall clock, as the schedule counts
	next := m.config.Schedule.Next(begun)
	if next.IsZero() {
		return
	}
	if second := m.config.Schedule.Next(next); !second.IsZero() {
		m.overdue = m.duePoll.Add(second.Sub(begun) + time.Second)
	}
}

// pruneTimes is when retention drops what it no longer keeps.
var pruneTimes = cron.Every(6 * time.Hour)

// keptFrom is from when on filings are kept, the zero time when all are. The days that polls ask for, or would after a
// restart, are kept in any case: what was dropped and is listed once more would be news again. Called with m.mu held.
func (m *Monitor) keptFrom(told time.Time) time.Time {
	if m.config.Retention <= 0 {
		return time.Time{}
	}
	owed := Midnight(told).AddDate(0, 0, -1)
	// Polls without news write nothing, so a restart asks from the day before the last one that had some.
	if d := Midnight(cmp.Or(m.cursor.ReadAt, m.cursor.CommittedAt)).AddDate(0, 0, -1); d.Before(owed) {
		owed = d
	}
	if oldest := Midnight(told.Add(-m.config.CatchUp)); m.config.CatchUp > 0 && owed.Before(oldest) {
		owed = oldest
	}
	if from := told.Add(-m.config.Retention); from.Before(owed) {
		return from
	}
	return owed
}

// prune drops filings that retention no longer keeps, a bounded number at a time.
func (m *Monitor) prune() {
	c := m.settings()
	p, ok := m.store.(Pruner)
	if !ok {
		return
	}
	m.mu.Lock()
	before := m.keptFrom(m.now())
	m.mu.Unlock()
	dropped, err := p.Prune(before, 10_000)
	if m.wrote("", err) != nil {
		m.log.Error("drop old filings", "err", err)
	} else if dropped > 0 {
		m.log.Info("old filings dropped", "filings", dropped, "retention", c.Retention)
	}
}

// cronLog hands cron's words to the log: what it says of every wake-up is for debugging, a panic is an error.
type cronLog struct{ log *slog.Logger }

func (l cronLog) Info(msg string, kv ...any) { l.log.Debug("schedule: "+msg, kv...) }
func (l cronLog) Error(err error, msg string, kv ...any) {
	l.log.Error("schedule: "+msg, append(kv, "err", err)...)
}
