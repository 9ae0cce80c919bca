package mastodon

func (s *Server) createStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) statusesByID(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) updateStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) statusContext(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) statusHistory(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) statusSource(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) statusCard(c *call) (any, error) { return nil, errNotBuilt() }
