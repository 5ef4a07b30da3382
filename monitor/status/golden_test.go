package status_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite golden files")

// What the endpoint says of the AKSEN memorandum, in every shape.
func TestGoldenAKSEN(t *testing.T) {
	const file = "testdata/aksen.txtar"
	w := newWorld(t)
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, golden := range archive.Files {
		var indented bytes.Buffer
		res := w.get(t, golden.Name)
		wantStatus(t, res, 200)
		if err := json.Indent(&indented, []byte(text(t, res)), "", "  "); err != nil {
			t.Fatal(err)
		}
		if *update {
			archive.Files[i].Data = indented.Bytes()
			continue
		}
		if diff := cmp.Diff(string(golden.Data), indented.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", golden.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
