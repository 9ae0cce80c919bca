package mastodon

func (s *Server) accountFeaturedTags(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) featuredTags(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) createFeaturedTag(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) featuredTagSuggestions(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteFeaturedTag(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) followedTags(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showTag(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) followTag(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unfollowTag(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) featureTag(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unfeatureTag(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) trendingTags(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) trendingStatuses(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) trendingLinks(c *call) (any, error) { return nil, errNotBuilt() }
