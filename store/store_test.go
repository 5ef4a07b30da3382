package store_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kapwatch/monitor"
	"kapwatch/monitor/classify"
	"kapwatch/store"
)

// noon is the present of most tests: a Friday in April 2024.
var noon = time.Date(2024, 4, 26, 12, 0, 0, 0, monitor.Istanbul)

func fixed(t time.Time) func() time.Time { return func() time.Time { return t } }

func openAt(t testing.TB, path string, o store.Options) *store.DB {
	t.Helper()
	o.NoSync = true
	if o.Now == nil {
		o.Now = fixed(noon)
	}
	db, err := store.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func open(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "kapwatch.db"), o)
}

// reopen closes db and opens its file again.
func reopen(t testing.TB, db *store.DB, o store.Options) *store.DB {
	t.Helper()
	must(t, db.Close())
	return openAt(t, db.Path(), o)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func verify(t testing.TB, db *store.DB) monitor.Inspection {
	t.Helper()
	r, err := db.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// diff compares by value: times as instants, no list like an empty one.
func diff(want, got any) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

// filing is a synthetic filing with every field filled, differing by index.
func filing(index int64) monitor.Filing {
	at := noon.Add(time.Duration(index) * time.Second)
	return monitor.Filing{
		Index: index, PublishedAt: at, SeenAt: at.Add(1500 * time.Millisecond), Company: "SYNTH ENERJİ A.Ş.",
		FundCode: "SYF", Tickers: []string{"SYNTH"}, Related: []string{"SYNTB", "SYNTC"}, Class: "ODA", Type: "ODA",
		Group: "ODA", Subject: "Özel Durum Açıklaması (Genel)", Summary: fmt.Sprintf("Sentetik özet %d", index),
		Year: 2024, Period: 1, RuleType: "3 Aylık", Late: true, OldKAP: true, English: true, Attachments: 2,
		Modify: "DUZELTILEN", Reader: "criteria", Partial: true, Raw: fmt.Appendf(nil, `{"n":%d}`, index),
		Detail: &monitor.Detail{
			FetchedAt: at.Add(time.Minute), Summary: "özet", Body: "Şymkent valiliği ile mutabakat", BodyEN: "Memorandum",
			Update: true, Correction: true, Delayed: true, EarlierDates: []string{"2024-04-01"},
			Related: []string{"SYNTB"}, Funds: []string{"SYF"},
			Rows:  []monitor.Row{{Name: "n", Label: "Tutar", Value: "500", LabelEN: "Amount", ValueEN: "500"}},
			Files: []monitor.Attachment{{ID: "4028328c", Name: "ek.pdf", Ext: "pdf"}},
			ID:    "id", RelatedID: "rid", RelatedIndex: 7, Blocked: true, BlockedDescription: "geri çekildi",
		},
	}
}

func entryOf(index int64) monitor.Entry {
	f := filing(index)
	return monitor.Entry{
		Filing: f, Detail: true,
		Found: classify.Result{
			Categories: []string{"mou", "investment"}, Qualifiers: []string{"non_binding"}, Routine: true, Urgent: true,
			Facts: []classify.Fact{
				{Kind: "power", Text: "500 MW", Value: 500, Unit: "MW", Span: classify.Span{Field: classify.Body, Start: 3, End: 9}},
				{Kind: "money", Text: "x", Value: -0.25, Unit: "TRY"},
			},
			Evidence: []classify.Evidence{
				{For: "mou", Term: "özet", Text: f.Summary[9:14], Span: classify.Span{Field: classify.Summary, Start: 9, End: 14}},
				{For: "mou", Term: "mutabakat", Text: "mutabakat", Span: classify.Span{Field: classify.Body, Start: 20, End: 29}},
			},
		},
		Decisions: []monitor.Decision{
			{Route: "energy", Verdict: monitor.VerdictPending, Reason: "mou"},
			{Route: "all", Verdict: monitor.VerdictFiltered, Reason: "only insider"},
		},
		Alerts: []monitor.Alert{alert(index, "energy")},
	}
}

func alert(index int64, route string) monitor.Alert {
	return monitor.Alert{
		ID: fmt.Sprintf("%d-%s", index, route), Route: route, Channel: "slack:C1", Index: index, Urgent: true,
		State: monitor.Pending, CreatedAt: noon.Add(time.Duration(index)), DueAt: noon.Add(time.Hour), Attempts: 1,
		LastError: "e",
	}
}

func record(t testing.TB, db *store.DB, entries ...monitor.Entry) []int64 {
	t.Helper()
	added, err := db.Record(monitor.Batch{Entries: entries, Cursor: monitor.Cursor{CommittedAt: noon, BaselineAt: noon}})
	if err != nil {
		t.Fatal(err)
	}
	return added
}

// vocabulary is Turkish enough for folding to matter, and small enough for words to meet.
var vocabulary = []string{
	"İhale", "IHALE", "süreci", "sözleşme", "Sözleşmesi", "doğal", "gaz", "Şymkent", "mutabakat", "MoU'nun", "500",
	"50", "5", "yatırım", "temettü", "kâr", "payı", "geri", "alım", "bildirim", "SYNTH1", "pay", "ödeme", "işlem",
}

// random gives a plausible filing; those near each other in index are near in time, but not in its order.
func random(r *rand.Rand, index int64) monitor.Entry {
	pick := func(n int, list ...string) (out []string) {
		for range n {
			out = append(out, list[r.IntN(len(list))])
		}
		return out
	}
	text := func(n int) (s string) {
		for _, w := range pick(n, vocabulary...) {
			s += w + pick(1, " ", ", ", "-")[0]
		}
		return s
	}
	f := monitor.Filing{
		Index: index, Company: pick(1, "SYNTH A.Ş.", "ÖRNEK İNŞAAT", "DENEME GIDA")[0], Subject: text(2), Summary: text(4),
		PublishedAt: noon.Add(time.Duration(index*37+r.Int64N(600)) * time.Second).Truncate(time.Second),
		SeenAt:      noon.Add(time.Duration(index*37+700) * time.Second),
		Tickers:     pick(r.IntN(3), "SYNTH1", "SYNTH2", "ISI"), Related: pick(r.IntN(2), "SYNTH3", "ISI"),
		Class: pick(1, "ODA", "FR", "DG", "DKB", "DUY")[0], Origin: monitor.Origin(r.IntN(4)),
	}
	if r.IntN(3) == 0 {
		f.Detail = &monitor.Detail{Body: text(12), Summary: text(2)}
	}
	return monitor.Entry{Filing: f, Found: classify.Result{
		Categories: pick(r.IntN(3), "mou", "contract", "dividend"), Qualifiers: pick(r.IntN(2), "approved", "denied"),
	}}
}
