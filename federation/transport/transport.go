// Package transport is the only room that opens outbound connections for the federation, and the one that checks
// who signed an inbound request. It signs and verifies HTTP requests, refuses addresses inside private networks,
// fetches remote documents within fixed limits and finds actors by handle. It must not know what an activity
// means: that is for inbox and outbox, which hand it bytes and get bytes or an account back.
package transport

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/singleflight"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/config"
	"github.com/vorbild/vorbild/internal/peer"
	incoming "github.com/vorbild/vorbild/internal/request" // request is what we ask of others here
)

// Limits of every exchange with another server (federation profile, section 7).
const (
	maxDocument    = 1 << 20 // bytes of a fetched document, counted after decompression
	maxAnswer      = 16 << 10
	maxHeaderBytes = 64 << 10
	maxRedirects   = 3
	maxIdle        = 512 // connections, some 40 kB each
	connectTimeout = 5 * time.Second
	requestTimeout = 10 * time.Second // whole exchange, redirects included
	keyTimeout     = 5 * time.Second
	clockWindow    = time.Hour       // how far a signature's date may be from now
	keyRetry       = 5 * time.Minute // a key younger than this is not fetched again because a signature failed
	keyFailureTTL  = 5 * time.Minute
	keyOutageTTL   = 10 * time.Second // the origin did not answer: it may be starting, and its first messages wait for this
	maxSigners     = 1 << 12          // keys of ours in memory, each a few kB
	maxSenders     = 1 << 13          // of others
	keepKeys       = 10 * time.Minute // how long either stays there unasked
	actorTTL       = 24 * time.Hour   // how long a stored actor is believed without asking its origin
)

// Client talks to other instances in the name of this one. It is safe for concurrent use; one process has one.
type Client struct {
	db       *sqlx.DB
	accounts *account.Service
	peers    *peer.Service
	log      *slog.Logger
	base     *url.URL
	domain   string
	agent    string
	guard    *guard
	http     *http.Client
	proxies  incoming.Proxies
	now      func() time.Time
	timeout  time.Duration // requestTimeout

	instanceID  atomic.Int64 // accounts.id of our Application actor, 0 until asked for
	changes     Changes      // nil: nothing is kept in memory
	signing     *signers
	signers     *memory[int64, signingKeys]
	senders     *memory[string, sender]
	schemes     *schemes
	keyFailures *lru[string, keyFailure]
	keyFetches  singleflight.Group
	keyLimits   *limits
}

// New returns the client. It opens no connection yet.
func New(db *sqlx.DB, accounts *account.Service, peers *peer.Service, cfg config.Config, log *slog.Logger) *Client {
	base, err := url.Parse(cfg.BaseURL)
	if err != nil {
		base = &url.URL{Scheme: "https"} // config.Validate has refused it before; nothing will match this host
	}
	proxies, err := incoming.ParseProxies(cfg.TrustedProxies)
	if err != nil {
		proxies = nil // refused before, too
	}
	g := newGuard(cfg.PrivateHosts)
	c := &Client{
		db:          db,
		accounts:    accounts,
		peers:       peers,
		log:         log,
		base:        base,
		domain:      cfg.Domain(),
		agent:       "Vorbild (+" + cfg.BaseURL + "/)",
		guard:       g,
		http:        newHTTPClient(g),
		proxies:     proxies,
		now:         time.Now,
		timeout:     requestTimeout,
		signing:     newSigners(),
		keyFailures: newLRU[string, keyFailure](4096),
		keyLimits:   newLimits(),
	}
	clock := func() time.Time { return c.now() }
	c.signers = newMemory[int64, signingKeys](maxSigners, c.keyGeneration, clock)
	c.senders = newMemory[string, sender](maxSenders, c.keyGeneration, clock)
	c.schemes = newSchemes(db, log, clock)
	return c
}

// newHTTPClient returns the one client all requests leave by. It follows no redirect by itself: get decides hop by
// hop, and POSTs and key fetches never follow one.
func newHTTPClient(g *guard) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would resolve names out of the guard's sight
			DialContext:            g.dial,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    connectTimeout,
			ResponseHeaderTimeout:  requestTimeout,
			MaxResponseHeaderBytes: maxHeaderBytes,
			// A post to all the country goes to 20,000 hosts, few of which are spoken to again soon: what waits for them is
			// bounded by number and time. Those that are (lanes with much to do) keep theirs, the last used longest.
			MaxIdleConns:        maxIdle,
			MaxIdleConnsPerHost: 2,
			MaxConnsPerHost:     8,
			IdleConnTimeout:     30 * time.Second,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(maxIdle)},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close drops idle connections; nothing is signed any more.
func (c *Client) Close() {
	c.signing.close()
	c.http.CloseIdleConnections()
}

// ours reports whether uri is on this instance. Our own addresses are never fetched.
func (c *Client) ours(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && hostOf(u) == c.domain
}

// instance returns the id of our Application actor, which signs all that we fetch (federation profile, 1.4).
func (c *Client) instance(ctx context.Context) (int64, error) {
	if id := c.instanceID.Load(); id != 0 {
		return id, nil
	}
	a, err := c.accounts.Instance(ctx)
	if err != nil {
		return 0, err
	}
	c.instanceID.Store(a.ID)
	return a.ID, nil
}

// hostOf returns host[:port] of u in the one spelling in which hosts are compared, "" when it has no such spelling.
func hostOf(u *url.URL) string { return vocab.Host(u) }

// hostOfURI is hostOf for a string, "" when it is no absolute address.
func hostOfURI(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return hostOf(u)
}
