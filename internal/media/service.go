// Package media is the files that belong to posts and profiles: checked, stripped of what people do not mean to publish,
// stored below the media directory, described for those who cannot see them.
//
// Only still images are taken. Each is decoded and encoded anew, so that nothing of the sent bytes is ever served: no
// place where a photograph was taken, no script behind the pixels. Moving images stand still (their first frame): what
// moves must be stoppable (EN 301 549, 9.2.2.2), and weighs much. Sound and film are refused: without a
// transcoder what their files tell of people and places would be published with them.
//
// Media of other servers are known by their address. When somebody looks at an image of them, we fetch it, make it anew and keep
// it for a while (proxy); everything else is a link.
package media

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
)

// Limits, for instance descriptions too.
const (
	MaxPerPost     = 4
	MaxDescription = 1_500    // characters
	MaxSize        = 16 << 20 // bytes of an image as it is sent
	MaxPixels      = 33 << 20 // of an image as it is sent
	// maxWaiting is how many files of one person may wait for a post: who only uploads fills the disk.
	maxWaiting = 40
)

// ContentTypes are what Upload takes.
var ContentTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// Kinds of media. We store images; the others are said of what lives elsewhere.
const (
	Image   = "image"
	Gifv    = "gifv"
	Video   = "video"
	Audio   = "audio"
	Unknown = "unknown"
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
	jobs     *job.Queue
	dir      string
	baseURL  string
	decoding chan struct{} // bounds how many images are in memory at a time
	remote   *proxy        // nil: pictures of other servers are not shown
}

// New returns the service; files are kept below dir, which is made when the first is.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service, jobs *job.Queue, dir, baseURL string) *Service {
	s := &Service{db: db, accounts: accounts, jobs: jobs, dir: dir, baseURL: baseURL, decoding: make(chan struct{}, atOnce)}
	posts.OnErase(s.erase)
	return s
}

// Path is where anyone reads a stored file on this instance, URL the same with its address.
func Path(file string) string { return "/media/" + file }

// URL is where anyone reads a stored file.
func (s *Service) URL(file string) string { return s.baseURL + Path(file) }

// ByPosts returns the media of posts that may be shown, in their order, by post id.
func (s *Service) ByPosts(ctx context.Context, postIDs []int64) (map[int64][]Media, error) {
	byPost := map[int64][]Media{}
	if len(postIDs) == 0 {
		return byPost, nil
	}
	list, err := shownOfPosts(ctx, s.db, postIDs)
	if err != nil {
		return nil, fmt.Errorf("media.ByPosts: %w", err)
	}
	for _, m := range list {
		byPost[*m.PostID] = append(byPost[*m.PostID], m)
	}
	return byPost, nil
}

// RemoveFiles works a job.RemoveFiles. What is gone already is no error.
func (s *Service) RemoveFiles(names []string) error {
	for _, name := range names {
		if !fileName.MatchString(name) {
			continue
		}
		if err := os.Remove(s.path(name)); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("media.RemoveFiles: %w", err)
		}
	}
	return nil
}

func errNotFound() error { return fault.New(fault.NotFound, "error.media.not_found") }

func errForbidden() error { return fault.New(fault.Forbidden, "error.media.forbidden") }

// invalid is a mistake in one input.
func invalid(field, message string, args map[string]any) error {
	return fault.Fields(fault.Field{Name: field, Message: message, Args: args})
}
