package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// How far one trigger may lead: a follow, a post that came, a thread that someone opened, a collection that changed.
const (
	maxFetches    = 100 // requests, whatever they were for: transport.WithBudget
	maxFetchTime  = 2 * time.Minute
	maxAncestors  = 20
	maxPages      = 25  // of one collection
	maxReplies    = 200 // entries of one post's answers
	maxThread     = 1000
	maxDepth      = 12 // levels of answers below the first post
	maxOutbox     = 2  // pages
	maxBackfill   = 40 // entries of an outbox
	maxFeatured   = 20
	maxCurated    = curation.MaxCurated // entries of a collection that a catalogue curates
	maxNewCurated = 25                  // posts that such a collection makes us fetch at a time
	maxFollowers  = 5000                // of one actor on this instance that are compared with its server
)

// visit is what one trigger leads to. Everything that is fetched for it goes through one, by the context that begin
// returns.
type visit struct {
	*Inbox
	via    *account.Account        // whose outbox or announcement named what is fetched
	asked  map[string]bool         // ids that were asked for
	held   map[string]vocab.Object // read already, not yet stored
	stored int                     // posts that were new
	cut    bool                    // something was left out that a later visit can bring
}

// RULE: what one trigger makes us fetch is bounded in number and time.
func (in *Inbox) begin(ctx context.Context, via *account.Account) (context.Context, *visit, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, maxFetchTime)
	return transport.WithBudget(ctx, maxFetches), &visit{Inbox: in, via: via, asked: map[string]bool{}, held: map[string]vocab.Object{}}, cancel
}

// over reports whether nothing more will come of the visit.
func over(ctx context.Context) bool { return ctx.Err() != nil || transport.BudgetSpent(ctx) }

// interrupted returns an error when the visit did not end by itself: its process stops, and another one goes on.
func interrupted(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("inbox: interrupted: %w", ctx.Err())
	}
	return nil
}

// limited is the error of who must wait because of what we ask of one host.
func limited() error { return fault.New(fault.Limited, "error.federation.limited") }

// get is every request of a visit but those for authors, which are few.
func (v *visit) get(ctx context.Context, uri string) (transport.Document, error) {
	if !v.fetches.allow(vocab.HostOf(uri)) {
		v.cut = true
		return transport.Document{}, limited()
	}
	doc, err := v.Fetch.Get(ctx, uri)
	if errors.Is(err, transport.ErrSpent) {
		v.cut = true
	}
	return doc, err
}

// getIf is get for a document of which we keep a version.
func (v *visit) getIf(ctx context.Context, uri, etag string) (transport.Document, bool, error) {
	if !v.fetches.allow(vocab.HostOf(uri)) {
		return transport.Document{}, false, limited()
	}
	return v.Fetch.GetIf(ctx, uri, etag)
}

// object gets a post from its origin.
func (v *visit) object(ctx context.Context, uri string) (vocab.Object, error) {
	v.asked[uri] = true
	if o, ok := v.held[uri]; ok {
		return o, nil
	}
	doc, err := v.get(ctx, uri)
	if err != nil {
		return vocab.Object{}, err
	}
	return objectIn(doc)
}

// chain reads a post and its unknown ancestors, the post first.
func (v *visit) chain(ctx context.Context, uri string) ([]vocab.Object, error) {
	var list []vocab.Object
	for next := uri; next != "" && !v.ours(next); {
		if len(list) > 0 {
			if _, err := v.Posts.Find(ctx, next); err == nil {
				break
			} else if !fault.Is(err, fault.NotFound) {
				return nil, err
			}
		}
		// RULE: a thread without an end is not worth having; nothing of it is stored, so that nothing asks for more.
		if len(list) > maxAncestors {
			return nil, ignored("more than %d unknown ancestors", maxAncestors)
		}
		o, err := v.object(ctx, next)
		if len(list) == 0 && err != nil {
			return nil, err
		}
		if len(list) > 0 && errors.Is(err, transport.ErrSpent) {
			return nil, err
		}
		if len(list) > 0 && (err != nil || o.Tombstone()) {
			break // a missing parent is no reason to lose the answer
		}
		list = append(list, o)
		next = o.InReplyTo
	}
	return list, nil
}

// fetch reads a post and its unknown ancestors, then stores them. One we know is brought up to date, or withdrawn when
// its origin has no longer got it.
func (v *visit) fetch(ctx context.Context, uri string) error {
	if v.ours(uri) {
		return nil
	}
	chain, err := v.chain(ctx, uri)
	switch {
	case fault.Is(err, fault.Gone), err == nil && chain[0].Tombstone():
		return v.withdrawn(ctx, uri, true)
	case vanished(err):
		return v.withdrawn(ctx, uri, false)
	case err != nil:
		return err
	}
	return v.store(ctx, chain)
}

// store keeps a chain from the top down, so that each finds its parent. The error is that of the post itself.
func (v *visit) store(ctx context.Context, chain []vocab.Object) error {
	for i := len(chain) - 1; i >= 0; i-- {
		if err := v.saveFetched(ctx, chain[i]); err != nil {
			if i == 0 {
				return err
			}
			v.Log.InfoContext(ctx, "ancestor not stored", "uri", chain[i].ID, "reason", err)
		}
	}
	return nil
}

func (v *visit) saveFetched(ctx context.Context, o vocab.Object) error {
	author, err := v.Fetch.FetchActor(ctx, o.AttributedTo)
	if err != nil {
		v.cut = v.cut || errors.Is(err, transport.ErrSpent)
		return err
	}
	_, created, err := v.save(ctx, o, author, reason{via: v.via, wanted: true})
	if created {
		v.stored++
	}
	return err
}

// withdrawn follows the origin, for posts we know; what answers a post that we shall never know is told so, if it is
// certain: one that is merely not found may be hidden from us now and public later.
func (in *Inbox) withdrawn(ctx context.Context, uri string, certain bool) error {
	known, err := in.Posts.Find(ctx, uri)
	switch {
	case err == nil:
		return in.gone(ctx, known)
	case fault.Is(err, fault.NotFound) && certain:
		return errors.Join(err, in.Posts.ParentGone(ctx, uri))
	}
	return err
}

// FetchPost gets a post from its origin, with the parents that are missing; the rest of its thread follows in a job of its
// own.
//
// RULE: what one host can make us fetch holds one worker, for a limited time, however slowly it answers.
func (in *Inbox) FetchPost(ctx context.Context, uri string) error {
	done, err := takeTurn(ctx, in.DB, fetchTurn, vocab.HostOf(uri))
	if err != nil {
		return fmt.Errorf("inbox.FetchPost %s: %w", uri, err)
	}
	defer done()
	ctx, v, cancel := in.begin(ctx, nil)
	defer cancel()
	if err := in.settled(ctx, uri, v.fetch(ctx, uri)); err != nil {
		return err
	}
	p, err := in.Posts.Find(ctx, uri)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return in.complete(ctx, p)
}

// Find returns the post with an id or page address, from its origin when it is not known yet. Errors: fault.NotFound,
// fault.Unavailable.
func (in *Inbox) Find(ctx context.Context, address string) (post.Post, error) {
	p, err := in.Posts.Find(ctx, address)
	if !fault.Is(err, fault.NotFound) || in.ours(address) || vocab.HostOf(address) == "" {
		return p, err
	}
	ctx, v, cancel := in.begin(ctx, nil)
	defer cancel()
	o, err := v.object(ctx, address)
	if err == nil && o.Kind() == "" {
		err = ignored("no post: %s", o.Type)
	}
	if err == nil {
		v.held[o.ID] = o
		err = v.fetch(ctx, o.ID)
	}
	if err != nil {
		if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Limited) {
			return p, err
		}
		return p, fault.Wrap(fault.NotFound, "error.federation.not_found", err)
	}
	if p, err = in.Posts.Find(ctx, o.ID); err != nil {
		return p, err
	}
	if err := in.complete(ctx, p); err != nil {
		in.Log.WarnContext(ctx, "thread not asked for", "uri", p.URI, "error", err) // the post is there, whatever stands around it
	}
	return p, nil
}

// settled keeps an error only when trying again can help.
func (in *Inbox) settled(ctx context.Context, uri string, err error) error {
	if err == nil {
		return nil
	}
	if asVerdict(err) == nil && !errors.Is(err, vocab.ErrMalformed) {
		switch fault.KindOf(err) {
		case fault.Unavailable, fault.Limited, fault.Internal:
			return fmt.Errorf("inbox: fetch %s: %w", uri, err)
		}
	}
	in.Log.InfoContext(ctx, "not fetched", "uri", uri, "reason", err)
	return nil
}
