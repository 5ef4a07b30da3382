package status

import (
	"net/http"
	"sync"
)

const (
	keptAnswers = 64
	keptBytes   = 4 << 20
)

// answers keeps the last answers of /filings, which many ask for again before anything has changed. It is safe for
// concurrent use.
type answers struct {
	mu    sync.Mutex
	state uint64 // of the ledger, when they were made
	size  int
	kept  map[string]answered // raw query → answer
}

// answered is one answer, ready to be sent.
type answered struct {
	body      []byte
	tag, link string
}

// get gives the answer to a raw query, if it was made when the ledger was in this state.
func (a *answers) get(query string, state uint64) (answered, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state != state {
		return answered{}, false
	}
	x, ok := a.kept[query]
	return x, ok
}

// put keeps an answer that was made when the ledger was in this state, or later. When there is no room, those there
// go first.
func (a *answers) put(query string, state uint64, x answered) {
	size := len(query) + len(x.body)
	if size > keptBytes/4 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if state < a.state {
		return
	}
	if state > a.state || a.kept == nil || len(a.kept) >= keptAnswers || a.size+size > keptBytes {
		a.state, a.size, a.kept = state, 0, map[string]answered{}
	}
	if _, ok := a.kept[query]; !ok {
		a.kept[query] = x
		a.size += size
	}
}

// send answers r with x.
func (x answered) send(w http.ResponseWriter, r *http.Request) {
	if x.link != "" {
		w.Header().Set("Link", x.link)
	}
	sendAs(w, r, "application/json", x.tag, x.body)
}
