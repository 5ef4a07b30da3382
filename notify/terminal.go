package notify

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"unicode/utf8"

	"kapwatch/monitor"
)

// terminalWidth is where lines are broken; the text is shown to people, so it does not follow the window.
const terminalWidth = 100

// writeTerminal shows m as Slack would, in one write. There is no ts on a terminal: "ok" stands for it.
func (n *Notifier) writeTerminal(m monitor.Message) monitor.Outcome {
	n.terminalMu.Lock()
	defer n.terminalMu.Unlock()
	if n.terminal == nil {
		return monitor.Outcome{Result: monitor.ResultParked, Err: errors.New("write alert: there is no terminal")}
	}
	_, err := io.WriteString(n.terminal, newCard(m, spaces[0]).terminal(n.color))
	switch {
	case errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe):
		return monitor.Outcome{
			Result: monitor.ResultParked,
			Err:    fmt.Errorf("write alert: %w: nobody reads the output any more, start kapwatch again", err),
		}
	case err != nil:
		return monitor.Outcome{Result: monitor.ResultLater, Err: fmt.Errorf("write alert: %w", err)}
	}
	return monitor.Outcome{Result: monitor.ResultSent, TS: "ok"}
}

// terminal shows c as text: the line that stands alone on top, the rest below it. Escape sequences are ours only,
// since scrubbed text has none.
func (c card) terminal(color bool) string {
	bold, dim, off := "", "", ""
	if color {
		bold, dim, off = "\x1b[1m", "\x1b[2m", "\x1b[0m"
	}
	var b strings.Builder
	mark := ""
	for _, m := range []string{markUrgent, markNormal} {
		if strings.HasPrefix(c.head, m) {
			mark = m
		}
	}
	b.WriteString(bold + mark + strings.ReplaceAll(c.line, "\n", "\n  ") + off + "\n")
	if c.head == "" {
		return b.String()
	}
	for _, p := range c.paras {
		first, rest, start, end := "  ", "  ", "", ""
		switch {
		case p.quote:
			first, rest, start, end = "  │ ", "  │ ", dim, off
		case p.bullet:
			first, rest = "  • ", "    "
		}
		for _, text := range p.lines() {
			for _, line := range wrap(text, terminalWidth-utf8.RuneCountInString(first)) {
				b.WriteString(first + start + line + end + "\n")
				first = rest
			}
		}
	}
	b.WriteString("\n")
	return b.String()
}

// lines is p as text, with a line for each of several links.
func (p para) lines() []string {
	out := []string{""}
	for i, r := range p.runs {
		last := &out[len(out)-1]
		switch {
		case r.url != "":
			*last += r.text + " " + r.url
		case r.text == dot && i+1 < len(p.runs) && p.runs[i+1].url != "":
			out = append(out, "")
		default:
			*last += r.text
		}
	}
	return out
}

// wrap breaks s between words so that lines have at most limit characters, where words allow.
func wrap(s string, limit int) (lines []string) {
	line, n := "", 0
	for word := range strings.FieldsSeq(s) {
		w := utf8.RuneCountInString(word)
		if n > 0 && n+1+w > limit {
			lines, line, n = append(lines, line), "", 0
		}
		if n > 0 {
			line, n = line+" ", n+1
		}
		line, n = line+word, n+w
	}
	return append(lines, line)
}
