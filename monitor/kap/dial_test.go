package kap

import "testing"

func TestGuard(t *testing.T) {
	for _, tt := range []struct {
		address string
		local   bool
		ok      bool
	}{
		{"93.184.215.14:443", false, true},
		{"[2a00:1450:4001:830::2004]:443", false, true},
		{"127.0.0.1:443", false, false},
		{"[::1]:443", false, false},
		{"[::ffff:127.0.0.1]:443", false, false},
		{"10.1.2.3:443", false, false},
		{"172.16.0.1:443", false, false},
		{"192.168.1.1:443", false, false},
		{"169.254.169.254:443", false, false},
		{"100.64.0.1:443", false, false},
		{"0.0.0.0:443", false, false},
		{"224.0.0.1:443", false, false},
		{"255.255.255.255:443", false, false},
		{"[fe80::1]:443", false, false},
		{"[fc00::1]:443", false, false},
		{"[64:ff9b::7f00:1]:443", false, false},
		{"[2002:7f00:1::]:443", false, false},
		{"127.0.0.1:8080", true, true},
		{"[::1]:8080", true, true},
		{"93.184.215.14:80", true, false},
		{"10.1.2.3:80", true, false},
	} {
		if err := guard(tt.local)("tcp", tt.address, nil); (err == nil) != tt.ok {
			t.Errorf("guard(%v)(%q) = %v, want ok %v", tt.local, tt.address, err, tt.ok)
		}
	}
}
