package kapsim

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"kapwatch/monitor"
)

// Filing is one filing of the archive. Its fields go on the wire as they are, blanks and all; SeenAt, Reader,
// Partial, Origin and Raw are ignored. Class DUY is listed as DKB, as the site does. Where Detail is nil the site
// has a detail without text.
type Filing struct {
	monitor.Filing
	VisibleAt time.Time // listed no earlier than this; zero = from PublishedAt on
	DetailAt  time.Time // until then the detail is an empty array; zero = from the start
	EditedAt  time.Time // from then on Edited is shown in its place; zero = never
	Edited    *Filing   // the same filing, changed under its index
}

// Archive is what a Server plays, in any order. Each index counts once; the last one wins.
type Archive []Filing

// visible reports whether the site shows f at now.
func (f *Filing) visible(now time.Time) bool {
	return !f.PublishedAt.After(now) && !f.VisibleAt.After(now)
}

// version is what the site shows of f at now.
func (f *Filing) version(now time.Time) *Filing {
	if f.Edited != nil && !f.EditedAt.IsZero() && !f.EditedAt.After(now) {
		return f.Edited
	}
	return f
}

// line is a Filing in the compact form that ReadArchive reads.
type line struct {
	Index      int64       `json:"index"`
	At         string      `json:"at"` // 2024-04-26 18:05:33, Istanbul
	Visible    string      `json:"visible"`
	DetailAt   string      `json:"detail_at"`
	Company    string      `json:"company"`
	Tickers    string      `json:"tickers"` // comma list
	Related    string      `json:"related"` // comma list
	Fund       string      `json:"fund"`
	Kind       string      `json:"kind"` // class/type/group, default ODA/ODA/ODA
	Subject    string      `json:"subject"`
	Summary    string      `json:"summary"`
	Year       int         `json:"year"`
	Period     int         `json:"period"`
	Rule       string      `json:"rule"`
	Late       bool        `json:"late"`
	English    bool        `json:"english"`
	Modify     string      `json:"modify"`
	Body       string      `json:"body"`
	BodyEN     string      `json:"body_en"`
	Update     bool        `json:"update"`
	Correction bool        `json:"correction"`
	Delayed    bool        `json:"delayed"`
	Earlier    []string    `json:"earlier"` // ISO dates
	Rows       [][2]string `json:"rows"`    // label, value
	Files      []string    `json:"files"`   // names
	Corrects   int64       `json:"corrects"`
}

// ReadArchive reads an archive of JSON lines, one filing each:
//
//	{"index":1277777,"at":"2024-04-26 18:05:33","company":"SYNTH A.Ş.","tickers":"SYNTH","subject":"…","summary":"…"}
//
// Times are Istanbul wall time. Further keys: visible, detail_at, related, fund, kind ("DUY/DUY/"; class, type and
// group, default ODA/ODA/ODA), year, period, rule, late, english, modify, body, body_en, update, correction,
// delayed, earlier (ISO dates), rows ([label, value] pairs), files (names) and corrects (an index). Empty lines and
// lines that begin with # are skipped; an unknown key is an error.
func ReadArchive(data []byte) (Archive, error) {
	var a Archive
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		text := bytes.TrimSpace(sc.Bytes())
		if len(text) == 0 || text[0] == '#' {
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		var l line
		if err := dec.Decode(&l); err != nil {
			return nil, fmt.Errorf("read archive line %d: %w", n, err)
		}
		f, err := l.filing()
		if err != nil {
			return nil, fmt.Errorf("read archive line %d: %w", n, err)
		}
		a = append(a, f)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	return a, nil
}

func (l *line) filing() (Filing, error) {
	var f Filing
	if l.Index <= 0 {
		return f, fmt.Errorf("index %d: want a positive number", l.Index)
	}
	for _, t := range []struct {
		text string
		to   *time.Time
		must bool
	}{{l.At, &f.PublishedAt, true}, {l.Visible, &f.VisibleAt, false}, {l.DetailAt, &f.DetailAt, false}} {
		if t.text == "" && !t.must {
			continue
		}
		var err error
		if *t.to, err = time.ParseInLocation(time.DateTime, t.text, monitor.Istanbul); err != nil {
			return f, fmt.Errorf("time %q: want 2024-04-26 18:05:33", t.text)
		}
	}
	kind := strings.Split(l.Kind, "/")
	if l.Kind == "" {
		kind = []string{"ODA", "ODA", "ODA"}
	}
	if len(kind) != 3 {
		return f, fmt.Errorf("kind %q: want class/type/group", l.Kind)
	}
	if l.Rule == "" {
		l.Rule = "-"
	}
	f.Index, f.Company, f.FundCode = l.Index, l.Company, l.Fund
	f.Tickers, f.Related = monitor.Codes(l.Tickers), monitor.Codes(l.Related)
	f.Class, f.Type, f.Group = kind[0], kind[1], kind[2]
	f.Subject, f.Summary, f.Modify = l.Subject, l.Summary, l.Modify
	f.Year, f.Period, f.RuleType = l.Year, l.Period, l.Rule
	f.Late, f.English, f.Attachments = l.Late, l.English, len(l.Files)
	d := &monitor.Detail{
		Body: l.Body, BodyEN: l.BodyEN, Update: l.Update, Correction: l.Correction, Delayed: l.Delayed,
		EarlierDates: l.Earlier, RelatedIndex: l.Corrects, Related: f.Related, ID: hex32("disclosure", l.Index),
	}
	for _, r := range l.Rows {
		d.Rows = append(d.Rows, monitor.Row{Label: r[0], Value: r[1]})
	}
	for i, name := range l.Files {
		d.Files = append(d.Files, attachment(l.Index, i, name))
	}
	f.Detail = d
	return f, nil
}
