package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

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

func (a *app) filterFlags(c *cobra.Command) *filters {
	f := &filters{map[string]*string{}}
	for _, h := range filterHelp {
		f.values[h[0]] = c.Flags().String(h[0], "", h[1])
	}
	a.completesFilters(c)
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
	f := a.filterFlags(c)
	c.Flags().BoolVar(&asJSON, "json", false, "JSON lines")
	c.Flags().IntVar(&limit, "limit", 50, "at most this many")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if limit < 1 {
			return usage("use --limit 50", "limit %d is less than 1", limit)
		}
		l, err := a.reading(c.Context())
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
			show, done = table(a.stdout, a.columns(a.stdout))
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

// table shows filings for people, in lines of so many columns, where they are known, so that none wraps.
func table(w io.Writer, columns int) (show func(monitor.View) error, done func() error) {
	var lines bytes.Buffer
	t := tabwriter.NewWriter(&lines, 0, 8, 2, ' ', 0)
	most := 70
	if columns > 0 {
		most = columns
	}
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
			about := x.Route
			if x.Change != "" {
				about += " " + string(x.Change)
			}
			alerts = append(alerts, about+" "+string(x.State))
		}
		text := v.Summary
		if text == "" {
			text = v.Subject
		}
		_, err := fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\n", v.PublishedAt.In(monitor.Istanbul).Format("2006-01-02 15:04"), v.Index,
			dash(strings.Join(codes, " ")), dash(strings.Join(about, " ")), dash(strings.Join(alerts, ", ")), clip(oneLine(text), most))
		return err
	}
	return show, func() error {
		if rows == 0 {
			_, err := fmt.Fprintln(w, "no filings")
			return err
		}
		if err := t.Flush(); err != nil {
			return err
		}
		for line := range strings.Lines(lines.String()) {
			if columns > 0 {
				line = clip(strings.TrimRight(line, "\n"), columns) + "\n"
			}
			if _, err := io.WriteString(w, line); err != nil {
				return err
			}
		}
		return nil
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
