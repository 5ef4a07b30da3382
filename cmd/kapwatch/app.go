package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
	"kapwatch/store"
)

// Exit codes, after sysexits.h.
const (
	exitFine    = 0
	exitFailure = 1
	exitUsage   = 64
	exitConfig  = 78
)

// version is what `kapwatch version` says; a release build sets it with -ldflags "-X main.version=1.2.3".
var version = "1.0.0-dev"

// app is one run of the program: what it was given, and nothing global.
type app struct {
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer

	config    string // --config
	logLevel  string
	logFormat string
	started   bool // a command's own code was reached, so an error is no wrong usage
}

// run is the whole program but for the signals: it is what tests call. Faults go to stderr in two lines, what is
// wrong and what to do about it.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitFine
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return exitFine // a signal asked for it
	}
	if faults, ok := errors.AsType[Faults](err); ok {
		faults.Print(stderr)
		return exitConfig
	}
	code, hint := exitFailure, hintOf(err)
	if !a.started {
		code = exitUsage
		if hint == "" {
			hint = "run: kapwatch --help"
		}
	}
	if h, ok := errors.AsType[*hinted](err); ok && h.code != 0 {
		code = h.code
	}
	if hint == "" {
		hint = "run with --log-level debug to see more"
	}
	fmt.Fprintf(stderr, "kapwatch: error: %s\nkapwatch: hint: %s\n", oneLine(err.Error()), oneLine(hint))
	return code
}

// hinted is an error with what to do about it.
type hinted struct {
	err  error
	hint string
	code int // exit code, 0 = failure while running
}

func (h *hinted) Error() string { return h.err.Error() }
func (h *hinted) Unwrap() error { return h.err }

func hintOf(err error) string {
	if h, ok := errors.AsType[*hinted](err); ok {
		return h.hint
	}
	return ""
}

func usage(hint, format string, args ...any) error {
	return &hinted{fmt.Errorf(format, args...), hint, exitUsage}
}

// oneLine keeps a text on its line, whatever it quotes from outside: nothing of it moves the cursor, colours or turns
// the direction of writing.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// visible writes JSON lines in which every sign can be seen: slog's text quotes the others, its JSON does not.
type visible struct{ w io.Writer }

func (v visible) Write(line []byte) (int, error) {
	hidden := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
	if !bytes.ContainsFunc(line, hidden) {
		return v.w.Write(line)
	}
	var out []byte
	for _, r := range string(line) {
		if !hidden(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	if _, err := v.w.Write(out); err != nil {
		return 0, err
	}
	return len(line), nil
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "kapwatch",
		Short: "Watch KAP and tell investors about the filings that matter to them",
		Long: `kapwatch watches KAP, Türkiye's Public Disclosure Platform, and tells investors in
Slack, within a minute, about the filings that matter to them, and only those.
Never miss, never repeat, explain.`,
		Example: `  kapwatch demo                       see a day of filings, no set-up needed
  kapwatch run --config kapwatch.yaml watch the live site
  kapwatch filings --ticker AKSEN     ask what was recorded
  kapwatch why 1277777                why did I (not) get this?`,
		SilenceErrors: true, SilenceUsage: true,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			hint := "run: kapwatch --help"
			if near := c.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "did you mean: kapwatch " + near[0]
			}
			return usage(hint, "unknown command %q", args[0])
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage("run: "+c.CommandPath()+" --help", "%w", err)
	})
	flags := root.PersistentFlags()
	flags.StringVar(&a.config, "config", "", "configuration file (else $KAPWATCH_CONFIG, ./kapwatch.yaml, /etc/kapwatch/kapwatch.yaml, else built-in defaults)")
	flags.StringVar(&a.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&a.logFormat, "log-format", "text", "text or json")
	root.AddCommand(
		a.runCommand(), a.demoCommand(), a.checkCommand(), a.classifyCommand(), a.filingsCommand(), a.whyCommand(),
		a.importCommand(), a.exportCommand(), a.receiptCommand(), a.replayCommand(), a.backfillCommand(),
		a.backupCommand(), a.restoreCommand(), a.verifyCommand(), a.rereadCommand(), a.testAlertCommand(), a.versionCommand(),
	)
	root.SuggestionsMinimumDistance = 2
	a.completes(root, "log-level", fixed("debug", "info", "warn", "error"))
	a.completes(root, "log-format", fixed("text", "json"))
	for _, c := range root.Commands() {
		a.mark(c)
		if !strings.Contains(c.Use, "FILE") {
			c.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
	return root
}

// mark notes when a command's own code is reached: an error before that is wrong usage.
func (a *app) mark(c *cobra.Command) {
	if inner := c.RunE; inner != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			if _, err := a.logger(); err != nil {
				return err
			}
			a.started = true
			return inner(c, args)
		}
	}
}

// logger writes to standard error; under the journal, which stamps lines itself, without times.
func (a *app) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.logLevel)); err != nil {
		return nil, usage("use --log-level debug, info, warn or error", "unknown log level %q", a.logLevel)
	}
	o := &slog.HandlerOptions{Level: level}
	if a.getenv("JOURNAL_STREAM") != "" {
		o.ReplaceAttr = func(groups []string, at slog.Attr) slog.Attr {
			if at.Key == slog.TimeKey && len(groups) == 0 {
				return slog.Attr{}
			}
			return at
		}
	}
	switch a.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(a.stderr, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(visible{a.stderr}, o)), nil
	}
	return nil, usage("use --log-format text or json", "unknown log format %q", a.logFormat)
}

// load reads the configuration and prints its warnings.
func (a *app) load() (Config, error) {
	c, warnings, err := LoadConfig(a.config, a.getenv)
	PrintWarnings(a.stderr, warnings)
	return c, err
}

func (a *app) versionCommand() *cobra.Command {
	var verbose bool
	c := &cobra.Command{
		Use: "version", Short: "Print version, commit and Go version", Args: cobra.NoArgs,
		Example: "  kapwatch version --verbose",
		RunE: func(*cobra.Command, []string) error {
			info, _ := debug.ReadBuildInfo()
			fmt.Fprintf(a.stdout, "kapwatch %s\ncommit %s\n", version, commit(info))
			if info == nil {
				return nil
			}
			fmt.Fprintf(a.stdout, "go %s\n", strings.TrimPrefix(info.GoVersion, "go"))
			if verbose {
				for _, d := range info.Deps {
					fmt.Fprintf(a.stdout, "%s %s\n", d.Path, d.Version)
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&verbose, "verbose", false, "list the versions of all modules")
	return c
}

// commit is the revision that the build noted, "unknown" without one.
func commit(info *debug.BuildInfo) string {
	if info != nil {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}

// terminal reports whether w is one, so that colour and progress make sense there.
func (a *app) terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || a.getenv("TERM") == "dumb" {
		return false
	}
	s, err := f.Stat()
	return err == nil && s.Mode()&os.ModeCharDevice != 0
}

// columns is how wide the terminal w is; 0 when it is none, or does not say.
func (a *app) columns(w io.Writer) int {
	if !a.terminal(w) {
		return 0
	}
	if n, err := strconv.Atoi(a.getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return width(w.(*os.File))
}

// colour obeys NO_COLOR (no-color.org).
func (a *app) colour(w io.Writer) bool { return a.terminal(w) && a.getenv("NO_COLOR") == "" }

// explain adds what to do to errors that every command may meet.
func explain(err error, c Config) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, monitor.ErrLocked):
		return &hinted{err, "another kapwatch has " + c.Store.Path + " open; stop it (systemctl stop kapwatch), or set store.path to another file", 0}
	case errors.Is(err, monitor.ErrFull):
		return &hinted{err, "make room on the disk of " + c.Store.Path, 0}
	case errors.Is(err, store.ErrMode):
		return &hinted{err, "chmod 600 " + c.Store.Path, 0}
	case errors.Is(err, store.ErrForeign):
		return &hinted{err, "set store.path to another file", 0}
	case errors.Is(err, store.ErrNewer):
		return &hinted{err, "install the kapwatch that wrote it, or set store.path to another file", 0}
	case errors.Is(err, store.ErrCorrupt):
		return &hinted{err, fmt.Sprintf("put a backup in its place (kapwatch restore FILE), or move it away (mv %[1]s %[1]s.damaged) to start anew from a baseline", c.Store.Path), 0}
	}
	return err
}
