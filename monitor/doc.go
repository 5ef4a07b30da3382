// Package monitor holds the domain's words (Filing, Route, Decision, Alert, Receipt) and the loop that turns a
// listing into alerts. This page is the architecture document of kapwatch.
//
// # The promise
//
// Never miss, never repeat, explain. Every filing that the source lists is recorded, whatever crashes; one message
// goes out per filing and channel, across restarts, retries and lost answers; and for every filing and route there
// is exactly one answer to "why did I (not) get this?".
//
// # The straight line
//
//	tick ─► kap.List ─► parse ─► unseen? ─► classify ─► store.Record (filings + pending alerts + cursor: ONE transaction)
//	                                                          │
//	                            status (read only) ◄── store ─┴─► pending ─► notify ─► store.Settle
//
// A tick (tick.go) comes from robfig/cron in Istanbul's time; a watchdog on the monotonic clock polls when cron
// stays silent. A poll (poll.go) asks one [Source] for a [Window] of days and asks the [Ledger] which of the listed
// indexes it lacks: a filing is new if its index is not recorded, never because it is above a mark. New filings are
// classified (package classify) and every [Route] decides (entry.go); filings, decisions, alerts and cursor are
// recorded in one transaction. A quiet poll writes nothing and syncs nothing.
//
// Alerts leave through one lane per channel (lane.go, deliver.go): an intent is written before each post and the
// outcome after it. A post has three ends, not two: sent, known not to be posted, and unknown. What is unknown is
// looked up in the channel's history before it is sent again, and so is what a crash left between intent and
// outcome. Of two routes of one channel the first sends; when it goes, the next takes over what waits (handover.go).
//
// A filing's detail (detail.go) is fetched after it is recorded, since recording must not wait. An alert waits for
// it five seconds at most; what comes later leads to the one re-decision, in which a route that now wants the
// filing gets it and nothing already sent is repeated.
//
// A decision is kept as one sentence. What it rests on and what would have changed it is found again in the text when
// somebody looks (ground.go, explain.go), so that it is told as the route reads now and costs a record nothing. Replay
// (replay.go) lets another configuration decide on what is recorded, and counts the difference.
//
// A row that is listed again under a known index and says otherwise is an edit (edit.go), and so is another text of a
// detail that was fetched before: what it said is kept as a revision, and the filing is classified and decided again.
// That is no second alert, unless the filing became an update, a correction or a withdrawal: then one more, to those
// who got it, in the thread of the first. A filing of the baseline is never alerted, but what it becomes later is news;
// of what was imported or fetched as history nothing is told.
//
// A filing that changes an earlier one, or takes its matter further, is linked to it where that is certain (link.go,
// deal.go), goes into the thread of the matter's first message, and is told with what it says otherwise (compare.go,
// package redline). A later filing of the same company stands alone unless both name the same other side, the same
// project, and the same amount or date.
//
// Days gone by are read on request (backfill.go), a day at a time between two polls, and are never alerted. What a
// reader cannot read is kept, and read again by the program after it (reread.go).
//
// # Nothing seen is lost
//
// Whatever a reader, a cross-check, a detail's link or a later look has positively seen is in the ledger, or among the
// unknown ones (unknown.go) with the time of its first sight and the reason. Those are looked up by their index, or in
// the list of their days, at 1, 5, 15 and 60 minutes, 6 and 24 hours, and then named to the operators. A gap in the
// numbering has been seen by nobody: it is never asked for.
//
// # The packages
//
//	cmd/kapwatch ─┬─► store ──────────┐
//	              ├─► notify ─────────┼─► monitor ─┬► monitor/classify ──► monitor/turkish
//	              ├─► monitor/kap ────┤
//	              └─► monitor/status ─┘             └► monitor/redline
//
//	                                        monitor imports none of the four; the four never import each other.
//
// monitor/kap reads the source, and monitor/kap/kapsim is a source to test against. notify speaks to Slack, and
// notify/slacksim is a Slack to test against. store is the ledger on bbolt; a ledger on a distributed store could
// stand beside it behind the same interfaces (ledger.go). A test in cmd/kapwatch holds the arrows.
//
// # Trouble
//
// What is remote and may pass is retried and shown in [Health]; operators get one message when it starts to matter
// and one when it is over, whatever restarts lie in between (trouble.go). A full disk is waited out, and nothing is
// sent that is not recorded. Any other error of a write is ambiguous, since the commit may or may not have happened:
// [Monitor.Run] ends, systemd restarts the process, and the truth is read from the file. A panic of a reader is an answer
// of a shape that we do not know, and a panic over one filing's words costs that filing or message only: it is unknown, or
// set aside, and operators are told. A panic while the ledger is written ends the run.
//
// # Time
//
// Two clocks are kept apart. What is told (in alerts, windows, receipts, due times) follows Options.Now, so that a
// demo can tell another day. What is waited for (pace, back-off, holds, the watchdog) follows the machine's
// monotonic clock, so that a stepped or simulated clock delays nothing.
package monitor
