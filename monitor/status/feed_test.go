package status_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// Both feeds as they stand after the memorandum of Aksa Enerji.
func TestGoldenFeeds(t *testing.T) {
	const file = "testdata/feeds.txtar"
	w := newWorld(t)
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, golden := range archive.Files {
		res := w.get(t, golden.Name)
		wantStatus(t, res, http.StatusOK)
		body := []byte(text(t, res))
		if strings.HasSuffix(res.Header.Get("Content-Type"), "json") {
			var indented bytes.Buffer
			if err := json.Indent(&indented, body, "", "  "); err != nil {
				t.Fatal(err)
			}
			body = indented.Bytes()
		}
		if *update {
			archive.Files[i].Data = body
			continue
		}
		if diff := cmp.Diff(string(golden.Data), string(body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", golden.Name, diff)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// atom is a feed as a reader takes it.
type atom struct {
	ID    string `xml:"id"`
	Links []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Entries []struct {
		ID    string `xml:"id"`
		Title string `xml:"title"`
		Link  struct {
			Href string `xml:"href,attr"`
		} `xml:"link"`
	} `xml:"entry"`
}

// atom reads a feed, which must be valid.
func (w *world) atom(t *testing.T, target string) atom {
	t.Helper()
	res := w.get(t, target)
	wantStatus(t, res, http.StatusOK)
	if got := res.Header.Get("Content-Type"); got != "application/atom+xml; charset=utf-8" {
		t.Errorf("Content-Type = %q", got)
	}
	var a atom
	body := text(t, res)
	if err := xml.Unmarshal([]byte(body), &a); err != nil {
		t.Fatal(err)
	}
	validAtom(t, body, "http://localhost:8420"+target)
	return a
}

type jsonFeed struct {
	Version, Title string
	Feed           string `json:"feed_url"`
	Next           string `json:"next_url"`
	Items          []struct {
		ID, URL, Title string
		Text           string       `json:"content_text"`
		Filing         monitor.View `json:"_kapwatch"`
	}
}

// Feeds take the filters of /filings, and show the same filings.
func TestFeedsFilter(t *testing.T) {
	w := newWorld(t)
	for _, query := range []string{
		"", "ticker=aksen", "category=dividend", "class=DG", "qualifier=non_binding", "q=kazakistan", "since=2024-04-26T18:00:00Z",
		"until=2024-04-26", "order=asc", "limit=2", "limit=1&order=asc&class=DG", "q=yok",
	} {
		want := decode[filings](t, w.get(t, "/filings?"+query))
		var inAtom, inJSON []int64
		a := w.atom(t, "/feed.atom?lang=en&"+query)
		for _, e := range a.Entries {
			i := slices.IndexFunc(want.Filings, func(v monitor.View) bool { return v.URL == e.Link.Href })
			if i >= 0 {
				inAtom = append(inAtom, want.Filings[i].Index)
			}
		}
		j := decode[jsonFeed](t, w.get(t, "/feed.json?"+query))
		for i, item := range j.Items {
			inJSON = append(inJSON, item.Filing.Index)
			if i < len(a.Entries) && item.ID != a.Entries[i].ID {
				t.Errorf("%s: ids = %q and %q, want the same in both", query, item.ID, a.Entries[i].ID)
			}
		}
		var indexes []int64
		for _, v := range want.Filings {
			indexes = append(indexes, v.Index)
		}
		if !slices.Equal(inAtom, indexes) || !slices.Equal(inJSON, indexes) {
			t.Errorf("%s: Atom has %v, JSON Feed %v, want %v", query, inAtom, inJSON, indexes)
		}
		if (want.Next != "") != (j.Next != "") {
			t.Errorf("%s: next_url = %q, want one as /filings has", query, j.Next)
		}
	}
}

func TestFeedsPage(t *testing.T) {
	w := newWorld(t)
	var got []string
	for target := "/feed.json?limit=1"; target != ""; {
		f := decode[jsonFeed](t, w.get(t, target))
		for _, item := range f.Items {
			got = append(got, item.ID)
		}
		target = strings.TrimPrefix(f.Next, "http://localhost:8420")
	}
	want := []string{"tag:kapwatch,2024:filing/1277777", "tag:kapwatch,2024:filing/1277701", "tag:kapwatch,2024:filing/1277700"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	a := w.atom(t, "/feed.atom?limit=2")
	next := a.Links[len(a.Links)-1]
	if next.Rel != "next" {
		t.Fatalf("links = %+v, want one to the next page", a.Links)
	}
	if b := w.atom(t, strings.TrimPrefix(next.Href, "http://localhost:8420")); len(b.Entries) != 1 || b.ID != a.ID {
		t.Errorf("second page = %+v, want one entry of the feed %s", b, a.ID)
	}
}

// The id of a feed depends on what it selects, and not on its page, its language or who serves it.
func TestFeedID(t *testing.T) {
	w := newWorld(t)
	first := w.atom(t, "/feed.atom?q=mutabakat&class=ODA").ID
	for target, same := range map[string]bool{
		"/feed.atom?class=ODA&q=mutabakat&limit=7&lang=en": true, "/feed.atom?class=ODA": false, "/feed.atom": false,
	} {
		if got := w.atom(t, target).ID; (got == first) != same {
			t.Errorf("%s: id = %q, first %q, want the same: %v", target, got, first, same)
		}
	}
}

func TestFeedsNonsense(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/feed.atom", "/feed.json"} {
		for query, parameter := range map[string]string{"limit=0": "limit", "categroy=mou": "categroy", "category=x": "category", "lang=de": "lang", "cursor=x": "cursor"} {
			p := wantProblem(t, w.get(t, path+"?"+query), http.StatusBadRequest)
			if len(p.Errors) != 1 || p.Errors[0].Parameter != parameter {
				t.Errorf("%s?%s: errors = %+v, want one on %s", path, query, p.Errors, parameter)
			}
		}
	}
}

// Whatever a title says, a feed stays one document, and an empty title does not leave an entry without one.
func TestFeedsAreInert(t *testing.T) {
	for _, evil := range append(kapsim.Hostile(), "\x00\x0b\x1b\ufffe\xff", "") {
		w := newWorld(t)
		r := &w.ledger.records[2]
		r.Filing.Company, r.Filing.Subject, r.Filing.Summary, r.Filing.Tickers = evil, evil, evil, []string{evil}
		r.Found.Categories = []string{evil}
		a := w.atom(t, "/feed.atom?limit=1")
		if len(a.Entries) != 1 || strings.ContainsFunc(a.Entries[0].Title, invisible) {
			t.Errorf("%q: entries = %+v", evil, a.Entries)
		}
		if j := decode[jsonFeed](t, w.get(t, "/feed.json?limit=1")); len(j.Items) != 1 || j.Items[0].Text == "" || j.Items[0].Title == "" || strings.ContainsFunc(j.Items[0].Title, invisible) {
			t.Errorf("%q: items = %+v", evil, j.Items)
		}
	}
}

// invisible reports whether r can be seen in no title, or turns what is around it.
func invisible(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control) }
