package kapsim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"kapwatch/monitor"
)

// cap2000 is the silent bound of both byCriteria lists: the newest are kept, without a word about the others.
const cap2000 = 2000

// lightRows is the length of list/light (the latest 20, one source).
const lightRows = 20

// criteriaBody is the request of both byCriteria lists; every key that the site's own page sends. Keys without a use
// here are accepted, an unknown one is refused, so that a misspelt key cannot pass a test.
type criteriaBody struct {
	FromDate                 string   `json:"fromDate"`
	ToDate                   string   `json:"toDate"`
	MemberType               string   `json:"memberType"`
	MkkMemberOidList         []string `json:"mkkMemberOidList"`
	InactiveMkkMemberOidList []string `json:"inactiveMkkMemberOidList"`
	DisclosureClass          string   `json:"disclosureClass"`
	SubjectList              []string `json:"subjectList"`
	IsLate                   string   `json:"isLate"`
	MainSector               string   `json:"mainSector"`
	Sector                   string   `json:"sector"`
	SubSector                string   `json:"subSector"`
	MarketOid                string   `json:"marketOid"`
	Index                    string   `json:"index"`
	BdkReview                string   `json:"bdkReview"`
	BdkMemberOidList         []string `json:"bdkMemberOidList"`
	Year                     string   `json:"year"`
	Term                     string   `json:"term"`
	RuleType                 string   `json:"ruleType"`
	Period                   string   `json:"period"`
	FromSrc                  bool     `json:"fromSrc"`
	SrcCategory              string   `json:"srcCategory"`
	DisclosureIndexList      []int64  `json:"disclosureIndexList"`

	// Only for funds.
	FundTypeList       []string        `json:"fundTypeList"`
	FundOidList        []string        `json:"fundOidList"`
	PassiveFundOidList []string        `json:"passiveFundOidList"`
	DiscIndex          json.RawMessage `json:"discIndex"`
}

// criteria answers members/byCriteria, or funds/byCriteria. Fund filings stand only in the latter.
func (c *call) criteria(funds bool) answer {
	var q criteriaBody
	dec := json.NewDecoder(bytes.NewReader(c.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&q); err != nil {
		return badRequest()
	}
	from, err1 := time.ParseInLocation(time.DateOnly, q.FromDate, monitor.Istanbul)
	to, err2 := time.ParseInLocation(time.DateOnly, q.ToDate, monitor.Istanbul)
	switch {
	case err1 != nil || err2 != nil, funds && len(q.FundTypeList) == 0:
		return failure(http.StatusInternalServerError)
	case to.Sub(from) > 365*24*time.Hour:
		return badRequest()
	case len(q.SubjectList) > 0:
		return rows(nil)
	}
	found := c.s.world.newest(c.now, from, to.AddDate(0, 0, 1), cap2000, func(f *Filing) bool {
		if (f.FundCode != "") != funds {
			return false
		}
		if c.s.opt.IgnoreFilters {
			return true
		}
		return (q.DisclosureClass == "" || q.DisclosureClass == f.Class) &&
			(q.MemberType == "" || q.MemberType == memberType(f)) &&
			(len(q.MkkMemberOidList) == 0 || slices.Contains(q.MkkMemberOidList, memberOID(f.Company)))
	})
	out := make(list, 0, len(found))
	for _, f := range c.listed(found) {
		out = append(out, c.row(f.Index, criteriaRow(f)))
	}
	return rows(out)
}

// criteriaRow is one row: the 19 keys in the order of the captures of September 2026.
func criteriaRow(f *Filing) object {
	return object{
		{"publishDate", listTime(f.PublishedAt)},
		{"fundCode", orNull(f.FundCode)},
		{"kapTitle", f.Company},
		{"isOldKap", f.OldKAP},
		{"disclosureClass", listClass(f.Class)},
		{"disclosureType", f.Type},
		{"disclosureCategory", orNull(f.Group)},
		{"summary", orNull(f.Summary)},
		{"subject", f.Subject},
		{"relatedStocks", codes(f.Related)},
		{"year", orNull(f.Year)},
		{"ruleType", orDash(f.RuleType)},
		{"period", orNull(f.Period)},
		{"disclosureIndex", f.Index},
		{"isLate", f.Late},
		{"stockCodes", codes(f.Tickers)},
		{"hasMultiLanguageSupport", f.English},
		{"attachmentCount", int64(f.Attachments)},
		{"modifyStatus", orNull(f.Modify)},
	}
}

// light answers list/light: a tickle with the newest rows and few keys; title is the company there.
func (c *call) light() answer {
	out := list{}
	for _, f := range c.listed(c.s.world.newest(c.now, time.Time{}, c.now.Add(1), lightRows, members)) {
		out = append(out, c.row(f.Index, object{
			{"disclosureIndex", f.Index},
			{"title", f.Company},
			{"subject", f.Subject},
			{"summary", orNull(f.Summary)},
			{"publishDate", listTime(f.PublishedAt)},
		}))
	}
	return rows(out)
}

// members is what the members' lists hold: everything but fund filings.
func members(f *Filing) bool { return f.FundCode == "" }

// listed and row let a fault have its way with what is listed and with how a row is written.
func (c *call) listed(found []*Filing) []*Filing {
	if c.fault.list != nil {
		return c.fault.list(found)
	}
	return found
}

func (c *call) row(index int64, o object) object {
	if c.fault.row != nil && (c.fault.only == 0 || c.fault.only == index) {
		return c.fault.row(o)
	}
	return o
}

func rows(l list) answer {
	if l == nil {
		l = list{}
	}
	return answer{status: http.StatusOK, kind: kindJSON, body: appendJSON(nil, l)}
}

// badRequest is the site's refusal of a body; its wording is made up.
func badRequest() answer {
	return answer{status: http.StatusBadRequest, kind: kindJSON, body: []byte(refusal)}
}

const refusal = `{"success":false,"message":"Bad Request"}`

// listTime is how lists write a time, detailTime how details do: Istanbul wall time without a zone mark.
func listTime(t time.Time) string   { return t.In(monitor.Istanbul).Format("02.01.2006 15:04:05") }
func detailTime(t time.Time) string { return t.In(monitor.Istanbul).Format("2006.01.02 15:04:05") }
