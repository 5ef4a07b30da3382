package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"kapwatch/monitor"
	"kapwatch/monitor/classify"
	"kapwatch/monitor/status"
	"kapwatch/notify"
	"kapwatch/store"
)

func (a *app) runCommand() *cobra.Command {
	var addrFile string
	c := &cobra.Command{
		Use: "run", Short: "Run the daemon: poll, record, classify, deliver, serve the status endpoint", Args: cobra.NoArgs,
		Example: "  kapwatch run --config /etc/kapwatch/kapwatch.yaml\n  kapwatch run --log-level debug",
	}
	c.Flags().StringVar(&addrFile, "addr-file", "", "write the address really bound to this file")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := a.load()
		if err != nil {
			return err
		}
		log, err := a.logger()
		if err != nil {
			return err
		}
		if err := sealMemory(); err != nil {
			log.Warn("memory is not sealed", "err", err)
		}
		d := &daemonRun{app: a, log: log, addrFile: addrFile, polled: make(chan struct{}, 1)}
		return explain(d.run(c.Context(), cfg), cfg)
	}
	return c
}

// daemonRun is one life of the daemon.
type daemonRun struct {
	*app
	log      *slog.Logger
	addrFile string
	demo     *demoWorld // nil but for `kapwatch demo`
	monitor  *monitor.Monitor
	db       *store.DB
	addr     string
	metrics  *prometheus.Registry
	status   *status.Server
	polled   chan struct{} // has room for one: the first poll is over
}

// stopTime bounds the whole of an orderly stop.
const stopTime = 10 * time.Second

// softMemory is where the collector begins to work harder, so that a bomb of the source does not make the daemon large;
// $GOMEMLIMIT overrides it.
const softMemory = 96 << 20

// run builds store, notifier, readers, loop and endpoint in this order, runs them until ctx ends, and stops them
// in reverse.
func (d *daemonRun) run(ctx context.Context, c Config) error {
	if d.getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softMemory)
	}
	if d.getenv("GOGC") == "" {
		// So little lives that every few dozen answers end in a collection: fewer save a tenth of an answer's processor
		// time for some megabytes, twice as few would take too many.
		debug.SetGCPercent(150)
	}
	db, err := store.Open(c.Store.Path, store.Options{Log: d.log, Now: d.now()})
	if err != nil {
		return fmt.Errorf("open the ledger: %w", err)
	}
	d.db = db
	for _, x := range exposures(c.Store.Path) {
		d.log.Warn(x.what, "path", x.path, "mode", x.mode, "hint", x.remedy)
	}
	err = d.serve(ctx, c)
	d.log.Info("stopping", "step", "close the ledger")
	return errors.Join(err, db.Close())
}

// parts builds what c says.
func (d *daemonRun) parts(c Config, reg prometheus.Registerer) (*parts, error) {
	return d.build(c, d.log, reg, d.now(), nil, d.stdout)
}

func (d *daemonRun) now() func() time.Time {
	if d.demo != nil {
		return d.demo.now
	}
	return time.Now
}

func (d *daemonRun) serve(ctx context.Context, c Config) error {
	reg := prometheus.NewRegistry()
	d.metrics = reg
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	p, err := d.parts(c, reg)
	if err != nil {
		return err
	}
	o := monitor.Options{Log: d.log, Registerer: reg, Now: d.now(), Polled: d.report}
	if d.demo != nil { // hours of the told time lie between two polls, and nothing is old for that
		o.OldAfter = 48 * time.Hour
	}
	d.monitor, err = monitor.New(p.config, d.db, o)
	if err != nil {
		return err
	}
	token, err := c.StatusToken(d.getenv)
	if err != nil {
		return err
	}
	info, _ := debug.ReadBuildInfo()
	d.status, err = status.New(status.Config{
		Ledger: d.db, Changes: d.db.Changes, Health: d.monitor.Health, Routes: d.monitor.Routes, Funds: d.monitor.Funds, Rules: func() status.Rules { return d.monitor.Rules() },
		Qualifiers: classify.Qualifiers(), QualifierLabel: classify.QualifierLabel, Listen: c.Status.Listen, Token: token,
		Alive: d.alive, Registerer: reg, Gatherer: reg, Version: version, Commit: commit(info), Now: d.now(), Log: d.log,
		Demo: d.demo != nil,
	})
	if err != nil {
		return err
	}
	// Listening comes before serving, here: an address in use is an error of the start, not a line in the log.
	public, err := d.listen(c)
	if err != nil {
		return err
	}
	_, err = os.Lstat(socketPath(c))
	unclean := err == nil // an orderly stop removes it
	private, err := status.ListenPrivate(socketPath(c))
	if err != nil {
		return fmt.Errorf("open the control socket: %w", errors.Join(err, closeListener(public)))
	}

	g, ctx := errgroup.WithContext(ctx)
	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopServing()
	if public != nil {
		g.Go(func() error { return status.Serve(serving, public, d.status.Handler()) })
	}
	g.Go(func() error {
		return status.Serve(serving, private, d.status.Control(controls(d.monitor, d.db)))
	})
	g.Go(func() error {
		defer stopServing()
		defer d.log.Info("stopping", "step", "shut the endpoint")
		return d.monitor.Run(ctx)
	})
	g.Go(func() error { return d.supervise(ctx) })
	g.Go(func() error { d.inspect(ctx, unclean); return nil })
	g.Go(func() error { return d.reloads(ctx, c) })
	g.Go(func() error { d.checkToken(ctx, c, p.notifier); return nil })
	if d.demo != nil {
		g.Go(func() error { return d.demo.play(ctx, d) })
	}
	d.notify(daemon.SdNotifyReady)
	return g.Wait()
}

// controls is what commands reach over the private socket.
func controls(m *monitor.Monitor, db *store.DB) status.Controls {
	return status.Controls{Import: m, Export: db, Backup: db, Verify: db, Backfill: m, Reread: m}
}

func closeListener(l net.Listener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}

// listen opens the public endpoint, logs the address really bound and writes it to --addr-file.
func (d *daemonRun) listen(c Config) (net.Listener, error) {
	if c.Status.Listen == "" {
		return nil, nil
	}
	l, err := status.Listen(c.Status.Listen)
	if d.demo != nil && d.demo.free && errors.Is(err, syscall.EADDRINUSE) {
		l, err = status.Listen("127.0.0.1:0") // another kapwatch has the usual place; the link says where this one is
	}
	if err != nil {
		hint := "set status.listen to a free address, 127.0.0.1:0 for any, or \"\" for none"
		if d.demo != nil {
			hint = "run: kapwatch demo --listen 127.0.0.1:0"
		}
		return nil, &hinted{fmt.Errorf("open the status endpoint: %w", err), hint, 0}
	}
	d.addr = l.Addr().String()
	d.log.Info("status endpoint open", "addr", d.addr)
	if d.addrFile != "" {
		if err := writeWhole(d.addrFile, d.addr+"\n"); err != nil {
			return nil, errors.Join(fmt.Errorf("write the address: %w", err), l.Close())
		}
	}
	return l, nil
}

// writeWhole writes a file that a waiting reader never sees half of.
func writeWhole(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		if rerr := os.Remove(f.Name()); !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	return err
}

// alive reports whether the loop turns: what systemd's watchdog and /livez ask.
func (d *daemonRun) alive() bool {
	beat := d.monitor.Beat()
	return beat.IsZero() || time.Since(beat) < 30*time.Second
}

// supervise pats systemd's watchdog while the loop turns.
func (d *daemonRun) supervise(ctx context.Context) error {
	var pat <-chan time.Time
	if every, err := daemon.SdWatchdogEnabled(false); err != nil {
		d.log.Warn("watchdog", "err", err)
	} else if every > 0 {
		t := time.NewTicker(every / 3)
		defer t.Stop()
		pat = t.C
	}
	for {
		select {
		case <-ctx.Done():
			d.notify(daemon.SdNotifyStopping)
			d.log.Info("stopping", "step", "no new polls", "within", stopTime)
			return nil
		case <-pat:
			if d.alive() {
				d.notify(daemon.SdNotifyWatchdog)
			}
		}
	}
}

// reloads reloads on SIGHUP. It waits for a list under way, so it stands apart from the watchdog.
func (d *daemonRun) reloads(ctx context.Context, c Config) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
			d.reload(ctx, &c)
		}
	}
}

// reload swaps a valid configuration in between two polls; an invalid one is said, and the old one stays.
func (d *daemonRun) reload(ctx context.Context, c *Config) {
	d.notify(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
	defer d.notify(daemon.SdNotifyReady)
	next, warnings, err := LoadConfig(d.config, d.getenv)
	PrintWarnings(d.stderr, warnings)
	var p *parts
	if err == nil {
		p, err = d.parts(next, d.metrics)
	}
	if err != nil {
		if faults, ok := errors.AsType[Faults](err); ok {
			faults.Print(d.stderr)
		}
		d.log.Error("reload refused, the old configuration stays", "err", err)
		d.monitor.RefuseReload(strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	if next.Store.Path != c.Store.Path || next.Status != c.Status {
		d.log.Warn("store.path and status change at a restart only")
	}
	d.monitor.Reload(p.config)
	*c = next
	d.checkToken(ctx, next, p.notifier)
	d.log.Info("configuration reloaded", "routes", len(next.Routes))
}

// checkToken asks Slack whether it takes the token. A refusal only becomes a problem that is shown: the daemon
// watches and records all the same.
func (d *daemonRun) checkToken(ctx context.Context, c Config, n *notify.Notifier) {
	if c.Slack.TokenFile == "" {
		return
	}
	check, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	switch err := n.CheckToken(check); {
	case err == nil || ctx.Err() != nil:
	case errors.Is(err, notify.ErrToken):
		d.monitor.Complain("Slack: " + err.Error())
		d.log.Error("slack token refused, watching and recording all the same", "err", err)
	default:
		d.log.Warn("slack token not proven", "err", err)
	}
}

// inspect checks the whole ledger each week, and after a stop that was none: a power cut may have caught a disk that
// had only promised to write. A daemon that is restarted more often checks an hour after the start.
func (d *daemonRun) inspect(ctx context.Context, unclean bool) {
	const week = 7 * 24 * time.Hour
	due := time.NewTimer(time.Hour)
	defer due.Stop()
	first := d.polled
	if !unclean {
		first = nil
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-first: // polls go first
			d.log.Info("the last stop was not orderly, checking the ledger")
			first = nil
		case <-due.C:
		}
		begun := time.Now()
		in, err := d.db.Verify(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && len(in.Faults) == 0:
			d.log.Error("check the ledger", "err", err)
		default:
			d.log.Info("ledger checked", "filings", in.Filings, "faults", len(in.Faults), "dur", time.Since(begun).Round(time.Millisecond))
			d.monitor.Inspected(in)
		}
		debug.FreeOSMemory() // a check of millions takes what nothing else needs
		due.Reset(week)
	}
}

// report is the one human line that systemctl status shows.
func (d *daemonRun) report(h monitor.Health) {
	d.status.Recorded()
	select {
	case d.polled <- struct{}{}:
	default:
	}
	if d.demo != nil {
		d.demo.polled(h)
	}
	s := "degraded: "
	if h.OK() {
		s = "ok, newest filing " + strconv.FormatInt(h.Newest, 10) + ", last good poll " + h.LastSuccessAt.In(monitor.Istanbul).Format("15:04:05")
	} else {
		s += oneLine(h.Problems[0])
	}
	d.notify("STATUS=" + s)
}

// notify tells systemd; without systemd nobody listens.
func (d *daemonRun) notify(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		d.log.Warn("notify systemd", "err", err)
	}
}
