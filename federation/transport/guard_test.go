package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func TestAllowedIP(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1:248:1893:25c8:1946": true, "192.0.1.1": true, "172.32.0.1": true, "100.128.0.1": true,
		"0.0.0.0": false, "10.1.2.3": false, "100.64.0.1": false, "127.0.0.1": false, "127.255.255.254": false,
		"169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false, "192.0.0.8": false, "192.168.1.1": false,
		"198.18.0.1": false, "198.19.255.255": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:93.184.216.34": false, "::7f00:1": false,
		"64:ff9b::7f00:1": false, "64:ff9b:1::1": false, "2001::1": false, "2001:db8::1": false, "2002:7f00:1::": false,
		"fc00::1": false, "fd12:3456::1": false, "fe80::1": false, "fe80::1%lo": false, "ff02::1": false,
	} {
		if got := allowedIP(netip.MustParseAddr(ip)); got != want {
			t.Errorf("allowedIP(%s) = %v, want %v", ip, got, want)
		}
	}
	if allowedIP(netip.Addr{}) {
		t.Error("an invalid address is allowed")
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	g := newGuard([]string{"*.localhost", "intern.example:8080", "netz.example", " ", "*", "*."})
	for _, allowed := range []string{
		"https://peer.example/u/anna", "https://peer.example:443/", "https://peer.example:8443/inbox",
		"http://sh.localhost:8402/inbox", "https://sh.localhost/", "http://intern.example:8080/", "http://netz.example/", "https://netz.example/",
	} {
		if err := g.checkURL(mustURL(t, allowed)); err != nil {
			t.Errorf("%s: %v", allowed, err)
		}
	}
	for _, refused := range []string{
		"http://peer.example/", "https://peer.example:22/", "https://peer.example:9200/", "https://peer.example:80/",
		"https://user:secret@peer.example/", "ftp://peer.example/", "file:///etc/passwd", "gopher://peer.example/", "https:peer.example",
		"https:///path", "/u/anna", "", "javascript:alert(1)", "http://localhost:8402/", "http://evil-localhost:80/",
		"http://intern.example:8081/", "https://intern.example:9443/", "http://sub.intern.example:8080/", "http://netz.example:81/",
		"http://sh.localhost.evil.example/", "http://127.0.0.1:8402/",
		"https://peer.example./", "https://peer.example:/", "https://peer.example:0443/", "http://sh.localhost:08402/", "https://peer..example/",
	} {
		if err := g.checkURL(mustURL(t, refused)); !errors.Is(err, ErrRefused) {
			t.Errorf("%q: got %v, want ErrRefused", refused, err)
		}
	}
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// listen opens a TCP port on loopback and reports whether anybody came.
func listen(t *testing.T) (port string, visited func() bool) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	came := make(chan struct{}, 100)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			came <- struct{}{}
			conn.Close()
		}
	}()
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, func() bool {
		select {
		case <-came:
			return true
		case <-time.After(50 * time.Millisecond):
			return false
		}
	}
}

// Every spelling of an inner address is refused at the moment of connecting, whatever DNS made of it.
func TestDialRefusesInnerAddresses(t *testing.T) {
	t.Parallel()
	port, visited := listen(t)
	g := newGuard(nil)
	g.resolver, _ = nameserver(t, netip.MustParseAddr("127.0.0.1"))
	for _, host := range []string{
		"127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "0.0.0.0", "::", "fe80::1%lo", "localhost", "LOCALHOST.", "a.localhost",
		"2130706433", "0x7f000001", "017700000001", "127.1", "0177.0.0.1", "0x7f.1", "127.0.0.1.", "inner.example",
		"10.0.0.1", "169.254.169.254", "192.168.0.1", "172.16.0.1", "100.64.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "fd00::1",
	} {
		conn, err := g.dial(t.Context(), "tcp", net.JoinHostPort(host, port))
		if err == nil {
			conn.Close()
		}
		// The resolver takes some spellings for no name at all, others it looks up.
		var noName *net.DNSError
		if !errors.Is(err, ErrRefused) && !errors.As(err, &noName) {
			t.Errorf("%s: got %v, want ErrRefused", host, err)
		}
	}
	if visited() {
		t.Error("a connection was opened")
	}
}

// A name that was public when it was looked at and is private when it is used.
func TestDialRefusesReboundName(t *testing.T) {
	t.Parallel()
	port, visited := listen(t)
	g := newGuard(nil)
	var answer func(...netip.Addr)
	g.resolver, answer = nameserver(t, netip.MustParseAddr("93.184.216.34"))
	before, err := g.resolver.LookupHost(t.Context(), "rebind.example")
	if err != nil || before[0] != "93.184.216.34" {
		t.Fatalf("first answer: %v, %v", before, err)
	}
	answer(netip.MustParseAddr("127.0.0.1"))
	if _, err := g.dial(t.Context(), "tcp", "rebind.example:"+port); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v, want ErrRefused", err)
	}
	// All addresses of a name are looked at, not only the first.
	answer(netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("127.0.0.1"))
	if _, err := g.dial(t.Context(), "tcp", "rebind.example:"+port); !errors.Is(err, ErrRefused) {
		t.Errorf("several addresses: got %v, want ErrRefused", err)
	}
	if visited() {
		t.Error("a connection was opened")
	}
}

func TestDialReachesNamedHosts(t *testing.T) {
	t.Parallel()
	port, visited := listen(t)
	g := newGuard([]string{"*.localhost"})
	g.resolver, _ = nameserver(t) // knows no name: those under .localhost must not need it
	conn, err := g.dial(t.Context(), "tcp", "sh.localhost:"+port)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if !visited() {
		t.Error("nobody came")
	}
}

// nameserver runs a DNS server that gives the same answer for every name, and returns a resolver that asks it and a
// way to change the answer.
func nameserver(t *testing.T, ips ...netip.Addr) (*net.Resolver, func(...netip.Addr)) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var mu sync.Mutex
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			q := m.Questions[0]
			mu.Lock()
			if len(ips) == 0 {
				m.RCode = dnsmessage.RCodeNameError
			}
			for _, ip := range ips {
				head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
				if q.Type == dnsmessage.TypeA && ip.Is4() {
					m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: ip.As4()}})
				}
			}
			mu.Unlock()
			if out, err := m.Pack(); err == nil {
				conn.WriteTo(out, from) //nolint:errcheck // the resolver asks again
			}
		}
	}()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	return resolver, func(next ...netip.Addr) {
		mu.Lock()
		defer mu.Unlock()
		ips = next
	}
}
