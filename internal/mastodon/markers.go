package mastodon

func (s *Server) markers(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) saveMarkers(c *call) (any, error) { return nil, errNotBuilt() }
