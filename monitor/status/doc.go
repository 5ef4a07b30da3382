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
//	/                       the page: health, filings, search and filters; for people, without scripts
//	/filings                filings as JSON, newest first, keyset pages
//	/filings/{index}        one filing whole, with one decision per route; HTML for whoever prefers it in Accept
//	/receipts/{yyyy-mm-dd}  the account of one Istanbul day
//	/status                 the daemon's state
//	/livez /readyz /healthz 200 or 503, no token asked
//	/metrics                Prometheus
//
// [Server.Control] serves the same over the private unix socket, and besides it the two things that are not for
// everyone: POST /import and GET /export. To add a room, write a handler method in a file of its own and a line in
// [Server.public]; the guard, the parameters and the problems are then shared.
//
// The package only reads: through the interface [Ledger], from functions that tell the present health, routes and
// rules, and never from the network. It does not scan: what the ledger cannot answer by an index it must say so
// in Page.Partial, and the answer passes that on.
package status
