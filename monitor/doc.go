// Package monitor holds the domain's words and the loop.
package monitor
