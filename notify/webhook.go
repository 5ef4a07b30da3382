package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"syscall"
	"time"

	"github.com/slack-go/slack"

	"kapwatch/monitor"
)

// postWebhook sends p to the incoming webhook whose URL stands in the target's file. The URL is a password: it is in
// no error. A webhook takes no metadata and no thread, and confirms with the word ok. slack-go's own webhook call
// takes {"ok":false} and HTML for a success (v0.35.0), so the request is made here.
func (n *Notifier) postWebhook(ctx context.Context, to monitor.Target, p post) verdict {
	park := func(err error) verdict {
		return verdict{Outcome: monitor.Outcome{Result: monitor.ResultParked, Err: err}}
	}
	secret, err := n.readSecret(to.Webhook)
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) { // as when clients hold every file we may open
		return verdict{Outcome: monitor.Outcome{Result: monitor.ResultLater, Err: fmt.Errorf("read webhook file: %w", clean(err, secret))}}
	}
	if err != nil {
		return park(fmt.Errorf("read webhook file: %w", clean(err, secret)))
	}
	if err := secure(secret.Reveal()); err != nil {
		return park(fmt.Errorf("read webhook file %q: it holds no webhook URL: %w", to.Webhook, clean(err, secret)))
	}
	body, err := json.Marshal(struct {
		Text        string        `json:"text"`
		Blocks      []slack.Block `json:"blocks,omitempty"`
		UnfurlLinks bool          `json:"unfurl_links"`
		UnfurlMedia bool          `json:"unfurl_media"`
	}{p.text, p.blocks, false, false})
	if err != nil {
		return park(fmt.Errorf("encode message: %w", err))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, secret.Reveal(), bytes.NewReader(body))
	if err != nil {
		return park(fmt.Errorf("post to webhook: %w", clean(err, secret)))
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	x := &exchange{http: n.http, agent: n.agent}
	if _, err := x.Do(req); err != nil {
		x.reply.err = err
	}
	x.reply.readText()
	v := judge(n.finish(x.reply, secret), time.Now())
	if v.Err != nil {
		v.Err = fmt.Errorf("post to webhook: %w", clean(v.Err, secret))
	}
	return v
}
