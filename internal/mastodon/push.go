package mastodon

func (s *Server) showPushSubscription(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) createPushSubscription(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) updatePushSubscription(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deletePushSubscription(c *call) (any, error) { return nil, errNotBuilt() }
