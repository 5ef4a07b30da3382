//go:build e2e

package main

import (
	"net/http"
	"time"

	"kapwatch/notify/slacksim"
)

// slackFaults are what Slack does. The two routes that send to one channel stand in every world.
var slackFaults = []fault{
	{"Slack: 503 for long", 1, 2, 1, nil, slackDown},
	{"Slack: answer lost after the message was stored", 1, 5, 1, nil, lostAnswers},
	{"Slack: no answer in time, stored or not", 0, 2, 1, nil, slackBy(slacksim.Trouble{Accept: true, Hang: true, Times: 1}, slacksim.Trouble{Hang: true, Times: 1})},
	{"Slack: 429, all kinds of Retry-After", 1, 5, 1, nil, slackBy(
		slacksim.Trouble{Status: 429, RetryAfter: "1", Times: 3}, slacksim.Trouble{Status: 429, RetryAfter: "3", Times: 2}, slacksim.Trouble{Status: 429, Times: 2},
		slacksim.Trouble{Status: 429, RetryAfter: "soon", Times: 2}, slacksim.Trouble{Status: 429, RetryAfter: "-1", Times: 2},
		slacksim.Trouble{Status: 429, RetryAfter: "Wed, 21 Oct 2015 07:28:00 GMT", Times: 2})},
	{"Slack: ok:false, route parked", 1, 5, 1, nil, parked},
	{"Slack: message refused as malformed", 1, 10, 1, nil, slackBy(
		slacksim.Trouble{Method: "chat.postMessage", Error: "msg_too_long", Times: 1}, slacksim.Trouble{Method: "chat.postMessage", Error: "invalid_blocks", Times: 1})},
	{"Slack: HTML with 200, 200 MB error body", 1, 5, 1, nil, slackBy(
		slacksim.Trouble{Body: "<html>Down for maintenance</html>", Times: 2}, slacksim.Trouble{Status: 500, Flood: 200 << 20, Times: 2})},
}

// slackBy strikes with each trouble in turn, for the first posts of what is published.
func slackBy(troubles ...slacksim.Trouble) func(*world, int) {
	return func(w *world, runs int) {
		w.begin()
		for range runs {
			for _, t := range troubles {
				w.slack.Trouble(t)
				if t.Error == "" && t.Status != http.StatusTooManyRequests {
					w.unclear += t.Times // Slack has not said that it refused it
				}
				w.publish(6)
				w.settle()
				w.modest()
				w.slack.Clear() // what did not strike
				w.tally.runs++
			}
		}
		w.check()
	}
}

// lostAnswers are messages that stand in the channel, or in the webhook's, though nobody said so.
func lostAnswers(w *world, runs int) {
	w.begin()
	for range runs {
		for _, t := range []slacksim.Trouble{{Break: true}, {Status: 500}, {Status: 200, Body: `{"ok":true}`, Cut: 6}, {Status: 503, Body: "<html>"}} {
			t.Accept = true
			t.Method, t.Times = "chat.postMessage", 2
			w.slack.Trouble(t)
			t.Method, t.Times = "webhook", 1
			w.slack.Trouble(t)
			w.unclear++
			w.publish(6)
			w.settle()
			w.slack.Clear()
			w.tally.runs++
		}
	}
	w.check()
}

// slackDown is half a day of 503, scaled: what piles up comes afterwards in order, grouped.
func slackDown(w *world, runs int) {
	w.begin()
	for range runs {
		w.slack.Trouble(slacksim.Trouble{Status: 503})
		w.unclear++ // to the webhook's sender 503 does not say that the message was refused
		for range scaled(8, 90) {
			w.publish(12)
			time.Sleep(time.Second)
		}
		w.slack.Clear()
		begun := time.Now()
		if !within(6*time.Minute, w.settled) { // up to five minutes of back-off
			w.t.Errorf("not everything was sent within 6 minutes: %+v", w.told())
		}
		w.t.Logf("%d alerts were sent %v after Slack was back", len(w.listed)*3/4, time.Since(begun).Round(time.Second))
		w.tally.runs++
	}
	w.check()
}

// parked channels wait for somebody to do something: the others go on, nothing is lost, and a reload tries again.
func parked(w *world, runs int) {
	w.begin()
	for range runs {
		for _, name := range []string{"channel_not_found", "is_archived", "not_in_channel", "invalid_auth", "token_revoked"} {
			w.slack.Trouble(slacksim.Trouble{Method: "chat.postMessage", Channel: "C0000ENERGY", Error: name})
			w.publish(4)
			w.degraded("is blocked")
			before := len(w.slack.History("C0000STEEL"))
			w.publish(4) // one of them for the other channel
			w.until("the other channel goes on", func() bool { return len(w.slack.History("C0000STEEL")) > before })
			if w.told().Alerts.Blocked == 0 {
				w.t.Errorf("%s: nothing is blocked any more", name)
			}
			w.slack.Clear()
			w.reload()
			w.settle()
			w.tally.runs++
		}
	}
	w.check()
}
