package kapsim_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

const detail = "/tr/api/notification/attachment-detail/"

// answer is the shape of a detail.
type answer struct {
	Disclosure struct {
		DisclosureBasic, DisclosureDetail row
	}
	DisclosureBody []string
	Attachments    []row
}

func details(t *testing.T, b []byte) answer {
	t.Helper()
	var out []answer
	if err := json.Unmarshal(b, &out); err != nil || len(out) != 1 {
		t.Fatalf("%d details, %v", len(out), err)
	}
	return out[0]
}

func TestDetailAgainstCapture(t *testing.T) {
	captured := shape(t, realFile(t, "kap/detail/attachment-detail_1662143.json"))
	_, c := newServer(t, read(t, `{"index":1662143,"at":"2024-04-26 10:00:00","company":"SYNTH A.Ş.","tickers":"SYNTH","kind":"ODA/CA/STT","subject":"S","summary":"s","english":true,"corrects":5,"files":["a.pdf"]}`), kapsim.Options{})
	ours := shape(t, c.get(detail+"1662143", 200))
	keys := func(s []string) (out []string) {
		for _, x := range s {
			key, _, _ := strings.Cut(x, " ")
			if !strings.Contains(key, "attachments[]") {
				out = append(out, key)
			}
		}
		return out
	}
	if diff := cmp.Diff(keys(captured), keys(ours)); diff != "" {
		t.Errorf("keys (-captured +ours):\n%s", diff)
	}
}

// TestDetailLayouts: each kind of filing has its layout, with the languages, flags and dates where they belong.
func TestDetailLayouts(t *testing.T) {
	_, c := newServer(t, read(t, `
{"index":1,"at":"2024-04-26 10:00:00","company":"SYNTH A.Ş.","subject":"Özel Durum Açıklaması (Genel)","summary":"Özet","related":"AKSA, AKSEN","body":"Birinci <söz>\nikinci söz","body_en":"First word","correction":true,"earlier":["2024-04-20","2024-04-21"],"english":true,"files":["ek.pdf"]}
{"index":2,"at":"2024-04-26 10:00:00","company":"SYNTH A.Ş.","kind":"ODA/CA/STT","subject":"Payların Geri Alınmasına İlişkin Bildirim","summary":"Özet","body":"Metin","update":true,"rows":[["Fiyat","1.234,5"]],"corrects":1}
{"index":3,"at":"2024-04-26 10:00:00","company":"BORSA","kind":"DUY/DUY/ODA","subject":"Duyuru","related":"AKSEN","body":"Metin"}
{"index":4,"at":"2024-04-26 10:00:00","company":"SYNTH A.Ş.","kind":"FR/FR/FR","subject":"Finansal Rapor","rows":[["Hasılat","5"]],"year":2024,"period":1,"rule":"3 Aylık"}
{"index":5,"at":"2024-04-26 10:00:00","company":"SYNTH A.Ş.","subject":"Yeni İş İlişkisi"}`), kapsim.Options{})

	for _, tt := range []struct {
		index  int
		bodies int
		has    []string
		hasNot []string
	}{
		{1, 1, []string{
			`tbl_oda-10000_Material-Event-Disclosure-General`, `[AKSA, AKSEN]`, `oda_CorrectionAnnouncementFlag|`, `Evet (Yes)`,
			`20.04.2024, 21.04.2024`, `<p class="MsoNormal">Birinci&#160;&lt;söz&gt;</p>`, `First&#160;word`, `Yukarıdaki açıklamalarımızın`,
		}, []string{"tbl_GAI"}},
		{2, 1, []string{
			`class="tbl_GAI_Report_ID"`, `<div class="bold font14">Özet Bilgi</div></td><td><div class="gwt-HTML control-label lineheight-32px">Özet</div>`,
			`Güncelleme mi ?</div></td><td><div class="gwt-HTML control-label lineheight-32px">Evet`, "1.234,5", "Ek Açıklamalar",
		}, []string{"taxonomy"}},
		{3, 1, []string{"tbl_GENEL_DUYURU_GONDERIMI", "Yapılan açıklama düzeltme mi?", "AKSEN", "Metin"}, []string{"taxonomy"}},
		{4, 2, []string{"Hasılat"}, nil},
		{5, 1, []string{"tbl_oda-12000_New-Business-Relation", `<div class="text-block-value"></div>`}, []string{"Yukarıdaki"}},
	} {
		d := details(t, c.get(fmt.Sprint(detail, tt.index), 200))
		if len(d.DisclosureBody) != tt.bodies {
			t.Errorf("%d: %d bodies, want %d", tt.index, len(d.DisclosureBody), tt.bodies)
		}
		text := strings.Join(d.DisclosureBody, "")
		for _, s := range tt.has {
			if !strings.Contains(text, s) {
				t.Errorf("%d lacks %q", tt.index, s)
			}
		}
		for _, s := range tt.hasNot {
			if strings.Contains(text, s) {
				t.Errorf("%d has %q", tt.index, s)
			}
		}
	}

	d := details(t, c.get(detail+"1", 200))
	for key, want := range map[string]any{
		"publishDate": "2024.04.26 10:00:00", "hasMultiLanguageSupport": "Y", "period": "HZ", "isBlocked": false, "summary": "Özet",
	} {
		if got := d.Disclosure.DisclosureBasic[key]; got != want {
			t.Errorf("%s = %v, want %v", key, got, want)
		}
	}
	if d := details(t, c.get(detail+"2", 200)); d.Disclosure.DisclosureBasic["summary"] != nil || d.Disclosure.DisclosureDetail["relatedDisclosureIndex"] != 1.0 {
		t.Errorf("2: %v", d.Disclosure)
	}
	if d := details(t, c.get(detail+"4", 200)); d.Disclosure.DisclosureBasic["period"] != "3AB" {
		t.Errorf("4: %v", d.Disclosure)
	}
	if d := details(t, c.get(detail+"3", 200)); d.Disclosure.DisclosureBasic["disclosureClass"] != "DUY" {
		t.Errorf("3: %v", d.Disclosure)
	}

	id := d.Attachments[0]["objId"].(string)
	wrapped := c.get("/tr/api/file/download/"+id, 200)
	if len(id) != 32 || !bytes.HasPrefix(wrapped, []byte("\xac\xed\x00\x05ur\x00\x02[B")) ||
		int(binary.BigEndian.Uint32(wrapped[23:])) != len(wrapped)-27 || !bytes.HasPrefix(wrapped[27:], []byte("%PDF")) {
		t.Errorf("file %s: %.40q", id, wrapped)
	}
	c.get("/tr/api/file/download/0", 404)
	if pdf := c.get("/tr/api/BildirimPdf/1", 200); !bytes.HasPrefix(pdf, []byte("%PDF")) {
		t.Errorf("pdf: %.20q", pdf)
	}
	c.get("/tr/api/BildirimPdf/9", 404)
}

func TestDetailNotYet(t *testing.T) {
	now := time.Date(2024, 4, 26, 10, 0, 0, 0, monitor.Istanbul)
	_, c := newServer(t, read(t, `{"index":1,"at":"2024-04-26 10:00:00","detail_at":"2024-04-26 10:05:00","company":"a","subject":"s"}`),
		kapsim.Options{Now: func() time.Time { return now }})
	for _, path := range []string{"1", "2", "x"} {
		if got := string(c.get(detail+path, 200)); got != "[]" {
			t.Errorf("detail %s = %s, want []", path, got)
		}
	}
	now = now.Add(5 * time.Minute)
	details(t, c.get(detail+"1", 200))
}

// TestNotice: the public page holds the same objects in its flight data, the body in text records counted in bytes.
func TestNotice(t *testing.T) {
	_, c := newServer(t, kapsim.Day(), kapsim.Options{})
	text := string(c.get("/tr/Bildirim/1277777", 200))
	for _, s := range []string{
		`notification-body-scale-1277777`, `<div class="disclosureSummary">Kazakistan`, `>AKSEN</a>`, `class="text-danger text-base font-semibold`,
	} {
		if !strings.Contains(text, s) {
			t.Errorf("the page lacks %q", s)
		}
	}
	_, data, _ := strings.Cut(unflight(t, text), "\n30:T")
	size, data, _ := strings.Cut(data, ",")
	var n int
	if _, err := fmt.Sscanf(size, "%x", &n); err != nil || !strings.HasPrefix(data[n:], "27:[") {
		t.Fatalf("text record of %s bytes: %v", size, err)
	}
	if !strings.Contains(data[n:], `"disclosureIndex":1277777`) {
		t.Error("sendData is missing")
	}
	if got := string(c.get("/tr/Bildirim/1277778", 200)); strings.Contains(got, `disclosureIndex`) {
		t.Error("a gap shows a filing")
	}
}
