package curation

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
)

// maySelect refuses everyone but editors: of every instance, since who shows what others arranged need not curate.
func maySelect(actor account.Account) error {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return fault.New(fault.Forbidden, "error.collection.forbidden")
	}
	return nil
}

// Elsewhere lists the collections of the catalogues that our groups follow, without their entries. Editors.
func (s *Service) Elsewhere(ctx context.Context, actor account.Account) ([]Collection, error) {
	if err := maySelect(actor); err != nil {
		return nil, err
	}
	return s.elsewhere(ctx, false)
}

// ShownCollections lists those of other catalogues that are pages of ours, without their entries.
func (s *Service) ShownCollections(ctx context.Context) ([]Collection, error) {
	return s.elsewhere(ctx, true)
}

func (s *Service) elsewhere(ctx context.Context, shown bool) ([]Collection, error) {
	list, err := collectionsElsewhere(ctx, s.db, shown, "", "")
	if err != nil {
		return nil, fmt.Errorf("curation: collections elsewhere: %w", err)
	}
	out := make([]Collection, len(list))
	for i, row := range list {
		out[i] = row.Collection
	}
	return out, nil
}

// CollectionOf returns a collection of another server's catalogue that is a page of ours, with all that is in it that we know;
// for editors also one that is not. fault.NotFound.
func (s *Service) CollectionOf(ctx context.Context, viewer *account.Account, host, slug string) (Collection, error) {
	if host == "" || slug == "" {
		return Collection{}, errNoCollection()
	}
	list, err := collectionsElsewhere(ctx, s.db, false, host, slug)
	if err != nil {
		return Collection{}, fmt.Errorf("curation.CollectionOf %s %s: %w", host, slug, err)
	}
	if len(list) == 0 || !list[0].Shown && (viewer == nil || maySelect(*viewer) != nil) {
		return Collection{}, errNoCollection()
	}
	c, err := list[0].collection()
	if err != nil {
		return c, fmt.Errorf("curation.CollectionOf %s: %w", c.URI, err)
	}
	if c.Entries, err = entriesElsewhere(ctx, s.db, c.AccountID, c.Slug); err != nil {
		return c, fmt.Errorf("curation.CollectionOf %s: %w", c.URI, err)
	}
	return c, nil
}

// Show makes a collection of another server's catalogue a page of ours, or takes it back. Editors. fault.NotFound.
func (s *Service) Show(ctx context.Context, actor account.Account, host, slug string, shown bool) error {
	c, err := s.CollectionOf(ctx, &actor, host, slug)
	if err != nil {
		return err
	}
	if err := maySelect(actor); err != nil {
		return err
	}
	if c.Shown == shown {
		return nil
	}
	action := "collection.hide"
	if shown {
		action = "collection.show"
	}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		if err := showCollection(ctx, tx, c.AccountID, c.Slug, shown); err != nil {
			return err
		}
		return s.accounts.Audit(ctx, tx, actor, action, c.Name, c.URI)
	})
	if err != nil {
		return fmt.Errorf("curation.Show %s: %w", c.URI, err)
	}
	return nil
}
