package outbox

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/follow"
)

func (o *Outbox) ends(ctx context.Context, id int64) (f follow.Follow, reader, target account.Account, err error) {
	if f, err = o.Follows.ByID(ctx, id); err != nil {
		return f, reader, target, err
	}
	accounts, err := o.Accounts.ByIDs(ctx, []int64{f.AccountID, f.TargetID})
	return f, accounts[f.AccountID], accounts[f.TargetID], err
}

func (o *Outbox) follow(ctx context.Context, id int64) (plan, error) {
	f, reader, target, err := o.ends(ctx, id)
	if err != nil || f.UndoneAt != nil || target.Local() || !reader.Local() {
		return plan{}, err
	}
	out, err := o.Render.Follow(f, reader, target)
	return plan{
		out: out, table: "follows", id: id, to: recipients{Accounts: []int64{target.ID}, Personal: true},
		still: func(ctx context.Context, _ *sqlx.Tx) (bool, error) {
			now, err := o.Follows.ByID(ctx, id)
			return now.UndoneAt == nil, err
		},
	}, err
}

func (o *Outbox) undoFollow(ctx context.Context, id int64) (plan, error) {
	f, err := o.Follows.ByID(ctx, id)
	if err != nil || f.UndoneAt == nil {
		return plan{}, err
	}
	return o.undo(ctx, f.URI, f.AccountID, "follows", id, recipients{})
}

// answerFollow accepts or refuses a Follow that arrived. A repeated Follow asks for a repeated answer, under an id of its
// own, unless the one before is still on its way.
func (o *Outbox) answerFollow(ctx context.Context, id int64, accept bool) (plan, error) {
	f, reader, target, err := o.ends(ctx, id)
	if err != nil || reader.Local() || !target.Local() {
		return plan{}, err
	}
	want, typ, render := follow.Rejected, "Reject", o.Render.Reject
	if accept {
		want, typ, render = follow.Accepted, "Accept", o.Render.Accept
	}
	if f.State != want || (accept && f.UndoneAt != nil) {
		return plan{}, nil
	}
	sent, waiting, err := countActivities(ctx, o.DB, target.ID, typ, f.URI)
	if err != nil || waiting > 0 {
		return plan{}, err
	}
	out, err := render(f, reader, target, sent)
	return plan{
		out: out, table: "follows", id: id, to: recipients{Accounts: []int64{reader.ID}, Personal: true},
		still: func(ctx context.Context, _ *sqlx.Tx) (bool, error) {
			now, err := o.Follows.ByID(ctx, id)
			return now.State == want && (!accept || now.UndoneAt == nil), err
		},
	}, err
}

func (o *Outbox) updateAccount(ctx context.Context, id int64) (plan, error) {
	a, err := o.Accounts.ByID(ctx, id)
	if err != nil || !a.Local() {
		return plan{}, err
	}
	out, err := o.Render.UpdateActor(a)
	return plan{out: out, table: "accounts", id: id, to: recipients{FollowersOf: []int64{id}}, still: o.accountAsOf(id, a.UpdatedAt)}, err
}
