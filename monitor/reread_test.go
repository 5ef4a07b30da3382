package monitor_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
	"kapwatch/notify/slacksim"
)

// upgraded reads what today's readers cannot: the title under another key.
type upgraded struct{ monitor.Rereader }

func mended(b []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte(`"theTitle"`), []byte(`"kapTitle"`)), []byte(`"kapTitle":null`), []byte(`"kapTitle":"AKSA ENERJİ ÜRETİM A.Ş."`))
}

func (u upgraded) Reread(s monitor.Specimen, from time.Time) (monitor.Listing, error) {
	s.Body = mended(s.Body)
	return u.Rereader.Reread(s, from)
}

func (u upgraded) RereadRow(b monitor.BadRow) (monitor.Filing, error) {
	b.Raw = mended(b.Raw)
	return u.Rereader.RereadRow(b)
}

func upgrade(c *monitor.Config) { c.Kept = upgraded{c.Kept} }

func alone(c *monitor.Config) { c.Sources, c.CrossCheck = c.Sources[:1], nil }

// While the list cannot be read its answers are kept. The program that can read them alerts what was news, once and
// marked late, and keeps nothing any longer.
func TestRereadAfterUpgrade(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(alone)
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.RenameKey("kapTitle", "theTitle")})
		w.site.Add(filing(1700009, time.Now()))
		w.pass(5 * time.Minute)
		if got, err := w.m.Reread(w.t.Context()); err != nil || got.Answers == 0 || got.Read != 0 || len(got.Still) != got.Answers {
			t.Errorf("Reread by the same program = %+v, %v", got, err)
		}
		if kept, err := w.db.Specimens(); err != nil || len(kept) != 1 {
			t.Errorf("%d answers kept, %v", len(kept), err)
		}
		w.halt()
		w.site.Clear()
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Status(503)})
		w.start(alone, upgrade)
		w.pass(time.Minute)
		if r := w.record(1700009); r.Filing.Origin != monitor.Poll || w.sent(channel) != 1 || w.slack.Count("1700009-energy") != 1 {
			t.Errorf("origin %v, %d messages; want it alerted once", r.Filing.Origin, w.sent(channel))
		}
		if kept, err := w.db.Specimens(); err != nil || len(kept) > 0 {
			t.Errorf("%d answers kept still, %v", len(kept), err)
		}
		w.site.Clear()
		w.pass(10 * time.Minute)
		if w.sent(channel) != 1 {
			t.Errorf("%d messages when the list can be read again, want 1", w.sent(channel))
		}
	})
}

// A row that could not be read is no longer unknown once it can be; below a newer filing it is late.
func TestRereadRow(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(alone, func(c *monitor.Config) { c.Lookup = nil })
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Only(1700009, kapsim.NullKey("kapTitle"))})
		w.site.Add(filing(1700009, time.Now()))
		w.pass(time.Minute)
		w.site.Add(filing(1700011, time.Now()))
		w.pass(time.Minute)
		if n := w.db.Stats().Unknown; n != 1 {
			t.Fatalf("%d unknown, want 1", n)
		}
		w.halt()
		w.start(alone, upgrade)
		w.pass(time.Minute)
		if r := w.record(1700009); !r.Filing.Late || w.slack.Count("1700009-energy") != 1 || w.db.Stats().Unknown != 0 {
			t.Errorf("late %v, %d messages, %d unknown", r.Filing.Late, w.slack.Count("1700009-energy"), w.db.Stats().Unknown)
		}
		got, err := w.m.Reread(w.t.Context())
		if diff := cmp.Diff(monitor.Rereading{}, got); err != nil || diff != "" {
			t.Errorf("a second time (-want +got):\n%s%v", diff, err)
		}
	})
}

// What belonged to the baseline, or lies further back than polls ask, is recorded and not alerted.
func TestRereadOfHistory(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Minute)
		cursor, err := w.db.Cursor()
		if err != nil {
			t.Fatal(err)
		}
		list := func(f kapsim.Filing) []byte {
			return fmt.Appendf(nil, `[{"disclosureIndex":%d,"publishDate":%q,"kapTitle":"AKSA","subject":"Sentetik","disclosureClass":"ODA","stockCodes":"AKSEN","summary":%q}]`,
				f.Index, f.PublishedAt.Format("02.01.2006 15:04:05"), f.Summary)
		}
		for _, s := range []monitor.Specimen{
			{Reader: "criteria", Reason: "a", SeenAt: cursor.BaselineAt, Body: list(filing(1700005, begin.Add(-time.Hour)))},
			{Reader: "criteria", Reason: "b", SeenAt: begin.Add(time.Minute), Body: list(filing(1600005, begin.AddDate(0, 0, -30)))},
			{Reader: "criteria", Reason: "c", SeenAt: begin.AddDate(0, 1, 0), Body: list(filing(1600007, begin.AddDate(0, 0, 10)))},
			{Reader: "unheard-of", Reason: "d", SeenAt: begin, Body: []byte("[]")},
		} {
			if err := w.db.Keep(s); err != nil {
				t.Fatal(err)
			}
		}
		got, err := w.m.Reread(w.t.Context())
		if err != nil || got.Read != 3 || got.Added != 3 || got.Alerts != 0 || len(got.Still) != 1 {
			t.Errorf("Reread = %+v, %v", got, err)
		}
		for index, want := range map[int64]monitor.Origin{1700005: monitor.Baseline, 1600005: monitor.Baseline, 1600007: monitor.Backfill} {
			if r := w.record(index); r.Filing.Origin != want || len(r.Alerts) > 0 {
				t.Errorf("filing %d: origin %v, %d alerts; want %v and none", index, r.Filing.Origin, len(r.Alerts), want)
			}
		}
	})
}

// told reads kept details as a program that knows their shape.
type told struct {
	monitor.Rereader
	index  int64
	detail monitor.Detail
}

func (r told) RereadDetail([]byte) (int64, monitor.Detail, error) { return r.index, r.detail, nil }

// Reread without a running daemon withdraws what a route no longer wants, too.
func TestRereadAloneWithdraws(t *testing.T) {
	inWorld(t, func(w *world) {
		var c monitor.Config
		w.start(alone, func(now *monitor.Config) {
			now.DetailMode, now.Routes[0].Unless = monitor.DetailsMatched, terms(t, "iptal")
			c = *now
		})
		w.pass(time.Minute)
		w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Error: "is_archived"})
		w.site.Script(kapsim.Trouble{On: kapsim.Detail, Fault: kapsim.Status(503)})
		w.site.Add(filing(1700009, time.Now()))
		w.pass(time.Minute)
		if err := w.db.Keep(monitor.Specimen{Reader: monitor.DetailReader, Reason: "synthetic", Body: []byte("{}"), SeenAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
		if a := w.record(1700009).Alerts; len(a) != 1 || a[0].State != monitor.Blocked {
			t.Fatalf("alerts %+v, want one that waits", a)
		}
		if err := w.stop(); err != nil {
			t.Fatal(err)
		}
		c.Kept = told{c.Kept, 1700009, monitor.Detail{Body: "Sözleşme iptal edilmiştir."}}
		m, err := monitor.New(c, w.db, monitor.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.Reread(w.t.Context()); err != nil || got.Details != 1 {
			t.Errorf("Reread = %+v, %v", got, err)
		}
		if a := w.record(1700009).Alerts; len(a) != 0 {
			t.Errorf("alerts %+v, want it withdrawn", a)
		}
		w.stop = func() error { return nil }
	})
}
