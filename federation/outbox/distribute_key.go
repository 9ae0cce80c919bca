package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
)

// rotateKey tells of an account's new key whoever may hold the one before: followers, and every host that got something of
// it. What the instance actor signs is known to all hosts, by what we fetch from them. This Update is the last that is
// signed by the former key (account.SigningKeys, ToldAt).
func (o *Outbox) rotateKey(ctx context.Context, id int64) (plan, error) {
	a, err := o.Accounts.ByID(ctx, id)
	if err != nil || !a.Local() || a.State != account.Active {
		return plan{}, err
	}
	told, err := oneOfEachHost(ctx, o.DB, id, a.Kind == account.Application)
	if err != nil {
		return plan{}, err
	}
	written := a.UpdatedAt
	a.UpdatedAt = o.now() // an id of its own, whatever else changed in the profile at the time
	out, err := o.Render.UpdateActor(a)
	return plan{
		out: out, table: "accounts", id: id, to: recipients{FollowersOf: []int64{id}, Accounts: told},
		still: o.accountAsOf(id, written),
		then: func(ctx context.Context, tx *sqlx.Tx, at time.Time) error {
			return o.Accounts.KeyTold(ctx, tx, id, at)
		},
	}, err
}

// accountAsOf holds as long as an account is what it was when its document was rendered. RULE: a document from before a
// rotation must not leave after the one with the new key, or its readers would go back to the former.
func (o *Outbox) accountAsOf(id int64, written time.Time) func(context.Context, *sqlx.Tx) (bool, error) {
	return func(ctx context.Context, tx *sqlx.Tx) (bool, error) {
		now, err := o.Accounts.ByIDIn(ctx, tx, id)
		if err != nil {
			return false, fmt.Errorf("account %d: %w", id, err)
		}
		return now.UpdatedAt.Equal(written), nil
	}
}
