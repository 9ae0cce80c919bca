package mastodon

// directory lists who wants to be found.
func (s *Server) directory(c *call) (any, error) {
	newest := c.params.text("order") == "new"
	list, err := s.Accounts.Directory(c.ctx(), c.viewer().AccountID, newest, c.params.boolean("local", false), c.page(usualAccounts, mostAccounts).Limit, c.offset())
	if err != nil {
		return nil, err
	}
	return s.accountEntities(c.ctx(), list)
}
