package outbox

import (
	"context"

	"github.com/vorbild/vorbild/internal/fault"
)

// flag carries a report of one of our people on to the server of the reported account.
func (o *Outbox) flag(ctx context.Context, id int64) (plan, error) {
	r, err := o.Moderation.Get(ctx, id)
	if err != nil || !r.Forward {
		return plan{}, err
	}
	target, err := o.Accounts.ByID(ctx, r.TargetID)
	if err != nil || target.Local() {
		return plan{}, err
	}
	instance, err := o.Accounts.Instance(ctx)
	if err != nil {
		return plan{}, err
	}
	to, posts := target.URI, []string{}
	for _, postID := range r.PostIDs {
		p, err := o.Posts.Get(ctx, postID)
		if fault.Is(err, fault.NotFound) || err == nil && p.AccountID != target.ID {
			continue
		}
		if err != nil {
			return plan{}, err
		}
		posts = append(posts, p.URI)
		if p.BoardID == nil {
			continue
		}
		board, err := o.Accounts.ByID(ctx, *p.BoardID)
		if err != nil {
			return plan{}, err
		}
		if !board.Local() && board.Host() == target.Host() {
			to = board.URI // Lemmy asks for the group
		}
	}
	out, err := o.Render.Flag(id, instance, to, target.URI, posts, r.Comment)
	return plan{out: out, table: "reports", id: id, to: recipients{Accounts: []int64{target.ID}}}, err
}
