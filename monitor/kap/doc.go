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
//
// The path of an answer: fetch (rate, cookies, redirects, limits; every way of not answering is a
// *monitor.RefusedError) → cut into rows (array, flight) → shape.read, which sorts rows into filings, rows that
// cannot be read, and the case that the source changed (*monitor.DriftError, with the bytes) → harvest, which merges
// by index.
//
// The package never retries, never sleeps except for the rate ceiling, and remembers nothing between two reads but
// cookies, whether a warm-up is due and which fund windows it still owes. When to ask again is the caller's business.
package kap
