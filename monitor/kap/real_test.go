package kap

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
)

// capture reads a capture of the live site. Captures are the filers' words and stay outside the tree.
func capture(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("KAPWATCH_REAL_DATA")
	if dir == "" {
		t.Skip("KAPWATCH_REAL_DATA is not set: skipped, real captures were not read")
	}
	b, err := os.ReadFile(filepath.Join(dir, "kap", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRealListings(t *testing.T) {
	for name, want := range map[string]int{"list/bycriteria_2026-09-12_14.json": 70, "list/bycriteria_2026-09-18_newest33.json": 33} {
		t.Run(name, func(t *testing.T) {
			body := capture(t, name)
			got, err := parseList(body)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.filings) != want || len(got.bad) != 0 || len(got.problems) != 0 {
				t.Fatalf("%d filings, %d bad, %q; want %d filings", len(got.filings), len(got.bad), got.problems, want)
			}
			// The plainest possible second reading of the same bytes is the witness.
			var rows []map[string]any
			if err := json.Unmarshal(body, &rows); err != nil {
				t.Fatal(err)
			}
			for i, f := range got.filings {
				row := rows[i]
				str := func(k string) string { s, _ := row[k].(string); return s }
				if float64(f.Index) != row["disclosureIndex"] {
					t.Errorf("row %d: index %d, want %v", i, f.Index, row["disclosureIndex"])
				}
				if s := f.PublishedAt.In(monitor.Istanbul).Format("02.01.2006 15:04:05"); s != str("publishDate") {
					t.Errorf("%d: published %s, want %s", f.Index, s, str("publishDate"))
				}
				if s := strings.Join(f.Tickers, ", "); s != str("stockCodes") {
					t.Errorf("%d: tickers %q, want %q", f.Index, s, str("stockCodes"))
				}
				if s := strings.Join(f.Related, ", "); s != str("relatedStocks") {
					t.Errorf("%d: related %q, want %q", f.Index, s, str("relatedStocks"))
				}
				if s := strings.ReplaceAll(str("disclosureClass"), "DKB", "DUY"); f.Class != s {
					t.Errorf("%d: class %q, want %q", f.Index, f.Class, s)
				}
				if f.Company != str("kapTitle") || f.Subject != strings.Join(strings.Fields(str("subject")), " ") {
					t.Errorf("%d: %q, %q", f.Index, f.Company, f.Subject)
				}
				if f.Type != str("disclosureType") || f.Group != str("disclosureCategory") || f.Modify != str("modifyStatus") {
					t.Errorf("%d: type %q, group %q, modify %q", f.Index, f.Type, f.Group, f.Modify)
				}
				if f.English != row["hasMultiLanguageSupport"] || float64(f.Attachments) != row["attachmentCount"] {
					t.Errorf("%d: English %v, %d attachments", f.Index, f.English, f.Attachments)
				}
				if !json.Valid(f.Raw) || !bytes.Contains(body, f.Raw) {
					t.Errorf("%d: raw bytes are not the row", f.Index)
				}
				if slices.Contains(f.Codes(), "AKSEN") {
					t.Errorf("%d: AKSEN is in no capture; %q", f.Index, f.Codes())
				}
			}
		})
	}
}

func TestRealPage(t *testing.T) {
	got, err := parsePage(capture(t, "html/bildirim-sorgu-sonuc_SYNTHETIC.html"), time.Date(2026, 11, 23, 12, 0, 0, 0, monitor.Istanbul))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.filings) != 10 || len(got.bad) != 0 {
		t.Fatalf("%d filings, %d bad; want 10 filings", len(got.filings), len(got.bad))
	}
	f := got.filings[8]
	if f.Index != 1700003 || f.Summary != `"Mutabakat" <i>& niyet</i> bildirimi` || !f.Partial ||
		!f.PublishedAt.Equal(time.Date(2026, 11, 22, 9, 35, 59, 0, monitor.Istanbul)) {
		t.Errorf("filing 9 is %+v", f)
	}
}

func TestRealFlight(t *testing.T) {
	body := string(capture(t, "html/bist_sirketler_trimmed.html"))
	_, script, _ := strings.Cut(body, "<script>")
	script, _, _ = strings.Cut(script, "</script>")
	data, ok, err := joinFlight([]string{script})
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	_, list, _ := bytes.Cut(data, []byte(`"content":`))
	rows, err := split(list[:bytes.LastIndex(list, []byte("]}]}]"))+1], nil)
	if err != nil || len(rows) != 5 {
		t.Fatalf("%d records, %v; want 5", len(rows), err)
	}
	if !bytes.Contains(rows[1], []byte(`"stockCode":"ALBRK, ALK"`)) {
		t.Errorf("record 2 is %s", rows[1])
	}
}

func TestRealDetails(t *testing.T) {
	t.Run("older form", func(t *testing.T) {
		d, err := parseDetail(capture(t, "detail/attachment-detail_1662143.json"), 1662143)
		if err != nil {
			t.Fatal(err)
		}
		if !d.Update || d.Correction || d.Delayed {
			t.Errorf("update %v, correction %v, delayed %v; want an update", d.Update, d.Correction, d.Delayed)
		}
		if d.Summary != "Pay Geri Alım Programının Sonlandırılması" {
			t.Errorf("summary %q", d.Summary)
		}
		if !strings.HasPrefix(d.Body, "Şirketimiz Yönetim Kurulu") || !strings.HasSuffix(d.Body, "sonlandırılmıştır.") || d.BodyEN != "" {
			t.Errorf("body %q, English %q", d.Body, d.BodyEN)
		}
		want := monitor.Row{Label: "Ödenecek Azami Tutar (TL)", Value: "500.000.000"}
		if !slices.Contains(d.Rows, want) {
			t.Errorf("rows %+v lack %+v", d.Rows, want)
		}
		want = monitor.Row{Label: "Geri Alınan Toplam Pay Miktarı (Nominal TL)", Value: "500.000"}
		if !slices.Contains(d.Rows, want) {
			t.Errorf("rows %+v lack %+v", d.Rows, want)
		}
		if d.ID != "4028328ca09bee9001a09e55546801d2" || d.RelatedID != "4028328c861839b2018660a9dc784aae" || d.RelatedIndex != 0 {
			t.Errorf("id %q, related %q, %d", d.ID, d.RelatedID, d.RelatedIndex)
		}
	})
	t.Run("taxonomy form", func(t *testing.T) {
		body := string(capture(t, "detail/attachment-detail_1611120_body.html"))
		_, body, _ = strings.Cut(body, `<div id="kap-disclosure-body">`)
		var s sheet
		if err := s.read(body); err != nil {
			t.Fatal(err)
		}
		d := s.detail()
		if !slices.Equal(d.Related, []string{"PEKGY"}) || len(d.Funds) != 13 || d.Funds[0] != "AC2" {
			t.Errorf("related %q, funds %q", d.Related, d.Funds)
		}
		if d.Update || d.Correction || d.Delayed || d.EarlierDates != nil {
			t.Errorf("flags %+v", d)
		}
		if !strings.HasPrefix(d.Body, "Özel Durumlar Tebliği") || !strings.HasSuffix(d.Body, "verilmiştir.") || d.BodyEN != "" {
			t.Errorf("body %q, English %q", d.Body, d.BodyEN)
		}
		want := monitor.Row{
			Label: "İşlemlerin Net Nominal Tutarı (TL)", Value: "31.971.862",
			LabelEN: "Net Nominal Value Of Transactions (TRY)", ValueEN: "31.971.862",
		}
		if len(d.Rows) != 10 || !slices.Contains(d.Rows, want) {
			t.Errorf("%d rows %+v lack %+v", len(d.Rows), d.Rows, want)
		}
	})
}
