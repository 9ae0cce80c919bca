package practice

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
)

// Service writes, publishes and finds practices.
type Service struct {
	db            *sqlx.DB
	organizations *organization.Service
	accounts      *account.Service
	posts         *post.Service
	jobs          *job.Queue
	markup        *markup.Renderer
	baseURL       string
	words         lexicon
	moved         []func(ctx context.Context, tx *sqlx.Tx, draftID, postID int64) error
}

// New returns the service. From then on posts that are emptied take their practice's words with them.
func New(db *sqlx.DB, organizations *organization.Service, accounts *account.Service, posts *post.Service, jobs *job.Queue, renderer *markup.Renderer, baseURL string) *Service {
	s := &Service{db: db, organizations: organizations, accounts: accounts, posts: posts, jobs: jobs, markup: renderer, baseURL: baseURL}
	posts.OnErase(func(ctx context.Context, tx *sqlx.Tx, postID int64) error {
		if err := erasePractice(ctx, tx, postID); err != nil {
			return err
		}
		return s.eraseFiles(ctx, tx, postID)
	})
	return s
}

func errNotFound() error { return fault.New(fault.NotFound, "error.practice.not_found") }

func errGone() error { return fault.New(fault.Gone, "error.practice.gone") }

func errForbidden() error { return fault.New(fault.Forbidden, "error.practice.forbidden") }

// asPractice turns post's words for "not there" into ours.
func asPractice(err error) error {
	switch {
	case fault.Is(err, fault.NotFound):
		return errNotFound()
	case fault.Is(err, fault.Gone):
		return errGone()
	}
	return err
}

// mine returns a practice of this instance that the actor may change: the author, or editors and above.
func (s *Service) mine(ctx context.Context, actor account.Account, id int64) (post.Post, error) {
	p, err := s.posts.Get(ctx, id)
	if err != nil {
		return p, asPractice(err)
	}
	return p, s.checkMine(ctx, actor, p)
}

func (s *Service) checkMine(ctx context.Context, actor account.Account, p post.Post) error {
	if !actor.Local() || !actor.Able(account.RoleMember) {
		return errForbidden()
	}
	if _, err := revisionOf(ctx, s.db, p.ID); err != nil {
		if db.IsNotFound(err) {
			return errNotFound()
		}
		return fmt.Errorf("practice %d: %w", p.ID, err)
	}
	own := p.AccountID == actor.ID || actor.Able(account.RoleEditor)
	switch {
	case !p.Local:
		return errForbidden()
	case !own && p.State == post.StateDraft:
		return errNotFound()
	case !own:
		return errForbidden()
	case p.State == post.StateWithdrawn:
		return errGone()
	}
	return nil
}

// inTx is db.InTx with a row that vanished meanwhile turned into fault.NotFound.
func (s *Service) inTx(ctx context.Context, f func(tx *sqlx.Tx) error) error {
	return db.InTxOr(ctx, s.db, errNotFound(), f)
}

// write stores what stands beside the post and makes it findable.
func (s *Service) write(ctx context.Context, tx *sqlx.Tx, p post.Post, details Practice) error {
	details.PostID = p.ID
	if err := upsertPractice(ctx, tx, details); err != nil {
		return fmt.Errorf("practice %d: %w", p.ID, err)
	}
	if err := replaceTerms(ctx, tx, p.ID, append(append([]Term{}, details.Goals...), details.Fields...)); err != nil {
		return fmt.Errorf("practice %d: terms: %w", p.ID, err)
	}
	if err := replaceFigures(ctx, tx, p.ID, details.Figures); err != nil {
		return fmt.Errorf("practice %d: figures: %w", p.ID, err)
	}
	if err := s.index(ctx, tx, p.ID, markup.Text(p.HTML)); err != nil {
		return fmt.Errorf("practice %d: search: %w", p.ID, err)
	}
	return nil
}
