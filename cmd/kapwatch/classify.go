package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
	"kapwatch/monitor/classify"
)

// maxLine bounds one line of JSON that a command reads.
const maxLine = 8 << 20

func (a *app) classifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "classify [TEXT]", Short: "Say what a text is about, with the evidence", Args: cobra.MaximumNArgs(1),
		Long: `classify applies the rules to TEXT, as if it were a filing's summary, or to JSON lines on
standard input with any of subject, summary, body, body_en, tickers and company. It prints one
JSON line for each, in the same order. Spans count characters of the field they name.`,
		Example: `  kapwatch classify "Bağlayıcı olmayan mutabakat zaptı imzalanması"
  echo '{"summary":"Pay geri alım işlemleri"}' | kapwatch classify`,
		RunE: func(_ *cobra.Command, args []string) error {
			c, _, err := ReadConfig(a.config, a.getenv)
			if err != nil {
				return err
			}
			rules, err := c.Classifier()
			if err != nil {
				return err
			}
			out := bufio.NewWriter(a.stdout)
			if len(args) == 1 {
				err = classifyOne(out, rules, classify.Text{Summary: args[0]})
			} else {
				err = classifyLines(out, rules, a.stdin)
			}
			if err != nil {
				out.Flush() //nolint:errcheck // the first error is the one to tell
				return err
			}
			return out.Flush()
		},
	}
}

func classifyOne(w io.Writer, rules *classify.Classifier, t classify.Text) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(monitor.NewClassView(rules.Classify(t), t))
}

func classifyLines(w io.Writer, rules *classify.Classifier, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\ufeff"))) // some editors begin a file with a mark
		if len(line) == 0 {
			continue
		}
		var in struct {
			Subject string   `json:"subject"`
			Summary string   `json:"summary"`
			Body    string   `json:"body"`
			BodyEN  string   `json:"body_en"`
			Tickers []string `json:"tickers"`
			Company string   `json:"company"`
		}
		err := json.Unmarshal(line, &in)
		if line[0] != '{' { // null would do, and what is said of a list names a type of Go
			err = fmt.Errorf("%.40q is no object", line)
		}
		if err != nil {
			return &hinted{fmt.Errorf("line %d: %w", n, err), `each line is an object such as {"subject":"…","summary":"…"}`, 0}
		}
		t := classify.Text{Subject: in.Subject, Summary: in.Summary, Body: in.Body, BodyEN: in.BodyEN, Tickers: in.Tickers, Company: in.Company}
		if err := classifyOne(w, rules, t); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read line %d: %w", n+1, err)
	}
	return nil
}
