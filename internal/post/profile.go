package post

import (
	"context"
	"fmt"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
)

// ProfileOptions narrow what stands on a profile. OnlyMedia and Tagged leave only the account's own posts.
type ProfileOptions struct {
	ExcludeReplies bool // those to others; a thread of one's own stays
	ExcludeBoosts  bool
	OnlyMedia      bool
	Tagged         string
}

func (o ProfileOptions) ownOnly() bool { return o.ExcludeBoosts || o.OnlyMedia || o.Tagged != "" }

// Profile lists what an account wrote and boosted (BoostedBy set), and what began on a group's board, as far as the viewer may see
// it, newest first. The cursors of page are ids of posts and of boosts. Whom the account blocks sees nothing of it.
func (s *Service) Profile(ctx context.Context, viewer Viewer, a account.Account, o ProfileOptions, page paging.Page) ([]View, Span, error) {
	if a.State != account.Active {
		return nil, Span{}, nil
	}
	o.Tagged = strings.TrimPrefix(strings.TrimSpace(o.Tagged), "#")
	rows, err := profileLines(ctx, s.db, viewer.AccountID, a.ID, a.Kind == account.Group, o, page)
	if err != nil {
		return nil, Span{}, fmt.Errorf("post.Profile %d: %w", a.ID, err)
	}
	rows, span := SpanOf(page, rows, func(l profileLine) int64 { return l.Cursor })
	posts := make([]Post, len(rows))
	for i, l := range rows {
		posts[i] = l.Post
	}
	views, err := s.Views(ctx, viewer, posts)
	if err != nil {
		return nil, Span{}, err
	}
	for i, l := range rows {
		if l.BoostedAt != nil {
			views[i].BoostedBy, views[i].BoostID, views[i].BoostedAt = &a, l.Cursor, *l.BoostedAt
		}
	}
	return views, span, nil
}
