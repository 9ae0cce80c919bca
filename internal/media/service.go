// Package media is the files that belong to posts and profiles: checked, stripped of what people do not mean to publish,
// stored below the data directory, described for those who cannot see them.
package media

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// Media is one file.
type Media struct {
	ID            int64     `db:"id"`
	AccountID     int64     `db:"account_id"`
	PostID        *int64    `db:"post_id"`
	Position      int       `db:"position"`
	Kind          string    `db:"kind"` // image, gifv, video, audio, unknown
	ContentType   string    `db:"content_type"`
	File          string    `db:"file"` // below the media directory; "" for what lives elsewhere
	PreviewFile   string    `db:"preview_file"`
	RemoteURL     string    `db:"remote_url"`
	Size          int64     `db:"size"` // bytes
	Width         int       `db:"width"`
	Height        int       `db:"height"`
	PreviewWidth  int       `db:"preview_width"`
	PreviewHeight int       `db:"preview_height"`
	Description   string    `db:"description"`
	Blurhash      string    `db:"blurhash"`
	FocusX        float64   `db:"focus_x"`
	FocusY        float64   `db:"focus_y"`
	CreatedAt     time.Time `db:"created_at"`
}

// Service stores and reads media.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	dir      string
	baseURL  string
}

// New returns the service; files are kept below dir, which is made when the first is.
func New(db *sqlx.DB, accounts *account.Service, dir, baseURL string) *Service {
	return &Service{db: db, accounts: accounts, dir: dir, baseURL: baseURL}
}

// ByPosts returns the media of posts in their order, by post id.
func (s *Service) ByPosts(ctx context.Context, postIDs []int64) (map[int64][]Media, error) {
	return map[int64][]Media{}, nil
}

// Attach returns the part of a draft that hangs unattached media of the actor on a post, or, when it is edited, replaces
// what hangs there. Errors: fault.Invalid for unknown ones, those of others, more than four.
func (s *Service) Attach(actor account.Account, ids []int64) post.Part { return nil }

// URL is where anyone reads a stored file.
func (s *Service) URL(file string) string { return s.baseURL + "/media/" + file }
