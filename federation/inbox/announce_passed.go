package inbox

import (
	"context"
	"slices"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// passedReaction applies a favourite, or its end, that a group passes on: of a post on its board, by someone whose server vouches
// for it.
func (in *Inbox) passedReaction(ctx context.Context, inner vocab.Activity) error {
	m := from(ctx)
	like := inner
	if inner.Type == "Undo" {
		var err error
		if like, err = inner.Inner(); err != nil {
			return ignored("announces an Undo of something unnamed")
		}
	}
	switch {
	case like.Type != "Like" && like.Type != vocab.EmojiReact:
		return ignored("announces an Undo of a %s", like.Type)
	case like.Actor != inner.Actor || !vocab.SameHost(inner.ID, like.ID, inner.Actor):
		return rejected("%s is not by %s", like.ID, inner.Actor)
	case in.ours(inner.Actor):
		return ignored("our own favourite")
	}
	p, err := in.Posts.Find(ctx, like.ObjectID)
	if fault.Is(err, fault.NotFound) {
		return ignored("unknown post")
	}
	if err != nil {
		return err
	}
	switch {
	case p.State != post.StatePublished:
		return ignored("post is %s", p.State)
	case p.BoardID == nil: // it came by another way, and nobody has said so here yet
		return ignored("not known to stand on the group's board")
	case *p.BoardID != m.actor.ID:
		return rejected("%s does not stand on the group's board", p.URI)
	}
	m.about = p.URI
	if err := in.vouched(ctx, inner, like); err != nil {
		return err
	}
	who, err := in.Fetch.FetchActor(ctx, inner.Actor)
	if err != nil {
		return err
	}
	if inner.Type == "Undo" {
		return in.Posts.ReceiveUnfavourite(ctx, who.ID, p.ID)
	}
	return in.Posts.ReceiveFavourite(ctx, who.ID, p.ID, like.ID)
}

// vouched reports, as an error, when nobody vouches for a reaction that a group passed on.
//
// RULE: nobody has signed for us what is inside an Announce. The group is believed about people of its own house; of everyone else
// their own server must show the favourite, or say that it is gone.
func (in *Inbox) vouched(ctx context.Context, inner, like vocab.Activity) error {
	if vocab.SameHost(from(ctx).actor.URI, inner.Actor) {
		return nil
	}
	if !in.fetches.allow(vocab.HostOf(like.ID)) {
		return fault.New(fault.Limited, "error.federation.limited")
	}
	doc, err := in.Fetch.Get(ctx, like.ID)
	if inner.Type == "Undo" && fault.Is(err, fault.Gone) {
		return nil
	}
	if err != nil {
		return err
	}
	shown, err := vocab.ParseActivity(doc.Body)
	if err != nil {
		return err
	}
	if inner.Type == "Undo" || shown.ID != like.ID || shown.Type != like.Type || shown.Actor != like.Actor || shown.ObjectID != like.ObjectID {
		return rejected("%s is something else at its origin", like.ID)
	}
	return nil
}

// moderated takes down a post of the group's board at the word of one of its moderators, whose server need not be the author's.
func (in *Inbox) moderated(ctx context.Context, inner vocab.Activity, p post.Post) error {
	// RULE: what one of ours wrote, others take off their boards, not off our pages.
	if p.Local {
		return ignored("our own post")
	}
	may, err := in.moderates(ctx, inner.Actor)
	if err != nil {
		return err
	}
	if !may {
		return rejected("%s does not moderate %s", inner.Actor, from(ctx).actor.URI)
	}
	return in.withdraw(ctx, p)
}

// passedPin puts a post on top of the group's board, or takes it down, at the word of one of its moderators.
func (in *Inbox) passedPin(ctx context.Context, inner vocab.Activity, p post.Post, onBoard bool) error {
	group := from(ctx).actor
	if inner.Target == "" || inner.Target != group.FeaturedURI {
		return ignored("announces an %s to %q", inner.Type, inner.Target)
	}
	if !onBoard {
		return ignored("not on the group's board")
	}
	may, err := in.moderates(ctx, inner.Actor)
	switch {
	case err != nil:
		return err
	case !may:
		return rejected("%s does not moderate %s", inner.Actor, group.URI)
	case inner.Type == "Add":
		return in.Posts.ReceivePin(ctx, group.ID, p.ID)
	}
	return in.Posts.ReceiveUnpin(ctx, group.ID, p.ID)
}

// moderates reports whether someone may speak for the group whose Announce is applied: those on its own host, which answers for
// them, and those that it names.
func (in *Inbox) moderates(ctx context.Context, actor string) (bool, error) {
	group := from(ctx).actor
	if vocab.SameHost(group.URI, actor) {
		return true, nil
	}
	if group.Kind != account.Group || !in.fetches.allow(vocab.HostOf(group.URI)) {
		return false, nil
	}
	doc, err := in.Fetch.Get(ctx, group.URI)
	if err != nil {
		return false, err
	}
	collection, moderators := vocab.ParseModerators(doc.Body)
	if collection != "" {
		if doc, err = in.Fetch.Get(ctx, collection); err != nil {
			return false, err
		}
		c, err := vocab.ParseCollection(doc.Body)
		if err != nil {
			return false, err
		}
		moderators = nil
		for _, item := range c.Items {
			moderators = append(moderators, item.ID)
		}
	}
	return slices.Contains(moderators, actor), nil
}
