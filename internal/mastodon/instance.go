package mastodon

func (s *Server) instanceV1(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) instance(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) instancePeers(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) instanceActivity(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) instanceRules(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) instanceDescription(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) instancePrivacy(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) instanceTerms(c *call) (any, error) { return nil, errNotBuilt() }
