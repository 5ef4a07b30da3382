package kap_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"kapwatch/monitor"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each archive is one filing's detail: answer.json without its bodies, the bodies as body-1.html and so on, and what
// must come of them. Line breaks between tags are the archive's, for people to read; KAP sends none.
func TestDetailGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/detail/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var answer map[string]any
			bodies := []string{}
			want := []byte(nil)
			for _, f := range a.Files {
				switch {
				case f.Name == "answer.json":
					if err := json.Unmarshal(f.Data, &answer); err != nil {
						t.Fatal(err)
					}
				case strings.HasPrefix(f.Name, "body-"):
					bodies = append(bodies, strings.ReplaceAll(string(f.Data), ">\n", ">"))
				case f.Name == "want.json":
					want = f.Data
				}
			}
			answer["disclosureBody"] = bodies
			wire, err := json.Marshal([]any{answer})
			if err != nil {
				t.Fatal(err)
			}
			d, err := client(t, serving(string(wire))).Detail(t.Context(), 1700019)
			if err != nil {
				t.Fatal(err)
			}
			if !d.FetchedAt.Equal(day(23).Add(12 * time.Hour)) {
				t.Errorf("fetched at %v", d.FetchedAt)
			}
			d.FetchedAt = time.Time{}
			var got bytes.Buffer
			enc := json.NewEncoder(&got)
			enc.SetIndent("", " ")
			enc.SetEscapeHTML(false)
			if err := enc.Encode(d); err != nil {
				t.Fatal(err)
			}
			if *update {
				a.Files[len(a.Files)-1] = txtar.File{Name: "want.json", Data: got.Bytes()}
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func answer(index int64, more string) string {
	return fmt.Sprintf(`[{"disclosure":{"disclosureBasic":{"disclosureIndex":%d},"disclosureDetail":{}}%s}]`, index, more)
}

func TestDetailOutcomes(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"no text, only a file", answer(5, `,"disclosureBody":[],"attachments":[]`), "ok"},
		{"null body", answer(5, `,"disclosureBody":null`), "ok"},
		{"empty array", `[]`, "not yet"},
		{"two elements", `[{},{}]`, "drift: the array has 2 elements, not one"},
		{"empty element", `[{}]`, `drift: key "disclosureIndex" is missing`},
		{"body gone", answer(5, ""), `drift: key "disclosureBody" is missing`},
		{"body retyped", answer(5, `,"disclosureBody":"<p>"`), `drift: key "disclosureBody" is not an array of strings: "<p>"`},
		{"another filing", answer(6, `,"disclosureBody":[]`), "drift: asked for filing 5, answered with 6"},
		{"index retyped", `[{"disclosure":{"disclosureBasic":{"disclosureIndex":"5"}},"disclosureBody":[]}]`, `drift: key "disclosure.disclosureBasic.disclosureIndex" is a string, not a int64`},
		{"another encoding", answer(5, `,"disclosureBody":["<p>`+strings.Repeat("\xfeirket ", 20)+`</p>"]`), "drift: the answer is not UTF-8"},
		{"one spoilt letter", answer(5, `,"disclosureBody":["<p>`+"\xfeirket"+`</p>"]`), "ok"},
		{"element bomb", answer(5, `,"disclosureBody":["`+strings.Repeat("<p>", 700_000)+`"]`), "drift: body 1: too many elements for a filing"},
		{"nesting bomb", answer(5, `,"disclosureBody":["`+strings.Repeat("<div>", 20_000)+`"]`), "drift: body 1: html: open stack of elements exceeds 512 nodes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := client(t, serving(tt.body)).Detail(t.Context(), 5)
			if got := outcome(err); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// A filing that no list shows readably is read by its index: its row stands in the detail with the page's keys.
func TestFilingByIndex(t *testing.T) {
	row := `"disclosureIndex":5,"publishDate":"2026.11.23 10:46:06","companyTitle":"SYNTH SENTETİK SANAYİ A.Ş.","title":"Genel Kurul",` +
		`"disclosureClass":"DKB","disclosureType":"ODA","stockCode":"SYNTH","relatedStocks":"SYNTA, SYNTB","hasMultiLanguageSupport":"Y","attachmentCount":2`
	look := func(row string) (monitor.Filing, error) {
		body := `[{"disclosure":{"disclosureBasic":{` + row + `},"disclosureDetail":{"relatedDisclosureIndex":3}},"disclosureBody":["<p>Metin</p>"]}]`
		return client(t, serving(body)).Filing(t.Context(), 5)
	}
	f, err := look(row)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 11, 23, 10, 46, 6, 0, monitor.Istanbul); f.Index != 5 || !f.PublishedAt.Equal(want) ||
		f.Company != "SYNTH SENTETİK SANAYİ A.Ş." || f.Subject != "Genel Kurul" || f.Class != "DUY" || len(f.Related) != 2 ||
		f.Attachments != 2 || !f.English || !f.Partial || f.Reader != monitor.DetailReader || f.Detail.RelatedIndex != 3 {
		t.Errorf("Filing = %+v", f)
	}
	if _, err := look(strings.Replace(row, `"title":"Genel Kurul"`, `"title":null`, 1)); err == nil || !strings.Contains(err.Error(), `key "title" is null`) {
		t.Errorf("a row that cannot be read: %v", err)
	}
	_, err = client(t, serving(answer(6, `,"disclosureBody":[]`))).Filing(t.Context(), 5)
	if drift, ok := errors.AsType[*monitor.DriftError](err); !ok || drift.Seen != 6 {
		t.Errorf("an answer about another filing: %v", err)
	}
	if _, err = client(t, serving(`[]`)).Filing(t.Context(), 5); !errors.Is(err, monitor.ErrNotYet) {
		t.Errorf("nothing there: %v", err)
	}
}

// Rows nested as deep as the parser allows, in numbers: the time stays bounded.
func TestDetailDeepTables(t *testing.T) {
	body := strings.Repeat("<table><tr><td>", 120) + `<div class='gwt-HTML control-label'>x</div>` + strings.Repeat("<tr><td>y</td></tr>", 20_000)
	start := time.Now()
	_, err := client(t, serving(answer(5, `,"disclosureBody":["`+body+`"]`))).Detail(t.Context(), 5)
	if d := time.Since(start); err != nil && !errors.Is(err, monitor.ErrDrift) || d > 10*time.Second {
		t.Errorf("%v after %v", err, d)
	}
}

// A leap second, in UTC the last of a day and in Istanbul of an hour, is the second after it wherever a time stands, and
// what was published in it is neither a bad row nor drift. One that no calendar has stays a bad row, which is kept.
func TestLeapSecond(t *testing.T) {
	for said, want := range map[string]time.Time{
		"23.11.2026 02:59:60": day(23).Add(3 * time.Hour),
		"2026.11.23 02:59:60": day(23).Add(3 * time.Hour),
		"22.11.2026 23:59:60": day(23),
	} {
		readers := map[string]monitor.Source{
			"criteria": client(t, serving(list(row(5, "publishDate", said)))).Criteria(),
			"page":     client(t, serving(pageOf{rows: []pageRow{{index: 5, flight: map[string]any{"publishDate": said}}}}.String())).Page(),
		}
		for name, r := range readers {
			got, err := r.List(t.Context(), window())
			if err != nil || len(got.Filings) != 1 || len(got.Bad) != 0 || !got.Filings[0].PublishedAt.Equal(want) {
				t.Errorf("%s: %s is %+v, %v, want %v", name, said, got, err, want)
			}
		}
		body := `[{"disclosure":{"disclosureBasic":` + row(5, "publishDate", said, "companyTitle", "SYNTH", "title", "Genel Kurul") + `},"disclosureBody":[]}]`
		f, err := client(t, serving(body)).Filing(t.Context(), 5)
		if err != nil || !f.PublishedAt.Equal(want) {
			t.Errorf("detail: %s is %v, %v, want %v", said, f.PublishedAt, err, want)
		}
	}
	for _, said := range []string{"23.11.2026 02:59:61", "23.11.2026 24:59:60", "23.11.2026 02:60:60", "31.02.2026 02:59:60"} {
		got, err := client(t, serving(list(row(6), row(5, "publishDate", said)))).Criteria().List(t.Context(), window())
		if err != nil || len(got.Filings) != 1 || len(got.Bad) != 1 || got.Bad[0].Index != 5 || len(got.Bad[0].Raw) == 0 {
			t.Errorf("%s: %+v, %v, want a bad row", said, got, err)
		}
	}
}
