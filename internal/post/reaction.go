package post

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
)

// reactionKind is all that sets favourites and boosts apart.
type reactionKind struct {
	table, counter, path string
	send, undo           job.Verb
	notify               job.NotifyEvent
}

var (
	favourites = reactionKind{"favourites", "favourites_count", "/likes/", job.Like, job.UndoLike, job.NotifyFavourite}
	boosts     = reactionKind{"boosts", "boosts_count", "/boosts/", job.Announce, job.UndoAnnounce, job.NotifyBoost}
)

// Favourite, Unfavourite, Boost, Unboost by a local account; idempotent. Boost: public and unlisted posts only.
func (s *Service) Favourite(ctx context.Context, actor account.Account, id int64) error {
	return s.reactAs(ctx, actor, account.RoleGuest, favourites, id)
}

// Unfavourite ends what Favourite began.
func (s *Service) Unfavourite(ctx context.Context, actor account.Account, id int64) error {
	return s.endAs(ctx, actor, account.RoleGuest, favourites, id)
}

// Boost passes a post on to the actor's followers.
func (s *Service) Boost(ctx context.Context, actor account.Account, id int64) error {
	return s.reactAs(ctx, actor, account.RoleMember, boosts, id)
}

// Unboost ends what Boost began.
func (s *Service) Unboost(ctx context.Context, actor account.Account, id int64) error {
	return s.endAs(ctx, actor, account.RoleMember, boosts, id)
}

// BoostAs is Boost by one of our groups, in the transaction of whoever decided it and checked the role.
func (s *Service) BoostAs(ctx context.Context, tx *sqlx.Tx, group account.Account, id int64) error {
	return s.react(ctx, tx, boosts, group, id, "")
}

// UnboostAs ends BoostAs.
func (s *Service) UnboostAs(ctx context.Context, tx *sqlx.Tx, group account.Account, id int64) error {
	return s.endReaction(ctx, tx, boosts, group.ID, id, true)
}

// ReceiveFavourite and ReceiveBoost store a remote account's reaction (idempotent by account and post) and notify
// the local author; a boost by a group of a local practice notifies as curated. ReceiveUnfavourite, ReceiveUnboost end it.
// What follows from a favourite that is new, or has ended, is done in its transaction: then.
// Errors: NotFound for what the account may not see, Gone, Forbidden for a boost of something not public.
func (s *Service) ReceiveFavourite(ctx context.Context, accountID, postID int64, uri string, then ...func(tx *sqlx.Tx, p Post) error) error {
	return s.receiveReaction(ctx, favourites, accountID, postID, uri, then...)
}

// ReceiveUnfavourite ends a remote account's favourite.
func (s *Service) ReceiveUnfavourite(ctx context.Context, accountID, postID int64, then ...func(tx *sqlx.Tx, p Post) error) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error { return s.endReaction(ctx, tx, favourites, accountID, postID, false, then...) })
}

// ReceiveBoost stores a remote account's boost.
func (s *Service) ReceiveBoost(ctx context.Context, accountID, postID int64, uri string) error {
	return s.receiveReaction(ctx, boosts, accountID, postID, uri)
}

// ReceiveUnboost ends a remote account's boost.
func (s *Service) ReceiveUnboost(ctx context.Context, accountID, postID int64) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error { return s.endReaction(ctx, tx, boosts, accountID, postID, false) })
}

// FavouriteByID and BoostByID return a reaction, also an undone one.
func (s *Service) FavouriteByID(ctx context.Context, id int64) (Reaction, error) {
	return s.reaction(ctx, favourites, id)
}

// BoostByID returns a boost.
func (s *Service) BoostByID(ctx context.Context, id int64) (Reaction, error) {
	return s.reaction(ctx, boosts, id)
}

func (s *Service) reaction(ctx context.Context, k reactionKind, id int64) (Reaction, error) {
	r, err := reactionByID(ctx, s.db, k, id)
	if db.IsNotFound(err) {
		return r, errNotFound()
	}
	if err != nil {
		return r, fmt.Errorf("post: %s %d: %w", k.table, id, err)
	}
	return r, nil
}

func (s *Service) reactAs(ctx context.Context, actor account.Account, need account.Role, k reactionKind, id int64) error {
	if !actor.Local() || !actor.Able(need) {
		return errForbidden()
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error { return s.react(ctx, tx, k, actor, id, "") })
}

func (s *Service) endAs(ctx context.Context, actor account.Account, need account.Role, k reactionKind, id int64) error {
	if !actor.Local() || !actor.Able(need) {
		return errForbidden()
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error { return s.endReaction(ctx, tx, k, actor.ID, id, true) })
}

func (s *Service) receiveReaction(ctx context.Context, k reactionKind, accountID, postID int64, uri string, then ...func(tx *sqlx.Tx, p Post) error) error {
	a, err := s.accounts.ByID(ctx, accountID)
	if err != nil {
		return err
	}
	if a.Local() {
		return errForbidden()
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error { return s.react(ctx, tx, k, a, postID, uri, then...) })
}

// react stores one reaction, once. uri is empty for ours.
func (s *Service) react(ctx context.Context, tx *sqlx.Tx, k reactionKind, by account.Account, postID int64, uri string, then ...func(tx *sqlx.Tx, p Post) error) error {
	p, err := s.lockForReaction(ctx, tx, k, by.ID, postID)
	if err != nil {
		return err
	}
	switch _, err := standingReaction(ctx, tx, k, by.ID, postID); {
	case err == nil:
		return nil
	case !db.IsNotFound(err):
		return fmt.Errorf("post: %s of %d: %w", k.table, postID, err)
	}
	r := Reaction{ID: db.NewID(time.Now()), AccountID: by.ID, PostID: postID, URI: uri}
	if r.URI == "" {
		r.URI = by.URI + k.path + decimal(r.ID)
	}
	inserted, err := insertReaction(ctx, tx, k, r)
	if err != nil || !inserted {
		return err
	}
	if err := recountReactions(ctx, tx, k, postID); err != nil {
		return fmt.Errorf("post: count %s of %d: %w", k.table, postID, err)
	}
	if by.Local() {
		if err := s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: k.send, ID: r.ID}); err != nil {
			return err
		}
	}
	for _, f := range then {
		if err := f(tx, p); err != nil {
			return err
		}
	}
	if !p.Local {
		return nil
	}
	return s.jobs.Enqueue(ctx, tx, job.Notify{Event: k.notify, ID: r.ID})
}

func (s *Service) lockForReaction(ctx context.Context, tx *sqlx.Tx, k reactionKind, viewerID, postID int64) (Post, error) {
	p, err := lockPost(ctx, tx, postID)
	if err != nil {
		return p, err
	}
	seen, err := postForViewer(ctx, tx, viewerID, postID)
	switch {
	case err != nil:
		return p, err
	case !seen.Seen || p.State == StateDraft:
		return p, errNotFound()
	case p.State == StateWithdrawn:
		return p, errGone()
	case k.table == boosts.table && !p.Visibility.Listed():
		return p, fault.New(fault.Forbidden, "error.post.not_public")
	}
	return p, nil
}

func (s *Service) endReaction(ctx context.Context, tx *sqlx.Tx, k reactionKind, accountID, postID int64, ours bool, then ...func(tx *sqlx.Tx, p Post) error) error {
	p, err := lockPost(ctx, tx, postID)
	if err != nil {
		return err
	}
	id, err := undoReaction(ctx, tx, k, accountID, postID, time.Now())
	if db.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("post: undo %s of %d: %w", k.table, postID, err)
	}
	if err := recountReactions(ctx, tx, k, postID); err != nil {
		return fmt.Errorf("post: count %s of %d: %w", k.table, postID, err)
	}
	for _, f := range then {
		if err := f(tx, p); err != nil {
			return err
		}
	}
	if !ours {
		return nil
	}
	return s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: k.undo, ID: id})
}
