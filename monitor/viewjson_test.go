package monitor_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
)

// reflected is what encoding/json makes of v, as the endpoint wants it.
func reflected(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func fullView() monitor.View {
	at := time.Date(2024, 4, 26, 18, 5, 33, 0, monitor.Istanbul)
	return monitor.View{
		Index: 1277777, URL: "https://www.kap.org.tr/tr/Bildirim/1277777", PublishedAt: at, SeenAt: at.Add(1234567 * time.Nanosecond),
		Company: "AKSA ENERJİ ÜRETİM A.Ş.", Tickers: []string{"AKSEN", "AKSA"}, Related: []string{}, Class: "ODA", Type: "ODA",
		Subject: "Özel Durum Açıklaması", Summary: "Şymkent Valiliği ile Mutabakat Zaptı", Categories: []string{"mou", "investment"},
		Qualifiers: []string{"non_binding"}, Change: monitor.Correction, Late: true, Attachments: 3, Languages: []string{"tr", "en"},
		Alerts: []monitor.AlertView{
			{Route: "energy", State: monitor.Sent, At: at},
			{Route: "all", State: monitor.Pending, At: at.Add(time.Hour), Change: monitor.Cancel},
		},
	}
}

// A field that is added to View and not to AppendJSON fails here.
func TestViewAppendJSON(t *testing.T) {
	v := fullView()
	for i := range reflect.TypeFor[monitor.View]().NumField() {
		if f := reflect.ValueOf(v).Field(i); f.IsZero() {
			t.Errorf("the test has no %s", reflect.TypeFor[monitor.View]().Field(i).Name)
		}
	}
	empty := monitor.NewView(monitor.Record{})
	for _, v := range []monitor.View{v, empty} {
		if d := cmp.Diff(reflected(t, v), string(v.AppendJSON(nil))); d != "" {
			t.Errorf("AppendJSON (-encoding/json +ours):\n%s", d)
		}
	}
	if n := testing.AllocsPerRun(100, func() { v.AppendJSON(make([]byte, 0, 1024)) }); n > 1 {
		t.Errorf("AppendJSON allocates %v times, want 1", n)
	}
}

func FuzzViewAppendJSON(f *testing.F) {
	for _, s := range []string{"", "<b>&'", `"\`, "\x00\x1f\x7f\t\n", "\xff\xc3", "\u2028 \u2029 \u2027 \u202a", "\xe2\x80", "İıŞş 😀", "\ufffd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := fullView()
		v.Subject, v.Tickers, v.Alerts[0].Route = s, []string{s, s}, s
		if d := cmp.Diff(reflected(t, v), string(v.AppendJSON(nil))); d != "" {
			t.Errorf("AppendJSON (-encoding/json +ours):\n%s", d)
		}
	})
}
