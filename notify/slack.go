package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"kapwatch/monitor"
)

// call makes one request of the Web API through slack-go and returns what was answered. What slack-go makes of the
// answer is not trusted: it takes {} for a success, and drops the text of a refusal (v0.35.0).
func (n *Notifier) call(request func(*slack.Client) error) reply {
	x := &exchange{http: n.http, agent: n.agent}
	err := request(slack.New(n.token.Reveal(), slack.OptionHTTPClient(x), slack.OptionAPIURL(n.api)))
	r := x.reply
	if r.status == 0 && r.err == nil {
		r = reply{err: errors.Join(err, errors.New("no request was made")), unsent: true}
	}
	r.read()
	return n.finish(r, n.token)
}

// finish counts a request and takes secrets out of its error.
func (n *Notifier) finish(r reply, secrets ...Secret) reply {
	if r.err != nil {
		r.err = clean(r.err, secrets...)
	}
	n.requests.WithLabelValues(r.outcome()).Inc()
	return r
}

func (n *Notifier) postMessage(ctx context.Context, to monitor.Target, p post) verdict {
	if n.token.Reveal() == "" {
		return verdict{Outcome: monitor.Outcome{
			Result: monitor.ResultParked,
			Err:    errors.New("post message: there is no bot token: put one into slack.token_file and reload"),
		}}
	}
	options := []slack.MsgOption{
		slack.MsgOptionText(p.text, false), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}
	if p.blocks != nil {
		options = append(options, slack.MsgOptionBlocks(p.blocks...))
	}
	if p.meta != nil {
		options = append(options, slack.MsgOptionMetadata(*p.meta))
	}
	if p.thread != "" {
		options = append(options, slack.MsgOptionTS(p.thread))
	}
	r := n.call(func(c *slack.Client) error {
		_, _, err := c.PostMessageContext(ctx, to.Slack, options...)
		return err
	})
	v := judge(r, time.Now())
	if v.Err != nil {
		v.Err = fmt.Errorf("post to %s: %w", scrub(to.Slack), v.Err)
	}
	return v
}

// A look-up reads at most so much: a channel that has more since one of our messages was intended is not ours alone.
const (
	findPages  = 20
	findPage   = 50             // full messages of this number stay below maxBody
	findMargin = 25 * time.Hour // ours may have been a day ahead of Slack's when it was intended
	findEnough = time.Minute    // so far back at least, or it is not known that it is not there
)

// findMessage reads the channel, or the thread of a message that was meant for one: the replies in a thread are not
// in the channel's history.
func (n *Notifier) findMessage(ctx context.Context, m monitor.Message) (string, bool, error) {
	since := m.IntendedAt
	switch now := time.Now(); {
	case since.IsZero():
		since = now.Add(-time.Hour)
	case since.After(now): // the clock was set back
		since = now
	}
	oldest := fmt.Sprintf("%d.000000", since.Add(-findMargin).Unix())
	cursor, last := "", 0.0
	for range findPages {
		// The answer is read here: a message of another app that slack-go cannot decode must not hide ours.
		r := n.call(func(c *slack.Client) error {
			if m.Thread != "" {
				_, _, _, err := c.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
					ChannelID: m.Route.To.Slack, Timestamp: m.Thread, Cursor: cursor, Limit: findPage, Oldest: oldest,
					IncludeAllMetadata: true,
				})
				return err
			}
			_, err := c.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
				ChannelID: m.Route.To.Slack, Cursor: cursor, Limit: findPage, Oldest: oldest, IncludeAllMetadata: true,
			})
			return err
		})
		if !r.ok {
			return "", false, historyError(r)
		}
		var h history
		if err := json.Unmarshal(r.body, &h); err != nil {
			return "", false, fmt.Errorf("read history: %w", clean(err, n.token))
		}
		if ts := h.find(m); ts != "" {
			return ts, true, nil
		}
		if cursor = h.Next.Cursor; cursor == "" {
			if h.More {
				return "", false, errors.New("read history: slack has more but does not say where")
			}
			return "", false, nil
		}
		if n := len(h.Messages); n > 0 {
			last, _ = strconv.ParseFloat(h.Messages[n-1].TS, 64) // 0 where it says none: then it is not enough
		}
	}
	if m.Thread == "" && last > 0 && last < float64(since.Add(-findEnough).Unix()) { // a channel's newest come first
		return "", false, nil
	}
	return "", false, fmt.Errorf("look for message %q: more than %d messages since %s", m.ID, findPages*findPage, since.UTC().Format(time.RFC3339))
}

// history is a page of conversations.history or conversations.replies, as far as it concerns us.
type history struct {
	Messages []struct {
		TS       string          `json:"ts"`
		Metadata json.RawMessage `json:"metadata"`
	} `json:"messages"`
	More bool `json:"has_more"`
	Next struct {
		Cursor string `json:"next_cursor"`
	} `json:"response_metadata"`
}

// find returns the ts of the message that carries m's id, or of a digest of m's route that tells of the one filing of m.
func (h history) find(m monitor.Message) string {
	digest, index := "", ""
	if len(m.Items) == 1 {
		if i := strconv.FormatInt(m.Items[0].Filing.Index, 10); m.ID == i+"-"+m.Route.Name {
			digest, index = "digest-"+m.Route.Name+"-", i
		}
	}
	for _, x := range h.Messages {
		var meta struct {
			Type    string `json:"event_type"`
			Payload struct {
				ID      string `json:"id"`
				Indexes string `json:"indexes"`
			} `json:"event_payload"`
		}
		// What does not decode is another app's.
		if json.Unmarshal(x.Metadata, &meta) != nil || meta.Type != eventType {
			continue
		}
		number, ours := strings.CutPrefix(meta.Payload.ID, digest)
		_, err := strconv.ParseUint(number, 10, 64)
		told := index != "" && ours && err == nil && slices.Contains(strings.Split(meta.Payload.Indexes, ","), index)
		if meta.Payload.ID == m.ID || told {
			return x.TS
		}
	}
	return ""
}

// historyError tells a history that may not be read, which no later try will change, from one that could not be read
// now.
func historyError(r reply) error {
	switch r.name {
	case "missing_scope", "not_allowed_token_type", "no_permission", "access_denied", "ekm_access_denied",
		"not_in_channel", "channel_not_found", "method_not_supported_for_channel_type", "unknown_method",
		"thread_not_found":
		return fmt.Errorf("read history: slack answered %s: %w", said(r), monitor.ErrNoHistory)
	}
	if r.err != nil {
		return fmt.Errorf("read history: %w", r.err)
	}
	return fmt.Errorf("read history: slack answered %s", said(r))
}

// ErrToken means that the token itself is at fault, not the way to Slack.
var ErrToken = errors.New("slack refuses the token")

// CheckToken asks Slack, for the start, whether the bot token is good and what it lacks. The error is one for people;
// it wraps [ErrToken] when the token cannot post, and [monitor.ErrNoHistory] when the token is good for posting but lost answers cannot be looked up. Nothing
// depends on the check: a token that is refused now may be good at the next post.
func (n *Notifier) CheckToken(ctx context.Context) error {
	if n.token.Reveal() == "" {
		return fmt.Errorf("check slack token: %w: there is none: put one into slack.token_file", ErrToken)
	}
	r := n.call(func(c *slack.Client) error {
		_, err := c.AuthTestContext(ctx)
		return err
	})
	r.ts = "ok" // auth.test has none
	if v := judge(r, time.Now()); v.Err != nil {
		if v.Result == monitor.ResultParked {
			return fmt.Errorf("check slack token: %w: %w", ErrToken, v.Err)
		}
		return fmt.Errorf("check slack token: %w", v.Err)
	}
	granted := r.header.Get("X-OAuth-Scopes")
	if granted == "" {
		return nil // a proxy may leave it out
	}
	return lacks(strings.FieldsFunc(granted, func(c rune) bool { return c == ',' || c == ' ' }))
}

func lacks(scopes []string) error {
	has := func(s string) bool { return slices.Contains(scopes, s) }
	switch {
	case !has("chat:write"):
		return fmt.Errorf("check slack token: %w: it lacks the scope chat:write: %s", ErrToken, remedy("missing_scope", "chat:write"))
	case !has("channels:history") && !has("groups:history"):
		return fmt.Errorf("check slack token: it lacks the scope channels:history (groups:history for a private channel), so after a lost answer a message may repeat: %w", monitor.ErrNoHistory)
	}
	return nil
}
