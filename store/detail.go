package store

import "kapwatch/monitor"

// encodeDetail writes the long parts last, so that lists of filings need not copy them.
func encodeDetail(index int64, x *monitor.Detail, name func(string, int) (uint64, bool)) []byte {
	e := newEncoder(name)
	e.time(x.FetchedAt)
	e.str(x.Summary)
	e.uint(flags(x.Update, x.Correction, x.Delayed, x.Blocked))
	e.strs(x.EarlierDates)
	e.nameList(x.Related)
	e.nameList(x.Funds)
	e.uint(uint64(len(x.Files)))
	for _, f := range x.Files {
		e.str(f.ID)
		e.str(f.Name)
		e.names(f.Ext)
	}
	e.str(x.ID)
	e.str(x.RelatedID)
	e.int(x.RelatedIndex)
	e.str(x.BlockedDescription)
	e.str(x.Body)
	e.str(x.BodyEN)
	e.uint(uint64(len(x.Rows)))
	for _, r := range x.Rows {
		e.names(r.Name, r.Label, r.LabelEN)
		e.str(r.Value)
		e.str(r.ValueEN)
	}
	return seal(indexKey(index), e.b)
}

// decodeDetail reads a detail; a lean one goes without Body, BodyEN and Rows.
func decodeDetail(index int64, value []byte, names []string, lean bool) (*monitor.Detail, error) {
	payload, err := unseal(indexKey(index), value)
	if err != nil {
		return nil, err
	}
	d := &decoder{b: payload, names: names}
	x := &monitor.Detail{FetchedAt: d.time(), Summary: d.str()}
	bits := d.uint()
	x.Update, x.Correction, x.Delayed, x.Blocked = bits&1 != 0, bits&2 != 0, bits&4 != 0, bits&8 != 0
	x.EarlierDates, x.Related, x.Funds = d.strs(), d.nameList(), d.nameList()
	x.Files = list(d, func() monitor.Attachment {
		return monitor.Attachment{ID: d.str(), Name: d.str(), Ext: d.named()}
	})
	x.ID, x.RelatedID, x.RelatedIndex, x.BlockedDescription = d.str(), d.str(), d.int(), d.str()
	if lean {
		return x, d.err
	}
	x.Body, x.BodyEN = d.str(), d.str()
	x.Rows = list(d, func() monitor.Row {
		r := monitor.Row{Name: d.named(), Label: d.named(), LabelEN: d.named()}
		r.Value, r.ValueEN = d.str(), d.str()
		return r
	})
	return x, d.end()
}
