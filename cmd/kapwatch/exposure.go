package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// exposure is a path through which others reach the ledger.
type exposure struct {
	path   string
	mode   string // as chmod takes it
	what   string
	remedy string // to type
}

// exposures tells who else reaches the ledger by the modes of its file and folder. store.Open refuses such a file, so
// that only a check has to say it before; a folder is the operator's, and is warned of. Who may only list a folder
// learns a name and a size, and where only owners may remove files, as in /tmp, nobody replaces one: both are silent,
// as is what systemd makes.
func exposures(ledger string) []exposure {
	var list []exposure
	if path, err := filepath.Abs(ledger); err == nil {
		ledger = path // the daemon's folder is not the operator's
	}
	if info, err := os.Stat(ledger); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		list = append(list, exposure{ledger, fmt.Sprintf("%04o", info.Mode().Perm()), "the ledger's file is open to others, and will be refused", "chmod 600 " + ledger})
	}
	dir := filepath.Dir(ledger)
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0 {
		list = append(list, exposure{dir, fmt.Sprintf("%04o", info.Mode().Perm()), "others may write to the ledger's folder, and so replace the ledger", "chmod go-w " + dir})
	}
	return list
}
