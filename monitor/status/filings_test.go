package status_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kapwatch/monitor"
)

// Every documented parameter selects, alone and combined.
func TestFilingsFilters(t *testing.T) {
	w := newWorld(t)
	w.ledger.records = append(w.ledger.records, monitor.Record{Filing: monitor.Filing{
		Index: 1277000, PublishedAt: at("00:00:00").Add(-time.Second), Company: "YENİ", Subject: "Yeni", Class: "YNI",
	}})
	for _, test := range []struct{ query, want string }{
		{"", "1277777 1277701 1277700 1277000"},
		{"order=desc", "1277777 1277701 1277700 1277000"},
		{"order=asc", "1277000 1277700 1277701 1277777"},
		{"ticker=AKSEN", "1277777"},
		{"ticker=aksen", "1277777"},
		{"ticker=AKSA", ""},
		{"ticker=SYNTB", "1277701 1277700"},
		{"category=mou", "1277777"},
		{"category=contract", ""},
		{"class=ODA", "1277777"},
		{"class=oda", "1277777"},
		{"class=DKB", ""},
		{"class=DUY", ""},
		{"class=FON", ""},
		{"class=YNI", "1277000"},
		{"qualifier=non_binding", "1277777"},
		{"qualifier=denied", ""},
		{"q=kazakistan", "1277777"},
		{"since=2024-04-26", "1277777 1277701 1277700"},
		{"until=2024-04-26", "1277000"},
		{"since=2024-04-26T18:05:33%2B03:00", "1277777"},
		{"since=2024-04-26T18:05:33+03:00", "1277777"},
		{"until=2024-04-26T15:05:33Z", "1277701 1277700 1277000"},
		{"since=0001-01-01&until=9999-12-31", "1277777 1277701 1277700 1277000"},
		{"since=2024-04-27&until=2024-04-26", ""},
		{"limit=1", "1277777"},
		{"limit=200", "1277777 1277701 1277700 1277000"},
		{"ticker=SYNTH&category=dividend&class=DG&q=sentetik&since=2024-04-26&until=2024-04-27&limit=1&order=asc", "1277700"},
		{"ticker=&category=&class=&qualifier=&q=&since=&until=&limit=&cursor=&order=", "1277777 1277701 1277700 1277000"},
	} {
		t.Run(test.query, func(t *testing.T) {
			res := w.get(t, "/filings?"+test.query)
			wantStatus(t, res, http.StatusOK)
			if got := decode[filings](t, res).indexes(); got != test.want {
				t.Errorf("filings = %q, want %q", got, test.want)
			}
		})
	}
}

func TestFilingsNonsense(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct{ query, parameter, detail string }{
		{"tikcer=AKSEN", "tikcer", `the nearest is "ticker"`},
		{"Limit=3", "Limit", `the nearest is "limit"`},
		{"lang=en", "lang", "is unknown"},
		{"category=moü", "category", `"moü" is unknown; the nearest is "mou"`},
		{"category=Sozlesme", "category", "is unknown"},
		{"category=divident", "category", `the nearest is "dividend"`},
		{"class=ODAA", "class", `the nearest is "ODA"`},
		{"class=fone", "class", `the nearest is "FON"`},
		{"qualifier=nonbinding", "qualifier", `the nearest is "non_binding"`},
		{"order=descending", "order", `the nearest is "desc"`},
		{"q=!!", "q", "no word"},
		{"since=yesterday", "since", "neither a date"},
		{"since=2024-02-30", "since", "neither a date"},
		{"until=26.04.2024", "until", "neither a date"},
		{"until=2024-04-26T18:05:33", "until", "neither a date"},
		{"limit=0", "limit", "from 1 to 200"},
		{"limit=201", "limit", "from 1 to 200"},
		{"limit=-1", "limit", "from 1 to 200"},
		{"limit=ten", "limit", "from 1 to 200"},
		{"limit=1e2", "limit", "from 1 to 200"},
		{"cursor=abc", "cursor", "not a cursor of this list"},
		{"cursor=%00", "cursor", "not a cursor of this list"},
		{"ticker=AKSEN&ticker=ZOREN", "ticker", "given 2 times"},
		{"q=" + strings.Repeat("x", 201), "q", "longer than 200"},
		{"ticker=%zz", "query", "cannot be read"},
		{"a;b", "query", "cannot be read"},
		{strings.Repeat("y", 3000) + "=1", strings.Repeat("y", 60), "is unknown"},
	} {
		t.Run(test.query[:min(len(test.query), 40)], func(t *testing.T) {
			p := wantProblem(t, w.get(t, "/filings?"+test.query), http.StatusBadRequest)
			if len(p.Errors) != 1 || p.Errors[0].Parameter != test.parameter || !strings.Contains(p.Errors[0].Detail, test.detail) {
				t.Errorf("errors = %+v, want one on %q with %q", p.Errors, test.parameter, test.detail)
			}
			if !strings.Contains(p.Detail, test.parameter) {
				t.Errorf("detail = %q, want it to name %q", p.Detail, test.parameter)
			}
		})
	}
	t.Run("all at once", func(t *testing.T) {
		p := wantProblem(t, w.get(t, "/filings?limit=0&order=up&x=1"), http.StatusBadRequest)
		if len(p.Errors) != 3 {
			t.Errorf("errors = %+v, want three", p.Errors)
		}
	})
}

// Pages visit every filing exactly once, also when several were published in the same second, and a newer one that
// arrives meanwhile disturbs nothing.
func TestFilingsPages(t *testing.T) {
	for _, order := range []string{"desc", "asc"} {
		t.Run(order, func(t *testing.T) {
			w := newWorld(t)
			h := w.server(t).Handler()
			var got []string
			target := "/filings?limit=1&since=2024-04-26&order=" + order
			for range 4 {
				res := ask(h, http.MethodGet, target, nil)
				wantStatus(t, res, http.StatusOK)
				page := decode[filings](t, res)
				got = append(got, page.indexes())
				link := res.Header.Get("Link")
				if page.Next == "" {
					if link != "" {
						t.Errorf("Link = %q on the last page", link)
					}
					break
				}
				target = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
				u, err := url.Parse(target)
				if err != nil || u.Query().Get("cursor") != page.Next {
					t.Fatalf("Link = %q, want the cursor %q in it", link, page.Next)
				}
				if order == "desc" {
					w.ledger.records = append(w.ledger.records, dividend(1277800+int64(len(got)), at("19:00:00")))
				}
			}
			want := map[string]string{"desc": "1277777 1277701 1277700", "asc": "1277700 1277701 1277777"}[order]
			if strings.Join(got, " ") != want {
				t.Errorf("pages = %q, want %q", got, want)
			}
		})
	}
}

// A cursor serves only the list that it was made for; the size of pages may change.
func TestForeignCursor(t *testing.T) {
	w := newWorld(t)
	h := w.server(t).Handler()
	next := decode[filings](t, ask(h, http.MethodGet, "/filings?limit=1&class=DG", nil)).Next
	if next == "" {
		t.Fatal("no next page")
	}
	wantStatus(t, ask(h, http.MethodGet, "/filings?limit=7&class=DG&cursor="+next, nil), http.StatusOK)
	for _, query := range []string{"class=ODA", "", "class=DG&order=asc", "class=DG&q=x", "class=DG&since=2024-04-26"} {
		p := wantProblem(t, ask(h, http.MethodGet, "/filings?"+query+"&cursor="+next, nil), http.StatusBadRequest)
		if p.Errors[0].Parameter != "cursor" {
			t.Errorf("%s: errors = %+v, want one on cursor", query, p.Errors)
		}
	}
	for i := range next { // one letter changed
		letter := "A"
		if next[i] == 'A' {
			letter = "B"
		}
		wantProblem(t, ask(h, http.MethodGet, "/filings?class=DG&cursor="+next[:i]+letter+next[i+1:], nil), http.StatusBadRequest)
	}
}

func TestFilingsSayWhenBoundWasReached(t *testing.T) {
	w := newWorld(t)
	w.ledger.partial = "looked at 10000 filings"
	if got := decode[filings](t, w.get(t, "/filings")).Partial; got != w.ledger.partial {
		t.Errorf("partial = %q, want %q", got, w.ledger.partial)
	}
}

func TestFilingIndex(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		path string
		want int
	}{
		{"/filings/1277777", 200},
		{"/filings/1277778", 404},
		{"/filings/0", 404},
		{"/filings/abc", 400},
		{"/filings/-1", 400},
		{"/filings/+1277777", 400},
		{"/filings/1277777.0", 400},
		{"/filings/0x10", 400},
		{"/filings/99999999999999999999", 400},
		{"/filings/1277777?x=1", 400},
		{"/filings/1277777?lang=de", 400},
		{"/filings/1277777?format=xml", 400},
		{"/filings/", 404},
		{"/filings/1/2", 404},
	} {
		t.Run(test.path, func(t *testing.T) {
			res := w.get(t, test.path)
			if test.want == 200 {
				wantStatus(t, res, 200)
				return
			}
			wantProblem(t, res, test.want)
		})
	}
}

// JSON is the default; only who names text/html and likes it better gets the page of the filing.
func TestFilingNegotiation(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct{ accept, want string }{
		{"", "application/json"},
		{"*/*", "application/json"},
		{"application/json", "application/json"},
		{"application/json, text/html", "application/json"},
		{"text/html;q=0.5, application/json;q=0.9", "application/json"},
		{"text/html;q=0", "application/json"},
		{"text/html;q=x", "application/json"},
		{"text/html", "text/html; charset=utf-8"},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"},
	} {
		res := w.get(t, "/filings/1277777", "Accept", test.accept)
		if got := res.Header.Get("Content-Type"); got != test.want {
			t.Errorf("Accept %q gives %q, want %q", test.accept, got, test.want)
		}
		for format, want := range map[string]string{"json": "application/json", "html": "text/html; charset=utf-8"} {
			if got := w.get(t, "/filings/1277777?format="+format, "Accept", test.accept).Header.Get("Content-Type"); got != want {
				t.Errorf("Accept %q with format=%s gives %q, want %q", test.accept, format, got, want)
			}
		}
		if got := res.Header.Get("Vary"); got != "Accept" {
			t.Errorf("Vary = %q, want Accept", got)
		}
	}
}

func TestConditional(t *testing.T) {
	w := newWorld(t)
	h := w.server(t).Handler()
	for _, target := range []string{"/filings", "/filings?ticker=AKSEN", "/filings/1277777", "/receipts/2024-04-26", "/style.css", "/feed.atom", "/feed.json?class=ODA", "/openapi.json"} {
		t.Run(target, func(t *testing.T) {
			first := ask(h, http.MethodGet, target, nil)
			wantStatus(t, first, http.StatusOK)
			tag := first.Header.Get("ETag")
			if !strings.HasPrefix(tag, `"`) || len(tag) < 10 {
				t.Fatalf("ETag = %q, want a strong one", tag)
			}
			for _, match := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
				res := ask(h, http.MethodGet, target, nil, "If-None-Match", match)
				wantStatus(t, res, http.StatusNotModified)
				if body := text(t, res); body != "" || res.Header.Get("ETag") != tag {
					t.Errorf("304 has body %q and ETag %q", body, res.Header.Get("ETag"))
				}
			}
			wantStatus(t, ask(h, http.MethodGet, target, nil, "If-None-Match", `"x"`), http.StatusOK)
		})
	}
	before := ask(h, http.MethodGet, "/filings/1277777", nil).Header.Get("ETag")
	w.ledger.records[2].Alerts[0].State = monitor.Blocked
	if after := ask(h, http.MethodGet, "/filings/1277777", nil).Header.Get("ETag"); after == before {
		t.Error("ETag is the same although an alert's state changed")
	}
}

func TestLedgerFailure(t *testing.T) {
	w := newWorld(t)
	w.ledger.err = errors.New("page 7 of /secret/kapwatch.db is torn")
	for _, target := range []string{"/filings", "/filings?class=XYZ", "/filings/1277777", "/receipts/2024-04-26", "/", "/feed.atom", "/feed.json", "/events"} {
		p := wantProblem(t, w.get(t, target), http.StatusInternalServerError)
		if strings.Contains(fmt.Sprint(p), "torn") {
			t.Errorf("%s tells the network what went wrong inside: %+v", target, p)
		}
	}
}
