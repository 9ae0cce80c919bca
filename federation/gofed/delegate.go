// Package gofed puts go-fed's pub in front of our inboxes: its actor runs the steps of the protocol, our DelegateActor
// decides each of them. None of go-fed's default side effects is used: they store embedded objects of other hosts, trust
// an activity's id instead of its actor and answer before anything is safe (go-fed v1.0.0, SideEffectActor). It must not apply anything;
// package inbox does, afterwards.
package gofed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-fed/activity/pub"
	as "github.com/go-fed/activity/streams/vocab"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
)

// Verifier checks who signed a request, and knows what address it came from; federation/transport implements it.
type Verifier interface {
	ClientIP(r *http.Request) string
	Verify(ctx context.Context, r *http.Request, body []byte) (account.Account, error)
}

// Gate decides what comes in; federation/inbox implements it.
type Gate interface {
	Read(body []byte) (vocab.Activity, error)
	Unheard(ctx context.Context, a vocab.Activity) bool
	MayForget(a vocab.Activity, err error) bool
	Authorize(ctx context.Context, signer account.Account, a vocab.Activity) (forwarded bool, err error)
	Store(ctx context.Context, scope string, a vocab.Activity) error
	Forwarded(ctx context.Context, signer account.Account, a vocab.Activity) error
	Synchronize(ctx context.Context, signer account.Account, header string)
}

// arrival is what the steps of one request hand to each other.
type arrival struct {
	scope    string
	header   http.Header // as it came
	signer   account.Account
	activity vocab.Activity
	// followers is what the signer's server says of its followers here (FEP-8fcf), "" where it says nothing.
	followers string
}

type arrivalKey struct{}

func arrivalIn(ctx context.Context) *arrival {
	a, _ := ctx.Value(arrivalKey{}).(*arrival)
	return a
}

// delegate implements pub.DelegateActor for inboxes only.
type delegate struct {
	verify Verifier
	gate   Gate
}

var _ pub.DelegateActor = (*delegate)(nil)

// AuthenticatePostInbox verifies the signature over the whole body. Everything that go-fed cannot read, because it knows
// neither the type nor how to leave a text alone, is dealt with here: go-fed gets the envelope only.
func (d *delegate) AuthenticatePostInbox(ctx context.Context, w http.ResponseWriter, r *http.Request) (context.Context, bool, error) {
	arrived := arrivalIn(ctx)
	if arrived == nil {
		return ctx, false, errors.New("gofed: no arrival in context")
	}
	r.Header = arrived.header // which may be signed as it is
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return ctx, false, err
	}
	if arrived.activity, err = d.gate.Read(body); err != nil {
		return ctx, false, err
	}
	if d.gate.Unheard(ctx, arrived.activity) {
		w.WriteHeader(http.StatusAccepted)
		return ctx, false, nil
	}
	if arrived.signer, err = d.verify.Verify(ctx, r, body); err != nil {
		if d.gate.MayForget(arrived.activity, err) {
			w.WriteHeader(http.StatusAccepted)
			return ctx, false, nil
		}
		return ctx, false, err
	}
	// RULE: only what the sender signed is heard.
	if transport.Covers(r, vocab.SynchronizationHeader) {
		arrived.followers = r.Header.Get(vocab.SynchronizationHeader)
	}
	if !arrived.activity.Known(ctx) {
		// RULE: an activity of an unknown type is kept and answered like any other; go-fed would say 400.
		if _, err := d.AuthorizePostInbox(ctx, w, nil); err != nil {
			return ctx, false, err
		}
		if err := d.PostInbox(ctx, nil, nil); err != nil {
			return ctx, false, err
		}
		w.WriteHeader(http.StatusAccepted)
		return ctx, false, nil
	}
	envelope, err := json.Marshal(arrived.activity.Envelope())
	if err != nil {
		return ctx, false, fmt.Errorf("gofed: envelope: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(envelope))
	return ctx, true, nil
}

// PostInboxRequestBodyHook makes sure that go-fed read the id we checked.
func (d *delegate) PostInboxRequestBodyHook(ctx context.Context, _ *http.Request, a pub.Activity) (context.Context, error) {
	id := a.GetJSONLDId()
	arrived := arrivalIn(ctx)
	if id == nil || id.Get() == nil || arrived == nil || vocab.HostOf(id.Get().String()) != vocab.HostOf(arrived.activity.ID) || a.GetTypeName() != arrived.activity.Type {
		return ctx, fmt.Errorf("gofed: %w: read as something else", vocab.ErrMalformed)
	}
	return ctx, nil
}

// AuthorizePostInbox checks that the owner of the key may say this.
func (d *delegate) AuthorizePostInbox(ctx context.Context, _ http.ResponseWriter, _ pub.Activity) (bool, error) {
	arrived := arrivalIn(ctx)
	_, err := d.gate.Authorize(ctx, arrived.signer, arrived.activity)
	return err == nil, err
}

// PostInbox keeps the activity until it is applied.
func (d *delegate) PostInbox(ctx context.Context, _ *url.URL, _ pub.Activity) error {
	arrived := arrivalIn(ctx)
	forwarded, err := d.gate.Authorize(ctx, arrived.signer, arrived.activity)
	if err != nil {
		return err
	}
	if forwarded {
		return d.gate.Forwarded(ctx, arrived.signer, arrived.activity)
	}
	if err := d.gate.Store(ctx, arrived.scope, arrived.activity); err != nil {
		return err
	}
	if arrived.followers != "" {
		d.gate.Synchronize(ctx, arrived.signer, arrived.followers)
	}
	return nil
}

// InboxForwarding does nothing: our groups announce instead (ActivityPub 7.1.2).
func (d *delegate) InboxForwarding(context.Context, *url.URL, pub.Activity) error { return nil }

// errNotServed answers the steps of the protocol that we serve elsewhere or not at all.
var errNotServed = errors.New("gofed: not served")

// AuthenticateGetInbox: inboxes are private; nobody reads them over HTTP.
func (d *delegate) AuthenticateGetInbox(ctx context.Context, w http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	w.WriteHeader(http.StatusMethodNotAllowed)
	return ctx, false, nil
}

// GetInbox is never reached.
func (d *delegate) GetInbox(context.Context, *http.Request) (as.ActivityStreamsOrderedCollectionPage, error) {
	return nil, errNotServed
}

// AuthenticateGetOutbox and GetOutbox: package publish serves outboxes.
func (d *delegate) AuthenticateGetOutbox(ctx context.Context, w http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	w.WriteHeader(http.StatusMethodNotAllowed)
	return ctx, false, nil
}

// GetOutbox is never reached.
func (d *delegate) GetOutbox(context.Context, *http.Request) (as.ActivityStreamsOrderedCollectionPage, error) {
	return nil, errNotServed
}

// The client-to-server half of the protocol is switched off; what we send leaves by package outbox.

// AuthenticatePostOutbox refuses.
func (d *delegate) AuthenticatePostOutbox(ctx context.Context, w http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	w.WriteHeader(http.StatusMethodNotAllowed)
	return ctx, false, nil
}

// PostOutboxRequestBodyHook is never reached.
func (d *delegate) PostOutboxRequestBodyHook(ctx context.Context, _ *http.Request, _ as.Type) (context.Context, error) {
	return ctx, errNotServed
}

// PostOutbox is never reached.
func (d *delegate) PostOutbox(context.Context, pub.Activity, *url.URL, map[string]any) (bool, error) {
	return false, errNotServed
}

// AddNewIDs is never reached.
func (d *delegate) AddNewIDs(context.Context, pub.Activity) error { return errNotServed }

// Deliver is never reached.
func (d *delegate) Deliver(context.Context, *url.URL, pub.Activity) error { return errNotServed }

// WrapInCreate is never reached.
func (d *delegate) WrapInCreate(context.Context, as.Type, *url.URL) (as.ActivityStreamsCreate, error) {
	return nil, errNotServed
}

// clock implements pub.Clock.
type clock struct{}

// Now implements pub.Clock.
func (clock) Now() time.Time { return time.Now() }
