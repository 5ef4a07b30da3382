package monitor

import (
	"kapwatch/monitor/classify"
)

// Language is one of the two languages that labels and filings come in.
type Language string

// The languages.
const (
	Turkish Language = "tr"
	English Language = "en"
)

// Route says who wants what, where. Routes keep the order of the configuration file: of two routes of one
// channel that want a filing, the first sends it.
type Route struct {
	Name          string
	Tickers       []string        // whole codes; empty = all
	Categories    []string        // empty = all except routine ones
	Terms         []classify.Term // at least one must match; empty = no condition
	Unless        []classify.Term // none may match
	Classes       []string        // FR, ODA, DG, DUY, FON; empty = all
	MaxTickers    int             // a filing naming more codes is market-wide noise; 0 = no limit
	Language      Language
	To            Target
	Digest        bool       // hold and send together at the times of DigestAt
	DigestAt      []Schedule // when what is held goes out
	Quiet         Quiet      // the zero value never holds
	ThreadUpdates bool       // a correction goes into the thread of the filing it names
	OperatorsOnly bool       // takes no filings, only what concerns operators
}

// Target is where a route's messages go. Exactly one of the three is set.
type Target struct {
	Slack    string // channel id, with the bot token
	Webhook  string // file that holds the secret URL of an incoming webhook
	Terminal bool
}

// Channel names the queue that a target's messages share. It never holds a secret.
func (t Target) Channel() string {
	switch {
	case t.Slack != "":
		return "slack:" + t.Slack
	case t.Webhook != "":
		return "webhook:" + t.Webhook
	}
	return "terminal"
}
