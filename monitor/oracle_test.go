package monitor_test

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kapwatch/monitor"
	"kapwatch/notify/slacksim"
)

// oracle knows what a simulation's daemon was shown and what it owes, and judges it by the ledger's records and by
// what stands in the channels, never by what the daemon says of itself.
type oracle struct {
	s    *simulation
	hook monitor.Target

	mu    sync.Mutex
	shown map[int64]time.Time // listed by a reader to the life that lives, and not yet found in the ledger

	sequence uint64
	known    map[int64]*account
	open     map[int64]*account // with alerts that are not sent
	codes    map[string]int64   // newest recorded filing of a company
	routes   []monitor.Route    // in force
	posts    int                // of Slack's that were judged
	copies   map[string]int     // channel and filing → messages that carry it
	unclear  map[string]int     // webhook posts whose end the daemon did not learn, in lives that are over
	last     map[string]arrival // channel and company → the latest published that has come
	diary    *diary
	badSince time.Time // when something last stood in the way
}

// account is what is owed for one filing.
type account struct {
	index     int64
	company   string
	published time.Time
	owed      map[string]string // channel → the route that sends it
}

// arrival is an alert that has come into its channel.
type arrival struct {
	id        string
	index     int64
	published time.Time
}

// patience is how long the daemon may take once nothing is in its way: the longest back-off is an hour.
const patience = 95 * time.Minute

func newOracle(s *simulation) oracle {
	path := s.webhook(monitor.Route{Name: "hook"}, hooked)
	return oracle{
		s: s, hook: path.To, shown: map[int64]time.Time{}, known: map[int64]*account{}, open: map[int64]*account{},
		codes: map[string]int64{}, copies: map[string]int{}, unclear: map[string]int{},
		last: map[string]arrival{}, diary: newDiary(), badSince: time.Now(),
	}
}

// witness is a reader whose every good answer the oracle sees too.
type witness struct {
	monitor.Source
	o *oracle
}

func (w *witness) List(ctx context.Context, asked monitor.Window) (monitor.Listing, error) {
	l, err := w.Source.List(ctx, asked)
	if err != nil {
		return l, err
	}
	w.o.mu.Lock()
	defer w.o.mu.Unlock()
	for _, f := range l.Filings {
		w.o.shown[f.Index] = time.Now()
	}
	for _, b := range l.Bad {
		if b.Index != 0 {
			w.o.shown[b.Index] = time.Now()
		}
	}
	return l, nil
}

// alive notes that a life begins, or goes on, with these routes.
func (o *oracle) alive(routes []monitor.Route) {
	o.routes = routes
	o.troubled()
}

// dead notes that a life is over: what it had been shown and not recorded the next one must be shown again.
func (o *oracle) dead(m *mortal) {
	o.mu.Lock()
	clear(o.shown)
	o.mu.Unlock()
	for id, n := range m.unclear {
		o.unclear[id] += n
	}
	o.troubled()
}

func (o *oracle) troubled() { o.badSince = time.Now() }

// newest is the newest recorded filing of a company, 0 when there is none.
func (o *oracle) newest(code string) int64 { return o.codes[code] }

func (o *oracle) fail(format string, args ...any) {
	o.s.t.Helper()
	o.s.t.Errorf(format, args...)
}

// check is made after every step.
func (o *oracle) check() {
	o.s.t.Helper()
	o.arrivals()
	o.listed()
	o.messages()
	o.alerts()
	if time.Since(o.badSince) > patience {
		o.nothingLeft()
	}
}

// arrivals takes in what the ledger has recorded since the last look, once each.
func (o *oracle) arrivals() {
	for {
		records, err := o.s.db.Since(o.sequence, 200)
		if err != nil {
			o.fail("read the ledger: %v", err)
			return
		}
		for _, r := range records {
			o.sequence = r.Sequence
			if o.known[r.Filing.Index] != nil {
				o.fail("filing %d is recorded twice", r.Filing.Index)
			}
			a := &account{
				index: r.Filing.Index, company: r.Filing.Company, published: r.Filing.PublishedAt, owed: map[string]string{},
			}
			if r.Filing.Origin == monitor.Poll {
				for _, route := range o.routes {
					if channel := route.To.Channel(); wants(&route, &r.Filing) && a.owed[channel] == "" {
						a.owed[channel] = route.Name
					}
				}
			}
			o.known[a.index], o.open[a.index] = a, a
			for _, c := range r.Filing.Tickers {
				o.codes[c] = max(o.codes[c], a.index)
			}
		}
		if len(records) == 0 {
			return
		}
	}
}

// wants is the simulation's own idea of the routes: whole codes, and no circuit breakers.
func wants(r *monitor.Route, f *monitor.Filing) bool {
	if r.OperatorsOnly || strings.Contains(f.Subject, "Devre Kesici") {
		return false
	}
	return len(r.Tickers) == 0 || slices.ContainsFunc(f.Codes(), func(c string) bool { return slices.Contains(r.Tickers, c) })
}

// listed: what a reader has shown is in the ledger, or among the unknown.
func (o *oracle) listed() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.s.life.isFull() { // nothing can be recorded, and it will be listed again
		clear(o.shown)
		return
	}
	var missing []int64
	for index := range o.shown {
		if o.known[index] == nil {
			missing = append(missing, index)
		}
	}
	clear(o.shown)
	if len(missing) == 0 {
		return
	}
	left, err := o.s.db.Backlog()
	if err != nil {
		o.fail("read the ledger: %v", err)
	}
	for _, index := range missing {
		if !slices.ContainsFunc(left.Bad, func(b monitor.BadRow) bool { return b.Index == index }) {
			o.fail("filing %d was listed, and is neither recorded nor unknown", index)
		}
	}
}

var linked = regexp.MustCompile(`/Bildirim/(\d+)`)

// carried are the filings in a message: of an alert the one that its id names, of a digest or a webhook's message
// those that it links to.
func carried(p *slacksim.Post) []int64 {
	texts := []string{p.ID}
	if p.ID == "" || strings.HasPrefix(p.ID, "digest-") {
		texts = nil
		for _, m := range linked.FindAllStringSubmatch(string(p.Blocks)+p.Text, -1) {
			if !slices.Contains(texts, m[1]) {
				texts = append(texts, m[1])
			}
		}
	}
	var out []int64
	for _, s := range texts {
		number, _, _ := strings.Cut(s, "-")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil {
			out = append(out, n)
		}
	}
	return out
}

// messages judges what has come into the channels since the last look: each filing once in each channel, a webhook's
// repeat marked and with a reason, and nothing that is not recorded.
func (o *oracle) messages() {
	posts := o.s.slack.PostsFrom(o.posts)
	for i := range posts {
		p := &posts[i]
		if p.TS == "" {
			continue
		}
		o.s.seen.messages++
		if strings.HasPrefix(p.ID, "note-") {
			if o.copies[p.ID]++; o.copies[p.ID] > 1 {
				o.fail("the note %s was sent twice", p.ID)
			}
			continue
		}
		for _, index := range carried(p) {
			if o.known[index] == nil {
				o.fail("message %q to %s carries filing %d, which is not recorded", p.ID, p.Channel, index)
				continue
			}
			for _, about := range o.about(p, index) {
				o.message(p, index, about)
			}
		}
	}
	o.posts += len(posts)
}

// about tells what of a filing a message brings: "" for the filing itself, or what became of it, which is a message
// of its own. A digest may bring both, and the ledger knows.
func (o *oracle) about(p *slacksim.Post, index int64) []string {
	if !strings.HasPrefix(p.ID, "digest-") {
		_, about, _ := strings.Cut(p.ID, "/")
		return []string{about}
	}
	r, _, err := o.s.db.Get(index)
	if err != nil {
		o.fail("filing %d: %v", index, err)
	}
	var out []string
	for _, x := range r.Alerts {
		if x.Digest == p.ID {
			out = append(out, string(x.About()))
		}
	}
	if len(out) == 0 {
		o.fail("%s carries filing %d, and the ledger knows nothing of it", p.ID, index)
	}
	return out
}

// message judges one filing in one message.
func (o *oracle) message(p *slacksim.Post, index int64, about string) {
	key := strings.TrimSpace(fmt.Sprintf("%s %d %s", p.Channel, index, about))
	if o.copies[key]++; o.copies[key] == 1 {
		o.ordered(p, o.known[index], about)
		return
	}
	if p.Method != "webhook" {
		o.fail("filing %d came %d times into %s, last as %s", index, o.copies[key], p.Channel, p.ID)
		return
	}
	o.s.seen.repeated++
	if !strings.Contains(p.Text+string(p.Blocks), mayRepeat) {
		o.fail("filing %d came again into %s and does not say that it may be a repeat", index, p.Channel)
	}
}

// ordered: of one company and route nothing comes into a channel before what was published earlier and waited then.
func (o *oracle) ordered(p *slacksim.Post, a *account, about string) {
	r, _, err := o.s.db.Get(a.index)
	if err != nil {
		o.fail("filing %d: %v", a.index, err)
	}
	for _, x := range r.Alerts {
		if o.bare(x.Channel) != p.Channel || string(x.About()) != about {
			continue
		}
		key := x.Route + " " + a.company
		now := arrival{x.ID, a.index, a.published}
		if before, ok := o.last[key]; ok && cmp.Or(before.published.Compare(now.published), cmp.Compare(before.index, now.index)) > 0 {
			if o.diary.overtaken(now.id, before.id) {
				o.fail("alert %s came after %s, which was published later", now.id, before.id)
			}
			continue
		}
		o.last[key] = now
	}
}

// bare is the channel of Slack's that an alert's channel is.
func (o *oracle) bare(channel string) string {
	if channel == o.hook.Channel() {
		return hooked
	}
	return strings.TrimPrefix(channel, "slack:")
}

// alerts: what is owed is in the ledger, sent or open, and what counts as sent stands in its channel.
func (o *oracle) alerts() {
	for index, a := range o.open {
		r, ok, err := o.s.db.Get(index)
		if err != nil || !ok {
			o.fail("filing %d: recorded %v, %v", index, ok, err)
			continue
		}
		if o.judge(a, &r) {
			delete(o.open, index)
		}
	}
}

// judge compares a record with what is owed for it, and reports whether all is sent.
func (o *oracle) judge(a *account, r *monitor.Record) (done bool) {
	done = true
	for channel, route := range a.owed {
		i := slices.IndexFunc(r.Alerts, func(x monitor.Alert) bool { return x.Channel == channel })
		if i < 0 {
			o.fail("filing %d owes %s an alert by route %s and has none: %+v", a.index, channel, route, r.Decisions)
		}
	}
	for _, x := range r.Alerts {
		n := o.copies[strings.TrimSpace(fmt.Sprintf("%s %d %s", o.bare(x.Channel), a.index, x.About()))]
		switch {
		case x.State == monitor.Sent && n == 0:
			o.fail("alert %s counts as sent, and %s does not have it", x.ID, x.Channel)
		case x.State != monitor.Sent:
			done = false
		}
	}
	return done
}

// nothingLeft is what holds when nothing has stood in the way for long enough: everything listed is recorded,
// nothing is unknown, and nothing waits that is due.
func (o *oracle) nothingLeft() {
	now := time.Now()
	for index, f := range o.s.filings {
		visible := f.PublishedAt
		if f.VisibleAt.After(visible) {
			visible = f.VisibleAt
		}
		if now.Sub(visible) < time.Hour || !o.readable(index) {
			continue
		}
		if o.known[index] == nil {
			o.fail("filing %d is listed since %s and is not recorded", index, visible.In(monitor.Istanbul).Format(time.DateTime))
		}
	}
	left, err := o.s.db.Backlog()
	if err != nil {
		o.fail("read the ledger: %v", err)
	}
	for _, b := range left.Bad {
		if o.readable(b.Index) {
			o.fail("row %s of filing %d is unknown, and can be read: %s", b.ID, b.Index, b.Err)
		}
	}
	for _, a := range left.Alerts {
		if wait := now.Sub(cmp.Or(a.DueAt, a.CreatedAt)); wait > patience && o.routed(a.Route) {
			o.fail("alert %s is %s, due for %s, and nothing is in its way: %s", a.ID, a.State, wait.Round(time.Minute), a.LastError)
		}
		if ahead := a.DueAt.Sub(now); ahead > 4*24*time.Hour {
			o.fail("alert %s is held until %s", a.ID, a.DueAt)
		}
	}
}

// readable reports whether a row has been so for long enough.
func (o *oracle) readable(index int64) bool {
	_, broken := o.s.broken[index]
	return !broken && time.Since(o.s.healed[index]) > time.Hour
}

func (o *oracle) routed(name string) bool {
	return slices.ContainsFunc(o.routes, func(r monitor.Route) bool { return r.Name == name })
}

// sweep judges every record and every day's receipt once a day.
func (o *oracle) sweep() {
	o.arrivals()
	for _, a := range o.known {
		r, ok, err := o.s.db.Get(a.index)
		if err != nil || !ok {
			o.fail("filing %d: recorded %v, %v", a.index, ok, err)
			continue
		}
		o.judge(a, &r)
	}
	day := monitor.Midnight(time.Now()).AddDate(0, 0, -1)
	r, err := o.s.db.Receipt(day)
	if err != nil || r.Recorded+int(r.Unknown) != r.Listed || r.Sent+r.Digest+r.Pending+r.NotWanted != r.Recorded {
		o.fail("the receipt of %s does not add up: %+v, %v", day.Format(time.DateOnly), r, err)
	}
}

// end is after days without trouble: nothing is owed, held or unknown, every promise is kept, and the file is whole.
func (o *oracle) end() {
	st := o.s.db.Stats()
	if st.Unknown != 0 || st.Blocked != 0 {
		o.fail("left over: %+v", st)
	}
	left, err := o.s.db.Backlog()
	if err != nil {
		o.fail("read the ledger: %v", err)
	}
	for _, a := range left.Alerts {
		o.fail("alert %s is left over, %s, due %s", a.ID, a.State, a.DueAt.In(monitor.Istanbul).Format(time.DateTime))
	}
	for _, a := range o.known {
		for channel := range a.owed {
			if o.copies[fmt.Sprintf("%s %d", o.bare(channel), a.index)] == 0 {
				o.fail("filing %d never came into %s", a.index, channel)
			}
		}
	}
	for index := range o.s.filings {
		if o.known[index] == nil {
			o.fail("filing %d was published and is not recorded", index)
		}
	}
	if _, err := o.s.db.Verify(o.s.t.Context()); err != nil {
		o.fail("%v", err)
	}
}
