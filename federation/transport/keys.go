package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/time/rate"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

// keyFailure remembers that a key could not be had, so that repeated requests do not make us ask again and again.
type keyFailure struct {
	err   error
	until time.Time
}

// checkKeyID refuses keys at addresses that we do not talk to, before anyone is asked.
func (c *Client) checkKeyID(ctx context.Context, keyID string) (*url.URL, error) {
	u, err := url.Parse(keyID)
	if err == nil {
		err = c.guard.checkURL(u)
	}
	if err != nil {
		return nil, unauthorized(fmt.Errorf("keyId: %w", err))
	}
	return u, c.checkBlocked(ctx, hostOf(u))
}

// checkOwnerHost asks for the host of the owner's handle, where it is another than the key's.
func (c *Client) checkOwnerHost(ctx context.Context, owner account.Account, key *url.URL) error {
	if owner.Host() == hostOf(key) {
		return nil
	}
	return c.checkBlocked(ctx, owner.Host())
}

// keyOwner finds the account a key belongs to: first among the stored ones, else at its origin. stored says which.
func (c *Client) keyOwner(ctx context.Context, keyID string, r *http.Request) (owner account.Account, stored bool, err error) {
	owner, err = c.accounts.ByKeyID(ctx, keyID)
	if fault.Is(err, fault.NotFound) {
		owner, err = c.fetchKeyOwner(ctx, keyID, account.Account{}, r)
		return owner, false, err
	}
	if err == nil {
		err = checkState(owner)
	}
	return owner, true, err
}

// checkState refuses keys of accounts that may not act any more.
func checkState(a account.Account) error {
	switch a.State {
	case account.Suspended:
		return fault.Wrap(fault.Forbidden, "error.remote.blocked", fmt.Errorf("%s is suspended", a.URI))
	case account.Gone:
		return unauthorized(fmt.Errorf("%s: %w", a.URI, ErrActorGone))
	}
	return nil
}

// errAllowance says that a sender may not make us ask for more keys now.
var errAllowance = errors.New("too many fetches")

// fetchKeyOwner asks the key's origin whose key it is and stores that actor; known is what was stored of it, if anything. Requests
// for the same key wait for one fetch; failures are remembered; each sender and each site has an allowance for the fetches that
// they cause.
func (c *Client) fetchKeyOwner(ctx context.Context, keyID string, known account.Account, r *http.Request) (account.Account, error) {
	if failed, ok := c.keyFailures.get(keyID); ok && c.now().Before(failed.until) {
		return account.Account{}, failed.err
	}
	for {
		ours := false
		done := c.keyFetches.DoChan(keyID, func() (any, error) {
			ours = true
			return c.fetchKey(ctx, keyID, known, r)
		})
		select {
		case <-ctx.Done():
			return account.Account{}, fault.Wrap(fault.Unavailable, "error.remote.unavailable", ctx.Err())
		case res := <-done:
			switch {
			case errors.Is(res.Err, errAllowance) && !ours:
				continue // what somebody else used up says nothing about this sender
			case res.Err != nil:
				return account.Account{}, res.Err
			}
			return res.Val.(account.Account), nil
		}
	}
}

// fetchKey is done once for all who wait for the same key.
func (c *Client) fetchKey(ctx context.Context, keyID string, known account.Account, r *http.Request) (account.Account, error) {
	// It serves all who wait for it, so it must not end with the request that came first.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*c.timeout)
	defer cancel()
	// Who looked before the last fetch had stored its actor, and comes when it is over, needs no other.
	if a, err := c.accounts.ByKeyID(ctx, keyID); err == nil && newer(a, known) {
		return a, checkState(a)
	}
	if !c.keyLimits.allow(c.now(), c.ClientIP(r), hostOfURI(keyID)) {
		return account.Account{}, fault.Wrap(fault.Limited, "error.remote.limited", fmt.Errorf("transport: key %s: %w", keyID, errAllowance))
	}
	a, err := c.lookUpKey(ctx, keyID)
	if err == nil {
		c.keyFailures.remove(keyID)
		return a, checkState(a)
	}
	err = keyFault(keyID, err)
	ttl := keyFailureTTL
	if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Internal) {
		ttl = keyOutageTTL
	}
	c.keyFailures.put(keyID, keyFailure{err: err, until: c.now().Add(ttl)})
	return a, err
}

// newer reports whether an account was fetched after what is known of it.
func newer(a, known account.Account) bool {
	return a.FetchedAt != nil && (known.FetchedAt == nil || a.FetchedAt.After(*known.FetchedAt))
}

// keyFault turns what happened at the origin into what the sender hears: 502 if trying again may help, else 401.
func keyFault(keyID string, err error) error {
	var status *StatusError
	if errors.As(err, &status) && (status.Code == http.StatusNotFound || status.Code == http.StatusGone) {
		err = fmt.Errorf("%w: %w", ErrActorGone, err)
		return fault.Wrap(fault.Unauthorized, "error.signature.invalid", fmt.Errorf("transport: key %s: %w", keyID, err))
	}
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Internal:
		return fmt.Errorf("transport: key %s: %w", keyID, err)
	}
	return fault.Wrap(fault.Unauthorized, "error.signature.invalid", fmt.Errorf("transport: key %s: %w", keyID, err))
}

// lookUpKey fetches a key and proves whose it is. The address alone proves nothing: the actor must list the key.
func (c *Client) lookUpKey(ctx context.Context, keyID string) (account.Account, error) {
	doc, err := c.getKey(ctx, keyID)
	if err != nil {
		return account.Account{}, err
	}
	owner, err := keyDocumentOwner(doc.body, keyID)
	if err != nil {
		return account.Account{}, invalid(err)
	}
	// RULE: a host vouches for its own actors only.
	if hostOfURI(owner) != hostOfURI(keyID) {
		return account.Account{}, invalid(fmt.Errorf("owner %s is on another host", owner))
	}
	// Most keys are fragments of their actor, so the actor is what we already hold. A stub (GoToSocial) is not.
	if owner != doc.url.String() {
		if doc, err = c.getKey(ctx, owner); err != nil {
			return account.Account{}, err
		}
	}
	a, err := vocab.ParseActorWithKey(doc.body, keyID)
	if err != nil {
		return account.Account{}, invalid(err)
	}
	if a.URI != owner || a.PublicKeyID != keyID {
		return account.Account{}, invalid(fmt.Errorf("actor %s does not list the key", owner))
	}
	c.readGenerator(ctx, a.URI, doc.body)
	return c.storeActor(ctx, a)
}

// getKey fetches a key or its owner: no redirects, a shorter time.
func (c *Client) getKey(ctx context.Context, uri string) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, min(keyTimeout, c.timeout))
	defer cancel()
	return c.get(ctx, uri, request{accept: acceptActivity, signed: true, is: IsActivity})
}

// keyDocumentOwner reads who a fetched document says the key belongs to: it is the actor (whole, or a stub with its
// key), or the key itself.
func keyDocumentOwner(raw []byte, keyID string) (string, error) {
	if err := vocab.CheckShape(raw); err != nil {
		return "", err
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(raw, &doc); err != nil {
		return "", fmt.Errorf("key document: %w", err)
	}
	candidates := []json.RawMessage{raw}
	var list []json.RawMessage
	if json.Unmarshal(doc["publicKey"], &list) == nil {
		candidates = append(candidates, list...)
	} else if doc["publicKey"] != nil {
		candidates = append(candidates, doc["publicKey"])
	}
	for _, candidate := range candidates {
		var key map[string]json.RawMessage
		if json.Unmarshal(candidate, &key) != nil || jsonString(key["id"]) != keyID {
			continue
		}
		for _, name := range []string{"owner", "controller"} {
			if owner := jsonString(key[name]); owner != "" {
				return owner, nil
			}
		}
	}
	return "", fmt.Errorf("key document does not hold key %s with an owner", keyID)
}

// jsonString returns raw as a string, "" when it is none. encoding/json would match struct fields in any case;
// reading maps keeps "ID" from standing in for "id".
func jsonString(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// limits holds how many key fetches one address, and one registrable domain with all its subdomains, may cause.
//
// RULE: one address uses up a part of a domain's allowance only. Anybody can name keys there, and none of its people would be heard.
type limits struct {
	byIP, bySite, byBoth *lru[string, *rate.Limiter]
}

func newLimits() *limits {
	of := func() *lru[string, *rate.Limiter] { return newLRU[string, *rate.Limiter](8192) }
	return &limits{byIP: of(), bySite: of(), byBoth: of()}
}

func (l *limits) allow(now time.Time, ip, host string) bool {
	name := site(host)
	byIP := l.byIP.getOrPut(ip, func() *rate.Limiter { return rate.NewLimiter(10, 100) })
	bySite := l.bySite.getOrPut(name, func() *rate.Limiter { return rate.NewLimiter(20, 200) })
	byBoth := l.byBoth.getOrPut(ip+" "+name, func() *rate.Limiter { return rate.NewLimiter(5, 50) })
	return byBoth.AllowN(now, 1) && byIP.AllowN(now, 1) && bySite.AllowN(now, 1)
}

// site returns the registrable domain of a host, the host itself where there is none.
func site(host string) string {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if s, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return s
	}
	return name
}
