// Package quote is posts that show another post within them, with the consent of its author (FEP-044f): who quotes asks, the
// quoted author's server answers with a stamp that everyone can look up, and may take it back. It must not know how any of that
// is sent.
//
// What everyone may see may be quoted by everyone whom its author does not block: we stamp such requests at once. A quote
// without a stamp is kept, but shown as a link only.
package quote

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// State of a quote, or of the answer to a request to quote.
type State string

const (
	Pending  State = "pending" // not yet answered, or not yet looked up
	Accepted State = "accepted"
	Rejected State = "rejected"
	Revoked  State = "revoked" // accepted once
)

// Quote is what a post quotes.
type Quote struct {
	PostID           int64     `db:"post_id"`
	QuotedURI        string    `db:"quoted_uri"`
	QuotedID         *int64    `db:"quoted_id"` // nil while we do not know that post
	State            State     `db:"state"`
	AuthorizationURI string    `db:"authorization_uri"` // of the stamp, "" where none is needed or there is none
	UpdatedAt        time.Time `db:"updated_at"`
}

// Request is what somebody of another server, or of ours, asked about quoting a post of ours, and the answer. While it is
// accepted, it is the stamp.
type Request struct {
	ID             int64     `db:"id"`
	URI            string    `db:"uri"`        // of the QuoteRequest, "" where one of ours quotes
	AccountID      int64     `db:"account_id"` // who quotes
	QuotedID       int64     `db:"quoted_id"`
	InteractingURI string    `db:"interacting_uri"` // the post that quotes
	State          State     `db:"state"`
	CreatedAt      time.Time `db:"created_at"`
	UpdatedAt      time.Time `db:"updated_at"`
}

// View is a quote as a reader sees it.
type View struct {
	Quote
	Quoted *post.View // nil unless accepted and the reader may see it
}

// Received is what another server says that one of its posts quotes.
type Received struct{ URI, AuthorizationURI string }

// Service keeps quotes and answers requests.
type Service struct {
	db      *sqlx.DB
	posts   *post.Service
	jobs    *job.Queue
	baseURL string
	now     func() time.Time
}

// New returns the service for the instance at baseURL.
func New(db *sqlx.DB, posts *post.Service, jobs *job.Queue, baseURL string) *Service {
	s := &Service{db: db, posts: posts, jobs: jobs, baseURL: baseURL, now: time.Now}
	posts.OnErase(func(ctx context.Context, tx *sqlx.Tx, postID int64) error { return deleteQuote(ctx, tx, postID) })
	return s
}

func errNotFound() error { return fault.New(fault.NotFound, "error.quote.not_found") }

func errNotYours() error { return fault.New(fault.Forbidden, "error.quote.not_yours") }

// StampURI is where the stamp of an accepted request is fetched.
func (s *Service) StampURI(requestID int64) string {
	return s.baseURL + "/authorizations/" + strconv.FormatInt(requestID, 10)
}

// stampID reads such an address.
func (s *Service) stampID(uri string) (int64, bool) {
	digits, ok := strings.CutPrefix(uri, s.baseURL+"/authorizations/")
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, ok && err == nil && s.StampURI(id) == uri
}

// Of returns the part of a draft that makes a post of actor quote another. Errors: NotFound for a post the actor may not see,
// Forbidden for one that not everyone may see.
func (s *Service) Of(ctx context.Context, actor account.Account, quotedID int64) (post.Part, error) {
	seen, err := s.posts.ByID(ctx, post.Viewer{AccountID: actor.ID}, quotedID)
	if err != nil {
		return nil, err
	}
	if seen.Post.State != post.StatePublished {
		return nil, errNotFound()
	}
	if !quotable(seen.Post) {
		return nil, fault.New(fault.Forbidden, "error.quote.forbidden")
	}
	return func(ctx context.Context, tx *sqlx.Tx, p post.Post) error {
		if err := s.begin(ctx, tx, p, seen.Post); err != nil {
			return fmt.Errorf("quote: post %d of %d: %w", p.ID, quotedID, err)
		}
		return nil
	}, nil
}

// quotable: what only some may see must not be carried on to others.
func quotable(p post.Post) bool { return p.Visibility.Listed() }

// begin stores what a new post of ours quotes. Of our own people's posts we know the answer; others are asked.
func (s *Service) begin(ctx context.Context, tx *sqlx.Tx, p, quoted post.Post) error {
	q := Quote{PostID: p.ID, QuotedURI: quoted.URI, QuotedID: &quoted.ID, State: Accepted, UpdatedAt: s.now()}
	switch {
	case quoted.AccountID == p.AccountID: // oneself needs no leave
	case quoted.Local:
		r := Request{AccountID: p.AccountID, QuotedID: quoted.ID, InteractingURI: p.URI, State: Accepted}
		if err := s.insert(ctx, tx, &r); err != nil {
			return err
		}
		q.AuthorizationURI = s.StampURI(r.ID)
	default:
		q.State = Pending
		if err := s.jobs.Enqueue(ctx, tx, job.Distribute{Verb: job.AskQuote, ID: p.ID}); err != nil {
			return err
		}
	}
	return putQuote(ctx, tx, q)
}

func (s *Service) insert(ctx context.Context, tx *sqlx.Tx, r *Request) error {
	r.CreatedAt = s.now()
	for inserted := false; !inserted; {
		r.ID = db.NewID(r.CreatedAt)
		var err error
		if inserted, err = insertRequest(ctx, tx, *r); err != nil {
			return err
		}
	}
	return nil
}

// Get returns what a post quotes. fault.NotFound.
func (s *Service) Get(ctx context.Context, postID int64) (Quote, error) {
	q, err := quoteOf(ctx, s.db, postID)
	if db.IsNotFound(err) {
		return q, errNotFound()
	}
	if err != nil {
		return q, fmt.Errorf("quote.Get %d: %w", postID, err)
	}
	return q, nil
}

// ByPosts returns what posts quote, by their ids, with the quoted posts that the viewer may see.
func (s *Service) ByPosts(ctx context.Context, viewer post.Viewer, ids []int64) (map[int64]View, error) {
	quotes := map[int64]View{}
	if len(ids) == 0 {
		return quotes, nil
	}
	list, err := quotesOf(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("quote.ByPosts: %w", err)
	}
	var wanted []int64
	for _, q := range list {
		quotes[q.PostID] = View{Quote: q}
		if q.State == Accepted && q.QuotedID != nil {
			wanted = append(wanted, *q.QuotedID)
		}
	}
	views, err := s.posts.ViewsByIDs(ctx, viewer, wanted)
	if err != nil {
		return nil, fmt.Errorf("quote.ByPosts: %w", err)
	}
	byID := make(map[int64]*post.View, len(views))
	for i := range views {
		byID[views[i].Post.ID] = &views[i]
	}
	for id, q := range quotes {
		if q.State == Accepted && q.QuotedID != nil {
			q.Quoted = byID[*q.QuotedID]
			quotes[id] = q
		}
	}
	return quotes, nil
}
