package practice

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
)

// Prepared is a draft that was checked and rendered, to be stored in a transaction of the caller with others.
type Prepared struct {
	id   int64
	text sketch
}

// Prepare is the part of Save that needs no transaction.
func (s *Service) Prepare(ctx context.Context, actor account.Account, id int64, d Draft) (Prepared, error) {
	if _, err := s.authorOf(ctx, actor, id); err != nil {
		return Prepared{}, err
	}
	text, err := s.sketch(ctx, d)
	return Prepared{id: id, text: text}, err
}

// SavePrepared is the part of Save that changes something, with its errors.
func (s *Service) SavePrepared(ctx context.Context, tx *sqlx.Tx, actor account.Account, p Prepared) (id int64, version int, err error) {
	stored, version, err := s.save(ctx, tx, actor, p.id, p.text)
	return stored.ID, version, err
}

// Fit returns the draft as it is stored, and what Publish would refuse about it.
func (d Draft) Fit() (Draft, error) {
	d = d.tidied()
	_, err := d.check()
	return d, err
}

// Blank is what a new draft of an account starts with: what its organisation says already.
func (s *Service) Blank(ctx context.Context, author account.Account) (Draft, error) {
	o, err := s.organizations.Get(ctx)
	if err != nil {
		return Draft{}, fmt.Errorf("practice.Blank: %w", err)
	}
	return Draft{
		Level: o.Level, Region: o.Region, Language: "de", Licence: Licences[0],
		ContactName: cmp.Or(o.ContactName, author.Name()), ContactUnit: o.Name, ContactEmail: o.ContactEmail,
	}, nil
}

// OnMove lets f know of each draft that is published and becomes another post by that, within the same transaction.
func (s *Service) OnMove(f func(ctx context.Context, tx *sqlx.Tx, draftID, postID int64) error) {
	s.moved = append(s.moved, f)
}
