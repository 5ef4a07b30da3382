package status_test

import (
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// element is an XML element with what is in it.
type element struct {
	name  xml.Name
	attrs []xml.Attr
	text  string
	in    []*element
}

func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e *element) all(name string) (out []*element) {
	for _, x := range e.in {
		if x.name.Local == name {
			out = append(out, x)
		}
	}
	return out
}

// one is the text of the one element of that name, "" where there is none.
func (e *element) one(name string) string {
	if list := e.all(name); len(list) == 1 {
		return list[0].text
	}
	return ""
}

func parseXML(t *testing.T, body string) *element {
	t.Helper()
	root := &element{}
	open := []*element{root}
	d := xml.NewDecoder(strings.NewReader(body))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root.in[0]
		}
		if err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		top := open[len(open)-1]
		switch x := token.(type) {
		case xml.StartElement:
			e := &element{name: x.Name, attrs: x.Copy().Attr}
			top.in, open = append(top.in, e), append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.text += string(x)
		case xml.Directive:
			t.Errorf("a document type: %s", x)
		}
	}
}

// tagURI is RFC 4151's, as the W3C's validator has it.
var tagURI = regexp.MustCompile(`^tag:([a-z0-9\-._]+@)?[a-z0-9.\-]+,\d{4}(-\d{2}(-\d{2})?)?:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]*$`)

// validAtom holds a feed, served at location, to RFC 4287 and to what the W3C's validator asks and warns about
// beyond it: which elements there may be and how many, absolute addresses, one self link that is the feed's own
// address, no two alternates alike, ids that are well formed and each once, times with an offset, text constructs
// that are plain text, languages that are named.
func validAtom(t *testing.T, body, location string) {
	t.Helper()
	root := parseXML(t, body)
	if !strings.HasPrefix(body, `<?xml version="1.0" encoding="UTF-8"?>`) || root.name.Local != "feed" {
		t.Errorf("begins %.60s", body)
	}
	var walk func(e *element)
	walk = func(e *element) {
		if e.name.Space != "http://www.w3.org/2005/Atom" {
			t.Errorf("element %s of another name space", e.name)
		}
		for _, a := range e.attrs {
			switch {
			case a.Name.Local == "lang" && a.Value != "tr" && a.Value != "en", a.Name.Local == "hreflang" && a.Value != "tr" && a.Value != "en":
				t.Errorf("%s: %s = %q", e.name.Local, a.Name.Local, a.Value)
			case a.Name.Local == "href" || a.Name.Local == "scheme":
				if u, err := url.Parse(a.Value); err != nil || !u.IsAbs() {
					t.Errorf("%s: %s = %q is not absolute", e.name.Local, a.Name.Local, a.Value)
				}
			case a.Name.Local == "base":
				t.Error("there is a base, and with it relative references")
			}
		}
		for _, x := range e.in {
			walk(x)
		}
	}
	walk(root)

	// How often each child may be there: at least, at most.
	type count [2]int
	const many = 1 << 20
	shape := func(e *element, want map[string]count) {
		got := map[string]int{}
		for _, x := range e.in {
			got[x.name.Local]++
			if _, ok := want[x.name.Local]; !ok {
				t.Errorf("%s in %s", x.name.Local, e.name.Local)
			}
		}
		for name, n := range want {
			if got[name] < n[0] || got[name] > n[1] {
				t.Errorf("%d %s in %s, want %v", got[name], name, e.name.Local, n)
			}
		}
	}
	common := func(e *element) time.Time {
		if id := e.one("id"); !tagURI.MatchString(id) {
			t.Errorf("id %q is no tag URI", id)
		}
		for _, name := range []string{"title", "subtitle", "summary"} {
			for _, x := range e.all(name) {
				if strings.TrimSpace(x.text) == "" || x.attr("type") != "" || len(x.in) > 0 {
					t.Errorf("%s is not plain text: %q", name, x.text)
				}
			}
		}
		for _, a := range e.all("author") {
			shape(a, map[string]count{"name": {1, 1}})
			if strings.TrimSpace(a.one("name")) == "" {
				t.Error("an author without a name")
			}
		}
		if e.attr("lang") == "" {
			t.Errorf("%s does not tell its language", e.name.Local)
		}
		var alternates []string
		for _, l := range e.all("link") {
			if _, _, err := mime.ParseMediaType(l.attr("type")); err != nil || l.attr("href") == "" {
				t.Errorf("link %+v: %v", l.attrs, err)
			}
			if l.attr("rel") == "alternate" {
				alternates = append(alternates, l.attr("type")+" "+l.attr("hreflang"))
			}
		}
		if n := len(alternates); n == 0 || len(slices.Compact(slices.Sorted(slices.Values(alternates)))) != n {
			t.Errorf("alternates of %s = %q", e.name.Local, alternates)
		}
		updated, err := time.Parse(time.RFC3339, e.one("updated"))
		if err != nil {
			t.Error(err)
		}
		return updated
	}

	shape(root, map[string]count{
		"id": {1, 1}, "title": {1, 1}, "subtitle": {0, 1}, "updated": {1, 1}, "author": {1, 1}, "link": {2, 3}, "icon": {1, 1},
		"generator": {1, 1}, "entry": {0, many},
	})
	newest := common(root)
	var self []string
	for _, l := range root.all("link") {
		if l.attr("rel") == "self" {
			self = append(self, l.attr("href"))
		}
	}
	if len(self) != 1 || !sameAddress(self[0], location) {
		t.Errorf("self = %q, want %s alone", self, location)
	}
	if u, err := url.Parse(root.one("icon")); err != nil || !u.IsAbs() || root.one("generator") == "" {
		t.Errorf("icon %q, generator %q", root.one("icon"), root.one("generator"))
	}
	ids := map[string]bool{root.one("id"): true}
	for _, e := range root.all("entry") {
		shape(e, map[string]count{
			"id": {1, 1}, "title": {1, 1}, "published": {1, 1}, "updated": {1, 1}, "author": {0, 1}, "link": {1, 1}, "category": {0, many},
			"summary": {1, 1},
		})
		updated := common(e)
		published, err := time.Parse(time.RFC3339, e.one("published"))
		if err != nil || updated.Before(published) || updated.After(newest) {
			t.Errorf("published %s, updated %s, the feed %s: %v", published, updated, newest, err)
		}
		if ids[e.one("id")] {
			t.Errorf("id %s is there twice", e.one("id"))
		}
		ids[e.one("id")] = true
		for _, c := range e.all("category") {
			if c.attr("term") == "" || c.text != "" {
				t.Errorf("category %+v", c.attrs)
			}
		}
	}
}

// sameAddress compares addresses whose parameters may stand in another order.
func sameAddress(a, b string) bool {
	x, err := url.Parse(a)
	y, err2 := url.Parse(b)
	return err == nil && err2 == nil && x.Host == y.Host && x.Scheme == y.Scheme && x.Path == y.Path && x.Query().Encode() == y.Query().Encode()
}
