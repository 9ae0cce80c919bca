package mastodon

// followRequests lists who waits for the reader's answer; authorizeFollow and rejectFollow name them by their account.
func (s *Server) followRequests(c *call) (any, error) {
	page := c.page(usualAccounts, mostAccounts)
	list, err := s.Follows.RequestsPage(c.ctx(), c.account().ID, page)
	return s.requests(c, page, list, err)
}

func (s *Server) authorizeFollow(c *call) (any, error) { return s.answerFollow(c, true) }

func (s *Server) rejectFollow(c *call) (any, error) { return s.answerFollow(c, false) }

func (s *Server) answerFollow(c *call, accept bool) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	return s.relationship(c, a.ID, s.Follows.AnswerReader(c.ctx(), c.account(), a.ID, accept))
}
