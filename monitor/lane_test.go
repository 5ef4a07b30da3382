package monitor

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// waitings reads a queue as people write it: "A1 B2! A3" are filings 1, 2 and 3 of companies A, B and A, the second
// urgent. Marks: ! urgent, ~ held, @ of another route, # in a stored digest, * alone, ^ old.
func waitings(s string) []*queued {
	var out []*queued
	for w := range strings.FieldsSeq(s) {
		q := &queued{company: w[:1], Alert: Alert{Route: "r", State: Pending, Urgent: strings.Contains(w, "!"), Attempts: 0}}
		if _, err := fmt.Sscanf(w[1:], "%d", &q.Index); err != nil {
			panic(err)
		}
		q.ID = w[:2]
		q.alone = strings.Contains(w, "*")
		q.old = strings.Contains(w, "^")
		if strings.Contains(w, "~") {
			q.State = Held
		}
		if strings.Contains(w, "@") {
			q.Route = "other"
		}
		if strings.Contains(w, "#") {
			q.Digest = "digest-r-1"
		}
		out = append(out, q)
	}
	return out
}

func spell(qs []*queued) string {
	var ids []string
	for _, q := range qs {
		ids = append(ids, q.ID)
	}
	return strings.Join(ids, " ")
}

func TestUrgentFirst(t *testing.T) {
	for _, x := range []struct{ name, in, want string }{
		{"none", "A1 B2 C3", "A1 B2 C3"},
		{"last", "A1 B2 C3!", "C3 A1 B2"},
		{"behind its company's earlier", "B1 A2 C3 A4!", "A2 A4 B1 C3"},
		{"not with its company's later", "A1! B2 A3", "A1 B2 A3"},
		{"two companies", "C1 A2 B3! A4! B5", "A2 B3 A4 C1 B5"},
	} {
		t.Run(x.name, func(t *testing.T) {
			q := waitings(x.in)
			urgentFirst(q)
			if got := spell(q); got != x.want {
				t.Errorf("urgentFirst(%s) = %s, want %s", x.in, got, x.want)
			}
		})
	}
	note := &queued{Alert: Alert{ID: "N", Urgent: true}}
	q := append(waitings("A1 B2"), note)
	if urgentFirst(q); q[0] != note {
		t.Error("a note to operators does not go first")
	}
}

func TestTogether(t *testing.T) {
	for _, x := range []struct{ name, in, want string }{
		{"one", "A1", "A1"},
		{"five go one by one", "A1 B2 C3 D4 E5", "A1"},
		{"six go together", "A1 B2 C3 D4 E5 F6", "A1 B2 C3 D4 E5 F6"},
		{"six of two routes: those of the first", "A1 B2@ C3 D4@ E5 F6", "A1 C3 E5 F6"},
		{"one behind another route's of its company stays back", "A1 B2@ B3 C4 D5 E6", "A1 C4 D5 E6"},
		{"a stored digest goes again", "A1# B2 A3#", "A1 A3"},
		{"a stored digest is none any more when one came between", "A1# B2 C3 B4#", "A1"},
		{"and goes with it", "A1# B2 C3 B4# D5 E6 F7", "A1 B2 C3 B4 D5 E6 F7"},
		{"and with an urgent one", "A1# A2! A3# B4#", "A1"},
		{"held go together", "A1~ B2~", "A1 B2"},
		{"held take only held along", "A1~ B2 B3~ C4~", "A1 C4"},
		{"a stored digest goes as it was", "A1# B2 C3# D4 E5 F6", "A1 C3"},
		{"a stored digest is no part of another", "A1 B2# C3 D4 E5 F6", "A1 C3 D4 E5 F6"},
		{"old ones go together, fresh ones by themselves", "A1^ B2^ C3", "A1 B2"},
		{"an old one behind a fresh one of its company stays back", "A1^ B2 B3^ C4^", "A1 C4"},
		{"old ones of the first route", "A1^ B2^@ C3^", "A1 C3"},
		{"a single old one", "A1^ B2", "A1"},
		{"alone", "A1* B2* C3 D4 E5 F6", "A1"},
		{"alone is no part of a digest", "A1 B2* C3 D4 E5 F6", "A1 C3 D4 E5 F6"},
	} {
		t.Run(x.name, func(t *testing.T) {
			if got := spell(together(waitings(x.in))); got != x.want {
				t.Errorf("together(%s) = %s, want %s", x.in, got, x.want)
			}
		})
	}
	var many []*queued
	for i := range int64(50) {
		many = append(many, &queued{company: fmt.Sprint(i % 7), Alert: Alert{Index: i + 1, Route: "r", State: Pending}})
	}
	if n := len(together(many)); n != digestMost {
		t.Errorf("a digest of %d", n)
	}
}

// always is a schedule that is next due at one time.
type always time.Time

func (a always) Next(time.Time) time.Time { return time.Time(a) }

func TestNext(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, Istanbul)
	day := func(d int) []Schedule { return []Schedule{always(now.AddDate(0, 0, d))} }
	routes := map[string]*Route{"r": {Name: "r", Digest: true, DigestAt: day(1)}, "other": {Name: "other", Digest: true, DigestAt: day(1)}}
	for _, x := range []struct {
		name, in string
		change   func(l *lane, q []*queued)
		want     string
		wait     time.Duration
	}{
		{"nothing", "", nil, "", time.Hour},
		{"one", "A1", nil, "A1", 0},
		{"paced", "A1", func(l *lane, _ []*queued) { l.notBefore = now.Add(time.Second) }, "", time.Second},
		{"parked", "A1", func(l *lane, _ []*queued) { l.parked, l.retryAt = "x", now.Add(time.Minute) }, "", time.Minute},
		{"parked, tried again", "A1", func(l *lane, _ []*queued) { l.parked, l.retryAt = "x", now }, "A1", 0},
		{"an open intent goes first", "A1 B2", func(_ *lane, q []*queued) { q[1].IntendedAt = now }, "B2", 0},
		{"an open intent that was told to wait stops the lane", "A1 B2", func(_ *lane, q []*queued) {
			q[1].IntendedAt, q[1].DueAt = now, now.Add(time.Minute)
		}, "", time.Second},
		{"the whole of an intended digest", "A1# B2 C3#", func(_ *lane, q []*queued) { q[0].IntendedAt, q[2].IntendedAt = now, now }, "A1 C3", 0},
		{"a stored digest of which one waits", "A1# B2 C3#", func(_ *lane, q []*queued) { q[2].hold = now.Add(time.Minute) }, "A1", 0},
		{"its company's earlier is not due", "A1 A2 B3", func(_ *lane, q []*queued) { q[0].DueAt = now.Add(time.Minute) }, "B3", 0},
		{"its company's earlier waits for a detail", "A1 A2", func(_ *lane, q []*queued) { q[0].hold = now.Add(time.Minute) }, "", time.Second},
		{"its company's earlier is held", "A1~ A2", func(_ *lane, q []*queued) { q[0].DueAt = now.Add(time.Hour) }, "A2", 0},
		{"due long after the longest pause: the clock was set back", "A1", func(_ *lane, q []*queued) { q[0].DueAt = now.Add(24 * time.Hour) }, "A1", 0},
		{"held long", "A1~", func(_ *lane, q []*queued) { q[0].DueAt = now.Add(24 * time.Hour) }, "", time.Second},
		{"refused is set aside", "A1 A2", func(_ *lane, q []*queued) { q[0].refused = true }, "A2", 0},
		{"of a route that is gone", "A1 B2", func(_ *lane, q []*queued) { q[0].Route = "gone" }, "B2", 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			l := &lane{queue: waitings(x.in)}
			if x.change != nil {
				x.change(l, l.queue)
			}
			got, wait := l.next(now, now, routes)
			if spell(got) != x.want || wait != x.wait {
				t.Errorf("next(%s) = %q after %v, want %q after %v", x.in, spell(got), wait, x.want, x.wait)
			}
		})
	}
}

// A stored digest of which nothing can go yet stays one.
func TestStoredDigestWaitsWhole(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, Istanbul)
	l := &lane{queue: waitings("A1# B2# C3# D4")}
	for _, q := range l.queue[:3] {
		q.DueAt = now.Add(time.Minute)
	}
	routes := map[string]*Route{"r": {Name: "r"}}
	if got, _ := l.next(now, now, routes); spell(got) != "D4" {
		t.Errorf("first %q", spell(got))
	}
	later := now.Add(time.Minute)
	if got, _ := l.next(later, later, routes); spell(got) != "A1 B2 C3" {
		t.Errorf("then %q", spell(got))
	}
}

func TestLaneKeepsPublicationOrder(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, Istanbul)
	l := &lane{}
	for _, i := range []int64{5, 1, 9, 3, 7} {
		l.add(&queued{Alert: Alert{ID: fmt.Sprint(i), Index: i}, published: at.Add(time.Duration(i/4) * time.Minute)})
	}
	if !slices.IsSortedFunc(l.queue, func(a, b *queued) int { return int(a.Index - b.Index) }) {
		t.Errorf("queue %s", spell(l.queue))
	}
}
