package store_test

import (
	"testing"
	"time"

	"kapwatch/monitor"
	"kapwatch/store"
)

func TestBackfilledDays(t *testing.T) {
	db := open(t, store.Options{})
	day := func(n int) time.Time { return monitor.Midnight(noon).AddDate(0, 0, n) }
	for _, n := range []int{-30, -10, -12, -11, -30, -9, -31} { // joined from every side, and twice
		_, err := db.Record(monitor.Batch{History: day(n)})
		must(t, err)
	}
	db = reopen(t, db, store.Options{})
	got, err := db.Backfilled(monitor.Window{From: day(-31), To: day(0)})
	must(t, err)
	if d := diff([]time.Time{day(-31), day(-30), day(-12), day(-11), day(-10), day(-9)}, got); d != "" {
		t.Errorf("Backfilled (-want +got):\n%s", d)
	}
	if c, err := db.Cursor(); err != nil || !c.BaselineAt.IsZero() {
		t.Errorf("cursor = %+v, %v: history moves none", c, err)
	}
	verify(t, db)
}
