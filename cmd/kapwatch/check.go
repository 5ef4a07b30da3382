package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func (a *app) checkCommand() *cobra.Command {
	var show bool
	c := &cobra.Command{
		Use: "check", Short: "Validate the configuration and everything it names", Args: cobra.NoArgs,
		Long: `check prints every fault with line and column and the nearest valid name, and warns of
what is legal but unusual; of terms that find too much it says how often they did among
the filings recorded of late. Exit code 0, or 78 when there is a fault.`,
		Example: "  kapwatch check --config /etc/kapwatch/kapwatch.yaml\n  kapwatch check --show",
	}
	c.Flags().BoolVar(&show, "show", false, "print the effective configuration, secrets redacted")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := a.load()
		if err != nil {
			return err
		}
		a.warnOfDangers(c.Context(), cfg)
		for _, x := range exposures(cfg.Store.Path) {
			fmt.Fprintf(a.stderr, "kapwatch: warning: %s: mode %s: %s\nkapwatch: hint: %s\n", oneLine(x.path), x.mode, x.what, oneLine(x.remedy))
		}
		if days, err := calendar(); err != nil {
			return fmt.Errorf("read the calendar: %w", err)
		} else if said := days.Outlook(time.Now()); said != "" {
			fmt.Fprintf(a.stderr, "kapwatch: warning: %s\nkapwatch: hint: install a newer version\n", said)
		}
		if show {
			return cfg.Show(a.stdout)
		}
		from := FindConfig(a.config, a.getenv)
		if from == "" {
			from = "built-in defaults"
		}
		_, err = fmt.Fprintf(a.stderr, "kapwatch: %s: no faults\n", from)
		return err
	}
	return c
}
