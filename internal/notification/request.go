package notification

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

// Request is somebody whose notifications the reader's policy keeps apart, waiting for the reader's decision.
type Request struct {
	ID            int64     `db:"id"`
	FromAccountID int64     `db:"from_account_id"`
	CreatedAt     time.Time `db:"created_at"`
	UpdatedAt     time.Time `db:"updated_at"`
	Count         int       `db:"count"` // of what is kept apart
	LastPostID    *int64    `db:"last_post_id"`

	From account.Account
	Last *post.View // what they wrote last of it; nil where it is about no post
}

// maxPending bounds the counts of Pending.
const maxPending = 100

// Requests lists who waits, newest first.
func (s *Service) Requests(ctx context.Context, reader account.Account, page paging.Page) ([]Request, error) {
	list, err := requests(ctx, s.db, reader.ID, page)
	if err != nil {
		return nil, fmt.Errorf("notification.Requests of %d: %w", reader.ID, err)
	}
	return s.completeRequests(ctx, reader, list)
}

// Request returns one of those who wait; fault.NotFound.
func (s *Service) Request(ctx context.Context, reader account.Account, id int64) (Request, error) {
	r, err := request(ctx, s.db, reader.ID, id)
	if db.IsNotFound(err) {
		return r, errNoRequest()
	}
	if err != nil {
		return r, fmt.Errorf("notification.Request %d: %w", id, err)
	}
	list, err := s.completeRequests(ctx, reader, []Request{r})
	if err != nil {
		return r, err
	}
	return list[0], nil
}

func errNoRequest() error { return fault.New(fault.NotFound, "error.notification.request_not_found") }

func (s *Service) completeRequests(ctx context.Context, reader account.Account, list []Request) ([]Request, error) {
	var people, posts []int64
	for _, r := range list {
		people = append(people, r.FromAccountID)
		if r.LastPostID != nil {
			posts = append(posts, *r.LastPostID)
		}
	}
	accounts, err := s.accounts.ByIDs(ctx, people)
	if err != nil {
		return nil, err
	}
	views, err := s.postViews(ctx, reader.ID, posts)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].From = accounts[list[i].FromAccountID]
		if list[i].LastPostID != nil {
			list[i].Last = views[*list[i].LastPostID]
		}
	}
	return list, nil
}

// AcceptRequests lets people through, now and from now on: what was kept apart joins the other notifications. It returns how
// many of the ids were waiting requests of the reader.
func (s *Service) AcceptRequests(ctx context.Context, reader account.Account, ids ...int64) (n int, err error) {
	return s.decide(ctx, reader, ids, "accepted", release)
}

// DismissRequests puts away what was kept apart. Who comes again asks again.
func (s *Service) DismissRequests(ctx context.Context, reader account.Account, ids ...int64) (n int, err error) {
	return s.decide(ctx, reader, ids, "dismissed", removeFiltered)
}

func (s *Service) decide(ctx context.Context, reader account.Account, ids []int64, state string, then func(ctx context.Context, x sqlx.ExtContext, accountID int64, fromIDs []int64) error) (n int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		people, err := decideRequests(ctx, tx, reader.ID, ids, state)
		if err != nil {
			return fmt.Errorf("notification: requests of %d %s: %w", reader.ID, state, err)
		}
		n = len(people)
		if err := then(ctx, tx, reader.ID, people); err != nil {
			return fmt.Errorf("notification: requests of %d %s: %w", reader.ID, state, err)
		}
		return nil
	})
	return n, err
}

// Pending counts who waits and what is kept apart, up to a hundred each.
func (s *Service) Pending(ctx context.Context, reader account.Account) (people, notifications int, err error) {
	if people, notifications, err = pending(ctx, s.db, reader.ID, maxPending); err != nil {
		err = fmt.Errorf("notification.Pending of %d: %w", reader.ID, err)
	}
	return people, notifications, err
}
