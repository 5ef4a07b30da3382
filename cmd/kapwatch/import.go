package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
	"kapwatch/monitor/kap"
)

func (a *app) importCommand() *cobra.Command {
	return &cobra.Command{
		Use: "import FILE…", Short: "Record filings from files, without alerting anyone", Args: cobra.MinimumNArgs(1),
		Long: `import reads JSON arrays as KAP's byCriteria answers them, or JSON lines as export writes
them. Filings already recorded are left as they are, so a file can be imported twice.
Categories are computed, not taken from the file. "-" is standard input.`,
		Example: "  kapwatch import 2024-04.json\n  kapwatch export | kapwatch import --config other.yaml -",
		RunE: func(c *cobra.Command, files []string) error {
			cfg, _, err := ReadConfig(a.config, a.getenv)
			if err != nil {
				return err
			}
			l, err := a.ledger(c.Context(), cfg, true)
			if err != nil {
				return err
			}
			for _, name := range files {
				if err := a.importFile(c, l, name); err != nil {
					l.close() //nolint:errcheck // the first error is the one to tell
					return err
				}
			}
			return l.close()
		},
	}
}

func (a *app) importFile(c *cobra.Command, l *client, name string) error {
	in := a.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return &hinted{fmt.Errorf("import: %w", err), "name a readable file, or - for standard input", 0}
		}
		defer f.Close()
		in = f
	}
	body, feed := io.Pipe()
	var read, bad int
	fed := make(chan error, 1)
	go func() {
		w := bufio.NewWriterSize(feed, 64<<10)
		lines := json.NewEncoder(w)
		err := readFilings(in, func(f monitor.Filing) error { read++; return lines.Encode(f) }, func(b monitor.BadRow) {
			bad++
			fmt.Fprintf(a.stderr, "kapwatch: warning: %s: row %d is skipped: %s\n", name, b.Index, oneLine(b.Err))
		})
		// What stands before a fault is recorded all the same, so the body ends as if nothing followed.
		if ferr := w.Flush(); err == nil {
			err = ferr
		}
		feed.Close()
		fed <- err
	}()
	var done struct{ Read, Added int }
	err := l.do(c.Context(), http.MethodPost, "/import", nil, body, decode(&done))
	body.Close()
	if ferr := <-fed; ferr != nil && err == nil {
		err = fmt.Errorf("%w (before it: %d read, %d new)", ferr, done.Read, done.Added)
	}
	if err != nil {
		return &hinted{fmt.Errorf("import %s: %w", name, err), "what stands before the fault is recorded; mend the file and import it again", 0}
	}
	_, err = fmt.Fprintf(a.stderr, "kapwatch: %s: %d filings read, %d new, %d skipped\n", name, done.Read, done.Added, bad)
	return err
}

// readFilings reads a byCriteria array or JSON lines, whichever r holds.
func readFilings(r io.Reader, take func(monitor.Filing) error, skip func(monitor.BadRow)) error {
	b := bufio.NewReaderSize(r, 64<<10)
	for {
		c, err := b.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xEF || c == 0xBB || c == 0xBF {
			continue
		}
		if err := b.UnreadByte(); err != nil {
			return err
		}
		if c == '[' {
			return readArray(b, take, skip)
		}
		return readLines(b, take)
	}
}

func readArray(r io.Reader, take func(monitor.Filing) error, skip func(monitor.BadRow)) error {
	data, err := io.ReadAll(io.LimitReader(r, 1<<30))
	if err != nil {
		return err
	}
	l, err := kap.DecodeList(data)
	if err != nil {
		return err
	}
	for _, f := range l.Filings {
		f.Reader, f.Raw = "file", nil
		if err := take(f); err != nil {
			return err
		}
	}
	for _, b := range l.Bad {
		skip(b)
	}
	return nil
}

func readLines(r io.Reader, take func(monitor.Filing) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var v monitor.View
		err := json.Unmarshal(lines.Bytes(), &v)
		switch {
		case err == nil && v.Index <= 0:
			err = fmt.Errorf("index is missing")
		case err == nil && v.PublishedAt.IsZero():
			err = fmt.Errorf("published_at is missing")
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err := take(v.Filing()); err != nil {
			return err
		}
	}
	return lines.Err()
}
