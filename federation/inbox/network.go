package inbox

import (
	"context"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
)

// forNetwork narrows the visibility of what its author meant for the administration network (Verbund).
// RULE: all our people read it only if its host belongs to our network; from anyone else it is for followers.
func (in *Inbox) forNetwork(ctx context.Context, o vocab.Object, addressed post.Visibility) (post.Visibility, error) {
	if !o.ForNetwork() || addressed == post.Direct {
		return addressed, nil
	}
	ok, err := in.Policy.InNetwork(ctx, vocab.HostOf(o.ID))
	if err != nil || !ok {
		return addressed.Narrower(post.Followers), err
	}
	return post.Network, nil
}

// inCircle reports whether an object for the network comes from a host of it by a group that we follow: its author need not be
// followed by anyone.
func (in *Inbox) inCircle(ctx context.Context, o vocab.Object) (bool, error) {
	ok, err := in.Policy.InNetwork(ctx, vocab.HostOf(o.ID))
	if err != nil || !ok || !vocab.SameHost(o.Audience, o.ID) {
		return false, err
	}
	group, err := in.Accounts.ByURI(ctx, o.Audience)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return in.Follows.FollowedByUs(ctx, group.ID)
}
