package inbox

import (
	"context"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/post"
)

// maxFlagged is how much of what one report names is looked up.
const maxFlagged = 50

// flag puts a report of another server before our moderators: about accounts of ours and their posts, and about posts of others on
// the boards of our groups.
func (in *Inbox) flag(ctx context.Context, a vocab.Activity) error {
	host := vocab.HostOf(a.Actor)
	rule, err := in.Policy.RuleFor(ctx, host)
	if err != nil {
		return err
	}
	if rule.RejectReports {
		return ignored("reports of %s are not wanted", host)
	}
	targets, posts, err := in.flagged(ctx, a, host)
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		return ignored("about nothing of ours")
	}
	for _, id := range targets {
		err := in.Moderation.Receive(ctx, moderation.Received{Host: host, URI: a.ID, TargetID: id, PostIDs: posts[id], Comment: a.Content})
		if fault.Is(err, fault.Limited) {
			return ignored("%s has sent too many reports today", host)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// flagged finds the accounts that a report is about, and the posts of each.
func (in *Inbox) flagged(ctx context.Context, a vocab.Activity, host string) (targets []int64, posts map[int64][]int64, err error) {
	posts = map[int64][]int64{}
	name := func(id int64) {
		if _, ok := posts[id]; !ok {
			targets, posts[id] = append(targets, id), nil
		}
	}
	for _, uri := range a.Objects[:min(len(a.Objects), maxFlagged)] {
		who, err := in.Accounts.ByURI(ctx, uri)
		if err == nil && who.Local() && who.Kind != account.Application {
			name(who.ID)
		}
		if err == nil {
			continue
		}
		if !fault.Is(err, fault.NotFound) {
			return nil, nil, err
		}
		p, err := in.Posts.Find(ctx, uri)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		mine, err := in.mayFlag(ctx, p, host)
		if err != nil {
			return nil, nil, err
		}
		if mine {
			name(p.AccountID)
			posts[p.AccountID] = append(posts[p.AccountID], p.ID)
		}
	}
	return targets, posts, nil
}

// mayFlag reports whether a post is for our moderators to look at, at the word of that host.
func (in *Inbox) mayFlag(ctx context.Context, p post.Post, host string) (bool, error) {
	if p.State != post.StatePublished {
		return false, nil
	}
	ours := p.Local
	if !ours && p.BoardID != nil {
		board, err := in.Accounts.ByID(ctx, *p.BoardID)
		if err != nil {
			return false, err
		}
		ours = board.Local()
	}
	if !ours || p.Visibility == post.Public || p.Visibility == post.Unlisted {
		return ours, nil
	}
	// RULE: whoever reports a post shows it to the moderators; so they can only be shown what that server has got.
	return readOn(ctx, in.DB, p.ID, host)
}
