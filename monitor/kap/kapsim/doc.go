// Package kapsim is a KAP that runs in process or on loopback. It plays an archive of filings in the wire formats
// of the public site (www.kap.org.tr, as seen May 2025 to October 2026) and misbehaves on request. The demo and
// every test that needs a source use it.
//
// It is an encoder of its own: it shares no code with the reader in monitor/kap, so that a wrong idea of the format
// on one side shows up on the other.
//
// # The path of a request
//
//	ServeHTTP ─► recorded ─► trouble? ─► route ─► world (what is visible now) ─► encoder ─► fault's hooks ─► sent
//
// The world is an [Archive] that can be changed while it runs: [Server.Add], [Server.Edit], [Server.Remove]. A
// filing is listed once [Options.Now] has reached its publish time (and its VisibleAt, for a late arrival). Trouble
// is scripted with [Server.Script]: a [Fault] on an [Endpoint], for some requests or some time. What was asked is
// kept in [Server.Requests]; a path that KAP does not have is answered 404 and recorded as [Other], so that a test
// can fail on it.
//
// [Server] is an http.Handler for httptest or a listener on 127.0.0.1; [Server.Transport] serves one host in
// process, also inside a testing/synctest bubble, where a real listener would hang.
//
// # What it plays
//
// [Day] is a synthetic Friday, 26 April 2024, for the demo; [Stream] and [Generate] make any number of filings;
// [ReadArchive] reads a file. All texts are our own wording: every company, ticker, person and number is invented,
// except that AKSA ENERJİ ÜRETİM A.Ş. (AKSEN), AKSA AKRİLİK KİMYA SANAYİİ A.Ş. (AKSA), the exchange and KAP itself
// (with its test company) keep their real names.
// AKSEN's memorandum of understanding retells a public fact of that day, for its original text is not at hand.
// Nothing in here is a real filing.
//
// # What it does not do
//
// It has no list/main, no company list, no Excel export and no old site; those paths are 404. Filters that the sources
// disagree about are either honoured (class, member type, member) or answered as the site is said to answer (a
// subject list gives nothing); [Options.IgnoreFilters] ignores the former in silence instead. Fund filings stand in the
// funds list only; whether the real page shows them is not known. Answers are never compressed but by [Bomb].
package kapsim
