// Package timeline reads posts in time order for one reader, and keeps how far they have read. It is queries only: what
// a reader may see, and what they want to hear of, stands in the WHERE clauses.
package timeline

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

// Service reads timelines.
type Service struct {
	db       *sqlx.DB
	accounts *account.Service
	posts    *post.Service
}

// New returns the service.
func New(db *sqlx.DB, accounts *account.Service, posts *post.Service) *Service {
	return &Service{db: db, accounts: accounts, posts: posts}
}

// Lines is one page of a timeline, newest first.
type Lines struct {
	Items []post.View
	// First and Last are the cursors of the newest and the oldest line, 0 for an empty page. What was withdrawn while the
	// page was read is no item, but its place counts.
	First, Last int64
	More        bool // there is something older
}

// Next is the MaxID of the following page, 0 at the end.
func (l Lines) Next() int64 {
	if !l.More {
		return 0
	}
	return l.Last
}

// Options narrow a public timeline or that of a hashtag.
type Options struct {
	Local, Remote bool // only ours, only others'; both is neither
	OnlyMedia     bool
	// Of the timeline of a hashtag: posts that bear one of Any instead of it count too, must bear All, must bear None. Of
	// each the first maxTags count.
	Any, All, None []string
}

// maxTags is what clients offer, as Mastodon does: visitors may ask, and each one more is looked for in every post.
const maxTags = 4

func fewTags(names []string) []string { return names[:min(len(names), maxTags)] }

// Home is what the reader follows and wrote: posts and boosts (BoostedBy set), each post once, at its newest reason. It
// has the boards of followed groups and the public posts with followed hashtags. Answers to people whom the reader does not
// follow are left out, and what they chose to leave out: boosts of some, other languages of some, members of lists that
// are exclusive, whom they mute or block.
func (s *Service) Home(ctx context.Context, reader account.Account, page paging.Page) (Lines, error) {
	return s.feed(ctx, homeFeed, reader, 0, page)
}

// List is what the members of one of the reader's lists wrote and boosted. fault.NotFound for the lists of others.
func (s *Service) List(ctx context.Context, reader account.Account, listID int64, page paging.Page) (Lines, error) {
	policy, err := repliesPolicy(ctx, s.db, reader.ID, listID)
	if db.IsNotFound(err) {
		return Lines{}, fault.New(fault.NotFound, "error.list.not_found")
	}
	if err != nil {
		return Lines{}, fmt.Errorf("timeline.List %d: %w", listID, err)
	}
	return s.feed(ctx, listFeeds[policy], reader, listID, page)
}

func (s *Service) feed(ctx context.Context, f feed, reader account.Account, listID int64, page paging.Page) (Lines, error) {
	lines, err := feedLines(ctx, s.db, f, reader.ID, listID, page, page.Size()+1)
	if err != nil {
		return Lines{}, fmt.Errorf("timeline of %d: %w", reader.ID, err)
	}
	return s.complete(ctx, post.Viewer{AccountID: reader.ID}, lines, page)
}

// Public is every public post of this instance or of all known ones, answers left out.
func (s *Service) Public(ctx context.Context, viewer post.Viewer, o Options, page paging.Page) (Lines, error) {
	lines, err := public(ctx, s.db, viewer.AccountID, o, page, page.Size()+1)
	if err != nil {
		return Lines{}, fmt.Errorf("timeline.Public: %w", err)
	}
	return s.complete(ctx, viewer, lines, page)
}

// Tag is every public post with a hashtag; upper and lower case are the same.
func (s *Service) Tag(ctx context.Context, viewer post.Viewer, name string, o Options, page paging.Page) (Lines, error) {
	o.Any, o.All, o.None = fewTags(o.Any), fewTags(o.All), fewTags(o.None)
	lines, err := tagged(ctx, s.db, viewer.AccountID, name, o, page, page.Size()+1)
	if err != nil {
		return Lines{}, fmt.Errorf("timeline.Tag %q: %w", name, err)
	}
	return s.complete(ctx, viewer, lines, page)
}

// Link is every public post whose page, or that of the practice it answers, has that address.
func (s *Service) Link(ctx context.Context, viewer post.Viewer, address string, page paging.Page) (Lines, error) {
	lines, err := linked(ctx, s.db, viewer.AccountID, address, page, page.Size()+1)
	if err != nil {
		return Lines{}, fmt.Errorf("timeline.Link %q: %w", address, err)
	}
	return s.complete(ctx, viewer, lines, page)
}

// complete turns lines, of which there may be one more than fits, into views. A page read upwards comes with its oldest
// line first; below it there is always the line it was read from.
func (s *Service) complete(ctx context.Context, viewer post.Viewer, lines []line, page paging.Page) (result Lines, err error) {
	result.More = len(lines) > page.Size() || page.Upwards() && len(lines) > 0
	lines = lines[:min(len(lines), page.Size())]
	paging.NewestFirst(page, lines)
	if len(lines) == 0 {
		return result, nil
	}
	result.First, result.Last = lines[0].Cursor, lines[len(lines)-1].Cursor
	ids, boosters := make([]int64, len(lines)), make([]int64, 0, len(lines))
	for i, l := range lines {
		ids[i] = l.PostID
		if l.BoostedBy != nil {
			boosters = append(boosters, *l.BoostedBy)
		}
	}
	byID, err := s.posts.ByIDs(ctx, viewer, ids)
	if err != nil {
		return result, err
	}
	accounts, err := s.accounts.ByIDs(ctx, boosters)
	if err != nil {
		return result, err
	}
	var list []post.Post
	var of []line
	for _, l := range lines {
		if p, ok := byID[l.PostID]; ok { // it may have been withdrawn since the first query
			list, of = append(list, p), append(of, l)
		}
	}
	if result.Items, err = s.posts.Views(ctx, viewer, list); err != nil {
		return result, err
	}
	for i, l := range of {
		if l.BoostedBy != nil {
			booster := accounts[*l.BoostedBy]
			result.Items[i].BoostedBy, result.Items[i].BoostID, result.Items[i].BoostedAt = &booster, l.Cursor, *l.BoostedAt
		}
	}
	return result, nil
}

// line is one entry of a timeline: a post, and the boost that brought it.
type line struct {
	Cursor    int64      `db:"cursor"` // id of the post or of the boost: what pages are counted by
	PostID    int64      `db:"post_id"`
	BoostedBy *int64     `db:"boosted_by"`
	BoostedAt *time.Time `db:"boosted_at"`
}
