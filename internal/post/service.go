package post

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/paging"
)

// Service writes and reads posts.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	jobs     *job.Queue
	markup   *markup.Renderer
	baseURL  string
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, jobs *job.Queue, renderer *markup.Renderer, baseURL string) *Service {
	return &Service{db: db, accounts: accounts, jobs: jobs, markup: renderer, baseURL: baseURL}
}

// Draft is what someone writes: a thread (no InReplyToID, Title wanted) or an answer.
type Draft struct {
	InReplyToID int64
	Title       string // threads: 3..200 characters
	Source      string // Markdown, 1..20,000 characters
	Visibility  Visibility
	Language    string
	Role        string // RoleCurationNote, RoleQuestion: editors only
}

// Create publishes a note. Mentions (@user, @user@host) are looked up among known accounts and linked; the
// parent's author is always mentioned. Threads stand on our forum's board; answers inherit board, thread, context and at most
// the visibility of their parent. Guests may only answer. Enqueues Distribute, Notify and, on a local board,
// what the group passes on follows from Distribute.
func (s *Service) Create(ctx context.Context, actor account.Account, d Draft) (Post, error) {
	panic("not built")
}

// Edit changes an own note; the old version is kept as a revision. Errors: NotFound, Forbidden, Invalid.
func (s *Service) Edit(ctx context.Context, actor account.Account, id int64, title, source string) (Post, error) {
	panic("not built")
}

// Delete withdraws an own post (moderators: any local one). Text is emptied, the place in the thread stays.
func (s *Service) Delete(ctx context.Context, actor account.Account, id int64) error {
	panic("not built")
}

// Favourite, Unfavourite, Boost, Unboost by a local account; idempotent. Boost: public and unlisted posts only.
func (s *Service) Favourite(ctx context.Context, actor account.Account, id int64) error {
	panic("not built")
}
func (s *Service) Unfavourite(ctx context.Context, actor account.Account, id int64) error {
	panic("not built")
}
func (s *Service) Boost(ctx context.Context, actor account.Account, id int64) error {
	panic("not built")
}
func (s *Service) Unboost(ctx context.Context, actor account.Account, id int64) error {
	panic("not built")
}

// ByID returns a post the viewer may see; withdrawn ones are fault.Gone, drafts are their author's (and editors').
func (s *Service) ByID(ctx context.Context, viewer Viewer, id int64) (View, error) {
	panic("not built")
}

// Find returns the post with that ActivityPub id or page address in any state, for federation. fault.NotFound.
func (s *Service) Find(ctx context.Context, uri string) (Post, error) { panic("not built") }

// Get returns a post by id in any state, for federation and jobs.
func (s *Service) Get(ctx context.Context, id int64) (Post, error) { panic("not built") }

// Views completes posts for the viewer, in the given order, with a fixed number of queries.
func (s *Service) Views(ctx context.Context, viewer Viewer, posts []Post) ([]View, error) {
	panic("not built")
}

// Thread returns the whole thread a post belongs to, its first post first, every answer after what it answers,
// siblings by time, Depth set. What the viewer may not see is left out; withdrawn posts that have answers stay, emptied.
func (s *Service) Thread(ctx context.Context, viewer Viewer, threadID int64) ([]View, error) {
	panic("not built")
}

// Threads lists the first posts of discussions (notes with no parent; public, local and remote), newest activity first.
func (s *Service) Threads(ctx context.Context, viewer Viewer, page paging.Page) ([]View, error) {
	panic("not built")
}

// ByAccount lists an account's published posts the viewer may see, newest first.
func (s *Service) ByAccount(ctx context.Context, viewer Viewer, accountID int64, page paging.Page) ([]View, error) {
	panic("not built")
}

// Replies lists the direct public answers of a post, oldest first; MentionIDs who is mentioned; Tags its hashtags.
func (s *Service) Replies(ctx context.Context, id int64) ([]Post, error)     { panic("not built") }
func (s *Service) MentionIDs(ctx context.Context, id int64) ([]int64, error) { panic("not built") }
func (s *Service) Tags(ctx context.Context, id int64) ([]string, error)      { panic("not built") }

// Revisions lists published versions, newest first.
func (s *Service) Revisions(ctx context.Context, viewer Viewer, id int64) ([]Revision, error) {
	panic("not built")
}

// Receive stores or updates a remote post: sanitises, links parent and thread (adopting orphans that waited for it),
// counts the reply, notifies mentioned and answered local accounts once. Unknown parents are noted by URI and a
// FetchPost job is enqueued. An update counts only when newer. Nothing happens for a tombstoned URI.
// Extra runs in the same transaction (practice details). created tells whether the row is new.
func (s *Service) Receive(ctx context.Context, r Received, extra func(tx *sqlx.Tx, p Post) error) (p Post, created bool, err error) {
	panic("not built")
}

// ReceiveDelete withdraws a remote post, or remembers the URI so that a late Create is dropped.
func (s *Service) ReceiveDelete(ctx context.Context, uri string) error { panic("not built") }

// ReceiveFavourite and ReceiveBoost store a remote account's reaction (idempotent by account and post) and notify
// the local author; a boost by a group of a local practice notifies as curated. ReceiveUnfavourite, ReceiveUnboost end it.
func (s *Service) ReceiveFavourite(ctx context.Context, accountID, postID int64, uri string) error {
	panic("not built")
}
func (s *Service) ReceiveUnfavourite(ctx context.Context, accountID, postID int64) error {
	panic("not built")
}
func (s *Service) ReceiveBoost(ctx context.Context, accountID, postID int64, uri string) error {
	panic("not built")
}
func (s *Service) ReceiveUnboost(ctx context.Context, accountID, postID int64) error {
	panic("not built")
}

// FavouriteByID and BoostByID return a reaction, also an undone one.
func (s *Service) FavouriteByID(ctx context.Context, id int64) (Reaction, error) { panic("not built") }
func (s *Service) BoostByID(ctx context.Context, id int64) (Reaction, error)     { panic("not built") }
