package main

import (
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
)

// why names the filings on the same matter, with what makes it certain, and what was edited.
func TestWhyTellsTheMatter(t *testing.T) {
	at := time.Date(2024, 4, 26, 18, 5, 33, 0, monitor.Istanbul)
	v := monitor.NewDetailView(monitor.Record{
		Filing: monitor.Filing{Index: 1277801, PublishedAt: at, Tickers: []string{"AKSEN"}, Subject: "Konu", Modify: "DUZELTILEN"},
		Links:  []monitor.Link{{Index: 1277777, Kind: monitor.LinkCorrection, Why: "KAP names it as the related disclosure"}},
		Later:  []int64{1277900},
		Edits:  []monitor.Edit{{At: at.Add(time.Hour), Reader: "criteria", Fields: []monitor.FieldEdit{{Field: "summary"}, {Field: "attachments"}}}},
	}, nil, false)
	var b strings.Builder
	if err := whyText(&b, v); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{
		"correction of 1277777: KAP names it as the related disclosure", "later 1277900 is on the same matter",
		"edited 2024-04-26 19:05:33, seen by criteria: summary, attachments",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("why says %q, want %q in it", got, want)
		}
	}
}
