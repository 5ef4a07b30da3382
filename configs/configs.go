// Package configs embeds the built-in categories, so that the program is one file. It does nothing else.
// Nobody may change the slice.
package configs

import _ "embed"

// Categories is the built-in categories file, in the form of classify.File.
//
//go:embed categories.yaml
var Categories []byte
