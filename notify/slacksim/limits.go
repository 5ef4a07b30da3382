package slacksim

import (
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// Slack's limits, in characters unless said otherwise.
const (
	maxBlocks   = 50
	maxPayload  = 13_200 // of all blocks together; not documented, measured between 13,172 and 13,297
	maxText     = 3_000
	maxHeader   = 150
	maxElements = 10 // of a context block, and fields of a section
	maxField    = 2_000
	maxID       = 255
	maxURL      = 3_000
	maxMessage  = 40_000 // of text; the rest is cut
	maxMetadata = 16_000
)

// fault names Slack's complaint about p, "" when there is none, and cuts the text as Slack does.
func fault(p *Post) string {
	if p.Text == "" && len(p.Blocks) == 0 {
		return "no_text"
	}
	if r := []rune(p.Text); len(r) > maxMessage {
		p.Text = string(r[:maxMessage])
	}
	if p.Metadata != nil {
		var m struct {
			Type    string         `json:"event_type"`
			Payload map[string]any `json:"event_payload"`
		}
		switch {
		case json.Unmarshal(p.Metadata, &m) != nil || m.Type == "" || !flat(m.Payload):
			return "invalid_metadata_format"
		case len(p.Metadata) > maxMetadata:
			return "metadata_too_large"
		}
	}
	if p.Blocks == nil {
		return ""
	}
	var blocks []block
	switch {
	case json.Unmarshal(p.Blocks, &blocks) != nil:
		return "invalid_blocks_format"
	case len(blocks) > maxBlocks:
		return "invalid_blocks"
	case utf8.RuneCount(p.Blocks) > maxPayload:
		return "msg_blocks_too_long"
	}
	ids := map[string]bool{}
	for _, b := range blocks {
		if !b.sound() || utf8.RuneCountInString(b.ID) > maxID || (b.ID != "" && ids[b.ID]) {
			return "invalid_blocks"
		}
		ids[b.ID] = true
	}
	return ""
}

// flat reports whether p is an object of plain values, all that message metadata is documented to hold.
func flat(p map[string]any) bool {
	for _, v := range p {
		switch v.(type) {
		case string, float64, bool:
		default:
			return false
		}
	}
	return p != nil
}

// block is every block that a message of ours may hold.
type block struct {
	Type     string            `json:"type"`
	ID       string            `json:"block_id"`
	Text     *text             `json:"text"`
	Fields   []text            `json:"fields"`
	Elements []json.RawMessage `json:"elements"`
}

type text struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// sound reports whether Slack takes b.
func (b block) sound() bool {
	switch b.Type {
	case "divider":
		return true
	case "header":
		return b.Text != nil && b.Text.Type == "plain_text" && b.Text.fits(maxHeader)
	case "section":
		if b.Text == nil && len(b.Fields) == 0 || len(b.Fields) > maxElements {
			return false
		}
		for _, f := range b.Fields {
			if !f.fits(maxField) {
				return false
			}
		}
		return b.Text == nil || b.Text.fits(maxText)
	case "context":
		for _, raw := range b.Elements {
			var t text
			if json.Unmarshal(raw, &t) != nil || !t.fits(maxText) {
				return false
			}
		}
		return len(b.Elements) > 0 && len(b.Elements) <= maxElements
	case "rich_text":
		return rich(b.Elements, "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted")
	}
	return false
}

func (t text) fits(limit int) bool {
	return (t.Type == "plain_text" || t.Type == "mrkdwn") && t.Text != "" && utf8.RuneCountInString(t.Text) <= limit
}

// rich checks the elements of a rich text container, all of which must be of one of kinds.
func rich(elements []json.RawMessage, kinds ...string) bool {
	for _, raw := range elements {
		var e struct {
			Type     string            `json:"type"`
			Style    json.RawMessage   `json:"style"`
			Text     string            `json:"text"`
			URL      string            `json:"url"`
			Elements []json.RawMessage `json:"elements"`
		}
		if json.Unmarshal(raw, &e) != nil || !slices.Contains(kinds, e.Type) {
			return false
		}
		fine := false
		switch e.Type {
		case "rich_text_list":
			style := string(e.Style)
			fine = (style == `"bullet"` || style == `"ordered"`) && rich(e.Elements, "rich_text_section")
		case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
			fine = rich(e.Elements, "text", "link", "emoji", "user", "usergroup", "channel", "broadcast", "date", "color", "team")
		case "text":
			fine = e.Text != "" && utf8.RuneCountInString(e.Text) <= maxText
		case "link":
			fine = e.URL != "" && len(e.URL) <= maxURL && utf8.RuneCountInString(e.Text) <= maxText
		default:
			fine = true
		}
		if !fine {
			return false
		}
	}
	return len(elements) > 0
}
