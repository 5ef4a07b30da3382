package status_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/classify"
)

// corrected records a correction of the memorandum, which was edited after it was recorded.
func corrected(w *world) monitor.Record {
	r := aksen()
	r.Filing.Index, r.Filing.PublishedAt, r.Filing.Modify = 1277801, at("18:40:00"), "DUZELTILEN"
	d := *r.Filing.Detail
	d.Body = strings.ReplaceAll(d.Body, "500 MW", "550 MW")
	d.Rows = []monitor.Row{{Label: "Kurulu güç", Value: "550"}}
	r.Filing.Detail = &d
	r.Found.Facts = []classify.Fact{{Kind: "power", Text: "550 MW", Value: 550, Unit: "MW", Span: classify.Span{Field: classify.Body}}}
	r.Links = []monitor.Link{{Index: 1277777, Kind: monitor.LinkCorrection, Why: "KAP names it as the related disclosure"}}
	r.Later = []int64{1277900}
	r.Edits = []monitor.Edit{{At: at("18:50:00"), Reader: "criteria", Fields: []monitor.FieldEdit{
		{Field: "change", Before: "new", After: "correction"}, {Field: "summary", Before: "Eski <b>özet</b>", After: "Yeni <b>özet</b>"},
	}}}
	r.Alerts = append(r.Alerts, monitor.Alert{ID: "1277801-energy/correction", Index: 1277801, Route: "energy", State: monitor.Pending, CreatedAt: at("18:51:00")})
	w.ledger.record(r)
	return r
}

func TestCorrectionAsJSON(t *testing.T) {
	w := newWorld(t)
	r := corrected(w)
	var v monitor.DetailView
	res := w.get(t, "/filings/1277801")
	wantStatus(t, res, http.StatusOK)
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	if len(v.Links) != 1 || v.Links[0].Index != 1277777 || v.Links[0].Kind != monitor.LinkCorrection || v.Links[0].URL != "https://www.kap.org.tr/tr/Bildirim/1277777" || v.Links[0].Why == "" {
		t.Errorf("links %+v", v.Links)
	}
	if len(v.Later) != 1 || v.Later[0].Index != 1277900 {
		t.Errorf("later %+v", v.Later)
	}
	if v.Redline == nil || v.Redline.Against != 1277777 {
		t.Fatalf("redline %+v", v.Redline)
	}
	if d := cmp.Diff([]monitor.FactChangeView{{Kind: "power", Before: []string{"500 MW"}, After: []string{"550 MW"}}}, v.Redline.Facts); d != "" {
		t.Errorf("facts (-want +got):\n%s", d)
	}
	earlier, _, _ := w.ledger.Get(1277777)
	for _, f := range v.Redline.Fields {
		if f.Field != "body" {
			continue
		}
		var before, after string
		for _, p := range f.Pieces {
			if p.Op != "insert" {
				before += p.Text
			}
			if p.Op != "delete" {
				after += p.Text
			}
		}
		if before != earlier.Filing.Detail.Body || after != r.Filing.Detail.Body {
			t.Errorf("the pieces lead from %q to %q", before, after)
		}
	}
	if len(v.Revisions) != 1 || v.Revisions[0].Reader != "criteria" || v.Revisions[0].Changes[1].Before != "Eski <b>özet</b>" {
		t.Errorf("revisions %+v", v.Revisions)
	}
	if n := len(v.Alerts); v.Alerts[n-1].Change != monitor.Correction {
		t.Errorf("alerts %+v", v.Alerts)
	}
}

func TestCorrectionOnThePage(t *testing.T) {
	w := newWorld(t)
	corrected(w)
	doc := w.page(t, "/filings/1277801", http.StatusOK)
	changes := doc.Find("section[aria-labelledby=changes]")
	wantText(t, changes.Find("tbody tr").First(), "güç500 MW550 MW")
	wantText(t, changes.Find(".redline del").First(), "çıkan: 500")
	wantText(t, changes.Find(".redline ins").First(), "gelen: 550")
	if href, _ := doc.Find("section[aria-labelledby=matter] a").First().Attr("href"); href != "/filings/1277777" {
		t.Errorf("the earlier filing is at %q", href)
	}
	edits := doc.Find("section[aria-labelledby=edits]")
	wantText(t, edits.Find("h3"), "DurumÖzet")
	if s := squeeze(edits.Find(".redline").Last()); !strings.Contains(s, "Eski") || !strings.Contains(s, "Yeni") || !strings.Contains(s, "<b>özet</b>") {
		t.Errorf("edit shown as %q", s)
	}
	english := w.page(t, "/filings/1277801?lang=en", http.StatusOK)
	wantText(t, english.Find("#changes"), "What changed since the earlier filing")
	if href, _ := english.Find("section[aria-labelledby=matter] a").First().Attr("href"); href != "/filings/1277777?lang=en" {
		t.Errorf("the earlier filing is at %q", href)
	}
}

// A link whose earlier filing is not recorded has no redline, and costs nothing else.
func TestCorrectionOfWhatIsNotRecorded(t *testing.T) {
	w := newWorld(t)
	r := corrected(w)
	r.Filing.Index, r.Links[0].Index = 1277950, 1200000
	w.ledger.record(r)
	var v monitor.DetailView
	if err := json.NewDecoder(w.get(t, "/filings/1277950").Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	if v.Redline != nil || len(v.Links) != 1 {
		t.Errorf("redline %+v, links %+v", v.Redline, v.Links)
	}
	if n := w.page(t, "/filings/1277950", http.StatusOK).Find("section[aria-labelledby=changes]").Length(); n != 0 {
		t.Error("a redline against nothing")
	}
}
