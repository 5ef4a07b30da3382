package main

import (
	"cmp"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"kapwatch/monitor"
	"kapwatch/monitor/turkish"
)

// sqlite is the ordinary way to do it: a table with an index for each filter, and FTS5 over the folded words, once
// as it comes and once with an index of its own for the prefixes that people type.
type sqlite struct {
	db   *sql.DB
	asks map[string][]*sql.Stmt
}

const (
	schema = `
CREATE TABLE filing(idx INTEGER PRIMARY KEY, published INTEGER, seen INTEGER, company TEXT, tickers TEXT, related TEXT, class TEXT,
  type TEXT, subject TEXT, summary TEXT, categories TEXT, qualifiers TEXT, late INTEGER, attachments INTEGER, english INTEGER, body TEXT);
CREATE INDEX newest ON filing(published, idx);
CREATE TABLE code(code TEXT, published INTEGER, idx INTEGER, PRIMARY KEY(code, published, idx)) WITHOUT ROWID;
CREATE TABLE category(category TEXT, published INTEGER, idx INTEGER, PRIMARY KEY(category, published, idx)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(text, content='', tokenize='unicode61 remove_diacritics 0');
CREATE VIRTUAL TABLE prefixes USING fts5(text, content='', tokenize='unicode61 remove_diacritics 0', prefix='3 4 5');`

	columns = `filing.idx, filing.published, seen, company, tickers, related, class, type, subject, summary, categories, qualifiers, late, attachments, english`
)

func newSQLite(b *bench) (*sqlite, error) {
	path := cmp.Or(b.base, filepath.Join(b.dir, "sqlite.db"))
	_, err := os.Stat(path)
	filled := err == nil
	db, err := sql.Open("sqlite", "file:"+path+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=cache_size(-65536)&_pragma=mmap_size(4294967296)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	s := &sqlite{db: db, asks: map[string][]*sql.Stmt{}}
	if !filled {
		if _, err := db.Exec(schema); err != nil {
			return nil, err
		}
		if err := s.fill(b); err != nil {
			return nil, err
		}
	}
	for kind, list := range map[string][]string{
		"newest": {"SELECT " + columns + " FROM filing ORDER BY published DESC, idx DESC LIMIT 50"},
		"ticker": {"SELECT " + columns + " FROM code JOIN filing USING(idx) WHERE code = ? ORDER BY code.published DESC, code.idx DESC LIMIT 50"},
		"category and 30 days": {"SELECT " + columns + " FROM category JOIN filing USING(idx) WHERE category = ? AND category.published >= ? AND category.published < ?" +
			" ORDER BY category.published DESC, category.idx DESC LIMIT 50"},
		"two words": {
			"SELECT " + columns + " FROM words JOIN filing ON filing.idx = words.rowid WHERE words MATCH ? ORDER BY words.rowid DESC LIMIT 50",
			"SELECT " + columns + " FROM prefixes JOIN filing ON filing.idx = prefixes.rowid WHERE prefixes MATCH ? ORDER BY prefixes.rowid DESC LIMIT 50",
		},
	} {
		for _, ask := range list {
			stmt, err := db.Prepare(ask)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", kind, err)
			}
			s.asks[kind] = append(s.asks[kind], stmt)
		}
	}
	return s, nil
}

func (s *sqlite) close() error { return s.db.Close() }

// fill writes the same filings as the ledger has.
func (s *sqlite) fill(b *bench) error {
	g, err := newGenerator(b.sample, b.n)
	if err != nil {
		return err
	}
	for batch := range g.batches(b.ctx, 20_000) {
		if err := s.insert(batch); err != nil {
			return err
		}
	}
	_, err = s.db.Exec("ANALYZE; INSERT INTO words(words) VALUES('optimize'); INSERT INTO prefixes(prefixes) VALUES('optimize'); PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

func (s *sqlite) insert(batch []monitor.Entry) (err error) {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	prepare := func(ask string) (stmt *sql.Stmt) {
		if err == nil {
			stmt, err = tx.Prepare(ask)
		}
		return stmt
	}
	filing := prepare("INSERT INTO filing VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
	code := prepare("INSERT INTO code VALUES(?,?,?)")
	category := prepare("INSERT INTO category VALUES(?,?,?)")
	words := prepare("INSERT INTO words(rowid, text) VALUES(?,?)")
	prefixes := prepare("INSERT INTO prefixes(rowid, text) VALUES(?,?)")
	if err != nil {
		return err
	}
	run := func(stmt *sql.Stmt, args ...any) {
		if err == nil {
			_, err = stmt.Exec(args...)
		}
	}
	for _, e := range batch {
		f, at := &e.Filing, e.Filing.PublishedAt.Unix()
		t := monitor.Text(*f)
		run(filing, f.Index, at, f.SeenAt.UnixNano(), f.Company, strings.Join(f.Tickers, ","), strings.Join(f.Related, ","), f.Class, f.Type, f.Subject,
			f.Summary, strings.Join(e.Found.Categories, ","), strings.Join(e.Found.Qualifiers, ","), f.Late, f.Attachments, f.English, t.Body)
		for _, c := range f.Codes() {
			run(code, c, at, f.Index)
		}
		for _, c := range e.Found.Categories {
			run(category, c, at, f.Index)
		}
		text := turkish.Fold(strings.Join([]string{f.Company, f.Subject, f.Summary, t.Body, strings.Join(f.Codes(), " ")}, " "))
		run(words, f.Index, text)
		run(prefixes, f.Index, text)
	}
	if err != nil {
		return err
	}
	return tx.Commit()
}

// variants names the ways in which a kind of query is asked.
func (s *sqlite) variants(kind string) []string {
	if kind == "two words" {
		return []string{"SQLite FTS5", "SQLite FTS5 with prefix index"}
	}
	return []string{"SQLite, indexed"}
}

// find asks q and reads the answer.
func (s *sqlite) find(kind string, variant int, q monitor.Query) (n int, err error) {
	var args []any
	switch kind {
	case "ticker":
		args = []any{q.Ticker}
	case "category and 30 days":
		args = []any{q.Category, q.Since.Unix(), q.Until.Unix()}
	case "two words":
		var match []string
		for _, w := range strings.Fields(q.Text) {
			match = append(match, `"`+w+`"*`)
		}
		args = []any{strings.Join(match, " ")}
	}
	rows, err := s.asks[kind][variant].Query(args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var index, published, seen, late, attachments, english int64
		var company, tickers, related, class, kind, subject, summary, categories, qualifiers string
		if err := rows.Scan(&index, &published, &seen, &company, &tickers, &related, &class, &kind, &subject, &summary, &categories, &qualifiers,
			&late, &attachments, &english); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}
