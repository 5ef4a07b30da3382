package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
)

func (a *app) backfillCommand() *cobra.Command {
	var from, to string
	var again bool
	c := &cobra.Command{
		Use: "backfill --from DATE --to DATE", Short: "Record history from the source, without alerting anyone", Args: cobra.NoArgs,
		Long: `backfill asks the source for each day from DATE to DATE, both included, oldest first, and
records what the ledger lacks: never alerted, without the filings' full text. Fund filings
are asked for as source.funds says.

Beside a running daemon the daemon asks, within its own source.requests_per_second and
back-off, and a due poll waits for one day at most. The days that polls ask for themselves
are left to them, for what they bring is to be alerted.

A day that was read whole is not asked for again. So an interrupted backfill, run again
with the same dates, goes on where it was; --again asks all the same.`,
		Example: "  kapwatch backfill --from 2024-04-01 --to 2024-04-30",
	}
	c.Flags().StringVar(&from, "from", "", "first day, such as 2024-04-01")
	c.Flags().StringVar(&to, "to", "", "last day")
	c.Flags().BoolVar(&again, "again", false, "ask also for days that were read whole before")
	c.RunE = func(c *cobra.Command, _ []string) error {
		w, err := window(from, to)
		if err != nil {
			return err
		}
		cfg, _, err := ReadConfig(a.config, a.getenv)
		if err != nil {
			return err
		}
		l, err := a.ledger(c.Context(), cfg, true)
		if err != nil {
			return err
		}
		p := &progress{w: a.stderr, bar: a.terminal(a.stderr)}
		err = a.backfill(c.Context(), l, w, again, p)
		p.end()
		cerr := l.close() // before the last words, which are then the last
		resume := fmt.Sprintf("kapwatch backfill --from %s --to %s", from, to)
		if again && p.next != "" {
			resume = fmt.Sprintf("kapwatch backfill --from %s --to %s --again", p.next, to)
		}
		if a.config != "" {
			resume += " --config " + a.config
		}
		switch {
		case c.Context().Err() != nil:
			fmt.Fprintf(a.stderr, "kapwatch: interrupted, what was read is recorded; to go on, run: %s\n", resume)
			err = nil
		case err != nil:
			err = &hinted{explain(err, cfg), "what was read is recorded; to go on, run: " + resume, 0}
		default:
			fmt.Fprintf(a.stderr, "kapwatch: %s\n", p.sum())
		}
		return errors.Join(err, cerr)
	}
	return c
}

// window reads the days that have begun.
func window(from, to string) (w monitor.Window, err error) {
	if w.From, w.To, err = days(from, to); err != nil {
		return w, err
	}
	if now := monitor.Midnight(time.Now()); w.To.After(now) {
		return w, usage("the last day can be today, "+now.Format(time.DateOnly), "--to %s has not begun in Istanbul", to)
	}
	return w, nil
}

// backfill reads the stream of days. Without its end it was broken off.
func (a *app) backfill(ctx context.Context, l *client, w monitor.Window, again bool, p *progress) error {
	q := url.Values{
		"from": {w.From.Format(time.DateOnly)}, "to": {w.To.Format(time.DateOnly)}, "again": {strconv.FormatBool(again)},
	}
	return l.do(ctx, http.MethodPost, "/backfill", q, nil, func(r io.Reader) error {
		for d := json.NewDecoder(r); ; {
			var line struct {
				monitor.HistoryDay
				End   bool
				Error string
			}
			switch err := d.Decode(&line); {
			case err != nil:
				return fmt.Errorf("the daemon ended before the backfill: %w", err)
			case line.Error != "":
				return errors.New(line.Error)
			case line.End:
				return nil
			}
			p.tell(line.HistoryDay)
		}
	})
}

// progress shows how far a backfill is: a bar that is drawn over on a terminal, else a line for each day.
type progress struct {
	w     io.Writer
	bar   bool
	drawn bool
	begun time.Time
	asked int
	next  string // the day after the last that is done

	listed, recorded, unreadable, known, polls, part int
}

func (p *progress) tell(d monitor.HistoryDay) {
	line := ""
	switch d.State {
	case monitor.DayWaiting:
		line = fmt.Sprintf("%s: waiting until %s: %s", d.Day, d.Until.In(monitor.Istanbul).Format("15:04:05"), d.Why)
	case monitor.DayKnown:
		p.known++
	case monitor.DayPolls:
		p.polls++
	case monitor.DayRead, monitor.DayPart:
		p.asked++
		p.listed += d.Listed
		p.recorded += d.Recorded
		p.unreadable += d.Unreadable
		line = fmt.Sprintf("%s: %d listed, %d new", d.Day, d.Listed, d.Recorded)
		if d.Unreadable > 0 {
			line += fmt.Sprintf(", %d unreadable", d.Unreadable)
		}
		if d.State == monitor.DayPart {
			p.part++
			line += "; not whole: " + d.Why
		}
	}
	if day, err := time.Parse(time.DateOnly, d.Day); err == nil && d.State != monitor.DayWaiting {
		p.next = day.AddDate(0, 0, 1).Format(time.DateOnly)
	}
	if p.begun.IsZero() {
		p.begun = time.Now()
	}
	switch {
	case !p.bar && line != "":
		fmt.Fprintf(p.w, "kapwatch: %s (%d of %s)\n", oneLine(line), d.Done, countDays(d.Of))
	case p.bar && (d.State == monitor.DayWaiting || d.State == monitor.DayPart):
		p.end()
		fmt.Fprintf(p.w, "kapwatch: %s\n", oneLine(line))
		fallthrough
	case p.bar:
		p.draw(d)
	}
}

// draw draws the bar over the one before.
func (p *progress) draw(d monitor.HistoryDay) {
	const width = 30
	full := width * d.Done / max(d.Of, 1)
	left := ""
	if rest := d.Of - d.Done; p.asked > 0 && rest > 0 {
		each := time.Since(p.begun) / time.Duration(p.asked)
		left = ", about " + (each * time.Duration(rest)).Round(time.Second).String() + " left"
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s%s %s  %d of %s, %d new%s",
		strings.Repeat("█", full), strings.Repeat("░", width-full), d.Day, d.Done, countDays(d.Of), p.recorded, left)
	p.drawn = true
}

// end leaves the bar as it is and goes to the next line.
func (p *progress) end() {
	if p.drawn {
		fmt.Fprintln(p.w)
		p.drawn = false
	}
}

// sum says what came of it all.
func (p *progress) sum() string {
	s := fmt.Sprintf("%s read: %d listed, %d new, %d unreadable", countDays(p.asked), p.listed, p.recorded, p.unreadable)
	if p.known > 0 {
		s += fmt.Sprintf("; %s read before (--again asks for them once more)", countDays(p.known))
	}
	if p.polls > 0 {
		s += fmt.Sprintf("; %s left to the daemon's polls", countDays(p.polls))
	}
	if p.part > 0 {
		s += fmt.Sprintf("; %s not whole, run it again later", countDays(p.part))
	}
	return s
}

func countDays(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}
