package web

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/follow"
)

// asCatalog is the value of the field als with which an editor acts for the instance.
const asCatalog = "catalog"

// followProfile follows an account as the reader, or for the instance with als=catalog. To follow an instance is to
// follow its catalogue and its forum.
func (s *Site) followProfile(w http.ResponseWriter, r *http.Request) error {
	reader, a, err := s.followSides(r)
	if err != nil {
		return err
	}
	asInstance := r.PostFormValue("als") == asCatalog
	pending, err := s.follow(r.Context(), reader, a, asInstance)
	if err != nil {
		return fmt.Errorf("follow %s: %w", a, err)
	}
	switch {
	case pending:
		s.flash(w, "info", "flash.follow.sent")
	case asInstance:
		s.flash(w, "success", "flash.follow.instance")
	default:
		s.flash(w, "success", "flash.follow.done")
	}
	return s.back(w, r, profileURL(a))
}

func (s *Site) unfollowProfile(w http.ResponseWriter, r *http.Request) error {
	reader, a, err := s.followSides(r)
	if err != nil {
		return err
	}
	asInstance := r.PostFormValue("als") == asCatalog
	if err := s.unfollow(r.Context(), reader, a, asInstance); err != nil {
		return fmt.Errorf("unfollow %s: %w", a, err)
	}
	if asInstance {
		s.flash(w, "success", "flash.unfollow.instance")
	} else {
		s.flash(w, "success", "flash.unfollow.done")
	}
	return s.back(w, r, profileURL(a))
}

// followSides returns who clicked and whom it is about.
func (s *Site) followSides(r *http.Request) (account.Account, account.Account, error) {
	reader, err := s.require(r, account.RoleMember)
	if err != nil {
		return reader, account.Account{}, err
	}
	a, err := s.profile(r)
	return reader, a, err
}

// readerAs returns whose follow it is: the reader's own, or our catalogue's.
func (s *Site) readerAs(ctx context.Context, actor account.Account, asInstance bool) (int64, error) {
	if !asInstance {
		return actor.ID, nil
	}
	catalog, err := s.Accounts.Catalog(ctx)
	if err != nil {
		return 0, fmt.Errorf("our catalogue: %w", err)
	}
	return catalog.ID, nil
}

// follow starts to follow a, or catalogue and forum where a is an instance. pending reports that an answer is awaited.
func (s *Site) follow(ctx context.Context, actor, a account.Account, asInstance bool) (pending bool, err error) {
	readerID, err := s.readerAs(ctx, actor, asInstance)
	if err != nil {
		return false, err
	}
	targets, err := s.targetsOf(ctx, a)
	if err != nil {
		return false, err
	}
	for _, target := range targets {
		f, err := s.Follows.Follow(ctx, actor, readerID, target.ID)
		if err != nil {
			return pending, err
		}
		pending = pending || f.State == follow.Pending
	}
	return pending, nil
}

func (s *Site) unfollow(ctx context.Context, actor, a account.Account, asInstance bool) error {
	readerID, err := s.readerAs(ctx, actor, asInstance)
	if err != nil {
		return err
	}
	targets, err := s.targetsOf(ctx, a)
	if err != nil {
		return err
	}
	for _, target := range targets {
		if err := s.Follows.Unfollow(ctx, actor, readerID, target.ID); err != nil {
			return err
		}
	}
	return nil
}

// targetsOf is a itself or, for another instance, its catalogue and its forum.
func (s *Site) targetsOf(ctx context.Context, a account.Account) ([]account.Account, error) {
	return s.Accounts.Followable(ctx, s.Resolver, a)
}
