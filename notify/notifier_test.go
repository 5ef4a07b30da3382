package notify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/notify"
	"kapwatch/notify/slacksim"
)

// Every way in which Slack can answer a post with a bot token has exactly one outcome.
func TestNotifyOutcomes(t *testing.T) {
	type T = slacksim.Trouble
	day := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name      string
		trouble   T
		want      monitor.Result
		retry     time.Duration
		workspace bool
		err       string // in the error
		counted   string
		stored    int
	}{
		{"accepted", T{}, monitor.ResultSent, 0, false, "", "ok", 1},
		{"accepted, answered late", T{Accept: true, Delay: 9 * time.Second}, monitor.ResultSent, 0, false, "", "ok", 1},

		{"429, 1 s", T{Status: 429, RetryAfter: "1"}, monitor.ResultLater, time.Second, false, "HTTP 429", "limited", 0},
		{"429, 30 s", T{Status: 429, RetryAfter: "30"}, monitor.ResultLater, 30 * time.Second, false, "", "limited", 0},
		{"429, negative", T{Status: 429, RetryAfter: "-1"}, monitor.ResultLater, time.Second, false, "", "limited", 0},
		{"429, a day", T{Status: 429, RetryAfter: "86400"}, monitor.ResultLater, time.Hour, false, "", "limited", 0},
		{"429, no number that a machine holds", T{Status: 429, RetryAfter: "99999999999999999999999"}, monitor.ResultLater, time.Hour, false, "", "limited", 0},
		{"429, a date", T{Status: 429, RetryAfter: day.Add(90 * time.Second).Format(http.TimeFormat)}, monitor.ResultLater, 90 * time.Second, false, "", "limited", 0},
		{"429, a date that has passed", T{Status: 429, RetryAfter: day.Add(-time.Hour).Format(http.TimeFormat)}, monitor.ResultLater, time.Second, false, "", "limited", 0},
		{"429, words", T{Status: 429, RetryAfter: "in a while"}, monitor.ResultLater, 0, false, "", "limited", 0},
		{"429, not a number", T{Status: 429, RetryAfter: "NaN"}, monitor.ResultLater, 0, false, "", "limited", 0},
		{"429 without a time", T{Status: 429, Body: `{"ok":false,"error":"message_limit_exceeded"}`}, monitor.ResultLater, 5 * time.Minute, true, "message_limit_exceeded", "limited", 0},
		{"429 with nothing at all", T{Status: 429}, monitor.ResultLater, 0, true, "", "limited", 0},
		{"200 ratelimited", T{Error: "ratelimited", RetryAfter: "7"}, monitor.ResultLater, 7 * time.Second, false, "ratelimited", "limited", 0},
		{"service unavailable", T{Error: "service_unavailable"}, monitor.ResultLater, 0, true, "", "limited", 0},
		{"team being moved", T{Error: "team_added_to_org"}, monitor.ResultLater, 0, true, "", "limited", 0},
		{"connection refused", T{Refuse: true}, monitor.ResultLater, 0, false, "reach slack", "unreachable", 0},
		{"captive portal", T{Status: 302, Body: "<html>"}, monitor.ResultLater, 0, false, "HTTP 302", "unclear", 0},

		{"time-out", T{Hang: true}, monitor.ResultUnknown, 0, false, "deadline", "unclear", 0},
		{"time-out, posted", T{Hang: true, Accept: true}, monitor.ResultUnknown, 0, false, "deadline", "unclear", 1},
		{"answered too late", T{Accept: true, Delay: 11 * time.Second}, monitor.ResultUnknown, 0, false, "deadline", "unclear", 1},
		{"broken", T{Break: true}, monitor.ResultUnknown, 0, false, "EOF", "unclear", 0},
		{"broken, posted", T{Break: true, Accept: true}, monitor.ResultUnknown, 0, false, "EOF", "unclear", 1},
		{"500", T{Status: 500, Body: "oops"}, monitor.ResultUnknown, 0, false, "HTTP 500", "unclear", 0},
		{"503, and posted", T{Status: 503, Accept: true}, monitor.ResultUnknown, 0, false, "HTTP 503", "unclear", 1},
		{"503 with a name", T{Status: 503, Body: `{"ok":false,"error":"service_unavailable"}`}, monitor.ResultUnknown, 0, false, "HTTP 503", "unclear", 0},
		{"408", T{Status: 408}, monitor.ResultUnknown, 0, false, "HTTP 408", "unclear", 0},
		{"HTML with 200", T{Body: "<html>welcome</html>"}, monitor.ResultUnknown, 0, false, "HTML", "unclear", 0},
		{"an empty object", T{Body: "{}"}, monitor.ResultUnknown, 0, false, "neither", "unclear", 0},
		{"no, without a reason", T{Body: `{"ok":false}`}, monitor.ResultUnknown, 0, false, "neither", "unclear", 0},
		{"no, with nonsense for a reason", T{Body: `{"ok":false,"error":"CANARY is not one!"}`}, monitor.ResultUnknown, 0, false, "neither", "unclear", 0},
		{"yes, without a ts", T{Body: `{"ok":true}`}, monitor.ResultUnknown, 0, false, "", "ok", 0},
		{"an empty body", T{Status: 200}, monitor.ResultUnknown, 0, false, "nothing", "unclear", 0},
		{"200 MB", T{Body: `{"ok":false,"error":"is_archived"}`, Flood: 200 << 20}, monitor.ResultUnknown, 0, false, "more than 1 MiB", "unclear", 0},
		{"cut", T{Accept: true, Body: `{"ok":true,"ts":"1.0"}`, Cut: 9}, monitor.ResultUnknown, 0, false, "EOF", "unclear", 1},
		{"fatal_error", T{Error: "fatal_error", Accept: true}, monitor.ResultUnknown, 0, false, "fatal_error", "unclear", 1},
		{"internal_error", T{Error: "internal_error"}, monitor.ResultUnknown, 0, false, "", "unclear", 0},
		{"request_timeout", T{Error: "request_timeout"}, monitor.ResultUnknown, 0, false, "", "unclear", 0},

		{"channel_not_found", T{Error: "channel_not_found"}, monitor.ResultParked, 0, false, "check the channel id", "refused", 0},
		{"not_in_channel", T{Error: "not_in_channel"}, monitor.ResultParked, 0, false, "/invite", "refused", 0},
		{"is_archived", T{Error: "is_archived"}, monitor.ResultParked, 0, false, "unarchive", "refused", 0},
		{"restricted_action_read_only_channel", T{Error: "restricted_action_read_only_channel"}, monitor.ResultParked, 0, false, "administrator", "refused", 0},
		{"invalid_auth", T{Error: "invalid_auth"}, monitor.ResultParked, 0, false, "slack.token_file", "refused", 0},
		{"token_revoked", T{Error: "token_revoked"}, monitor.ResultParked, 0, false, "slack.token_file", "refused", 0},
		{"account_inactive", T{Error: "account_inactive"}, monitor.ResultParked, 0, false, "slack.token_file", "refused", 0},
		{"missing_scope", T{Body: `{"ok":false,"error":"missing_scope","needed":"chat:write"}`}, monitor.ResultParked, 0, false, "add the scope chat:write", "refused", 0},
		{"403 of a proxy", T{Status: 403, Body: "<html>no</html>"}, monitor.ResultParked, 0, false, "proxy", "refused", 0},
		{"a name that nobody knows", T{Error: "brand_new_reason"}, monitor.ResultParked, 0, false, "brand_new_reason", "refused", 0},

		{"refused as text too", T{Error: "msg_too_long"}, monitor.ResultRefused, 0, false, "msg_too_long", "refused", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(day))
				w := newWorld(t)
				if tt.trouble != (T{}) {
					w.slack.Trouble(tt.trouble)
				}
				m := message()
				o := w.notify(m)
				if o.Result != tt.want || o.RetryAfter != tt.retry || o.Workspace != tt.workspace {
					t.Errorf("Notify = %+v, want result %d, retry after %s, workspace %t", o, tt.want, tt.retry, tt.workspace)
				}
				if (o.Err == nil) != (tt.want == monitor.ResultSent) || o.Err != nil && !strings.Contains(o.Err.Error(), tt.err) {
					t.Errorf("error = %v, want one with %q", o.Err, tt.err)
				}
				if (o.TS != "") != (tt.want == monitor.ResultSent) {
					t.Errorf("ts = %q", o.TS)
				}
				if got := w.slack.Count(m.ID); got != tt.stored {
					t.Errorf("stored %d times, want %d", got, tt.stored)
				}
				for outcome := range w.counted() {
					if outcome != tt.counted {
						t.Errorf("counted %v, want %q only", w.counted(), tt.counted)
					}
				}
				// Whatever happened, a look-up tells the truth about it.
				w.slack.Clear()
				ts, found, err := w.Find(t.Context(), m)
				if err != nil || found != (tt.stored == 1) || found != (ts != "") {
					t.Errorf("Find = %q, %t, %v, want found = %t", ts, found, err, tt.stored == 1)
				}
			})
		})
	}
}

// A message that Slack finds malformed is sent once more as it likes it, at Slack's pace.
func TestNotifyPlainText(t *testing.T) {
	for _, tt := range []struct {
		fault, thread, want string // in the second post
	}{
		{fault: "invalid_blocks", want: "text"},
		{fault: "invalid_blocks_format", want: "text"},
		{fault: "msg_blocks_too_long", want: "text"},
		{fault: "something_unheard_of", want: "text"},
		{fault: "metadata_too_large", want: "blocks"},
		{fault: "cannot_reply_to_message", thread: "1.0", want: "blocks metadata"},
		{fault: "invalid_blocks", thread: "1.0", want: "text thread"},
	} {
		t.Run(tt.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.slack.SetPace(time.Second)
				w.slack.Trouble(slacksim.Trouble{Error: tt.fault, Times: 1})
				m := message()
				m.Thread = tt.thread
				if o := w.notify(m); o.Result != monitor.ResultSent || o.Err != nil {
					t.Fatalf("Notify = %+v", o)
				}
				posts := w.slack.Posts()
				if len(posts) != 2 || posts[1].At.Sub(posts[0].At) < time.Second {
					t.Fatalf("posts = %+v", posts)
				}
				second := posts[1]
				has := map[string]bool{
					"text": second.Blocks == nil && second.Metadata != nil, "blocks": second.Blocks != nil && second.ThreadTS == "",
					"metadata": second.Metadata != nil, "thread": second.ThreadTS != "",
				}
				for part := range strings.FieldsSeq(tt.want) {
					if !has[part] {
						t.Errorf("second post lacks %s: %+v", part, second)
					}
				}
				if second.Blocks == nil {
					for _, want := range []string{"AKSEN · MoU, bağlayıcı değil", "mutabakat zaptı", "<https://www.kap.org.tr/tr/Bildirim/1277777|KAP'ta aç>"} {
						if !strings.Contains(second.Text, want) {
							t.Errorf("plain text lacks %q: %s", want, second.Text)
						}
					}
				}
				if !strings.Contains(w.log.String(), tt.fault) {
					t.Errorf("log lacks the reason: %s", w.log.String())
				}
			})
		})
	}
}

func TestNotifyStopsBetweenTwoPosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.slack.Trouble(slacksim.Trouble{Error: "invalid_blocks"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if o := w.Notify(ctx, message()); o.Result != monitor.ResultLater || len(w.slack.Posts()) != 1 {
			t.Errorf("Notify = %+v after %d posts", o, len(w.slack.Posts()))
		}
	})
}

func TestNotifyPost(t *testing.T) {
	w := newWorld(t)
	m := message()
	m.Thread = "1714143933.000100"
	o := w.notify(m)
	p := w.slack.Posts()[0]
	if p.TS != o.TS || p.Channel != channel || p.ThreadTS != m.Thread || p.UnfurlLinks != "false" || p.UnfurlMedia != "false" {
		t.Errorf("post = %+v, outcome %+v", p, o)
	}
	if want := `{"event_type":"kapwatch_alert","event_payload":{"id":"1277777-energy","indexes":"1277777"}}`; string(p.Metadata) != want {
		t.Errorf("metadata = %s, want %s", p.Metadata, want)
	}
	if want := "AKSEN · MoU, bağlayıcı değil · 500 MW · Kazakistan · 18:05"; p.Text != want {
		t.Errorf("text = %q, want %q", p.Text, want)
	}
	// A reply is not in the channel's history; it is found in its thread, which hangs on a message.
	w.slack.Trouble(slacksim.Trouble{Method: "conversations.history", Error: "internal_error"})
	if ts, found, err := w.Find(t.Context(), m); ts != o.TS || !found || err != nil {
		t.Errorf("Find in the thread = %q, %t, %v", ts, found, err)
	}
}

func TestNotifyWithoutToken(t *testing.T) {
	n, err := notify.New(notify.Config{Transport: refusing{t}})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []monitor.Message{message(), {Route: to(monitor.Target{Terminal: true})}, {}} {
		if o := n.Notify(t.Context(), m); o.Result != monitor.ResultParked || o.Err == nil {
			t.Errorf("to %+v: %+v", m.Route.To, o)
		}
	}
	if err := n.CheckToken(t.Context()); err == nil || !strings.Contains(err.Error(), "token_file") {
		t.Errorf("CheckToken = %v", err)
	}
}

func TestFind(t *testing.T) {
	m := message()
	m.IntendedAt = time.Now()
	history := func(tr slacksim.Trouble) slacksim.Trouble { tr.Method = "conversations.history"; return tr }
	for _, tt := range []struct {
		name      string
		trouble   slacksim.Trouble
		noHistory bool
		err       string
	}{
		{"missing scope", slacksim.Trouble{Error: "missing_scope"}, true, "missing_scope"},
		{"not a member", slacksim.Trouble{Error: "not_in_channel"}, true, "not_in_channel"},
		{"limited", slacksim.Trouble{Status: 429, RetryAfter: "5"}, false, "429"},
		{"bad token", slacksim.Trouble{Error: "invalid_auth"}, false, "invalid_auth"},
		{"hang up", slacksim.Trouble{Break: true}, false, "EOF"},
		{"HTML", slacksim.Trouble{Body: "<html>"}, false, "HTML"},
		{"more without a cursor", slacksim.Trouble{Body: `{"ok":true,"messages":[],"has_more":true}`}, false, "has more"},
		{"another shape", slacksim.Trouble{Body: `{"ok":true,"messages":"none"}`}, false, "read history"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.notify(m)
			w.slack.Trouble(history(tt.trouble))
			ts, found, err := w.Find(t.Context(), m)
			if ts != "" || found || err == nil || errors.Is(err, monitor.ErrNoHistory) != tt.noHistory || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("Find = %q, %t, %v", ts, found, err)
			}
			keepsSecrets(t, fmt.Sprint(err))
		})
	}
	t.Run("among others", func(t *testing.T) {
		w := newWorld(t)
		o := w.notify(m)
		other := m
		other.ID = "1277777-energy-2"
		for range 120 { // three pages
			w.notify(other)
		}
		if ts, found, err := w.Find(t.Context(), m); ts != o.TS || !found || err != nil {
			t.Errorf("Find = %q, %t, %v, want %q", ts, found, err, o.TS)
		}
		m.ID = "1277777"
		if ts, found, err := w.Find(t.Context(), m); ts != "" || found || err != nil {
			t.Errorf("Find of another id = %q, %t, %v", ts, found, err)
		}
	})
	t.Run("in a digest of its route", func(t *testing.T) {
		for _, x := range []struct {
			payload, ts string
		}{
			{`{"id":"digest-energy-7","indexes":"1277770,1277777"}`, "1.0"},
			{`{"id":"digest-energy-7","indexes":"12777770"}`, ""},
			{`{"id":"digest-energy-north-7","indexes":"1277777"}`, ""},
			{`{"id":"1277777-other","indexes":"1277777"}`, ""},
		} {
			w := newWorld(t)
			w.slack.Trouble(history(slacksim.Trouble{Body: `{"ok":true,"messages":[{"ts":"1.0","metadata":{"event_type":"kapwatch_alert","event_payload":` + x.payload + `}}]}`}))
			if ts, found, err := w.Find(t.Context(), message()); ts != x.ts || found != (x.ts != "") || err != nil {
				t.Errorf("Find among %s = %q, %t, %v", x.payload, ts, found, err)
			}
		}
	})
	t.Run("messages of other apps", func(t *testing.T) {
		w := newWorld(t)
		w.slack.Trouble(history(slacksim.Trouble{Body: `{"ok":true,"messages":[{"ts":"1.0","metadata":{"event_type":"other","event_payload":["x"]}},
			{"ts":"2.0","blocks":[7]},{"ts":"3.0","metadata":{"event_type":"kapwatch_alert","event_payload":{"id":"1277777-energy"}}}]}`}))
		if ts, found, err := w.Find(t.Context(), message()); ts != "3.0" || !found || err != nil {
			t.Errorf("Find = %q, %t, %v", ts, found, err)
		}
	})
}

func TestWebhook(t *testing.T) {
	for _, tt := range []struct {
		name    string
		trouble slacksim.Trouble
		want    monitor.Result
		err     string
	}{
		{"accepted", slacksim.Trouble{}, monitor.ResultSent, ""},
		{"429", slacksim.Trouble{Status: 429, RetryAfter: "30"}, monitor.ResultLater, "429"},
		{"refused dial", slacksim.Trouble{Refuse: true}, monitor.ResultLater, "reach slack"},
		{"hang", slacksim.Trouble{Hang: true, Accept: true}, monitor.ResultUnknown, "deadline"},
		{"broken", slacksim.Trouble{Break: true, Accept: true}, monitor.ResultUnknown, "EOF"},
		{"HTML with 200", slacksim.Trouble{Body: "<html>"}, monitor.ResultUnknown, "HTML"},
		{"a JSON no with 200", slacksim.Trouble{Body: `{"ok":false}`}, monitor.ResultUnknown, "JSON"},
		{"a name with 200", slacksim.Trouble{Status: 200, Error: "no_service"}, monitor.ResultParked, "no_service"},
		{"rollup_error", slacksim.Trouble{Error: "rollup_error"}, monitor.ResultUnknown, "rollup_error"},
		{"no_service", slacksim.Trouble{Error: "no_service"}, monitor.ResultParked, "new incoming webhook"},
		{"no_team", slacksim.Trouble{Error: "no_team"}, monitor.ResultParked, ""},
		{"invalid_token", slacksim.Trouble{Error: "invalid_token"}, monitor.ResultParked, ""},
		{"user_not_found", slacksim.Trouble{Error: "user_not_found"}, monitor.ResultParked, ""},
		{"action_prohibited", slacksim.Trouble{Error: "action_prohibited"}, monitor.ResultParked, "administrator"},
		{"channel_not_found", slacksim.Trouble{Error: "channel_not_found"}, monitor.ResultParked, ""},
		{"channel_is_archived", slacksim.Trouble{Error: "channel_is_archived"}, monitor.ResultParked, "unarchive"},
		{"the secret in the answer", slacksim.Trouble{Status: 404, Body: "no /services/T0000SIM/B0000SIM/" + hook}, monitor.ResultParked, "404"},
		{"invalid_payload", slacksim.Trouble{Error: "invalid_payload"}, monitor.ResultRefused, "invalid_payload"},
		{"malformed once", slacksim.Trouble{Error: "invalid_blocks", Times: 1}, monitor.ResultSent, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				if tt.trouble != (slacksim.Trouble{}) {
					w.slack.Trouble(tt.trouble)
				}
				m := message()
				m.Route = to(monitor.Target{Webhook: "webhook"})
				o := w.notify(m)
				if o.Result != tt.want || o.Err != nil && !strings.Contains(o.Err.Error(), tt.err) {
					t.Errorf("Notify = %+v", o)
				}
				if o.Result == monitor.ResultSent && (o.TS != "ok" || len(w.slack.History(channel)) != 1) {
					t.Errorf("ts = %q, history %+v", o.TS, w.slack.History(channel))
				}
				if _, _, err := w.Find(t.Context(), m); !errors.Is(err, monitor.ErrNoHistory) {
					t.Errorf("Find = %v", err)
				}
			})
		})
	}
}

func TestWebhookFile(t *testing.T) {
	read := func(s string, err error) func(string) (notify.Secret, error) {
		return func(string) (notify.Secret, error) { return notify.NewSecret(s), err }
	}
	for name, secret := range map[string]func(string) (notify.Secret, error){
		"missing":       read("", fs.ErrNotExist),
		"empty":         read("", nil),
		"not a URL":     read("CANARY\x7f://", nil),
		"plain http":    read("http://hooks.slack.com/services/CANARY", nil),
		"only a path":   read("/services/CANARY", nil),
		"another thing": read("ftp://127.0.0.1/services/CANARY", nil),
	} {
		t.Run(name, func(t *testing.T) {
			n, err := notify.New(notify.Config{ReadSecret: secret, Transport: refusing{t}})
			if err != nil {
				t.Fatal(err)
			}
			m := message()
			m.Route = to(monitor.Target{Webhook: "webhook"})
			o := n.Notify(t.Context(), m)
			if o.Result != monitor.ResultParked || o.Err == nil {
				t.Errorf("Notify = %+v", o)
			}
			keepsSecrets(t, fmt.Sprint(o.Err))
		})
	}
}

// A file that cannot be opened for lack of descriptors is as good as ever in a moment: that parks nothing.
func TestWebhookFileWithoutDescriptors(t *testing.T) {
	n, err := notify.New(notify.Config{Transport: refusing{t}, ReadSecret: func(path string) (notify.Secret, error) {
		return notify.Secret{}, &fs.PathError{Op: "open", Path: path, Err: syscall.EMFILE}
	}})
	if err != nil {
		t.Fatal(err)
	}
	m := message()
	m.Route = to(monitor.Target{Webhook: "webhook"})
	if o := n.Notify(t.Context(), m); o.Result != monitor.ResultLater || o.Err == nil {
		t.Errorf("Notify = %+v", o)
	}
}

type brokenWriter struct{ err error }

func (b brokenWriter) Write([]byte) (int, error) { return 0, b.err }

func TestTerminalErrors(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want monitor.Result
	}{
		{io.ErrShortWrite, monitor.ResultLater},
		{syscall.ENOSPC, monitor.ResultLater},
		{syscall.EPIPE, monitor.ResultParked},
	} {
		n, err := notify.New(notify.Config{Terminal: brokenWriter{tt.err}})
		if err != nil {
			t.Fatal(err)
		}
		m := message()
		m.Route = to(monitor.Target{Terminal: true})
		if o := n.Notify(t.Context(), m); o.Result != tt.want || !errors.Is(o.Err, tt.err) {
			t.Errorf("after %v: %+v", tt.err, o)
		}
		if _, _, err := n.Find(t.Context(), m); !errors.Is(err, monitor.ErrNoHistory) {
			t.Errorf("Find = %v", err)
		}
	}
}

func TestCheckToken(t *testing.T) {
	for _, tt := range []struct {
		name      string
		scopes    []string
		revoked   bool
		trouble   slacksim.Trouble
		err       string // "" = none
		noHistory bool
	}{
		{name: "good", scopes: []string{"chat:write", "groups:history"}},
		{name: "cannot look up", scopes: []string{"chat:write"}, err: "channels:history", noHistory: true},
		{name: "cannot post", scopes: []string{"channels:history"}, err: "chat:write"},
		{name: "refused", revoked: true, err: "invalid_auth"},
		{name: "unreachable", trouble: slacksim.Trouble{Refuse: true}, err: "reach slack"},
		{name: "HTML", trouble: slacksim.Trouble{Body: "<html>"}, err: "HTML"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.revoked {
				w.slack.RevokeToken(token)
			} else if tt.scopes != nil {
				w.slack.AddToken(token, tt.scopes...)
			}
			if tt.trouble != (slacksim.Trouble{}) {
				w.slack.Trouble(tt.trouble)
			}
			err := w.CheckToken(t.Context())
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) || errors.Is(err, monitor.ErrNoHistory) != tt.noHistory {
				t.Errorf("CheckToken = %v", err)
			}
			keepsSecrets(t, fmt.Sprint(err))
		})
	}
}

func TestNew(t *testing.T) {
	for _, tt := range []struct {
		api, err string
	}{
		{"", ""},
		{"https://slack.example/api", ""},
		{"http://127.0.0.1:8080/api/", ""},
		{"http://[::1]:8080/api/", ""},
		{"http://slack.com/api/", "only https"},
		{"slack.com/api/", "not an absolute URL"},
		{"https://slack.com:port/", "invalid port"},
	} {
		_, err := notify.New(notify.Config{SlackAPI: tt.api})
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("New with %q = %v, want %q", tt.api, err, tt.err)
		}
	}
	// A reload builds a second one over the same metrics, which go on counting.
	w := newWorld(t)
	if _, err := notify.New(notify.Config{Registerer: w.metrics}); err != nil {
		t.Errorf("second New: %v", err)
	}
	w.notify(message())
	if diff := cmp.Diff(map[string]float64{"ok": 1}, w.counted()); diff != "" {
		t.Error(diff)
	}
}

// A look-up reaches a day further back than the intent, since our clock may have been ahead of Slack's. Where the
// channel has too much for that, it is enough to have seen everything since the intent.
func TestFindInABusyChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		begun := time.Now()
		for i := range 1050 {
			w.notify(monitor.Message{ID: fmt.Sprint("note-", i), Route: to(slackTarget), Note: "synthetic"})
			time.Sleep(10 * time.Second)
		}
		m := message()
		m.IntendedAt = time.Now().Add(-10 * time.Minute)
		if _, found, err := w.Find(t.Context(), m); found || err != nil {
			t.Errorf("found %v, %v among newer and older messages", found, err)
		}
		m.IntendedAt = begun
		if _, found, err := w.Find(t.Context(), m); found || err == nil {
			t.Errorf("found %v, %v where the look-up does not reach", found, err)
		}
	})
}
