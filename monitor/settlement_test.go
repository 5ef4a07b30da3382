package monitor

import (
	"errors"
	"testing"
	"time"
)

// What a post is followed by: the channel's pace, what the receiver told within bounds, or a back-off with full jitter;
// for the whole workspace when that is what was limited, and never for another receiver.
func TestPause(t *testing.T) {
	const pace = 1050 * time.Millisecond
	var l, second, hook *lane
	ask := func(o Outcome, attempts int) time.Duration {
		m := &Monitor{lanes: map[string]*lane{}, wake: make(chan struct{}, 1), pace: pace, now: time.Now}
		l, second, hook = m.lane("slack:C1"), m.lane("slack:C2"), m.lane("webhook:x")
		if o.Result != ResultSent {
			o.Err = errors.New("x")
		}
		return m.pause(l, []*queued{{Alert: Alert{Attempts: attempts}}}, o)
	}
	for _, x := range []struct {
		name      string
		o         Outcome
		want      time.Duration
		workspace bool
	}{
		{"sent", Outcome{Result: ResultSent}, pace, false},
		{"told 30 s", Outcome{Result: ResultLater, RetryAfter: 30 * time.Second}, 30 * time.Second, false},
		{"told nearly nothing", Outcome{Result: ResultLater, RetryAfter: time.Millisecond}, time.Second, false},
		{"told a day", Outcome{Result: ResultLater, RetryAfter: 24 * time.Hour}, time.Hour, false},
		{"the whole workspace", Outcome{Result: ResultLater, RetryAfter: time.Minute, Workspace: true}, time.Minute, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			if got := ask(x.o, 1); got != x.want {
				t.Errorf("pause %v, want %v", got, x.want)
			}
			if l.notBefore.IsZero() || second.notBefore.IsZero() == x.workspace || !hook.notBefore.IsZero() {
				t.Errorf("not before %v in its channel, %v in the other, %v at the webhook", l.notBefore, second.notBefore, hook.notBefore)
			}
		})
	}
	low, high := time.Hour, time.Duration(0)
	for range 500 {
		d := ask(Outcome{Result: ResultLater}, 5) // 64 s at most
		low, high = min(low, d), max(high, d)
	}
	if low < pace || low > 10*time.Second || high < 54*time.Second || high > 64*time.Second {
		t.Errorf("500 back-offs lie between %v and %v, want them all over 0 s to 64 s", low, high)
	}
	for range 100 {
		if d := ask(Outcome{Result: ResultUnknown}, 60); d > laterMost {
			t.Fatalf("a back-off of %v", d)
		}
	}
}
