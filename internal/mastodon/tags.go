package mastodon

import (
	"context"
	"strconv"
	"time"

	"github.com/vorbild/vorbild/internal/tag"
)

// Tag is the Tag entity: a hashtag by itself. Statuses carry StatusTag.
type Tag struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	URL     string    `json:"url"`
	History []History `json:"history"`
	// To a reader with an account only.
	Following *bool `json:"following,omitempty"`
	Featuring *bool `json:"featuring,omitempty"`
}

// History counts a day; all values are numbers as text.
type History struct {
	Day      string `json:"day"` // Unix time of its begin
	Uses     string `json:"uses"`
	Accounts string `json:"accounts"`
}

// FeaturedTag is the FeaturedTag entity.
type FeaturedTag struct {
	ID            string  `json:"id"`
	Name          string  `json:"name"`
	URL           string  `json:"url"`
	StatusesCount string  `json:"statuses_count"` // a number as text
	LastStatusAt  *string `json:"last_status_at"` // YYYY-MM-DD
}

// Hashtags on a page of those someone follows.
const (
	usualTags = 100
	mostTags  = 200
)

func historyEntities(days []tag.Day) []History {
	list := make([]History, len(days))
	for i, d := range days {
		list[i] = History{Day: strconv.FormatInt(d.Start.Unix(), 10), Uses: strconv.Itoa(d.Uses), Accounts: strconv.Itoa(d.Accounts)}
	}
	return list
}

// tagEntity's id is its key: a hashtag has no other.
func (s *Server) tagEntity(c *call, t tag.Tag) Tag {
	e := Tag{ID: tag.Key(t.Name), Name: t.Name, URL: s.Posts.TagURL(t.Name), History: historyEntities(t.History)}
	if c.viewer().AccountID != 0 {
		e.Following, e.Featuring = &t.Following, &t.Featuring
	}
	return e
}

func (s *Server) tagEntities(c *call, tags []tag.Tag) []Tag {
	list := make([]Tag, len(tags))
	for i, t := range tags {
		list[i] = s.tagEntity(c, t)
	}
	return list
}

func (s *Server) oneTag(c *call, t tag.Tag, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return s.tagEntity(c, t), nil
}

func (s *Server) showTag(c *call) (any, error) {
	t, err := s.Tags.ByName(c.ctx(), c.viewer(), c.path("name"))
	return s.oneTag(c, t, err)
}

func (s *Server) followTag(c *call) (any, error) {
	t, err := s.Tags.Follow(c.ctx(), c.account(), c.path("name"))
	return s.oneTag(c, t, err)
}

func (s *Server) unfollowTag(c *call) (any, error) {
	t, err := s.Tags.Unfollow(c.ctx(), c.account(), c.path("name"))
	return s.oneTag(c, t, err)
}

func (s *Server) featureTag(c *call) (any, error) {
	if _, err := s.Tags.Feature(c.ctx(), c.account(), c.path("name")); err != nil {
		return nil, err
	}
	return s.showTag(c)
}

func (s *Server) unfeatureTag(c *call) (any, error) {
	t, err := s.Tags.UnfeatureName(c.ctx(), c.account(), c.path("name"))
	return s.oneTag(c, t, err)
}

func (s *Server) followedTags(c *call) (any, error) {
	page := c.page(usualTags, mostTags)
	followed, err := s.Tags.Followed(c.ctx(), c.account(), page, page.Limit)
	if err != nil {
		return nil, err
	}
	s.link(c, followed.First, followed.Last, followed.More)
	return s.tagEntities(c, followed.Tags), nil
}

func (s *Server) featuredTagEntity(f tag.Featured) FeaturedTag {
	e := FeaturedTag{ID: idText(f.ID), Name: f.Name, URL: s.Posts.TagURL(f.Name), StatusesCount: strconv.Itoa(f.StatusesCount)}
	if f.LastStatusAt != nil {
		date := f.LastStatusAt.UTC().Format(time.DateOnly)
		e.LastStatusAt = &date
	}
	return e
}

func (s *Server) featuredOf(ctx context.Context, accountID int64) (any, error) {
	list, err := s.Tags.Featured(ctx, accountID)
	if err != nil {
		return nil, err
	}
	entities := make([]FeaturedTag, len(list))
	for i, f := range list {
		entities[i] = s.featuredTagEntity(f)
	}
	return entities, nil
}

func (s *Server) accountFeaturedTags(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	if _, err := s.Accounts.ByID(c.ctx(), id); err != nil {
		return nil, err
	}
	return s.featuredOf(c.ctx(), id)
}

func (s *Server) featuredTags(c *call) (any, error) { return s.featuredOf(c.ctx(), c.account().ID) }

func (s *Server) createFeaturedTag(c *call) (any, error) {
	f, err := s.Tags.Feature(c.ctx(), c.account(), c.params.text("name"))
	if err != nil {
		return nil, err
	}
	return s.featuredTagEntity(f), nil
}

func (s *Server) featuredTagSuggestions(c *call) (any, error) {
	tags, err := s.Tags.Suggestions(c.ctx(), c.account())
	if err != nil {
		return nil, err
	}
	return s.tagEntities(c, tags), nil
}

func (s *Server) deleteFeaturedTag(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.Tags.Unfeature(c.ctx(), c.account(), id)
}
