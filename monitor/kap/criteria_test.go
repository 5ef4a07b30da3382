package kap_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kapwatch/monitor"
	"kapwatch/monitor/kap"
)

// Every one of the 19 keys ends in its field; keys that are new are no trouble.
func TestCriteriaFields(t *testing.T) {
	whole := row(1700019,
		"publishDate", "23.11.2026 10:46:06", "fundCode", "SYF", "kapTitle", "SYNTH  SENTETİK\tA.Ş. ", "isOldKap", true,
		"disclosureClass", "DKB", "disclosureType", "DUY", "disclosureCategory", "STT", "summary", "Bir\nsatır \u0000 ve\u00a0bir  daha ",
		"subject", "Pay  Satış Bilgi Formu ", "relatedStocks", "SYNTA, SYNTB,SYNTA, ", "year", 2026, "ruleType", "36. Hafta",
		"period", 36, "isLate", true, "stockCodes", "SYNTH, SYN", "hasMultiLanguageSupport", true, "attachmentCount", 3,
		"modifyStatus", "DUZENLENEN", "brandNewKey", map[string]any{"a": []int{1}})
	got, err := client(t, serving(list(whole, row(1700018, "publishDate", "2026.11.22 00:00:00")))).Criteria().List(t.Context(), window())
	if err != nil {
		t.Fatal(err)
	}
	noon := day(23).Add(12 * time.Hour)
	want := []monitor.Filing{{
		Index: 1700019, PublishedAt: day(23).Add(10*time.Hour + 46*time.Minute + 6*time.Second), SeenAt: noon,
		Company: "SYNTH SENTETİK A.Ş.", FundCode: "SYF", Tickers: []string{"SYNTH", "SYN"}, Related: []string{"SYNTA", "SYNTB"},
		Class: "DUY", Type: "DUY", Group: "STT", Subject: "Pay Satış Bilgi Formu", Summary: "Bir satır ve bir daha",
		Year: 2026, Period: 36, RuleType: "36. Hafta", Late: true, OldKAP: true, English: true, Attachments: 3,
		Modify: "DUZENLENEN", Reader: "criteria", Raw: []byte(whole),
	}, {
		Index: 1700018, PublishedAt: day(22), SeenAt: noon, Company: "SYNTH SENTETİK SANAYİ A.Ş.", Tickers: []string{"SYNTH"},
		Class: "ODA", Type: "ODA", Group: "ODA", Subject: "Özel Durum Açıklaması (Genel)", Summary: "Sentetik özet",
		RuleType: "-", Reader: "criteria",
	}}
	if diff := cmp.Diff(want[:1], got.Filings[:1]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[1:], got.Filings[1:], cmpopts.IgnoreFields(monitor.Filing{}, "Raw")); diff != "" {
		t.Error(diff)
	}
}

func TestWholeTokens(t *testing.T) {
	got, err := client(t, serving(list(
		row(2, "stockCodes", "AKSA", "relatedStocks", nil), row(1, "stockCodes", nil, "relatedStocks", "AKSEN, AKSUE"),
	))).Criteria().List(t.Context(), window())
	if err != nil || len(got.Filings) != 2 {
		t.Fatal(got, err)
	}
	if slices.Contains(got.Filings[0].Codes(), "AKSEN") || !slices.Contains(got.Filings[1].Codes(), "AKSEN") {
		t.Errorf("codes %q and %q: AKSA is not AKSEN", got.Filings[0].Codes(), got.Filings[1].Codes())
	}
}

// One bad row among good ones is set aside with its bytes; the good ones go on.
func TestBadRow(t *testing.T) {
	for _, tt := range []struct {
		name, row string
		index     int64
		says      string
	}{
		{"needed key missing", row(5, "subject", drop), 5, `key "subject" is missing`},
		{"needed key null", row(5, "kapTitle", nil), 5, `key "kapTitle" is null`},
		{"needed key empty", row(5, "disclosureClass", "  "), 5, `key "disclosureClass" cannot be "  "`},
		{"index as text", row(5, "disclosureIndex", "5"), 5, `key "disclosureIndex" is "5", not a whole number`},
		{"index fraction", row(5, "disclosureIndex", 5.5), 5, `key "disclosureIndex" is 5.5, not a whole number`},
		{"index zero", row(0), 0, `key "disclosureIndex" cannot be 0`},
		{"index missing", row(5, "disclosureIndex", drop), 0, `key "disclosureIndex" is missing`},
		{"date as number", row(5, "publishDate", 1700000000), 5, `key "publishDate" is 1700000000, not a string`},
		{"date in another form", row(5, "publishDate", "2026-11-23T10:46:06"), 5, `key "publishDate" cannot be "2026-11-23T10:46:06"`},
		{"no such day", row(5, "publishDate", "31.02.2026 10:46:06"), 5, `key "publishDate" cannot be "31.02.2026 10:46:06"`},
		{"short hour", row(5, "publishDate", "23.11.2026 9:46:06"), 5, `key "publishDate" cannot be "23.11.2026 9:46:06"`},
		{"count as text", row(5, "attachmentCount", "three"), 5, `key "attachmentCount" is "three", not a whole number`},
		{"flag as text", row(5, "isLate", "Y"), 5, `key "isLate" is "Y", not a boolean`},
		{"codes as array", row(5, "stockCodes", []string{"SYNTH"}), 5, `key "stockCodes" is ["SYNTH"], not a string`},
		{"two faults", row(5, "subject", drop, "kapTitle", 7), 5, `key "kapTitle" is 7, not a string; key "subject" is missing`},
		{"not an object", "null", 0, "not a JSON object: <nil>"},
		{"raw NUL", strings.Replace(row(5), "Sentetik özet", "a\x00b", 1), 5, `not a JSON object: invalid character '\x00' in string literal`},
		{"syntax", strings.Replace(row(5), `"isLate":false`, `"isLate":falsch`, 1), 5, `not a JSON object: invalid character 'c' in literal false (expecting 'e')`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, serving(list(row(6), tt.row, row(4))))
			got, err := c.Criteria().List(t.Context(), window())
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Filings) != 2 || got.Filings[0].Index != 6 || got.Filings[1].Index != 4 {
				t.Errorf("the good rows: %+v", got.Filings)
			}
			if len(got.Bad) != 1 {
				t.Fatalf("bad rows %+v", got.Bad)
			}
			b := got.Bad[0]
			if b.Index != tt.index || b.Err != tt.says || string(b.Raw) != tt.row || b.Reader != "criteria" || b.SeenAt.IsZero() {
				t.Errorf("bad row %+v (%q), want index %d, %q", b, b.Raw, tt.index, tt.says)
			}
			again, err := c.Criteria().List(t.Context(), window())
			if err != nil || len(again.Bad) != 1 || again.Bad[0].ID != b.ID || b.ID == "" {
				t.Errorf("the name of a bad row changes: %q, then %+v", b.ID, again.Bad)
			}
		})
	}
}

func TestDrift(t *testing.T) {
	all := func(change ...any) string { return list(row(3, change...), row(2, change...), row(1, change...)) }
	latin := strings.ReplaceAll(all(), "özet", "\xf6zet")
	for _, tt := range []struct{ name, body, want string }{
		{"needed key gone", all("subject", drop, "topic", "x"), `key "subject" is missing in all 3 rows`},
		{"needed key retyped", all("publishDate", 1), `key "publishDate" is 1, not a string in all 3 rows`},
		{"needed key in another form", all("publishDate", "2026-11-23"), `key "publishDate" cannot be "2026-11-23" in all 3 rows`},
		{"codes retyped", list(row(3, "stockCodes", []string{"A"}), row(2, "stockCodes", []string{"B"}), row(1, "stockCodes", nil)), `key "stockCodes" is not a string in most rows`},
		{"nothing readable", list("1", `{"a":1}`), `none of 2 rows can be read: not a JSON object: json: cannot unmarshal number into Go value of type map[string]json.RawMessage`},
		{"another encoding", latin, "most rows are not UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := client(t, serving(tt.body)).Criteria().List(t.Context(), window())
			var drift *monitor.DriftError
			if !errors.As(err, &drift) || !errors.Is(err, monitor.ErrDrift) {
				t.Fatalf("%v, want drift", err)
			}
			if drift.What != tt.want || drift.Reader != "criteria" || string(drift.Body) != tt.body {
				t.Errorf("drift of %s: %q, want %q", drift.Reader, drift.What, tt.want)
			}
		})
	}
}

// A key that is not needed and changed its type everywhere is left out and said; the filings are not given up for it.
func TestRetypedEverywhere(t *testing.T) {
	got, err := client(t, serving(list(row(3, "attachmentCount", "1"), row(2, "attachmentCount", "2", "year", 2026), row(1, "attachmentCount", nil)))).
		Criteria().List(t.Context(), window())
	if err != nil || len(got.Filings) != 3 || len(got.Bad) != 0 {
		t.Fatal(got, err)
	}
	if diff := cmp.Diff([]string{`The criteria reader leaves out key "attachmentCount": it is not a whole number in most rows.`}, got.Problems); diff != "" {
		t.Error(diff)
	}
	if i := slices.IndexFunc(got.Filings, func(f monitor.Filing) bool { return f.Index == 2 }); got.Filings[i].Year != 2026 || !strings.Contains(string(got.Filings[i].Raw), `"attachmentCount":"2"`) {
		t.Errorf("filing 2 lost more than the key: %+v", got.Filings[i])
	}
}

// An answer that ends too early brings nothing, wherever it ends, and is no drift.
func TestTruncated(t *testing.T) {
	body := list(row(2, "summary", `a "b" ]},{`), row(1))
	for n := range len(body) {
		got, err := client(t, serving(body[:n])).Criteria().List(t.Context(), window())
		if !errors.Is(err, monitor.ErrRefused) || len(got.Filings)+len(got.Bad) > 0 {
			t.Fatalf("%d of %d bytes: %+v, %v", n, len(body), got, err)
		}
	}
}

// An answer larger than usual is read whole too, whatever its size and the buffer's have in common.
func TestLargeAnswer(t *testing.T) {
	const usual = 4 << 20
	body := list(row(2), row(1))
	for _, size := range []int{usual - 1, usual, usual + 1, 2*usual + 1} {
		padded := body[:1] + strings.Repeat(" ", size-len(body)) + body[1:]
		got, err := client(t, serving(padded)).Criteria().List(t.Context(), window())
		if err != nil || len(got.Filings) != 2 {
			t.Errorf("%d bytes: %d filings, %v", size, len(got.Filings), err)
		}
	}
}

func TestSpoiltLetter(t *testing.T) {
	got, err := client(t, serving(list(row(2), strings.Replace(row(1), "özet", "\xf6zet", 1)))).Criteria().List(t.Context(), window())
	if err != nil || len(got.Filings) != 2 || got.Filings[1].Summary != "Sentetik �zet" {
		t.Errorf("%+v, %v", got.Filings, err)
	}
}

func TestDuplicates(t *testing.T) {
	got, err := client(t, serving(list(row(3), row(3), row(2, "summary", "yeni"), row(2, "summary", "eski"), row(1), row(1, "subject", drop)))).
		Criteria().List(t.Context(), window())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Filings) != 3 || got.Filings[1].Summary != "yeni" || len(got.Bad) != 0 {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"Filing 2 is listed twice with different content; the first is kept."}, got.Problems); diff != "" {
		t.Error(diff)
	}
}

// question is what the list is asked.
type question struct {
	FromDate, ToDate, DisclosureClass, MemberType string
	FundTypeList                                  []string
}

func (q question) String() string {
	words := []string{q.FromDate[5:] + ".." + q.ToDate[5:], q.DisclosureClass, q.MemberType, strings.Join(q.FundTypeList, "+")}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

// listing serves rows per question and notes the questions.
func listing(rows func(q question) []string) (*site, *[]string) {
	asked := &[]string{}
	return &site{handler: func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			return
		}
		var q question
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			w.WriteHeader(400)
			return
		}
		*asked = append(*asked, q.String())
		out := rows(q)
		if out == nil {
			w.WriteHeader(500)
			return
		}
		_, _ = io.WriteString(w, list(out[:min(len(out), 2000)]...))
	}}, asked
}

// filed are n rows of one day, newest first, the classes and member types in turn.
func filed(d, n int) (rows []string, class, member []string) {
	classes := []string{"ODA", "DKB", "FR", "DG", "DKB"}
	types := []string{"IGS", "YK", "DDK"}
	for i := n; i > 0; i-- {
		c := classes[i%len(classes)]
		at := fmt.Sprintf("%02d.11.2026 %02d:%02d:00", d, i/60%24, i%60)
		rows = append(rows, row(int64(d*10_000+i), "publishDate", at, "disclosureClass", c))
		class, member = append(class, strings.ReplaceAll(c, "DKB", "DUY")), append(member, types[i%len(types)])
	}
	return rows, class, member
}

// pick keeps the rows whose tag is want; all when want is empty.
func pick(rows, tags []string, want string) []string {
	if want == "" {
		return rows
	}
	out := []string{}
	for i, r := range rows {
		if tags[i] == want {
			out = append(out, r)
		}
	}
	return out
}

func TestSplit(t *testing.T) {
	quiet, _, _ := filed(22, 100)
	busy, class, member := filed(23, 2500)
	only := func(q question, d string) bool { return q.FromDate == d && q.ToDate == d }
	for _, tt := range []struct {
		name     string
		rows     func(q question) []string
		asked    []string
		filings  int
		problems []string
	}{
		{
			"by day", func(q question) []string {
				switch {
				case only(q, "2026-11-22"):
					return quiet
				case only(q, "2026-11-23"):
					return busy[:1999]
				}
				return append(slices.Clone(busy[:1999]), quiet...)
			},
			[]string{"11-22..11-23", "11-22..11-22", "11-23..11-23"},
			2099, nil,
		},
		{
			"by class", func(q question) []string {
				if only(q, "2026-11-22") {
					return quiet
				}
				return pick(busy, class, q.DisclosureClass)
			},
			[]string{"11-22..11-23", "11-22..11-22", "11-23..11-23", "11-23..11-23 FR", "11-23..11-23 ODA", "11-23..11-23 DG", "11-23..11-23 DUY"},
			2600, nil,
		},
		{
			"by member type, for the class is not honoured", func(q question) []string {
				if only(q, "2026-11-22") {
					return quiet
				}
				return pick(busy, member, q.MemberType)
			},
			[]string{
				"11-22..11-23", "11-22..11-22", "11-23..11-23", "11-23..11-23 FR", "11-23..11-23 ODA",
				"11-23..11-23 IGS", "11-23..11-23 YK", "11-23..11-23 PYS", "11-23..11-23 DCS", "11-23..11-23 BDK",
				"11-23..11-23 DDK", "11-23..11-23 DK", "11-23..11-23 KVH",
			},
			2600, nil,
		},
		{
			"nothing is honoured", func(q question) []string {
				if only(q, "2026-11-22") {
					return quiet
				}
				return busy
			},
			[]string{
				"11-22..11-23", "11-22..11-22", "11-23..11-23",
				"11-23..11-23 FR", "11-23..11-23 ODA", "11-23..11-23 IGS", "11-23..11-23 YK",
			},
			2100,
			[]string{"The list of 2026-11-23 is cut at 2000 rows and older filings of that day may be missing: disclosureClass is not honoured; memberType is not honoured."},
		},
		{
			"filters are refused", func(q question) []string {
				switch {
				case q.DisclosureClass+q.MemberType != "":
					return nil
				case only(q, "2026-11-22"):
					return quiet
				}
				return busy
			},
			[]string{"11-22..11-23", "11-22..11-22", "11-23..11-23", "11-23..11-23 FR", "11-23..11-23 IGS"},
			2100,
			[]string{"The list of 2026-11-23 is cut at 2000 rows and older filings of that day may be missing: disclosureClass is refused; memberType is refused."},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, asked := listing(tt.rows)
			got, err := client(t, s).Criteria().List(t.Context(), window())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.asked, *asked); diff != "" {
				t.Error(diff)
			}
			seen := map[int64]bool{}
			for _, f := range got.Filings {
				if seen[f.Index] {
					t.Fatalf("filing %d comes twice", f.Index)
				}
				seen[f.Index] = true
			}
			if len(seen) != tt.filings {
				t.Errorf("%d filings, want %d", len(seen), tt.filings)
			}
			if diff := cmp.Diff(tt.problems, got.Problems); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A part that is still cut, and rows that no part brings, are named with their day.
func TestSplitIncomplete(t *testing.T) {
	busy, class, _ := filed(23, 6500)
	one := monitor.Window{From: day(23), To: day(23)}
	s, _ := listing(func(q question) []string {
		if q.MemberType != "" {
			return []string{}
		}
		return pick(busy, class, q.DisclosureClass)
	})
	got, err := client(t, s).Criteria().List(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	// 2,600 of the 6,500 are of class DUY and 600 of them are out of reach.
	if n := len(got.Filings); n != 5900 {
		t.Errorf("%d filings", n)
	}
	want := []string{"The list of 2026-11-23 is cut at 2000 rows and older filings of that day may be missing: " +
		"disclosureClass DUY still has 2000 rows; the parts by memberType lack 2000 of its rows."}
	if diff := cmp.Diff(want, got.Problems); diff != "" {
		t.Error(diff)
	}
}

// The newest 2000 rows of a report day may all be of one class and of one member type: both filters are honoured all
// the same, and what the other parts hold is fetched.
func TestSplitOneClass(t *testing.T) {
	var rows, class, member []string
	for i := range 2700 {
		c, m := "ODA", "IGS"
		if i >= 2400 {
			c = "DG"
		} else if i >= 2200 {
			m = "YK"
		}
		rows = append(rows, row(int64(230_000+2700-i), "disclosureClass", c))
		class, member = append(class, c), append(member, m)
	}
	s, asked := listing(func(q question) []string {
		if q.MemberType != "" {
			return pick(rows, member, q.MemberType)
		}
		return pick(rows, class, q.DisclosureClass)
	})
	got, err := client(t, s).Criteria().List(t.Context(), monitor.Window{From: day(23), To: day(23)})
	if err != nil {
		t.Fatal(err)
	}
	if len(*asked) != 1+4+8 {
		t.Errorf("asked %q", *asked)
	}
	// Out of reach are the 200 that are behind the first 2000 of their class and of their member type.
	if n := len(got.Filings); n != 2500 {
		t.Errorf("%d filings", n)
	}
	want := []string{"The list of 2026-11-23 is cut at 2000 rows and older filings of that day may be missing: " +
		"disclosureClass ODA still has 2000 rows; memberType IGS still has 2000 rows."}
	if diff := cmp.Diff(want, got.Problems); diff != "" {
		t.Error(diff)
	}
}

// Days, weeks and years: KAP refuses more than 365 days, and a cut year is halved before it is read day by day.
func TestWideWindows(t *testing.T) {
	s, asked := listing(func(question) []string { return []string{} })
	w := monitor.Window{From: day(23).AddDate(-2, 0, 0), To: day(23)}
	if _, err := client(t, s).Criteria().List(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"11-23..11-22", "11-23..11-22", "11-23..11-23"}, *asked); diff != "" {
		t.Error(diff)
	}
	full, _, _ := filed(1, 2000)
	s, asked = listing(func(q question) []string {
		if q.FromDate == "2026-11-01" && q.ToDate > "2026-11-07" {
			return full
		}
		return []string{row(1)}
	})
	if _, err := client(t, s).Criteria().List(t.Context(), monitor.Window{From: day(1), To: day(20)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"11-01..11-20", "11-01..11-10", "11-01..11-05", "11-06..11-10", "11-11..11-20"}, *asked); diff != "" {
		t.Error(diff)
	}
	if _, err := client(t, s).Criteria().List(t.Context(), monitor.Window{From: day(2), To: day(1)}); err == nil {
		t.Error("a window that ends before it starts is read")
	}
}

func TestFunds(t *testing.T) {
	broken := false
	var last string
	s := &site{}
	s.handler = func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		switch {
		case strings.HasSuffix(r.URL.Path, "/members/byCriteria"):
			_, _ = io.WriteString(w, list(row(9)))
		case strings.HasSuffix(r.URL.Path, "/funds/byCriteria"):
			last = string(b)
			if broken {
				w.WriteHeader(500)
				return
			}
			_, _ = io.WriteString(w, list(row(8, "fundCode", "SYF", "disclosureClass", "FON", "stockCodes", nil)))
		}
	}
	c := client(t, s, func(c *kap.Config) { c.Funds = []string{"YF"} })
	got, err := c.Criteria().List(t.Context(), window())
	if err != nil || len(got.Filings) != 2 || got.Filings[1].FundCode != "SYF" || got.Filings[1].Class != "FON" {
		t.Fatal(got, err)
	}
	const want = `{"fromDate":"2026-11-22","toDate":"2026-11-23","fundTypeList":["YF"],"mkkMemberOidList":[],"fundOidList":[],` +
		`"passiveFundOidList":[],"disclosureClass":"","isLate":"","subjectList":[],"discIndex":[],"fromSrc":false,"srcCategory":""}`
	if last != want {
		t.Errorf("asked %s, want %s", last, want)
	}
	// Trouble with the funds is said and does not cost the companies; the days are asked for again later.
	r := c.Criteria()
	broken = true
	got, err = r.List(t.Context(), window())
	if err != nil || len(got.Filings) != 1 || len(got.Problems) != 1 || !strings.Contains(got.Problems[0], "fund type YF") {
		t.Fatal(got, err)
	}
	broken = false
	later := monitor.Window{From: day(24), To: day(25)}
	if _, err = r.List(t.Context(), later); err != nil || !strings.Contains(last, `"fromDate":"2026-11-22","toDate":"2026-11-25"`) {
		t.Errorf("asked %s, %v", last, err)
	}
	if _, err = r.List(t.Context(), later); err != nil || !strings.Contains(last, `"fromDate":"2026-11-24"`) {
		t.Errorf("asked %s, %v", last, err)
	}
	// A reader of history asks for its window and for nothing else.
	h := c.History()
	broken = true
	if got, err = h.List(t.Context(), window()); err != nil || len(got.Problems) != 1 {
		t.Fatal(got, err)
	}
	broken = false
	if _, err = h.List(t.Context(), later); err != nil || !strings.Contains(last, `"fromDate":"2026-11-24"`) {
		t.Errorf("asked %s, %v", last, err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client(t, serving("[]")).Criteria().List(ctx, window())
	if !errors.Is(err, context.Canceled) || errors.Is(err, monitor.ErrRefused) {
		t.Errorf("%v, want the context's own error", err)
	}
}
