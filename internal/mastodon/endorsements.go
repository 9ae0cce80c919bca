package mastodon

func (s *Server) endorsements(c *call) (any, error) { return s.endorsedBy(c, c.account().ID) }

func (s *Server) accountEndorsements(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	return s.endorsedBy(c, a.ID)
}

func (s *Server) endorsedBy(c *call, accountID int64) (any, error) {
	page := c.page(usualAccounts, mostAccounts)
	list, err := s.Relationships.Endorsements(c.ctx(), c.viewer().AccountID, accountID, page)
	return s.entries(c, page, list, err)
}

func (s *Server) endorseAccount(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	return s.relationship(c, a.ID, s.Relationships.Endorse(c.ctx(), c.account(), a.ID))
}

func (s *Server) unendorseAccount(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	return s.relationship(c, a.ID, s.Relationships.Unendorse(c.ctx(), c.account(), a.ID))
}
