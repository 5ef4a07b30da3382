package monitor

import "time"

// Edit is a change of a recorded filing under its own index: what it said before, and what it says since.
type Edit struct {
	At     time.Time // when the change was seen
	Reader string    // who saw it: the list's reader, or "detail"
	Fields []FieldEdit
}

// FieldEdit is one field of an Edit. The field is named as in the public JSON.
type FieldEdit struct{ Field, Before, After string }
