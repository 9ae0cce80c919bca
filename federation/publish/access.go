package publish

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// Verifier checks who signed a request; federation/transport implements it.
type Verifier interface {
	Verify(ctx context.Context, r *http.Request, body []byte) (account.Account, error)
}

// access is what a request has to do with who sends it. Handlers find it by accessOf.
type access struct {
	asked   bool // who it is was looked at
	reader  account.Account
	err     error // why it is nobody we know
	caching string
}

// What caches may do with a document: keep it and ask each time whether it is still so. Whoever hears of a withdrawal and comes to
// see must not be shown what was there before, by no proxy either.
const (
	everyone   = "public, no-cache"
	readerOnly = "private, no-cache" // secure mode: others have to show who they are first
	nobody     = "private, no-store" // not for everyone, whatever the mode
)

type accessKey struct{}

func accessOf(r *http.Request) *access {
	if a, ok := r.Context().Value(accessKey{}).(*access); ok {
		return a
	}
	return &access{}
}

// secure reports whether objects and collections are given to signed requests only.
func (p *Publisher) secure(ctx context.Context) (bool, error) {
	policy, err := p.Peers.Policy(ctx)
	return policy.AuthorizedFetch, err
}

// guarded serves what secure mode gives to signed requests only. Without secure mode whoever says that they are of a refused
// host is refused; who is not asked, is not checked: the document is public.
//
// RULE: in secure mode the signature is checked before anything is looked up, so that the answer to others says nothing of
// what there is. forPeople is set for handlers that send browsers on to a page, as they always may be.
func (p *Publisher) guarded(forPeople bool, f func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		secure, err := p.secure(r.Context())
		switch {
		case err != nil:
			return err
		case forPeople && isBrowser(r):
			return f(w, r)
		case !secure:
			if err := p.refuseClaimed(r); err != nil {
				return err
			}
			return f(w, r)
		}
		personal(w)
		accessOf(r).caching = readerOnly
		if _, err := p.reader(r); err != nil {
			return err
		}
		return f(w, r)
	}
}

// refuseClaimed refuses requests that say of themselves to come from a refused host. They might as well not say it; a host
// that federates by the rules learns so that we do not.
func (p *Publisher) refuseClaimed(r *http.Request) error {
	host := transport.ClaimedHost(r)
	if host == "" {
		return nil
	}
	refused, err := p.Peers.Refused(r.Context(), host)
	if err == nil && refused {
		err = fault.Wrap(fault.Forbidden, "error.federation.forbidden", fmt.Errorf("publish: %s is refused", host))
	}
	return err
}

// reader returns who signed the request; fault.Unauthorized when nobody did.
func (p *Publisher) reader(r *http.Request) (account.Account, error) {
	a := accessOf(r)
	if a.asked {
		return a.reader, a.err
	}
	a.asked = true
	if !transport.Signed(r) {
		a.err = fault.Wrap(fault.Unauthorized, "error.federation.unauthorized", fmt.Errorf("publish: the request is not signed"))
		return a.reader, a.err
	}
	a.reader, a.err = p.Verifier.Verify(r.Context(), r, nil)
	return a.reader, a.err
}

// mayRead reports whether a post that is not for everyone is for whoever signed the request. Servers fetch by their instance
// actor, so it is for a host: of an accepted follower of the author, or of someone mentioned.
//
// RULE: who asks is checked also where there is no such post. Otherwise they could see from our fetching their key whether
// there is one.
func (p *Publisher) mayRead(r *http.Request, found post.Post, there bool) (bool, error) {
	reader, err := p.reader(r)
	if err != nil || !there {
		return false, nil // who cannot show who they are is told no more than that it is not there
	}
	host := vocab.HostOf(reader.URI)
	var allowed bool
	switch found.Visibility {
	case post.Followers:
		allowed, err = addressed(r.Context(), p.DB, found.ID, found.AccountID, host)
	case post.Network:
		allowed, err = p.Peers.InNetwork(r.Context(), host)
	case post.Direct:
		allowed, err = addressed(r.Context(), p.DB, found.ID, 0, host)
	}
	if err != nil {
		return false, fmt.Errorf("publish: post %d for %s: %w", found.ID, host, err)
	}
	accessOf(r).caching = nobody
	return allowed, nil
}

// personal says that the answer is for whoever signed the request.
func personal(w http.ResponseWriter) { w.Header().Set("Vary", "Accept, Signature") }
