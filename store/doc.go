// Package store keeps the ledger: every filing, what was decided about it, and the alerts that are owed, in one
// bbolt file that one process writes.
//
// # The path of data
//
// Record takes the news of one poll and writes it in one transaction: filings with sequence and decisions, alerts,
// unreadable rows, the cursor and the counters. It first asks a set in memory what is new, so a poll without news
// opens no write transaction and syncs nothing. Amend replaces a filing when its detail arrives or the source shows
// it otherwise; what it said before is kept as an edit, and a link to an earlier filing is known from both ends
// (edit.go). Intend, Settle and Notes keep the alerts. Find, Each, Since, Get and Receipt read.
//
// What was seen and is not recorded, and answers of unknown shape, are kept with their bytes until they can be read
// (bad.go); the days that a backfill has read whole are a set of ranges (history.go). Save and Restore copy a ledger,
// checked (copy.go).
//
// A record is a version byte, varints and strings, and a CRC-32C (codec.go); what many records share (titles,
// forms, codes, terms) stands once in a dictionary (names.go). The top of schema.go lists every bucket and key.
//
// Receipts are counted from the records. The first change after a day's time has come writes down what its receipt
// was (seal.go), and every later change of a count is an amendment that says by how much: Verify adds them up.
//
// # The search index
//
// The newest filings, up to 16,384, are indexed in memory, so that a commit writes records only; after a start
// that part is rebuilt from the records when it is first needed. When it is full it is written as a segment: its
// filings sorted by (published, index), and for each term the ranks of those that have it. A segment never
// changes. A filing that is amended is indexed anew in memory, and every write of a record has a number of its own
// that index and record must agree on, so that what a segment says of the filing's earlier state is passed over.
// A query walks the segments in the order of time, combines bitmaps, and ends when no segment can have anything
// earlier: it hardly reads a record that it does not answer with. It has a bound on its work; where the lists alone
// would be more, it reads a few records instead, so that each answer comes further and none scans.
//
// Eight small segments become one of some 130,000 filings, in short transactions beside the polls (merge.go), so that
// a rare word is looked for in about twenty places among 1.6 million filings. A program that cuts or folds words
// otherwise than the one before it makes the segments anew in the same way, a piece at a time (upkeep.go): what is
// not yet done answers as it was, and an interruption costs one piece.
//
// # Faults
//
// A commit that fails for lack of space leaves the file at the last transaction and may be tried again
// (monitor.ErrFull). After any other failed commit only the file knows what it holds, so the DB refuses to write
// from then on and the process must end. Bytes that are not what was written are ErrCorrupt, never an answer.
//
// # A second implementation
//
// What the loop needs is monitor.Ledger and monitor.Outbox; a distributed store that stands in for DB must promise
// this much:
//   - each method that writes is one atomic, durable step, and Record's is conditional on the index not being
//     there: of two writers that bring the same filing one adds it, and only that one's alerts exist;
//   - sequences ascend in commit order, so that a reader who has seen n can ask for what came after n;
//   - one writer at a time by a lease with a fencing token that each write carries: a lock alone lets a paused
//     process write after it has lost it;
//   - reads by the writer see its own writes; other readers may lag, but see batches whole;
//   - an answer that was lost is ambiguous and is said so, never retried blindly.
//
// The package does no network, knows no schedule, and logs nothing inside a transaction.
package store
