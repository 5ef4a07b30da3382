// Package turkish folds and compares Turkish text for matching.
package turkish
