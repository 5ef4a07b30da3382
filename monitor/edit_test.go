package monitor_test

import (
	"bytes"
	"crypto/sha256"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
)

// fields are the names of the fields of each edit.
func fields(r monitor.Record) (out [][]string) {
	for _, e := range r.Edits {
		var names []string
		for _, f := range e.Fields {
			names = append(names, f.Field)
		}
		out = append(out, names)
	}
	return out
}

func TestEditIsARevisionAndNoSecondAlert(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.site.Add(filing(1700007, time.Now()))
		w.pass(35 * time.Second)
		before := w.record(1700007)
		w.site.Edit(1700007, func(f *kapsim.Filing) {
			f.Summary, f.Attachments = "Sentetik 1700007: yeni sözleşme imzalanması, tutar eklenmiştir", 1
			f.Tickers = []string{"AKSEN", "AKSA"}
		})
		w.pass(35 * time.Second)
		r := w.record(1700007)
		if d := cmp.Diff([][]string{{"tickers", "summary", "attachments"}}, fields(r)); d != "" {
			t.Fatalf("edits (-want +got):\n%s", d)
		}
		e := r.Edits[0]
		if e.Reader != "criteria" || time.Since(e.At) > time.Minute || e.Fields[1].Before != before.Filing.Summary || e.Fields[1].After != r.Filing.Summary {
			t.Errorf("edit = %+v", e)
		}
		if !r.Filing.SeenAt.Equal(before.Filing.SeenAt) || r.Sequence != before.Sequence {
			t.Errorf("an edit moved the filing from %v, %d to %v, %d", before.Filing.SeenAt, before.Sequence, r.Filing.SeenAt, r.Sequence)
		}
		if w.sent(channel) != 1 {
			t.Errorf("%d messages, want 1", w.sent(channel))
		}
		// The same row again, after a restart and by the other reader: no revision, and nothing is written.
		w.halt()
		w.start()
		w.pass(time.Hour)
		whole, err := os.ReadFile(w.path)
		if err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Hour)
		after, err := os.ReadFile(w.path)
		if err != nil {
			t.Fatal(err)
		}
		if sha256.Sum256(whole) != sha256.Sum256(after) || !bytes.Equal(whole, after) {
			t.Error("a row that is known was written again")
		}
		if r := w.record(1700007); len(r.Edits) != 1 || w.sent(channel) != 1 {
			t.Errorf("%d edits, %d messages after a restart; want 1 and 1", len(r.Edits), w.sent(channel))
		}
	})
}

// An edit while nobody looks is seen at the next start.
func TestEditWhileStopped(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.site.Add(filing(1700007, time.Now()))
		w.pass(35 * time.Second)
		w.halt()
		w.site.Edit(1700007, func(f *kapsim.Filing) { f.Summary = "Sentetik özet, değişik" })
		w.start()
		w.pass(time.Minute)
		if d := cmp.Diff([][]string{{"summary"}}, fields(w.record(1700007))); d != "" {
			t.Errorf("edits (-want +got):\n%s", d)
		}
	})
}

func TestRowThatBecomesACorrectionIsOneMoreAlert(t *testing.T) {
	for _, c := range []struct {
		modify string
		id     string
		mark   string
	}{
		{"DUZELTILEN", "1700007-energy/correction", "DÜZELTME"},
		{"DUZENLENEN", "1700007-energy/update", "GÜNCELLEME"},
	} {
		t.Run(c.modify, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start(func(c *monitor.Config) {
					c.Routes[0].ThreadUpdates = true
					c.Routes = append(c.Routes, monitor.Route{Name: "none", Tickers: []string{"THYAO"}, To: monitor.Target{Slack: other}})
				})
				w.pass(time.Minute)
				w.site.Add(filing(1700007, time.Now()))
				w.pass(35 * time.Second)
				edit := func(summary string) {
					w.site.Edit(1700007, func(f *kapsim.Filing) { f.Modify, f.Summary = c.modify, summary })
					w.pass(35 * time.Second)
				}
				edit("Sentetik 1700007: yeni sözleşme imzalanması (düzeltme)")
				edit("Sentetik 1700007: yeni sözleşme imzalanması (ikinci)") // still the same correction
				w.halt()
				w.start(func(c *monitor.Config) { c.Routes[0].ThreadUpdates = true })
				w.pass(time.Minute)
				posts := w.slack.History(channel)
				if n := w.slack.Count(c.id); n != 1 || w.slack.Count("1700007-energy") != 1 || w.sent(other) != 0 {
					t.Fatalf("%d messages about the change, %d in all", n, len(posts))
				}
				var first, second slacksim.Post
				for _, p := range w.slack.Posts() {
					if p.ID == c.id {
						second = p
					} else if p.ID == "1700007-energy" {
						first = p
					}
				}
				if second.ThreadTS != first.TS || !strings.Contains(second.Text, c.mark) || strings.Contains(first.Text, c.mark) {
					t.Errorf("first %q, then %q in thread %q of %q", first.Text, second.Text, second.ThreadTS, first.TS)
				}
				r := w.record(1700007)
				v := monitor.Verdicts(r, w.m.Routes())
				if len(r.Edits) != 2 || len(v) != 1 || v[0].Verdict != monitor.VerdictSent || !strings.Contains(v[0].Reason, string(r.Filing.Change())) {
					t.Errorf("%d edits, verdicts %+v", len(r.Edits), v)
				}
			})
		})
	}
}

// What waits says the new state when it goes: there is no second message.
func TestCorrectionOfWhatWaitsIsOneMessage(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Times: 1, Status: 429, RetryAfter: "120"})
		w.site.Add(filing(1700007, time.Now()))
		w.pass(35 * time.Second)
		w.site.Edit(1700007, func(f *kapsim.Filing) { f.Modify = "DUZELTILEN" })
		w.pass(5 * time.Minute)
		posts := w.slack.History(channel)
		if len(posts) != 1 || posts[0].ID != "1700007-energy" || !strings.Contains(posts[0].Text, "DÜZELTME") {
			t.Errorf("posts %+v", posts)
		}
	})
}

// An edit may make a filing one that a route wants, or no longer wants.
func TestEditDecidesAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) {
			c.Routes[0].Terms = terms(t, "mutabakat")
			held := route("held", other)
			held.Unless, held.Digest, held.DigestAt = terms(t, "mutabakat"), true, []monitor.Schedule{schedule(t, "0 30 18 * * *")}
			c.Routes = append(c.Routes, held)
		})
		w.pass(time.Minute)
		w.site.Add(filing(1700007, time.Now()))
		w.pass(35 * time.Second)
		if w.sent(channel) != 0 {
			t.Fatal("sent before it was wanted")
		}
		w.site.Edit(1700007, func(f *kapsim.Filing) { f.Summary, f.Modify = "Mutabakat zaptı imzalanması", "DUZELTILEN" })
		w.pass(8 * time.Hour)
		if n := w.slack.Count("1700007-energy"); n != 1 || w.sent(channel) != 1 || w.sent(other) != 0 {
			t.Errorf("%d messages, %d of the route, %d withdrawn ones sent", w.sent(channel), n, w.sent(other))
		}
	})
}

// The text of a corrected row is fetched again; what it says otherwise is an edit too, and the alert waits for it.
func TestCorrectedRowHasItsTextFetchedAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.DetailMode = monitor.DetailsMatched })
		w.pass(time.Minute)
		f := filing(1700007, time.Now())
		f.Detail = &monitor.Detail{Body: "Tutar 31,9 milyon USD olarak belirlenmiştir.", Rows: []monitor.Row{{Label: "Tutar", Value: "31,9"}}}
		w.site.Add(f)
		w.pass(35 * time.Second)
		w.site.Edit(1700007, func(f *kapsim.Filing) {
			f.Modify = "DUZELTILEN"
			f.Detail.Body, f.Detail.Rows = "Tutar 35 milyon USD olarak belirlenmiştir.", []monitor.Row{{Label: "Tutar", Value: "35"}}
		})
		w.pass(time.Minute)
		r := w.record(1700007)
		if d := cmp.Diff([][]string{{"change"}, {"body", "Tutar"}}, fields(r)); d != "" {
			t.Fatalf("edits (-want +got):\n%s", d)
		}
		if r.Edits[1].Reader != monitor.DetailReader || r.Edits[1].Fields[1].Before != "31,9" || r.Edits[1].Fields[1].After != "35" {
			t.Errorf("edit %+v", r.Edits[1])
		}
		if n := w.slack.Count("1700007-energy/correction"); n != 1 || w.sent(channel) != 2 {
			t.Errorf("%d messages about the correction of %d", n, w.sent(channel))
		}
	})
}

func TestWithdrawnFilingIsToldToThoseWhoGotIt(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.DetailMode = monitor.DetailsMatched })
		w.pass(time.Minute)
		f := filing(1700007, time.Now())
		f.Detail = &monitor.Detail{Body: "Sentetik sözleşme."}
		w.site.Add(f)
		w.pass(35 * time.Second)
		w.site.Edit(1700007, func(f *kapsim.Filing) { // the row changes, and the text says why
			f.Attachments++
			f.Detail.Blocked, f.Detail.BlockedDescription = true, "Geri çekilmiştir."
		})
		w.pass(time.Minute)
		posts := w.slack.History(channel)
		if w.slack.Count("1700007-energy/cancel") != 1 || len(posts) != 2 || !strings.Contains(posts[1].Text, "İPTAL") {
			t.Errorf("posts %+v", posts)
		}
	})
}

// A filing of the baseline is never alerted; that it was corrected later is news.
func TestCorrectionOfTheBaseline(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.site.Edit(1700003, func(f *kapsim.Filing) { f.Summary += ", değişik" })
		w.pass(35 * time.Second)
		if r := w.record(1700003); len(r.Edits) != 1 || w.sent(channel) != 0 {
			t.Errorf("%d edits, %d messages; want 1 and 0", len(r.Edits), w.sent(channel))
		}
		w.site.Edit(1700003, func(f *kapsim.Filing) { f.Modify = "DUZELTILEN" })
		w.pass(5 * time.Minute)
		if n := w.slack.Count("1700003-energy/correction"); n != 1 || w.sent(channel) != 1 {
			t.Errorf("%d messages about the correction, %d in all", n, w.sent(channel))
		}
		v := monitor.Verdicts(w.record(1700003), w.m.Routes())[0]
		if v.Verdict != monitor.VerdictBaseline || !strings.Contains(v.Reason, "correction since: sent") {
			t.Errorf("verdict %+v", v)
		}
	})
}

// The page sees less of a filing than the list: neither its rows nor what the list adds to them are edits.
func TestCoarserViewIsNoEdit(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Status(666)})
		f := filing(1700011, time.Now())
		f.Modify, f.Late, f.RuleType, f.Year = "DUZELTILEN", true, "3 Aylık", 2026
		w.site.Add(f)
		w.pass(65 * time.Second)
		w.site.Edit(1700011, func(f *kapsim.Filing) { f.Summary = "Sayfada değişen özet" })
		w.pass(5 * time.Minute)
		if d := cmp.Diff([][]string{{"summary"}}, fields(w.record(1700011))); d != "" {
			t.Errorf("edits seen by the page alone (-want +got):\n%s", d)
		}
		w.site.Clear()
		w.pass(2 * time.Hour)
		r := w.record(1700011)
		if r.Filing.Partial || r.Filing.Change() != monitor.Correction || len(r.Edits) != 1 || w.sent(channel) != 1 {
			t.Errorf("partial %v, %s, edits %v, %d messages", r.Filing.Partial, r.Filing.Change(), fields(r), w.sent(channel))
		}
		w.halt()
		w.start(func(c *monitor.Config) { c.Sources = c.Sources[1:] }) // the page alone
		w.pass(2 * time.Hour)
		if r := w.record(1700011); len(r.Edits) != 1 || len(w.record(1700003).Edits) != 0 {
			t.Errorf("edits %v", fields(r))
		}
	})
}

// An imported filing lacks what the file has no place for; that the list has more is no edit.
func TestImportedFilingThatIsListed(t *testing.T) {
	inWorld(t, func(w *world) {
		f := filing(1700003, begin.Add(-time.Hour))
		v := monitor.NewView(monitor.Record{Filing: f.Filing})
		w.start(func(c *monitor.Config) { c.Schedule = schedule(t, "0 0 13 * * *") })
		if _, err := w.m.Import(t.Context(), []monitor.Filing{v.Filing()}); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Hour)
		if r := w.record(1700003); len(r.Edits) != 0 || r.Filing.Origin != monitor.Import {
			t.Errorf("edits %v, origin %v", fields(r), r.Filing.Origin)
		}
	})
}

// A correction goes into the thread of the filing that it corrects, a later step into that of the first, and both say
// what is otherwise.
func TestThreadAndWhatChanged(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(func(c *monitor.Config) { c.DetailMode, c.Routes[0].ThreadUpdates = monitor.DetailsMatched, true })
		w.pass(time.Minute)
		publish := func(index int64, summary, modify string, d monitor.Detail) monitor.Record {
			f := filing(index, time.Now())
			f.Summary, f.Modify, f.Detail = summary, modify, &d
			w.site.Add(f)
			w.pass(35 * time.Second)
			return w.record(index)
		}
		publish(1700021, "Yeni iş ilişkisi 7", "", monitor.Detail{
			Body: "Şirketimiz ile Örnek Valiliği arasında 500 MW gücündeki Örnek doğal gaz santrali için 31,9 milyon ABD Doları tutarında sözleşme imzalanmıştır.",
			Rows: []monitor.Row{{Label: "Sözleşme Tarihi", Value: "20.11.2026"}},
		})
		second := publish(1700023, "Yeni iş ilişkisi 7", "DUZELTILEN", monitor.Detail{
			Body: "Şirketimiz ile Örnek Valiliği arasında 500 MW gücündeki Örnek doğal gaz santrali için 35 milyon ABD Doları tutarında sözleşme imzalanmıştır.",
			Rows: []monitor.Row{{Label: "Sözleşme Tarihi", Value: "21.11.2026"}}, Correction: true, RelatedIndex: 1700021,
		})
		third := publish(1700025, "Sözleşmenin sona ermesi", "", monitor.Detail{
			Body: "Şirketimiz ile Örnek Valiliği arasında 500 MW gücündeki Örnek doğal gaz santrali için imzalanan sözleşme feshedilmiştir.",
		})
		if d := cmp.Diff([]monitor.Link{{Index: 1700021, Kind: monitor.LinkCorrection, Why: "KAP names it as the related disclosure"}}, second.Links); d != "" {
			t.Errorf("links of the correction (-want +got):\n%s", d)
		}
		if len(third.Links) != 1 || third.Links[0].Index != 1700023 || third.Links[0].Kind != monitor.LinkFollowUp {
			t.Errorf("links of the third step %+v", third.Links)
		}
		if d := cmp.Diff([]int64{1700023}, w.record(1700021).Later); d != "" {
			t.Errorf("what follows the first (-want +got):\n%s", d)
		}
		posts := w.slack.Posts()
		if len(posts) != 3 || posts[0].ThreadTS != "" || posts[1].ThreadTS != posts[0].TS || posts[2].ThreadTS != posts[0].TS {
			t.Fatalf("posts %+v", posts)
		}
		for _, want := range []string{"31,9 milyon ABD Doları → 35 milyon ABD Doları", "Sözleşme Tarihi: ", "20.11.2026 → 21.11.2026"} {
			if !strings.Contains(string(posts[1].Blocks), want) {
				t.Errorf("the correction does not say %q: %s", want, posts[1].Blocks)
			}
		}
		if strings.Contains(string(posts[0].Blocks)+string(posts[2].Blocks), "→") {
			t.Error("a filing that changes none says what changed")
		}
	})
}
