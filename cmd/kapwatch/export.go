package main

import (
	"io"

	"github.com/spf13/cobra"
)

func (a *app) exportCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "export", Short: "Write everything recorded, as JSON lines or CSV", Args: cobra.NoArgs,
		Example: "  kapwatch export > all.jsonl\n  kapwatch export --ticker AKSEN --format csv > aksen.csv",
	}
	f := a.filterFlags(c)
	c.Flags().StringVar(&format, "format", "jsonl", "jsonl or csv")
	a.completes(c, "format", fixed("jsonl", "csv"))
	c.RunE = func(c *cobra.Command, _ []string) error {
		if format != "jsonl" && format != "csv" {
			return usage("use --format jsonl or --format csv", "unknown format %q", format)
		}
		l, err := a.reading(c.Context())
		if err != nil {
			return err
		}
		defer l.close() //nolint:errcheck // only read
		q := f.query()
		q.Set("format", format)
		return l.get(c.Context(), "/export", q, func(r io.Reader) error {
			_, err := io.Copy(a.stdout, r)
			return err
		})
	}
	return c
}
