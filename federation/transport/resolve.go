package transport

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

var _ account.Resolver = (*Client)(nil)

// resolveTimeout bounds a whole search, which someone may be waiting for.
const resolveTimeout = 20 * time.Second

// ResolveHandle implements account.Resolver.
func (c *Client) ResolveHandle(ctx context.Context, handle string) (account.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	a, err := c.resolveHandle(ctx, handle)
	return a, resolverFault(err)
}

// ResolveURI implements account.Resolver.
func (c *Client) ResolveURI(ctx context.Context, uri string) (account.Account, error) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	if c.ours(uri) {
		a, err := c.localByURI(ctx, uri)
		return a, resolverFault(err)
	}
	a, err := c.fetchActor(ctx, uri, actorTTL)
	return a, resolverFault(err)
}

// FetchActor returns the actor with that id, from the store when it was fetched in the last day. An actor whose server
// does not answer now is returned as last seen. Errors: as Get; fault.Invalid when the address leads to another actor.
func (c *Client) FetchActor(ctx context.Context, uri string) (account.Account, error) {
	a, err := c.fetchActor(ctx, uri, actorTTL)
	return theSame(uri, a, err)
}

// RefreshActor is FetchActor that always asks the origin, and fails when it does not answer: the actor has told us
// that it changed.
func (c *Client) RefreshActor(ctx context.Context, uri string) (account.Account, error) {
	a, err := c.fetchActor(ctx, uri, 0)
	return theSame(uri, a, err)
}

// theSame refuses an actor that was found under another id than the one asked for.
// RULE: only a person who searches may be led on. Whoever is named as the author of something is that very actor: an
// address that redirects to an actor elsewhere would put its owner's words into that actor's mouth.
func theSame(uri string, a account.Account, err error) (account.Account, error) {
	if err == nil && a.URI != uri {
		return account.Account{}, invalid(fmt.Errorf("%s leads to %s", uri, a.URI))
	}
	return a, err
}

func (c *Client) fetchActor(ctx context.Context, uri string, ttl time.Duration) (account.Account, error) {
	if c.ours(uri) {
		return c.localByURI(ctx, uri)
	}
	if _, err := c.checkTarget(ctx, uri); err != nil {
		return account.Account{}, err
	}
	known, err := c.accounts.ByURI(ctx, uri)
	switch {
	case fault.Is(err, fault.NotFound):
		known = account.Account{}
	case err != nil:
		return account.Account{}, err
	case known.State == account.Gone:
		return account.Account{}, fault.Wrap(fault.Gone, "error.remote.gone", fmt.Errorf("%s was deleted", uri))
	case known.FetchedAt != nil && c.now().Sub(*known.FetchedAt) < ttl:
		return known, nil
	}
	doc, err := c.Get(ctx, uri)
	switch {
	case fault.Is(err, fault.Gone) && known.ID != 0:
		return account.Account{}, errors.Join(err, c.accounts.MarkGone(ctx, known.URI))
	case fault.Is(err, fault.Unavailable) && known.ID != 0 && ttl > 0:
		return known, nil
	case err != nil:
		return account.Account{}, err
	}
	a, err := vocab.ParseActor(doc.Body)
	if err != nil {
		return account.Account{}, invalid(fmt.Errorf("%s: %w", doc.URI, err))
	}
	c.readGenerator(ctx, a.URI, doc.Body)
	return c.storeActor(ctx, a)
}

// resolveHandle asks WebFinger who has the handle.
func (c *Client) resolveHandle(ctx context.Context, handle string) (account.Account, error) {
	who, err := parseAcct(handle)
	if err != nil {
		return account.Account{}, fault.Wrap(fault.NotFound, "error.remote.not_found", err)
	}
	if who.host == c.domain {
		if !who.whole() {
			return c.accounts.Instance(ctx)
		}
		return c.accounts.ByUsername(ctx, who.user)
	}
	if who.whole() {
		known, err := c.accounts.ByHandle(ctx, who.String())
		if err == nil && known.State != account.Gone {
			return c.fetchActor(ctx, known.URI, actorTTL)
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return account.Account{}, err
		}
	}
	d := c.discover()
	uri, err := d.actorURI(ctx, who)
	if err != nil {
		return account.Account{}, err
	}
	if c.ours(uri) { // another host may point at us
		return c.localByURI(ctx, uri)
	}
	doc, err := c.Get(ctx, uri)
	if err != nil {
		return account.Account{}, err
	}
	a, err := vocab.ParseActor(doc.Body)
	if err != nil {
		return account.Account{}, invalid(fmt.Errorf("%s: %w", doc.URI, err))
	}
	c.readGenerator(ctx, a.URI, doc.Body)
	return d.storeActor(ctx, a)
}

// actorURI finds the id of the actor with that handle; for a bare host, of its instance actor.
func (d *discovery) actorURI(ctx context.Context, who acct) (string, error) {
	if who.whole() {
		doc, err := d.webfinger(ctx, who.host, who.resource())
		if err != nil {
			return "", err
		}
		uri, err := doc.actor()
		if err != nil {
			return "", invalid(fmt.Errorf("%s: %w", who, err))
		}
		return uri, nil
	}
	base := d.origin(who.host)
	doc, err := d.webfinger(ctx, who.host, base+"/")
	if uri := doc.link("https://www.w3.org/ns/activitystreams#Service"); uri != "" {
		return uri, nil
	}
	if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Forbidden) {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	a, err := d.get(ctx, base+"/.well-known/nodeinfo", request{accept: "application/json", redirects: maxRedirects, is: isJSON})
	if err == nil {
		if doc, err := parseJRD(a.body); err == nil {
			if uri := doc.link("https://www.w3.org/ns/activitystreams#Application"); uri != "" {
				return uri, nil
			}
		}
	}
	return base + "/actor", nil
}

// storeActor stores what an actor's origin says of it, after its handle has been confirmed.
func (c *Client) storeActor(ctx context.Context, a account.Account) (account.Account, error) {
	return c.discover().storeActor(ctx, a)
}

func (d *discovery) storeActor(ctx context.Context, a account.Account) (account.Account, error) {
	if err := d.checkBlocked(ctx, a.Host()); err != nil {
		return account.Account{}, err
	}
	domain, err := d.confirm(ctx, a)
	if err != nil {
		return account.Account{}, err
	}
	now := d.now()
	a.Domain, a.FetchedAt = &domain, &now
	return d.accounts.Receive(ctx, a)
}

// confirm returns the domain of the actor's handle. The actor's claim to a name counts only when WebFinger of its
// host leads back to it: else one document on a host could take the name of anyone there.
func (d *discovery) confirm(ctx context.Context, a account.Account) (string, error) {
	claimed := acct{user: a.Username, host: hostOfURI(a.URI)}
	known, err := d.accounts.ByURI(ctx, a.URI)
	if err == nil && known.Username == a.Username {
		return known.Host(), nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", err
	}
	doc, err := d.webfinger(ctx, claimed.host, claimed.resource())
	if err != nil {
		// RULE: an instance actor may do without WebFinger if it is named like its host, a name nobody else can have.
		if a.Kind == account.Application && (strings.EqualFold(a.Username, claimed.host) || strings.EqualFold(a.Username, hostname(claimed.host))) {
			return claimed.host, nil
		}
		return "", fmt.Errorf("handle of %s: %w", a.URI, err)
	}
	if uri, err := doc.actor(); err != nil || uri != a.URI {
		return "", invalid(fmt.Errorf("webfinger for %s does not lead back to %s", claimed, a.URI))
	}
	canonical, err := parseAcct(doc.Subject)
	if err != nil || !canonical.whole() || !strings.EqualFold(canonical.user, a.Username) {
		return "", invalid(fmt.Errorf("webfinger for %s has subject %.80q", claimed, doc.Subject))
	}
	if canonical.same(claimed) {
		return claimed.host, nil
	}
	// The actor's handle is on another host than its id: that host must say the same, and point no further.
	doc, err = d.webfinger(ctx, canonical.host, canonical.resource())
	if err != nil {
		return "", fmt.Errorf("handle of %s: %w", a.URI, err)
	}
	again, err := parseAcct(doc.Subject)
	if uri, actorErr := doc.actor(); err != nil || actorErr != nil || uri != a.URI || !again.same(canonical) {
		return "", invalid(fmt.Errorf("webfinger for %s does not lead back to %s", canonical, a.URI))
	}
	return canonical.host, nil
}

// localByURI finds one of our accounts by id or page address.
func (c *Client) localByURI(ctx context.Context, uri string) (account.Account, error) {
	u, err := url.Parse(uri)
	if err != nil || !clean(u.Path) {
		return account.Account{}, fault.Wrap(fault.NotFound, "error.remote.not_found", fmt.Errorf("%.200q is no address", uri))
	}
	path := strings.TrimSuffix(u.Path, "/")
	switch name, isPage := strings.CutPrefix(path, "/@"); {
	case isPage && !strings.ContainsAny(name, "/@"):
		return c.accounts.ByUsername(ctx, name)
	case path == "", path == "/instanz":
		return c.accounts.Instance(ctx)
	}
	return c.accounts.ByURI(ctx, strings.TrimSuffix(c.base.String(), "/")+path)
}

// resolverFault narrows errors to the two a Resolver promises, and our own.
func resolverFault(err error) error {
	switch fault.KindOf(err) {
	case "", fault.NotFound, fault.Unavailable, fault.Internal:
		return err
	}
	return fault.Wrap(fault.NotFound, "error.remote.not_found", err)
}

func hostname(host string) string { return (&url.URL{Host: host}).Hostname() }
