package status_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/monitor/status"
)

func (w *world) control(t *testing.T) http.Handler { return w.server(t).Control(w.controls()) }

func (w *world) controls() status.Controls {
	return status.Controls{Import: w.ledger, Export: w.ledger, Backup: w.ledger, Verify: w.ledger}
}

// The socket asks for no token and takes any Host, but is no wider than that.
func TestControlServesEverythingPublic(t *testing.T) {
	w := newWorld(t)
	w.config.Token = "s3cret"
	h := w.control(t)
	for _, path := range paths {
		want := http.StatusOK
		if path == "/nothing" {
			want = http.StatusNotFound
		}
		wantStatus(t, ask(h, http.MethodGet, path, nil, "Host", "kapwatch"), want)
	}
	for path, allow := range map[string]string{"/import": "POST", "/backfill": "POST", "/reread": "POST", "/export": "GET, HEAD", "/filings": "GET, HEAD"} {
		res := ask(h, http.MethodDelete, path, nil)
		wantProblem(t, res, http.StatusMethodNotAllowed)
		if got := res.Header.Get("Allow"); got != allow {
			t.Errorf("%s: Allow = %q, want %q", path, got, allow)
		}
	}
	wantProblem(t, ask(h, http.MethodGet, "/import", nil), http.StatusMethodNotAllowed)
}

func TestPublicNeitherImportsNorExports(t *testing.T) {
	h := newWorld(t).server(t).Handler()
	wantProblem(t, ask(h, http.MethodGet, "/export", nil), http.StatusNotFound)
	wantProblem(t, ask(h, http.MethodPost, "/import", strings.NewReader("")), http.StatusMethodNotAllowed)
}

// What one daemon exports another imports, and a second time nothing is new.
func TestExportThenImport(t *testing.T) {
	from, to := newWorld(t), newWorld(t)
	to.ledger.records = nil
	res := ask(from.control(t), http.MethodGet, "/export?order=asc", nil)
	wantStatus(t, res, http.StatusOK)
	if got := res.Header.Get("Content-Type"); got != "application/jsonl; charset=utf-8" {
		t.Errorf("Content-Type = %q", got)
	}
	lines := text(t, res)
	for _, want := range []string{`{"read":3,"added":3}`, `{"read":3,"added":0}`} {
		res := ask(to.control(t), http.MethodPost, "/import", strings.NewReader(lines+"\n"))
		wantStatus(t, res, http.StatusOK)
		if got := strings.TrimSpace(text(t, res)); got != want {
			t.Errorf("import = %s, want %s", got, want)
		}
	}
	got := to.ledger.records[2].Filing
	if got.Index != 1277777 || !got.PublishedAt.Equal(at("18:05:33")) || got.Origin != monitor.Import || !got.English || got.Summary != aksen().Filing.Summary {
		t.Errorf("imported %+v", got)
	}
	if text(t, ask(to.control(t), http.MethodGet, "/export?order=asc&ticker=SYNTH", nil)) == "" {
		t.Error("nothing to export after the import")
	}
}

func TestImportBatches(t *testing.T) {
	w := newWorld(t)
	w.ledger.records = nil
	r, writer := io.Pipe()
	go func() {
		lines := json.NewEncoder(writer)
		for i := range 12003 {
			if err := lines.Encode(dividend(int64(i+1), at("10:00:00")).Filing); err != nil {
				return
			}
		}
		writer.Close()
	}()
	var sizes []int
	var last monitor.Filing
	in := importer(func(f []monitor.Filing) (int, error) {
		sizes, last = append(sizes, len(f)), f[len(f)-1]
		return len(f), nil
	})
	c := w.controls()
	c.Import = in
	res := ask(w.server(t).Control(c), http.MethodPost, "/import", r)
	wantStatus(t, res, http.StatusOK)
	if diff := cmp.Diff([]int{5000, 5000, 2003}, sizes); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
	want := dividend(12003, at("10:00:00")).Filing
	want.Origin, want.Reader = monitor.Import, "file"
	if diff := cmp.Diff(want, last); diff != "" {
		t.Errorf("filing (-want +got):\n%s", diff)
	}
}

type importer func([]monitor.Filing) (int, error)

func (f importer) Import(_ context.Context, filings []monitor.Filing) (int, error) { return f(filings) }

func TestImportNonsense(t *testing.T) {
	good := `{"index":5,"published_at":"2024-04-26T10:00:00+03:00"}`
	for _, test := range []struct{ name, body, parameter, detail string }{
		{"not json", good + "\n\nhello\n", "line 3", "the 1 filings before it are recorded, 1 of them new"},
		{"wrong type", `{"index":"5"}`, "line 1", "decode"},
		{"no index", `{"published_at":"2024-04-26T10:00:00+03:00"}`, "line 1", "index 0"},
		{"no time", `{"index":5}`, "line 1", "published_at"},
		{"array", `[` + good + `]`, "line 1", "decode"},
		{"endless line", good + "\n" + strings.Repeat(" ", 5<<20), "line 2", "too long"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			p := wantProblem(t, ask(w.control(t), http.MethodPost, "/import", strings.NewReader(test.body)), http.StatusBadRequest)
			if len(p.Errors) != 1 || p.Errors[0].Parameter != test.parameter || !strings.Contains(p.Detail, test.detail) {
				t.Errorf("problem = %+v, want one on %q with %q", p, test.parameter, test.detail)
			}
		})
	}
	t.Run("disk full", func(t *testing.T) {
		w := newWorld(t)
		w.ledger.err = fmt.Errorf("record: %w", monitor.ErrFull)
		wantProblem(t, ask(w.control(t), http.MethodPost, "/import", strings.NewReader(good)), http.StatusInsufficientStorage)
	})
	t.Run("ledger fails", func(t *testing.T) {
		w := newWorld(t)
		w.ledger.err = errors.New("x")
		wantProblem(t, ask(w.control(t), http.MethodPost, "/import", strings.NewReader(good)), http.StatusInternalServerError)
	})
}

func TestExportCSV(t *testing.T) {
	w := newWorld(t)
	evil := dividend(9, at("20:00:00"))
	evil.Filing.Subject, evil.Filing.Summary = `=HYPERLINK("http://evil.example","x")`, "a,\"b\"\nc"
	w.ledger.records = append(w.ledger.records, evil)
	res := ask(w.control(t), http.MethodGet, "/export?format=csv&since=2024-04-26T18:00:00%2B03:00&order=asc", nil)
	wantStatus(t, res, http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(text(t, res))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"index", "url", "published_at", "seen_at", "company", "tickers", "related", "class", "type", "subject", "summary", "categories", "qualifiers", "change", "late", "attachments", "languages", "alerts"},
		{"1277777", "https://www.kap.org.tr/tr/Bildirim/1277777", "2024-04-26T18:05:33+03:00", "2024-04-26T18:05:41+03:00", "AKSA ENERJİ ÜRETİM A.Ş.", "AKSEN", "", "ODA", "ODA", "Özel Durum Açıklaması (Genel)", "Kazakistan'da 500 MW santral için mutabakat zaptı", "mou investment", "non_binding", "new", "false", "0", "tr en", "energy:sent"},
		{"9", "https://www.kap.org.tr/tr/Bildirim/9", "2024-04-26T20:00:00+03:00", "2024-04-26T20:00:05+03:00", "SENTETİK SANAYİ A.Ş.", "SYNTH", "SYNTB", "DG", "CA", `'=HYPERLINK("http://evil.example","x")`, "a,\"b\"\nc", "dividend", "", "new", "false", "0", "tr", ""},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// What a command decides anew on is there with what was decided, and what is long and says nothing of it is not.
func TestExportRecords(t *testing.T) {
	w := newWorld(t)
	w.ledger.records = w.ledger.records[2:]
	w.ledger.records[0].Filing.Raw = []byte("{}")
	res := ask(w.control(t), http.MethodGet, "/export?format=record", nil)
	wantStatus(t, res, http.StatusOK)
	var got monitor.Record
	if err := json.Unmarshal([]byte(text(t, res)), &got); err != nil {
		t.Fatal(err)
	}
	want := aksen()
	want.Filing.Detail.Rows, want.Filing.Detail.Files = nil, nil
	want.Found = monitor.Record{}.Found
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	if len(w.ledger.records[0].Filing.Detail.Rows) == 0 || w.ledger.records[0].Filing.Raw == nil {
		t.Error("the ledger's own record was cut")
	}
}

func TestExportNonsense(t *testing.T) {
	w := newWorld(t)
	for query, parameter := range map[string]string{"format=xml": "format", "limit=3": "limit", "category=x": "category", "until=x": "until"} {
		p := wantProblem(t, ask(w.control(t), http.MethodGet, "/export?"+query, nil), http.StatusBadRequest)
		if p.Errors[0].Parameter != parameter {
			t.Errorf("%s: errors = %+v", query, p.Errors)
		}
	}
	w.ledger.err = errors.New("x")
	wantProblem(t, ask(w.control(t), http.MethodGet, "/export", nil), http.StatusInternalServerError)
}

// A failure on the way must not look like the end.
func TestExportBreaksOff(t *testing.T) {
	w := newWorld(t)
	out := exporter(func(do func(monitor.Record) error) error {
		for i := range int64(1000) {
			if err := do(dividend(i+1, at("10:00:00"))); err != nil {
				return err
			}
		}
		return errors.New("torn page")
	})
	defer func() {
		if e := recover(); e != http.ErrAbortHandler {
			t.Errorf("handler ended with %v, want the connection broken", e)
		}
	}()
	c := w.controls()
	c.Export = out
	ask(w.server(t).Control(c), http.MethodGet, "/export", nil)
}

type exporter func(func(monitor.Record) error) error

func (e exporter) Each(_ context.Context, _ monitor.Query, do func(monitor.Record) error) error {
	return e(do)
}

func TestBackup(t *testing.T) {
	w := newWorld(t)
	res := ask(w.control(t), http.MethodGet, "/backup", nil)
	wantStatus(t, res, http.StatusOK)
	if got := text(t, res); got != copied {
		t.Errorf("backup = %q, want %q", got, copied)
	}
	w.ledger.err = errors.New("x")
	defer func() {
		if e := recover(); e != http.ErrAbortHandler {
			t.Errorf("handler ended with %v, want the connection broken", e)
		}
	}()
	ask(w.control(t), http.MethodGet, "/backup", nil)
}

func TestVerify(t *testing.T) {
	w := newWorld(t)
	res := ask(w.control(t), http.MethodGet, "/verify", nil)
	wantStatus(t, res, http.StatusOK)
	if got := text(t, res); !strings.HasPrefix(got, `{"filings":3,`) || !strings.Contains(got, `"faults":[]`) {
		t.Errorf("verify = %s", got)
	}
	w.ledger.faults, w.ledger.err = []string{"filing 5: checksum"}, errors.New("damaged")
	res = ask(w.control(t), http.MethodGet, "/verify", nil)
	wantStatus(t, res, http.StatusOK)
	if got := text(t, res); !strings.Contains(got, `"faults":["filing 5: checksum"]`) {
		t.Errorf("verify = %s", got)
	}
	w.ledger.faults = nil
	wantProblem(t, ask(w.control(t), http.MethodGet, "/verify", nil), http.StatusInternalServerError)
}

type backfiller func(w monitor.Window, again bool, tell func(monitor.HistoryDay) error) error

func (b backfiller) Backfill(_ context.Context, w monitor.Window, again bool, tell func(monitor.HistoryDay) error) error {
	return b(w, again, tell)
}

func TestBackfillStreams(t *testing.T) {
	w := newWorld(t)
	c := w.controls()
	c.Backfill = backfiller(func(asked monitor.Window, again bool, tell func(monitor.HistoryDay) error) error {
		if got := asked.From.Format("01-02") + " " + asked.To.Format("01-02"); got != "04-01 04-02" || !again {
			t.Errorf("asked for %s, again %v", got, again)
		}
		return errors.Join(tell(monitor.HistoryDay{Day: "2024-04-01", State: monitor.DayRead, Listed: 3, Recorded: 2, Done: 1, Of: 2}), errors.New("no more"))
	})
	h := w.server(t).Control(c)
	res := ask(h, http.MethodPost, "/backfill?from=2024-04-01&to=2024-04-02&again=true", nil)
	wantStatus(t, res, http.StatusOK)
	want := `{"day":"2024-04-01","state":"read","listed":3,"recorded":2,"unreadable":0,"done":1,"of":2}
{"end":true,"error":"no more"}
`
	if diff := cmp.Diff(want, text(t, res)); diff != "" {
		t.Errorf("stream (-want +got):\n%s", diff)
	}
	for query, parameter := range map[string]string{
		"to=2024-04-02": "from", "from=x&to=2024-04-02": "from", "from=2024-04-02&to=2024-04-01": "to",
		"from=2024-04-02&to=2999-04-01": "to", "from=2024-04-01&to=2024-04-02&again=perhaps": "again",
	} {
		p := wantProblem(t, ask(h, http.MethodPost, "/backfill?"+query, nil), http.StatusBadRequest)
		if len(p.Errors) != 1 || p.Errors[0].Parameter != parameter {
			t.Errorf("%s: errors = %+v", query, p.Errors)
		}
	}
}

type rereader func() (monitor.Rereading, error)

func (f rereader) Reread(context.Context) (monitor.Rereading, error) { return f() }

func TestReread(t *testing.T) {
	w := newWorld(t)
	c := w.controls()
	var err error
	c.Reread = rereader(func() (monitor.Rereading, error) { return monitor.Rereading{Answers: 2, Read: 1, Added: 3}, err })
	h := w.server(t).Control(c)
	res := ask(h, http.MethodPost, "/reread", nil)
	wantStatus(t, res, http.StatusOK)
	want := `{"answers":2,"answers_read":1,"rows":0,"rows_read":0,"listed":0,"added":3,"alerts":0,"details":0,"still":[]}` + "\n"
	if diff := cmp.Diff(want, text(t, res)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	err = errors.New("x")
	wantProblem(t, ask(h, http.MethodPost, "/reread", nil), http.StatusInternalServerError)
}

// Whatever a title says, it is one cell that no spreadsheet runs, in one row; JSON lines carry it as it is.
func TestExportIsInert(t *testing.T) {
	w := newWorld(t)
	w.ledger.records = nil
	titles := kapsim.Hostile()
	for i, evil := range titles {
		r := dividend(int64(i+1), at("20:00:00"))
		r.Filing.Subject, r.Filing.Company = evil, evil
		w.ledger.records = append(w.ledger.records, r)
	}
	h := w.control(t)
	rows, err := csv.NewReader(strings.NewReader(text(t, ask(h, http.MethodGet, "/export?format=csv&order=asc", nil)))).ReadAll()
	if err != nil || len(rows) != len(titles)+1 {
		t.Fatalf("%d rows, %v, want %d", len(rows), err, len(titles)+1)
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a spreadsheet runs %q", cell)
			}
		}
	}
	lines := strings.Split(strings.TrimSuffix(text(t, ask(h, http.MethodGet, "/export?order=asc", nil)), "\n"), "\n")
	for i, line := range lines {
		var v monitor.View
		if err := json.Unmarshal([]byte(line), &v); err != nil || v.Subject != titles[i] && utf8.ValidString(titles[i]) {
			t.Errorf("line %d is %q, %v, want %q", i, v.Subject, err, titles[i])
		}
	}
}
