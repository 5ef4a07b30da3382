package kap

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"kapwatch/monitor"
)

// Limits on one detail. They are far above what was seen (a financial report has some thousand rows), and keep an
// answer that is within its bytes from filling the ledger.
const (
	mostTags   = 300_000 // a form of 28,000 bytes has 700 (seen May 2026)
	mostRows   = 5_000
	mostFiles  = 200
	mostText   = 1 << 20  // bytes of Body, and of BodyEN
	mostSpoilt = 10       // bytes that are no UTF-8; Turkish text in another encoding has far more
	mostValue  = 16 << 10 // bytes of a label or a value
)

// Detail reads what the filing's own page says. monitor.ErrNotYet means that KAP does not serve it yet: an empty array
// or 404, both seen for filings that were listed seconds before. It implements monitor.Details.
func (c *Client) Detail(ctx context.Context, index int64) (monitor.Detail, error) {
	body, err := c.detail(ctx, index)
	if err != nil {
		return monitor.Detail{}, fmt.Errorf("read detail %d: %w", index, err)
	}
	d, err := parseDetail(body, index)
	if err != nil {
		return monitor.Detail{}, fmt.Errorf("read detail %d: %w", index, err)
	}
	d.FetchedAt = c.now()
	return d, nil
}

// Filing reads a filing that no list shows readably: the detail carries its row with the keys of the page's. What the
// page's rows lack is lacking here too, so it is Partial. It implements monitor.Lookup.
func (c *Client) Filing(ctx context.Context, index int64) (monitor.Filing, error) {
	body, err := c.detail(ctx, index)
	if err != nil {
		return monitor.Filing{}, fmt.Errorf("look up filing %d: %w", index, err)
	}
	f, err := parseFiling(body, index)
	if err != nil {
		return monitor.Filing{}, fmt.Errorf("look up filing %d: %w", index, err)
	}
	f.Detail.FetchedAt = c.now()
	return f, nil
}

// parseFiling reads row and text out of the answer for filing index.
func parseFiling(body []byte, index int64) (_ monitor.Filing, err error) {
	defer panicked(monitor.DetailReader, &body, &err)
	d, err := parseDetail(body, index)
	if err != nil {
		return monitor.Filing{}, err
	}
	var answer []struct {
		Disclosure struct {
			Row json.RawMessage `json:"disclosureBasic"`
		} `json:"disclosure"`
	}
	if err := json.Unmarshal(body, &answer); err != nil { // parseDetail has read it
		return monitor.Filing{}, err
	}
	row := answer[0].Disclosure.Row
	f, ok := fillPage(row)
	if !ok {
		return monitor.Filing{}, fmt.Errorf("the row of the detail cannot be read: %s", pageShape().diagnose(row, nil)[0])
	}
	f.Reader, f.Raw, f.Detail = monitor.DetailReader, bytes.Clone(row), &d
	return f, nil
}

// detail asks for the whole answer.
func (c *Client) detail(ctx context.Context, index int64) ([]byte, error) {
	body, err := c.fetchAPI(ctx, request{
		kind:    "detail",
		path:    fmt.Sprintf("/tr/api/notification/attachment-detail/%d", index),
		accept:  "application/json",
		referer: fmt.Sprintf("/tr/Bildirim/%d", index),
		limit:   detailLimit,
		timeout: c.detailTimeout,
	})
	if r, ok := errors.AsType[*monitor.RefusedError](err); ok && r.Status == http.StatusNotFound {
		err = monitor.ErrNotYet
		c.warm.Store(true) // an answer, not a failure that a new visit would cure
	}
	return body, err
}

// detailAnswer is the one element of the answer. What only adorns is read leniently: no kind of flag or year is worth
// the text.
type detailAnswer struct {
	Disclosure struct {
		Basic struct {
			Index     *int64          `json:"disclosureIndex"`
			ID        json.RawMessage `json:"disclosureId"`
			Summary   json.RawMessage `json:"summary"`
			RelatedID json.RawMessage `json:"relatedDisclosureOid"`
			Blocked   json.RawMessage `json:"isBlocked"`
		} `json:"disclosureBasic"`
		Detail struct {
			RelatedIndex       json.RawMessage `json:"relatedDisclosureIndex"`
			BlockedDescription json.RawMessage `json:"blockedDescription"`
		} `json:"disclosureDetail"`
	} `json:"disclosure"`
	Body  json.RawMessage   `json:"disclosureBody"` // array of HTML, one for each statement of a report
	Files []json.RawMessage `json:"attachments"`
}

// parseDetail reads the answer for filing index. An answer that speaks of another filing is drift: its text must not
// hang on this one.
func parseDetail(body []byte, index int64) (_ monitor.Detail, err error) {
	defer panicked(monitor.DetailReader, &body, &err)
	drift := func(format string, args ...any) (monitor.Detail, error) {
		return monitor.Detail{}, &monitor.DriftError{Reader: "detail", What: fmt.Sprintf(format, args...), Body: body}
	}
	elements, err := array("detail", body, nil)
	switch {
	case err != nil:
		return monitor.Detail{}, err
	case spoilt(body) > mostSpoilt:
		return drift("the answer is not UTF-8")
	case len(elements) == 0:
		return monitor.Detail{}, monitor.ErrNotYet
	case len(elements) > 1:
		return drift("the array has %d elements, not one", len(elements))
	}
	var a detailAnswer
	if err := json.Unmarshal(elements[0], &a); err != nil {
		if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return drift("key %q is a %s, not a %s", t.Field, t.Value, t.Type)
		}
		return drift("decode: %v", err)
	}
	basic, detail := a.Disclosure.Basic, a.Disclosure.Detail
	switch {
	case basic.Index == nil:
		return drift("key %q is missing", "disclosureIndex")
	case *basic.Index != index:
		return monitor.Detail{}, &monitor.DriftError{
			Reader: "detail", What: fmt.Sprintf("asked for filing %d, answered with %d", index, *basic.Index), Body: body,
			Seen: *basic.Index,
		}
	case a.Body == nil:
		return drift("key %q is missing", "disclosureBody")
	}
	var bodies []string
	if err := json.Unmarshal(a.Body, &bodies); err != nil {
		return drift("key %q is not an array of strings: %s", "disclosureBody", excerpt(a.Body))
	}
	s := sheet{}
	for i, b := range bodies {
		if err := s.read(b); err != nil {
			return drift("body %d: %v", i+1, err)
		}
	}
	d := s.detail()
	if d.Summary == "" {
		d.Summary = str(basic.Summary)
	}
	d.Files = attachments(a.Files)
	if id := str(basic.ID); isHex32(id) {
		d.ID = id
	}
	d.RelatedID = str(basic.RelatedID)
	d.RelatedIndex = int64(max(number(detail.RelatedIndex), 0))
	d.Blocked = yes(basic.Blocked)
	d.BlockedDescription = str(detail.BlockedDescription)
	return d, nil
}

// spoilt counts the bytes of b that are no UTF-8.
func spoilt(b []byte) (n int) {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			n++
		}
		b = b[size:]
	}
	return n
}

// attachments reads what hangs on the filing. An entry without a proper id leads nowhere and is left out.
func attachments(raw []json.RawMessage) []monitor.Attachment {
	var out []monitor.Attachment
	for _, r := range raw[:min(len(raw), mostFiles)] {
		var a struct {
			ID   string `json:"objId"`
			Name string `json:"fileName"`
			Ext  string `json:"fileExtension"`
		}
		if json.Unmarshal(r, &a) != nil || !isHex32(a.ID) {
			continue
		}
		ext := strings.ToLower(strings.TrimPrefix(clean(a.Ext), "."))
		out = append(out, monitor.Attachment{ID: a.ID, Name: clean(a.Name), Ext: ext})
	}
	return out
}
