package timeline

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// Watch is a timeline that somebody has before them while it changes: home of an account, or one of its lists.
type Watch struct {
	AccountID int64
	ListID    int64 // 0 for home
}

// News is a line that came or changed: a post, or a boost of one.
type News struct {
	PostID  int64 `db:"post_id"`
	BoostID int64 `db:"boost_id"` // 0 for a post
	// BoosterID and BoostedAt are of the boost.
	BoosterID *int64     `db:"booster_id"`
	BoostedAt *time.Time `db:"boosted_at"`
	// Gone is a boost that was undone.
	Gone bool `db:"gone"`

	AuthorID    int64           `db:"author_id"`
	Visibility  post.Visibility `db:"visibility"`
	Local       bool            `db:"local"`
	Answer      bool            `db:"answer"`
	Media       bool            `db:"media"`
	PublishedAt *time.Time      `db:"published_at"`
	Tags        []string        `db:"-"` // lower case
}

// Public reports whether the line stands in the public timeline.
func (n News) Public() bool { return n.BoostID == 0 && n.Visibility == post.Public && !n.Answer }

// Tagged reports whether the line stands in the timelines of its hashtags.
func (n News) Tagged() bool { return n.BoostID == 0 && n.Visibility == post.Public }

// Audience is for whom news is, of those who watch.
type Audience struct {
	Stands map[Watch]bool // timelines it stands in
	Shown  map[int64]bool // accounts that hear of it in timelines which all have in common
	// Special are the accounts to which the post looks different than to all others with an account: they wrote it, reacted to
	// it or have filters.
	Special map[int64]bool
}

// Post returns what is new of a published post; fault.NotFound where it is none any more.
func (s *Service) Post(ctx context.Context, id int64) (News, error) {
	return s.news(ctx, id, postNews)
}

// Boost returns what is new of a boost, undone ones included; fault.NotFound where its post is none any more.
func (s *Service) Boost(ctx context.Context, id int64) (News, error) {
	return s.news(ctx, id, boostNews)
}

func (s *Service) news(ctx context.Context, id int64, query string) (News, error) {
	n, err := newsByID(ctx, s.db, query, id)
	if db.IsNotFound(err) {
		return n, fault.New(fault.NotFound, "error.post.not_found")
	}
	if err != nil {
		return n, fmt.Errorf("timeline: news of %d: %w", id, err)
	}
	return n, nil
}

// Audience finds the watched timelines in which a line stands, with one query however many there are. It stands in them by the
// same rules by which they are read. edited asks for those, too, in which a boost of the post stands.
func (s *Service) Audience(ctx context.Context, n News, edited bool, watches []Watch) (Audience, error) {
	a := Audience{Stands: map[Watch]bool{}, Shown: map[int64]bool{}, Special: map[int64]bool{}}
	if len(watches) == 0 {
		return a, nil
	}
	rows, err := audience(ctx, s.db, n, edited, watches)
	if err != nil {
		return a, fmt.Errorf("timeline.Audience of %d: %w", n.PostID, err)
	}
	for _, r := range rows {
		if r.Stands {
			a.Stands[Watch{r.AccountID, r.ListID}] = true
		}
		if r.Shown {
			a.Shown[r.AccountID] = true
		}
		if r.Special {
			a.Special[r.AccountID] = true
		}
	}
	return a, nil
}

// Witnesses are those of the accounts who could see a post, whatever became of it: when it goes they are told. visitors
// says whether everyone could.
func (s *Service) Witnesses(ctx context.Context, postID int64, accountIDs []int64) (ids []int64, visitors bool, err error) {
	ids, err = witnesses(ctx, s.db, postID, append([]int64{0}, accountIDs...))
	if err != nil {
		return nil, false, fmt.Errorf("timeline.Witnesses of %d: %w", postID, err)
	}
	visitors = slices.Contains(ids, 0)
	return slices.DeleteFunc(ids, func(id int64) bool { return id == 0 }), visitors, nil
}

// View is the line as the viewer reads it; ok is false if they may not.
func (s *Service) View(ctx context.Context, viewer post.Viewer, n News) (v post.View, ok bool, err error) {
	l := line{Cursor: n.PostID, PostID: n.PostID}
	if n.BoostID != 0 {
		l = line{Cursor: n.BoostID, PostID: n.PostID, BoostedBy: n.BoosterID, BoostedAt: n.BoostedAt}
	}
	lines, err := s.complete(ctx, viewer, []line{l}, paging.Page{Limit: 1})
	if err != nil || len(lines.Items) == 0 {
		return v, false, err
	}
	return lines.Items[0], true, nil
}
