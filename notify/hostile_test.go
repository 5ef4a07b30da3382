package notify_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"kapwatch/monitor"
	"kapwatch/monitor/classify"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
)

// poison puts s into everything of a message that comes from outside.
func poison(m monitor.Message, s string) monitor.Message {
	it := aksen()
	it.Filing.Company, it.Filing.Subject, it.Filing.Summary, it.Filing.FundCode = s, s, s, s
	it.Filing.Tickers, it.Filing.Related = []string{s, s + "2"}, []string{s + "3"}
	it.Filing.Detail = &monitor.Detail{
		Body: "a " + s, BodyEN: "b " + s, Summary: s, BlockedDescription: s, Files: []monitor.Attachment{{ID: s, Name: s}, aksen().Filing.Detail.Files[0]},
	}
	it.Filing.Detail.Files[1].Name = s
	it.Categories, it.Qualifiers = []string{s, s, s}, []string{s, s}
	it.Found.Facts = []classify.Fact{
		{Kind: "power", Text: s, Value: 1, Unit: s}, {Kind: "country", Text: s}, {Kind: "counterparty", Text: s + "4"}, {Kind: s, Text: s},
	}
	it.Changed = []monitor.Difference{{What: s, Before: s, After: s}, {What: "money", Before: s}, {What: s, After: s}}
	m.Items = []monitor.Item{it}
	m.Route.Name = s
	return m
}

// ours are the labels of links; nothing else may be one.
var (
	ours    = regexp.MustCompile(`^(KAP'ta aç|Open on KAP|PDF|(Ek|Attachment) \d+|Önceki bildirim|Earlier filing|KAP \d+)$`)
	ourLink = regexp.MustCompile(`<https://www\.kap\.org\.tr/[A-Za-z0-9/]+\|(?:KAP'ta aç|Open on KAP|PDF|Ek \d+|Attachment \d+|Önceki bildirim|Earlier filing|KAP \d+)>`)
	// What Slack would make something of in mrkdwn: markup, addresses, emoji.
	markup = regexp.MustCompile("[<>*_~`@]|://|&(?:[^agl]|$)|[^\\s.]\\.\\p{L}{2}|:[a-z+-]")
)

// harmless asserts that p keeps every limit of Slack's, and holds no mention, link or format but our own links.
func harmless(t *testing.T, p slacksim.Post) {
	t.Helper()
	if p.Error != "" {
		t.Errorf("refused: %s: %.500s", p.Error, p.Blocks)
	}
	if n := utf8.RuneCountInString(p.Text); n == 0 || n > 3900 {
		t.Errorf("text of %d characters", n)
	}
	if len(p.Blocks) > 10_000 {
		t.Errorf("blocks of %d bytes", len(p.Blocks))
	}
	if found := markup.FindString(ourLink.ReplaceAllString(p.Text, "")); found != "" {
		t.Errorf("text has %q: %.500q", found, p.Text)
	}
	shown(t, p.Text)
	if p.Blocks == nil {
		return
	}
	var blocks []any
	if err := json.Unmarshal(p.Blocks, &blocks); err != nil {
		t.Fatal(err)
	}
	walk(t, blocks)
}

func walk(t *testing.T, v any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			walk(t, x)
		}
	case map[string]any:
		switch v["type"] {
		case "header", "rich_text", "rich_text_section", "rich_text_list", "rich_text_quote", "plain_text", "text":
			if v["url"] != nil || v["emoji"] == true {
				t.Errorf("%v has a link or emoji", v)
			}
		case "link":
			url, label := v["url"].(string), v["text"].(string)
			if !strings.HasPrefix(url, "https://www.kap.org.tr/") || !ours.MatchString(label) {
				t.Errorf("link %q to %q is not ours", label, url)
			}
		case nil: // a style
		default:
			t.Errorf("an element of type %v", v["type"])
		}
		for _, x := range v {
			walk(t, x)
		}
	case string:
		shown(t, v)
	}
}

// shown asserts that s has only what can be seen.
func shown(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("not UTF-8: %.200q", s)
	}
	for _, r := range s {
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Bidi_Control)) {
			t.Errorf("%U in %.200q", r, s)
			return
		}
	}
}

func TestHostile(t *testing.T) {
	titles := kapsim.Hostile()
	if len(titles) < 200 {
		t.Errorf("only %d titles", len(titles))
	}
	w := newWorld(t)
	for _, s := range titles {
		for _, language := range []monitor.Language{monitor.Turkish, monitor.English} {
			m := poison(message(), s)
			m.Route.Language = language
			digest := m
			digest.Items = append(append(digest.Items, aksen()), m.Items...)
			note := monitor.Message{ID: "note", Route: m.Route, Note: s + "\n" + s}
			for _, m := range []monitor.Message{m, digest, note} {
				before := len(w.slack.Posts())
				w.notify(m)
				harmless(t, w.slack.Posts()[before])
				w.screen.Reset()
				m.Route.To = monitor.Target{Terminal: true}
				w.notify(m)
				shown(t, w.screen.String())
			}
			if t.Failed() {
				t.Fatalf("with %.200q", s)
			}
		}
	}
}

// The plain text that is sent when Slack refuses the blocks is no door either.
func TestHostilePlainText(t *testing.T) {
	for _, s := range kapsim.Hostile() {
		for _, m := range []monitor.Message{poison(message(), s), {ID: "note", Route: to(slackTarget), Note: s}} {
			text := show(t, m)[3]
			harmless(t, slacksim.Post{Text: strings.TrimSuffix(string(text.Data), "\n")})
			if t.Failed() {
				t.Fatalf("with %.200q: %s", s, text.Data)
			}
		}
	}
}

// However many filings a digest has, each has its line and link, or the message says how many have not.
func TestDigestOfAnySize(t *testing.T) {
	for _, n := range []int{2, 20, 45, 60, 500} {
		for _, s := range []string{"SYNTH", strings.Repeat("<", 300)} {
			w := newWorld(t)
			m := message()
			m.Items = nil
			for i := range n {
				it := poison(m, s).Items[0]
				it.Filing.Index = int64(1_000_000 + n - i)
				m.Items = append(m.Items, it)
			}
			w.notify(m)
			p := w.slack.Posts()[0]
			harmless(t, p)
			links := strings.Count(string(p.Blocks), "/Bildirim/")
			more := fmt.Sprintf("+%d bildirim daha", n-links)
			if n <= 20 && links != n || links < n && !strings.Contains(string(p.Blocks), more) {
				t.Errorf("%d filings: %d links, %q missing in %s", n, links, more, p.Blocks)
			}
		}
	}
}

func FuzzRender(f *testing.F) {
	for i, s := range kapsim.Hostile() {
		f.Add(s, s, s, uint8(i), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, title, label, body string, n uint8, english bool) {
		w := newWorld(t)
		m := poison(message(), title)
		if english {
			m.Route.Language = monitor.English
		}
		m.MayRepeat, m.Sample = n&1 == 1, n&2 == 2
		it := &m.Items[0]
		it.Categories, it.Filing.Detail.Body, it.Filing.Detail.BodyEN = []string{label}, body, body
		it.Found.Facts = append(it.Found.Facts, classify.Fact{Kind: "power", Text: label, Span: classify.Span{Field: classify.BodyEN}})
		for i := range n % 30 {
			other := *it
			other.Filing.Index += int64(i)
			m.Items = append(m.Items, other)
		}
		w.notify(m)
		harmless(t, w.slack.Posts()[0])
		w.notify(monitor.Message{ID: "note", Route: m.Route, Note: body})
		posts := w.slack.Posts()
		harmless(t, posts[len(posts)-1])
	})
}
