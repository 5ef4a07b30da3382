package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
	"kapwatch/store"
)

func (a *app) verifyCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "verify [FILE]", Short: "Check the whole ledger, record by record", Args: cobra.MaximumNArgs(1),
		Long: `verify reads everything: the pages of the file, the checksum of every record, that
counters, lists of work, receipts and the search index agree with the records. Beside a
running daemon the daemon checks, and goes on meanwhile. With FILE it checks a backup.
It names every fault and then exits 1.`,
		Example: "  kapwatch verify\n  kapwatch verify kapwatch-2024-04-26.db",
	}
	c.Flags().BoolVar(&asJSON, "json", false, "JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, _, err := ReadConfig(a.config, a.getenv)
		if err != nil {
			return err
		}
		name := cfg.Store.Path
		hint := "put a backup in its place: kapwatch restore FILE"
		if len(args) == 1 {
			name, cfg.Store.Path, hint = args[0], args[0], "use another backup"
		}
		in, err := a.verify(c.Context(), cfg, len(args) == 1)
		if err != nil && len(in.Faults) == 0 {
			return explain(err, cfg)
		}
		if asJSON {
			in.Faults = append([]string{}, in.Faults...)
			err = json.NewEncoder(a.stdout).Encode(in)
		} else {
			for _, f := range in.Faults {
				fmt.Fprintf(a.stdout, "fault: %s\n", oneLine(f))
			}
			_, err = fmt.Fprintf(a.stdout, "%s: %s\n", name, inspected(in))
		}
		if err != nil || len(in.Faults) == 0 {
			return err
		}
		return &hinted{fmt.Errorf("the ledger %q is damaged: %s", name, in.Damage()), hint, 0}
	}
	return c
}

// verify asks the daemon that has the ledger open, or reads the file. A file that is named apart is no daemon's.
func (a *app) verify(ctx context.Context, c Config, apart bool) (in monitor.Inspection, err error) {
	if !apart {
		l, err := a.daemon(ctx, c)
		if err != nil {
			return in, err
		}
		if l != nil {
			defer l.close() //nolint:errcheck // only read
			err := l.get(ctx, "/verify", nil, decode(&in))
			return in, err
		}
	}
	if err := there(c); err != nil {
		return in, err
	}
	in, err = store.Check(ctx, c.Store.Path)
	if errors.Is(err, store.ErrCorrupt) && len(in.Faults) == 0 {
		in.Faults = []string{err.Error()} // it cannot even be opened
	}
	return in, err
}
