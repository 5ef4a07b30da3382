package monitor

// Link leads from a filing to an earlier one on the same matter.
type Link struct {
	Index int64 // the earlier filing; the ledger may lack it
	Kind  LinkKind
	Why   string // a sentence
}

// LinkKind says what the later filing does to the earlier one.
type LinkKind string

// The kinds of links.
const (
	LinkUpdate     LinkKind = "update"
	LinkCorrection LinkKind = "correction"
	LinkCancel     LinkKind = "cancel"
	LinkFollowUp   LinkKind = "follow_up" // a later step in the same matter
)
