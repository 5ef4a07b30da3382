package main

import "testing"

func TestMedians(t *testing.T) {
	got := medians(`goos: linux
BenchmarkQuietPage/kapwatch-2         	    1000	    430000 ns/op	1000.00 MB/s	    3200 B/op	      12 allocs/op
BenchmarkQuietPage/kapwatch-2         	    1000	    410000 ns/op	1000.00 MB/s	    3200 B/op	      12 allocs/op
BenchmarkQuietPage/kapwatch-2         	    1000	    990000 ns/op	1000.00 MB/s	    3200 B/op	      12 allocs/op
BenchmarkPipeline-2   	      25	         0 ns/op	         7.200 p50-ms	        11.10 site-ms
PASS
`)
	for key, want := range map[string]float64{
		"BenchmarkQuietPage/kapwatch ns/op": 430000, "BenchmarkQuietPage/kapwatch B/op": 3200, "BenchmarkPipeline p50-ms": 7.2,
	} {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
}
