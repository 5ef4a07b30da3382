// Package configs embeds the built-in categories and the calendar, so that the program is one file. It does nothing else.
// Nobody may change the slices.
package configs

import _ "embed"

// Categories is the built-in categories file, in the form of classify.File.
//
//go:embed categories.yaml
var Categories []byte

// Calendar is the exchange's holidays and half days, in the form of monitor.CalendarFile.
//
//go:embed calendar.yaml
var Calendar []byte
