// Package publication is what an instance publishes in its own name and that is no practice: documents (guides,
// recommendations, strategies) with their versions and files, and the shape in which editions of a paper are told to the
// world. It must not know the wire format, nor what stands in an edition.
//
// The words stand in posts, what is particular beside them in publications; both change in one transaction, under the lock of
// the post's row. A document in work stands in publication_drafts and is seen by editors only.
package publication

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
)

// Kinds of publications, as their posts' roles.
const (
	Document = post.RoleDocument
	Edition  = post.RoleEdition
)

// Types of documents (vb:documentType), in the order in which they are offered.
var Types = []string{"guide", "recommendation", "strategy", "other"}

// Publication is what stands beside the post.
type Publication struct {
	PostID    int64     `db:"post_id"`
	Kind      string    `db:"kind"`     // Document or Edition
	Type      string    `db:"type"`     // of a document: one of Types; "" of all else
	Version   string    `db:"version"`  // as people call it: "1.2", "2026-1"
	Revision  int       `db:"revision"` // grows with each published version, from 1
	Entries   []Entry   `db:"-"`        // what an edition is made of
	Checksum  string    `db:"checksum"` // of an edition: SHA-256 of its HTML, 64 hexadecimal digits
	Files     []File    `db:"-"`
	UpdatedAt time.Time `db:"updated_at"`
}

// Entry is a practice that an edition contains, in the version it was taken over in.
type Entry struct {
	URI      string `json:"uri"`
	Revision int    `json:"revision"`
	Chapter  string `json:"chapter,omitempty"` // the name of its chapter
}

// File is something to be saved that belongs to a publication.
type File struct {
	URL       string `json:"url"` // whole address
	MediaType string `json:"media_type"`
	Name      string `json:"name"`  // what it is, for people
	Bytes     int64  `json:"bytes"` // 0 where nobody said
}

// View is a publication with its post.
type View struct {
	post.View
	Publication Publication
}

// Service writes, publishes and finds publications.
type Service struct {
	db            *sqlx.DB
	organizations *organization.Service
	accounts      *account.Service
	posts         *post.Service
	jobs          *job.Queue
	baseURL       string
}

// New returns the service. From then on posts that are emptied take what stands beside them with them.
func New(db *sqlx.DB, organizations *organization.Service, accounts *account.Service, posts *post.Service, jobs *job.Queue, baseURL string) *Service {
	s := &Service{db: db, organizations: organizations, accounts: accounts, posts: posts, jobs: jobs, baseURL: baseURL}
	posts.OnErase(s.erase)
	return s
}

// Get returns what stands beside a post; fault.NotFound for one that is no publication.
func (s *Service) Get(ctx context.Context, postID int64) (Publication, error) {
	byPost, err := s.ByPosts(ctx, []int64{postID})
	if err != nil {
		return Publication{}, err
	}
	p, ok := byPost[postID]
	if !ok {
		return p, errNotFound()
	}
	return p, nil
}

// ByPosts returns what stands beside those of the posts that are publications, by post id. Whoever asks has looked at who may
// see the posts.
func (s *Service) ByPosts(ctx context.Context, postIDs []int64) (map[int64]Publication, error) {
	byPost := make(map[int64]Publication, len(postIDs))
	if len(postIDs) == 0 {
		return byPost, nil
	}
	list, err := publicationsByIDs(ctx, s.db, postIDs)
	if err != nil {
		return nil, fmt.Errorf("publication.ByPosts: %w", err)
	}
	for _, p := range list {
		byPost[p.PostID] = p
	}
	return byPost, nil
}

// ByID returns one publication the viewer may see. fault.NotFound, fault.Gone (withdrawn).
func (s *Service) ByID(ctx context.Context, viewer post.Viewer, id int64) (View, error) {
	v, err := s.posts.ByID(ctx, viewer, id)
	if err != nil {
		return View{}, asPublication(err)
	}
	p, err := s.Get(ctx, id)
	return View{View: v, Publication: p}, err
}

// ours checks that an account may edit what the instance publishes.
func ours(actor account.Account) error {
	if !actor.Local() || !actor.Able(account.RoleEditor) {
		return errForbidden()
	}
	return nil
}

func errNotFound() error { return fault.New(fault.NotFound, "error.publication.not_found") }

func errGone() error { return fault.New(fault.Gone, "error.publication.gone") }

func errForbidden() error { return fault.New(fault.Forbidden, "error.publication.forbidden") }

// asPublication turns post's words for "not there" into ours.
func asPublication(err error) error {
	switch {
	case fault.Is(err, fault.NotFound):
		return errNotFound()
	case fault.Is(err, fault.Gone):
		return errGone()
	}
	return err
}

// inTx is db.InTx with a row that vanished meanwhile turned into fault.NotFound.
func (s *Service) inTx(ctx context.Context, f func(tx *sqlx.Tx) error) error {
	return db.InTxOr(ctx, s.db, errNotFound(), f)
}

// erase takes what stands beside a post that is being emptied.
func (s *Service) erase(ctx context.Context, tx *sqlx.Tx, postID int64) error {
	if err := deletePublication(ctx, tx, postID); err != nil {
		return fmt.Errorf("publication %d: erase: %w", postID, err)
	}
	names, err := deleteFiles(ctx, tx, postID)
	if err != nil {
		return fmt.Errorf("publication %d: files: %w", postID, err)
	}
	return s.discardFiles(ctx, tx, names)
}
