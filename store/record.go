package store

import (
	"time"

	"kapwatch/monitor"
	"kapwatch/monitor/classify"
)

// header is what a record says of itself before the filing.
type header struct {
	revision  uint64 // number of the write that made it, ledger-wide; the index names the one that it has read
	published int64  // Unix seconds
	sequence  uint64
	detail    bool   // it has a detail
	alerts    bool   // it has alerts
	edits     uint64 // how many edits of it are kept
}

func encodeRecord(index int64, h header, r *monitor.Record, name func(string, int) (uint64, bool)) []byte {
	f, e := &r.Filing, newEncoder(name)
	e.uint(h.revision)
	e.int(f.PublishedAt.Unix())
	e.uint(h.sequence)
	e.uint(flags(h.detail, h.alerts, f.Late, f.OldKAP, f.English, f.Partial, r.Found.Routine, r.Found.Urgent,
		r.Found.Stage != classify.NoStage, len(r.Links) > 0, h.edits > 0)) // what most records lack stands at their end, in this order
	e.uint(uint64(f.Origin))
	e.time(f.SeenAt)
	e.names(f.Company, f.FundCode, f.Class, f.Type, f.Group, f.Subject, f.RuleType, f.Modify, f.Reader)
	e.nameList(f.Tickers)
	e.nameList(f.Related)
	e.str(f.Summary)
	e.int(int64(f.Year))
	e.int(int64(f.Period))
	e.int(int64(f.Attachments))
	e.nameList(r.Found.Categories)
	e.nameList(r.Found.Qualifiers)
	e.uint(uint64(len(r.Found.Facts)))
	for _, x := range r.Found.Facts {
		e.names(x.Kind, x.Unit)
		e.float(x.Value)
		e.span(f, x.Span, x.Text)
	}
	e.uint(uint64(len(r.Found.Evidence)))
	for _, x := range r.Found.Evidence {
		e.names(x.For, x.Term)
		e.span(f, x.Span, x.Text)
	}
	decisions := kept(f, r.Decisions)
	e.uint(uint64(len(decisions)))
	for _, x := range decisions {
		e.names(x.Route, string(x.Verdict))
		e.named(x.Reason, dictionary/4) // reasons may quote the filing: they must not fill the dictionary
	}
	if r.Found.Stage != classify.NoStage {
		e.uint(uint64(r.Found.Stage))
	}
	if len(r.Links) > 0 {
		e.uint(uint64(len(r.Links)))
		for _, x := range r.Links {
			e.int(x.Index)
			e.names(string(x.Kind))
			e.str(x.Why)
		}
	}
	if h.edits > 0 {
		e.uint(h.edits)
	}
	return seal(indexKey(index), e.b)
}

// kept leaves out the decisions that the origin of f implies; monitor.Verdicts gives them again.
func kept(f *monitor.Filing, decisions []monitor.Decision) []monitor.Decision {
	if f.Origin == monitor.Poll {
		return decisions
	}
	var out []monitor.Decision
	for _, d := range decisions {
		if d.Verdict != monitor.VerdictBaseline {
			out = append(out, d)
		}
	}
	return out
}

// span writes a place in the text and, unless the row itself has them there, the words.
func (e *encoder) span(f *monitor.Filing, s classify.Span, text string) {
	e.names(string(s.Field))
	e.int(int64(s.Start))
	e.int(int64(s.End))
	if quoted(f, s) == text {
		e.uint(0)
		return
	}
	e.uint(1)
	e.str(text)
}

// quoted is what the row has at s, "" where it has nothing. Bodies are not looked at: they are stored apart.
func quoted(f *monitor.Filing, s classify.Span) string {
	text := s.Field.Of(classify.Text{Subject: f.Subject, Summary: f.Summary})
	if s.Start < 0 || s.Start > s.End || s.End > len(text) {
		return ""
	}
	return text[s.Start:s.End]
}

func (d *decoder) span(f *monitor.Filing) (classify.Span, string) {
	s := classify.Span{Field: classify.Field(d.named()), Start: int(d.int()), End: int(d.int())}
	if d.uint() == 0 {
		return s, quoted(f, s)
	}
	return s, d.str()
}

// skipSpan passes over what span reads.
func (d *decoder) skipSpan() {
	d.skip(1)
	d.int()
	d.int()
	if d.uint() != 0 {
		d.view()
	}
}

// header reads the head of a record's payload; what follows is read by record.
func (d *decoder) header() (header, uint64) {
	h := header{revision: d.uint(), published: d.int(), sequence: d.uint()}
	bits := d.uint()
	h.detail, h.alerts = bits&1 != 0, bits&2 != 0
	return h, bits
}

func decodeHeader(payload []byte) (header, error) {
	d := decoder{b: payload}
	h, _ := d.header()
	return h, d.err
}

// decodeRecord reads a record whole.
func decodeRecord(index int64, value []byte, names []string) (monitor.Record, header, error) {
	payload, err := unseal(indexKey(index), value)
	if err != nil {
		return monitor.Record{}, header{}, err
	}
	var r monitor.Record
	h, err := decodePayload(&r, index, payload, names, false)
	return r, h, err
}

// decodePayload reads into r, which is empty, a record that has been unsealed; a lean one goes without Evidence and
// Decisions.
func decodePayload(r *monitor.Record, index int64, payload []byte, names []string, lean bool) (header, error) {
	d := &decoder{b: payload, names: names}
	h, bits := d.header()
	r.Sequence = h.sequence
	f := &r.Filing
	f.Index = index
	f.PublishedAt = time.Unix(h.published, 0).In(monitor.Istanbul)
	f.Late, f.OldKAP, f.English, f.Partial = bits&4 != 0, bits&8 != 0, bits&16 != 0, bits&32 != 0
	r.Found.Routine, r.Found.Urgent = bits&64 != 0, bits&128 != 0
	f.Origin = monitor.Origin(d.uint())
	f.SeenAt = d.time()
	for _, s := range []*string{
		&f.Company, &f.FundCode, &f.Class, &f.Type, &f.Group, &f.Subject, &f.RuleType, &f.Modify, &f.Reader,
	} {
		*s = d.named()
	}
	f.Tickers, f.Related = d.nameList(), d.nameList()
	f.Summary = d.str()
	f.Year, f.Period, f.Attachments = int(d.int()), int(d.int()), int(d.int())
	r.Found.Categories, r.Found.Qualifiers = d.nameList(), d.nameList()
	r.Found.Facts = list(d, func() classify.Fact {
		x := classify.Fact{Kind: d.named(), Unit: d.named(), Value: d.float()}
		x.Span, x.Text = d.span(f)
		return x
	})
	if lean {
		for range d.count() {
			d.skip(2)
			d.skipSpan()
		}
		for range d.count() {
			d.skip(3)
		}
	} else {
		r.Found.Evidence = list(d, func() classify.Evidence {
			x := classify.Evidence{For: d.named(), Term: d.named()}
			x.Span, x.Text = d.span(f)
			return x
		})
		r.Decisions = list(d, func() monitor.Decision {
			return monitor.Decision{Route: d.named(), Verdict: monitor.Verdict(d.named()), Reason: d.named()}
		})
	}
	if bits&256 != 0 {
		if r.Found.Stage = classify.Stage(d.uint()); r.Found.Stage > classify.Delivery {
			d.fail("stage")
		}
	}
	if bits&512 != 0 {
		r.Links = list(d, func() monitor.Link {
			return monitor.Link{Index: d.int(), Kind: monitor.LinkKind(d.named()), Why: d.str()}
		})
	}
	if bits&1024 != 0 {
		h.edits = d.uint()
	}
	return h, d.end()
}
