package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// daemon is the built program on a ledger, with a source that refuses every request.
type daemon struct {
	cmd       *exec.Cmd
	addr      string
	config    string
	source    *http.Server
	firstPoll time.Duration
}

func (b *bench) binary() string { return filepath.Join(b.dir, "kapwatch") }

// build makes the binary as the packages do.
func (b *bench) build() error {
	cmd := exec.CommandContext(b.ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.binary(), "./cmd/kapwatch")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w: %s", err, out)
	}
	info, err := os.Stat(b.binary())
	if err != nil {
		return err
	}
	b.add("binary, stripped, without cgo", "< 20 MB", mega(info.Size()), "", "")
	return nil
}

// start runs the daemon and waits for its address and its first request to the source.
func (b *bench) start() (*daemon, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	asked := make(chan time.Time, 1)
	d := &daemon{config: filepath.Join(b.dir, "kapwatch.yaml")}
	d.source = &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case asked <- time.Now():
		default:
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})}
	go d.source.Serve(l) //nolint:errcheck // it ends with Close
	config := fmt.Sprintf("source: {base_url: \"http://%s\", schedule: [\"*/30 * * * * *\"]}\nstore: {path: %q}\nstatus: {listen: \"127.0.0.1:0\"}\n",
		l.Addr(), b.ledger())
	if err := os.WriteFile(d.config, []byte(config), 0o600); err != nil {
		return nil, err
	}
	at := filepath.Join(b.dir, "addr")
	if err := os.Remove(at); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	d.cmd = exec.CommandContext(b.ctx, b.binary(), "run", "--config", d.config, "--addr-file", at)
	var log bytes.Buffer
	d.cmd.Stderr = &log
	begun := time.Now()
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	select {
	case t := <-asked:
		d.firstPoll = t.Sub(begun)
	case <-time.After(20 * time.Second):
		return nil, errors.Join(fmt.Errorf("the daemon never polls: %s", log.Bytes()), d.stop())
	}
	addr, err := os.ReadFile(at)
	d.addr = strings.TrimSpace(string(addr))
	return d, err
}

func (d *daemon) stop() error {
	err := d.cmd.Process.Signal(syscall.SIGINT)
	return errors.Join(err, d.cmd.Wait(), d.source.Close())
}

// anonymous reads RssAnon of a process, 0 once it is gone.
func anonymous(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "RssAnon:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return n * 1024
}

// watch samples the memory of a process until done, and gives the most.
func watch(pid int) (most func() int64) {
	var max atomic.Int64
	end := make(chan struct{})
	var sampler sync.WaitGroup
	sampler.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			if n := anonymous(pid); n > max.Load() {
				max.Store(n)
			}
			select {
			case <-end:
				return
			case <-tick.C:
			}
		}
	})
	return func() int64 { close(end); sampler.Wait(); return max.Load() }
}

// served measures the daemon: start, memory, requests.
func (b *bench) served() error {
	var polls []time.Duration
	for range 5 {
		d, err := b.start()
		if err != nil {
			return err
		}
		polls = append(polls, d.firstPoll)
		if err := d.stop(); err != nil {
			return err
		}
	}
	b.add("start of the process to first poll", "< 500 ms", short(quantile(polls, 0.5)), "", "")
	d, err := b.start()
	if err != nil {
		return err
	}
	return errors.Join(b.load(d), d.stop())
}

func (b *bench) load(d *daemon) error {
	code := url.QueryEscape(b.code())
	asks := []struct {
		name string
		path func(i int64) string
	}{
		{"/livez", again("/livez")},
		{"/filings, the same again and again", again("/filings")},
		{"/filings?until=…, each request another", b.until("/filings?")},
		{"/filings?ticker=…&until=…, each request another", b.until("/filings?ticker=" + code + "&")},
		{"/filings?category=mou&until=…, each request another", b.until("/filings?category=mou&")},
		{"/filings?q=genel+kurul&until=…, each request another", b.until("/filings?q=genel+kurul&")},
	}
	if _, err := requests(d.addr, again("/filings"), 1, 100*time.Millisecond); err != nil { // the newest are indexed at first use
		return err
	}
	time.Sleep(10 * time.Second)
	b.add("anonymous memory, idle", "< 25 MB", mega(anonymous(d.cmd.Process.Pid)), "", "")
	rates := map[string][]float64{}
	most := watch(d.cmd.Process.Pid)
	for range 5 {
		for _, q := range asks {
			n, err := requests(d.addr, q.path, 16, 2*time.Second)
			if err != nil {
				return fmt.Errorf("GET %s: %w", q.name, err)
			}
			rates[q.name] = append(rates[q.name], n)
		}
	}
	live := median(rates[asks[0].name])
	for i, q := range asks[1:] {
		goal := ""
		if i < 2 { // the newest, kept and made anew
			goal = "≥ 5,000/s, ≥ 1/8"
		}
		r := median(rates[q.name])
		b.add("GET "+q.name+", 50 filings, 16 connections", goal, fmt.Sprintf("%.0f/s", r), fmt.Sprintf("/livez %.0f/s", live), fmt.Sprintf("1/%.1f", live/r))
	}
	b.add("anonymous memory, most under that load", "< 60 MB", mega(most()), "", "")
	return nil
}

// code is a ticker that the ledger has.
func (b *bench) code() string {
	g, err := newGenerator(b.sample, 1)
	if err != nil {
		return ""
	}
	return g.codes[0]
}

// again asks for the same each time: an answer that the daemon keeps until the next commit.
func again(path string) func(int64) string { return func(int64) string { return path } }

// until asks for another time each time, of all years: an answer that must be made.
func (b *bench) until(path string) func(int64) string {
	span := int64(b.n)*24*60*60/perDay - 30*24*60*60
	return func(i int64) string {
		at := firstDay().Unix() + 30*24*60*60 + i*7_368_787%max(span, 1)
		return path + "until=" + time.Unix(at, 0).UTC().Format(time.RFC3339)
	}
}

// requests asks for paths over some connections, as fast as the answers come, and gives how many there were a second.
// It reads answers without making anything of them, so that what is measured is the server.
func requests(addr string, path func(i int64) string, connections int, during time.Duration) (perSecond float64, err error) {
	var asked, total atomic.Int64
	var failed atomic.Pointer[error]
	end := time.Now().Add(during)
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			n, err := ask(addr, func() string { return path(asked.Add(1)) }, end)
			total.Add(n)
			if err != nil {
				failed.Store(&err)
			}
		})
	}
	all.Wait()
	if e := failed.Load(); e != nil {
		return 0, *e
	}
	return float64(total.Load()) / during.Seconds(), nil
}

func ask(addr string, path func() string, end time.Time) (n int64, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	var request []byte
	r := bufio.NewReaderSize(conn, 64<<10)
	head := textproto.NewReader(r)
	for time.Now().Before(end) {
		request = fmt.Appendf(request[:0], "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path(), addr)
		if _, err := conn.Write(request); err != nil {
			return n, err
		}
		status, err := head.ReadLine()
		if err != nil {
			return n, err
		}
		if !strings.HasPrefix(status, "HTTP/1.1 200") {
			return n, errors.New(status)
		}
		length := int64(0)
		for {
			line, err := r.ReadSlice('\n')
			if err != nil {
				return n, err
			}
			if len(line) <= 2 {
				break
			}
			if rest, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				if length, err = strconv.ParseInt(string(bytes.TrimSpace(rest)), 10, 64); err != nil {
					return n, err
				}
			}
		}
		if _, err := io.CopyN(io.Discard, r, length); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// piped exports everything through a running daemon, and imports it again into a new ledger, by the commands.
func (b *bench) piped() error {
	d, err := b.start()
	if err != nil {
		return err
	}
	lines := filepath.Join(b.dir, "all.jsonl")
	for _, format := range []string{"csv", "jsonl"} {
		took, size, client, server, err := b.export(d, format, lines)
		if err != nil {
			return errors.Join(err, d.stop())
		}
		b.add("kapwatch export --format "+format+" beside the daemon", "constant memory",
			fmt.Sprintf("%s, %s; anonymous: daemon %s, command %s", seconds(took), mega(size), mega(server), mega(client)), "", "")
	}
	if err := errors.Join(b.verified(d), d.stop()); err != nil {
		return err
	}
	if err := b.verified(nil); err != nil {
		return err
	}
	config := filepath.Join(b.dir, "import.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "store: {path: %q}\n", filepath.Join(b.dir, "again.db")), 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(b.ctx, b.binary(), "import", "--config", config, lines)
	var log bytes.Buffer
	cmd.Stderr = &log
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	most := watch(cmd.Process.Pid)
	err = cmd.Wait()
	took, memory := time.Since(begun), most()
	if err != nil {
		return fmt.Errorf("import: %w: %s", err, log.Bytes())
	}
	fmt.Fprintln(os.Stderr, strings.TrimSpace(log.String()))
	b.add("kapwatch import of the same JSON lines", "≤ 120 s", seconds(took)+", anonymous "+mega(memory), "", "")
	return nil
}

// verified checks the whole ledger: the daemon does it, as it does by itself each week, or without one the command.
func (b *bench) verified(d *daemon) error {
	cmd := exec.CommandContext(b.ctx, b.binary(), "verify", "--config", filepath.Join(b.dir, "kapwatch.yaml"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	what, pid := "kapwatch verify without a daemon", cmd.Process.Pid
	if d != nil {
		what, pid = "kapwatch verify beside the daemon, as it checks itself each week", d.cmd.Process.Pid
	}
	before, most := anonymous(pid), watch(pid)
	err := cmd.Wait()
	took, memory := time.Since(begun), mega(most())
	if err != nil {
		return fmt.Errorf("verify: %w: %s", err, out.Bytes())
	}
	fmt.Fprintln(os.Stderr, strings.TrimSpace(out.String()))
	if d != nil {
		memory = fmt.Sprintf("daemon %s (%s before)", memory, mega(before))
	}
	b.add(what, "", seconds(took)+", anonymous: "+memory, "", "")
	return nil
}

func (b *bench) export(d *daemon, format, path string) (took time.Duration, size, client, server int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	cmd := exec.CommandContext(b.ctx, b.binary(), "export", "--config", d.config, "--format", format)
	cmd.Stdout, cmd.Stderr = f, os.Stderr
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, 0, 0, err
	}
	ours, theirs := watch(cmd.Process.Pid), watch(d.cmd.Process.Pid)
	err = cmd.Wait()
	took, client, server = time.Since(begun), ours(), theirs()
	info, serr := f.Stat()
	if err = errors.Join(err, serr, f.Close()); err == nil {
		size = info.Size()
	}
	return took, size, client, server, err
}
