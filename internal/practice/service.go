package practice

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
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
}

// New returns the service.
func New(db *sqlx.DB, organizations *organization.Service, accounts *account.Service, posts *post.Service, jobs *job.Queue, renderer *markup.Renderer, baseURL string) *Service {
	return &Service{db: db, organizations: organizations, accounts: accounts, posts: posts, jobs: jobs, markup: renderer, baseURL: baseURL}
}

// SaveDraft stores a new draft (id 0) or an own one; a draft of a published practice is kept beside it and does not
// change what others see. Only lengths are checked, gaps are allowed. Members and above.
func (s *Service) SaveDraft(ctx context.Context, actor account.Account, id int64, d Draft) (int64, error) {
	panic("not built")
}

// Publish validates everything and makes the draft (or the change) public: a new revision, rows, search, and
// job.Distribute create or update. id 0 publishes without a draft before. Author, or editors and above.
// Errors: fault.Invalid with fields named like the form (title, summary, source, level, figures.0.unit ...).
func (s *Service) Publish(ctx context.Context, actor account.Account, id int64, d Draft) (int64, error) {
	panic("not built")
}

// Withdraw takes a published practice back everywhere; a draft is discarded. Author, or editors and above.
func (s *Service) Withdraw(ctx context.Context, actor account.Account, id int64) error {
	panic("not built")
}

// ByID returns one practice the viewer may see. fault.NotFound, fault.Gone (withdrawn).
func (s *Service) ByID(ctx context.Context, viewer post.Viewer, id int64) (View, error) {
	panic("not built")
}

// DraftOf returns what the form starts with: the waiting draft, else the published state.
func (s *Service) DraftOf(ctx context.Context, actor account.Account, id int64) (Draft, post.Post, error) {
	panic("not built")
}

// Drafts lists the actor's own unpublished practices and waiting changes, newest first.
func (s *Service) Drafts(ctx context.Context, actor account.Account) ([]View, error) {
	panic("not built")
}

// List finds published practices, ours and others'.
func (s *Service) List(ctx context.Context, viewer post.Viewer, f Filter) (List, error) {
	panic("not built")
}

// Views completes posts of kind article that are practices; others are left out.
func (s *Service) Views(ctx context.Context, viewer post.Viewer, postIDs []int64) ([]View, error) {
	panic("not built")
}

// Get returns the details of one post's practice for federation; fault.NotFound for any other post.
func (s *Service) Get(ctx context.Context, postID int64) (Practice, error) { panic("not built") }

// Receive stores the details of a remote practice in the transaction of post.Service.Receive; it drops values that break
// vocabulary.md term by term and keeps the revision growing.
func (s *Service) Receive(ctx context.Context, tx *sqlx.Tx, p post.Post, details Practice) error {
	panic("not built")
}

// Terms lists a taxonomy in order; SaveTerm adds (ID 0) or renames an entry, for editors. SeedTerms fills an empty
// taxonomy with the defaults of the Green-IT strategy.
func (s *Service) Terms(ctx context.Context, scheme string) ([]Term, error) { panic("not built") }
func (s *Service) SaveTerm(ctx context.Context, actor account.Account, t Term) error {
	panic("not built")
}
func (s *Service) SeedTerms(ctx context.Context) error { panic("not built") }

// Preview renders Markdown as the page will show it.
func (s *Service) Preview(source string) string { panic("not built") }
