package slacksim

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"
)

// webhookStatus is the HTTP status of each text that a webhook answers (api.slack.com changelog, May 2016).
func webhookStatus(name string) int {
	switch name {
	case "":
		return http.StatusOK
	case "action_prohibited", "invalid_token":
		return http.StatusForbidden
	case "channel_not_found", "no_service", "no_team":
		return http.StatusNotFound
	case "channel_is_archived":
		return http.StatusGone
	case "rollup_error":
		return http.StatusInternalServerError
	case "ratelimited":
		return http.StatusTooManyRequests
	}
	return http.StatusBadRequest
}

// serveWebhook takes a post without token: the path is the secret. It answers plain text, "ok" when the message
// stands in the channel.
func (w *Workspace) serveWebhook(rw http.ResponseWriter, r *http.Request) {
	w.seen("webhook")
	in, err := read(r)
	if payload := in.object("payload"); err == nil && payload != nil {
		in = arguments{}
		err = json.Unmarshal(payload, &in)
	}
	w.mu.Lock()
	channel, known := w.webhooks[r.URL.Path]
	w.mu.Unlock()
	post := message("webhook", in)
	post.Channel, post.Metadata, post.ID, post.ThreadTS = channel, nil, "", ""
	var kept Post
	var wait time.Duration
	if t, ok := w.strike("webhook", channel); ok {
		if t.Error != "" && t.Status == 0 {
			t.Status = webhookStatus(t.Error)
		}
		if t.Accept || t.answers() {
			if !t.Accept {
				post.Error = t.name()
			}
			kept, wait = w.admit(post)
		}
		if !t.play(rw, r, true) {
			return
		}
	}
	name := ""
	switch {
	case err != nil:
		name = "invalid_payload"
	case !known:
		name = "no_service"
	default:
		if kept.At.IsZero() {
			kept, wait = w.admit(post)
		}
		name = kept.Error
		if wait > 0 {
			rw.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		}
	}
	rw.WriteHeader(webhookStatus(name))
	if name == "" {
		name = "ok"
	}
	_, _ = io.WriteString(rw, name) // a client that left is no fault of ours
}
