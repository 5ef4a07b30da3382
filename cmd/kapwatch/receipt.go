package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
)

func (a *app) receiptCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "receipt [DATE]", Short: "Account for every filing of a day", Args: cobra.MaximumNArgs(1),
		Long: `receipt counts the filings published on a day (Istanbul's; today if none is given), one fate
each. Two days later the receipt is sealed: what changes after that, by backfill or a late
row, is told as an amendment.`,
		Example: "  kapwatch receipt\n  kapwatch receipt 2024-04-26 --json",
	}
	c.Flags().BoolVar(&asJSON, "json", false, "JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		day := today()
		if len(args) == 1 {
			day = args[0]
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return usage("give a date such as 2024-04-26, or none for today", "%q is not a date", day)
		}
		l, err := a.reading(c.Context())
		if err != nil {
			return err
		}
		defer l.close() //nolint:errcheck // only read
		return l.get(c.Context(), "/receipts/"+url.PathEscape(day), nil, func(r io.Reader) error {
			if asJSON {
				_, err := io.Copy(a.stdout, r)
				return err
			}
			var v monitor.ReceiptView
			if err := json.NewDecoder(r).Decode(&v); err != nil {
				return fmt.Errorf("decode the receipt: %w", err)
			}
			return receiptText(a.stdout, v)
		})
	}
	return c
}

// receiptText shows a receipt for people.
func receiptText(w io.Writer, v monitor.ReceiptView) error {
	state := "open"
	if v.Sealed {
		state = "sealed"
	}
	_, err := fmt.Fprintf(w, "%s (%s): %s\n", v.Day, state, v)
	for _, index := range v.UnknownIndexes {
		fmt.Fprintf(w, "  unknown: %d\n", index)
	}
	for _, a := range v.Amendments {
		fmt.Fprintf(w, "  amended %s: %s\n", a.At.In(monitor.Istanbul).Format("2006-01-02 15:04"), oneLine(a.Why))
	}
	return err
}

// today is the Istanbul day.
func today() string { return time.Now().In(monitor.Istanbul).Format(time.DateOnly) }
