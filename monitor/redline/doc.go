// Package redline compares two texts word by word: what stays, what goes and what comes, so that the second text can
// be rebuilt from the first exactly.
//
// It is pure: texts in, pieces out. A word keeps its inner points, commas and apostrophes, so that 1.234.567,89 and
// 26.04.2024 are replaced whole and never digit by digit. The result is made to be read: a change of two words with a
// blank between them is one change, and texts that have little in common are shown as one replaced by the other. The
// work is bounded for texts of any size; beyond the bound whole sentences, and at last whole texts, are compared.
package redline
