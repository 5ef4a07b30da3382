//go:build e2e

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"kapwatch/store"
)

// diskFaults are those of what the ledger lies on.
var diskFaults = []fault{
	{"disk full, tmpfs", 1, 10, 1, []string{"root"}, diskFull("tmpfs", 1)},
	{"disk full, ext4", 1, 10, 1, []string{"root", "mkfs.ext4"}, diskFull("ext4", 4)},
	{"limit on file sizes", 1, 5, 1, []string{"prlimit"}, fileLimit},
	{"EIO on each n-th sync", 5, 500, 1, []string{"strace"}, failing("fdatasync", "error=EIO", true)},
	{"EIO on each n-th write", 5, 500, 1, []string{"strace"}, failing("pwrite64", "error=EIO", true)},
	{"ENOSPC on each n-th write", 5, 500, 1, []string{"strace"}, failing("pwrite64", "error=ENOSPC", false)},
	{"read-only remount", 1, 10, 1, []string{"root", "mkfs.ext4"}, readOnly},
	{"frozen disk", 1, 3, 1, []string{"root", "mkfs.ext4", "fsfreeze"}, frozenDisk},
	{"slow disk", 1, 5, 1, []string{"strace"}, slowDisk},
	{"lying write", 3, 60, 1, []string{"strace"}, lyingWrite},
}

// disk is a file system of its own: in memory, or in a file on a loop device.
type disk struct {
	t     *testing.T
	kind  string
	image string
	path  string
}

// mounts is where disks are mounted, by process, so that a later run finds what a killed one has left.
const mounts = "kapwatch-faults-"

// sweep unmounts what a test process that was killed has left behind.
func sweep(t *testing.T) {
	table, err := os.ReadFile("/proc/mounts")
	if err != nil {
		t.Log(err) // not Linux: then nothing was mounted either
		return
	}
	for line := range strings.Lines(string(table)) {
		path := strings.Fields(line)[1]
		owner, ok := strings.CutPrefix(path, filepath.Join(os.TempDir(), mounts))
		pid, err := strconv.Atoi(strings.SplitN(owner, "-", 2)[0])
		if !ok || err != nil || syscall.Kill(pid, 0) == nil {
			continue
		}
		t.Logf("left by process %d: %s", pid, path)
		if out, err := exec.Command("umount", "-l", path).CombinedOutput(); err != nil {
			t.Errorf("umount %s: %v\n%s", path, err, out)
		}
		_ = os.RemoveAll(filepath.Dir(path)) // what stays is only files
	}
}

// newDisk makes a disk of size MiB and puts the world's ledger on it.
func newDisk(w *world, kind string, size int) *disk {
	t := w.t
	t.Helper()
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", mounts, os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	d := &disk{t: t, kind: kind, image: filepath.Join(dir, "image"), path: filepath.Join(dir, "disk")}
	if err := os.Mkdir(d.path, 0o700); err != nil {
		t.Fatal(err)
	}
	switch kind {
	case "tmpfs":
		d.do("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", size), "tmpfs", d.path)
	default:
		f, err := os.Create(d.image)
		if err == nil {
			err = errors.Join(f.Truncate(int64(size)<<20), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		d.do("mkfs."+kind, "-q", d.image)
		d.mount()
	}
	t.Cleanup(func() {
		w.kill()
		_ = exec.Command("fsfreeze", "-u", d.path).Run() // mostly it is not frozen
		if out, err := exec.Command("umount", "-l", d.path).CombinedOutput(); err != nil {
			t.Errorf("umount: %v\n%s", err, out)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	w.move(filepath.Join(d.path, "kapwatch.db"))
	return d
}

func (d *disk) do(name string, args ...string) {
	d.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		d.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

func (d *disk) mount() { d.t.Helper(); d.do("mount", "-o", "loop", d.image, d.path) }

// remount takes the disk through what a machine does when it starts again. The process that used it must be over.
func (d *disk) remount() {
	d.t.Helper()
	var out []byte
	var err error
	if !within(20*time.Second, func() bool { out, err = exec.Command("umount", d.path).CombinedOutput(); return err == nil }) {
		d.t.Fatalf("umount: %v\n%s", err, out)
	}
	d.mount()
}

// cutPower ends the file system at once, without writing its log: what was not synced is gone.
func (d *disk) cutPower() {
	d.t.Helper()
	const shutdown, withoutLog = 0x8004587d, 2 // FS_IOC_SHUTDOWN, FSOP_GOING_FLAGS_NOLOGFLUSH
	f, err := os.Open(d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	flag := uint32(withoutLog)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&flag))); e != 0 {
		d.t.Fatalf("shutdown: %v", e)
	}
}

// fill leaves no room on the disk.
func (d *disk) fill() {
	d.t.Helper()
	f, err := os.OpenFile(filepath.Join(d.path, "filler"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{64 << 10, 4 << 10, 512} {
		block := make([]byte, size)
		for err == nil {
			_, err = f.Write(block)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			d.t.Fatal(err)
		}
		err = nil
	}
	_ = f.Sync() // full is what it is to be
}

func (d *disk) empty() {
	d.t.Helper()
	if err := os.Remove(filepath.Join(d.path, "filler")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.t.Fatal(err)
	}
}

// diskFull takes all room away, lets filings arrive until the daemon says so, also through a kill and a start on the
// full disk, and gives the room back: then the same process does what it owes.
func diskFull(kind string, size int) func(*world, int) {
	return func(w *world, runs int) {
		d := newDisk(w, kind, size)
		w.begin()
		for n := range runs {
			w.publish(4)
			w.settle()
			d.fill()
			w.overflows()
			if n%2 == 1 {
				w.crashed()
				w.start()
			}
			d.empty()
			w.settle()
			w.ledgerIsSound()
			w.tally.runs++
		}
		w.check()
	}
}

// overflows publishes until the ledger has no more room.
func (w *world) overflows() {
	w.t.Helper()
	for range 25 {
		w.publish(40)
		if within(3*time.Second, func() bool { return strings.Contains(strings.Join(w.told().Problems, "\n"), "disk is full") }) {
			return
		}
		if w.over() {
			w.t.Fatalf("the daemon ended with code %d\n%s", w.code(), w.log.tail())
		}
	}
	w.t.Fatalf("the disk was never full: %+v\n%s", w.told(), w.log.tail())
}

// ledgerIsSound asks the running daemon, which has been the same through the fault, whether it is well again.
func (w *world) ledgerIsSound() {
	w.t.Helper()
	w.until("it is well again", func() bool { return w.told().State == "ok" && w.ready() })
}

// fileLimit is enforced by the kernel like a full disk, on the process alone.
func fileLimit(w *world, runs int) {
	w.begin()
	limit := func(to string) {
		w.t.Helper()
		if out, err := exec.Command("prlimit", "--pid", strconv.Itoa(w.pid()), "--fsize="+to+":unlimited").CombinedOutput(); err != nil {
			w.t.Fatalf("prlimit: %v\n%s", err, out)
		}
	}
	for range runs {
		info, err := os.Stat(w.ledger)
		if err != nil {
			w.t.Fatal(err)
		}
		limit(strconv.FormatInt(info.Size(), 10))
		w.overflows()
		limit("unlimited")
		w.settle()
		w.ledgerIsSound()
		w.tally.runs++
	}
	w.check()
}

// failing makes each n-th call fail. What cannot be understood ends the process, since only the file knows how the
// commit ended; a lack of space is waited out.
func failing(call, how string, ends bool) func(*world, int) {
	return func(w *world, runs int) {
		w.begin()
		w.kill()
		nth(w, runs, call, how, strideFor(runs), func() {
			if !ends {
				w.settle()
				return
			}
			if code := w.ends(10 * time.Second); code != 1 {
				w.t.Errorf("exit code %d, want 1", code)
			}
		})
	}
}

// readOnly is what ext4 does when it finds itself damaged: the daemon ends, refuses to start in plain words, and goes
// on when the disk is mended.
func readOnly(w *world, runs int) {
	d := newDisk(w, "ext4", 32)
	w.begin()
	for range runs {
		w.publish(4)
		w.settle()
		d.do("mount", "-o", "remount,abort", d.path)
		w.publish(4)
		if code := w.ends(20 * time.Second); code != 1 {
			w.t.Errorf("exit code %d, want 1", code)
		}
		if out, code := w.run("run"); code == 0 || !strings.Contains(out, "read-only file system") || !strings.Contains(out, "kapwatch: error: ") {
			w.t.Errorf("on a read-only disk: exit code %d\n%s", code, out)
		}
		d.remount()
		w.crashed()
		w.start()
		w.settle()
		w.tally.runs++
	}
	w.check()
}

// frozenDisk stops every write for a while. Readers are answered, and afterwards it goes on.
func frozenDisk(w *world, runs int) {
	d := newDisk(w, "ext4", 32)
	w.begin()
	for range runs {
		d.do("fsfreeze", "-f", d.path)
		w.publish(4)
		time.Sleep(scaled(3*time.Second, 5*time.Minute))
		if code := w.get("/filings", nil); code != 200 {
			w.t.Errorf("GET /filings while the disk is frozen: %d", code)
		}
		if w.recorded() {
			w.t.Error("it has recorded what came while the disk was frozen")
		}
		d.do("fsfreeze", "-u", d.path)
		w.settle()
		w.tally.runs++
	}
	w.check()
}

// scaled is how long a fault lasts in the short form and in the long one.
func scaled[T int | time.Duration](short, long T) T {
	if *form == "long" {
		return long
	}
	return short
}

func slowDisk(w *world, runs int) {
	w.wrap = traced("/dev/null", "fdatasync", fmt.Sprintf("delay_exit=%d", scaled(300*time.Millisecond, 2*time.Second).Microseconds()))
	w.works(runs, 4)
}

// lyingWrite is a disk that reports a write and does not do it. Nobody can prevent what that loses, but it is seen: the
// daemon ends, or verify says so; or the next start reads from the source what is missing. What was told of it as sent
// may then be sent again, so messages are not counted here.
func lyingWrite(w *world, runs int) {
	w.begin()
	w.terminate()
	sound, err := os.ReadFile(w.ledger)
	if err != nil {
		w.t.Fatal(err)
	}
	seen := 0
	for n := 1; w.tally.runs < runs; n++ {
		w.publish(2)
		if w.struckAt(n, "pwrite64", "retval=4096", func() bool { return w.recorded() }) {
			break
		}
		within(2*time.Second, w.over) // what follows on the lie
		w.kill()
		w.wrap = nil
		w.tally.runs++
		w.launch()
		within(30*time.Second, func() bool { return w.over() || w.recorded() })
		refused := w.over()
		w.kill()
		lost := w.tally.lost
		if refused || w.verified() != nil {
			seen++
		} else if out, code := w.run("export"); code != 0 {
			seen++
		} else {
			w.truthful(out)
		}
		if w.tally.lost == lost {
			w.tally.recovered++
		}
		if err := os.WriteFile(w.ledger, sound, 0o600); err != nil { // a backup is what helps
			w.t.Fatal(err)
		}
		w.forget()
	}
	w.tally.note = fmt.Sprintf("%d seen, the others read again from the source or harmless", seen)
}

// recorded reports whether the daemon has all that was listed.
func (w *world) recorded() bool { return w.told().Ledger.Filings > len(w.listed) }

// verified verifies the file.
func (w *world) verified() error {
	db, err := store.Open(w.ledger, store.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	_, err = db.Verify(w.t.Context())
	return errors.Join(err, db.Close())
}

// truthful checks that an export says of each filing what was published.
func (w *world) truthful(export string) {
	w.t.Helper()
	for _, i := range w.listed {
		if !strings.Contains(export, summaryOf(i)) {
			w.tally.lost++
			w.t.Errorf("filing %d is gone and nobody says so", i)
		}
	}
}
