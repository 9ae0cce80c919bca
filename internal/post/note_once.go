package post

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
)

// PublishOnce publishes an answer of which its author has only one, or revises the one there is: find names it, 0 for none, in
// a transaction in which nobody else answers in the same thread. Its caller has checked who acts, as that of Compose has.
func (s *Service) PublishOnce(ctx context.Context, author account.Account, d Draft, find func(ctx context.Context, tx *sqlx.Tx) (int64, error)) (p Post, err error) {
	composed, err := s.Compose(ctx, author, d)
	if err != nil {
		return p, err
	}
	var known int64
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := lockParent(ctx, tx, d.InReplyToID); err != nil {
			return fmt.Errorf("post.PublishOnce: parent %d: %w", d.InReplyToID, err)
		}
		if known, err = find(ctx, tx); err != nil || known != 0 {
			return err
		}
		p, err = s.PublishIn(ctx, tx, composed)
		return err
	})
	if err != nil || known == 0 {
		return p, err
	}
	return s.Revise(ctx, author, known, Changes{Source: &d.Source, Parts: d.Parts, Wordless: d.Wordless})
}

// WithdrawIn takes a note of ours back everywhere, with its words, in the transaction of whoever decided it and checked the role.
func (s *Service) WithdrawIn(ctx context.Context, tx *sqlx.Tx, id int64) error {
	_, err := s.withdraw(ctx, tx, id, true)
	return err
}
