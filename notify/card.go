package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kapwatch/monitor"
)

// card is what a message says, before it becomes Slack blocks, plain text or lines on a terminal. All of its text is
// scrubbed and cut already; none of it is escaped.
type card struct {
	line  string // stands alone in a phone's notification
	head  string // the title; "" for a note
	paras []para
}

// para is a paragraph. A quoted one holds KAP's or the filer's own words; a bullet is one line of a list.
type para struct {
	quote, bullet bool
	runs          []run
}

// run is a stretch of text. One with a URL is a link, and its text and URL are ours.
type run struct {
	text, url string
	bold      bool
}

// space is how much room a card may take, in units of fit.
type space struct {
	name, words, extras int // of a name or subject, of a text of the filing, of additional marks
	rows                int // lines of a digest
}

// spaces are tried from the roomiest on until the message keeps every limit. The last fits whatever a filing holds.
var spaces = []space{
	{name: 120, words: 600, extras: 8, rows: 60},
	{name: 80, words: 350, extras: 6, rows: 40},
	{name: 60, words: 120, extras: 3, rows: 25},
	{name: 24, words: 30, extras: 1, rows: 20},
}

// dot stands between the parts of a line.
const dot = " · "

// Severity marks: filled for what the rules call urgent. They say nothing of good or bad.
const (
	markUrgent = "◆ "
	markNormal = "◇ "
)

// newCard lays out m in s.
func newCard(m monitor.Message, s space) card {
	b := builder{words: wordsOf(m.Route.Language), space: s}
	switch {
	case len(m.Items) == 0:
		return b.note(m)
	case len(m.Items) == 1:
		return b.alert(m, m.Items[0])
	}
	return b.digest(m)
}

type builder struct {
	words
	space
}

// note is text of our own to operators: shown as it is.
func (b builder) note(m monitor.Message) card {
	text := lines(m.Note)
	if text == "" {
		text = "kapwatch"
	}
	text = fit(text, 4*b.space.words)
	c := card{line: text, paras: []para{{runs: []run{{text: text}}}}}
	if marks := b.marks(m); len(marks) > 0 {
		c.line = strings.Join(append(marks, c.line), dot)
		c.paras = append(c.paras, para{runs: []run{{text: strings.Join(marks, dot), bold: true}}})
	}
	return c
}

// marks are those of the message itself.
func (b builder) marks(m monitor.Message) (marks []string) {
	if m.Sample {
		marks = append(marks, b.sample)
	}
	if m.MayRepeat {
		marks = append(marks, b.repeat)
	}
	return marks
}

func (b builder) alert(m monitor.Message, it monitor.Item) card {
	f := &it.Filing
	var c card
	c.line = b.brief(it, 3)
	title := []string{b.who(f), b.change(f.Change()), b.what(it)}
	if m.Sample {
		c.line = b.sample + dot + c.line
		title = slices.Insert(title, 0, b.sample)
	}
	if m.MayRepeat {
		c.line += dot + b.repeat
	}
	for i, other := range it.Categories {
		if i > 0 && i < 3 {
			title = append(title, fit(scrub(other), 30))
		}
	}
	mark := markNormal
	if it.Found.Urgent {
		mark = markUrgent
	}
	c.head = fit(mark+join(title), maxHead)

	c.add(b.filer(f)...)
	for _, text := range b.texts(f) {
		c.paras = append(c.paras, para{quote: true, runs: []run{{text: text}}})
	}
	if b.lang == "en" && (f.Detail == nil || b.english(f.Detail) == "") {
		if f.English && f.Detail == nil {
			c.add(run{text: b.englishThere})
		} else {
			c.add(run{text: b.noEnglish})
		}
	}
	if facts := b.cited(it, b.extras, nil); len(facts) > 0 {
		c.add(run{text: b.facts}, run{text: join(facts), bold: true})
	}
	c.paras = append(c.paras, b.changed(it)...)
	if when := b.when(f); when != "" {
		c.add(run{text: when})
	}
	c.add(b.states(m, it)...)
	c.add(b.links(f)...)
	return c
}

// digest has one line with a link for each filing, oldest first.
func (b builder) digest(m monitor.Message) card {
	items := slices.Clone(m.Items)
	slices.SortStableFunc(items, func(x, y monitor.Item) int {
		return cmp.Or(x.Filing.PublishedAt.Compare(y.Filing.PublishedAt), cmp.Compare(x.Filing.Index, y.Filing.Index))
	})
	var who []string
	mark := markNormal
	for _, it := range items {
		if w := b.who(&it.Filing); !slices.Contains(who, w) {
			who = append(who, w)
		}
		if it.Found.Urgent {
			mark = markUrgent
		}
	}
	title := fmt.Sprintf("%d %s · %s", len(items), b.filings, fit(scrub(m.Route.Name), 40))
	marks := b.marks(m)
	c := card{line: join(append(slices.Clone(marks), title, short(who, 6))), head: mark + title}
	oneDay := day(items[0]) == day(items[len(items)-1])
	for i, it := range items {
		if i == b.rows {
			c.add(run{text: fmt.Sprintf("+%d %s", len(items)-i, b.more), bold: true})
			break
		}
		text := fit(b.brief(it, 2), b.name)
		if !oneDay {
			text = day(it) + " " + text
		}
		c.paras = append(c.paras, para{bullet: true, runs: []run{
			{text: text + dot}, {text: "KAP " + strconv.FormatInt(it.Filing.Index, 10), url: b.page(&it.Filing)},
		}})
	}
	if len(marks) > 0 {
		c.add(run{text: join(marks), bold: true})
	}
	return c
}

func day(it monitor.Item) string { return it.Filing.PublishedAt.In(monitor.Istanbul).Format("02.01.") }

func (c *card) add(runs ...run) {
	if len(runs) > 0 {
		c.paras = append(c.paras, para{runs: runs})
	}
}

// separate puts dots between runs.
func separate(runs []run) (out []run) {
	for i, r := range runs {
		if i > 0 {
			out = append(out, run{text: dot})
		}
		out = append(out, r)
	}
	return out
}

// join puts dots between those parts that are not empty.
func join(parts []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(s string) bool { return s == "" }), dot)
}

// short lists the first limit of names and counts the others.
func short(names []string, limit int) string {
	if len(names) <= limit {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:limit], ", ") + " +" + strconv.Itoa(len(names)-limit)
}
