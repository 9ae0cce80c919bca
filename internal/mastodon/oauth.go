package mastodon

func (s *Server) createToken(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) revokeToken(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) oauthMetadata(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) createApp(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) verifyApp(c *call) (any, error) { return nil, errNotBuilt() }
