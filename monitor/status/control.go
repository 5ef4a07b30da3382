package status

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kapwatch/monitor"
)

// Importer records filings that were not polled. Those already known are left as they are, so that an import that
// broke off can simply be sent again.
type Importer interface {
	Import(ctx context.Context, filings []monitor.Filing) (added int, err error)
}

// Exporter visits every filing that q selects, in its order, holding no more than a few at a time. q.Limit and
// q.After do not count. It stops at the first error of do and returns it.
type Exporter interface {
	Each(ctx context.Context, q monitor.Query, do func(monitor.Record) error) error
}

const (
	importBatch = 5000    // filings of one Import: one transaction, so a million are not a million commits
	maxLine     = 4 << 20 // bytes of one imported line
)

// importing reads JSON lines, each a monitor.Filing (all that a reader of the list knows) or a monitor.View (what
// /export and /filings give), and records them batch by batch. What was recorded before a line at fault stays.
func (s *Server) importing(w http.ResponseWriter, r *http.Request, in Importer) {
	p := readParams(r)
	if len(p.faults) > 0 {
		answer(w, r, badParameters(p.faults))
		return
	}
	lines := bufio.NewScanner(&patient{conn: http.NewResponseController(w), r: r.Body})
	lines.Buffer(nil, maxLine)
	var (
		batch             []monitor.Filing
		line, read, added int
	)
	flush := func() bool {
		n, err := in.Import(r.Context(), batch)
		added += n
		batch = batch[:0]
		if err != nil {
			s.cfg.Log.Error("import failed", "err", err)
			code := http.StatusInternalServerError
			if errors.Is(err, monitor.ErrFull) {
				code = http.StatusInsufficientStorage
			}
			answer(w, r, problem{Kind: "import", Title: "Import failed", Status: code, Detail: err.Error()})
		}
		return err == nil
	}
	bad := func(err error) {
		if len(batch) > 0 && !flush() {
			return
		}
		answer(w, r, problem{
			Kind: "import", Title: "Unreadable line", Status: http.StatusBadRequest,
			Detail: fmt.Sprintf("line %d: %v; the %d filings before it are recorded, %d of them new", line, err, read, added),
			Errors: []fault{{"line " + strconv.Itoa(line), err.Error()}},
		})
	}
	for lines.Scan() {
		line++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		f, err := parseLine(lines.Bytes())
		if err != nil {
			bad(err)
			return
		}
		read++
		if batch = append(batch, f); len(batch) == importBatch && !flush() {
			return
		}
	}
	if err := lines.Err(); err != nil {
		line++
		bad(fmt.Errorf("read: %w", err))
		return
	}
	if len(batch) > 0 && !flush() {
		return
	}
	var body bytes.Buffer
	encode(&body, struct {
		Read  int `json:"read"`
		Added int `json:"added"`
	}{read, added})
	send(w, r, http.StatusOK, "application/json", body.Bytes())
}

// parseLine tells the two shapes apart by the one key that both need and spell differently: PublishedAt and
// published_at.
func parseLine(b []byte) (monitor.Filing, error) {
	var f monitor.Filing
	err := json.Unmarshal(b, &f)
	if err == nil && f.PublishedAt.IsZero() {
		var v monitor.View
		err = json.Unmarshal(b, &v)
		f = v.Filing()
	}
	switch {
	case err != nil:
		return f, fmt.Errorf("decode: %w", err)
	case f.Index <= 0:
		return f, fmt.Errorf("index %d is not the number of a filing", f.Index)
	case f.PublishedAt.IsZero():
		return f, errors.New("published_at is missing")
	}
	f.Class, f.Origin, f.Reader = monitor.CanonicalClass(f.Class), monitor.Import, "file"
	return f, nil
}

// export streams every filing that the filters select, as JSON lines or CSV, or as records for a command that
// decides anew. A failure on the way breaks the connection, so that nobody takes half of it for all.
func (s *Server) export(w http.ResponseWriter, r *http.Request, out Exporter) {
	p := readParams(r, append(filters[:], "format")...)
	q, err := s.query(p)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	format := p.oneOf("format", []string{"jsonl", "csv", "record"})
	if len(p.faults) > 0 {
		answer(w, r, badParameters(p.faults))
		return
	}
	if format == "csv" {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	} else {
		w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	}
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	sink := &patient{conn: http.NewResponseController(w), w: w}
	if err = stream(r.Context(), sink, q, format, out); err == nil {
		return
	}
	if sink.written == 0 {
		s.fail(w, r, fmt.Errorf("export: %w", err))
		return
	}
	s.cfg.Log.Warn("export broken off", "err", err)
	panic(http.ErrAbortHandler)
}

func stream(ctx context.Context, w io.Writer, q monitor.Query, format string, out Exporter) error {
	b := bufio.NewWriterSize(w, 64<<10)
	if format == "csv" {
		table := csv.NewWriter(b)
		if err := table.Write(columns[:]); err != nil {
			return err
		}
		err := out.Each(ctx, q, func(r monitor.Record) error { return table.Write(row(monitor.NewView(r))) })
		if err != nil {
			return err
		}
		table.Flush()
		return errors.Join(table.Error(), b.Flush())
	}
	var line []byte
	write := func(r monitor.Record) error {
		v := monitor.NewView(r)
		line = append(v.AppendJSON(line[:0]), '\n')
		_, err := b.Write(line)
		return err
	}
	if format == "record" {
		lines := json.NewEncoder(b)
		lines.SetEscapeHTML(false)
		write = func(r monitor.Record) error { return lines.Encode(decidedOn(r)) }
	}
	if err := out.Each(ctx, q, write); err != nil {
		return err
	}
	return b.Flush()
}

// decidedOn is r with what routes decide on and have decided, and without what is long and says nothing of that: the
// rows of a report, what earlier rules found.
func decidedOn(r monitor.Record) monitor.Record {
	slim := monitor.Record{Filing: r.Filing, Decisions: r.Decisions, Alerts: r.Alerts, Sequence: r.Sequence}
	if r.Filing.Detail != nil {
		d := *r.Filing.Detail
		d.Rows, d.Files = nil, nil
		slim.Filing.Detail = &d
	}
	slim.Filing.Raw = nil
	return slim
}

var columns = [...]string{
	"index", "url", "published_at", "seen_at", "company", "tickers", "related", "class", "type", "subject", "summary",
	"categories", "qualifiers", "change", "late", "attachments", "languages", "alerts",
}

// row is v under columns; lists are joined by blanks, alerts read route:state.
func row(v monitor.View) []string {
	alerts := make([]string, len(v.Alerts))
	for i, a := range v.Alerts {
		alerts[i] = a.Route + ":" + string(a.State)
	}
	cells := []string{
		strconv.FormatInt(v.Index, 10), v.URL, v.PublishedAt.Format(time.RFC3339), v.SeenAt.Format(time.RFC3339),
		v.Company, strings.Join(v.Tickers, " "), strings.Join(v.Related, " "), v.Class, v.Type, v.Subject, v.Summary,
		strings.Join(v.Categories, " "), strings.Join(v.Qualifiers, " "), string(v.Change), strconv.FormatBool(v.Late),
		strconv.Itoa(v.Attachments), strings.Join(v.Languages, " "), strings.Join(alerts, " "),
	}
	for i, c := range cells {
		// A spreadsheet would run a title that begins like this as a formula; the apostrophe makes it text. JSON
		// lines carry it unchanged.
		if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
			cells[i] = "'" + c
		}
	}
	return cells
}

// patient moves a connection's deadlines on with every piece that goes through, so that a long import or export
// ends when the other side stalls, not when the clock of a short answer runs out.
type patient struct {
	conn    *http.ResponseController
	r       io.Reader
	w       io.Writer
	written int64
}

func (p *patient) Read(b []byte) (int, error) {
	// Where there are no deadlines to set, as in process, there are none to pass either.
	now := time.Now()
	_, _ = p.conn.SetReadDeadline(now.Add(writeTimeout)), p.conn.SetWriteDeadline(now.Add(2*writeTimeout))
	return p.r.Read(b)
}

func (p *patient) Write(b []byte) (int, error) {
	_ = p.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // as above
	n, err := p.w.Write(b)
	p.written += int64(n)
	return n, err
}
