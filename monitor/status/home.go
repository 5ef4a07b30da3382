package status

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"kapwatch/monitor"
)

// link is a link of the page, perhaps to what is shown already.
type link struct {
	Text, URL string
	Title     string
	Active    bool
}

// homeView is what the page at / shows.
type homeView struct {
	frame
	State    statusView
	LastPoll string
	Readers  []link // Text and its state in Title
	Receipt  link
	Hours    chart
	Delays   chart
	Demo     bool      // it is played, not real
	Stamp    time.Time // when this page was made
	Reload   string    // this page again
	Events   string    // the stream of what belongs on top of this page; "" where nothing does
	Feeds    []link
	Faults   []fault
	Search   string
	Hidden   []link // filters that a search keeps
	Active   []link // filters in force; each link removes one
	Groups   []group
	Rows     []rowView
	Filtered bool
	Later    bool // not the first page
	NextURL  string
	FirstURL string
	Partial  string
}

// group is one row of filter links. A folded one hides behind its name until one of its links is active.
type group struct {
	Name   string
	Links  []link
	Folded bool
	Open   bool
}

// rowView is a filing in the page's table.
type rowView struct {
	monitor.View
	URL     string // the filing's own page here
	Codes   []link
	Related []link
	What    []link // categories
	Marks   []string
	Facts   []string
	Alerts  []alertRow
}

type alertRow struct {
	Route, State, Word string
	At                 time.Time
}

// home answers / with the page. A parameter at fault is told on the page, under 400.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	l, err := s.find(r, "lang")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	language := l.params.language()
	v, err := s.homeView(l, language)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	body, err := s.render("home", v)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	code := http.StatusOK
	if len(l.params.faults) > 0 {
		code = http.StatusBadRequest
	}
	w.Header().Set("Cache-Control", "no-store") // ages on it are of this moment
	send(w, r, code, "text/html; charset=utf-8", body)
}

func (s *Server) homeView(l list, language monitor.Language) (homeView, error) {
	words, now, values, search := wordsFor(language), s.cfg.Now(), l.params.values, l.params.values.Get("q")
	for _, f := range l.params.faults {
		values.Del(f.Parameter) // or every link of the page would repeat the fault
	}
	v := homeView{
		frame: s.frame(words, "kapwatch", "/", values), State: s.present(), Faults: l.params.faults,
		Search: search, Filtered: l.filtered(), Later: values.Has("cursor"), Partial: l.page.Partial,
		FirstURL: change(values, "", ""), LastPoll: words.Never, Demo: s.cfg.Demo,
	}
	if t := v.State.Source.LastSuccessAt; t != nil {
		v.LastPoll = words.since(*t, now)
	}
	for _, name := range sortedKeys(v.State.Source.Readers) {
		v.Readers = append(v.Readers, link{Text: or(words.reader, name), Title: v.State.Source.Readers[name]})
	}
	today := monitor.Midnight(now)
	receipt, err := s.cfg.Ledger.Receipt(today)
	if err != nil {
		return v, fmt.Errorf("read today's receipt: %w", err)
	}
	v.Receipt = link{Text: words.receiptLine(receipt), URL: "/receipts/" + today.Format(time.DateOnly)}
	if err := s.addCharts(&v, l, now); err != nil {
		return v, err
	}
	v.addAddresses(l, now)
	s.addFilters(&v, l, language)
	for _, rec := range l.page.Records {
		v.Rows = append(v.Rows, s.row(rec, values, language))
	}
	if l.next != "" {
		v.NextURL = withCursor("/", values, l.next)
	}
	return v, nil
}

// addCharts draws what the day brought and how fast alerts went out.
func (s *Server) addCharts(v *homeView, l list, now time.Time) error {
	hours, delays, err := s.tally.look(s.cfg.Ledger, now, l.page.Records)
	if err != nil {
		return fmt.Errorf("draw charts: %w", err)
	}
	v.Hours, v.Delays = v.W.hoursChart(hours), v.W.delaysChart(delays)
	return nil
}

// addAddresses fills in where what is shown goes on: the stream, the feeds, the page itself.
func (v *homeView) addAddresses(l list, now time.Time) {
	values, filters, plain := l.params.values, url.Values{}, url.Values{}
	for name := range values {
		if slices.Contains(selectors, name) {
			filters.Set(name, values.Get(name))
			plain.Set(name, values.Get(name))
		}
	}
	if values.Has("lang") {
		plain.Set("lang", values.Get("lang"))
	}
	v.Stamp, v.Reload = now, address("/", values)
	if !v.Later && !l.query.Oldest && len(l.params.faults) == 0 {
		v.Events, v.frame.Live = address("/events", filters), true
	}
	v.Feeds = []link{{Text: "Atom", URL: address("/feed.atom", plain)}, {Text: "JSON Feed", URL: address("/feed.json", plain)}}
	v.frame.Feed = v.Feeds[0].URL
}

// address is path with values, if there are any.
func address(path string, values url.Values) string {
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// filtered reports whether anything was asked for beyond the newest filings.
func (l list) filtered() bool {
	for _, name := range filters {
		if l.params.values.Has(name) {
			return true
		}
	}
	return false
}

// change is the address of the page with one filter set, or removed where value is "", back on its first page.
func change(values url.Values, name, value string) string {
	next := url.Values{}
	for k, v := range values {
		if k != "cursor" && k != name {
			next[k] = v
		}
	}
	if value != "" {
		next.Set(name, value)
	}
	return address("/", next)
}

// addFilters fills in the filters in force and the links that set others.
func (s *Server) addFilters(v *homeView, l list, language monitor.Language) {
	values, rules, w := l.params.values, s.cfg.Rules(), v.W
	for _, name := range append([]string{"limit", "lang"}, filters[:]...) {
		if name != "q" && values.Has(name) {
			v.Hidden = append(v.Hidden, link{Text: name, Title: values.Get(name)})
		}
	}
	for _, f := range []struct{ name, label, value string }{
		{"q", w.Search, values.Get("q")},
		{"ticker", w.Ticker, l.query.Ticker},
		{"category", w.Category, rules.Label(values.Get("category"), string(language))},
		{"qualifier", w.Qualifier, s.cfg.QualifierLabel(values.Get("qualifier"), string(language))},
		{"class", w.Class, or(w.class, values.Get("class"))},
		{"since", w.Since, values.Get("since")},
		{"until", w.Until, values.Get("until")},
		{"order", w.Order, values.Get("order")},
	} {
		if values.Has(f.name) {
			v.Active = append(v.Active, link{Text: f.label + ": " + f.value, URL: change(values, f.name, "")})
		}
	}
	choice := func(name, id, label string) link {
		x := link{Text: label, URL: change(values, name, id), Active: values.Get(name) == id}
		if x.Active {
			x.URL = change(values, name, "")
		}
		return x
	}
	add := func(name string, folded bool, links []link) {
		if len(links) > 0 {
			open := slices.ContainsFunc(links, func(x link) bool { return x.Active })
			v.Groups = append(v.Groups, group{name, links, folded, open})
		}
	}
	var watched, ofClass, categories, qualifiers, times []link
	for _, t := range []struct {
		label string
		days  int
	}{{w.OneDay, 0}, {w.OneWeek, 6}, {w.OneMonth, 29}} {
		since := monitor.Midnight(s.cfg.Now()).AddDate(0, 0, -t.days).Format(time.DateOnly)
		times = append(times, choice("since", since, t.label))
	}
	for _, code := range s.watched() {
		watched = append(watched, choice("ticker", code, code))
	}
	for _, id := range classes[:len(classes)-1] { // DKB is DUY
		ofClass = append(ofClass, choice("class", id, or(w.class, id)))
	}
	for _, id := range rules.Categories() {
		categories = append(categories, choice("category", id, rules.Label(id, string(language))))
	}
	for _, id := range s.cfg.Qualifiers {
		qualifiers = append(qualifiers, choice("qualifier", id, s.cfg.QualifierLabel(id, string(language))))
	}
	add(w.Ticker, false, watched)
	add(w.Class, false, ofClass)
	add(w.Time, false, times)
	add(w.Category, true, categories)
	add(w.Qualifier, true, qualifiers)
}

// watched are the tickers that routes name, each once; the page has room for a few.
func (s *Server) watched() []string {
	const room = 24
	var codes []string
	for _, r := range s.cfg.Routes() {
		for _, c := range r.Tickers {
			if !slices.Contains(codes, c) {
				codes = append(codes, c)
			}
		}
	}
	return codes[:min(len(codes), room)]
}

func (s *Server) row(rec monitor.Record, values url.Values, language monitor.Language) rowView {
	w := wordsFor(language)
	view := monitor.NewView(rec)
	r := rowView{View: view, URL: fmt.Sprintf("/filings/%d", view.Index), Alerts: w.alerts(view)}
	if language != monitor.Turkish {
		r.URL += "?lang=" + string(language)
	}
	ticker := func(code string) link { return link{Text: code, URL: change(values, "ticker", code)} }
	for _, c := range view.Tickers {
		r.Codes = append(r.Codes, ticker(c))
	}
	for _, c := range view.Related {
		if !slices.Contains(view.Tickers, c) {
			r.Related = append(r.Related, ticker(c))
		}
	}
	for _, id := range view.Categories {
		r.What = append(r.What, link{Text: s.cfg.Rules().Label(id, string(language)), URL: change(values, "category", id)})
	}
	r.Marks = s.marks(w, view)
	for _, f := range rec.Found.Facts {
		if len(r.Facts) < 3 && (f.Kind == "power" || f.Kind == "money" || f.Kind == "percent") && !slices.Contains(r.Facts, f.Text) {
			r.Facts = append(r.Facts, f.Text)
		}
	}
	return r
}

// marks say how to take a filing: its change, its qualifiers, and that it came late.
func (s *Server) marks(w words, v monitor.View) []string {
	var marks []string
	if c, ok := w.change[v.Change]; ok {
		marks = append(marks, c)
	}
	for _, id := range v.Qualifiers {
		marks = append(marks, s.cfg.QualifierLabel(id, w.Language))
	}
	if v.Late {
		marks = append(marks, w.Late)
	}
	return marks
}

func (w words) alerts(v monitor.View) []alertRow {
	var rows []alertRow
	for _, a := range v.Alerts {
		word := or(w.alert, a.State)
		if a.Change != "" {
			word = or(w.change, a.Change) + " " + word
		}
		rows = append(rows, alertRow{a.Route, string(a.State), word, a.At})
	}
	return rows
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
