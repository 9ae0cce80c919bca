package mastodon

// Suggestion is an account worth following: of an instance that ours follows.
type Suggestion struct {
	Source  string   `json:"source"`
	Sources []string `json:"sources"`
	Account Account  `json:"account"`
}

func (s *Server) suggestions(c *call) (any, error) {
	accounts, err := s.suggested(c)
	if err != nil {
		return nil, err
	}
	list := make([]Suggestion, len(accounts))
	for i, a := range accounts {
		list[i] = Suggestion{Source: "staff", Sources: []string{"featured"}, Account: a}
	}
	return list, nil
}

func (s *Server) suggestionsV1(c *call) (any, error) { return s.suggested(c) }

func (s *Server) suggested(c *call) ([]Account, error) {
	list, err := s.Relationships.Suggestions(c.ctx(), c.account(), c.page(usualAccounts, mostAccounts).Limit, c.offset())
	if err != nil {
		return nil, err
	}
	return s.accountEntities(c.ctx(), list)
}

func (s *Server) dismissSuggestion(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	return nil, s.Relationships.DismissSuggestion(c.ctx(), c.account(), a.ID)
}

// offset pages lists that are ranked rather than in order of time.
func (c *call) offset() int { return min(max(c.params.integer("offset", 0), 0), maxOffset) }

const maxOffset = 10_000
