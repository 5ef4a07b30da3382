package status_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

func (w *world) page(t *testing.T, target string, want int) *goquery.Document {
	t.Helper()
	res := w.get(t, target, "Accept", "text/html")
	wantStatus(t, res, want)
	if got := res.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type = %q", got)
	}
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// squeeze is the text of s with its blanks folded.
func squeeze(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

func wantText(t *testing.T, s *goquery.Selection, want string) {
	t.Helper()
	if got := squeeze(s); got != want {
		t.Errorf("text = %q, want %q", got, want)
	}
}

func TestPageShowsAKSEN(t *testing.T) {
	w := newWorld(t)
	doc := w.page(t, "/", http.StatusOK)
	if lang, _ := doc.Find("html").Attr("lang"); lang != "tr" {
		t.Errorf("lang = %q, want tr", lang)
	}
	wantText(t, doc.Find("h1"), "● Çalışıyor")
	wantText(t, doc.Find("dl.facts .receipt"), "3 listelendi · 3 kaydedildi · 1 gönderildi · 0 özette · 0 bekliyor · 2 istenmedi · 0 okunamadı")
	wantText(t, doc.Find("caption"), "Son bildirimler")
	if n := doc.Find("th[scope=col]").Length(); n != 5 {
		t.Errorf("%d column heads with a scope, want 5", n)
	}
	if n := doc.Find("label[for=q]").Length(); n != 1 || doc.Find("form[method=get] input#q[name=q]").Length() != 1 {
		t.Error("the search field is not in a GET form, or has no label")
	}
	row := doc.Find("tbody tr").First()
	wantText(t, row.Find("th[scope=row]"), "18:05 26.04.2024")
	wantText(t, row.Find(".codes"), "AKSEN")
	wantText(t, row.Find(".what"), "Mutabakat Yatırım bağlayıcı değil 500 MW")
	wantText(t, row.Find(".company bdi"), "AKSA ENERJİ ÜRETİM A.Ş.")
	wantText(t, row.Find(".alerts"), "energy gönderildi 18:05")
	if href, _ := row.Find("a.subject").Attr("href"); href != "/filings/1277777" {
		t.Errorf("the filing's own page is at %q", href)
	}
	if row.Find(`a[href="https://www.kap.org.tr/tr/Bildirim/1277777"]`).Length() != 1 {
		t.Error("no link to KAP")
	}
}

func TestPageInEnglish(t *testing.T) {
	doc := newWorld(t).page(t, "/?lang=en", http.StatusOK)
	if lang, _ := doc.Find("html").Attr("lang"); lang != "en" {
		t.Errorf("lang = %q, want en", lang)
	}
	wantText(t, doc.Find("h1"), "● Running")
	wantText(t, doc.Find("tbody tr").First().Find(".what"), "MoU Investment non-binding 500 MW")
	if v, _ := doc.Find("form input[name=lang]").Attr("value"); v != "en" {
		t.Error("a search would lose the language")
	}
	doc.Find(".filters a, .filings a:not([rel~=external])").Each(func(_ int, a *goquery.Selection) {
		if href, _ := a.Attr("href"); !strings.Contains(href, "lang=en") {
			t.Errorf("link %q loses the language", href)
		}
	})
	wantText(t, newWorld(t).page(t, "/filings/1277777?lang=en", http.StatusOK).Find("article h2").First(), "What the text states")
}

// The English page shows KAP's own English text first, states each fact in its words, and says where there is none.
func TestFilingPageInEnglish(t *testing.T) {
	w := newWorld(t)
	const path = "/filings/1277777?lang=en"
	doc := w.page(t, path, http.StatusOK)
	wantText(t, doc.Find("p.empty"), "KAP has no English text of this filing.")
	wantText(t, doc.Find(".facts dd"), "500 MW")

	r := &w.ledger.records[2]
	r.Filing.Detail.BodyEN = "A memorandum on a 500-MW plant was signed."
	f := grow(&r.Found.Facts)
	f.Kind, f.Text, f.Value, f.Unit = "power", "500-MW", 500, "MW"
	f.Span.Field, f.Span.Start, f.Span.End = "body_en", len("A memorandum on a "), len("A memorandum on a 500-MW")
	doc = w.page(t, path, http.StatusOK)
	if doc.Find("p.empty").Length() > 0 {
		t.Error("it says that there is no English text")
	}
	wantText(t, doc.Find(".text").First(), r.Filing.Detail.BodyEN)
	wantText(t, doc.Find(".facts dd"), "500-MW")
	wantText(t, w.page(t, "/filings/1277777", http.StatusOK).Find(".facts dd"), "500 MW")
}

// Every link of the page leads to something.
func TestPageLinks(t *testing.T) {
	w := newWorld(t)
	for _, target := range []string{"/", "/?limit=1&lang=en&ticker=SYNTH", "/?category=mou&q=kazakistan&since=2024-04-26", "/filings/1277777", "/filings/1277777?lang=en"} {
		w.page(t, target, http.StatusOK).Find("[href]").Each(func(_ int, a *goquery.Selection) {
			href, _ := a.Attr("href")
			switch {
			case strings.HasPrefix(href, "https://www.kap.org.tr/"), strings.HasPrefix(href, "#"):
			case strings.HasPrefix(href, "/"):
				wantStatus(t, w.get(t, href, "Accept", "text/html"), http.StatusOK)
			default:
				t.Errorf("%s: link to %q", target, href)
			}
		})
	}
}

func TestPageFiltersAndPages(t *testing.T) {
	w := newWorld(t)
	doc := w.page(t, "/?class=DG&limit=1", http.StatusOK)
	wantText(t, doc.Find("caption"), "Bulunan bildirimler")
	wantText(t, doc.Find(".filters [aria-current]"), "Diğer")
	wantText(t, doc.Find(".active li").First(), "Sınıf: Diğer ×(kaldır)")
	next, _ := doc.Find("a[rel=next]").Attr("href")
	doc = w.page(t, next, http.StatusOK)
	if href, _ := doc.Find("tbody a.subject").Attr("href"); href != "/filings/1277700" {
		t.Errorf("second page shows %q", href)
	}
	if back, _ := doc.Find(".pages a").First().Attr("href"); back != "/?class=DG&limit=1" {
		t.Errorf("way back = %q", back)
	}
	wantText(t, w.page(t, "/?q=yok", http.StatusOK).Find(".empty"), "Bu süzgeçlere uyan bildirim yok.")
	w.ledger.records = nil
	wantText(t, w.page(t, "/", http.StatusOK).Find(".empty"), "Henüz kayıtlı bildirim yok.")
}

// Only a page on whose top new filings belong follows the stream, with the filters that it shows.
func TestPageFollowsStream(t *testing.T) {
	w := newWorld(t)
	for target, want := range map[string]string{
		"/": "/events", "/?lang=en&limit=7": "/events", "/?q=aksen&class=ODA&lang=en&order=desc": "/events?class=ODA&q=aksen",
		"/?order=asc": "", "/?limit=1&cursor=" + decode[filings](t, w.get(t, "/filings?limit=1")).Next: "",
	} {
		doc := w.page(t, target, http.StatusOK)
		if got := doc.Find("#pulse").AttrOr("data-events", "none"); got != want {
			t.Errorf("%s follows %q, want %q", target, got, want)
		}
		if want == "" != (doc.Find("script").Length() == 0) {
			t.Errorf("%s loads a script that it does not need, or lacks it", target)
		}
	}
}

func TestPageTellsFaults(t *testing.T) {
	doc := newWorld(t).page(t, "/?limit=0&categroy=mou&q=aksen", http.StatusBadRequest)
	if n := doc.Find("[role=alert] li").Length(); n != 2 {
		t.Errorf("%d faults, want 2: %s", n, squeeze(doc.Find("[role=alert]")))
	}
	if v, _ := doc.Find("input[name=q]").Attr("value"); v != "aksen" {
		t.Errorf("search text = %q, want it kept", v)
	}
	if n := doc.Find("input[name=limit], a[href*=limit]").Length(); n != 0 {
		t.Errorf("%d links and fields repeat the fault", n)
	}
}

func TestPageDegraded(t *testing.T) {
	w := newWorld(t)
	w.health.Problems = []string{"route banks is parked: channel_not_found"}
	w.ledger.stats.Blocked, w.ledger.stats.Filings = 2, 1600000
	doc := w.page(t, "/", http.StatusOK)
	wantText(t, doc.Find("h1"), "▲ Sorun var")
	wantText(t, doc.Find(".problems[lang=en] li"), "route banks is parked: channel_not_found") // the page itself is Turkish
	if got := squeeze(doc.Find("dl.facts")); !strings.Contains(got, "2 engelli") || !strings.Contains(got, "1.600.000") {
		t.Errorf("facts = %q", got)
	}
}

func TestFilingPage(t *testing.T) {
	w := newWorld(t)
	w.ledger.records[2].Alerts = append(w.ledger.records[2].Alerts, monitor.Alert{Route: "gone", State: monitor.Blocked, CreatedAt: at("18:05:42")})
	doc := w.page(t, "/filings/1277777", http.StatusOK)
	wantText(t, doc.Find(".text mark:not(.stated)"), "mutabakat zaptı")
	wantText(t, doc.Find(".text mark.stated"), "500 MW")
	w.ledger.records[2].Found.Evidence[0].Span.Field = "subject"
	w.ledger.records[2].Found.Evidence[0].Span.Start, w.ledger.records[2].Found.Evidence[0].Span.End = 0, len("Özel")
	wantText(t, w.page(t, "/filings/1277777", http.StatusOK).Find("h1 mark"), "Özel")
	wantText(t, doc.Find(".text"), aksen().Filing.Detail.Body)
	wantText(t, doc.Find(".what .mark").Last(), "aşama: mutabakat")
	var rows []string
	doc.Find("#decisions ~ table tbody tr").Each(func(_ int, tr *goquery.Selection) { rows = append(rows, squeeze(tr)) })
	want := []string{
		`energygönderildi 18:05mou by "mutabakat zaptı" in the body would not be sent with unless: ["mutabakat zapt"]`,
		"banksistenmedinames AKSEN, none of the route's tickers would be sent if tickers named AKSEN", "goneengelli 18:05",
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
	if href, _ := doc.Find(".links a:not([rel])").Attr("href"); href != "/filings/1277777?format=json" {
		t.Errorf("JSON is at %q", href)
	}
	wantText(t, w.page(t, "/filings/1277700", http.StatusOK).Find(".empty"), "Metin kayıtta yok; KAP’taki sayfada bulunur.")
}

// Whatever a title, a code or an alert says, it stays text: no element, no attribute, no address of its making, and
// it cannot turn the direction of the text around it.
func TestHostileTextIsInert(t *testing.T) {
	for _, evil := range kapsim.Hostile() {
		w := newWorld(t)
		r := aksen()
		r.Filing.Company, r.Filing.Subject, r.Filing.Summary, r.Filing.Class = evil, evil, evil, evil
		r.Filing.Tickers, r.Filing.Related = []string{evil}, []string{evil + "2"}
		r.Filing.Detail.Body, r.Filing.Detail.BodyEN = evil, evil
		r.Filing.Detail.Rows = []monitor.Row{{Label: evil, Value: evil}}
		r.Filing.Detail.Files = []monitor.Attachment{{ID: evil, Name: evil}}
		r.Found.Categories, r.Found.Qualifiers = []string{evil}, []string{evil}
		r.Found.Facts[0].Text, r.Found.Evidence[0].Text, r.Found.Evidence[0].Term, r.Found.Evidence[0].For = evil, evil, evil, evil
		r.Found.Evidence[0].Span.Start, r.Found.Evidence[0].Span.End = 0, len(evil)
		r.Decisions[0].Reason, r.Alerts[0].Route = evil, evil
		w.ledger.records = []monitor.Record{r}
		w.health.Problems, w.health.Readers = []string{evil}, map[string]string{evil: evil}
		for _, target := range []string{"/", "/filings/1277777", "/filings/1277777?lang=en", "/?q=a" + url.QueryEscape(evil)[:min(90, len(url.QueryEscape(evil)))]} {
			res := w.get(t, target, "Accept", "text/html")
			raw := text(t, res)
			if i := strings.IndexAny(raw, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\x00\x1b\x7f\u009b"); i >= 0 {
				t.Errorf("%q on %s: a control character is in %q", evil, target, raw[max(0, i-20):i+20])
			}
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			if n := doc.Find("script:not([src='/live.js']), img, style, iframe, object, embed, base, svg [onload], b > i, i, title ~ title, form[action^='//'], meta[http-equiv], math, details [ontoggle], plaintext, textarea").Length(); n != 0 {
				t.Errorf("%q on %s: made %d elements", evil, target, n)
			}
			doc.Find("*").Each(func(_ int, e *goquery.Selection) {
				for _, a := range e.Nodes[0].Attr {
					address := a.Key == "href" || a.Key == "src" || strings.Contains(a.Key, "action")
					inside := strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//") || a.Val == "#content" || strings.HasPrefix(a.Val, "https://www.kap.org.tr/")
					if strings.HasPrefix(a.Key, "on") || a.Key == "style" || address && !inside {
						t.Errorf("%q on %s: made the attribute %s=%q", evil, target, a.Key, a.Val)
					}
				}
			})
		}
	}
}

// The page loads nothing but its own stylesheet, script and icon, and names its feed.
func TestPageIsSelfContained(t *testing.T) {
	w := newWorld(t)
	doc := w.page(t, "/", http.StatusOK)
	var loads []string
	doc.Find("link, [src]").Each(func(_ int, e *goquery.Selection) {
		loads = append(loads, e.AttrOr("href", e.AttrOr("src", "")))
	})
	if diff := cmp.Diff([]string{"/icon.svg", "/style.css", "/feed.atom", "/live.js"}, loads); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	for path, contentType := range map[string]string{"/icon.svg": "image/svg+xml", "/style.css": "text/css; charset=utf-8", "/live.js": "text/javascript; charset=utf-8"} {
		res := w.get(t, path)
		wantStatus(t, res, http.StatusOK)
		body := text(t, res)
		if res.Header.Get("Content-Type") != contentType || strings.Contains(body, "url(") || strings.Contains(body, "@import") {
			t.Errorf("%s is %q and must load nothing", path, res.Header.Get("Content-Type"))
		}
	}
}
