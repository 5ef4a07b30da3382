package monitor

import "time"

// Health is what the daemon knows about itself right now. It lives in memory: a quiet poll writes nothing.
type Health struct {
	StartedAt     time.Time
	LastPollAt    time.Time
	LastSuccessAt time.Time
	LastError     string            // of the last poll, "" when it was good
	Newest        int64             // newest index ever listed
	Readers       map[string]string // reader → "ok", or in a word what it is
	Stale         bool              // no good poll for stale_after while the schedule was due, or none yet
	Problems      []string          // each a sentence; none = ok
	Parked        map[string]string // route → why it waits
}

// OK reports whether there is nothing to tell operators.
func (h Health) OK() bool { return len(h.Problems) == 0 }
