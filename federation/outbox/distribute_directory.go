package outbox

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/fault"
)

// list tells the followers of our catalogue that an entry of the directory is new, was changed or confirmed.
func (o *Outbox) list(ctx context.Context, id int64) (plan, error) {
	e, err := o.Directory.OwnByID(ctx, id)
	if err != nil {
		return plan{}, err
	}
	catalog, err := o.Accounts.Catalog(ctx)
	if err != nil {
		return plan{}, err
	}
	out, err := o.Render.AddListed(catalog, e)
	if err != nil {
		return plan{}, err
	}
	return plan{
		out: out, table: "directory_entries", id: id, to: recipients{FollowersOf: []int64{catalog.ID}},
		still: func(ctx context.Context, tx *sqlx.Tx) (bool, error) {
			revision, err := listedRevision(ctx, tx, id)
			return revision == e.Revision, err
		},
	}, nil
}

// unlist tells them that it is gone. Whoever read the directory may have it, whether or not they were told of it.
func (o *Outbox) unlist(ctx context.Context, id int64) (plan, error) {
	if _, err := o.Directory.OwnByID(ctx, id); !fault.Is(err, fault.NotFound) {
		return plan{}, err
	}
	catalog, err := o.Accounts.Catalog(ctx)
	if err != nil {
		return plan{}, err
	}
	out, err := o.Render.RemoveListed(catalog, id, o.Directory.URI(id))
	if err != nil {
		return plan{}, err
	}
	return plan{out: out, table: "directory_entries", id: id, to: recipients{FollowersOf: []int64{catalog.ID}}}, nil
}
