package mastodon

func (s *Server) favouritedBy(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) rebloggedBy(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) favouriteStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unfavouriteStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) reblogStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unreblogStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) bookmarkStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unbookmarkStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) muteStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unmuteStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) pinStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unpinStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) bookmarks(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) favourites(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) scheduledStatuses(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showScheduledStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) updateScheduledStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteScheduledStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) conversations(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) readConversation(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteConversation(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) directTimeline(c *call) (any, error) { return nil, errNotBuilt() }
