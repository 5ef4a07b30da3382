package status

import (
	"fmt"
	"testing"
)

func TestAnswers(t *testing.T) {
	var a answers
	if _, ok := a.get("", 0); ok {
		t.Error("an answer before there is one")
	}
	a.put("q=a", 5, answered{tag: "a5"})
	a.put("q=b", 5, answered{tag: "b5"})
	a.put("q=c", 4, answered{tag: "c4"}) // made before the others, kept late
	for query, want := range map[string]string{"q=a": "a5", "q=b": "b5", "q=c": ""} {
		if x, _ := a.get(query, 5); x.tag != want {
			t.Errorf("get(%q) = %q, want %q", query, x.tag, want)
		}
	}
	if x, ok := a.get("q=a", 6); ok {
		t.Errorf("get = %q after the ledger has changed", x.tag)
	}
	a.put("q=b", 6, answered{tag: "b6"})
	if x, ok := a.get("q=a", 6); ok {
		t.Errorf("get = %q, of an older state", x.tag)
	}
	for i := range 10 * keptAnswers {
		a.put(fmt.Sprint(i), 6, answered{body: make([]byte, keptBytes/32)})
		if len(a.kept) > keptAnswers || a.size > keptBytes {
			t.Fatalf("%d answers of %d bytes are kept", len(a.kept), a.size)
		}
	}
	a.put("big", 6, answered{body: make([]byte, keptBytes)})
	if _, ok := a.get("big", 6); ok {
		t.Error("an answer that is too big is kept")
	}
}
