// Package notify shows a [monitor.Message] and sends it: to a Slack channel with a bot token, to an incoming
// webhook, or to the terminal. It decides what an answer means, and nothing else: queues, pace, look-ups after a
// lost answer and every second attempt belong to the monitor, which keeps them in the ledger.
//
//	Message ─► card ─┬─► blocks and text ─► chat.postMessage ─► reply ─► judge ─► Outcome
//	                 ├─► blocks and text ─► incoming webhook ─► reply ─► judge ─► Outcome
//	                 └─► lines ─► terminal
//
// # What is shown
//
// A card is laid out once (card.go) in our words for the reader's language (words.go) and the filing's own text.
// Every scraped string is data: scrubbed of what is invisible or moves the cursor, cut at a word (text.go), and put
// where Slack parses nothing, or escaped. Links are built here and lead to www.kap.org.tr. If the card is too large
// for one of Slack's limits, it is laid out again in less space (limits.go).
//
// # What an answer means
//
// Slack has no idempotency key, so an attempt has more ends than two. Sent needs ok and a ts; a refusal needs
// Slack's own name for it (class.go); whatever lies between (time-out, reset, 5xx, HTML, an empty object) is unknown,
// and [Notifier.Find] tells later by the id in the message's metadata. slack-go writes the requests, but its reading
// of the answers is not used: exchange.go holds the answer itself.
//
// # Secrets
//
// A bot token and the URL of a webhook are each a [Secret], which prints as [redacted]. Errors are texts without
// URLs, and repeat nothing that Slack, or what stood in its place, answered, except Slack's own error names.
package notify
