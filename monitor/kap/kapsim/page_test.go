package kapsim_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

var (
	headRE = regexp.MustCompile(`<th>(.*?)</th>`)
	rowRE  = regexp.MustCompile(`(?s)<tr id="notification(\d+)">(.*?)</tr>`)
	cellRE = regexp.MustCompile(`(?s)<td>(.*?)</td>`)
	idRE   = regexp.MustCompile(`^<input type="checkbox" name="notification-checkbox" id="(\d+)"/?>$`)
)

// chunks are the literals of a page's flight chunks.
func chunks(t *testing.T, page string) (out []string) {
	t.Helper()
	for part := range strings.SplitSeq(page, "self.__next_f.push([1,") {
		literal, _, ok := strings.Cut(part, "])</script>")
		if ok && strings.HasPrefix(literal, `"`) {
			out = append(out, literal)
		}
	}
	return out
}

// unflight joins the flight chunks of a page.
func unflight(t *testing.T, page string) string {
	t.Helper()
	var b strings.Builder
	for _, literal := range chunks(t, page) {
		var s string
		if err := json.Unmarshal([]byte(literal), &s); err != nil {
			t.Fatal(err)
		}
		b.WriteString(s)
	}
	return b.String()
}

// flightData decodes the rows of a page's flight data.
func flightData(t *testing.T, page string) []row {
	t.Helper()
	_, text, ok := strings.Cut(unflight(t, page), "\n1a:")
	if !ok {
		t.Fatalf("no record 1a in %.300s", text)
	}
	var record []json.RawMessage
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&record); err != nil {
		t.Fatal(err)
	}
	var props struct {
		Data []struct {
			DisclosureBasic row `json:"disclosureBasic"`
		}
	}
	if err := json.Unmarshal(record[3], &props); err != nil {
		t.Fatal(err)
	}
	var out []row
	for _, d := range props.Data {
		out = append(out, d.DisclosureBasic)
	}
	return out
}

// tableData gives the cells of each row, the index first in place of the check box.
func tableData(t *testing.T, page string) [][]string {
	t.Helper()
	var out [][]string
	for i, m := range rowRE.FindAllStringSubmatch(page, -1) {
		var cells []string
		for _, c := range cellRE.FindAllStringSubmatch(m[2], -1) {
			cells = append(cells, c[1])
		}
		id := idRE.FindStringSubmatch(cells[0])
		if id == nil || len(cells) != 12 || m[1] != strconv.Itoa(i+1) || cells[1] != m[1] {
			t.Fatalf("row %d: %q", i, m[0])
		}
		cells[0] = id[1]
		out = append(out, cells)
	}
	return out
}

func TestPage(t *testing.T) {
	_, c := newServer(t, kapsim.Day(), kapsim.Options{})
	text := string(c.get(page, 200))
	table, data := tableData(t, text), flightData(t, text)
	list := indexes(c.rows(criteria, window))
	if got := indexes(data); !slices.Equal(got, list) {
		t.Errorf("flight data and list differ: %d and %d rows", len(got), len(list))
	}
	if len(table) != len(list) {
		t.Fatalf("%d rows in the table, want %d", len(table), len(list))
	}
	for i, cells := range table {
		if cells[0] != strconv.FormatInt(list[i], 10) {
			t.Errorf("row %d is of %s, want %d", i, cells[0], list[i])
		}
	}
	if !strings.Contains(text, fmt.Sprintf("<p>%d bildirim bulundu.</p>", len(list))) {
		t.Error("the counter is wrong")
	}
	if !strings.Contains(text, "Başlangıç Tarihi: 27-04-2023 / Bitiş Tarihi: 26-04-2024") {
		t.Error("the window is missing")
	}
	if n := len(chunks(t, text)); n < 10 {
		t.Errorf("only %d chunks", n)
	}

	i := slices.Index(list, kapsim.MoU)
	want := []string{
		"1277777", strconv.Itoa(i + 1), "Bugün 18:05", "AKSEN", "", "ODA", "Özel Durum Açıklaması (Genel)",
		"Kazakistan&#39;da Doğal Gaz Kombine Çevrim Santrali Yatırımına İlişkin Mutabakat Zaptı", "", "", "-", "",
	}
	if diff := cmp.Diff(want, table[i]); diff != "" {
		t.Errorf("memorandum (-want +got):\n%s", diff)
	}
	if got := table[len(table)-1][2]; !strings.HasPrefix(got, "Dün ") {
		t.Errorf("yesterday is %q", got)
	}
}

// TestPageChunks: chunks are cut anywhere, also inside an escape of the inner JSON, and a quoted or marked-up
// summary comes through.
func TestPageChunks(t *testing.T) {
	var a kapsim.Archive
	const summary = "\\\"Söz\\\" </script><i>&\\n"
	for i := range 50 {
		a = append(a, read(t, fmt.Sprintf(`{"index":%d,"at":"2024-04-01 10:00:00","company":"SYNTH","subject":"s","summary":"%s"}`, 100+i, summary))...)
	}
	now := time.Date(2024, 4, 26, 0, 0, 0, 0, monitor.Istanbul)
	_, c := newServer(t, a, kapsim.Options{Now: func() time.Time { now = now.Add(time.Second); return now }})
	cut := false
	for range 60 {
		text := string(c.get(page, 200))
		for _, literal := range chunks(t, text) {
			cut = cut || strings.HasSuffix(literal, `\\"`)
		}
		data := flightData(t, text)
		if len(data) != 50 || data[0]["summary"] != "\"Söz\" </script><i>&\n" {
			t.Fatalf("%d rows, summary %q", len(data), data[0]["summary"])
		}
		if got := tableData(t, text)[0][2]; got != "01.04.2024 10:00" {
			t.Fatalf("date %q", got)
		}
	}
	if !cut {
		t.Error("no chunk ended inside an escape")
	}
}

func TestPageEmptyAndFilters(t *testing.T) {
	_, c := newServer(t, kapsim.Day(), kapsim.Options{PageRows: 25})
	if n := len(tableData(t, string(c.get(page, 200)))); n != 25 {
		t.Errorf("%d rows, want 25", n)
	}
	for _, cells := range tableData(t, string(c.get("/tr/bildirim-sorgu-sonuc?disclosureClass=DG&page=2&size=3", 200))) {
		if cells[5] != "DG" {
			t.Errorf("class %s", cells[5])
		}
	}
	const none = "Bildirim bulunamadı."
	full := string(c.get(page, 200))
	_, empty := newServer(t, nil, kapsim.Options{})
	text := string(empty.get(page, 200))
	if !strings.Contains(text, "<td colspan=\"12\">"+none+"</td>") || !strings.Contains(text, "<p>0 bildirim bulundu.</p>") {
		t.Error("the empty page does not say so")
	}
	if !strings.Contains(unflight(t, full), none) {
		t.Error("the dictionary is missing on a full page")
	}
}

// TestPageAgainstSample compares heads, cells and keys with the sample page of the format notes.
func TestPageAgainstSample(t *testing.T) {
	sample := string(realFile(t, "kap/html/bildirim-sorgu-sonuc_SYNTHETIC.html"))
	_, c := newServer(t, kapsim.Day(), kapsim.Options{})
	text := string(c.get(page, 200))
	heads := func(page string) (out []string) {
		for _, m := range headRE.FindAllStringSubmatch(page, -1)[1:] {
			out = append(out, m[1])
		}
		return out
	}
	if diff := cmp.Diff(heads(sample), heads(text)); diff != "" {
		t.Errorf("heads (-sample +ours):\n%s", diff)
	}
	keys := func(page string) (out []string) {
		for k := range flightData(t, page)[0] {
			out = append(out, k)
		}
		slices.Sort(out)
		return out
	}
	if diff := cmp.Diff(keys(sample), keys(text)); diff != "" {
		t.Errorf("flight keys (-sample +ours):\n%s", diff)
	}
	if len(tableData(t, sample)) != 10 {
		t.Error("the sample's table is not read like ours")
	}
}
