package main

import (
	"os"
	"testing"
	"kapwatch/monitor"
	"kapwatch/store"
)

func BenchmarkProf(b *testing.B) {
	db, err := store.Open(os.Getenv("DB"), store.Options{ReadOnly: true})
	if err != nil { b.Fatal(err) }
	defer db.Close()
	db.Find(monitor.Query{})
	b.Run("newest", func(b *testing.B) { b.ReportAllocs();for b.Loop() { db.Find(monitor.Query{}) } })
}
