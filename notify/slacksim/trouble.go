package slacksim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Trouble is one way in which the workspace misbehaves. Where it neither hangs, breaks nor answers by itself
// (only Delay, or nothing), the true answer is given.
type Trouble struct {
	Method  string // chat.postMessage, conversations.history, auth.test, webhook …; "" = every one
	Channel string // "" = every one
	Times   int    // how many requests it strikes; 0 = all, until Clear

	Accept bool          // the message is stored before the trouble strikes: what a lost answer is
	Delay  time.Duration // waits so long, or until the client gives up
	Hang   bool          // never answers; ends when the client gives up
	Break  bool          // breaks the connection instead of answering
	Refuse bool          // nothing listens: in process a refused dial, on loopback the same as Break

	Status     int    // HTTP status, 0 = 200
	RetryAfter string // the header's value as it is sent: "30", "-1", a date, nonsense; "" = no header
	Error      string // {"ok":false,"error":Error}; plain text from a webhook
	Body       string // the whole body
	Flood      int    // pads the body with blanks to this many bytes
	Cut        int    // breaks the connection after so many bytes of the body; 0 = not
}

// Trouble adds t behind those already set. Of several that fit a request, the first set strikes.
func (w *Workspace) Trouble(t Trouble) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.troubles = append(w.troubles, &t)
}

// Clear ends all trouble.
func (w *Workspace) Clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.troubles = nil
}

// strike returns the trouble that a request runs into, if any, and counts it.
func (w *Workspace) strike(method, channel string) (Trouble, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, t := range w.troubles {
		if (t.Method != "" && t.Method != method) || (t.Channel != "" && t.Channel != channel) {
			continue
		}
		struck := *t
		if t.Times == 1 {
			w.troubles = slices.Delete(w.troubles, i, i+1)
		} else if t.Times > 1 {
			t.Times--
		}
		return struck, true
	}
	return Trouble{}, false
}

// answers reports whether t replaces the true answer.
func (t Trouble) answers() bool {
	return t.Hang || t.Break || t.Refuse || t.Status != 0 || t.RetryAfter != "" || t.Error != "" || t.Body != "" ||
		t.Flood > 0
}

// name is what a Post says of the trouble that kept it out.
func (t Trouble) name() string {
	switch {
	case t.Hang:
		return "hang"
	case t.Break:
		return "break"
	case t.Refuse:
		return "refuse"
	case t.Error != "":
		return t.Error
	case t.Status != 0:
		return strings.ToLower(http.StatusText(t.Status))
	}
	return "trouble"
}

// play does to the client what t says; the caller has stored the message already if t accepts it. It reports
// whether the true answer is still to be given.
func (t Trouble) play(rw http.ResponseWriter, r *http.Request, plain bool) (goOn bool) {
	if t.Delay > 0 {
		timer := time.NewTimer(t.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	switch {
	case t.Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case t.Refuse:
		panic(errRefuse)
	case t.Break:
		panic(http.ErrAbortHandler)
	case !t.answers():
		return true
	}
	body := t.Body
	if t.Error != "" {
		body = t.Error
		if !plain {
			b, err := json.Marshal(map[string]any{"ok": false, "error": t.Error})
			if err != nil {
				panic(err) // a map of a bool and a string marshals
			}
			body = string(b)
		}
	}
	if t.RetryAfter != "" {
		rw.Header().Set("Retry-After", t.RetryAfter)
	}
	if strings.HasPrefix(body, "<") {
		rw.Header().Set("Content-Type", "text/html")
	}
	rw.WriteHeader(max(t.Status, http.StatusOK))
	if t.Cut > 0 {
		_, _ = rw.Write([]byte(body)[:min(t.Cut, len(body))]) // a client that left is no fault of ours
		if f, ok := rw.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	_, err := rw.Write([]byte(body))
	blanks := []byte(strings.Repeat(" ", 1<<16))
	for left := t.Flood - len(body); err == nil && left > 0; left -= len(blanks) {
		_, err = rw.Write(blanks[:min(left, len(blanks))])
	}
	return false
}
