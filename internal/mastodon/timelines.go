package mastodon

func (s *Server) homeTimeline(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) publicTimeline(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) tagTimeline(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) listTimeline(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) linkTimeline(c *call) (any, error) { return nil, errNotBuilt() }
