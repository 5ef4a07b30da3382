package slacksim

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// arguments are those of a call, each as the JSON or the string that was sent.
type arguments map[string]json.RawMessage

// text gives an argument as a string; one that was sent as JSON comes as its JSON.
func (a arguments) text(key string) string {
	var s string
	if json.Unmarshal(a[key], &s) == nil {
		return s
	}
	return string(a[key])
}

// object gives an argument that is JSON itself: sent as such, or as a string that holds it, as in a form.
func (a arguments) object(key string) json.RawMessage {
	if s := a.text(key); s != "" && s != "null" {
		return json.RawMessage(s)
	}
	return nil
}

func (a arguments) yes(key string) bool { return a.text(key) == "1" || a.text(key) == "true" }

// read takes the arguments of a form, of a query or of a JSON body.
func read(r *http.Request) (arguments, error) {
	in := arguments{}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		return in, json.Unmarshal(b, &in)
	}
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	for key := range r.Form {
		b, err := json.Marshal(r.Form.Get(key))
		if err != nil {
			return nil, err
		}
		in[key] = b
	}
	return in, nil
}

func (w *Workspace) serveAPI(rw http.ResponseWriter, r *http.Request) {
	method := r.PathValue("method")
	w.seen(method)
	in, err := read(r)
	if err != nil {
		refuse(rw, "invalid_form_data")
		return
	}
	token := bearer(r, in)
	scopes, known := w.scopes(token)
	denied := ""
	switch {
	case token == "":
		denied = "not_authed"
	case !known:
		denied = "invalid_auth"
	}
	posting := method == "chat.postMessage"
	post := message(method, in)
	post.Channel, post.Error = in.text("channel"), denied
	var kept Post
	var wait time.Duration
	if t, ok := w.strike(method, post.Channel); ok {
		if posting && (t.Accept || t.answers()) {
			if !t.Accept {
				post.Error = t.name()
			}
			kept, wait = w.admit(post)
		}
		if !t.play(rw, r, false) {
			return
		}
	}
	rw.Header().Set("X-OAuth-Scopes", strings.Join(scopes, ","))
	switch {
	case denied != "":
		refuse(rw, denied)
	case method == "auth.test":
		reply(rw, map[string]any{
			"ok": true, "team": "Simulated", "team_id": "T0000SIM", "user": "kapwatch",
			"user_id": "U0000SIM", "bot_id": "B0000SIM",
		})
	case posting:
		if !slices.Contains(scopes, "chat:write") {
			lacking(rw, "chat:write", scopes)
			return
		}
		if kept.At.IsZero() {
			kept, wait = w.admit(post)
		}
		answer(rw, kept, wait)
	case method == "conversations.history", method == "conversations.replies":
		if !slices.Contains(scopes, "channels:history") && !slices.Contains(scopes, "groups:history") {
			lacking(rw, "channels:history", scopes)
			return
		}
		w.serveHistory(rw, in, method == "conversations.replies")
	default:
		refuse(rw, "unknown_method")
	}
}

// message reads what chat.postMessage and webhooks have in common.
func message(method string, in arguments) Post {
	p := Post{
		Method: method, Text: in.text("text"), Blocks: in.object("blocks"), Metadata: in.object("metadata"),
		ThreadTS: in.text("thread_ts"), UnfurlLinks: in.text("unfurl_links"), UnfurlMedia: in.text("unfurl_media"),
	}
	var meta struct {
		Payload struct {
			ID string `json:"id"`
		} `json:"event_payload"`
	}
	if json.Unmarshal(p.Metadata, &meta) == nil {
		p.ID = meta.Payload.ID
	}
	return p
}

// answer tells the sender of a message what became of it.
func answer(rw http.ResponseWriter, p Post, wait time.Duration) {
	switch {
	case wait > 0:
		rw.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		rw.WriteHeader(http.StatusTooManyRequests)
		reply(rw, map[string]any{"ok": false, "error": p.Error})
	case p.Error != "":
		refuse(rw, p.Error)
	default:
		reply(rw, map[string]any{"ok": true, "channel": p.Channel, "ts": p.TS, "message": entry(p, false)})
	}
}

// serveHistory answers conversations.history, newest first and without the replies in threads, and
// conversations.replies, oldest first with the message that the thread hangs on.
func (w *Workspace) serveHistory(rw http.ResponseWriter, in arguments, replies bool) {
	channel, thread := in.text("channel"), in.text("ts")
	w.mu.Lock()
	known, all := w.channels[channel], w.history(channel)
	w.mu.Unlock()
	if !known {
		refuse(rw, "channel_not_found")
		return
	}
	oldest, latest := in.text("oldest"), in.text("latest")
	within := func(ts string) bool {
		if in.yes("inclusive") {
			return (oldest == "" || number(ts) >= number(oldest)) && (latest == "" || number(ts) <= number(latest))
		}
		return (oldest == "" || number(ts) > number(oldest)) && (latest == "" || number(ts) < number(latest))
	}
	all = slices.DeleteFunc(all, func(p Post) bool {
		if replies {
			return p.TS != thread && (p.ThreadTS != thread || !within(p.TS))
		}
		return p.ThreadTS != "" || !within(p.TS)
	})
	if replies && len(all) == 0 {
		refuse(rw, "thread_not_found")
		return
	}
	if !replies {
		slices.Reverse(all)
	}
	limit, start := 100, 0
	if n, err := strconv.Atoi(in.text("limit")); err == nil && n > 0 {
		limit = min(n, 999)
	}
	if c := in.text("cursor"); c != "" {
		b, err := base64.StdEncoding.DecodeString(c)
		n, bad := strconv.Atoi(strings.TrimPrefix(string(b), "next:"))
		if err != nil || bad != nil || n < 0 || n > len(all) {
			refuse(rw, "invalid_cursor")
			return
		}
		start = n
	}
	end := min(start+limit, len(all))
	messages := make([]map[string]any, 0, end-start)
	for _, p := range all[start:end] {
		messages = append(messages, entry(p, in.yes("include_all_metadata")))
	}
	cursor := ""
	if end < len(all) {
		cursor = base64.StdEncoding.EncodeToString([]byte("next:" + strconv.Itoa(end)))
	}
	reply(rw, map[string]any{
		"ok": true, "messages": messages, "has_more": cursor != "",
		"response_metadata": map[string]any{"next_cursor": cursor},
	})
}

// entry is a message as Slack shows it in answers.
func entry(p Post, metadata bool) map[string]any {
	m := map[string]any{"type": "message", "ts": p.TS, "text": p.Text, "user": "U0000SIM", "bot_id": "B0000SIM"}
	if p.Blocks != nil {
		m["blocks"] = p.Blocks
	}
	if p.ThreadTS != "" {
		m["thread_ts"] = p.ThreadTS
	}
	if metadata && p.Metadata != nil {
		m["metadata"] = p.Metadata
	}
	return m
}

// number reads a ts for comparison; a second has six decimals, which a float64 holds until the year 2255.
func number(ts string) float64 {
	f, err := strconv.ParseFloat(ts, 64)
	if err != nil {
		return 0
	}
	return f
}

func refuse(rw http.ResponseWriter, name string) {
	reply(rw, map[string]any{"ok": false, "error": name})
}

func lacking(rw http.ResponseWriter, scope string, has []string) {
	reply(rw, map[string]any{"ok": false, "error": "missing_scope", "needed": scope, "provided": strings.Join(has, ",")})
}

func reply(rw http.ResponseWriter, body map[string]any) {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // only malformed RawMessages fail, and those were refused on arrival
	}
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = rw.Write(b) // a client that left is no fault of ours
}
