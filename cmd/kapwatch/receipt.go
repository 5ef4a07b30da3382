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
		Example: "  kapwatch receipt\n  kapwatch receipt 2024-04-26",
	}
	c.Flags().BoolVar(&asJSON, "json", false, "JSON")
	c.RunE = func(c *cobra.Command, args []string) error {
		day := today()
		if len(args) == 1 {
			day = args[0]
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
			var v struct {
				Day      string `json:"day"`
				Sealed   bool   `json:"sealed"`
				Listed   int    `json:"listed"`
				Recorded int    `json:"recorded"`
				Sent     int    `json:"sent"`
				Digest   int    `json:"digest"`
				Pending  int    `json:"pending"`
				Not      int    `json:"not_wanted"`
				Unknown  int    `json:"unknown"`
			}
			if err := json.NewDecoder(r).Decode(&v); err != nil {
				return fmt.Errorf("decode the receipt: %w", err)
			}
			line := monitor.Receipt{Listed: v.Listed, Recorded: v.Recorded, Sent: v.Sent, Digest: v.Digest, Pending: v.Pending, NotWanted: v.Not, Unknown: v.Unknown}
			state := "open"
			if v.Sealed {
				state = "sealed"
			}
			_, err := fmt.Fprintf(a.stdout, "%s (%s): %s\n", v.Day, state, line)
			return err
		})
	}
	return c
}

// today is the Istanbul day.
func today() string { return time.Now().In(monitor.Istanbul).Format(time.DateOnly) }
