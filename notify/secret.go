package notify

import (
	"fmt"
	"io"
	"log/slog"
)

// redacted is what a secret looks like wherever it is printed.
const redacted = "[redacted]"

// Secret is a password: a bot token, or the URL of an incoming webhook. However it is printed, logged or marshalled
// it says [redacted], also as a field of something that is; only Reveal gives it away. The zero value is no secret
// and prints as nothing.
type Secret struct {
	// A function, because fmt prints the unexported fields of a struct without asking their methods.
	reveal func() string
}

// NewSecret keeps s. An empty s gives the zero Secret.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{func() string { return s }}
}

// Reveal returns the secret itself.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// String implements fmt.Stringer.
func (s Secret) String() string {
	if s.reveal == nil {
		return ""
	}
	return redacted
}

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return s.String() }

// Format implements fmt.Formatter, for every verb.
func (s Secret) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, s.String()) // fmt keeps no error of a Formatter
}

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler, and so serves JSON and YAML too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
