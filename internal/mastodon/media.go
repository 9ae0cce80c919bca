package mastodon

func (s *Server) uploadMediaV1(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) uploadMedia(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showMedia(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) updateMedia(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteMedia(c *call) (any, error) { return nil, errNotBuilt() }
