package kap

import (
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
