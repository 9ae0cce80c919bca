package mastodon

func (s *Server) createReport(c *call) (any, error) { return nil, errNotBuilt() }
