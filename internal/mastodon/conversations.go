package mastodon

func (s *Server) conversations(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) readConversation(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteConversation(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) directTimeline(c *call) (any, error) { return nil, errNotBuilt() }
