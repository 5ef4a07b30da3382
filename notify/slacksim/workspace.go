package slacksim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Workspace is a simulated Slack workspace. It is safe for concurrent use, also while it serves. Use [New].
type Workspace struct {
	mux *http.ServeMux

	mu       sync.Mutex
	tokens   map[string][]string // token → scopes
	channels map[string]bool
	webhooks map[string]string // path → channel
	posts    []Post
	last     int64 // microseconds of the newest ts
	pace     time.Duration
	next     map[string]time.Time // channel → when it takes the next post
	troubles []*Trouble
	requests map[string]int
}

// Post is one message as it arrived, accepted or not.
type Post struct {
	At          time.Time
	Method      string // chat.postMessage or webhook
	Channel     string
	Text        string
	Blocks      json.RawMessage // nil when there were none
	Metadata    json.RawMessage // nil when there was none
	ID          string          // metadata.event_payload.id
	ThreadTS    string
	UnfurlLinks string // as sent: "false", "true", or "" when absent
	UnfurlMedia string
	TS          string // set when the message was accepted and stands in the channel
	Error       string // the name of Slack's complaint when it was not
}

// New returns a workspace without tokens, channels or webhooks, without pace and without trouble.
func New() *Workspace {
	w := &Workspace{
		mux: http.NewServeMux(), tokens: map[string][]string{}, channels: map[string]bool{},
		webhooks: map[string]string{}, next: map[string]time.Time{}, requests: map[string]int{},
	}
	w.mux.HandleFunc("POST /services/", w.serveWebhook)
	w.mux.HandleFunc("/api/{method}", w.serveAPI)
	return w
}

// ServeHTTP answers like slack.com and hooks.slack.com do, whatever the host.
func (w *Workspace) ServeHTTP(rw http.ResponseWriter, r *http.Request) { w.mux.ServeHTTP(rw, r) }

// AddToken makes token valid. Without scopes it gets chat:write, channels:history and groups:history.
func (w *Workspace) AddToken(token string, scopes ...string) {
	if len(scopes) == 0 {
		scopes = []string{"chat:write", "channels:history", "groups:history"}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tokens[token] = scopes
}

// RevokeToken makes token unknown again: invalid_auth.
func (w *Workspace) RevokeToken(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.tokens, token)
}

// AddChannel opens a channel with the bot in it. Posts to any other are answered channel_not_found.
func (w *Workspace) AddChannel(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.channels[id] = true
}

// AddWebhook makes the incoming webhook /services/<team>/<bot>/<secret> of channel, opening the channel if need
// be, and returns that path.
func (w *Workspace) AddWebhook(channel, secret string) string {
	path := "/services/T0000SIM/B0000SIM/" + secret
	w.mu.Lock()
	defer w.mu.Unlock()
	w.channels[channel], w.webhooks[path] = true, channel
	return path
}

// SetPace makes every channel take one post in each interval and answer others with 429 and a Retry-After in
// whole seconds, as Slack does at about one a second. Zero takes the limit away.
func (w *Workspace) SetPace(interval time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pace = interval
	clear(w.next)
}

// Posts returns every message that arrived in order of arrival, accepted or not. A request that a trouble caught
// before it was accepted is among them, with the name of the trouble as its Error.
func (w *Workspace) Posts() []Post {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.posts)
}

// PostsFrom is Posts without the first n.
func (w *Workspace) PostsFrom(n int) []Post {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.posts[n:])
}

// History returns the messages that stand in channel, oldest first, threads included.
func (w *Workspace) History(channel string) []Post {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.history(channel)
}

// Count tells how many messages with this metadata id stand in all channels together.
func (w *Workspace) Count(id string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.posts {
		if p.TS != "" && p.ID == id {
			n++
		}
	}
	return n
}

// Requests tells how often a method was asked, troubles included: chat.postMessage, conversations.history,
// auth.test, webhook.
func (w *Workspace) Requests(method string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests[method]
}

func (w *Workspace) history(channel string) (out []Post) {
	for _, p := range w.posts {
		if p.Channel == channel && p.TS != "" {
			out = append(out, p)
		}
	}
	return out
}

// admit judges p, gives it a ts when it is accepted, and keeps it either way. wait is not zero when the channel's
// pace is exceeded.
func (w *Workspace) admit(p Post) (kept Post, wait time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p.At = time.Now()
	switch until := w.next[p.Channel]; {
	case p.Error != "":
	case !w.channels[p.Channel]:
		p.Error = "channel_not_found"
	case w.pace > 0 && p.At.Before(until):
		p.Error, wait = "ratelimited", until.Sub(p.At)
	default:
		p.Error = fault(&p)
		if w.pace > 0 {
			w.next[p.Channel] = p.At.Add(w.pace)
		}
	}
	if p.Error == "" {
		w.last = max(w.last+1, p.At.UnixMicro())
		p.TS = fmt.Sprintf("%d.%06d", w.last/1e6, w.last%1e6)
	}
	w.posts = append(w.posts, p)
	return p, wait
}

// scopes returns those of token; known is false for an invalid token.
func (w *Workspace) scopes(token string) (scopes []string, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	scopes, known = w.tokens[token]
	return scopes, known
}

func (w *Workspace) seen(method string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests[method]++
}

// bearer is the token of a request: the header wins, as at Slack.
func bearer(r *http.Request, in arguments) string {
	if t, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return t
	}
	return in.text("token")
}
