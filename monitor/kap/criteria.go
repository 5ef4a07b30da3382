package kap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"kapwatch/monitor"
)

const (
	searchPath  = "/tr/bildirim-sorgu"
	membersPath = "/tr/api/disclosure/members/byCriteria"
	fundsPath   = "/tr/api/disclosure/funds/byCriteria"

	// rowCap is where KAP cuts a list: the newest 2000 rows stay, the older ones are dropped without a word (seen
	// May 2025 to September 2026).
	rowCap = 2000
	// mostDays is the widest window that is asked for at once; above 365 days KAP answers 400 (seen 2025).
	mostDays = 365
)

// Criteria reads KAP's JSON list. It implements monitor.Source.
type Criteria struct {
	c      *Client
	memory *memory

	mu   sync.Mutex
	owed map[string]time.Time // fund type → first day of a window that could not be read; nil = never made good
}

// Criteria is a reader of the JSON list, with a memory of its own.
func (c *Client) Criteria() *Criteria {
	return &Criteria{c: c, memory: newMemory(), owed: map[string]time.Time{}}
}

// History is a reader of the JSON list for days long gone: every List stands for itself. What it could not read it
// names, and does not ask for with the next window.
func (c *Client) History() *Criteria { return &Criteria{c: c, memory: newMemory()} }

// Name is "criteria".
func (r *Criteria) Name() string { return "criteria" }

// part is one question to the list: days, both included, and at most one filter.
type part struct {
	from, to      time.Time
	fund          string // a fund type: ask the funds' list
	class, member string
}

func (p part) days() int { return int(p.to.Sub(p.from).Hours()/24) + 1 }

func (p part) String() string {
	s := p.from.Format(time.DateOnly)
	if p.days() > 1 {
		s += " to " + p.to.Format(time.DateOnly)
	}
	if p.fund != "" {
		s += " (funds " + p.fund + ")"
	}
	return s
}

// List asks for every filing of w, and for those of the configured fund types. Where KAP cuts the list the window is
// split; what is still cut then is said as a problem.
//
// The members' list decides whether the read was good. A fund type that could not be read is a problem, and its days
// are asked for again next time: trouble there must not blind us to the companies. Only 429 ends everything.
func (r *Criteria) List(ctx context.Context, w monitor.Window) (monitor.Listing, error) {
	from, to := monitor.Midnight(w.From), monitor.Midnight(w.To)
	if to.Before(from) {
		return monitor.Listing{}, fmt.Errorf("list %s: the window ends before it starts", part{from: from, to: to})
	}
	h := newHarvest(r.c.now(), r.memory)
	if err := r.list(ctx, h, part{from: from, to: to}); err != nil {
		return monitor.Listing{}, err
	}
	for _, fund := range r.c.funds {
		p := part{from: r.owes(fund, from), to: to, fund: fund}
		err := r.list(ctx, h, p)
		refused, isRefused := errors.AsType[*monitor.RefusedError](err)
		switch {
		case err == nil:
			r.settle(fund, time.Time{})
		case errors.Is(err, monitor.ErrDrift), isRefused && !refused.Limited:
			r.settle(fund, p.from)
			h.problem(fmt.Sprintf("Filings of fund type %s could not be read: %v.", fund, err))
		default:
			r.settle(fund, p.from)
			return monitor.Listing{}, err
		}
	}
	return h.listing(), nil
}

// owes is the day from which a fund type must be asked for: from, or earlier where days were left unread.
func (r *Criteria) owes(fund string, from time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if day, ok := r.owed[fund]; ok && day.Before(from) {
		return day
	}
	return from
}

// settle notes that a fund type was read (zero day) or is owed from a day on.
func (r *Criteria) settle(fund string, day time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case day.IsZero():
		delete(r.owed, fund)
	case r.owed != nil:
		r.owed[fund] = day
	}
}

// list reads p whole, in pieces that KAP accepts.
func (r *Criteria) list(ctx context.Context, h *harvest, p part) error {
	for from := p.from; !from.After(p.to); from = from.AddDate(0, 0, mostDays) {
		piece := p
		piece.from = from
		if end := from.AddDate(0, 0, mostDays-1); end.Before(p.to) {
			piece.to = end
		}
		if err := r.collect(ctx, h, piece); err != nil {
			return fmt.Errorf("list %s: %w", piece, err)
		}
	}
	return nil
}

// members and funds are the bodies of the two lists. memberType is never sent but to split a day: with IGS the list
// hides exchange, regulator, broker and portfolio manager (seen September 2026).
type members struct {
	FromDate    string   `json:"fromDate"`
	ToDate      string   `json:"toDate"`
	Members     []string `json:"mkkMemberOidList"`
	Subjects    []string `json:"subjectList"`
	Class       string   `json:"disclosureClass,omitempty"`
	MemberTypes string   `json:"memberType,omitempty"`
}

type funds struct {
	FromDate     string   `json:"fromDate"`
	ToDate       string   `json:"toDate"`
	Types        []string `json:"fundTypeList"` // empty gives 500 (seen May 2026)
	Members      []string `json:"mkkMemberOidList"`
	Funds        []string `json:"fundOidList"`
	PassiveFunds []string `json:"passiveFundOidList"`
	Class        string   `json:"disclosureClass"`
	Late         string   `json:"isLate"`
	Subjects     []string `json:"subjectList"`
	Indexes      []int64  `json:"discIndex"`
	FromSrc      bool     `json:"fromSrc"`
	Category     string   `json:"srcCategory"`
}

// ask puts one question of a reading.
func (r *Criteria) ask(ctx context.Context, reading uint64, p part) (_ parsed, err error) {
	from, to, none := p.from.Format(time.DateOnly), p.to.Format(time.DateOnly), []string{}
	kind, path := "criteria", membersPath
	var body any = members{FromDate: from, ToDate: to, Members: none, Subjects: none, Class: p.class, MemberTypes: p.member}
	if p.fund != "" {
		kind, path = "funds", fundsPath
		body = funds{
			FromDate: from, ToDate: to, Types: []string{p.fund}, Members: none, Funds: none, PassiveFunds: none,
			Class: p.class, Subjects: none, Indexes: []int64{},
		}
	}
	b, err := json.Marshal(body)
	if err != nil {
		return parsed{}, fmt.Errorf("encode question: %w", err)
	}
	d := r.c.desks.take()
	defer r.c.desks.give(d)
	var answer []byte
	defer panicked(r.Name(), &answer, &err)
	answer, err = r.c.fetchAPI(ctx, request{
		kind: kind, path: path, body: b, accept: "application/json", referer: searchPath,
		limit: listLimit, timeout: r.c.listTimeout, into: &d.body,
	})
	if err != nil {
		return parsed{}, err
	}
	got, err := r.memory.readList(answer, reading)
	if err != nil {
		r.c.warm.Store(false)
	}
	return got, err
}

// parseList reads one answer of a byCriteria list.
func parseList(body []byte) (parsed, error) {
	s := criteriaShape()
	rows, err := array(s.reader, body, nil)
	if err != nil {
		return parsed{}, err
	}
	return s.read(rows, 0, body)
}

// criteriaRow is a row of both lists: 19 keys, always all there (113 captured rows of September 2026 checked).
type criteriaRow struct {
	PublishDate   string `json:"publishDate"`
	FundCode      string `json:"fundCode"` // null but in the funds' list
	KapTitle      string `json:"kapTitle"`
	IsOldKap      bool   `json:"isOldKap"`
	Class         string `json:"disclosureClass"`
	Type          string `json:"disclosureType"`
	Category      string `json:"disclosureCategory"`
	Summary       string `json:"summary"`
	Subject       string `json:"subject"`
	RelatedStocks string `json:"relatedStocks"`
	Year          int    `json:"year"`
	RuleType      string `json:"ruleType"`
	Period        int    `json:"period"`
	Index         int64  `json:"disclosureIndex"`
	IsLate        bool   `json:"isLate"`
	StockCodes    string `json:"stockCodes"`
	English       bool   `json:"hasMultiLanguageSupport"`
	Attachments   int    `json:"attachmentCount"`
	ModifyStatus  string `json:"modifyStatus"`
}

func criteriaShape() shape {
	return shape{"criteria", []key{
		{name: "disclosureIndex", kind: integer, needed: true},
		{name: "publishDate", needed: true},
		{name: "kapTitle", needed: true},
		{name: "subject", needed: true},
		{name: "disclosureClass", needed: true},
		{name: "stockCodes", vital: true},
		{name: "relatedStocks", vital: true},
		{name: "fundCode"},
		{name: "isOldKap", kind: boolean},
		{name: "disclosureType"},
		{name: "disclosureCategory"},
		{name: "summary"},
		{name: "year", kind: integer},
		{name: "ruleType"},
		{name: "period", kind: integer},
		{name: "isLate", kind: boolean},
		{name: "hasMultiLanguageSupport", kind: boolean},
		{name: "attachmentCount", kind: integer},
		{name: "modifyStatus"},
	}, fillCriteria}
}

func fillCriteria(row []byte) (monitor.Filing, bool) {
	var x criteriaRow
	if json.Unmarshal(row, &x) != nil {
		return monitor.Filing{}, false
	}
	at, err := parseTime(x.PublishDate)
	f := monitor.Filing{
		Index:       x.Index,
		PublishedAt: at,
		Company:     clean(x.KapTitle),
		FundCode:    clean(x.FundCode),
		Tickers:     monitor.Codes(clean(x.StockCodes)),
		Related:     monitor.Codes(clean(x.RelatedStocks)),
		Class:       monitor.CanonicalClass(clean(x.Class)),
		Type:        clean(x.Type),
		Group:       clean(x.Category),
		Subject:     clean(x.Subject),
		Summary:     clean(x.Summary),
		Year:        x.Year,
		Period:      x.Period,
		RuleType:    clean(x.RuleType),
		Late:        x.IsLate,
		OldKAP:      x.IsOldKap,
		English:     x.English,
		Attachments: x.Attachments,
		Modify:      clean(x.ModifyStatus),
	}
	return f, err == nil && complete(f)
}

// complete reports whether f has what a filing needs besides its time.
func complete(f monitor.Filing) bool {
	return f.Index > 0 && f.Company != "" && f.Subject != "" && f.Class != ""
}
