package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
)

// filters are the filters of /filings as flags.
type filters struct {
	values map[string]*string
}

var filterHelp = [][2]string{
	{"ticker", "a whole code, the filer's or a related one: AKSEN"},
	{"category", "what it is about: mou, contract, dividend …"},
	{"class", "KAP's class: FR, ODA, DG, DUY, FON"},
	{"qualifier", "what kind of statement: non_binding, denied …"},
	{"q", "all these words, each by its beginning, in company, subject, summary or text"},
	{"since", "published at or after: a date (that Istanbul day) or RFC 3339"},
	{"until", "published before: likewise"},
	{"order", "desc (newest first) or asc"},
}

func filterFlags(c *cobra.Command) *filters {
	f := &filters{map[string]*string{}}
	for _, h := range filterHelp {
		f.values[h[0]] = c.Flags().String(h[0], "", h[1])
	}
	return f
}

func (f *filters) query() url.Values {
	q := url.Values{}
	for name, v := range f.values {
		if *v != "" {
			q.Set(name, *v)
		}
	}
	return q
}

func (a *app) filingsCommand() *cobra.Command {
	var asJSON bool
	var limit int
	c := &cobra.Command{
		Use: "filings", Short: "List recorded filings, newest first", Args: cobra.NoArgs,
		Long: "filings asks the running daemon, or opens the ledger's file when none runs.",
		Example: `  kapwatch filings --ticker AKSEN --since 2024-04-26
  kapwatch filings --category mou --qualifier non_binding --json
  kapwatch filings --q "doğal gaz santral" --limit 10`,
	}
	f := filterFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "JSON lines")
	c.Flags().IntVar(&limit, "limit", 50, "at most this many")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if limit < 1 {
			return usage("use --limit 50", "limit %d is less than 1", limit)
		}
		cfg, _, err := ReadConfig(a.config, a.getenv)
		if err != nil {
			return err
		}
		l, err := a.ledger(c.Context(), cfg, false)
		if err != nil {
			return err
		}
		defer l.close() //nolint:errcheck // only read
		var show func(monitor.View) error
		done := func() error { return nil }
		if asJSON {
			e := json.NewEncoder(a.stdout)
			e.SetEscapeHTML(false)
			show = func(v monitor.View) error { return e.Encode(v) }
		} else {
			show, done = table(a.stdout)
		}
		q := f.query()
		for limit > 0 {
			var page struct {
				Filings []monitor.View
				Next    string
			}
			q.Set("limit", strconv.Itoa(min(limit, 200)))
			if err := l.get(c.Context(), "/filings", q, decode(&page)); err != nil {
				return err
			}
			for _, v := range page.Filings {
				if err := show(v); err != nil {
					return err
				}
			}
			limit -= len(page.Filings)
			if page.Next == "" {
				break
			}
			q.Set("cursor", page.Next)
		}
		return done()
	}
	return c
}

// table shows filings for people.
func table(w io.Writer) (show func(monitor.View) error, done func() error) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	rows := 0
	show = func(v monitor.View) error {
		if rows == 0 {
			if _, err := fmt.Fprintln(t, "PUBLISHED\tINDEX\tCODES\tABOUT\tALERTS\tFILING"); err != nil {
				return err
			}
		}
		rows++
		codes := v.Tickers
		if len(codes) == 0 {
			codes = v.Related
		}
		if len(codes) > 3 {
			codes = append(codes[:3:3], fmt.Sprintf("+%d", len(codes)-3))
		}
		about := append(append([]string{}, v.Categories...), v.Qualifiers...)
		if v.Change != monitor.NewFiling {
			about = append(about, string(v.Change))
		}
		alerts := make([]string, 0, len(v.Alerts))
		for _, x := range v.Alerts {
			alerts = append(alerts, x.Route+" "+string(x.State))
		}
		text := v.Summary
		if text == "" {
			text = v.Subject
		}
		_, err := fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\n", v.PublishedAt.In(monitor.Istanbul).Format("2006-01-02 15:04"), v.Index,
			dash(strings.Join(codes, " ")), dash(strings.Join(about, " ")), dash(strings.Join(alerts, ", ")), clip(oneLine(text), 70))
		return err
	}
	return show, func() error {
		if rows == 0 {
			_, err := fmt.Fprintln(w, "no filings")
			return err
		}
		return t.Flush()
	}
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return oneLine(s)
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func (a *app) whyCommand() *cobra.Command {
	var route string
	var asJSON bool
	c := &cobra.Command{
		Use: "why INDEX", Short: "Say for each route why it did or did not get a filing", Args: cobra.ExactArgs(1),
		Example: "  kapwatch why 1277777\n  kapwatch why 1277777 --route energy --json",
	}
	c.Flags().StringVar(&route, "route", "", "only this route")
	c.Flags().BoolVar(&asJSON, "json", false, "JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		index, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil || index <= 0 {
			return usage("give the number at the end of the filing's address: kapwatch why 1277777", "%q is not the index of a filing", args[0])
		}
		cfg, _, err := ReadConfig(a.config, a.getenv)
		if err != nil {
			return err
		}
		l, err := a.ledger(c.Context(), cfg, false)
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
				Decisions  []monitor.DecisionView `json:"decisions"`
			}{v.Index, v.URL, v.Categories, v.Qualifiers, v.Evidence, v.Decisions})
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
	for _, e := range v.Evidence {
		fmt.Fprintf(t, "\t%s\t“%s” in the %s (term %q)\n", e.For, oneLine(e.Text), e.Field, e.Term)
	}
	for _, d := range v.Decisions {
		fmt.Fprintf(t, "%s\t%s\t%s\n", d.Route, d.Outcome, oneLine(d.Reason))
	}
	fmt.Fprintf(t, "\t\t%s\n", v.URL)
	return t.Flush()
}

func (a *app) exportCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "export", Short: "Write everything recorded, as JSON lines or CSV", Args: cobra.NoArgs,
		Example: "  kapwatch export > all.jsonl\n  kapwatch export --ticker AKSEN --format csv > aksen.csv",
	}
	f := filterFlags(c)
	c.Flags().StringVar(&format, "format", "jsonl", "jsonl or csv")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if format != "jsonl" && format != "csv" {
			return usage("use --format jsonl or --format csv", "unknown format %q", format)
		}
		cfg, _, err := ReadConfig(a.config, a.getenv)
		if err != nil {
			return err
		}
		l, err := a.ledger(c.Context(), cfg, false)
		if err != nil {
			return err
		}
		defer l.close() //nolint:errcheck // only read
		q := f.query()
		q.Set("format", format)
		return l.get(c.Context(), "/export", q, func(r io.Reader) error {
			_, err := io.Copy(a.stdout, r)
			return err
		})
	}
	return c
}

func (a *app) receiptCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "receipt [DATE]", Short: "Account for every filing of a day", Args: cobra.MaximumNArgs(1),
		Example: "  kapwatch receipt\n  kapwatch receipt 2024-04-26",
	}
	c.Flags().BoolVar(&asJSON, "json", false, "JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		day := today()
		if len(args) == 1 {
			day = args[0]
		}
		cfg, _, err := ReadConfig(a.config, a.getenv)
		if err != nil {
			return err
		}
		l, err := a.ledger(c.Context(), cfg, false)
		if err != nil {
			return err
		}
		defer l.close() //nolint:errcheck // only read
		return l.get(c.Context(), "/receipts/"+url.PathEscape(day), nil, func(r io.Reader) error {
			if asJSON {
				_, err := io.Copy(a.stdout, r)
				return err
			}
			var v struct {
				Day                                                         string
				Sealed                                                      bool
				Listed, Recorded, Sent, Digest, Pending, NotWanted, Unknown int
				UnknownIndexes                                              []int64 `json:"unknown_indexes"`
			}
			var raw map[string]json.RawMessage
			if err := json.NewDecoder(r).Decode(&raw); err != nil {
				return err
			}
			for key, to := range map[string]any{"day": &v.Day, "sealed": &v.Sealed, "listed": &v.Listed, "recorded": &v.Recorded, "sent": &v.Sent, "digest": &v.Digest, "pending": &v.Pending, "not_wanted": &v.NotWanted, "unknown": &v.Unknown} {
				if err := json.Unmarshal(raw[key], to); err != nil {
					return fmt.Errorf("receipt: %s: %w", key, err)
				}
			}
			line := monitor.Receipt{Listed: v.Listed, Recorded: v.Recorded, Sent: v.Sent, Digest: v.Digest, Pending: v.Pending, NotWanted: v.NotWanted, Unknown: v.Unknown}
			state := "open"
			if v.Sealed {
				state = "sealed"
			}
			_, err := fmt.Fprintf(a.stdout, "%s (%s): %s\n", v.Day, state, line)
			return err
		})
	}
	return c
}

// today is the Istanbul day.
func today() string { return time.Now().In(monitor.Istanbul).Format(time.DateOnly) }
