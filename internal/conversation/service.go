// Package conversation is direct exchanges as each of their people sees them: the last post, read or not.
package conversation

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// Conversation is the direct posts of one thread, for one of the people they are between.
type Conversation struct {
	ID     int64
	Unread bool
	People []account.Account // the others; the person themselves where there is nobody else
	Last   post.View
}

// Service keeps conversations up to date and reads them.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	posts    *post.Service
}

// New returns the service. From then on it hears of direct posts.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service) *Service {
	s := &Service{db: db, accounts: accounts, posts: posts}
	posts.OnStored(s.stored)
	return s
}

func errNotFound() error { return fault.New(fault.NotFound, "error.conversation.not_found") }

// stored notes a new direct post with each of our people that it is between.
func (s *Service) stored(ctx context.Context, tx *sqlx.Tx, p post.Post) error {
	if p.Visibility != post.Direct || p.State != post.StatePublished {
		return nil
	}
	people, err := localPeople(ctx, tx, p.ID, p.AccountID)
	if err != nil {
		return fmt.Errorf("conversation: people of %d: %w", p.ID, err)
	}
	for _, id := range people {
		if err := dropMoved(ctx, tx, id, p.ThreadID); err != nil {
			return fmt.Errorf("conversation of %d: %w", id, err)
		}
		if err := upsert(ctx, tx, db.NewID(time.Now()), id, p, id != p.AccountID); err != nil {
			return fmt.Errorf("conversation of %d: %w", id, err)
		}
	}
	return nil
}

// List lists the conversations of the viewer, the one with the newest post first.
func (s *Service) List(ctx context.Context, viewer post.Viewer, page paging.Page) ([]Conversation, post.Span, error) {
	rows, err := conversationsOf(ctx, s.db, viewer.AccountID, page)
	if err != nil {
		return nil, post.Span{}, fmt.Errorf("conversation.List: %w", err)
	}
	rows, span := post.SpanOf(page, rows, func(r row) int64 { return r.Cursor })
	list, err := s.complete(ctx, viewer, rows)
	return list, span, err
}

// Get returns a conversation of the viewer.
func (s *Service) Get(ctx context.Context, viewer post.Viewer, id int64) (Conversation, error) {
	r, err := conversationByID(ctx, s.db, viewer.AccountID, id)
	if db.IsNotFound(err) {
		return Conversation{}, errNotFound()
	}
	if err != nil {
		return Conversation{}, fmt.Errorf("conversation.Get %d: %w", id, err)
	}
	list, err := s.complete(ctx, viewer, []row{r})
	if err != nil {
		return Conversation{}, err
	}
	if len(list) == 0 {
		return Conversation{}, errNotFound()
	}
	return list[0], nil
}

// complete adds the posts and the people. What was withdrawn between two queries is left out.
func (s *Service) complete(ctx context.Context, viewer post.Viewer, rows []row) ([]Conversation, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.PostID
	}
	views, err := s.posts.ViewsByIDs(ctx, viewer, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]post.View, len(views))
	for _, v := range views {
		byID[v.Post.ID] = v
	}
	list := make([]Conversation, 0, len(rows))
	for _, r := range rows {
		if last, ok := byID[r.PostID]; ok {
			list = append(list, Conversation{ID: r.ID, Unread: r.Unread, Last: last, People: people(viewer, last)})
		}
	}
	return list, nil
}

// people are those a post is between, without who looks.
func people(viewer post.Viewer, v post.View) (list []account.Account) {
	known := map[int64]bool{viewer.AccountID: true}
	for _, a := range append([]account.Account{v.Author}, v.Mentions...) {
		if !known[a.ID] {
			known[a.ID] = true
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		return []account.Account{v.Author}
	}
	return list
}

// Read marks a conversation as read.
func (s *Service) Read(ctx context.Context, viewer post.Viewer, id int64) (Conversation, error) {
	return s.mark(ctx, viewer, id, false)
}

// Unread marks a conversation to be read again.
func (s *Service) Unread(ctx context.Context, viewer post.Viewer, id int64) (Conversation, error) {
	return s.mark(ctx, viewer, id, true)
}

func (s *Service) mark(ctx context.Context, viewer post.Viewer, id int64, unread bool) (Conversation, error) {
	if err := setUnread(ctx, s.db, viewer.AccountID, id, unread); err != nil {
		return Conversation{}, fmt.Errorf("conversation %d: mark: %w", id, err)
	}
	return s.Get(ctx, viewer, id)
}

// Hide takes a conversation out of the list until something new is said in it. The posts stay.
func (s *Service) Hide(ctx context.Context, viewer post.Viewer, id int64) error {
	found, err := remove(ctx, s.db, viewer.AccountID, id)
	if err != nil {
		return fmt.Errorf("conversation.Hide %d: %w", id, err)
	}
	if !found {
		return errNotFound()
	}
	return nil
}

// Posts lists all direct posts from and to the viewer, newest first.
func (s *Service) Posts(ctx context.Context, viewer post.Viewer, page paging.Page) ([]post.View, error) {
	ids, err := directPosts(ctx, s.db, viewer.AccountID, page)
	if err != nil {
		return nil, fmt.Errorf("conversation.Posts: %w", err)
	}
	return s.posts.ViewsByIDs(ctx, viewer, ids)
}
