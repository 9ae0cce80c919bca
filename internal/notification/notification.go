// Package notification tells local accounts what concerns them. Others enqueue job.Notify; only this package decides who
// hears of it: what blocks, mutes and a person's own policy leave over is written down once for each reader. What is alike
// (favourites of one post, new followers of one day) can be read as groups.
package notification

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// Kinds of notifications.
const (
	Mention       = "mention"
	Reply         = "reply"
	Follow        = "follow"
	FollowRequest = "follow_request"
	Favourite     = "favourite"
	Boost         = "boost"
	Curated       = "curated"
	Status        = "status"       // somebody followed closely wrote
	Poll          = "poll"         // a poll of one's own, or one voted in, has closed
	Reuse         = "reuse"        // of one's own practice by somebody else
	Assessment    = "assessment"   // of one's own practice
	Invited       = "invited"      // to assess a practice
	Update        = "update"       // what one boosted was edited
	Report        = "report"       // for moderators
	Review        = "review"       // of a practice before it is published: asked for, commented, decided, waited for
	SavedSearch   = "saved_search" // something new fits a search the reader saved
	Assigned      = "assigned"     // an editor was given a practice on the desk to look after
	Unconfirmed   = "unconfirmed"  // nobody has confirmed an entry of our directory for a year
	Moved         = "moved"        // whom the reader follows is found elsewhere now, and followed there
)

// Kinds lists them all; Groupable those of which many are read as one.
var (
	Kinds     = []string{Mention, Reply, Follow, FollowRequest, Favourite, Boost, Curated, Status, Poll, Reuse, Assessment, Invited, Update, Report, Review, SavedSearch, Assigned, Unconfirmed, Moved}
	Groupable = []string{Favourite, Boost, Follow}
)

// Types are the names by which programs know the kinds; they have none for Moved, Review, Invited,
// Assigned, Unconfirmed and SavedSearch, which only our pages show.
var Types = map[string]string{
	Mention: "mention", Reply: "mention", Follow: "follow", FollowRequest: "follow_request", Favourite: "favourite", Boost: "reblog",
	Curated: "reblog", Status: "status", Poll: "poll", Reuse: "mention", Assessment: "mention", Update: "update", Report: "admin.report",
}

// Notification is one line for one account.
type Notification struct {
	ID            int64      `db:"id"`
	AccountID     int64      `db:"account_id"`
	Kind          string     `db:"kind"`
	FromAccountID int64      `db:"from_account_id"`
	PostID        *int64     `db:"post_id"`
	ReportID      *int64     `db:"report_id"`
	PracticeLogID *int64     `db:"practice_log_id"`    // of a Review: what happened
	ListedID      *int64     `db:"directory_entry_id"` // of Unconfirmed: which one
	CreatedAt     time.Time  `db:"created_at"`
	ReadAt        *time.Time `db:"read_at"`
	Filtered      bool       `db:"filtered"`  // kept apart by the reader's policy
	GroupKey      string     `db:"group_key"` // "" stands alone
}

// View is a notification with who and what. Post is nil for follows, reports and reviews.
type View struct {
	Notification
	From account.Account
	Post *post.View
}

// Query selects notifications.
type Query struct {
	Page     paging.Page
	Kinds    []string // nil: all
	FromID   int64    // 0: of anybody
	Filtered bool     // also what the policy keeps apart
	Typed    bool     // only kinds that programs have a name for
}

// maxUnread bounds the count of what is unread: nobody reads a larger number.
const maxUnread = 1_000

// Service writes and reads notifications.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	follows  *follow.Service
	posts    *post.Service
	onTold   []Listener
}

// Listener hears of each notification that its reader will see, in the transaction that writes it.
type Listener func(ctx context.Context, tx *sqlx.Tx, n Notification) error

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, follows *follow.Service, posts *post.Service) *Service {
	return &Service{db: db, accounts: accounts, follows: follows, posts: posts}
}

// OnTold registers a Listener. It is for constructors: not safe once the service is in use.
func (s *Service) OnTold(l Listener) { s.onTold = append(s.onTold, l) }

func errNotFound() error { return fault.New(fault.NotFound, "error.notification.not_found") }

// List is newest first. What is about a post that the reader can no longer see is left out.
func (s *Service) List(ctx context.Context, reader account.Account, page paging.Page) ([]View, error) {
	return s.Find(ctx, reader, Query{Page: page})
}

// Find lists what a query selects, newest first.
func (s *Service) Find(ctx context.Context, reader account.Account, q Query) ([]View, error) {
	items, err := find(ctx, s.db, reader.ID, q)
	if err != nil {
		return nil, fmt.Errorf("notification.Find of %d: %w", reader.ID, err)
	}
	return s.complete(ctx, reader.ID, items)
}

// ByID returns one of the reader's notifications, filtered or not; fault.NotFound.
func (s *Service) ByID(ctx context.Context, readerID, id int64) (View, error) {
	n, err := byID(ctx, s.db, readerID, id)
	if db.IsNotFound(err) {
		return View{}, errNotFound()
	}
	if err != nil {
		return View{}, fmt.Errorf("notification.ByID %d: %w", id, err)
	}
	views, err := s.complete(ctx, readerID, []Notification{n})
	if err != nil {
		return View{}, err
	}
	if len(views) == 0 {
		return View{}, errNotFound()
	}
	return views[0], nil
}

// complete adds who and what, with a fixed number of queries.
func (s *Service) complete(ctx context.Context, readerID int64, items []Notification) ([]View, error) {
	from := make([]int64, len(items))
	var about []int64
	for i, n := range items {
		from[i] = n.FromAccountID
		if n.PostID != nil {
			about = append(about, *n.PostID)
		}
	}
	accounts, err := s.accounts.ByIDs(ctx, from)
	if err != nil {
		return nil, err
	}
	posts, err := s.postViews(ctx, readerID, about)
	if err != nil {
		return nil, err
	}
	result := make([]View, 0, len(items))
	for _, n := range items {
		v := View{Notification: n, From: accounts[n.FromAccountID]}
		if n.PostID != nil {
			if v.Post = posts[*n.PostID]; v.Post == nil {
				continue
			}
		}
		result = append(result, v)
	}
	return result, nil
}

// postViews returns those of the posts that the reader may see.
func (s *Service) postViews(ctx context.Context, readerID int64, ids []int64) (map[int64]*post.View, error) {
	result := map[int64]*post.View{}
	if len(ids) == 0 {
		return result, nil
	}
	viewer := post.Viewer{AccountID: readerID}
	seen, err := s.posts.ByIDs(ctx, viewer, ids)
	if err != nil {
		return nil, err
	}
	posts := make([]post.Post, 0, len(seen))
	for _, p := range seen {
		posts = append(posts, p)
	}
	views, err := s.posts.Views(ctx, viewer, posts)
	if err != nil {
		return nil, err
	}
	for i := range views {
		result[views[i].Post.ID] = &views[i]
	}
	return result, nil
}

// Unread counts what the account has not read, up to a thousand.
func (s *Service) Unread(ctx context.Context, readerID int64) (int, error) {
	return s.CountUnread(ctx, readerID, Query{Page: paging.Page{Limit: maxUnread}})
}

// CountUnread counts what the account has not read of what a query selects, up to the limit of its page.
func (s *Service) CountUnread(ctx context.Context, readerID int64, q Query) (int, error) {
	q.Page.Limit = min(max(q.Page.Limit, 1), maxUnread)
	n, err := unread(ctx, s.db, readerID, q)
	if err != nil {
		return 0, fmt.Errorf("notification.CountUnread of %d: %w", readerID, err)
	}
	return n, nil
}

// MarkRead marks all up to an id.
func (s *Service) MarkRead(ctx context.Context, reader account.Account, upToID int64) error {
	if err := markRead(ctx, s.db, reader.ID, upToID, time.Now()); err != nil {
		return fmt.Errorf("notification.MarkRead of %d: %w", reader.ID, err)
	}
	return nil
}

// Dismiss removes one of the reader's notifications; fault.NotFound.
func (s *Service) Dismiss(ctx context.Context, reader account.Account, id int64) error {
	n, err := remove(ctx, s.db, reader.ID, id)
	if err != nil {
		return fmt.Errorf("notification.Dismiss %d: %w", id, err)
	}
	if n == 0 {
		return errNotFound()
	}
	return nil
}

// Clear removes all of the reader's notifications, but not what the policy keeps apart.
func (s *Service) Clear(ctx context.Context, reader account.Account) error {
	if err := removeAll(ctx, s.db, reader.ID); err != nil {
		return fmt.Errorf("notification.Clear of %d: %w", reader.ID, err)
	}
	return nil
}
