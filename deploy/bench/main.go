package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kapwatch/monitor"
	"kapwatch/store"
)

func main() {
	n := flag.Int("n", 1_600_000, "")
	dir := flag.String("dir", "", "")
	flag.Parse()
	s, err := newSample(os.Getenv("KAPWATCH_REAL_DATA"))
	if err != nil {
		panic(err)
	}
	g, err := newGenerator(s, *n)
	if err != nil {
		panic(err)
	}
	path := filepath.Join(*dir, "scale.db")
	db, err := store.Open(path, store.Options{})
	if err != nil {
		panic(err)
	}
	if db.Stats().Filings == 0 {
		begun := time.Now()
		var in time.Duration
		ch := make(chan []monitor.Entry, 2)
		go func() {
			for left := *n; left > 0; {
				var b []monitor.Entry
				for len(b) < 5000 && left > 0 {
					b = append(b, g.entry())
					left--
				}
				ch <- b
			}
			close(ch)
		}()
		for b := range ch {
			t := time.Now()
			if _, err := db.Record(monitor.Batch{Entries: b}); err != nil {
				panic(err)
			}
			in += time.Since(t)
		}
		fmt.Println("import", time.Since(begun), "in record", in, "bytes/filing", float64(db.Stats().Bytes)/float64(*n))
	}
	db.Close()
	t := time.Now()
	db, err = store.Open(path, store.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println("open", time.Since(t))
	t = time.Now()
	db.Find(monitor.Query{})
	fmt.Println("first find", time.Since(t))
	dice := rand.New(rand.NewPCG(1, 1))
	var two [][2]string
	var rows []monitor.Record
	for len(two) < 1000 {
		p, _ := db.Find(monitor.Query{After: monitor.Position{PublishedAt: firstDay().Add(time.Duration(dice.Int64N(int64(24 * time.Hour * 365 * 6)))), Index: 1}, Limit: 1})
		if len(p.Records) == 0 {
			continue
		}
		rows = append(rows, p.Records[0])
		w := strings.Fields(p.Records[0].Filing.Subject + " " + p.Records[0].Filing.Summary)
		w = slices.DeleteFunc(w, func(s string) bool { return len(s) < 4 })
		if len(w) < 2 {
			continue
		}
		two = append(two, [2]string{w[dice.IntN(len(w))], w[dice.IntN(len(w))]})
	}
	measure := func(name string, q func(i int) monitor.Query) {
		var d []time.Duration
		for i := range 1000 {
			qq := q(i)
			t := time.Now()
			_, err := db.Find(qq)
			if err != nil {
				panic(err)
			}
			d = append(d, time.Since(t))
		}
		slices.Sort(d)
		fmt.Println(name, d[500], d[990], d[999])
	}
	for range 2 {
		measure("newest", func(int) monitor.Query { return monitor.Query{} })
		measure("ticker", func(i int) monitor.Query { return monitor.Query{Ticker: append(rows[i].Filing.Codes(), "NONE")[0]} })
		measure("category+30d", func(i int) monitor.Query {
			r := rows[i]
			return monitor.Query{Category: r.Found.Categories[0], Since: r.Filing.PublishedAt, Until: r.Filing.PublishedAt.AddDate(0, 0, 30)}
		})
		measure("two words", func(i int) monitor.Query { return monitor.Query{Text: two[i][0] + " " + two[i][1]} })
		measure("rare", func(i int) monitor.Query { return monitor.Query{Text: stem(uint64(2000 + 13*i))} })
	}
	db.Close()
}
