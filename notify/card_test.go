package notify_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"kapwatch/monitor"
	"kapwatch/notify/slacksim"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Each archive holds a message and how it looks everywhere: the text and blocks as Slack takes them, the plain text
// that is sent when Slack refuses the blocks, and the terminal.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("golden files: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var m monitor.Message
			if err := json.Unmarshal(ar.Files[0].Data, &m); err != nil {
				t.Fatal(err)
			}
			got := show(t, m)
			if *update {
				ar.Files = append(ar.Files[:1], got...)
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(ar.Files[1:], got); diff != "" {
				t.Errorf("rendering differs (-want +got):\n%s", diff)
			}
		})
	}
}

// show sends m to every kind of target.
func show(t *testing.T, m monitor.Message) (files []txtar.File) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		send := func(target monitor.Target) {
			m := m
			m.Route.To = target
			if o := w.notify(m); o.Result != monitor.ResultSent {
				t.Fatalf("Notify = %+v", o)
			}
		}
		send(m.Route.To)
		w.slack.Trouble(slacksim.Trouble{Error: "invalid_blocks", Times: 1})
		send(m.Route.To)
		send(monitor.Target{Webhook: "webhook"})
		send(monitor.Target{Terminal: true})
		posts := w.slack.History(channel)
		if diff := cmp.Diff([]string{posts[0].Text, indent(t, posts[0].Blocks)}, []string{posts[2].Text, indent(t, posts[2].Blocks)}); diff != "" {
			t.Errorf("the webhook gets another message: %s", diff)
		}
		files = []txtar.File{
			{Name: "text", Data: []byte(posts[0].Text + "\n")},
			{Name: "metadata.json", Data: []byte(string(posts[0].Metadata) + "\n")},
			{Name: "blocks.json", Data: []byte(indent(t, posts[0].Blocks) + "\n")},
			{Name: "plain", Data: []byte(posts[1].Text + "\n")},
			{Name: "terminal", Data: w.screen.Bytes()},
		}
	})
	return files
}

func TestText(t *testing.T) {
	item := func(change func(*monitor.Item)) monitor.Item {
		it := aksen()
		change(&it)
		return it
	}
	for _, tt := range []struct {
		name string
		item monitor.Item
		want string
	}{
		{"the memorandum", aksen(), "AKSEN · MoU, bağlayıcı değil · 500 MW · Kazakistan · 18:05"},
		{"no category", item(func(it *monitor.Item) { it.Categories, it.Qualifiers, it.Found.Facts = nil, nil, nil }), "AKSEN · Özel Durum Açıklaması (Genel) · 18:05"},
		{"nothing known", monitor.Item{Filing: monitor.Filing{Index: 1}}, "KAP · bildirim"},
		{"related only", item(func(it *monitor.Item) {
			it.Filing.Tickers, it.Filing.Related = nil, []string{"A", "B", "C", "D", "E", "F"}
		}), "A, B, C, D +2 · MoU, bağlayıcı değil · 500 MW · Kazakistan · 18:05"},
		{"no codes", item(func(it *monitor.Item) { it.Filing.Tickers = nil }), "AKSA ENERJİ ÜRETİM A.Ş. · MoU, bağlayıcı değil · 500 MW · Kazakistan · 18:05"},
		{"a fund", item(func(it *monitor.Item) { it.Filing.Tickers, it.Filing.FundCode = nil, "SYF" }), "SYF · MoU, bağlayıcı değil · 500 MW · Kazakistan · 18:05"},
		{"update, late", item(func(it *monitor.Item) { it.Filing.Modify, it.Late = "DUZENLENEN", true }), "AKSEN · GÜNCELLEME · MoU, bağlayıcı değil · 500 MW · Kazakistan · 18:05 · geç bildirim"},
		{"another zone", item(func(it *monitor.Item) { it.Filing.PublishedAt = it.Filing.PublishedAt.UTC() }), "AKSEN · MoU, bağlayıcı değil · 500 MW · Kazakistan · 18:05"},
		{"a time of another shape", item(func(it *monitor.Item) { it.Categories = []string{"11:30:45 ve :smile: ya da :100:"} }), "AKSEN · 11:30:45 ve ∶smile: ya da ∶100∶, bağlayıcı değil · 500 MW · Kazakistan · 18:05"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			m := message()
			m.Items = []monitor.Item{tt.item}
			w.notify(m)
			if got := w.slack.Posts()[0].Text; got != tt.want {
				t.Errorf("text = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSession(t *testing.T) {
	for at, want := range map[string]string{
		"2024-04-26 09:59:59": "seans öncesi", "2024-04-26 10:00:00": "seans içinde", "2024-04-26 17:59:59": "seans içinde",
		"2024-04-26 18:00:00": "seans sonrası", "2024-04-27 12:00:00": "seans olmayan gün", "2024-04-28 00:00:00": "seans olmayan gün",
	} {
		w := newWorld(t)
		m := message()
		m.Route = to(monitor.Target{Terminal: true})
		m.Items[0].Filing.PublishedAt, m.Items[0].Filing.SeenAt = istanbul(at), time.Time{}
		w.notify(m)
		if !strings.Contains(w.screen.String(), " · "+want+"\n") {
			t.Errorf("at %s: %s", at, w.screen.String())
		}
	}
}
