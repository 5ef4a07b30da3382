package kap

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
)

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
		{"[64:ff9b:1::7f00:1]:443", false, false},
		{"[2002:7f00:1::]:443", false, false},
		{"[2001:0:7f00:1::]:443", false, false},
		{"[::7f00:1]:443", false, false},
		{"[::ffff:10.0.0.1]:443", false, false},
		{"[::ffff:100.64.0.1]:443", false, false},
		{"[::]:443", false, false},
		{"[fd00:ec2::254]:443", false, false},
		{"[fec0::1]:443", false, false},
		{"[ff02::1]:443", false, false},
		{"[fe80::1%eth0]:443", false, false},
		{"[2001:db8::1]:443", false, false},
		{"192.0.2.1:443", false, false},
		{"198.51.100.1:443", false, false},
		{"203.0.113.1:443", false, false},
		{"192.88.99.1:443", false, false},
		{"198.18.0.1:443", false, false},
		{"100.127.255.255:443", false, false},
		{"100.128.0.1:443", false, true},
		{"172.32.0.1:443", false, true},
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

// What is older than TLS 1.2, and what no root vouches for, is no connection.
func TestTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	srv.StartTLS()
	defer srv.Close()
	rt := newTransport(true)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := rt.RoundTrip(r); err == nil {
		resp.Body.Close()
		t.Error("TLS 1.1 was spoken")
	}
	modern := httptest.NewTLSServer(http.NotFoundHandler())
	defer modern.Close()
	if r, err = http.NewRequestWithContext(t.Context(), http.MethodGet, modern.URL, nil); err != nil {
		t.Fatal(err)
	}
	if resp, err := rt.RoundTrip(r); err == nil {
		resp.Body.Close()
		t.Error("a certificate that nobody vouches for was taken")
	}
}
