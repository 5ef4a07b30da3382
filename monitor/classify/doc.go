// Package classify tells what a filing is about. It is pure: text and rules in, matches with evidence out.
package classify
