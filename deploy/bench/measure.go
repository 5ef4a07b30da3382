package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// quantile gives the value below which the share q of the durations lies.
func quantile(d []time.Duration, q float64) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[min(int(q*float64(len(d))), len(d)-1)]
}

// median is of the odd number of rounds that a figure was measured in.
func median[T int64 | float64 | time.Duration](rounds []T) T {
	rounds = slices.Clone(rounds)
	slices.Sort(rounds)
	return rounds[len(rounds)/2]
}

func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.0f µs", float64(d)/1e3)
	case d < time.Second:
		return fmt.Sprintf("%.2f ms", float64(d)/1e6)
	}
	return seconds(d)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
func mega(n int64) string            { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// clocked runs f and gives how long it took.
func clocked(f func() error) (time.Duration, error) {
	begun := time.Now()
	err := f()
	return time.Since(begun), err
}

// cpu is what this process has used so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory is what the machine has.
func memory() string {
	var s syscall.Sysinfo_t
	if err := syscall.Sysinfo(&s); err != nil {
		return "unknown size"
	}
	return fmt.Sprintf("%.0f GiB", float64(s.Totalram)*float64(s.Unit)/(1<<30))
}

// busy is the load average of the last fifteen minutes: what is measured beside other work is slower.
func busy() string {
	b, err := os.ReadFile("/proc/loadavg")
	f := strings.Fields(string(b))
	if err != nil || len(f) < 3 {
		return "unknown"
	}
	return f[2]
}
