package inbox

import (
	"context"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// announce is a boost of a post, or a group that passes on a member's activity (FEP-1b12).
func (in *Inbox) announce(ctx context.Context, a vocab.Activity) error {
	if a.EmbeddedObject() {
		inner, err := a.Inner()
		if err == nil {
			return in.passedOn(ctx, a, inner)
		}
	}
	return in.boost(ctx, a)
}

// boost notes that someone we read, or whose word concerns our post, shares a post.
func (in *Inbox) boost(ctx context.Context, a vocab.Activity) error {
	m := from(ctx)
	if vocab.HostOf(a.ObjectID) == "" {
		return rejected("object %q", a.ObjectID)
	}
	p, err := in.Posts.Find(ctx, a.ObjectID)
	if fault.Is(err, fault.NotFound) {
		if in.ours(a.ObjectID) {
			return ignored("unknown post")
		}
		// RULE: only those we read make us fetch what they share.
		followed, ferr := in.Follows.FollowedByUs(ctx, m.actor.ID)
		if ferr != nil {
			return ferr
		}
		if !followed {
			return ignored("nobody here follows %s", a.Actor)
		}
		p, err = in.fetchAndSave(ctx, a.ObjectID, reason{via: &m.actor})
	}
	if err == nil && m.actor.Kind == account.Group && p.BoardID == nil && p.InReplyToURI == "" && !p.Local && p.State == post.StatePublished {
		// It came by another way before; its origin says whether it stands on this group's board.
		p, err = in.fetchAndSave(ctx, p.URI, reason{via: &m.actor})
	}
	if err != nil {
		return err
	}
	m.about = p.URI
	switch {
	case p.State != post.StatePublished:
		return ignored("post is %s", p.State)
	// RULE: only what everyone may see can be shared.
	case p.Visibility != post.Public && p.Visibility != post.Unlisted:
		return rejected("%s is not public", p.URI)
	// RULE: a group that names a post of its own board lists it; that is no recommendation, and not counted as one.
	case p.BoardID != nil && *p.BoardID == m.actor.ID:
		return nil
	}
	if gone, err := undone(ctx, in.DB, a.ID, a.Actor); err != nil {
		return err
	} else if gone {
		return ignored("undone meanwhile")
	}
	return in.Posts.ReceiveBoost(ctx, m.actor.ID, p.ID, a.ID)
}

// passedOn reads the activity inside a group's Announce. Nobody has signed it for us: it only says where to look.
func (in *Inbox) passedOn(ctx context.Context, a, inner vocab.Activity) error {
	m := from(ctx)
	if m.actor.Kind != account.Group {
		return rejected("%s is no group", a.Actor)
	}
	followed, err := in.Follows.FollowedByUs(ctx, m.actor.ID)
	if err != nil {
		return err
	}
	about := inner.ObjectID
	if inner.Type == "Undo" && inner.EmbeddedObject() {
		if original, err := inner.Inner(); err == nil {
			about = original.ObjectID
		}
	}
	p, err := in.Posts.Find(ctx, about)
	known := err == nil
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	onBoard := known && p.BoardID != nil && *p.BoardID == m.actor.ID
	// RULE: a group is heard when someone here follows it, or about the posts of its own board.
	if !followed && !onBoard {
		return ignored("nobody here follows %s", a.Actor)
	}
	// RULE: one level. An announced Announce could go round between groups for ever.
	switch inner.Type {
	case "Create", "Update", "Delete":
	case "Like", vocab.EmojiReact, "Undo":
		return in.passedReaction(ctx, inner)
	case "Add", "Remove":
		return in.passedPin(ctx, inner, p, onBoard)
	case "Announce":
		return rejected("announces an Announce")
	default:
		return ignored("announces a %s", inner.Type)
	}
	// RULE: what we wrote ourselves we know best.
	if in.ours(inner.ObjectID) || in.ours(inner.Actor) {
		return ignored("our own post")
	}
	m.about, m.kind, m.author = inner.ObjectID, inner.Type, inner.Actor
	if !vocab.SameHost(inner.Actor, inner.ObjectID) {
		if inner.Type == "Delete" && onBoard {
			return in.moderated(ctx, inner, p)
		}
		return rejected("%s by %s", inner.ObjectID, inner.Actor)
	}
	switch {
	case inner.Type == "Delete" && !known:
		return ignored("unknown post")
	case inner.Type == "Delete":
		return in.deleteIfGone(ctx, p)
	case inner.Type == "Create" && known && p.BoardID != nil:
		return ignored("known already")
	}
	_, err = in.fetchAndSave(ctx, inner.ObjectID, reason{via: &m.actor, told: m})
	return err
}

// fetchAndSave reads a post from its origin, with its author.
func (in *Inbox) fetchAndSave(ctx context.Context, uri string, why reason) (post.Post, error) {
	if !in.fetches.allow(vocab.HostOf(uri)) {
		return post.Post{}, fault.New(fault.Limited, "error.federation.limited")
	}
	o, err := in.fetchObject(ctx, uri)
	if err != nil {
		return post.Post{}, err
	}
	if in.ours(o.ID) {
		return post.Post{}, rejected("our own post")
	}
	if o.Tombstone() {
		return post.Post{}, in.Posts.ReceiveDelete(ctx, o.ID)
	}
	author, err := in.Fetch.FetchActor(ctx, o.AttributedTo)
	if err != nil {
		return post.Post{}, err
	}
	p, created, err := in.save(ctx, o, author, why)
	if err == nil && created && in.now().Sub(o.Published) > youngThread {
		err = in.complete(ctx, p)
	}
	return p, err
}
