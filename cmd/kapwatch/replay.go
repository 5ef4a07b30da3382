package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
)

func (a *app) replayCommand() *cobra.Command {
	var from, to string
	var asJSON bool
	var examples int
	c := &cobra.Command{
		Use: "replay --from DATE --to DATE [--config NEW]", Args: cobra.NoArgs,
		Short: "Say which alerts the recorded filings would have given under a changed configuration",
		Long: `replay runs the filings of these days (Istanbul's, both included) through the routes and
categories of NEW and compares with the alerts that were given: counts, alerts a day and
the first examples for each route. It sends nothing and writes nothing. NEW needs no
secrets, and may hold routes alone: where it names no ledger, that of the configuration
in force is read. Filings of history (baseline, import, backfill) never gave an alert;
what they would have given is counted as more, and said apart.`,
		Example: "  kapwatch replay --from 2026-10-01 --to 2026-10-31 --config new.yaml\n  kapwatch replay --from 2026-10-01 --to 2026-10-31 --config new.yaml --json",
	}
	c.Flags().StringVar(&from, "from", "", "first day, such as 2026-10-01")
	c.Flags().StringVar(&to, "to", "", "last day, included")
	c.Flags().IntVar(&examples, "examples", 3, "how many examples of each difference")
	c.Flags().BoolVar(&asJSON, "json", false, "JSON")
	c.RunE = func(c *cobra.Command, _ []string) error {
		first, last, err := days(from, to)
		if err != nil {
			return err
		}
		if examples < 0 {
			return usage("use --examples 3", "--examples %d is less than 0", examples)
		}
		cfg, _, err := ReadConfig(a.config, a.getenv)
		if err != nil {
			return err
		}
		replay, err := newReplay(cfg, first, last, examples)
		if err != nil {
			return err
		}
		cfg.Store.Path = a.recorded(cfg)
		l, err := a.looking(c.Context(), cfg, 0)
		if err != nil {
			return err
		}
		defer l.close() //nolint:errcheck // only read
		q := url.Values{"since": {from}, "until": {last.AddDate(0, 0, 1).Format(time.DateOnly)}, "order": {"asc"}, "format": {"record"}}
		if err := l.get(c.Context(), "/export", q, eachRecord(replay.Add)); err != nil {
			return fmt.Errorf("replay: %w", err)
		}
		if asJSON {
			e := json.NewEncoder(a.stdout)
			e.SetEscapeHTML(false)
			return e.Encode(replay.View())
		}
		return replayText(a.stdout, replay.View())
	}
	return c
}

// days reads a span of days that the user gave by --from and --to.
func days(from, to string) (first, last time.Time, err error) {
	for _, x := range []struct {
		flag, value string
		day         *time.Time
	}{{"--from", from, &first}, {"--to", to, &last}} {
		if x.value == "" {
			return first, last, usage("give both days: --from 2026-10-01 --to 2026-10-31", "%s is missing", x.flag)
		}
		if *x.day, err = time.ParseInLocation(time.DateOnly, x.value, monitor.Istanbul); err != nil {
			return first, last, usage("write the day as 2026-10-31", "%s %q is not a day", x.flag, x.value)
		}
	}
	if last.Before(first) {
		return first, last, usage("turn the two days round", "--from %s is after --to %s", from, to)
	}
	return first, last, nil
}

// newReplay takes from c what decides about alerts.
func newReplay(c Config, first, last time.Time, examples int) (*monitor.Replay, error) {
	routes, err := c.MonitorRoutes()
	if err != nil {
		return nil, err
	}
	rules, err := c.Classifier()
	if err != nil {
		return nil, err
	}
	return monitor.NewReplay(monitor.Config{Routes: routes, Rules: rules, Funds: len(c.Source.Funds) > 0}, first, last, examples), nil
}

// recorded is where the filings are: the ledger of c, or, when c names none and none lies where it would be, that of
// the configuration in force.
func (a *app) recorded(c Config) string {
	if a.config == "" || c.Store.Path != defaultStorePath(a.config, a.getenv) {
		return c.Store.Path
	}
	if _, err := os.Stat(c.Store.Path); !errors.Is(err, fs.ErrNotExist) {
		return c.Store.Path
	}
	if inForce, _, err := ReadConfig("", a.getenv); err == nil {
		return inForce.Store.Path
	}
	return c.Store.Path
}

// eachRecord reads whole records, one a line, holding one at a time.
func eachRecord(do func(*monitor.Record)) func(io.Reader) error {
	return func(r io.Reader) error {
		lines := json.NewDecoder(bufio.NewReaderSize(r, 64<<10))
		for {
			var rec monitor.Record
			switch err := lines.Decode(&rec); {
			case err == io.EOF:
				return nil
			case err != nil:
				return fmt.Errorf("read the recorded filings: %w", err)
			}
			do(&rec)
		}
	}
}

// replayText shows the difference to a person.
func replayText(w io.Writer, v monitor.ReplayView) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s to %s, %s, %s. Nothing was sent or written.\n", v.From, v.To, count(v.Days, "day"), count(v.Filings, "filing"))
	if v.History > 0 {
		fmt.Fprintf(out, "%s of history (baseline, import or backfill) never gave an alert; what they would have given counts as more.\n", count(v.History, "filing"))
	}
	if v.WithoutText > 0 {
		fmt.Fprintf(out, "%s without full text in the ledger, judged by subject and summary.\n", count(v.WithoutText, "filing"))
	}
	t := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprint(t, "\nROUTE\tGAVE\tWOULD GIVE\tDIFFERENCE\tALERTS A DAY\tMOST ON A DAY\n")
	for _, r := range v.Routes {
		name := oneLine(r.Route)
		if r.State == "added" || r.State == "removed" {
			name += " (" + r.State + ")"
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s → %s\t%d → %d\n", name, r.Gave, r.WouldGive, difference(r.ReplayCounts),
			decimal(r.PerDay.Gave), decimal(r.PerDay.WouldGive), r.Most.Gave, r.Most.WouldGive)
	}
	fmt.Fprintf(t, "all\t%d\t%d\t%s\t\t\n", v.Total.Gave, v.Total.WouldGive, difference(v.Total))
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range v.Routes {
		replayExamples(out, r.Route, "+", r.More, r.MoreFirst)
		replayExamples(out, r.Route, "−", r.Fewer, r.FewerFirst)
	}
	return out.Flush()
}

// difference reads +4 alerts, −31, and how many of those more are of history.
func difference(n monitor.ReplayCounts) string {
	s := fmt.Sprintf("+%d alerts, −%d", n.More, n.Fewer)
	if n.History > 0 {
		s += fmt.Sprintf(" (%d of history)", n.History)
	}
	return s
}

func replayExamples(w io.Writer, route, sign string, n int, first []monitor.ReplayExample) {
	if n == 0 || len(first) == 0 {
		return
	}
	which := ""
	if n > len(first) {
		which = fmt.Sprintf(", the first %d", len(first))
	}
	fmt.Fprintf(w, "\n%s %s%d%s:\n", oneLine(route), sign, n, which)
	for _, e := range first {
		text := e.Summary
		if text == "" {
			text = e.Subject
		}
		fmt.Fprintf(w, "  %s %s  %d  %s  %s\n", sign, e.PublishedAt.Format("2006-01-02 15:04"), e.Index, dash(strings.Join(e.Tickers, " ")), clip(oneLine(text), 70))
		fmt.Fprintf(w, "      now: %s\n      before: %s\n", oneLine(e.Now), oneLine(e.Before))
	}
}

// count says 1 day, 2 days.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
