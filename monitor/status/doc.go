// Package status answers over HTTP: is the daemon well, what was filed, and why was (or was not) someone told.
//
// The path of a request: [Serve] caps connections and their time, the guard in guard.go refuses what may not
// be asked (methods, foreign Host names, missing tokens), one handler reads and checks every parameter (query.go)
// before it touches the ledger, asks the ledger one bounded question, and writes one of the shapes of package
// monitor (View, DetailView) with a strong ETag. Everything that goes wrong is application/problem+json naming the
// parameter at fault (problem.go).
//
// Paths:
//
//	/                       the page for people: health, charts, filings, search and filters; whole without scripts
//	/filings                filings as JSON, newest first, keyset pages
//	/filings/{index}        one filing whole, with one decision per route; HTML for whoever prefers it in Accept
//	/feed.atom /feed.json   the filters of /filings as Atom and as JSON Feed 1.1
//	/events                 filings as they are recorded, as server-sent events
//	/receipts/{yyyy-mm-dd}  the account of one Istanbul day
//	/status                 the daemon's state
//	/livez /readyz /healthz 200 or 503, no token asked
//	/metrics                Prometheus
//	/openapi.json           all of this as OpenAPI 3.1; written by hand, held to the live answers by a test
//
// A stream (events.go) queues nothing: each client has a place in the order of recording and reads the ledger from
// there, woken by [Server.Recorded] or after a second. A slow or absent client so costs one batch at most, and comes
// back to everything that it missed. [Serve] lets streams outlive the time-outs of short answers and ends them first
// when it stops.
//
// The page is drawn here, with html/template (home.go, filingpage.go) and charts as SVG (chart.go) of counts that are
// kept up to date by what is new only (tally.go). Its one script (web/live.js) asks for the page again when the
// stream brings news, and takes over what changed: nothing that a filing says is turned into markup in the browser.
//
// [Server.Control] serves the same over the private unix socket, and besides it the two things that are not for
// everyone: POST /import and GET /export. To add a room, write a handler method in a file of its own and a line in
// [Server.rooms]; the guard, the parameters and the problems are then shared.
//
// The package only reads: through the interface [Ledger], from functions that tell the present health, routes and
// rules, and never from the network. It does not scan: what the ledger cannot answer by an index it must say so
// in Page.Partial, and the answer passes that on.
package status
