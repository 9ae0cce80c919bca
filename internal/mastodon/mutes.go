package mastodon

import "time"

func (s *Server) mutes(c *call) (any, error) {
	page := c.page(usualAccounts, mostAccounts)
	list, err := s.Relationships.Mutes(c.ctx(), c.account(), page)
	return s.entries(c, page, list, err)
}

// muteAccount mutes for duration seconds, 0 for good, with the notifications unless told otherwise.
func (s *Server) muteAccount(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	period := time.Duration(min(c.params.integer("duration", 0), int(100*365*24*time.Hour/time.Second))) * time.Second
	return s.relationship(c, a.ID, s.Relationships.Mute(c.ctx(), c.account(), a.ID, c.params.boolean("notifications", true), period))
}

func (s *Server) unmuteAccount(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	return s.relationship(c, a.ID, s.Relationships.Unmute(c.ctx(), c.account(), a.ID))
}
