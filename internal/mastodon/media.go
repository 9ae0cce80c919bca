package mastodon

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/media"
)

// uploadMediaV1 is uploadMedia: a file is ready when we answer, so both say the same.
func (s *Server) uploadMediaV1(c *call) (any, error) { return s.uploadMedia(c) }

func (s *Server) uploadMedia(c *call) (any, error) {
	header := c.params.file("file")
	if header == nil {
		return nil, fault.Fields(fault.Field{Name: "file", Message: "error.media.missing"})
	}
	said, err := mediaChange(c.params)
	if err != nil {
		return nil, err
	}
	file, err := header.Open()
	if err != nil {
		return nil, fmt.Errorf("upload: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	m, err := s.Media.Upload(c.ctx(), c.account(), file, said)
	if err != nil {
		return nil, err
	}
	return s.mediaEntity(m), nil
}

func (s *Server) showMedia(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	m, err := s.Media.Get(c.ctx(), c.account(), id)
	if err != nil {
		return nil, err
	}
	return s.mediaEntity(m), nil
}

// updateMedia changes what is said of a file. A thumbnail of the client's own is not used: previews are made here.
func (s *Server) updateMedia(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	said, err := mediaChange(c.params)
	if err != nil {
		return nil, err
	}
	said.ID = id
	m, err := s.Media.Update(c.ctx(), c.account(), said)
	if err != nil {
		return nil, err
	}
	return s.mediaEntity(m), nil
}

func (s *Server) deleteMedia(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.Media.Delete(c.ctx(), c.account(), id)
}

// mediaChange reads what a client says of a file, also as an element of media_attributes, where it names the file's id.
func mediaChange(p params) (media.Change, error) {
	said := media.Change{ID: p.id("id")}
	if p.has("description") {
		text := p.text("description")
		said.Description = &text
	}
	if focus := p.text("focus"); focus != "" {
		left, right, ok := strings.Cut(focus, ",")
		x, errX := strconv.ParseFloat(strings.TrimSpace(left), 64)
		y, errY := strconv.ParseFloat(strings.TrimSpace(right), 64)
		if !ok || errX != nil || errY != nil {
			return said, fault.Fields(fault.Field{Name: "focus", Message: "error.media.focus"})
		}
		said.Focus = &media.Focus{X: x, Y: y}
	}
	return said, nil
}
