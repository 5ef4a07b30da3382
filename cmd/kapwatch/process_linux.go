package main

import (
	"fmt"
	"syscall"
)

// sealMemory keeps what is in memory, and so the secrets, out of core files and out of the reach of other processes of
// the same user: there is no core file of this process, and none of them may trace it or read its memory.
func sealMemory() error {
	const prSetDumpable = 4 // linux/prctl.h
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetDumpable, 0, 0); errno != 0 {
		return fmt.Errorf("set not dumpable: %w", errno)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("allow no core file: %w", err)
	}
	return nil
}
