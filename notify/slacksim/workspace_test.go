package slacksim_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"kapwatch/notify/slacksim"
)

const token, channel = "xoxb-sim", "C0SIM"

func workspace() *slacksim.Workspace {
	w := slacksim.New()
	w.AddToken(token)
	w.AddChannel(channel)
	return w
}

type answer struct {
	status int
	header http.Header
	body   string
	json   struct {
		OK               bool   `json:"ok"`
		Error            string `json:"error"`
		TS               string `json:"ts"`
		HasMore          bool   `json:"has_more"`
		ResponseMetadata struct {
			NextCursor string `json:"next_cursor"`
		} `json:"response_metadata"`
		Messages []struct {
			TS       string          `json:"ts"`
			Metadata json.RawMessage `json:"metadata"`
		} `json:"messages"`
	}
}

func ask(ctx context.Context, c *http.Client, method, contentType, body string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://slack.com/api/"+method, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(b)}
	_ = json.Unmarshal(b, &a.json) // plain text has no fields
	return a, err
}

func form(c *http.Client, t *testing.T, method string, kv ...string) answer {
	t.Helper()
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	a, err := ask(t.Context(), c, method, "application/x-www-form-urlencoded", v.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPostAndHistory(t *testing.T) {
	w := workspace()
	c := &http.Client{Transport: w.Transport()}
	meta := `{"event_type":"e","event_payload":{"id":"1-a"}}`
	first := form(c, t, "chat.postMessage", "channel", channel, "text", "one", "metadata", meta)
	b, err := ask(t.Context(), c, "chat.postMessage", "application/json; charset=utf-8",
		`{"channel":"C0SIM","text":"two","unfurl_links":false,"blocks":[{"type":"divider"}],"metadata":{"event_type":"e","event_payload":{"id":"2-a"}}}`)
	if err != nil || !first.json.OK || !b.json.OK || first.json.TS >= b.json.TS {
		t.Fatalf("posts = %+v, %+v, %v", first, b, err)
	}
	form(c, t, "chat.postMessage", "channel", channel, "text", "reply", "thread_ts", first.json.TS)
	page := form(c, t, "conversations.history", "channel", channel, "limit", "1", "include_all_metadata", "1")
	if len(page.json.Messages) != 1 || page.json.Messages[0].TS != b.json.TS || !page.json.HasMore ||
		!strings.Contains(string(page.json.Messages[0].Metadata), "2-a") {
		t.Errorf("first page = %s", page.body)
	}
	page = form(c, t, "conversations.history", "channel", channel, "limit", "1", "cursor", page.json.ResponseMetadata.NextCursor)
	if len(page.json.Messages) != 1 || page.json.Messages[0].TS != first.json.TS || page.json.HasMore || page.json.Messages[0].Metadata != nil {
		t.Errorf("second page = %s", page.body)
	}
	page = form(c, t, "conversations.history", "channel", channel, "oldest", first.json.TS)
	if len(page.json.Messages) != 1 {
		t.Errorf("oldest is exclusive: %s", page.body)
	}
	page = form(c, t, "conversations.replies", "channel", channel, "ts", first.json.TS)
	if len(page.json.Messages) != 2 {
		t.Errorf("replies = %s", page.body)
	}
	if n := len(w.History(channel)); n != 3 || w.Count("1-a") != 1 || w.Posts()[1].UnfurlLinks != "false" {
		t.Errorf("history = %d, posts = %+v", n, w.Posts())
	}
}

func TestLimits(t *testing.T) {
	long := func(n int) string { return strings.Repeat("ğ", n) }
	section := func(n int) string { return `{"type":"section","text":{"type":"plain_text","text":"` + long(n) + `"}}` }
	tests := []struct{ name, key, value, want string }{
		{"sound", "blocks", "[" + section(3000) + "]", ""},
		{"section too long", "blocks", "[" + section(3001) + "]", "invalid_blocks"},
		{"section empty", "blocks", "[" + section(0) + "]", "invalid_blocks"},
		{"header too long", "blocks", `[{"type":"header","text":{"type":"plain_text","text":"` + long(151) + `"}}]`, "invalid_blocks"},
		{"header in mrkdwn", "blocks", `[{"type":"header","text":{"type":"mrkdwn","text":"a"}}]`, "invalid_blocks"},
		{"50 blocks", "blocks", "[" + strings.Repeat(`{"type":"divider"},`, 49) + `{"type":"divider"}]`, ""},
		{"51 blocks", "blocks", "[" + strings.Repeat(`{"type":"divider"},`, 50) + `{"type":"divider"}]`, "invalid_blocks"},
		{"11 context elements", "blocks", `[{"type":"context","elements":[` + strings.Repeat(`{"type":"mrkdwn","text":"a"},`, 10) + `{"type":"mrkdwn","text":"a"}]}]`, "invalid_blocks"},
		{"payload", "blocks", "[" + strings.Repeat(section(2900)+",", 4) + section(2900) + "]", "msg_blocks_too_long"},
		{"unknown block", "blocks", `[{"type":"nonsense"}]`, "invalid_blocks"},
		{"same id twice", "blocks", `[{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}]`, "invalid_blocks"},
		{"no JSON", "blocks", `[{`, "invalid_blocks_format"},
		{"rich text", "blocks", `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a"},{"type":"link","url":"https://a"}]}]}]`, ""},
		{"rich text, empty text", "blocks", `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":""}]}]}]`, "invalid_blocks"},
		{"metadata without payload", "metadata", `{"event_type":"a"}`, "invalid_metadata_format"},
		{"metadata not flat", "metadata", `{"event_type":"a","event_payload":{"id":["b"]}}`, "invalid_metadata_format"},
		{"metadata too large", "metadata", `{"event_type":"a","event_payload":{"id":"` + long(9000) + `"}}`, "metadata_too_large"},
		{"no text", "text", "", "no_text"},
		{"unknown channel", "channel", "C0OTHER", "channel_not_found"},
		{"no token", "token", "", "not_authed"},
		{"wrong token", "token", "xoxb-other", "invalid_auth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := workspace()
			v := url.Values{"token": {token}, "channel": {channel}, "text": {"a"}}
			v.Set(tt.key, tt.value)
			c := &http.Client{Transport: w.Transport()}
			resp, err := c.PostForm("https://slack.com/api/chat.postMessage", v)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var got struct{ Error string }
			if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || got.Error != tt.want {
				t.Errorf("error = %q, %v, want %q", got.Error, err, tt.want)
			}
			if p := w.Posts(); len(p) != 1 && tt.want == "" || len(w.History(channel)) == 1 != (tt.want == "") {
				t.Errorf("posts = %+v", p)
			}
		})
	}
}

// Every trouble looks the same to a client in process and on loopback.
func TestTrouble(t *testing.T) {
	tests := []struct {
		name    string
		trouble slacksim.Trouble
		status  int // 0 = an error
		want    string
		stored  int
	}{
		{"limited", slacksim.Trouble{Status: 429, RetryAfter: "30"}, 429, "", 0},
		{"named", slacksim.Trouble{Error: "is_archived"}, 200, `{"error":"is_archived","ok":false}`, 0},
		{"empty object", slacksim.Trouble{Body: "{}"}, 200, "{}", 0},
		{"server error", slacksim.Trouble{Status: 503, Body: "down"}, 503, "down", 0},
		{"html", slacksim.Trouble{Body: "<html>"}, 200, "<html>", 0},
		{"broken", slacksim.Trouble{Break: true}, 0, "", 0},
		{"accepted, then broken", slacksim.Trouble{Break: true, Accept: true}, 0, "", 1},
		{"cut", slacksim.Trouble{Body: `{"ok":true,"ts":"1"}`, Cut: 5}, 0, "", 0},
		{"late", slacksim.Trouble{Accept: true, Delay: time.Millisecond}, 200, "", 1},
		{"hang", slacksim.Trouble{Hang: true}, 0, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := workspace()
			srv := httptest.NewServer(w)
			defer srv.Close()
			for place, rt := range map[string]http.RoundTripper{"process": w.Transport(), "loopback": redirect(srv.URL)} {
				tt.trouble.Times = 1
				w.Trouble(tt.trouble)
				before := len(w.History(channel))
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				a, err := ask(ctx, &http.Client{Transport: rt}, "chat.postMessage", "application/json", `{"channel":"C0SIM","text":"a"}`)
				if (err != nil) != (tt.status == 0) || err == nil && a.status != tt.status || tt.want != "" && a.body != tt.want {
					t.Errorf("%s: %+v, %v", place, a, err)
				}
				if got := len(w.History(channel)) - before; got != tt.stored {
					t.Errorf("%s: stored %d, want %d", place, got, tt.stored)
				}
			}
		})
	}
}

func redirect(base string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		u, err := url.Parse(base)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = u.Scheme, u.Host
		return http.DefaultTransport.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTransportRefuses(t *testing.T) {
	w := workspace()
	c := &http.Client{Transport: w.Transport()}
	if _, err := c.Get("https://example.com/"); err == nil || !strings.Contains(err.Error(), `not "example.com"`) {
		t.Errorf("foreign host: %v", err)
	}
	w.Trouble(slacksim.Trouble{Refuse: true, Times: 1})
	_, err := ask(t.Context(), c, "auth.test", "application/json", `{}`)
	if op, ok := errors.AsType[*net.OpError](err); !ok || op.Op != "dial" || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("refused dial: %v", err)
	}
	if a := form(c, t, "auth.test"); !a.json.OK || !strings.Contains(a.header.Get("X-OAuth-Scopes"), "chat:write") {
		t.Errorf("trouble must end after one request: %+v", a)
	}
	w.RevokeToken(token)
	if a := form(c, t, "auth.test"); a.json.Error != "invalid_auth" {
		t.Errorf("revoked: %+v", a)
	}
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := workspace()
		w.SetPace(time.Second)
		c := &http.Client{Transport: w.Transport()}
		post := func() answer { return form(c, t, "chat.postMessage", "channel", channel, "text", "a") }
		post()
		if a := post(); a.status != 429 || a.header.Get("Retry-After") != "1" || a.json.Error != "ratelimited" {
			t.Errorf("second post in a second = %+v", a)
		}
		time.Sleep(time.Second)
		if a := post(); !a.json.OK || len(w.History(channel)) != 2 {
			t.Errorf("a second later = %+v", a)
		}
	})
}

func TestWebhook(t *testing.T) {
	w := slacksim.New()
	path := w.AddWebhook(channel, "hush")
	c := &http.Client{Transport: w.Transport()}
	post := func(path, body string) (int, string) {
		t.Helper()
		resp, err := c.Post("https://hooks.slack.com"+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	for _, tt := range []struct {
		path, body, want string
		status           int
		trouble          slacksim.Trouble
	}{
		{path: path, body: `{"text":"a"}`, status: 200, want: "ok"},
		{path: path, body: `{"text":""}`, status: 400, want: "no_text"},
		{path: path, body: `nonsense`, status: 400, want: "invalid_payload"},
		{path: "/services/T/B/other", body: `{"text":"a"}`, status: 404, want: "no_service"},
		{path: path, body: `{"text":"a"}`, status: 410, want: "channel_is_archived", trouble: slacksim.Trouble{Error: "channel_is_archived"}},
	} {
		if tt.trouble.Error != "" {
			w.Trouble(tt.trouble)
		}
		if status, body := post(tt.path, tt.body); status != tt.status || body != tt.want {
			t.Errorf("%s to %s = %d %q, want %d %q", tt.body, tt.path, status, body, tt.status, tt.want)
		}
	}
	w.Clear()
	if n := len(w.History(channel)); n != 1 || w.Requests("webhook") != 5 {
		t.Errorf("stored %d, asked %d", n, w.Requests("webhook"))
	}
}
