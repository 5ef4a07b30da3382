package notify_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"kapwatch/notify"
)

func TestSecret(t *testing.T) {
	s := notify.NewSecret(token)
	if s.Reveal() != token {
		t.Errorf("Reveal = %q", s.Reveal())
	}
	type nested struct {
		Shown  notify.Secret
		hidden notify.Secret
	}
	b, err := json.Marshal(nested{s, s})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "secret", s, "config", nested{s, s})
	for _, out := range []string{
		s.String(), s.GoString(), fmt.Sprintf("%s %v %+v %#v %q %d %x", s, s, s, s, s, s, s), string(b), log.String(),
		fmt.Sprintf("%v %+v %#v", nested{s, s}, nested{s, s}, &nested{s, s}),
	} {
		keepsSecrets(t, out)
		if !strings.Contains(out, "[redacted]") {
			t.Errorf("printed %q", out)
		}
	}
	if zero := notify.NewSecret(""); zero.String() != "" || zero.Reveal() != "" {
		t.Errorf("zero secret prints %q", zero)
	}
}
