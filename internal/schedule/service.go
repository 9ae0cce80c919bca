// Package schedule is posts that wait for their time. What waits is kept as it was sent, and checked like any other when its
// time has come.
package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
)

// Limits of what waits.
const (
	minAhead   = 5 * time.Minute
	maxAhead   = 366 * 24 * time.Hour
	maxWaiting = 300 // of one account
)

// Entry is a post that waits.
type Entry struct {
	ID        int64
	AccountID int64
	At        time.Time
	Params    Params
	AppID     *int64
	Error     string // why it could not be published at its time, as a locale key; "" as long as it waits
	CreatedAt time.Time
}

// Service keeps what waits and publishes it.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	posts    *post.Service
	media    *media.Service
	polls    *poll.Service
	jobs     *job.Queue
	now      func() time.Time
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service, media *media.Service, polls *poll.Service, jobs *job.Queue) *Service {
	return &Service{db: db, accounts: accounts, posts: posts, media: media, polls: polls, jobs: jobs, now: time.Now}
}

func errNotFound() error { return fault.New(fault.NotFound, "error.schedule.not_found") }

// Add keeps a post until its time, at least five minutes ahead. It is checked now as far as can be, and again when it is
// published. Who sends the same under the same key gets the first entry.
func (s *Service) Add(ctx context.Context, actor account.Account, at time.Time, p Params, appID *int64, key string) (Entry, error) {
	if err := s.checkTime(at); err != nil {
		return Entry{}, err
	}
	draft, err := s.Draft(actor, p)
	if err != nil {
		return Entry{}, err
	}
	if err := s.posts.May(actor, draft); err != nil {
		return Entry{}, err
	}
	if _, err := s.posts.Compose(ctx, actor, draft); err != nil {
		return Entry{}, err
	}
	for _, id := range p.MediaIDs {
		m, err := s.media.Get(ctx, actor, id)
		if err != nil || m.PostID != nil {
			return Entry{}, fault.Fields(fault.Field{Name: "media_ids", Message: "error.media.unknown"})
		}
	}
	e := Entry{ID: db.NewID(s.now()), AccountID: actor.ID, At: at.UTC().Truncate(time.Millisecond), Params: p, AppID: appID, CreatedAt: s.now().UTC()}
	err = db.InTx(ctx, s.db, func(tx *sqlx.Tx) error {
		return s.posts.Once(ctx, tx, actor.ID, key, func() (int64, error) { return e.ID, s.insert(ctx, tx, e) })
	})
	var repeated post.RepeatedError
	if errors.As(err, &repeated) {
		return s.Get(ctx, actor, repeated.ID)
	}
	return e, err
}

func (s *Service) insert(ctx context.Context, tx *sqlx.Tx, e Entry) error {
	params, err := json.Marshal(e.Params)
	if err != nil {
		return fmt.Errorf("schedule.Add: %w", err)
	}
	if err := lockAccount(ctx, tx, e.AccountID); err != nil {
		return fmt.Errorf("schedule.Add: %w", err)
	}
	n, err := countWaiting(ctx, tx, e.AccountID)
	if err != nil {
		return fmt.Errorf("schedule.Add: %w", err)
	}
	if n >= maxWaiting {
		return fault.Fields(fault.Field{Name: "scheduled_at", Message: "error.schedule.many", Args: map[string]any{"Max": maxWaiting}})
	}
	if err := insertEntry(ctx, tx, e.row(params)); err != nil {
		return fmt.Errorf("schedule.Add: %w", err)
	}
	return s.jobs.Enqueue(ctx, tx, job.PublishScheduled{ID: e.ID, At: e.At})
}

func (s *Service) checkTime(at time.Time) error {
	switch ahead := at.Sub(s.now()); {
	case ahead < minAhead:
		return fault.Fields(fault.Field{Name: "scheduled_at", Message: "error.schedule.time"})
	case ahead > maxAhead:
		return fault.Fields(fault.Field{Name: "scheduled_at", Message: "error.schedule.too_late"})
	}
	return nil
}

// Get returns an own entry.
func (s *Service) Get(ctx context.Context, actor account.Account, id int64) (Entry, error) {
	r, err := entryByID(ctx, s.db, actor.ID, id)
	if db.IsNotFound(err) {
		return Entry{}, errNotFound()
	}
	if err != nil {
		return Entry{}, fmt.Errorf("schedule.Get %d: %w", id, err)
	}
	return r.entry()
}

// List lists own entries, those that failed included, the newest first.
func (s *Service) List(ctx context.Context, actor account.Account, page paging.Page) ([]Entry, error) {
	rows, err := entriesOf(ctx, s.db, actor.ID, page)
	if err != nil {
		return nil, fmt.Errorf("schedule.List: %w", err)
	}
	list := make([]Entry, len(rows))
	for i, r := range rows {
		if list[i], err = r.entry(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Move gives an own entry another time; one that failed waits anew.
func (s *Service) Move(ctx context.Context, actor account.Account, id int64, at time.Time) (Entry, error) {
	if err := s.checkTime(at); err != nil {
		return Entry{}, err
	}
	at = at.UTC().Truncate(time.Millisecond)
	err := db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		if _, err := lockEntry(ctx, tx, actor.ID, id); err != nil {
			return fmt.Errorf("schedule.Move %d: %w", id, err)
		}
		if err := moveEntry(ctx, tx, id, at); err != nil {
			return fmt.Errorf("schedule.Move %d: %w", id, err)
		}
		return s.jobs.Enqueue(ctx, tx, job.PublishScheduled{ID: id, At: at})
	})
	if err != nil {
		return Entry{}, err
	}
	return s.Get(ctx, actor, id)
}

// Cancel forgets an own entry.
func (s *Service) Cancel(ctx context.Context, actor account.Account, id int64) error {
	return db.InTxOr(ctx, s.db, errNotFound(), func(tx *sqlx.Tx) error {
		if _, err := lockEntry(ctx, tx, actor.ID, id); err != nil {
			return fmt.Errorf("schedule.Cancel %d: %w", id, err)
		}
		return deleteEntry(ctx, tx, id)
	})
}
