//go:build e2e

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kapwatch/monitor"
)

// process is the daemon as the system sees it: lives of one binary on one configuration.
type process struct {
	t    *testing.T
	bin  string
	dir  string   // configuration, secrets and address file
	wrap []string // goes before the binary: strace, prlimit …
	env  []string // added to the environment
	log  syncBuffer

	command *exec.Cmd
	crashes atomic.Int32  // lives that did not end well
	ended   chan struct{} // closed when the life is over
	quiet   func()        // ends the reader of /events

	mu    sync.Mutex
	acked map[int64]bool // filings that the daemon has said are recorded
	event uint64         // sequence of the newest of them
}

// build makes the binary as it is shipped.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "kapwatch")
	c := exec.Command("go", "build", "-o", bin, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// syncBuffer is what a process says, read while it speaks.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// tail is the end of it, for a failure.
func (b *syncBuffer) tail() string {
	s := b.String()
	if len(s) > 20_000 {
		s = "…" + s[len(s)-20_000:]
	}
	return s
}

func (p *process) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// launch begins a life and does not wait for anything.
func (p *process) launch() {
	p.t.Helper()
	addr := filepath.Join(p.dir, "addr")
	_ = os.Remove(addr) // of the life before
	args := append(append([]string{}, p.wrap...), p.bin, "run", "--config", filepath.Join(p.dir, "kapwatch.yaml"), "--addr-file", addr)
	c := exec.Command(args[0], args[1:]...)
	c.Stderr = &p.log
	c.Env = append(os.Environ(), p.env...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.command, p.ended = c, make(chan struct{})
	done := make(chan struct{})
	p.quiet = sync.OnceFunc(func() { close(done) })
	go func(ended chan struct{}) {
		_ = c.Wait() // the state says more than the error
		if !c.ProcessState.Success() {
			p.crashes.Add(1)
		}
		close(ended)
	}(p.ended)
	go p.listen(addr, p.ended, done)
}

// start begins a life and waits until the daemon answers.
func (p *process) start() {
	p.t.Helper()
	p.launch()
	p.until("the daemon answers", func() bool {
		if p.over() {
			p.t.Fatalf("the daemon ended with code %d\n%s", p.code(), p.log.tail())
		}
		return p.get("/livez", nil) == http.StatusOK
	})
}

// over reports whether the life has ended, by itself or not.
func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// ends waits for a life to end by itself and gives its exit code, -1 after a signal.
func (p *process) ends(within time.Duration) int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(within):
		p.t.Fatalf("the daemon has not ended within %v\n%s", within, p.log.tail())
	}
	return p.code()
}

func (p *process) code() int { return p.command.ProcessState.ExitCode() }

// kill ends the life the hard way.
func (p *process) kill() {
	if p.command == nil {
		return
	}
	if p.ended == nil { // begun by the test itself
		_ = p.command.Process.Kill()
		_ = p.command.Wait() // it may be over already
		return
	}
	p.quiet()
	_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL) // it may be over already
	<-p.ended
}

// terminate ends the life as systemd does, and gives the exit code.
func (p *process) terminate() int {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	return p.ends(12 * time.Second)
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := syscall.Kill(p.pid(), s); err != nil {
		p.t.Fatalf("%v: %v\n%s", s, err, p.log.tail())
	}
}

// pid is the daemon's, also under strace, whose child it is; other wrappers become the daemon.
func (p *process) pid() int {
	pid := p.command.Process.Pid
	if len(p.wrap) == 0 || p.wrap[0] != "strace" {
		return pid
	}
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid)) // gone: then the signal says so
	child, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return pid
	}
	return child
}

func (p *process) address() string {
	b, err := os.ReadFile(filepath.Join(p.dir, "addr"))
	if err != nil {
		return ""
	}
	return "http://" + strings.TrimSpace(string(b))
}

// get asks the endpoint; 0 when it does not answer.
func (p *process) get(path string, into any) int {
	base := p.address()
	if base == "" {
		return 0
	}
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get(base + path)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0 // it ended in the middle
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			p.t.Errorf("GET %s: %v", path, err)
		}
	}
	return resp.StatusCode
}

// listen follows /events: what stands there the daemon has promised to keep.
func (p *process) listen(addr string, ended, done chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-done:
			return
		case <-time.After(5 * time.Millisecond):
		}
		b, err := os.ReadFile(addr)
		if err != nil {
			continue
		}
		p.mu.Lock()
		from := p.event
		p.mu.Unlock()
		req, err := http.NewRequest(http.MethodGet, "http://"+strings.TrimSpace(string(b))+"/events", nil)
		if err != nil {
			continue
		}
		req.Header.Set("Last-Event-ID", strconv.FormatUint(from, 10))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			continue
		}
		closed := make(chan struct{})
		go func() {
			select {
			case <-done:
			case <-ended:
			case <-closed:
			}
			resp.Body.Close()
		}()
		p.follow(resp.Body)
		close(closed)
	}
}

func (p *process) follow(stream io.Reader) {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, 1<<20)
	var id uint64
	for lines.Scan() {
		if s, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			id, _ = strconv.ParseUint(s, 10, 64) // nonsense is 0, and the whole is told again
		}
		if s, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			var v monitor.View
			if json.Unmarshal([]byte(s), &v) != nil {
				continue // cut off in the middle
			}
			p.mu.Lock()
			p.acked[v.Index], p.event = true, id
			p.mu.Unlock()
		}
	}
}

// until waits for ok, a minute at most: the machine may be busy.
func (p *process) until(what string, ok func() bool) {
	p.t.Helper()
	if !within(time.Minute, ok) {
		p.t.Fatalf("%s: not within a minute\n%s", what, p.log.tail())
	}
}

func within(limit time.Duration, ok func() bool) bool {
	for end := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// run runs the binary once with the process' configuration and gives what it says.
func (p *process) run(args ...string) (out string, code int) {
	p.t.Helper()
	c := exec.Command(p.bin, append(args, "--config", filepath.Join(p.dir, "kapwatch.yaml"))...)
	b, err := c.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		p.t.Fatal(err)
	} else if ok {
		code = exit.ExitCode()
	}
	return string(b), code
}
