package outbox

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

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
		out, err = o.Render.Add(catalog, vocab.Collected{ID: d.ID, Collection: collection, Object: p.URI, Author: author.URI, Revision: d.Revision})
	} else {
		told, sentErr := sentAdd(ctx, o.DB, collection, p.URI)
		if sentErr != nil || !told {
			return plan{}, sentErr
		}
		out, err = o.Render.Remove(catalog, vocab.Collected{ID: d.ID, Collection: collection, Object: p.URI, Author: author.URI, Reason: d.Reason})
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

// tellCollection tells that a practice came into a collection that our catalogue named itself or left it, that such a collection
// was published or taken back, or that an accepted practice is shown no longer without a decision, or again; provided that this is still so.
func (o *Outbox) tellCollection(ctx context.Context, changeID int64) (plan, error) {
	c, err := o.Curation.ChangeByID(ctx, changeID)
	if err != nil {
		return plan{}, err
	}
	catalog, err := o.Accounts.Catalog(ctx)
	if err != nil {
		return plan{}, err
	}
	holds := func(ctx context.Context, q sqlx.ExtContext) (bool, error) { return o.Curation.Holds(ctx, q, c) }
	if ok, err := holds(ctx, o.DB); err != nil || !ok {
		return plan{}, err
	}
	of := vocab.CollectionURI(catalog.URI, cmp.Or(c.Slug, strconv.FormatInt(c.CollectionID, 10)))
	list := vocab.CollectionsURI(catalog.URI)
	said := vocab.Collected{ID: c.ID, Collection: list, Object: of}
	p := plan{table: "collections", id: c.CollectionID, to: recipients{FollowersOf: []int64{catalog.ID}}}
	if c.PostID != 0 {
		about, err := o.Posts.Get(ctx, c.PostID)
		if err != nil {
			return plan{}, err
		}
		author, err := o.Accounts.ByID(ctx, about.AccountID)
		if err != nil {
			return plan{}, err
		}
		said = vocab.Collected{ID: c.ID, Collection: of, Object: about.URI, Revision: c.Revision, Chapter: c.Chapter, Reason: c.Reason, Withdrawn: c.Withdrawn}
		// RULE: who withdrew it knows, and whom moderators restricted hears nothing of it.
		if c.Shown {
			said.Author, p.to.Accounts = author.URI, []int64{author.ID}
		}
		p.table, p.id = "curations", c.PostID
	}
	if c.Entered {
		p.out, err = o.Render.Add(catalog, said)
	} else {
		told, sentErr := o.toldOf(ctx, list, of, said)
		if sentErr != nil || !told {
			return plan{}, sentErr
		}
		p.out, err = o.Render.Remove(catalog, said)
	}
	if err != nil {
		return plan{}, fmt.Errorf("change %d: %w", c.ID, err)
	}
	p.still = func(ctx context.Context, tx *sqlx.Tx) (bool, error) { return holds(ctx, tx) }
	return p, nil
}

// toldOf reports whether anyone was told of what is to be taken back: in itself, or with its collection.
func (o *Outbox) toldOf(ctx context.Context, list, of string, said vocab.Collected) (bool, error) {
	told, err := sentAdd(ctx, o.DB, said.Collection, said.Object)
	if err != nil || told || said.Collection == list {
		return told, err
	}
	return sentAdd(ctx, o.DB, list, of)
}
