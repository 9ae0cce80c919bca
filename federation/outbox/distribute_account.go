package outbox

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
)

// move tells the followers of one of ours that its owner is found elsewhere, provided that this is still so.
func (o *Outbox) move(ctx context.Context, id int64) (plan, error) {
	a, err := o.Accounts.ByID(ctx, id)
	if err != nil || !a.Local() || a.MovedToURI == "" {
		return plan{}, err
	}
	out, err := o.Render.Move(a, a.MovedToURI)
	return plan{
		out: out, table: "accounts", id: id, to: recipients{FollowersOf: []int64{id}},
		still: func(ctx context.Context, tx *sqlx.Tx) (bool, error) {
			now, err := o.Accounts.ByIDIn(ctx, tx, id)
			return now.MovedToURI == a.MovedToURI, err
		},
	}, err
}

// deleteAccount tells every instance that we know of that one of ours is gone: who has read it keeps a copy, whether its people
// follow or not.
func (o *Outbox) deleteAccount(ctx context.Context, id int64) (plan, error) {
	a, err := o.Accounts.ByID(ctx, id)
	if err != nil || !a.Local() || a.State != account.Gone {
		return plan{}, err
	}
	everyone, err := oneOfEach(ctx, o.DB)
	if err != nil {
		return plan{}, err
	}
	out, err := o.Render.DeleteActor(a)
	return plan{out: out, table: "accounts", id: id, to: recipients{Accounts: everyone}}, err
}

// block tells an account of another server that one of ours has shut it out, undoBlock that it is let in again.
func (o *Outbox) block(ctx context.Context, id int64) (plan, error) {
	b, err := o.Relationships.BlockByID(ctx, id)
	if err != nil {
		return plan{}, err
	}
	accounts, err := o.Accounts.ByIDs(ctx, []int64{b.AccountID, b.TargetID})
	if err != nil {
		return plan{}, err
	}
	who, target := accounts[b.AccountID], accounts[b.TargetID]
	if !who.Local() || target.Local() {
		return plan{}, nil
	}
	out, err := o.Render.Block(id, who, target)
	return plan{
		out: out, table: "blocks", id: id, to: recipients{Accounts: []int64{target.ID}, Personal: true},
		still: func(ctx context.Context, tx *sqlx.Tx) (bool, error) { return blockStands(ctx, tx, id) },
	}, err
}

func (o *Outbox) undoBlock(ctx context.Context, id int64) (plan, error) {
	told, ok, err := o.known(ctx, o.Render.BlockURI(id))
	if err != nil || !ok {
		return plan{}, err
	}
	return o.undo(ctx, told.URI, told.AccountID, "blocks", id, recipients{})
}
