package outbox

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/job"
)

// collect tells that a practice was taken into a collection or left it, provided that this is still so: of several
// decisions in a row only the last one is told, whatever order their jobs run in.
func (o *Outbox) collect(ctx context.Context, verb job.Verb, decisionID int64) (plan, error) {
	d, err := o.Curation.DecisionByID(ctx, decisionID)
	if err != nil {
		return plan{}, err
	}
	p, err := o.Posts.Get(ctx, d.PostID)
	if err != nil {
		return plan{}, err
	}
	author, err := o.Accounts.ByID(ctx, p.AccountID)
	if err != nil {
		return plan{}, err
	}
	catalog, err := o.Accounts.Catalog(ctx)
	if err != nil {
		return plan{}, err
	}
	slug, add := curation.Curated, verb == job.AddCurated || verb == job.AddFeatured
	if verb == job.AddFeatured || verb == job.RemoveFeatured {
		slug = curation.Featured
	}
	collection := vocab.CollectionURI(catalog.URI, slug)
	holds := func(s curationState) bool {
		in := s.State == "accepted" && (slug == curation.Curated || s.Featured)
		return in == add
	}
	state, err := curationStateByPost(ctx, o.DB, d.PostID)
	if err != nil || !holds(state) {
		return plan{}, err
	}
	var out vocab.Outgoing
	if add {
		out, err = o.Render.Add(collection, d.ID, catalog, p.URI, author.URI, d.Revision)
	} else {
		told, err := sentAdd(ctx, o.DB, collection, p.URI)
		if err != nil || !told {
			return plan{}, err
		}
		out, err = o.Render.Remove(collection, d.ID, catalog, p.URI, author.URI, d.Reason)
		if err != nil {
			return plan{}, err
		}
	}
	if err != nil {
		return plan{}, fmt.Errorf("decision %d: %w", d.ID, err)
	}
	return plan{
		out: out, table: "curations", id: d.PostID, to: recipients{FollowersOf: []int64{catalog.ID}, Accounts: []int64{author.ID}},
		still: func(ctx context.Context, tx *sqlx.Tx) (bool, error) {
			now, err := curationStateByPost(ctx, tx, d.PostID)
			return holds(now), err
		},
	}, nil
}
