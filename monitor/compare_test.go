package monitor

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor/redline"
)

func TestDifferences(t *testing.T) {
	rules := builtIn(t)
	record := func(summary, body, bodyEN string, rows ...Row) *Record {
		r := Record{Filing: Filing{Index: 1, Subject: "Özel Durum Açıklaması (Genel)", Summary: summary, Detail: &Detail{Body: body, BodyEN: bodyEN, Rows: rows}}}
		r.Found = rules.Classify(Text(r.Filing))
		return &r
	}
	const body = "ALFA Yapı A.Ş. ile %s tutarında sözleşme %s tarihinde imzalanmıştır."
	for _, c := range []struct {
		name           string
		earlier, later *Record
		language       Language
		want           []Difference
	}{
		{"the same", record("Özet", "Metin.", ""), record("Özet", "Metin.", ""), Turkish, nil},
		{
			"amount and date",
			record("Özet", fmt.Sprintf(body, "31,9 milyon USD", "26.04.2024"), ""), record("Özet", fmt.Sprintf(body, "35 milyon USD", "27.04.2024"), ""),
			Turkish,
			[]Difference{{"money", "31,9 milyon USD", "35 milyon USD"}, {"date", "26.04.2024", "27.04.2024"}},
		},
		{
			"the other side",
			record("", "ALFA Yapı A.Ş. ile sözleşme imzalanmıştır.", ""), record("", "BETA Enerji A.Ş. ile sözleşme imzalanmıştır.", ""),
			Turkish,
			[]Difference{{"counterparty", "ALFA Yapı A.Ş.", "BETA Enerji A.Ş."}},
		},
		{
			"wording", record("", "Bağlayıcı niyet mektubu imzalanmıştır, süreç sürmektedir.", ""), record("", "Bağlayıcı olmayan niyet mektubu imzalanmıştır, süreç sürmektedir.", ""),
			Turkish,
			[]Difference{{"body", "", "olmayan"}},
		},
		{
			"a value of the form", record("", "Metin.", "", Row{Label: "Oran (%)", Value: "12,40"}), record("", "Metin.", "", Row{Label: "Oran (%)", Value: "14,20"}),
			Turkish,
			[]Difference{{"Oran (%)", "12,40", "14,20"}},
		},
		{
			"the reader's language", record("", "Taraflar anlaşmıştır ve imzalamıştır.", "The parties have agreed and signed."), record("", "Taraflar anlaşmış ve imzalamıştır.", "The parties have not agreed and signed."),
			English,
			[]Difference{{"body_en", "", "not"}},
		},
		{
			"an update that says something else", record("", "5 milyon TL tutarında sipariş alınmıştır.", ""), record("", "Teslimat takvimi, görüşmelerin ardından yeniden belirlenecektir: 7 milyon TL.", ""),
			Turkish, nil,
		},
		{"a detail that was not fetched", &Record{Filing: Filing{Subject: "Özel Durum Açıklaması (Genel)", Summary: "Özet"}}, record("Özet", "5 milyon TL.", ""), Turkish, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, Compare(c.earlier, c.later).Differences(c.language)); d != "" {
				t.Errorf("differences (-want +got):\n%s", d)
			}
		})
	}
}

// TestEditsLeadBack edits random filings: what they said before is rebuilt from what is kept of each edit, and a row
// that says the same is no edit.
func TestEditsLeadBack(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	c := &Config{Rules: builtIn(t)}
	word := func(list ...string) string { return list[r.IntN(len(list))] }
	make := func() Filing {
		f := Filing{
			Index: 7, PublishedAt: time.Unix(1714140333+r.Int64N(5), 0), Company: "SYNTH A.Ş.", Tickers: []string{word("SYNTH", "SYNTB")},
			Class: "ODA", Type: "ODA", Subject: word("Konu", "Başka Konu"), Summary: word("", "Özet", "Başka özet"), Modify: word("", "DUZENLENEN", "DUZELTILEN"),
			Attachments: r.IntN(2), Detail: &Detail{Summary: word("", "s"), Body: word("", "Bir metin.", "Başka bir metin."), BodyEN: word("", "A text."), Blocked: r.IntN(4) == 0},
		}
		for range r.IntN(4) {
			f.Detail.Rows = append(f.Detail.Rows, Row{Label: word("Tutar", "Oran"), Value: word("1", "2", "3")})
		}
		return f
	}
	for range 3000 {
		first := make()
		now := first
		var kept []Edit
		for range 1 + r.IntN(3) {
			next := make()
			fields := edits(&now, &next)
			if len(edits(&next, &next)) > 0 {
				t.Fatalf("%+v is an edit of itself", next)
			}
			kept = append(kept, Edit{Fields: fields})
			now = next
		}
		was := c.before(&Record{Filing: now}, kept)
		if d := Compare(&Record{Filing: first, Found: was.Found}, &was); len(d.Fields) > 0 {
			t.Fatalf("%+v came back as %+v: %+v", first, was.Filing, d.Fields)
		}
		whole := Compare(&Record{Filing: first}, &Record{Filing: now})
		for _, f := range whole.Fields {
			before, after := f.Texts()
			if got, ok := redline.Apply(before, f.Pieces); !ok || got != after {
				t.Fatalf("field %s: %q does not lead to %q", f.Field, before, after)
			}
		}
	}
}

func TestEdits(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 33, 0, Istanbul)
	base := Filing{
		Index: 7, PublishedAt: at, Company: "SYNTH A.Ş.", Tickers: []string{"SYNTH", "SYNTB"}, Class: "ODA", Type: "ODA", Subject: "Konu",
		Summary: "Özet", RuleType: "-", Reader: "criteria",
	}
	for _, c := range []struct {
		name   string
		change func(old, now *Filing)
		want   []string
	}{
		{"nothing", func(_, _ *Filing) {}, nil},
		{"what varies with the look", func(_, now *Filing) { now.SeenAt, now.Late, now.Raw = at, true, []byte("x") }, nil},
		{"order of codes", func(_, now *Filing) { now.Tickers = []string{"SYNTB", "SYNTH"} }, nil},
		{"first detail", func(_, now *Filing) { now.Detail = &Detail{Body: "Metin", Update: true} }, nil},
		{"a second of the time", func(_, now *Filing) { now.PublishedAt = at.Add(time.Second) }, []string{"published_at"}},
		{"everything of the row", func(_, now *Filing) {
			*now = Filing{PublishedAt: at.Add(time.Hour), Company: "B", Tickers: []string{"B"}, Related: []string{"C"}, Class: "DG", Type: "DG", Subject: "B", Summary: "B", Year: 2026, English: true, Attachments: 1, Modify: "DUZELTILEN"}
		}, []string{"change", "published_at", "tickers", "related", "class", "subject", "summary", "attachments", "company", "type", "period", "languages"}},
		{"the page after the list", func(_, now *Filing) {
			now.Partial, now.PublishedAt, now.Modify, now.Company, now.Summary = true, at.Truncate(time.Minute), "", "", ""
		}, nil},
		{"the list after the page", func(old, now *Filing) {
			old.Partial, old.PublishedAt = true, at.Truncate(time.Minute)
			now.Modify, now.Attachments, now.RuleType = "DUZELTILEN", 2, "3 Aylık"
		}, nil},
		{"another text in both views", func(old, now *Filing) { old.Partial, now.Summary = true, "Başka" }, []string{"summary"}},
		{"an import", func(old, _ *Filing) {
			old.Reader, old.Type, old.RuleType, old.PublishedAt = "file", "", "", at.Truncate(time.Minute)
		}, nil},
		{"a withdrawal", func(old, now *Filing) {
			old.Detail, now.Detail = &Detail{}, &Detail{Blocked: true, BlockedDescription: "Geri çekildi"}
		}, []string{"change", "withdrawn_because"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, now := base, base
			c.change(&old, &now)
			var got []string
			for _, f := range edits(&old, &now) {
				got = append(got, f.Field)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("fields (-want +got):\n%s", d)
			}
		})
	}
}

func TestAbout(t *testing.T) {
	for _, c := range []struct {
		alert Alert
		want  Change
	}{
		{Alert{ID: "7-energy", Index: 7, Route: "energy"}, ""},
		{Alert{ID: "7-energy/correction", Index: 7, Route: "energy"}, Correction},
		{Alert{ID: "7-energy-correction", Index: 7, Route: "energy-correction"}, ""},
		{Alert{ID: "0-ops/cancel", Route: "ops"}, ""}, // a note
		{Alert{ID: "refused:7-energy/update", Route: "ops"}, ""},
	} {
		if got := c.alert.About(); got != c.want {
			t.Errorf("About of %q = %q, want %q", c.alert.ID, got, c.want)
		}
	}
}
