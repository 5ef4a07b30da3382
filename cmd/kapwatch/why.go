package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
)

func (a *app) whyCommand() *cobra.Command {
	var route string
	var asJSON bool
	c := &cobra.Command{
		Use: "why INDEX", Short: "Say for each route why it did or did not get a filing", Args: cobra.ExactArgs(1),
		Example: "  kapwatch why 1277777\n  kapwatch why 1277777 --route energy --json",
	}
	c.Flags().StringVar(&route, "route", "", "only this route")
	a.completes(c, "route", a.routeNames)
	c.Flags().BoolVar(&asJSON, "json", false, "JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		index, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || index <= 0 {
			return usage("give the number at the end of the filing's address: kapwatch why 1277777", "%q is not the index of a filing", args[0])
		}
		l, err := a.reading(c.Context())
		if err != nil {
			return err
		}
		defer l.close() //nolint:errcheck // only read
		var v monitor.DetailView
		if err := l.get(c.Context(), "/filings/"+strconv.FormatInt(index, 10), nil, decode(&v)); err != nil {
			return err
		}
		if route != "" {
			var kept []monitor.DecisionView
			var known []string
			for _, d := range v.Decisions {
				known = append(known, d.Route)
				if d.Route == route {
					kept = append(kept, d)
				}
			}
			if kept == nil {
				return usage(meant(route, known), "there is no route %q", route)
			}
			v.Decisions = kept
		}
		if asJSON {
			e := json.NewEncoder(a.stdout)
			e.SetEscapeHTML(false)
			return e.Encode(struct {
				Index      int64                  `json:"index"`
				URL        string                 `json:"url"`
				Categories []string               `json:"categories"`
				Qualifiers []string               `json:"qualifiers"`
				Evidence   []monitor.EvidenceView `json:"evidence"`
				Links      []monitor.LinkView     `json:"links"`
				Decisions  []monitor.DecisionView `json:"decisions"`
			}{v.Index, v.URL, v.Categories, v.Qualifiers, v.Evidence, v.Links, v.Decisions})
		}
		return whyText(a.stdout, v)
	}
	return c
}

func whyText(w io.Writer, v monitor.DetailView) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "%d\t%s\t%s\n", v.Index, dash(strings.Join(v.Tickers, " ")), oneLine(v.Company))
	fmt.Fprintf(t, "\t%s\t%s\n", v.PublishedAt.In(monitor.Istanbul).Format("2006-01-02 15:04:05"), oneLine(strings.TrimSuffix(v.Subject+": "+v.Summary, ": ")))
	fmt.Fprintf(t, "\tabout\t%s\n", dash(strings.Join(append(append([]string{}, v.Categories...), v.Qualifiers...), ", ")))
	if v.Stage != "" {
		fmt.Fprintf(t, "\tstage\t%s\n", v.Stage)
	}
	for _, e := range v.Evidence {
		fmt.Fprintf(t, "\t%s\t“%s” in the %s (term %q)\n", e.For, oneLine(e.Text), e.Field, e.Term)
	}
	for _, l := range v.Links {
		fmt.Fprintf(t, "\t%s\tof %d: %s\n", l.Kind, l.Index, oneLine(l.Why))
	}
	for _, l := range v.Later {
		fmt.Fprintf(t, "\tlater\t%d is on the same matter\n", l.Index)
	}
	for _, r := range v.Revisions {
		var fields []string
		for _, c := range r.Changes {
			fields = append(fields, c.Field)
		}
		fmt.Fprintf(t, "\tedited\t%s, seen by %s: %s\n", r.At.In(monitor.Istanbul).Format("2006-01-02 15:04:05"), r.Reader, oneLine(strings.Join(fields, ", ")))
	}
	for _, d := range v.Decisions {
		fmt.Fprintf(t, "%s\t%s\t%s\n", oneLine(d.Route), d.Outcome, oneLine(d.Reason))
		if d.Span != nil {
			fmt.Fprintf(t, "\t\t%s: “%s” in the %s, characters %d–%d (term %q)\n", d.Rule, oneLine(d.Text), d.Field, d.Span[0], d.Span[1], d.Term)
		}
		if d.Change != "" {
			fmt.Fprintf(t, "\t\t%s\n", oneLine(d.Change))
		}
	}
	fmt.Fprintf(t, "\t\t%s\n", v.URL)
	return t.Flush()
}
