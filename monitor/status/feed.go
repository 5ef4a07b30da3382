package status

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kapwatch/monitor"
)

// tagAuthority begins every id of a feed and its entries (RFC 4151). Ids are the same on every machine and after
// every restart, so that a reader knows an entry again wherever it was read.
const tagAuthority = "tag:kapwatch,2024:"

// feed is one page of filings as both feeds show it.
type feed struct {
	list
	words   words
	base    string // scheme and host that the client asked for
	id      string
	self    string // absolute addresses
	home    string
	next    string
	title   string
	updated time.Time
}

// feed reads the parameters of r, which are those of /filings and lang, and finds what the feed at path shows. It
// has answered itself when ok is false.
func (s *Server) feed(w http.ResponseWriter, r *http.Request, path string) (f feed, ok bool) {
	l, err := s.find(r, "lang")
	if err != nil {
		s.fail(w, r, err)
		return f, false
	}
	language := l.params.language()
	if len(l.params.faults) > 0 {
		answer(w, r, badParameters(l.params.faults))
		return f, false
	}
	f = feed{list: l, words: wordsFor(language), base: "http://" + r.Host, updated: time.Unix(0, 0)}
	if r.TLS != nil {
		f.base = "https://" + r.Host
	}
	values, subject := l.params.values, url.Values{}
	for _, name := range selectors {
		if values.Has(name) {
			subject[name] = values[name]
		}
	}
	f.id = tagAuthority + "filings"
	f.title = "kapwatch: " + f.words.Caption
	if len(subject) > 0 {
		f.id += "?" + subject.Encode()
		f.title = "kapwatch: " + f.words.CaptionFound
		for _, name := range selectors {
			if v := values.Get(name); v != "" {
				f.title += " · " + v
			}
		}
	}
	f.home, f.self = f.base+change(values, "limit", ""), f.base+path
	if len(values) > 0 {
		f.self += "?" + values.Encode()
	}
	if l.next != "" {
		next := withCursor(path, values, l.next)
		f.next = f.base + next
		w.Header().Set("Link", "<"+next+`>; rel="next"`)
	}
	for _, rec := range l.page.Records {
		if at := changed(rec); at.After(f.updated) {
			f.updated = at
		}
	}
	return f, true
}

// changed is when rec last said something new: it was published, read, or its detail arrived. What became of its
// alerts is no news of the filing.
func changed(rec monitor.Record) time.Time {
	at := rec.Filing.PublishedAt
	if seen := rec.Filing.SeenAt; seen.After(at) {
		at = seen
	}
	if d := rec.Filing.Detail; d != nil && d.FetchedAt.After(at) {
		at = d.FetchedAt
	}
	return at
}

func entryID(index int64) string { return fmt.Sprintf("%sfiling/%d", tagAuthority, index) }

// headline names a filing in one line, as a list of a feed reader shows it.
func headline(v monitor.View) string {
	title := cmp.Or(oneLine(v.Subject), v.URL)
	if who := cmp.Or(oneLine(strings.Join(v.Tickers, ", ")), oneLine(v.Company)); who != "" {
		title = who + " · " + title
	}
	return title
}

// oneLine is a scraped text as a reader of feeds may show it: one line of what can be seen. A feed's JSON would carry
// control characters faithfully to whoever prints it.
func oneLine(s string) string { return strings.Join(strings.Fields(strings.Map(plain, s)), " ") }

// The elements of RFC 4287 that are used.
type (
	atomFeed struct {
		XMLName   xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Language  string      `xml:"xml:lang,attr"`
		ID        string      `xml:"id"`
		Title     string      `xml:"title"`
		Subtitle  string      `xml:"subtitle,omitempty"`
		Updated   string      `xml:"updated"`
		Author    *atomPerson `xml:"author"`
		Links     []atomLink  `xml:"link"`
		Icon      string      `xml:"icon"`
		Generator atomMaker   `xml:"generator"`
		Entries   []atomEntry `xml:"entry"`
	}
	atomPerson struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr,omitempty"`
		Lang string `xml:"hreflang,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomMaker struct {
		Version string `xml:"version,attr"`
		Name    string `xml:",chardata"`
	}
	atomCategory struct {
		Term   string `xml:"term,attr"`
		Scheme string `xml:"scheme,attr"`
		Label  string `xml:"label,attr,omitempty"`
	}
	atomEntry struct {
		Language   string         `xml:"xml:lang,attr"`
		ID         string         `xml:"id"`
		Title      string         `xml:"title"`
		Published  string         `xml:"published"`
		Updated    string         `xml:"updated"`
		Author     *atomPerson    `xml:"author,omitempty"`
		Links      []atomLink     `xml:"link"`
		Categories []atomCategory `xml:"category"`
		Summary    string         `xml:"summary"`
	}
)

// atom answers /feed.atom.
func (s *Server) atom(w http.ResponseWriter, r *http.Request) {
	f, ok := s.feed(w, r, "/feed.atom")
	if !ok {
		return
	}
	v := atomFeed{
		Language: f.words.Language, ID: f.id, Title: f.title, Subtitle: f.page.Partial, Updated: stamp(f.updated),
		Author: &atomPerson{"kapwatch"}, Icon: f.base + "/icon.svg", Generator: atomMaker{s.cfg.Version, "kapwatch"},
		Links: []atomLink{
			{Rel: "self", Type: "application/atom+xml", Href: f.self},
			{Rel: "alternate", Type: "text/html", Lang: f.words.Language, Href: f.home},
		},
	}
	if f.next != "" {
		v.Links = append(v.Links, atomLink{Rel: "next", Type: "application/atom+xml", Href: f.next})
	}
	for _, rec := range f.page.Records {
		v.Entries = append(v.Entries, s.atomEntry(rec, f.words.Language))
	}
	var body bytes.Buffer
	body.WriteString(xml.Header)
	e := xml.NewEncoder(&body)
	e.Indent("", " ")
	if err := e.Encode(v); err != nil {
		s.fail(w, r, fmt.Errorf("encode feed: %w", err))
		return
	}
	body.WriteByte('\n')
	sendTagged(w, r, "application/atom+xml; charset=utf-8", bytes.Map(plain, body.Bytes()))
}

func (s *Server) atomEntry(rec monitor.Record, language string) atomEntry {
	v := monitor.NewView(rec)
	e := atomEntry{
		Language: "tr", ID: entryID(v.Index), Title: headline(v), Published: stamp(v.PublishedAt), Updated: stamp(changed(rec)),
		Links:   []atomLink{{Rel: "alternate", Type: "text/html", Lang: "tr", Href: v.URL}},
		Summary: cmp.Or(oneLine(v.Summary), oneLine(v.Subject), v.URL),
	}
	if who := oneLine(v.Company); who != "" {
		e.Author = &atomPerson{who}
	}
	add := func(term, scheme, label string) {
		if term != "" { // one without a term makes the feed invalid
			e.Categories = append(e.Categories, atomCategory{term, tagAuthority + scheme, label})
		}
	}
	for _, id := range v.Categories {
		add(id, "category", s.label(id, language))
	}
	for _, id := range v.Qualifiers {
		add(id, "qualifier", s.label(id, language))
	}
	for _, code := range rec.Filing.Codes() {
		add(code, "ticker", "")
	}
	return e
}

func stamp(t time.Time) string { return t.In(monitor.Istanbul).Format(time.RFC3339) }

// The members of JSON Feed 1.1 that are used; _kapwatch is its way to carry what it has no word for.
type (
	jsonFeedView struct {
		Version     string       `json:"version"`
		Title       string       `json:"title"`
		Home        string       `json:"home_page_url"`
		Self        string       `json:"feed_url"`
		Description string       `json:"description,omitempty"`
		Next        string       `json:"next_url,omitempty"`
		Icon        string       `json:"icon"`
		Authors     []jsonAuthor `json:"authors"`
		Language    string       `json:"language"`
		Items       []jsonItem   `json:"items"`
	}
	jsonAuthor struct {
		Name string `json:"name"`
	}
	jsonItem struct {
		ID        string       `json:"id"`
		URL       string       `json:"url"`
		Title     string       `json:"title"`
		Text      string       `json:"content_text"`
		Published string       `json:"date_published"`
		Modified  string       `json:"date_modified"`
		Authors   []jsonAuthor `json:"authors,omitempty"`
		Tags      []string     `json:"tags,omitempty"`
		Language  string       `json:"language"`
		Filing    monitor.View `json:"_kapwatch"`
	}
)

// jsonFeed answers /feed.json.
func (s *Server) jsonFeed(w http.ResponseWriter, r *http.Request) {
	f, ok := s.feed(w, r, "/feed.json")
	if !ok {
		return
	}
	v := jsonFeedView{
		Version: "https://jsonfeed.org/version/1.1", Title: f.title, Home: f.home, Self: f.self, Description: f.page.Partial,
		Next: f.next, Icon: f.base + "/icon.svg", Authors: []jsonAuthor{{"kapwatch"}}, Language: f.words.Language, Items: []jsonItem{},
	}
	for _, rec := range f.page.Records {
		x := monitor.NewView(rec)
		item := jsonItem{
			ID: entryID(x.Index), URL: x.URL, Title: headline(x), Text: cmp.Or(oneLine(x.Summary), oneLine(x.Subject), x.URL),
			Published: stamp(x.PublishedAt), Modified: stamp(changed(rec)), Language: "tr", Filing: x,
		}
		if who := oneLine(x.Company); who != "" {
			item.Authors = []jsonAuthor{{who}}
		}
		item.Tags = append(append(append(item.Tags, x.Categories...), x.Qualifiers...), rec.Filing.Codes()...)
		v.Items = append(v.Items, item)
	}
	var body bytes.Buffer
	encode(&body, v)
	sendTagged(w, r, "application/feed+json", body.Bytes())
}
