package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// credential is the path of a secret: the file that the configuration names, else systemd's credential of that
// name where there is one, else "".
func (k *checker) credential(file, name string) string {
	if file != "" || k.credentials == "" {
		return file
	}
	path := filepath.Join(k.credentials, name)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// secret checks that a secret can be read, and returns it.
func (k *checker) secret(path, file string) (string, bool) {
	if strings.Contains(file, "://") {
		k.fault(path, literalFault, literalHint)
		return "", false
	}
	s, err := readSecret(file, k.credentials)
	if err != nil {
		k.fault(path, err.Error(), secretHint(file, err))
	}
	return s, err == nil
}

// webhook checks that a file holds the URL of an incoming webhook.
func (k *checker) webhook(path, file string) {
	s, ok := k.secret(path, file)
	if !ok {
		return
	}
	if err := checkURL(s); err != nil {
		k.fault(path, fmt.Sprintf("%q does not hold a webhook's URL: %s", redact(file), err),
			"put the URL alone into the file; http is for loopback hosts only")
	}
}

// errExposed is a secret file that others can read.
var errExposed = errors.New("group or others may read it")

// maxSecret bounds a secret: longer files are something else.
const maxSecret = 16 << 10

// readSecret reads the one word that a secret file holds, without the line break at its end. A file that group or
// others may read is refused, except below credentials ($CREDENTIALS_DIRECTORY), whose files are taken as systemd
// gives them. No error holds any of the content.
func readSecret(path, credentials string) (string, error) {
	fail := func(err error) (string, error) { return "", fmt.Errorf("read secret file %q: %w", redact(path), err) }
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && !filepath.IsAbs(path) {
		// It may be the secret itself, written where the path should be: not to be repeated.
		return "", errors.New("read secret file: there is no file of that name")
	}
	if err != nil {
		return fail(cause(err))
	}
	if !info.Mode().IsRegular() { // before it is opened: a pipe would hold us for ever
		return fail(errors.New("not a regular file"))
	}
	f, err := os.Open(path)
	if err != nil {
		return fail(cause(err))
	}
	defer f.Close()
	// The open file is asked, not the path, which may be another file by now.
	if info, err = f.Stat(); err != nil {
		return fail(cause(err))
	}
	if info.Mode().Perm()&0o044 != 0 && !below(path, credentials) {
		return fail(errExposed)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return fail(cause(err))
	}
	s := strings.TrimRight(string(data), "\r\n")
	switch {
	case len(data) > maxSecret:
		return fail(errors.New("too long for a secret"))
	case s == "":
		return fail(errors.New("it is empty"))
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fail(errors.New("it holds more than one word, or unusual characters"))
	}
	return s, nil
}

func secretHint(path string, err error) string {
	if errors.Is(err, errExposed) {
		return "chmod 600 " + redact(path)
	}
	return "put the secret alone, in one line, into that file, readable by kapwatch's user only"
}

// below reports whether path lies in the directory dir; nothing lies in "".
func below(path, dir string) bool {
	if dir == "" {
		return false
	}
	p, err1 := filepath.Abs(path)
	d, err2 := filepath.Abs(dir)
	rel, err3 := filepath.Rel(d, p)
	return err1 == nil && err2 == nil && err3 == nil && filepath.IsLocal(rel)
}
