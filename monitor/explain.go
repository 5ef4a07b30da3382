package monitor

import (
	"fmt"
	"slices"
	"strings"

	"kapwatch/monitor/classify"
)

// explain says what d, which r has or had on route, rests on, and what would have made it another. Decisions are kept
// as sentences; what is behind them is found again in the text. Where nothing was decided, or the route reads otherwise
// since, it is what would decide now, and that is said.
func explain(r *Record, x *matter, route *Route, routes []Route, d Decision) ground {
	if d.Verdict == VerdictTest {
		return ground{change: "nothing: KAP's own test filings alert nobody"}
	}
	against := slices.Collect(route.against(x))
	if other := sameChannel(r, x, route, routes); other != "" {
		against = append(against, ownChannel(other))
	}
	why, g := route.because(x)
	now := "it would be sent (" + why + ")"
	if len(against) > 0 {
		g = against[0]
		now = "it would not be sent: " + g.reason + "; " + wouldBeSent(against)
	}
	switch {
	case d.Verdict == VerdictBaseline && r.Filing.Origin != Poll:
		g.change, g.lift = "nothing: history alerts nobody; as news "+now, nil
	case d.Verdict == VerdictBaseline:
		g.change, g.lift = "had the route existed, "+now, nil
	case d.Verdict == VerdictFiltered && len(against) > 0 && g.reason == d.Reason:
		g.change, g.lift = wouldBeSent(against), lifts(against)
	case d.Verdict == VerdictFiltered || len(against) > 0:
		g.change, g.lift = "the route reads otherwise now: "+now, nil
	default:
		g.change, g.lift = keepsOut(x, g.at)
	}
	return g
}

// ownChannel is the ground that other sends the filing to the same channel.
func ownChannel(other string) ground {
	return ground{
		rule: "to", reason: sentBy(other), change: "the route had a channel of its own",
		lift: func(r *Route) { r.To = Target{Slack: "its own"} },
	}
}

// sentBy is the reason of a route that another one of its channel stands before.
func sentBy(route string) string { return fmt.Sprintf("route %q of the same channel sends it", route) }

// sameChannel names the route that sends x to the channel of route, "" when none does but route itself. Where
// source.funds is what stops route, it is asked as if that let x through, for it would to all routes.
func sameChannel(r *Record, x *matter, route *Route, routes []Route) string {
	channel := route.To.Channel()
	if slices.ContainsFunc(r.Alerts, func(a Alert) bool { return a.Route == route.Name }) {
		return ""
	}
	for _, a := range r.Alerts {
		if a.Channel == channel && a.Route != route.Name {
			return a.Route
		}
	}
	open := *x
	open.funds = true
	for i := range routes {
		other := &routes[i]
		if other.Name == route.Name {
			break
		}
		if other.To.Channel() == channel && other.wants(&open) {
			return other.Name
		}
	}
	return ""
}

// wants reports whether nothing speaks against x.
func (r *Route) wants(x *matter) bool {
	for range r.against(x) {
		return false
	}
	return true
}

// wouldBeSent is what all of against ask for together: one alone would not do.
func wouldBeSent(against []ground) string {
	changes := make([]string, len(against))
	for i, g := range against {
		if g.change == "" {
			return "no change of the route would send it"
		}
		changes[i] = g.change
	}
	return "would be sent if " + strings.Join(changes, " and ")
}

// lifts makes all the changes of against.
func lifts(against []ground) func(*Route) {
	return func(r *Route) {
		for _, g := range against {
			if g.lift != nil {
				g.lift(r)
			}
		}
	}
}

// keepsOut is a change by which a route that wants x would not: by the words that it is wanted for, else by others that
// say what x is about, else by its class.
func keepsOut(x *matter, at classify.Evidence) (change string, lift func(*Route)) {
	for _, e := range append([]classify.Evidence{at}, x.found.Evidence...) {
		term, err := classify.ParseTerm(e.Term)
		if err != nil || e.Text == "" {
			continue
		}
		if _, ok := x.text.Find(term); ok {
			return fmt.Sprintf("would not be sent with unless: [%q]", e.Term), func(r *Route) { r.Unless = append(slices.Clone(r.Unless), term) }
		}
	}
	return "would not be sent if classes left out " + x.Class, func(r *Route) {
		r.Classes = slices.DeleteFunc([]string{"FR", "ODA", "DG", "DUY", "FON"}, func(c string) bool { return c == x.Class })
	}
}
