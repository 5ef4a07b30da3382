package monitor

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
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
		m.details.failures = 0
		m.mu.Unlock()
		if err = m.enrich(job.index, d); err != nil {
			m.log.Error("record the detail", "filing", job.index, "err", err)
			m.again(job, time.Minute)
		}
		return
	}
	m.mu.Lock()
	delay := backoff(job.tries + 1)
	if errors.Is(err, ErrNotYet) || errors.Is(err, ErrDrift) {
		m.details.failures = 0
		delay = detailDelays[min(job.tries, len(detailDelays)-1)]
	} else {
		m.details.failures++
		m.details.until = time.Now().Add(backoff(m.details.failures))
		m.watch.refused(err, time.Now())
	}
	m.mu.Unlock()
	m.keep("detail", err)
	if job.tries == 0 || !errors.Is(err, ErrNotYet) {
		m.log.Warn("detail postponed", "filing", job.index, "attempt", job.tries+1, "err", err)
	}
	if job.tries+1 < len(detailDelays) {
		m.again(job, delay)
		return
	}
	m.log.Error("detail given up, the filing stands as the list showed it", "filing", job.index, "err", err)
	if err := m.giveUp(job.index); err != nil {
		m.log.Error("record the missing detail", "filing", job.index, "err", err)
	}
}

func (m *Monitor) again(job detailJob, delay time.Duration) {
	job.tries++
	job.at = time.Now().Add(delay)
	m.mu.Lock()
	m.details.jobs = append(m.details.jobs, job)
	m.mu.Unlock()
}

// enrich adds a detail to a recorded filing and lets the routes decide once more.
func (m *Monitor) enrich(index int64, d Detail) error {
	return m.amend(index, func(r *Record) bool {
		r.Filing.Detail = &d
		if len(r.Filing.Related) == 0 {
			r.Filing.Related = slices.DeleteFunc(slices.Clone(d.Related), func(c string) bool { return slices.Contains(r.Filing.Tickers, c) })
		}
		return false
	})
}

// complete takes over the row of a reader that sees every field, where another had seen it in part.
func (m *Monitor) complete(row Filing) error {
	err := m.amend(row.Index, func(r *Record) bool {
		old := r.Filing
		row.SeenAt, row.Origin, row.Detail = old.SeenAt, old.Origin, old.Detail
		row.Late = row.Late || old.Late
		r.Filing = row
		return m.detailWaits(row.Index)
	})
	if err == nil {
		m.mu.Lock()
		delete(m.partial, row.Index)
		m.mu.Unlock()
	}
	return err
}

// giveUp notes that no detail will come.
func (m *Monitor) giveUp(index int64) error {
	return m.amend(index, func(*Record) bool { return false })
}

func (m *Monitor) detailWaits(index int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.details.jobs, func(j detailJob) bool { return j.index == index })
}

// amend changes a recorded filing and decides again: a route that now wants it gets it, one that no longer does
// keeps what was already sent, and what was not yet sent is withdrawn. change reports whether the detail is still
// to come.
func (m *Monitor) amend(index int64, change func(*Record) (detail bool)) error {
	r, ok, err := m.store.Get(index)
	if err != nil || !ok {
		return err
	}
	waits := change(&r)
	told := m.now()

	m.mu.Lock()
	a := Amendment{Filing: r.Filing, Found: m.config.Rules.Classify(Text(r.Filing)), Decisions: r.Decisions, Detail: waits}
	if r.Filing.Origin == Poll {
		queued := m.queuedAlerts(index)
		taken := map[string]string{} // channels where it was posted, or may have been
		for _, x := range r.Alerts {
			if q := queued[x.ID]; q == nil || q.taken || q.State == Unknown || q.Attempts > 0 {
				taken[x.Channel] = x.Route
			}
		}
		var wanted []Alert
		a.Decisions, wanted = m.config.decide(&r.Filing, a.Found, told, taken)
		fresh := map[string]Alert{}
		for _, x := range wanted {
			fresh[x.ID] = x
		}
		for id, q := range queued {
			if _, still := fresh[id]; still {
				delete(fresh, id) // it waits already
			} else if taken[q.Channel] != q.Route {
				a.Withdraw = append(a.Withdraw, id)
			}
		}
		a.Alerts = slices.SortedFunc(maps.Values(fresh), func(x, y Alert) int { return strings.Compare(x.ID, y.ID) })
		m.dequeue(index, a.Withdraw)
	}
	m.mu.Unlock()

	if err := m.wrote(m.store.Amend([]Amendment{a})); err != nil {
		if len(a.Withdraw) > 0 { // still in the ledger, so still to be sent
			if left, berr := m.store.Backlog(); berr == nil {
				return errors.Join(err, m.requeue(slices.DeleteFunc(left.Alerts, func(x Alert) bool { return !slices.Contains(a.Withdraw, x.ID) })))
			}
		}
		return err
	}
	m.enqueue(&r.Filing, a.Alerts, waits)
	if !waits {
		m.release(index)
	}
	return nil
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
