package mastodon

import (
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/schedule"
)

// ScheduledStatus is a status that waits for its time.
type ScheduledStatus struct {
	ID               string            `json:"id"`
	ScheduledAt      string            `json:"scheduled_at"`
	Params           ScheduledParams   `json:"params"`
	MediaAttachments []MediaAttachment `json:"media_attachments"`
	// Why it was not published at its time, in words; absent as long as it waits.
	Error string `json:"error,omitempty"`
}

// ScheduledParams is what the client sent.
type ScheduledParams struct {
	Text          string         `json:"text"`
	Poll          *schedule.Poll `json:"poll"`
	MediaIDs      []string       `json:"media_ids"`
	Sensitive     *bool          `json:"sensitive"`
	SpoilerText   *string        `json:"spoiler_text"`
	Visibility    string         `json:"visibility"`
	InReplyToID   *int64         `json:"in_reply_to_id"` // a number, unlike all other ids
	Language      *string        `json:"language"`
	ApplicationID int64          `json:"application_id"`
	ScheduledAt   *string        `json:"scheduled_at"`
	Idempotency   *string        `json:"idempotency"`
	WithRateLimit bool           `json:"with_rate_limit"`
}

func (s *Server) scheduledStatus(c *call, e schedule.Entry) (ScheduledStatus, error) {
	p := e.Params
	result := ScheduledStatus{
		ID: idText(e.ID), ScheduledAt: stamp(e.At), MediaAttachments: []MediaAttachment{},
		Params: ScheduledParams{
			Text: p.Text, Poll: p.Poll, MediaIDs: make([]string, len(p.MediaIDs)), Sensitive: &p.Sensitive, SpoilerText: &p.SpoilerText,
			Visibility: visibilityName(p.Visibility), Language: textOrNil(p.Language),
		},
	}
	if p.InReplyToID != 0 {
		result.Params.InReplyToID = &p.InReplyToID
	}
	if e.AppID != nil {
		result.Params.ApplicationID = *e.AppID
	}
	for i, id := range p.MediaIDs {
		result.Params.MediaIDs[i] = idText(id)
		m, err := s.Media.Get(c.ctx(), c.account(), id)
		if fault.Is(err, fault.NotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return result, err
		}
		result.MediaAttachments = append(result.MediaAttachments, s.mediaEntity(m))
	}
	if e.Error != "" {
		result.Error = s.I18n.For(c.account().Language, c.Header.Get("Accept-Language")).T(e.Error)
	}
	return result, nil
}

func (s *Server) scheduledStatuses(c *call) (any, error) {
	page := c.page(20, 40)
	entries, err := s.Schedule.List(c.ctx(), c.account(), page)
	if err != nil {
		return nil, err
	}
	list := make([]ScheduledStatus, len(entries))
	for i, e := range entries {
		if list[i], err = s.scheduledStatus(c, e); err != nil {
			return nil, err
		}
	}
	linkList(s, c, page, entries, func(e schedule.Entry) int64 { return e.ID })
	return list, nil
}

func (s *Server) showScheduledStatus(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	e, err := s.Schedule.Get(c.ctx(), c.account(), id)
	if err != nil {
		return nil, err
	}
	return s.scheduledStatus(c, e)
}

func (s *Server) updateScheduledStatus(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	at, err := scheduledTime(c.params.text("scheduled_at"))
	if err != nil {
		return nil, err
	}
	e, err := s.Schedule.Move(c.ctx(), c.account(), id, at)
	if err != nil {
		return nil, err
	}
	return s.scheduledStatus(c, e)
}

func (s *Server) deleteScheduledStatus(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.Schedule.Cancel(c.ctx(), c.account(), id)
}
