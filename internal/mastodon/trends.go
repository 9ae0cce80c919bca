package mastodon

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/post"
)

// TrendsLink is the Trends::Link entity: a card with a history.
type TrendsLink struct {
	PreviewCard
	History []History `json:"history"`
}

// Trends on a page.
const (
	usualTrendingTags     = 10
	mostTrendingTags      = 20
	usualTrendingStatuses = 20
	mostTrendingStatuses  = 40
	usualTrendingLinks    = 10
	mostTrendingLinks     = 20
)

// part reads limit and offset, by which trends are paged.
func (c *call) part(usual, most int) (limit, offset int) {
	return c.page(usual, most).Limit, max(c.params.integer("offset", 0), 0)
}

// linkOffset is link for lists that are paged by offset: n is how many are on this page.
func (s *Server) linkOffset(c *call, limit, offset, n int) {
	var links []string
	to := func(offset int, rel string) {
		query := url.Values{}
		for name, values := range c.URL.Query() {
			if name != "access_token" {
				query[name] = values
			}
		}
		query.Set("offset", strconv.Itoa(offset))
		links = append(links, `<`+s.Config.BaseURL+c.URL.EscapedPath()+`?`+query.Encode()+`>; rel="`+rel+`"`)
	}
	if n == limit {
		to(offset+limit, "next")
	}
	if offset > 0 {
		to(max(offset-limit, 0), "prev")
	}
	if len(links) > 0 {
		c.header.Set("Link", strings.Join(links, ", "))
	}
}

func (s *Server) trendingTags(c *call) (any, error) {
	limit, offset := c.part(usualTrendingTags, mostTrendingTags)
	tags, err := s.Tags.Trending(c.ctx(), c.viewer(), limit, offset)
	if err != nil {
		return nil, err
	}
	s.linkOffset(c, limit, offset, len(tags))
	return s.tagEntities(c, tags), nil
}

func (s *Server) trendingStatuses(c *call) (any, error) {
	limit, offset := c.part(usualTrendingStatuses, mostTrendingStatuses)
	views, err := s.Tags.TrendingPosts(c.ctx(), c.viewer(), limit, offset)
	if err != nil {
		return nil, err
	}
	s.linkOffset(c, limit, offset, len(views))
	return s.statusEntities(c.ctx(), c.viewer(), views)
}

// trendingLinks are the pages of practices.
func (s *Server) trendingLinks(c *call) (any, error) {
	limit, offset := c.part(usualTrendingLinks, mostTrendingLinks)
	views, history, err := s.Tags.TrendingPractices(c.ctx(), c.viewer(), limit, offset)
	if err != nil {
		return nil, err
	}
	s.linkOffset(c, limit, offset, len(views))
	statuses, err := s.statusEntities(c.ctx(), post.Viewer{}, views)
	if err != nil {
		return nil, err
	}
	links := []TrendsLink{}
	for i, status := range statuses {
		if status.Card != nil {
			links = append(links, TrendsLink{PreviewCard: *status.Card, History: historyEntities(history[views[i].Post.ID])})
		}
	}
	return links, nil
}
