package mastodon

import (
	"context"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

type accountLister func(ctx context.Context, viewer post.Viewer, id int64, page paging.Page) ([]account.Account, post.Span, error)

func (s *Server) favouritedBy(c *call) (any, error) { return s.whoReacted(c, s.Posts.FavouritedBy) }

func (s *Server) rebloggedBy(c *call) (any, error) { return s.whoReacted(c, s.Posts.BoostedBy) }

func (s *Server) whoReacted(c *call, list accountLister) (any, error) {
	v, err := s.statusView(c)
	if err != nil {
		return nil, err
	}
	people, span, err := list(c.ctx(), c.viewer(), v.Post.ID, c.page(40, 80))
	if err != nil {
		return nil, err
	}
	s.link(c, span.First, span.Last, span.More)
	return s.accountEntities(c.ctx(), people)
}

// act does something with the status of the path and returns it as it is then.
func (s *Server) act(c *call, do func(ctx context.Context, actor account.Account, id int64) error) (any, error) {
	v, err := s.statusView(c)
	if err != nil {
		return nil, err
	}
	if err := do(c.ctx(), c.account(), v.Post.ID); err != nil {
		return nil, err
	}
	return s.statusByID(c.ctx(), c.viewer(), v.Post.ID)
}

func (s *Server) favouriteStatus(c *call) (any, error) { return s.act(c, s.Posts.Favourite) }

func (s *Server) unfavouriteStatus(c *call) (any, error) { return s.act(c, s.Posts.Unfavourite) }

// reblogStatus returns the boost, with the boosted status in it.
func (s *Server) reblogStatus(c *call) (any, error) {
	v, err := s.statusView(c)
	if err != nil {
		return nil, err
	}
	if err := s.Posts.Boost(c.ctx(), c.account(), v.Post.ID); err != nil {
		return nil, err
	}
	boost, err := s.Posts.BoostBy(c.ctx(), c.viewer(), c.account().ID, v.Post.ID)
	if err != nil {
		return nil, err
	}
	return s.statusEntity(c.ctx(), c.viewer(), boost)
}

func (s *Server) unreblogStatus(c *call) (any, error) { return s.act(c, s.Posts.Unboost) }

func (s *Server) bookmarkStatus(c *call) (any, error) { return s.act(c, s.Posts.Bookmark) }

func (s *Server) unbookmarkStatus(c *call) (any, error) { return s.act(c, s.Posts.Unbookmark) }

func (s *Server) muteStatus(c *call) (any, error) { return s.act(c, s.Posts.MuteThread) }

func (s *Server) unmuteStatus(c *call) (any, error) { return s.act(c, s.Posts.UnmuteThread) }

func (s *Server) pinStatus(c *call) (any, error) { return s.act(c, s.Posts.Pin) }

func (s *Server) unpinStatus(c *call) (any, error) { return s.act(c, s.Posts.Unpin) }

type statusLister func(ctx context.Context, viewer post.Viewer, page paging.Page) ([]post.View, post.Span, error)

func (s *Server) bookmarks(c *call) (any, error) { return s.markedStatuses(c, s.Posts.Bookmarks) }

func (s *Server) favourites(c *call) (any, error) { return s.markedStatuses(c, s.Posts.Favourites) }

// markedStatuses is a list whose cursors are those of the marks, not of the statuses.
func (s *Server) markedStatuses(c *call, list statusLister) (any, error) {
	views, span, err := list(c.ctx(), c.viewer(), c.page(20, 40))
	if err != nil {
		return nil, err
	}
	s.link(c, span.First, span.Last, span.More)
	return s.statusEntities(c.ctx(), c.viewer(), views)
}
