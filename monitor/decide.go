package monitor

import (
	"fmt"
	"strings"

	"kapwatch/monitor/classify"
)

// CanonicalClass maps the list's DKB to DUY, the name that KAP's own filter and the licensed feed use; every
// other value, one never seen before too, passes as it came.
func CanonicalClass(c string) string {
	if strings.EqualFold(c, "DKB") {
		return "DUY"
	}
	return c
}

// Text is what the rules read of f.
func Text(f Filing) classify.Text {
	t := classify.Text{Subject: f.Subject, Summary: f.Summary, Tickers: f.Codes(), Company: f.Company}
	if f.Detail != nil {
		t.Body, t.BodyEN = f.Detail.Body, f.Detail.BodyEN
		if t.Summary == "" {
			t.Summary = f.Detail.Summary
		}
	}
	return t
}

// Verdicts gives exactly one decision for each of routes, in their order, as it stands now: the state of the
// alert where there is one, else what was decided, else that the filing was recorded before the route existed.
func Verdicts(r Record, routes []Route) []Decision {
	out := make([]Decision, 0, len(routes))
	for _, route := range routes {
		out = append(out, verdict(r, route))
	}
	return out
}

func verdict(r Record, route Route) Decision {
	d := Decision{Route: route.Name, Verdict: VerdictBaseline, Reason: "recorded before the route existed"}
	switch r.Filing.Origin {
	case Baseline:
		d.Reason = "already listed when kapwatch first started"
	case Import:
		d.Reason = "imported from a file"
	case Backfill:
		d.Reason = "fetched as history"
	}
	for _, x := range r.Decisions {
		if x.Route == route.Name {
			d = x
		}
	}
	for _, a := range r.Alerts {
		if a.Route != route.Name {
			continue
		}
		if about := a.About(); about != "" {
			d.Reason += fmt.Sprintf("; its %s since: %s", about, a.State)
			continue
		}
		switch a.State {
		case Sent:
			d.Verdict = VerdictSent
		case Pending:
			d.Verdict = VerdictPending
		case Unknown:
			d.Verdict = VerdictPending
			d.Reason += "; posted, but the answer was lost: being looked up"
		case Held:
			d.Verdict = VerdictHeld
		case Blocked:
			d.Verdict = VerdictBlocked
		}
		if a.State != Sent && a.LastError != "" {
			d.Reason += "; last attempt: " + a.LastError
		}
	}
	return d
}
