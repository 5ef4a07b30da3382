package notify

import (
	"github.com/slack-go/slack"
)

// blocks shows c in Slack's Block Kit. Everything is plain_text or rich_text, which Slack shows as it stands: in
// neither can a text become a mention, a link or a format (docs.slack.dev, text object and rich text).
func (c card) blocks() []slack.Block {
	var out []slack.Block
	if c.head != "" {
		out = append(out, slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, c.head, false, false)))
	}
	var list []slack.RichTextElement
	flush := func() {
		if len(list) > 0 {
			out = append(out, slack.NewRichTextBlock("", slack.NewRichTextList(slack.RTEListBullet, 0, list...)))
			list = nil
		}
	}
	for _, p := range c.paras {
		section := slack.NewRichTextSection(p.elements()...)
		if p.bullet {
			list = append(list, section)
			continue
		}
		flush()
		if p.quote {
			out = append(out, slack.NewRichTextBlock("", &slack.RichTextQuote{Type: slack.RTEQuote, Elements: section.Elements}))
			continue
		}
		out = append(out, slack.NewRichTextBlock("", section))
	}
	flush()
	return out
}

func (p para) elements() []slack.RichTextSectionElement {
	var out []slack.RichTextSectionElement
	for _, r := range p.runs {
		var style *slack.RichTextSectionTextStyle
		if r.bold {
			style = &slack.RichTextSectionTextStyle{Bold: true}
		}
		if r.url != "" {
			out = append(out, slack.NewRichTextSectionLinkElement(r.url, r.text, style))
			continue
		}
		out = append(out, slack.NewRichTextSectionTextElement(r.text, style))
	}
	return out
}
