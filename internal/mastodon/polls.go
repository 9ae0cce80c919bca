package mastodon

func (s *Server) showPoll(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) vote(c *call) (any, error) { return nil, errNotBuilt() }
