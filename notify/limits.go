package notify

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"kapwatch/monitor"
)

// Bounds kept below Slack's limits (docs.slack.dev, Block Kit; all but the last documented).
const (
	maxHead    = 150    // of a header
	maxText    = 3_000  // of a text object; a rich text element is held to it too
	maxBlocks  = 50     // of a message
	maxMessage = 3_900  // of a message's text, which Slack asks to keep under 4,000
	maxPayload = 10_000 // of all blocks as JSON; Slack refuses somewhere above 13,000 (slackapi/bolt-js issue 2509)
)

// eventType marks our messages among others in a channel's history.
const eventType = "kapwatch_alert"

// post is a message ready to be sent.
type post struct {
	text   string // mrkdwn
	blocks []slack.Block
	meta   *slack.SlackMetadata
	thread string
}

// render lays m out so that every limit of Slack's holds, whatever it says.
func render(m monitor.Message) post {
	p := post{thread: m.Thread, meta: metadata(m)}
	for _, s := range spaces {
		c := newCard(m, s)
		p.text, p.blocks = fitted(c.line), c.blocks()
		if within(p.blocks) {
			return p
		}
	}
	// Not reached while the last space fits every filing, which FuzzRender tries to refute; text alone is safe.
	p.text, p.blocks = plain(m), nil
	return p
}

// plain is m without blocks: all of the card as text.
func plain(m monitor.Message) string {
	text := ""
	for _, s := range spaces {
		if text = newCard(m, s).mrkdwn(); width(text) <= maxMessage {
			return text
		}
	}
	return fitted(newCard(m, spaces[len(spaces)-1]).line)
}

// fitted is a line as mrkdwn within the limit. Escaping makes text longer, up to five times.
func fitted(line string) string {
	for limit := maxMessage; ; limit /= 2 {
		if text := literalLines(fit(line, limit)); width(text) <= maxMessage {
			return text
		}
	}
}

// within reports whether blocks keep the limit on the whole; the parts were cut to theirs.
func within(blocks []slack.Block) bool {
	b, err := json.Marshal(blocks)
	return err == nil && len(blocks) <= maxBlocks && len(b) <= maxPayload
}

// metadata carries the id by which a message is found again. Slack asks for a flat payload.
func metadata(m monitor.Message) *slack.SlackMetadata {
	var indexes []string
	for i, it := range m.Items {
		if i == 50 {
			break
		}
		indexes = append(indexes, fmt.Sprint(it.Filing.Index))
	}
	payload := map[string]any{"id": m.ID}
	if len(indexes) > 0 {
		payload["indexes"] = strings.Join(indexes, ",")
	}
	return &slack.SlackMetadata{EventType: eventType, EventPayload: payload}
}

// degrade is what is tried once after Slack refused p for the reason given: plain text, unless the thread or the
// metadata is what Slack does not want.
func (p post) degrade(reason string, m monitor.Message) post {
	switch {
	case p.thread != "" && (strings.Contains(reason, "reply") || strings.Contains(reason, "thread")):
		p.thread = ""
	case strings.Contains(reason, "metadata"):
		p.meta = nil
	default:
		p.text, p.blocks = plain(m), nil
	}
	return p
}

// mrkdwn is all of c as one text.
func (c card) mrkdwn() string {
	var out []string
	if c.head != "" {
		out = append(out, literal(c.head))
	}
	for _, p := range c.paras {
		var b strings.Builder
		if p.bullet {
			b.WriteString("• ")
		}
		for _, r := range p.runs {
			if r.url != "" {
				b.WriteString("<" + r.url + "|" + literal(r.text) + ">")
				continue
			}
			b.WriteString(literalLines(r.text))
		}
		out = append(out, b.String())
	}
	return strings.Join(out, "\n")
}

// literalLines is literal for a text that may have several lines.
func literalLines(s string) string {
	all := strings.Split(s, "\n")
	for i := range all {
		all[i] = literal(all[i])
	}
	return strings.Join(all, "\n")
}
