package turkish

import "strings"

// Fold reduces s to the form in which words are compared.
func Fold(s string) string { return strings.ToLower(s) }
