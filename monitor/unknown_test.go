package monitor_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// looks are when the details of one filing were asked for, since a time.
func (w *world) looks(index string, since time.Time) (out []time.Duration) {
	for _, r := range w.site.Requests() {
		if r.Endpoint == kapsim.Detail && strings.HasSuffix(r.Path, "/"+index) {
			out = append(out, r.At.Sub(since).Round(time.Minute))
		}
	}
	return out
}

func hourly(c *monitor.Config) {
	s, err := monitor.ParseSchedule("0 0 * * * *")
	if err != nil {
		panic(err)
	}
	c.Schedule = s
}

// A row that the list shows unreadably is found by its index a minute later, and is as if it had been read.
func TestUnreadableRowIsLookedUp(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(alone)
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Only(1700047, kapsim.NullKey("kapTitle"))})
		w.site.Add(filing(1700047, time.Now()))
		w.pass(time.Minute)
		if n := w.db.Stats().Unknown; n != 1 || w.m.Health().OK() {
			t.Errorf("%d unknown, problems %q", n, w.m.Health().Problems)
		}
		w.pass(time.Minute)
		r := w.record(1700047)
		if n := w.db.Stats().Unknown; n != 0 || !w.m.Health().OK() || w.slack.Count("1700047-energy") != 1 {
			t.Errorf("%d unknown, problems %q, %d messages", n, w.m.Health().Problems, w.slack.Count("1700047-energy"))
		}
		if r.Filing.Company != "AKSA ENERJİ ÜRETİM A.Ş." || r.Filing.Detail == nil || !r.Filing.Partial || r.Filing.Late {
			t.Errorf("recorded %+v", r.Filing)
		}
		w.site.Clear()
		w.pass(time.Minute)
		if r := w.record(1700047); r.Filing.Partial || r.Filing.Reader != "criteria" || len(r.Edits) != 0 || w.sent(channel) != 1 {
			t.Errorf("when the list is well: %+v, %d edits, %d messages", r.Filing, len(r.Edits), w.sent(channel))
		}
	})
}

// What cannot be read anywhere is looked up at 1, 5, 15 and 60 minutes, 6 and 24 hours after it was first seen, across
// restarts, then named once. From then on it is no problem, stays in its receipt, and is still taken when it is mended.
func TestUnknownIsLookedUpThenNamed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(alone, withOps, hourly)
		w.pass(time.Second)
		w.site.Script(kapsim.Trouble{Fault: kapsim.Only(1700047, kapsim.NullKey("publishDate"))})
		w.site.Add(filing(1700047, time.Now()))
		w.pass(time.Hour)
		seen := begin.Add(time.Hour)
		w.pass(2 * time.Hour)
		w.halt() // a look that a restart would forget, and one that it would repeat for ever
		time.Sleep(time.Hour)
		w.start(alone, withOps, hourly)
		if problems := w.m.Health().Problems; len(problems) > 0 {
			t.Log(problems)
		}
		w.pass(19 * time.Hour)
		if h := w.m.Health(); h.OK() || w.db.Stats().Unknown != 1 {
			t.Errorf("before it is named: %d unknown, problems %q", w.db.Stats().Unknown, h.Problems)
		}
		w.pass(3 * time.Hour)
		want := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 24 * time.Hour}
		if diff := cmp.Diff(want, w.looks("1700047", seen)); diff != "" {
			t.Errorf("looks after the first sight (-want +got; the restart was after three hours and looks too):\n%s", diff)
		}
		if h := w.m.Health(); !h.OK() || w.db.Stats().Unknown != 0 {
			t.Errorf("after it is named: %d unknown, problems %q", w.db.Stats().Unknown, h.Problems)
		}
		named := func() int { return len(w.of(other, "filing 1700047, seen by reader criteria")) }
		if named() != 1 {
			t.Errorf("operators were told %d times", named())
		}
		w.halt()
		w.start(alone, withOps, hourly)
		w.pass(2 * time.Hour)
		r, err := w.db.Receipt(seen)
		if err != nil || r.Unknown != 1 || len(r.UnknownIndexes) != 1 || r.UnknownIndexes[0] != 1700047 || r.Listed != r.Recorded+1 {
			t.Errorf("receipt %v %v, %v", r, r.UnknownIndexes, err)
		}
		if h := w.m.Health(); named() != 1 || !h.OK() {
			t.Errorf("hours later it is told %d times, problems %q", named(), h.Problems)
		}
		w.site.Clear()
		w.pass(time.Hour)
		if r, err := w.db.Receipt(seen); err != nil || r.Unknown != 0 || w.slack.Count("1700047-energy") != 1 || w.db.Stats().Unknown != 0 {
			t.Errorf("mended: receipt %v, %v, %d messages", r, err, w.slack.Count("1700047-energy"))
		}
	})
}

// A look finds nothing out while the source is in trouble for all: it is made up for, and nothing is named meanwhile.
func TestOutageNamesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(alone, withOps, hourly)
		w.pass(time.Second)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Only(1700047, kapsim.NullKey("kapTitle")), Times: 1})
		w.site.Add(filing(1700047, time.Now()))
		w.pass(time.Hour)
		w.site.Clear()
		w.site.Script(kapsim.Trouble{Fault: kapsim.Status(503)})
		w.pass(30 * time.Hour)
		if n := w.db.Stats().Unknown; n != 1 || len(w.of(other, "1700047")) != 0 {
			t.Errorf("%d unknown after an outage, named in %q", n, w.of(other, "1700047"))
		}
		w.site.Clear()
		w.pass(5 * time.Minute)
		if w.slack.Count("1700047-energy") != 1 || w.db.Stats().Unknown != 0 {
			t.Errorf("%d messages, %d unknown when the source is back", w.slack.Count("1700047-energy"), w.db.Stats().Unknown)
		}
	})
}

// A row whose index cannot be read is unknown until the list that showed it is well; one that stays is named.
func TestRowWithoutIndexEnds(t *testing.T) {
	for _, mended := range []time.Duration{20 * time.Minute, 5 * time.Hour, 0} {
		t.Run(mended.String(), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start(alone, withOps, hourly)
				w.pass(time.Second)
				w.site.Script(kapsim.Trouble{Fault: kapsim.Only(1700047, kapsim.DropKey("disclosureIndex"))})
				w.site.Add(filing(1700047, time.Now()))
				w.pass(time.Hour)
				if n := w.db.Stats().Unknown; n != 1 {
					t.Fatalf("%d unknown", n)
				}
				if mended != 0 {
					w.pass(mended)
					w.site.Clear()
					w.pass(6 * time.Hour)
					if h := w.m.Health(); w.db.Stats().Unknown != 0 || !h.OK() || w.slack.Count("1700047-energy") != 1 {
						t.Errorf("%d unknown, problems %q, %d messages", w.db.Stats().Unknown, h.Problems, w.slack.Count("1700047-energy"))
					}
					return
				}
				w.pass(25 * time.Hour)
				if h := w.m.Health(); w.db.Stats().Unknown != 0 || !h.OK() || len(w.of(other, "the row sha256-")) != 1 {
					t.Errorf("%d unknown, problems %q, told %q", w.db.Stats().Unknown, h.Problems, w.of(other, "the row"))
				}
				if r, err := w.db.Receipt(begin); err != nil || r.Unknown != 1 || len(r.UnknownIndexes) != 0 {
					t.Errorf("receipt %v, %v", r, err)
				}
			})
		})
	}
}

// A row of history whose index could not be read is history too when a look finds it, also before the first listing.
func TestRowOfHistoryIsNoNews(t *testing.T) {
	for _, first := range []bool{false, true} {
		t.Run(fmt.Sprintf("backfill first %v", first), func(t *testing.T) {
			inWorld(t, func(w *world) {
				if first {
					w.site.Script(kapsim.Trouble{On: kapsim.Page, Fault: kapsim.Status(503)}, kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Status(503), Times: 1})
				}
				w.start(hourly)
				w.pass(time.Second)
				w.site.Add(filing(1600001, ago(10)), filing(1600002, ago(10)))
				w.site.Script(kapsim.Trouble{Fault: kapsim.Only(1600001, kapsim.DropKey("disclosureIndex"))})
				if _, err := w.backfill(w.t.Context(), 10, 10, false); err != nil || w.db.Stats().Unknown != 1 {
					t.Fatalf("backfill: %v, %d unknown", err, w.db.Stats().Unknown)
				}
				w.site.Clear()
				w.pass(10 * time.Minute)
				if r := w.record(1600001); r.Filing.Origin == monitor.Poll || w.db.Stats().Unknown != 0 {
					t.Errorf("origin %v, %d unknown", r.Filing.Origin, w.db.Stats().Unknown)
				}
				w.pass(time.Hour)
				if w.sent(channel) != 0 || w.record(1700003).Filing.Origin != monitor.Baseline {
					t.Errorf("%d messages, %d of them of the baseline, whose origin is %v", w.sent(channel), w.slack.Count("1700003-energy"), w.record(1700003).Filing.Origin)
				}
			})
		})
	}
}

// naming is a filing that corrects another, and says which.
func naming(index, earlier int64) kapsim.Filing {
	f := filing(index, time.Now())
	f.Detail = &monitor.Detail{Correction: true, RelatedIndex: earlier}
	return f
}

// A filing that only a link names is looked up: from before the watch it is history, later it is news, late.
func TestLinkToWhatWasNeverListed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(hourly, func(c *monitor.Config) {
			c.DetailMode, c.CrossCheck = monitor.DetailsMatched, nil // the page would list it
		})
		w.pass(72 * time.Hour)
		w.site.Add(filing(1600001, begin.AddDate(0, 0, -40)), filing(1700005, begin.Add(time.Minute)))
		w.site.Add(naming(1700101, 1600001), naming(1700103, 1700005), naming(1700105, 1700003))
		w.pass(time.Hour + time.Minute)
		if r := w.record(1600001); r.Filing.Origin != monitor.Backfill || len(r.Alerts) != 0 {
			t.Errorf("from before the watch: origin %v, %d alerts", r.Filing.Origin, len(r.Alerts))
		}
		if r := w.record(1700005); r.Filing.Origin != monitor.Poll || !r.Filing.Late || w.slack.Count("1700005-energy") != 1 {
			t.Errorf("never listed: origin %v, late %v, %d messages", r.Filing.Origin, r.Filing.Late, w.slack.Count("1700005-energy"))
		}
		if h := w.m.Health(); w.db.Stats().Unknown != 0 || !h.OK() || w.sent(channel) != 4 {
			t.Errorf("%d unknown, problems %q, %d messages", w.db.Stats().Unknown, h.Problems, w.sent(channel))
		}
	})
}

// A correction whose row could be read only by a look leads to what it corrects all the same.
func TestFoundFilingIsLinked(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(alone)
		w.pass(time.Minute)
		w.site.Script(kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Only(1700047, kapsim.NullKey("kapTitle"))})
		w.site.Add(naming(1700047, 1700003))
		w.pass(3 * time.Minute)
		if r := w.record(1700047); len(r.Links) != 1 || r.Links[0].Index != 1700003 {
			t.Errorf("links %+v", r.Links)
		}
	})
}

// What a link names and the source does not serve is no problem at once, one after ten minutes, and then named. Looks
// that find nothing write nothing.
func TestLinkThatLeadsNowhere(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(withOps, hourly, func(c *monitor.Config) { c.DetailMode = monitor.DetailsMatched })
		w.pass(time.Hour - time.Minute)
		w.site.Add(naming(1700101, 1699999))
		w.pass(5 * time.Minute)
		if h := w.m.Health(); !h.OK() || w.db.Stats().Unknown != 1 {
			t.Errorf("after minutes: %d unknown, problems %q", w.db.Stats().Unknown, h.Problems)
		}
		before, err := os.ReadFile(w.path)
		if err != nil {
			t.Fatal(err)
		}
		w.pass(7 * time.Minute)
		if h := w.m.Health(); h.OK() {
			t.Error("after ten minutes it is no problem")
		}
		w.pass(time.Second)
		if len(w.of(other, "listed nowhere")) != 1 {
			t.Errorf("operators are told %q", w.of(other, "listed nowhere"))
		}
		w.pass(20 * time.Minute)
		settled, err := os.ReadFile(w.path)
		if err != nil {
			t.Fatal(err)
		}
		w.pass(3 * time.Hour)
		after, err := os.ReadFile(w.path)
		if err != nil {
			t.Fatal(err)
		}
		if sha256.Sum256(settled) != sha256.Sum256(after) || sha256.Sum256(before) == sha256.Sum256(settled) {
			t.Error("looks in vain wrote to the file, or the message to operators did not")
		}
		w.pass(21 * time.Hour)
		if h := w.m.Health(); !h.OK() || len(w.of(other, "filing 1699999, seen by reader detail")) != 1 {
			t.Errorf("after a day: problems %q, told %q", h.Problems, w.of(other, "1699999"))
		}
	})
}

// Gaps in the numbering are never asked for.
func TestGapsAreNeverProbed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(hourly)
		w.pass(time.Minute)
		w.site.Add(filing(1700900, time.Now()))
		w.pass(25 * time.Hour)
		if n := w.site.Count(kapsim.Detail); n != 0 || w.db.Stats().Unknown != 0 || !w.m.Health().OK() {
			t.Errorf("%d details asked, %d unknown, problems %q", n, w.db.Stats().Unknown, w.m.Health().Problems)
		}
	})
}

// What retention has dropped is not news again when a later filing names it.
func TestLinkToWhatIsNoLongerKept(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start(hourly, func(c *monitor.Config) {
			c.DetailMode, c.Retention = monitor.DetailsMatched, 48*time.Hour
		})
		w.pass(time.Minute)
		w.site.Add(filing(1700101, time.Now()))
		w.pass(120 * time.Hour)
		if _, ok, err := w.db.Get(1700101); ok || err != nil || w.sent(channel) != 1 {
			t.Fatalf("recorded %v, %v, %d messages", ok, err, w.sent(channel))
		}
		w.site.Add(naming(1700201, 1700101))
		w.pass(2 * time.Hour)
		if n := w.db.Stats().Unknown; n != 0 || w.sent(channel) != 2 || len(w.looks("1700101", begin)) != 2 {
			t.Errorf("%d unknown, %d messages, looked at %v", n, w.sent(channel), w.looks("1700101", begin))
		}
	})
}
