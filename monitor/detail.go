package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// holdForDetail is how long an alert waits for its filing's detail; what comes later leads to the one re-decision.
const holdForDetail = 5 * time.Second

// detailDelays are when a detail that KAP does not serve yet is asked for again; then it is given up and said.
var detailDelays = [...]time.Duration{
	5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour,
}

// detailQueue holds the filings whose detail is to be fetched, in the order in which they are due. The ledger
// holds them too, so that a restart asks again. Guarded by Monitor.mu.
type detailQueue struct {
	jobs     []detailJob
	failures int       // of any detail in a row, other than "not yet"
	failure  string    // the last of them, in a word
	until    time.Time // none is asked before
}

type detailJob struct {
	index int64
	tries int
	at    time.Time // monotonic
}

func (q *detailQueue) add(index int64, at time.Time) {
	q.jobs = append(q.jobs, detailJob{index: index, at: at})
}

func (q *detailQueue) has(index int64) bool {
	return slices.ContainsFunc(q.jobs, func(j detailJob) bool { return j.index == index })
}

// next takes the first job that is due, or says how long to wait.
func (q *detailQueue) next(now, silent time.Time) (job detailJob, wait time.Duration, ok bool) {
	if len(q.jobs) == 0 {
		return job, time.Hour, false
	}
	i := 0
	for j := range q.jobs {
		if q.jobs[j].at.Before(q.jobs[i].at) {
			i = j
		}
	}
	at := q.jobs[i].at
	for _, t := range []time.Time{q.until, silent} {
		if t.After(at) {
			at = t
		}
	}
	if wait = at.Sub(now); wait > 0 {
		return job, wait, false
	}
	job = q.jobs[i]
	q.jobs = slices.Delete(q.jobs, i, i+1)
	return job, 0, true
}

// fetchDetails fetches one detail after the other until ctx ends.
func (m *Monitor) fetchDetails(ctx context.Context) {
	for {
		m.mu.Lock()
		job, wait, ok := m.details.next(time.Now(), m.watch.quiet)
		source := m.config.Details
		m.mu.Unlock()
		switch {
		case !ok:
			if !sleep(ctx, wait, m.enqueued) {
				return
			}
		case source != nil:
			m.fetchDetail(ctx, source, job)
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func (m *Monitor) fetchDetail(ctx context.Context, source Details, job detailJob) {
	d, err := source.Detail(ctx, job.index)
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		m.mu.Lock()
		m.details.well()
		m.mu.Unlock()
		if err = m.enrich(job.index, d); err != nil {
			m.log.Error("record the detail", "filing", job.index, "err", err)
			m.again(job, time.Minute)
		}
		return
	}
	m.keep("detail", err)
	m.strayed(job.index, err)
	attempt := job.tries + 1
	delay, changed := m.refusedDetail(&job, err, time.Now())
	if changed {
		m.log.Warn("detail postponed", "filing", job.index, "attempt", attempt, "err", err)
	}
	if job.tries < len(detailDelays) {
		m.again(job, delay)
		return
	}
	m.log.Error("detail given up, the filing stands as the list showed it", "filing", job.index, "err", err)
	if err := m.giveUp(job.index); err != nil {
		m.log.Error("record the missing detail", "filing", job.index, "err", err)
		m.again(job, time.Minute)
	}
}

// refusedDetail notes a detail that did not come, and when it is asked for again; changed tells whether that is news.
// A source that is in trouble for all costs no filing its tries: only an answer about this one does, and the first
// refusal after the source was well.
func (m *Monitor) refusedDetail(job *detailJob, err error, now time.Time) (delay time.Duration, changed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := &m.details
	delay = detailDelays[min(job.tries, len(detailDelays)-1)]
	if errors.Is(err, ErrNotYet) || errors.Is(err, ErrDrift) {
		q.well()
		job.tries++
		return delay, job.tries == 1 || errors.Is(err, ErrDrift)
	}
	changed = q.refused(err, &m.watch, now)
	if q.failures == 1 {
		job.tries++
	} else {
		delay = 0
	}
	return max(delay, q.until.Sub(now)), changed
}

// well notes that the source answers.
func (q *detailQueue) well() { q.failures, q.failure = 0, "" }

// refused notes that the source is in trouble for all, and reports whether that, or the kind of it, is news. After a
// 429 the list goes first.
func (q *detailQueue) refused(err error, w *watch, now time.Time) (changed bool) {
	q.failures++
	changed = q.failure != word(err)
	q.failure = word(err)
	q.until = now.Add(backoff(q.failures))
	if w.refused(err, now) {
		q.until = w.quiet.Add(limitedWait(q.failures - 1))
	}
	return changed
}

func (m *Monitor) again(job detailJob, delay time.Duration) {
	job.at = time.Now().Add(delay)
	m.mu.Lock()
	m.details.jobs = append(m.details.jobs, job)
	m.mu.Unlock()
}

// enrich adds a detail to a recorded filing and lets the routes decide once more.
func (m *Monitor) enrich(index int64, d Detail) error {
	err := m.amend(index, DetailReader, func(r *Record) (detail, ok bool) {
		r.Filing.Detail = &d
		r.Filing.relate()
		return false, true
	})
	if err == nil && d.RelatedIndex != 0 {
		err = m.sight(d.RelatedIndex, fmt.Sprintf("filing %d names it as an earlier one", index))
	}
	return err
}

// complete takes over the row of a reader that sees every field, where another had seen it in part.
func (m *Monitor) complete(row Filing) error {
	err := m.amend(row.Index, row.Reader, func(r *Record) (detail, ok bool) {
		r.Filing = takeOver(&r.Filing, row)
		return m.detailWaits(row.Index), true
	})
	if err == nil {
		m.mu.Lock()
		delete(m.partial, row.Index)
		delete(m.watch.lone, row.Index)
		m.mu.Unlock()
	}
	return err
}

// giveUp notes that no detail will come.
func (m *Monitor) giveUp(index int64) error {
	return m.amend(index, DetailReader, func(*Record) (detail, ok bool) { return false, true })
}

func (m *Monitor) detailWaits(index int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.details.has(index)
}

// sleep waits for d or until nudged; false when ctx ended.
func sleep(ctx context.Context, d time.Duration, nudge <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
	case <-nudge:
	}
	return true
}
