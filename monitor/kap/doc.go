// Package kap speaks to KAP's public web site: requests in, monitor.Filing values out. It alone knows the site's
// addresses, JSON and HTML; what it knows was seen between May 2025 and October 2026 and carries the month where it
// matters.
//
// One Client is one visitor: one cookie jar, one rate ceiling for everything together, one time limit and one size
// limit for each answer. Three things are asked of it:
//
//   - Criteria reads the JSON list (POST /tr/api/disclosure/members/byCriteria, and funds/byCriteria for the fund
//     types of the configuration). KAP cuts it at 2000 rows and does not say so: the window is then split.
//   - Page reads the HTML list (GET /tr/bildirim-sorgu-sonuc), which says everything twice: in the data of the
//     page's scripts and in a table. Both views are compared each time.
//   - Client.Detail reads what one filing's own page says: text in two languages, flags, form fields, attachments.
//     Client.Filing takes the row from there as well, for a filing that no list shows readably.
//
// The path of an answer: fetch (rate, cookies, redirects, limits; every way of not answering is a
// *monitor.RefusedError) → cut into rows (array, flight) → shape.read, which sorts rows into filings, rows that
// cannot be read, and the case that the source changed (*monitor.DriftError, with the bytes) → harvest, which merges
// by index.
//
// # Look before parsing
//
// A poll brings up to 2000 rows, of which 0 to 5 are new. Each reader has a memory (memory.go): index and hash of the
// rows that it has shown and that are in the ledger (monitor.Listing.Remember). A row whose bytes have the remembered
// length and hash is the remembered row: it is left out, and not even scanned, since where it ends is known. All other
// rows go to goquery and the JSON decoder as ever.
//
//   - The JSON list: split skips known rows and cuts the others, so that rows are counted and cut exactly as without a
//     memory. The cut at 2000 rows is seen on that count, and parts are compared by index, rows left out included.
//   - The page: cutting cuts rows out of the table and objects out of the flight data, by bytes, and compares both
//     views row by row on every read. A row of the table is compared without its number and its date, which must
//     have a form that we know. Everything around the rows (heads, the order of tags, a comment) must be built as it
//     was when the page was last read whole.
//   - What a few rows do not say alone is asked of all of them: whenever a key seems retyped, an index stands twice,
//     the views differ, the page is built otherwise or nothing is known, the answer is read whole as if there were no
//     memory, and that reading decides. The page is read whole every hour in any case.
//
// So a memory costs no filing, no edit, no bad row and no drift: tests hold every answer against a reader without one.
// A row that could not be read, or only with help, is never remembered, hence shown every time. A memory holds no bytes
// of an answer, at most 20,000 rows, and none that ten readings did not list. Answers are read into buffers that are
// lent (desk.go); nothing that leaves the package points into them.
//
// The package never retries, never sleeps except for the rate ceiling, and remembers nothing between two reads but
// known rows, cookies, whether a warm-up is due and which fund windows it still owes. When to ask again is the caller's
// business.
package kap
