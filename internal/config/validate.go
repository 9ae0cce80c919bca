package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/lib/pq"
)

// mistake is what is wrong with one variable.
type mistake struct{ name, text string }

func (m mistake) Error() string { return m.name + " " + m.text }

// Validate lists every mistake, by the name of the variable. It never repeats a value that may be a secret.
func (c Config) Validate() error {
	var errs []error
	for _, m := range c.mistakes() {
		errs = append(errs, m)
	}
	return errors.Join(errs...)
}

// Bounds of DatabaseConns: below, jobs that receive and fetch, which hold one connection for their turn and need another for
// their work, would wait for each other; above, no server plays along.
const (
	minConns = 10
	maxConns = 1000
)

const maxCacheMB = 1 << 20 // a terabyte: more is a slip of the pen

func (c Config) mistakes() []mistake {
	var all []mistake
	add := func(name, format string, args ...any) { all = append(all, mistake{name, fmt.Sprintf(format, args...)}) }

	if problem := checkBaseURL(c.BaseURL); problem != "" {
		add("VORBILD_BASE_URL", "%s", problem)
	}
	if c.Listen != "" && !isHostPort(c.Listen) {
		add("VORBILD_LISTEN", "is %q; expected is an address with a port, like 127.0.0.1:8080 or :8080", c.Listen)
	}
	if c.DatabaseURL != "" {
		if _, err := pq.NewConfig(c.DatabaseURL); err != nil {
			add("VORBILD_DATABASE_URL", "is no connection string; expected is postgres://user:password@host/database?sslmode=verify-full or host=... dbname=...")
		}
	}
	if c.MediaCacheMB < 0 || c.MediaCacheMB > maxCacheMB {
		add("VORBILD_MEDIA_CACHE_MB", "is %d; expected is a number from 0 to %d", c.MediaCacheMB, maxCacheMB)
	}
	if c.DatabaseConns < minConns || c.DatabaseConns > maxConns {
		add("VORBILD_DATABASE_CONNS", "is %d; expected is a number from %d to %d", c.DatabaseConns, minConns, maxConns)
	}
	if strings.TrimSpace(c.DataDir) == "" {
		add("VORBILD_DATA_DIR", "is empty; expected is a directory")
	}
	for _, h := range c.PrivateHosts {
		if !isHostPattern(h) {
			add("VORBILD_PRIVATE_HOSTS", "has %q; expected is a host name, with its port if that is not 443, or *.example for all names below example", h)
		}
	}
	for _, p := range c.TrustedProxies {
		if !isPrefix(p) {
			add("VORBILD_TRUSTED_PROXIES", "has %q; expected is an IP address or a network like 10.0.0.0/8", p)
		}
	}
	for _, h := range c.AutoAcceptHosts {
		if !isHostPattern(h) {
			add("VORBILD_AUTO_ACCEPT_HOSTS", "has %q; expected is a host name, or *.example for all names below example", h)
		}
	}
	if c.MetricsListen != "" && !isHostPort(c.MetricsListen) {
		add("VORBILD_METRICS_LISTEN", "is %q; expected is an address with a port, like 127.0.0.1:9464", c.MetricsListen)
	}
	if c.MetricsListen != "" && c.MetricsListen == c.ListenAddress() {
		add("VORBILD_METRICS_LISTEN", "is the address of the pages; expected is one of its own")
	}
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
	default:
		add("VORBILD_LOG_LEVEL", "is %q; expected is debug, info, warn or error", c.LogLevel)
	}
	return all
}

// checkBaseURL returns what is wrong with the public address. It becomes part of all ids, so it is held to be exact.
func checkBaseURL(text string) string {
	if text == "" {
		return "is not set; expected is the public address, like https://green-it.example"
	}
	expected := fmt.Sprintf("is %q; expected is an address like https://green-it.example", text)
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "" || (u.Scheme != "https" && u.Scheme != "http"):
		return expected
	case u.User != nil:
		return "has a user name; expected is an address like https://green-it.example"
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return expected + ", without a path"
	case !isHost(strings.ToLower(u.Hostname())):
		return expected + "; names with umlauts are written as xn--..."
	case u.Port() != "" && !isPort(u.Port()):
		return expected
	case strings.HasSuffix(u.Host, ":"):
		return expected
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return fmt.Sprintf("is %q; http is only for localhost, *.localhost and loopback addresses, everybody else needs https", text)
	}
	return ""
}

// hostName is a name as DNS knows it, punycode included.
var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func isHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return len(host) <= 253 && hostName.MatchString(host)
}

func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// isHostPort accepts what net.Listen does: the host may be empty, the port 0 for any free one.
func isHostPort(address string) bool {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil && (host == "" || isHost(strings.ToLower(host)))
}

// isHostPattern accepts host, host:port, and both with a leading "*." for all names below.
func isHostPattern(pattern string) bool {
	host := strings.TrimPrefix(pattern, "*.")
	if h, port, err := net.SplitHostPort(host); err == nil {
		return isHost(h) && isPort(port)
	}
	return isHost(strings.Trim(host, "[]"))
}

func isPrefix(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	_, err := netip.ParsePrefix(text)
	return err == nil
}

// isLoopback reports whether host can only mean this machine (RFC 6761).
func isLoopback(host string) bool {
	host = strings.ToLower(host)
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
