// Command kapwatch watches KAP, Türkiye's Public Disclosure Platform, and tells investors in Slack about the filings
// that matter to them. `kapwatch --help` says how; the package kapwatch/monitor says how it is built.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // schedules are in Europe/Istanbul on machines without zone files too
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}
