package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
	"kapwatch/monitor/kap/kapsim"
)

// The demo tells Friday 26 April 2024, the day of Aksa Enerji's memorandum, in about twenty seconds.
var (
	demoDay  = time.Date(2024, 4, 26, 0, 0, 0, 0, monitor.Istanbul)
	demoEnd  = time.Date(2024, 4, 26, 23, 59, 59, 0, monitor.Istanbul)
	errEnded = errors.New("the day is over")
)

const demoLasts = 18 * time.Second

// demoWorld is the played site and the clock that is told.
type demoWorld struct {
	begun  time.Time
	site   *kapsim.Server
	once   bool
	free   bool // the page's address was not asked for: when it is taken, any other does
	stdout io.Writer
	stderr io.Writer
	live   bool // stderr is a terminal: the progress line rewrites itself
	last   atomic.Pointer[monitor.Health]
	after  atomic.Int64 // polls since the day ended
}

// now is the told time: a day in demoLasts, and then the day's last second.
func (w *demoWorld) now() time.Time {
	t := demoDay.Add(time.Since(w.begun) * time.Duration(demoEnd.Sub(demoDay)/demoLasts))
	if t.After(demoEnd) {
		return demoEnd
	}
	return t
}

func (a *app) demoCommand() *cobra.Command {
	var once bool
	var listen string
	c := &cobra.Command{
		Use: "demo", Short: "Play a day of filings through the real daemon: no network, token or set-up", Args: cobra.NoArgs,
		Long: `demo plays Friday 26 April 2024 from inside the binary, in KAP's wire format, through the
real daemon: two readers, a refused answer and a restart of the source included. Alerts
appear as they would read in Slack; the day ends with its receipt. All filings are synthetic.`,
		Example: "  kapwatch demo\n  kapwatch demo --once",
	}
	c.Flags().BoolVar(&once, "once", false, "exit after the receipt; else the page stays until interrupted")
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8420", "address of the page")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if !c.Flags().Changed("log-level") {
			a.logLevel = "error" // the trouble in the day is part of the play, and told in its own words
		}
		log, err := a.logger()
		if err != nil {
			return err
		}
		w := &demoWorld{once: once, free: !c.Flags().Changed("listen"), stdout: a.stdout, stderr: a.stderr, live: a.terminal(a.stderr)}
		return a.playDemo(c.Context(), log, listen, w)
	}
	return c
}

func (a *app) playDemo(ctx context.Context, log *slog.Logger, listen string, w *demoWorld) error {
	dir, err := os.MkdirTemp("", "kapwatch-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w.begun = time.Now()
	w.site = kapsim.New(kapsim.Day(), kapsim.Options{Now: w.now})
	at := func(hour, minute int) time.Time {
		return demoDay.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	}
	w.site.Script(
		kapsim.Trouble{On: kapsim.Criteria, Fault: kapsim.Status(666), From: at(9, 30), Times: 1},
		kapsim.Trouble{Fault: kapsim.Reset(0), From: at(13, 0), Until: at(14, 30)},
	)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	site := &http.Server{Handler: w.site, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- site.Serve(l) }()
	defer func() { _ = site.Close(); <-served }() // it plays to nobody any more

	c := DefaultConfig(a.getenv)
	c.Source.BaseURL = "http://" + l.Addr().String()
	c.Source.Schedule = []string{"* * * * * *"}
	c.Source.CrossCheck = "*/4 * * * * *"
	c.Source.RequestsPerSecond = 100
	c.Store.Path = filepath.Join(dir, "kapwatch.db")
	c.Status.Listen = listen
	c.Health.StaleAfter = 24 * time.Hour // a poll a second is hours apart in the told time
	c.Routes = demoRoutes()
	d := &daemonRun{app: a, log: log, demo: w}
	if err := d.run(ctx, c); !errors.Is(err, errEnded) {
		return err
	}
	return nil
}

// demoRoutes show what routes can do: a watch-list, deals of the whole market, a digest, and what all ignore.
func demoRoutes() []RouteConfig {
	route := func(name string) RouteConfig {
		r := terminalRoute()
		r.Name = name
		return r
	}
	energy := route("energy")
	energy.Tickers = []string{"AKSEN"}
	deals := route("deals")
	deals.Categories = []string{"mou", "contract", "tender", "ma"}
	deals.Unless = []string{"esas sözleşme"}
	reports := route("reports")
	reports.Categories = []string{"report", "dividend"}
	reports.Deliver = "digest"
	reports.Digest = []string{"0 0 13 * * *", "0 0 22 * * *"}
	return []RouteConfig{energy, deals, reports}
}

// polled keeps what the last poll left.
func (w *demoWorld) polled(h monitor.Health) {
	w.last.Store(&h)
	if !w.now().Before(demoEnd) {
		w.after.Add(1)
	}
}

// play shows the progress, and at the end of the day the receipt.
func (w *demoWorld) play(ctx context.Context, d *daemonRun) error {
	fmt.Fprintf(w.stderr, "kapwatch demo: Friday 26 April 2024 in %d seconds, all filings synthetic\npage: http://%s/\n\n", int(demoLasts.Seconds()), d.addr)
	turn := time.NewTicker(time.Second)
	defer turn.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-turn.C:
		}
		w.progress(d, n)
		if w.after.Load() >= 3 && (d.db.Stats().Pending == 0 || w.after.Load() >= 6) {
			break
		}
	}
	r, err := d.db.Receipt(demoDay)
	if err != nil {
		return err
	}
	if w.live {
		fmt.Fprint(w.stderr, "\r\033[K")
	}
	fmt.Fprintf(w.stdout, "\nReceipt of 26 April 2024: %s\n", r)
	fmt.Fprintf(w.stderr, "readers: %d reads of the JSON list, %d of the page; 1 answer refused and 1 restart of the source on the way\n",
		w.site.Count(kapsim.Criteria), w.site.Count(kapsim.Page))
	if fates := r.Sent + r.Digest + r.Pending + r.NotWanted + r.Unknown; r.Unknown != 0 || fates != r.Listed {
		return fmt.Errorf("the receipt does not add up: %d fates for %d listed, %d unknown", fates, r.Listed, r.Unknown)
	}
	if w.once {
		return errEnded
	}
	fmt.Fprintf(w.stderr, "the page stays at http://%s/ until you press Ctrl-C\n", d.addr)
	<-ctx.Done()
	return nil
}

// progress is one line that rewrites itself on a terminal, and elsewhere a line every few hours of the day.
func (w *demoWorld) progress(d *daemonRun, n int) {
	s := d.db.Stats()
	told := w.now()
	words := "ok"
	if h := w.last.Load(); h != nil {
		var parts []string
		for _, name := range []string{"criteria", "page"} {
			if word := h.Readers[name]; word != "ok" && word != "unread" {
				parts = append(parts, name+" "+word)
			}
		}
		if len(parts) > 0 {
			words = strings.Join(parts, ", ")
		}
	}
	done := int(20 * told.Sub(demoDay) / demoEnd.Sub(demoDay))
	line := fmt.Sprintf("%s %s  %d filings recorded, %d alerts sent, source %s", told.Format("15:04"),
		strings.Repeat("█", done)+strings.Repeat("░", 20-done), s.Filings, s.Sent, words)
	switch {
	case w.live:
		fmt.Fprint(w.stderr, "\r\033[K"+line)
	case n%4 == 0:
		fmt.Fprintln(w.stderr, line)
	}
}
