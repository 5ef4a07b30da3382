package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"kapwatch/monitor"
	"kapwatch/store"
)

func (a *app) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use: "restore FILE", Short: "Put a backup in the ledger's place", Args: a.oneFile("kapwatch restore kapwatch-2024-04-26.db"),
		Long: `restore copies a file that backup wrote beside the ledger, checks it record by record and
then renames it into store.path, so that there is never half a ledger. The daemon must be
stopped. The ledger that was there stays beside it, with ` + store.Aside + ` behind its name;
where such a file is left from an earlier time, nothing is done.

What was filed since the backup is unknown to it: the next start reads it again, as far
back as source.catch_up. What may have been sent is looked for in the channel's history
before it is sent; where that cannot be read (a webhook, the terminal, a digest) it may
come twice, marked.`,
		Example: "  sudo systemctl stop kapwatch && sudo kapwatch restore kapwatch-2024-04-26.db",
		RunE: func(c *cobra.Command, args []string) error {
			cfg, _, err := ReadConfig(a.config, a.getenv)
			if err != nil {
				return err
			}
			from, path := args[0], cfg.Store.Path
			l, err := a.daemon(c.Context(), cfg)
			if err != nil {
				return err
			}
			if l != nil {
				l.close() //nolint:errcheck // nothing was asked
				return &hinted{fmt.Errorf("restore: a running daemon has %q open", path), "stop it first (systemctl stop kapwatch), then run this again", 0}
			}
			if same(from, path) {
				return usage("name a backup", "%q is the ledger itself", from)
			}
			in, kept, err := store.Restore(c.Context(), from, path)
			switch {
			case errors.Is(err, fs.ErrExist):
				return &hinted{err, "move the file of the earlier restore away, then run this again", 0}
			case errors.Is(err, fs.ErrNotExist):
				return &hinted{err, "name a file that kapwatch backup wrote", 0}
			case errors.Is(err, store.ErrForeign), errors.Is(err, store.ErrCorrupt):
				return &hinted{fmt.Errorf("%q cannot take its place: %w", from, err), "nothing was changed; name another file that kapwatch backup wrote", 0}
			case errors.Is(err, store.ErrNewer):
				return &hinted{fmt.Errorf("%q cannot take its place: %w", from, err), "nothing was changed; install the kapwatch that wrote the backup", 0}
			case errors.Is(err, monitor.ErrLocked):
				return &hinted{err, "another kapwatch has " + path + " open; stop it (systemctl stop kapwatch), then run this again", 0}
			case err != nil:
				return explain(err, cfg)
			}
			if _, err := fmt.Fprintf(a.stdout, "%s: restored, %s\n", path, inspected(in)); err != nil || kept == "" {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "the ledger that was there is %s\n", kept)
			return err
		},
	}
}

// same reports whether both names lead to one file.
func same(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
