package mastodon

import (
	"github.com/vorbild/vorbild/internal/timeline"
)

// Timelines, and the most a page of one has.
const (
	usualStatuses = 20
	mostStatuses  = 40
)

func (s *Server) homeTimeline(c *call) (any, error) {
	lines, err := s.Timeline.Home(c.ctx(), c.account(), c.page(usualStatuses, mostStatuses))
	return s.lines(c, lines, err)
}

func (s *Server) publicTimeline(c *call) (any, error) {
	lines, err := s.Timeline.Public(c.ctx(), c.viewer(), c.timelineOptions(), c.page(usualStatuses, mostStatuses))
	return s.lines(c, lines, err)
}

func (s *Server) tagTimeline(c *call) (any, error) {
	o := c.timelineOptions()
	o.Any, o.All, o.None = c.params.texts("any"), c.params.texts("all"), c.params.texts("none")
	lines, err := s.Timeline.Tag(c.ctx(), c.viewer(), c.path("name"), o, c.page(usualStatuses, mostStatuses))
	return s.lines(c, lines, err)
}

func (s *Server) listTimeline(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	lines, err := s.Timeline.List(c.ctx(), c.account(), id, c.page(usualStatuses, mostStatuses))
	return s.lines(c, lines, err)
}

func (s *Server) linkTimeline(c *call) (any, error) {
	address := c.params.text("url")
	if address == "" {
		return nil, errNotFound()
	}
	lines, err := s.Timeline.Link(c.ctx(), c.viewer(), address, c.page(usualStatuses, mostStatuses))
	return s.lines(c, lines, err)
}

func (c *call) timelineOptions() timeline.Options {
	return timeline.Options{
		Local: c.params.boolean("local", false), Remote: c.params.boolean("remote", false), OnlyMedia: c.params.boolean("only_media", false),
	}
}

// lines answers with a page of a timeline.
func (s *Server) lines(c *call, lines timeline.Lines, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	s.link(c, lines.First, lines.Last, lines.More)
	return s.statusEntities(c.ctx(), c.viewer(), lines.Items)
}
