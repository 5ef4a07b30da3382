package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
	"kapwatch/store"
)

func (a *app) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Copy the ledger while it is in use, and check the copy", Args: a.oneFile("kapwatch backup kapwatch-2024-04-26.db"),
		Long: `backup asks the running daemon for a copy as of one moment, or copies the file when none
runs. The copy is brought to the disk, checked record by record and only then gets its
name; it can be read by its owner only. A file that is there already is never replaced.`,
		Example: "  kapwatch backup kapwatch-$(date +%F).db",
		RunE: func(c *cobra.Command, args []string) error {
			cfg, _, err := ReadConfig(a.config, a.getenv)
			if err != nil {
				return err
			}
			in, err := a.backup(c.Context(), cfg, args[0])
			switch {
			case errors.Is(err, fs.ErrExist):
				return &hinted{err, "name a file that is not there yet, or move that one away", 0}
			case errors.Is(err, fs.ErrNotExist):
				return &hinted{err, "make the folder first, or name a file in another", 0}
			case errors.Is(err, fs.ErrPermission):
				return &hinted{err, "name a file in a folder that you may write to", 0}
			case errors.Is(err, syscall.ENOSPC):
				return &hinted{err, "make room there, or name a file on another disk", 0}
			case errors.Is(err, store.ErrCorrupt):
				return &hinted{err, "the ledger itself is damaged: run: kapwatch verify", 0}
			case err != nil:
				return explain(err, cfg)
			}
			_, err = fmt.Fprintf(a.stdout, "%s: %s, checked\n", args[0], inspected(in))
			return err
		},
	}
}

// oneFile wants one argument, the name of a file.
func (a *app) oneFile(example string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 || args[0] == "" {
			return usage("run: "+example, "one file is to be named, %d are", len(args))
		}
		return nil
	}
}

func (a *app) backup(ctx context.Context, c Config, path string) (monitor.Inspection, error) {
	l, err := a.daemon(ctx, c)
	if err != nil {
		return monitor.Inspection{}, err
	}
	if l != nil {
		defer l.close() //nolint:errcheck // only read
		return store.Save(ctx, path, func(w io.Writer) error {
			return l.get(ctx, "/backup", nil, func(r io.Reader) error {
				_, err := io.Copy(w, r)
				return err
			})
		})
	}
	if err := there(c); err != nil {
		return monitor.Inspection{}, err
	}
	db, err := store.Open(c.Store.Path, store.Options{ReadOnly: true})
	if err != nil {
		return monitor.Inspection{}, err
	}
	in, err := store.Save(ctx, path, func(w io.Writer) error {
		_, err := db.WriteTo(w)
		return err
	})
	return in, errors.Join(err, db.Close())
}

// inspected says in words what a check has read.
func inspected(in monitor.Inspection) string {
	return fmt.Sprintf("%d filings, %d details, %d alerts, %d unreadable rows, %d raw rows, %d sealed receipts, %d index segments with %d terms",
		in.Filings, in.Details, in.Alerts, in.Bad, in.Raw, in.Receipts, in.Segments, in.Terms)
}
