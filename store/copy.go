package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"kapwatch/monitor"
)

// Aside is what Restore appends to the name of the file that it replaces.
const Aside = ".before-restore"

// Check verifies the ledger at path without changing anything. Another process may read it meanwhile, none may write.
func Check(ctx context.Context, path string) (monitor.Inspection, error) {
	in, err := check(ctx, path)
	if err != nil {
		return in, fmt.Errorf("check ledger %q: %w", path, err)
	}
	return in, nil
}

func check(ctx context.Context, path string) (monitor.Inspection, error) {
	db, err := open(path, Options{ReadOnly: true})
	if err != nil {
		return monitor.Inspection{}, err
	}
	in, err := db.Verify(ctx)
	return in, errors.Join(err, db.Close())
}

// Save makes a ledger file at path, 0600, of the bytes that write gives, such as DB.WriteTo: whole, on the disk and
// checked, or not at all. A file that is there is never replaced; the error then wraps fs.ErrExist.
func Save(ctx context.Context, path string, write func(io.Writer) error) (in monitor.Inspection, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("save ledger %q: %w", path, err)
		}
	}()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return in, errors.Join(fs.ErrExist, err) // said before the work is done
	}
	temp, in, err := checked(ctx, path, write)
	if err != nil {
		return in, err
	}
	if err := os.Link(temp, path); err != nil { // a rename would replace a file that came meanwhile
		return in, errors.Join(err, os.Remove(temp))
	}
	return in, errors.Join(os.Remove(temp), syncDir(filepath.Dir(path)))
}

// Restore puts a copy of the ledger file from at path: checked first, then by one rename, so that path is never
// half a ledger. It knows that it is a copy: what it owes may have been sent since. What was there stays beside it, with
// Aside behind its name; where such a file is there already, nothing is done and the error wraps fs.ErrExist. It wraps
// monitor.ErrLocked while a process has the ledger open.
func Restore(ctx context.Context, from, path string) (in monitor.Inspection, kept string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("restore ledger %q: %w", path, err)
		}
	}()
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	old, err := os.Open(path)
	switch {
	case err == nil:
		defer old.Close() // and with it the lock, once the new file is in place
		if err := syscall.Flock(int(old.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			return in, "", fmt.Errorf("%w: %w", monitor.ErrLocked, err)
		}
		kept = path + Aside
		if _, err := os.Lstat(kept); !errors.Is(err, fs.ErrNotExist) {
			return in, "", fmt.Errorf("%q: %w", kept, errors.Join(fs.ErrExist, err))
		}
	case !errors.Is(err, fs.ErrNotExist):
		return in, "", err
	}
	backup, err := os.Open(from)
	if err != nil {
		return in, "", err
	}
	defer backup.Close() // only read
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return in, "", err
	}
	temp, in, err := checked(ctx, path, func(w io.Writer) error { _, err := io.Copy(w, backup); return err })
	if err != nil {
		return in, "", err
	}
	if err := errors.Join(age(temp), belong(temp, path)); err != nil {
		return in, "", errors.Join(err, os.Remove(temp))
	}
	if kept != "" {
		if err := os.Link(path, kept); err != nil {
			return in, "", errors.Join(err, os.Remove(temp))
		}
	}
	if err := os.Rename(temp, path); err != nil {
		return in, "", errors.Join(err, os.Remove(temp))
	}
	return in, kept, syncDir(dir)
}

// checked writes a file beside path, brings it to the disk and verifies it.
func checked(ctx context.Context, path string, write func(io.Writer) error) (temp string, in monitor.Inspection, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*") // 0600
	if err != nil {
		return "", in, err
	}
	err = errors.Join(write(f), f.Sync(), f.Close())
	if err == nil {
		in, err = check(ctx, f.Name())
	}
	if err != nil {
		return "", in, errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), in, nil
}

// age notes in a copy that time has gone on since: what it owes may have been sent, and so may what it does not know
// yet. Each is looked for before it is sent.
func age(path string) error {
	db, err := open(path, Options{})
	if err != nil {
		return err
	}
	return errors.Join(db.restored(), db.Close())
}

func (db *DB) restored() error {
	left, err := db.Backlog()
	if err != nil {
		return err
	}
	return db.update("restore", func(c *change) error {
		for _, a := range left.Alerts {
			if !a.IntendedAt.IsZero() {
				continue
			}
			a.IntendedAt = a.CreatedAt
			if err := c.putAlert(a); err != nil {
				return err
			}
		}
		if err := c.skipNumbers(); err != nil {
			return err
		}
		x := db.cache.lastCursor()
		if x.BaselineAt.IsZero() {
			return nil // it never polled
		}
		x.RestoredAt = c.now
		return c.putCursor(x)
	})
}

// belong gives temp to the owner of path, or of its folder: root restores for a daemon that runs as somebody else.
func belong(temp, path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		info, err = os.Stat(filepath.Dir(path))
	}
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil // a system without owners
	}
	return os.Chown(temp, int(owner.Uid), int(owner.Gid))
}

// syncDir makes a new name last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
