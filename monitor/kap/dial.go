package kap

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// newTransport is the transport of a client whose base URL is (local) or is not a loopback host. It uses no proxy,
// for a proxy would dial on our behalf what we refuse to dial. It speaks HTTP/1.1, as the clients do that were seen to work (2025 and 2026).
func newTransport(local bool) *http.Transport {
	d := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, Control: guard(local)}
	return &http.Transport{
		DialContext:            d.DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  listTimeout,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    2,
		MaxResponseHeaderBytes: 256 << 10,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		DisableCompression:     true, // read decompresses, so that its limit counts what comes out
	}
}

// guard is asked with the address that is really dialled, after the name was looked up: a public name that leads into
// our own network is refused, and a loopback base URL leads nowhere else.
func guard(local bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("parse dialled address: %w", err)
		}
		ip := a.Addr().Unmap()
		if local != ip.IsLoopback() || !local && !public(ip) {
			return fmt.Errorf("address %s is not dialled for this base URL", ip)
		}
		return nil
	}
}

// inner are the addresses that look like the open internet's and are not.
var inner = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), // documentation, likewise the next four
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("3fff::/20"),
	netip.MustParsePrefix("192.88.99.0/24"), // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),  // benchmarks
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), // Teredo among them: any IPv4 address in disguise
	netip.MustParsePrefix("2002::/16"), // 6to4, likewise
}

// global is all that is given out of IPv6. Outside of it lie NAT64 and IPv4-compatible addresses, any IPv4 address in
// disguise, and what belongs to a site or a link.
var global = netip.MustParsePrefix("2000::/3")

// public reports whether ip belongs to the open internet.
func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && (ip.Is4() || global.Contains(ip)) &&
		!slices.ContainsFunc(inner, func(p netip.Prefix) bool { return p.Contains(ip) })
}
