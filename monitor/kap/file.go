package kap

import (
	"encoding/json"
	"fmt"
	"time"

	"kapwatch/monitor"
)

// DecodeList reads a byCriteria answer that was kept in a file: what Criteria makes of the same bytes. A
// *monitor.DriftError says that it is none. SeenAt is left zero.
func DecodeList(body []byte) (monitor.Listing, error) {
	p, err := parseList(body)
	if err != nil {
		return monitor.Listing{}, err
	}
	h := newHarvest(time.Time{}, nil)
	h.add(p)
	return h.listing(), nil
}

// Reread reads a kept answer of a list as its reader would read it today; from the page it takes what was published
// on from or later. It implements monitor.Rereader, as do RereadRow and RereadDetail, and speaks to nobody.
func (c *Client) Reread(s monitor.Specimen, from time.Time) (_ monitor.Listing, err error) {
	defer panicked(s.Reader, &s.Body, &err)
	var p parsed
	h := newHarvest(s.SeenAt, nil)
	switch s.Reader {
	case "criteria":
		p, err = parseList(s.Body)
	case "page":
		p, err = parsePage(s.Body, s.SeenAt)
		h.from = from
	default:
		return monitor.Listing{}, fmt.Errorf("no reader %q makes lists", s.Reader)
	}
	if err != nil {
		return monitor.Listing{}, err
	}
	h.add(p)
	return h.listing(), nil
}

// RereadRow reads the kept bytes of a single row.
func (c *Client) RereadRow(b monitor.BadRow) (_ monitor.Filing, err error) {
	defer panicked(b.Reader, &b.Raw, &err)
	shape := criteriaShape()
	if b.Reader == "page" {
		shape = pageShape()
	}
	p, err := shape.read([]json.RawMessage{b.Raw}, 0, b.Raw)
	if err != nil {
		return monitor.Filing{}, err
	}
	if len(p.filings) == 0 {
		return monitor.Filing{}, fmt.Errorf("the row cannot be read: %s", p.bad[0].Err)
	}
	return p.filings[0], nil
}

// RereadDetail reads a kept detail, and tells whose it is.
func (c *Client) RereadDetail(body []byte) (int64, monitor.Detail, error) {
	var answer []detailAnswer
	if err := json.Unmarshal(body, &answer); err != nil || len(answer) != 1 || answer[0].Disclosure.Basic.Index == nil {
		return 0, monitor.Detail{}, &monitor.DriftError{Reader: "detail", What: "it does not say whose it is", Body: body}
	}
	index := *answer[0].Disclosure.Basic.Index
	d, err := parseDetail(body, index)
	return index, d, err
}
