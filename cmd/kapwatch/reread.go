package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
)

func (a *app) rereadCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "reread", Short: "Read again what an earlier version could not read", Args: cobra.NoArgs,
		Long: `When KAP changes the shape of its pages, kapwatch keeps the answers and rows that it cannot
read. After an upgrade reread runs the new readers over them and records what they find.
What was news when it was seen is alerted, marked late: by the running daemon, or by the
next one. What belongs to the baseline or to a backfill is not. The daemon does the same
by itself whenever it starts.`,
		Example: "  kapwatch reread",
	}
	c.Flags().BoolVar(&asJSON, "json", false, "JSON")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, _, err := ReadConfig(a.config, a.getenv)
		if err != nil {
			return err
		}
		l, err := a.ledger(c.Context(), cfg, false)
		if err != nil {
			return err
		}
		var got monitor.Rereading
		err = l.do(c.Context(), http.MethodPost, "/reread", nil, nil, decode(&got))
		if cerr := l.close(); err == nil {
			err = cerr
		}
		if err != nil {
			return explain(err, cfg)
		}
		if asJSON {
			return json.NewEncoder(a.stdout).Encode(got)
		}
		for _, s := range got.Still {
			fmt.Fprintf(a.stdout, "still unreadable: %s\n", oneLine(s))
		}
		_, err = fmt.Fprintf(a.stdout, "%d of %d kept answers and %d of %d kept rows read: %d filings listed, %d new, %d alerts; %d full texts\n",
			got.Read, got.Answers, got.Named, got.Rows, got.Listed, got.Added, got.Alerts, got.Details)
		return err
	}
	return c
}
