package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"

	"kapwatch/configs"
	"kapwatch/monitor"
	"kapwatch/monitor/classify"
	"kapwatch/monitor/kap/kapsim"
)

// The shape of what is generated. A year of KAP is about 270,000 filings.
const (
	firstIndex  = 1
	perDay      = 730
	filers      = 800     // companies that publish
	lexicon     = 200_000 // rare words: names of people, places, products
	rareWord    = 0.05    // share of words drawn from the lexicon
	detailShare = 0.10    // filings whose full text is fetched: details: matched, with a watch list of the 40 busiest companies
	polledShare = 0.10    // the newest, polled under three routes; what is older was imported
	alertShare  = 0.03    // of the polled
)

// firstDay is the publish day of the first filing.
func firstDay() time.Time { return time.Date(2020, 9, 1, 0, 0, 0, 0, monitor.Istanbul) }

// sample is what real filings, or the simulator's, say of how filings look: rows as they come, and which word
// follows which in titles and texts.
type sample struct {
	source string
	rows   []monitor.Filing
	title  chain
	body   chain
	length []int // words of bodies
}

// chain holds, for each word, those that followed it, as often as they did; "" begins a text.
type chain map[string][]string

func (c chain) learn(text string) int {
	list := strings.Fields(text)
	last := ""
	for _, w := range list {
		c[last] = append(c[last], w)
		last = w
	}
	return len(list)
}

// newSample reads the word statistics of the corpus in folder; "" takes the simulator's.
func newSample(folder string) (*sample, error) {
	s := &sample{source: "simulator", title: chain{}, body: chain{}}
	text := func(body string) { s.length = append(s.length, s.body.learn(body)) }
	if folder == "" {
		for f := range kapsim.Stream(2000, 1, firstDay()) {
			s.rows = append(s.rows, f.Filing)
			text(f.Detail.Body)
		}
	} else {
		s.source = "corpus"
		err := errors.Join(
			eachLine(filepath.Join(folder, "corpus", "kaprag_listing.dev.jsonl"), func(r corpusRow) {
				f := monitor.Filing{
					Company: r.Company, Tickers: r.Codes, Class: monitor.CanonicalClass(r.Class), Type: r.Type,
					Subject: strings.TrimSpace(r.Subject), Summary: strings.TrimSpace(r.Summary), English: r.English,
					Attachments: r.Attachments, Late: r.Late, RuleType: "-", Group: "ODA",
				}
				if strings.Contains(r.Company, "BISTECH") {
					f.Tickers, f.Related, f.Group = nil, r.Codes, ""
				}
				s.rows = append(s.rows, f)
			}),
			eachLine(filepath.Join(folder, "corpus", "yavuz_bodies.dev.jsonl"), func(r struct{ Body string }) { text(r.Body) }),
		)
		if err != nil {
			return nil, err
		}
	}
	for i := range s.rows {
		s.title.learn(s.rows[i].Summary)
	}
	if len(s.rows) == 0 || len(s.length) == 0 {
		return nil, errors.New("the corpus has no filings")
	}
	return s, nil
}

// corpusRow is a line of the corpus' listing.
type corpusRow struct {
	Company     string   `json:"company_name"`
	Codes       []string `json:"stock_codes"`
	Subject     string   `json:"subject"`
	Summary     string   `json:"summary"`
	Type        string   `json:"disclosure_type"`
	Class       string   `json:"disclosure_class"`
	Late        bool     `json:"is_late"`
	English     bool     `json:"has_multi_language_support"`
	Attachments int      `json:"attachment_count"`
}

func eachLine[T any](path string, take func(T)) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("KAPWATCH_REAL_DATA has no %s", filepath.Base(path))
	}
	if err != nil {
		return err
	}
	defer f.Close() // only read
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(path), err)
		}
		take(v)
	}
	return lines.Err()
}

// rules compiles the built-in categories.
func rules() (*classify.Classifier, error) {
	var f classify.File
	if err := yaml.Unmarshal(configs.Categories, &f); err != nil {
		return nil, err
	}
	return classify.New(f)
}

// generator makes filings in the order of their index, which is the order of time up to some minutes. The same
// sample, number and seed give the same filings. It is not safe for concurrent use.
type generator struct {
	*sample
	n     int
	dice  *rand.Rand
	rare  *rand.Zipf
	rules *classify.Classifier
	names [filers]string
	codes [filers]string
	who   *rand.Zipf // some publish much more than others
	next  int
	index int64
}

func newGenerator(s *sample, n int) (*generator, error) {
	c, err := rules()
	if err != nil {
		return nil, err
	}
	g := &generator{sample: s, n: n, dice: rand.New(rand.NewPCG(1, 2026)), rules: c, index: firstIndex}
	g.rare = rand.NewZipf(g.dice, 1.05, 30, lexicon-1)
	g.who = rand.NewZipf(g.dice, 1.2, 150, filers-1)
	trades := []string{"SANAYİ VE TİCARET A.Ş.", "ENERJİ ÜRETİM A.Ş.", "HOLDİNG A.Ş.", "GAYRİMENKUL YATIRIM ORTAKLIĞI A.Ş.", "BANKASI A.Ş.", "GIDA SANAYİİ A.Ş."}
	for i := range g.names {
		stem := strings.ToUpperSpecial(unicode.TurkishCase, stem(uint64(i)+1_000_000))
		g.names[i] = stem + " " + trades[i%len(trades)]
		g.codes[i] = fmt.Sprintf("%c%c%c%c%c", 'A'+i%26, 'A'+i/26%26, 'X', 'A'+i/7%26, 'A'+i/3%26)
	}
	slices.SortFunc(g.codes[:], strings.Compare)
	return g, nil
}

// stem is the word of rank k of a made-up language that sounds Turkish.
func stem(k uint64) string {
	const first, vowel, last = "bcçdfghjklmnprsştvyz", "aeıioöuü", "klmnrstzyş"
	f, v, l := []rune(first), []rune(vowel), []rune(last)
	k = k*0x9E3779B97F4A7C15 ^ k>>7
	var b strings.Builder
	for range 2 + k%2 {
		b.WriteRune(f[(k>>8)%uint64(len(f))])
		b.WriteRune(v[(k>>20)%uint64(len(v))])
		if (k>>30)%3 == 0 {
			b.WriteRune(l[(k>>34)%uint64(len(l))])
		}
		k = k*0xD1342543DE82EF95 + 1
	}
	return b.String()
}

// word gives w as another filing would have it: with other digits, now and then a rare word instead.
func (g *generator) word(w string) string {
	if strings.ContainsAny(w, "0123456789") {
		b := []byte(w)
		for i, c := range b {
			if c > '0' && c <= '9' && !strings.HasPrefix(w, "20") {
				b[i] = byte('1' + g.dice.IntN(9))
			}
		}
		return string(b)
	}
	if g.dice.Float64() >= rareWord {
		return w
	}
	suffixes := []string{"", "", "", "'nin", "lar", "da", "dan", "nın", "ı"}
	return stem(g.rare.Uint64()) + suffixes[g.dice.IntN(len(suffixes))]
}

// text walks c for up to n words.
func (g *generator) text(c chain, n int) string {
	var b strings.Builder
	last := ""
	for range n {
		list := c[last]
		if len(list) == 0 {
			list = c[""]
		}
		last = list[g.dice.IntN(len(list))]
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(g.word(last))
	}
	return b.String()
}

// clock is the time of day by which the share u of a day's filings is out: half of them come from 17 to 20 h.
func clock(u float64) time.Duration {
	left := u * 240
	for h, n := range [24]float64{8, 2, 0, 0, 0, 0, 0, 3, 8, 12, 16, 10, 7, 7, 9, 9, 10, 34, 58, 30, 10, 4, 2, 1} {
		if left < n {
			return time.Duration(h)*time.Hour + time.Duration(left/n*float64(time.Hour))
		}
		left -= n
	}
	return 24*time.Hour - time.Second
}

// entry gives the next filing with what the rules find in it and what three routes decided.
func (g *generator) entry() monitor.Entry {
	i := g.next
	g.next++
	g.index += 1 + int64(g.dice.IntN(5)/4)
	f := g.rows[g.dice.IntN(len(g.rows))]
	f.Index = g.index
	day := firstDay().AddDate(0, 0, i/perDay)
	f.PublishedAt = day.Add(clock((float64(i%perDay) + 5*g.dice.Float64()) / (perDay + 5))).Truncate(time.Second)
	f.SeenAt = f.PublishedAt.Add(time.Duration(g.dice.Int64N(int64(time.Minute))))
	own := g.who.Uint64()
	codes := []string{g.codes[own]}
	switch {
	case len(f.Tickers) > 0:
		f.Company, f.Tickers = g.names[own], codes
		f.Related = nil
		if g.dice.IntN(6) == 0 {
			f.Related = []string{g.codes[g.who.Uint64()]}
		}
	case len(f.Related) > 0:
		f.Related = codes
		f.Summary = codes[0] + ".E işlem sırasında Pay Bazında Devre Kesici Uygulaması devreye girmiştir"
	}
	if len(f.Tickers) > 0 && f.Summary != "" {
		if f.Class == "ODA" && g.dice.IntN(2) == 0 {
			f.Summary = g.text(g.title, 2+g.dice.IntN(10))
		} else {
			words := strings.Fields(f.Summary)
			for k := range words {
				words[k] = g.word(words[k])
			}
			f.Summary = strings.Join(words, " ")
		}
	}
	if f.Class == "FR" {
		f.Year, f.Period, f.RuleType = f.PublishedAt.Year()-1, 1+g.dice.IntN(4), "3 Aylık"
	}
	f.Origin, f.Reader = monitor.Import, "file"
	if g.dice.Float64() < detailShare && len(f.Tickers) > 0 {
		f.Detail = &monitor.Detail{
			FetchedAt: f.SeenAt.Add(4 * time.Second), Body: g.text(g.body, g.length[g.dice.IntN(len(g.length))]),
			ID: fmt.Sprintf("%032x", g.dice.Uint64()), Related: f.Related,
			Rows: []monitor.Row{{Name: "oda_UpdateAnnouncementFlag", Label: "Yapılan Açıklama Güncelleme mi?", Value: "Hayır", LabelEN: "Update Notification Flag", ValueEN: "No"}},
		}
	}
	e := monitor.Entry{Found: g.rules.Classify(monitor.Text(f))}
	if i >= g.n-int(polledShare*float64(g.n)) {
		f.Origin, f.Reader = monitor.Poll, "criteria"
		for r, reason := range []string{"tickers", "no category of the route", "routine"} {
			e.Decisions = append(e.Decisions, monitor.Decision{Route: "route" + strconv.Itoa(r), Verdict: monitor.VerdictFiltered, Reason: reason})
		}
		if g.dice.Float64() < alertShare {
			e.Decisions[0].Verdict = monitor.VerdictSent
			e.Alerts = []monitor.Alert{{
				ID: fmt.Sprintf("%d-route0", f.Index), Route: "route0", Channel: "slack:C0123456789", Index: f.Index, State: monitor.Sent,
				CreatedAt: f.SeenAt, SentAt: f.SeenAt.Add(time.Second), IntendedAt: f.SeenAt, Attempts: 1, TS: strconv.FormatInt(f.SeenAt.UnixMicro(), 10),
			}}
		}
	}
	e.Filing = f
	return e
}

// batches yields all filings, made beside the one who takes them.
func (g *generator) batches(ctx context.Context, size int) iter.Seq[[]monitor.Entry] {
	return func(yield func([]monitor.Entry) bool) {
		ctx, stop := context.WithCancel(ctx)
		made := make(chan []monitor.Entry, 2)
		var maker sync.WaitGroup
		maker.Go(func() {
			defer close(made)
			for g.next < g.n {
				batch := make([]monitor.Entry, 0, size)
				for g.next < g.n && len(batch) < size {
					batch = append(batch, g.entry())
				}
				select {
				case made <- batch:
				case <-ctx.Done():
					return
				}
			}
		})
		defer maker.Wait()
		defer stop()
		for batch := range made {
			if !yield(batch) {
				return
			}
		}
	}
}

// skip goes on behind the first n filings without making them: what follows is like them, and newer.
func (g *generator) skip(n int) {
	g.next = n
	g.index += 2 * int64(n)
}
