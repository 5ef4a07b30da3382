package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
)

// maxBody is how much of an answer is read. A message that Slack accepts is echoed in at most a few tens of kB;
// slack-go by itself would read 200 MB of an error page into an error text (v0.35.0).
const maxBody = 1 << 20

var errOversized = errors.New("an answer of more than 1 MiB")

// exchange is one request and what came back, whole: slack-go keeps neither the text of a refusal, nor a
// Retry-After that is no integer, nor the difference between {} and a success (v0.35.0).
type exchange struct {
	http  *http.Client
	agent string
	reply reply
}

// reply is what an exchange brought.
type reply struct {
	status int // 0 = no answer
	header http.Header
	body   []byte
	err    error // no answer, or one that ended early
	unsent bool  // err happened before anything was sent

	ok           bool   // Slack said ok
	ts           string // of the accepted message
	name, needed string // Slack's own word for a refusal, and the scope that it asks for
}

// Do implements the client that slack-go asks for. The response has its body in memory.
func (x *exchange) Do(req *http.Request) (*http.Response, error) {
	var asked, connected atomic.Bool
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GetConn: func(string) { asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	}))
	req.Header.Set("User-Agent", x.agent)
	resp, err := x.http.Do(req)
	if err != nil {
		op, dial := errors.AsType[*net.OpError](err)
		x.reply = reply{err: err, unsent: asked.Load() && !connected.Load() || dial && op.Op == "dial"}
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		body, err = body[:maxBody], errOversized
	}
	x.reply = reply{status: resp.StatusCode, header: resp.Header, body: body, err: err}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// nameShape is what Slack's error names look like. Anything else in their place is not repeated to anyone.
var nameShape = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// read finds what the Web API says in its JSON.
func (r *reply) read() {
	var said struct {
		OK     bool   `json:"ok"`
		Error  string `json:"error"`
		TS     string `json:"ts"`
		Needed string `json:"needed"`
	}
	if r.err != nil || json.Unmarshal(r.body, &said) != nil {
		return
	}
	r.ok, r.ts = said.OK && r.status == http.StatusOK, said.TS
	if !said.OK && nameShape.MatchString(said.Error) {
		r.name = said.Error
	}
	if scope := strings.ReplaceAll(said.Needed, ":", "_"); nameShape.MatchString(scope) {
		r.needed = said.Needed
	}
}

// readText finds what an incoming webhook says: plain text, "ok" when the message was accepted.
func (r *reply) readText() {
	if r.err != nil {
		return
	}
	switch text := strings.TrimSpace(string(r.body)); {
	case text == "ok":
		r.ok, r.ts = r.status == http.StatusOK, "ok"
	case nameShape.MatchString(text):
		r.name = text
	}
}

// outcome is the label under which a request is counted.
func (r *reply) outcome() string {
	c := classOf(r.name)
	switch {
	case r.ok:
		return "ok"
	case r.unsent:
		return "unreachable"
	case r.status >= 500 || r.status == http.StatusRequestTimeout || c == unclear || r.name == "" && r.status < 400:
		return "unclear"
	case r.status == http.StatusTooManyRequests || c == limited:
		return "limited"
	}
	return "refused"
}

// clean makes an error that may be shown and logged: the URL of a *url.Error is left out, for that of a webhook is
// a password, and whatever secret still stands in the text is cut out. Only the text survives.
func clean(err error, secrets ...Secret) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	text := err.Error()
	for _, s := range secrets {
		if v := s.Reveal(); v != "" {
			text = strings.ReplaceAll(text, v, redacted)
			if u, perr := url.Parse(v); perr == nil && len(u.Path) > 1 {
				text = strings.ReplaceAll(text, u.Path, redacted)
			}
		}
	}
	return errors.New(fit(strings.Join(strings.Fields(scrub(text)), " "), 300))
}

// kind tells in a word what a body is, without repeating it.
func kind(body []byte) string {
	switch b := bytes.TrimSpace(body); {
	case len(b) == 0:
		return "nothing"
	case b[0] == '<':
		return "HTML"
	case json.Valid(b):
		return "JSON"
	}
	return "text"
}
