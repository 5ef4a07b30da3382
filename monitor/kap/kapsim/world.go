package kapsim

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// world is the archive while it is played. Filings are never changed in place: what a request took out stays as it
// was.
type world struct {
	mu      sync.RWMutex
	byIndex map[int64]*Filing
	byTime  []*Filing // oldest first
}

func byTime(a, b *Filing) int {
	return cmp.Or(a.PublishedAt.Compare(b.PublishedAt), cmp.Compare(a.Index, b.Index))
}

func (w *world) add(filings []Filing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range filings {
		f := filings[i]
		w.drop(f.Index)
		w.insert(&f)
	}
}

// insert puts f in its place, which is nearly always the end; the caller holds the lock.
func (w *world) insert(f *Filing) {
	at := len(w.byTime)
	if at > 0 && byTime(w.byTime[at-1], f) > 0 {
		at, _ = slices.BinarySearchFunc(w.byTime, f, byTime)
	}
	w.byTime = slices.Insert(w.byTime, at, f)
	w.byIndex[f.Index] = f
}

// drop takes the filing out; the caller holds the lock.
func (w *world) drop(index int64) *Filing {
	f := w.byIndex[index]
	if f != nil {
		delete(w.byIndex, index)
		at, _ := slices.BinarySearchFunc(w.byTime, f, byTime)
		w.byTime = slices.Delete(w.byTime, at, at+1)
	}
	return f
}

func (w *world) find(index int64, now time.Time) *Filing {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if f := w.byIndex[index]; f != nil && f.visible(now) {
		return f.version(now)
	}
	return nil
}

// newest gives the filings published in [from, to) that are visible at now and wanted, newest first, at most limit.
func (w *world) newest(now, from, to time.Time, limit int, wanted func(*Filing) bool) []*Filing {
	w.mu.RLock()
	defer w.mu.RUnlock()
	end, _ := slices.BinarySearchFunc(w.byTime, to, func(f *Filing, t time.Time) int {
		if f.PublishedAt.Before(t) {
			return -1
		}
		return 1
	})
	var out []*Filing
	for i := end - 1; i >= 0 && len(out) < limit && !w.byTime[i].PublishedAt.Before(from); i-- {
		if f := w.byTime[i]; f.visible(now) && wanted(f.version(now)) {
			out = append(out, f.version(now))
		}
	}
	return out
}

// Add publishes filings, now or when their time comes. An index that is there already is replaced.
func (s *Server) Add(filings ...Filing) { s.world.add(filings) }

// Edit changes a filing without giving it a new index, as KAP is not known to do. It reports whether index exists.
// change gets a copy, so that the archive stays as it is, and must not call the server.
func (s *Server) Edit(index int64, change func(*Filing)) bool {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	old := s.world.drop(index)
	if old == nil {
		return false
	}
	f := *old
	if f.Detail != nil {
		d := *f.Detail
		f.Detail = &d
	}
	change(&f)
	s.world.drop(f.Index)
	s.world.insert(&f)
	return true
}

// Remove withdraws a filing: it is neither listed nor found any more. It reports whether index existed.
func (s *Server) Remove(index int64) bool {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	return s.world.drop(index) != nil
}
