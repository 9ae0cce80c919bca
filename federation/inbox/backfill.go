package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vorbild/vorbild/federation/transport"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

// Backfill reads what an account that we began to follow has published lately and what it put in front, and completes the
// threads of these posts, so that a new reader does not start with an empty page. The newest stands first in an outbox; it
// is stored last, as if it had arrived in order. What is known already is not fetched again, so an interrupted backfill
// goes on where it was.
func (in *Inbox) Backfill(ctx context.Context, accountID int64) error {
	a, err := in.Accounts.ByID(ctx, accountID)
	if fault.Is(err, fault.NotFound) || err == nil && (a.Local() || a.State != account.Active) {
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
	ctx, v, cancel := in.begin(ctx, &a)
	defer cancel()
	uris, pins, failed := v.published(ctx, a)
	var begun []string // posts whose threads are ours to complete
	for _, uri := range uris {
		if over(ctx) {
			break
		}
		if _, err := in.Posts.Find(ctx, uri); fault.Is(err, fault.NotFound) {
			if err := in.settled(ctx, uri, v.fetch(ctx, uri)); err != nil && !errors.Is(err, transport.ErrSpent) {
				failed = err // go on with the others; the job comes back for this one
				continue
			}
		}
		begun = append(begun, uri)
	}
	if pins != nil {
		if err := in.pinAll(context.WithoutCancel(ctx), a, pins); err != nil {
			return fmt.Errorf("inbox.Backfill %d: %w", accountID, err)
		}
	}
	slices.Reverse(begun) // what is newest is read first
	for _, uri := range begun {
		if over(ctx) {
			break
		}
		if p, err := in.Posts.Find(ctx, uri); err == nil {
			if _, err := v.completeThread(ctx, p); err != nil {
				in.Log.InfoContext(ctx, "thread not complete", "uri", uri, "reason", err)
			}
		}
	}
	if err := interrupted(ctx); err != nil {
		return err
	}
	if over(ctx) {
		return nil // what was not reached comes when somebody opens it
	}
	return failed
}

// published lists the posts that an account's outbox and its featured collection name, oldest first, and which of them are
// featured, nil when that is not known. The error is worth another attempt.
func (v *visit) published(ctx context.Context, a account.Account) (uris, pins []string, failed error) {
	read := func(collection string, pages, limit int) (named []string, ok bool) {
		if !vocab.SameHost(a.URI, collection) {
			return nil, false
		}
		items, _, err := v.members(ctx, collection, pages, limit)
		if err := v.settled(ctx, collection, err); err != nil {
			failed = err
		}
		for _, item := range items {
			uri, err := v.entry(ctx, a, item)
			if err != nil {
				v.Log.InfoContext(ctx, "entry not read", "collection", collection, "entry", item.ID, "reason", err)
			}
			if uri != "" && !v.ours(uri) && !slices.Contains(named, uri) {
				named = append(named, uri)
			}
		}
		return named, err == nil
	}
	uris, _ = read(a.OutboxURI, maxOutbox+1, maxBackfill) // the collection itself and its pages
	slices.Reverse(uris)
	featured, ok := read(a.FeaturedURI, 2, maxFeatured)
	for _, uri := range featured {
		if !slices.Contains(uris, uri) {
			uris = append(uris, uri)
		}
	}
	if ok {
		pins = append([]string{}, featured...)
	}
	return uris, pins, failed
}

// pinAll puts the featured posts on top of their author's profile. What does not belong there the service leaves out.
func (in *Inbox) pinAll(ctx context.Context, a account.Account, pins []string) error {
	var ids []int64
	for _, uri := range pins {
		if p, err := in.Posts.Find(ctx, uri); err == nil {
			ids = append(ids, p.ID)
		}
	}
	return in.Posts.ReceivePins(ctx, a.ID, ids)
}

// entry is the post that an entry stands for. A mere id may be one of a post, of its Create, or of an Announce.
func (v *visit) entry(ctx context.Context, a account.Account, item vocab.Item) (string, error) {
	if item.Type != "" {
		return item.Post(a.URI), nil
	}
	if !vocab.SameHost(a.URI, item.ID) {
		return item.ID, nil // a group lists posts of others, which their origins know
	}
	if _, err := v.Posts.Find(ctx, item.ID); err == nil || !fault.Is(err, fault.NotFound) {
		return item.ID, err
	}
	doc, err := v.get(ctx, item.ID)
	if err != nil {
		return "", err
	}
	if activity, err := vocab.ParseActivity(doc.Body); err == nil && (activity.Type == "Create" || activity.Type == "Announce") {
		// RULE: an outbox speaks for its owner only.
		if activity.Actor != a.URI {
			return "", rejected("%s is by %s", activity.ID, activity.Actor)
		}
		if inner, err := activity.Inner(); err == nil && inner.ObjectID != "" {
			return inner.ObjectID, nil
		}
		return activity.ObjectID, nil
	}
	o, err := objectIn(doc)
	if err != nil || o.Kind() == "" {
		return "", err
	}
	v.held[o.ID] = o
	return o.ID, nil
}
