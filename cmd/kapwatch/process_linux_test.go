package main

import (
	"syscall"
	"testing"
)

func TestSealMemory(t *testing.T) {
	if err := sealMemory(); err != nil {
		t.Fatal(err)
	}
	const prGetDumpable = 3 // linux/prctl.h
	if dumpable, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prGetDumpable, 0, 0); errno != 0 || dumpable != 0 {
		t.Errorf("dumpable %d, %v", dumpable, errno)
	}
	var core syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &core); err != nil || core.Cur != 0 || core.Max != 0 {
		t.Errorf("core limit %+v, %v", core, err)
	}
}
