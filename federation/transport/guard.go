package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// ErrRefused is in the chain of every error about an address that we do not talk to, whatever it might answer.
// Trying again does not help.
var ErrRefused = errors.New("address refused")

// denied are the ranges where no public peer can live: ourselves, private and shared networks, link-local, test and
// benchmark ranges, multicast, and the IPv6 forms that smuggle an IPv4 address past a filter (mapped, NAT64, 6to4,
// Teredo).
var denied = parsePrefixes([]string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/3",
	"::/96", "::ffff:0:0/96", "64:ff9b::/32", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16",
	"3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
})

// guard decides which addresses may be dialled. Names are checked before a request, IP addresses after DNS has
// answered and right before connect, so that a name cannot be rebound in between.
type guard struct {
	private  []privateHost
	open     net.Dialer // for hosts the operator named
	guarded  net.Dialer // for all others
	resolver *net.Resolver
}

func newGuard(privateHosts []string) *guard {
	g := &guard{open: net.Dialer{Timeout: connectTimeout}}
	g.guarded = net.Dialer{Timeout: connectTimeout, Control: refuseDenied}
	for _, p := range privateHosts {
		if h, ok := parsePrivateHost(p); ok {
			g.private = append(g.private, h)
		}
	}
	return g
}

// dial connects to addr (host:port as the request named it). Names under .localhost never reach DNS (RFC 6761).
func (g *guard) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	dialer := g.guarded
	if g.isPrivate(host, port) {
		dialer = g.open
	}
	dialer.Resolver = g.resolver
	if isLocalhost(host) {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	return dialer.DialContext(ctx, network, addr)
}

// refuseDenied is a net.Dialer.Control: address is the IP the connection will really go to.
func refuseDenied(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q is not an IP address", ErrRefused, address)
	}
	if !allowedIP(ap.Addr()) {
		return fmt.Errorf("%w: %s is not a public address", ErrRefused, ap.Addr())
	}
	return nil
}

func allowedIP(ip netip.Addr) bool {
	ip = ip.WithZone("") // a prefix never contains an address with a zone
	for _, p := range denied {
		if p.Contains(ip) {
			return false
		}
	}
	return ip.IsValid()
}

// checkURL refuses addresses by what they say, before anything is resolved.
func (g *guard) checkURL(u *url.URL) error {
	host, port := u.Hostname(), u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	switch {
	case host == "" || u.Opaque != "":
		return fmt.Errorf("%w: %q is not an absolute address", ErrRefused, u)
	case u.User != nil:
		return fmt.Errorf("%w: %q carries credentials", ErrRefused, u.Redacted())
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%w: %q is not a web address", ErrRefused, u)
	case hostOf(u) == "":
		return fmt.Errorf("%w: %q is not how that host is written", ErrRefused, u)
	case g.isPrivate(host, port):
		return nil
	case u.Scheme != "https":
		return fmt.Errorf("%w: %q is not https", ErrRefused, u)
	case port != "443" && port != "8443":
		return fmt.Errorf("%w: %q has a port that no instance uses", ErrRefused, u)
	}
	return nil
}

// isPrivate reports whether the operator named this host and port in VORBILD_PRIVATE_HOSTS.
func (g *guard) isPrivate(host, port string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, p := range g.private {
		if p.matches(host, port) {
			return true
		}
	}
	return false
}

// privateHost is one entry of VORBILD_PRIVATE_HOSTS.
type privateHost struct {
	name     string // lower case; with a leading dot when it stands for all names below it
	port     string // "": the ports of http and https, or any port for a wildcard
	wildcard bool
}

func parsePrivateHost(s string) (privateHost, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	var p privateHost
	if host, port, err := net.SplitHostPort(s); err == nil {
		s, p.port = host, port
	}
	s = strings.Trim(s, "[]")
	if rest, ok := strings.CutPrefix(s, "*"); ok {
		p.wildcard = true
		s = rest
		// RULE: a bare "*" would switch the guard off by a slip of the pen.
		if len(s) < 2 || s[0] != '.' {
			return privateHost{}, false
		}
	}
	p.name = s
	return p, s != ""
}

func (p privateHost) matches(host, port string) bool {
	if p.wildcard {
		return strings.HasSuffix(host, p.name) && len(host) > len(p.name) && (p.port == "" || p.port == port)
	}
	if p.port == "" {
		return host == p.name && (port == "443" || port == "80")
	}
	return host == p.name && port == p.port
}

func isLocalhost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// parsePrefixes reads CIDR ranges and single addresses; what is neither is left out.
func parsePrefixes(list []string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		s = strings.TrimSpace(s)
		if p, err := netip.ParsePrefix(s); err == nil {
			out = append(out, p.Masked())
		} else if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return out
}
