package status

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"path"
	"time"

	"kapwatch/monitor"
)

//go:embed web
var web embed.FS

// openAPI describes all that is served to everyone. It is written by hand; a test holds the answers to it.
//
//go:embed openapi.json
var openAPI []byte

// asset is a file that the page loads from this server.
type asset struct {
	contentType string
	body        []byte
}

func (a asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sendTagged(w, r, a.contentType, a.body)
}

// loadPage reads the embedded templates, and the assets by their path.
func loadPage() (*template.Template, map[string]asset, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"second": func(t time.Time) string { return t.In(monitor.Istanbul).Format("15:04:05") },
		"clock":  func(t time.Time) string { return t.In(monitor.Istanbul).Format("15:04") },
		"date":   func(t time.Time) string { return t.In(monitor.Istanbul).Format("02.01.2006") },
		"stamp":  stamp,
	}).ParseFS(web, "web/*.html")
	if err != nil {
		return nil, nil, fmt.Errorf("parse page: %w", err)
	}
	assets := map[string]asset{}
	for name, contentType := range map[string]string{
		"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml", "live.js": "text/javascript; charset=utf-8",
	} {
		body, err := web.ReadFile(path.Join("web", name))
		if err != nil {
			return nil, nil, fmt.Errorf("read page's assets: %w", err)
		}
		assets["/"+name] = asset{contentType, body}
	}
	return t, assets, nil
}

// render executes a template, and drops from the whole of it what a scraped title could use to disturb the text
// around: control characters and the marks that reverse the direction of writing. Escaping is html/template's.
func (s *Server) render(name string, view any) ([]byte, error) {
	var b bytes.Buffer
	if err := s.page.ExecuteTemplate(&b, name, view); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return bytes.Map(plain, b.Bytes()), nil
}

// plain is r, or -1 for what render drops.
func plain(r rune) rune {
	switch {
	case r == '\n', r == '\t':
		return r
	case r < 0x20, r >= 0x7f && r < 0xa0,
		r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return -1
	}
	return r
}

// frame is what every page shows around its own content.
type frame struct {
	W        words
	Title    string
	Version  string
	OtherURL string // this page in the other language
	HomeURL  string
	Feed     string // the feed of what is shown
	Live     bool   // a script keeps the page up to date
}

// frame fills in what surrounds a page at path, asked for with values.
func (s *Server) frame(w words, title, path string, values url.Values) frame {
	other := url.Values{}
	maps.Copy(other, values)
	other.Set("lang", w.Other)
	home := "/"
	if w.Language != string(monitor.Turkish) {
		home += "?lang=" + w.Language
	}
	return frame{
		W: w, Title: title, Version: s.cfg.Version, OtherURL: path + "?" + other.Encode(), HomeURL: home, Feed: "/feed.atom",
	}
}

// language reads lang, tr by default.
func (p *params) language() monitor.Language {
	if l := p.oneOf("lang", []string{string(monitor.Turkish), string(monitor.English)}); l != "" {
		return monitor.Language(l)
	}
	return monitor.Turkish
}
