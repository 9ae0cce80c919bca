package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// How far one trigger may lead.
const (
	maxAncestors = 20
	maxReplies   = 20
	maxOutbox    = 2 // pages
	maxBackfill  = 40
	maxFetches   = 100
	maxFetchTime = 2 * time.Minute
)

// FetchPost gets a post from its origin, with the parents that are missing and its first answers. A post we know is
// brought up to date, or withdrawn when its origin has no longer got it.
//
// RULE: what one host can make us fetch holds one worker, for a limited time, however slowly it answers.
func (in *Inbox) FetchPost(ctx context.Context, uri string) error {
	done, err := takeTurn(ctx, in.DB, fetchTurn, vocab.HostOf(uri))
	if err != nil {
		return fmt.Errorf("inbox.FetchPost %s: %w", uri, err)
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, maxFetchTime)
	defer cancel()
	b := &budget{left: maxFetches}
	return in.settled(ctx, uri, in.fetchThread(ctx, uri, nil, b))
}

// Find returns the post with an id or page address, from its origin when it is not known yet. Errors: fault.NotFound,
// fault.Unavailable.
func (in *Inbox) Find(ctx context.Context, address string) (post.Post, error) {
	p, err := in.Posts.Find(ctx, address)
	if !fault.Is(err, fault.NotFound) || in.ours(address) || vocab.HostOf(address) == "" {
		return p, err
	}
	o, err := in.fetchObject(ctx, address)
	if err == nil && o.Kind() == "" {
		err = ignored("no post: %s", o.Type)
	}
	if err == nil {
		err = in.fetchThread(ctx, o.ID, nil, &budget{left: maxFetches})
	}
	if err != nil {
		if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Limited) {
			return p, err
		}
		return p, fault.Wrap(fault.NotFound, "error.federation.not_found", err)
	}
	return in.Posts.Find(ctx, o.ID)
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

// budget counts what one trigger fetched.
type budget struct{ left int }

func (b *budget) spend() bool {
	b.left--
	return b.left >= 0
}

// fetchThread reads a post and its unknown ancestors, then stores them from the top down, so that each finds its parent.
func (in *Inbox) fetchThread(ctx context.Context, uri string, via *account.Account, b *budget) error {
	if in.ours(uri) {
		return nil
	}
	var chain []vocab.Object
	for next := uri; next != ""; {
		if len(chain) > 0 {
			if _, err := in.Posts.Find(ctx, next); err == nil {
				break
			} else if !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		// RULE: a thread without an end is not worth having; nothing of it is stored, so that nothing asks for more.
		if len(chain) > maxAncestors {
			return ignored("more than %d unknown ancestors", maxAncestors)
		}
		if in.ours(next) || !b.spend() || !in.fetches.allow(vocab.HostOf(next)) {
			break
		}
		o, err := in.fetchObject(ctx, next)
		if len(chain) == 0 {
			switch {
			case fault.Is(err, fault.Gone), err == nil && o.Tombstone():
				return in.withdrawn(ctx, next, true)
			case fault.Is(err, fault.NotFound):
				return in.withdrawn(ctx, next, false)
			case err != nil:
				return err
			}
		} else if err != nil || o.Tombstone() {
			break // a missing parent is no reason to lose the answer
		}
		chain = append(chain, o)
		next = o.InReplyTo
	}
	for i := len(chain) - 1; i >= 0; i-- {
		if err := in.saveFetched(ctx, chain[i], reason{via: via, wanted: true}); err != nil {
			if i == 0 {
				return err
			}
			in.Log.InfoContext(ctx, "ancestor not stored", "uri", chain[i].ID, "reason", err)
		}
	}
	if len(chain) > 0 && chain[0].Public() {
		in.fetchReplies(ctx, chain[0], b)
	}
	return nil
}

func (in *Inbox) saveFetched(ctx context.Context, o vocab.Object, why reason) error {
	author, err := in.Fetch.FetchActor(ctx, o.AttributedTo)
	if err != nil {
		return err
	}
	_, _, err = in.save(ctx, o, author, why)
	return err
}

// withdrawn follows the origin, for posts we know; what answers a post that we shall never know is told so, if it is
// certain: one that is merely not found may be hidden from us now and public later.
func (in *Inbox) withdrawn(ctx context.Context, uri string, certain bool) error {
	_, err := in.Posts.Find(ctx, uri)
	switch {
	case err == nil:
		return in.Posts.ReceiveDelete(ctx, uri)
	case fault.Is(err, fault.NotFound) && certain:
		return errors.Join(err, in.Posts.ParentGone(ctx, uri))
	}
	return err
}

// fetchReplies reads the first page of the answers to a public post, one level: what answers them comes by the thread's
// group, or when someone asks.
func (in *Inbox) fetchReplies(ctx context.Context, o vocab.Object, b *budget) {
	if !vocab.SameHost(o.ID, o.Replies) || !b.spend() || !in.fetches.allow(vocab.HostOf(o.ID)) {
		return
	}
	doc, err := in.Fetch.Get(ctx, o.Replies)
	if err != nil {
		in.Log.InfoContext(ctx, "answers not fetched", "uri", o.Replies, "reason", err)
		return
	}
	c, err := vocab.ParseCollection(doc.Body)
	if err != nil {
		return
	}
	for _, item := range c.Items[:min(len(c.Items), maxReplies)] {
		if item.ID == "" || in.ours(item.ID) {
			continue
		}
		if _, err := in.Posts.Find(ctx, item.ID); err == nil {
			continue
		}
		if !b.spend() {
			return
		}
		reply, err := in.fetchObject(ctx, item.ID)
		if err != nil || reply.Tombstone() || reply.InReplyTo != o.ID {
			continue
		}
		if err := in.saveFetched(ctx, reply, reason{wanted: true}); err != nil {
			in.Log.InfoContext(ctx, "answer not stored", "uri", item.ID, "reason", err)
		}
	}
}

// Backfill reads what an account that we began to follow has published lately, so that a new reader does not start with an
// empty page. The newest stands first in an outbox; it is stored last, as if it had arrived in order.
func (in *Inbox) Backfill(ctx context.Context, accountID int64) error {
	a, err := in.Accounts.ByID(ctx, accountID)
	if fault.Is(err, fault.NotFound) || err == nil && (a.Local() || a.OutboxURI == "" || a.State != account.Active) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("inbox.Backfill %d: %w", accountID, err)
	}
	done, err := takeTurn(ctx, in.DB, fetchTurn, a.Host())
	if err != nil {
		return fmt.Errorf("inbox.Backfill %d: %w", accountID, err)
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, maxFetchTime)
	defer cancel()
	b := &budget{left: maxFetches}
	items, err := in.outboxItems(ctx, a, b)
	if err != nil {
		return in.settled(ctx, a.OutboxURI, err)
	}
	var failed error
	for i := len(items) - 1; i >= 0; i-- {
		uri := items[i]
		if _, err := in.Posts.Find(ctx, uri); err == nil || in.ours(uri) {
			continue
		}
		if err := in.settled(ctx, uri, in.fetchThread(ctx, uri, &a, b)); err != nil {
			failed = err // go on with the others; the job comes back for this one
		}
	}
	return failed
}

// outboxItems lists the posts that an outbox names, newest first.
func (in *Inbox) outboxItems(ctx context.Context, a account.Account, b *budget) ([]string, error) {
	var posts []string
	next := a.OutboxURI
	for pages := 0; next != "" && pages < maxOutbox+1 && len(posts) < maxBackfill && b.spend(); pages++ {
		if !vocab.SameHost(a.URI, next) {
			break
		}
		doc, err := in.Fetch.Get(ctx, next)
		if err != nil {
			return posts, err
		}
		c, err := vocab.ParseCollection(doc.Body)
		if err != nil {
			return posts, err
		}
		for _, item := range c.Items {
			if uri := item.Post(a.URI); uri != "" && len(posts) < maxBackfill {
				posts = append(posts, uri)
			}
		}
		next = c.Next
		if len(c.Items) == 0 {
			next = c.First
		}
	}
	return posts, nil
}
