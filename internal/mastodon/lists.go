package mastodon

func (s *Server) accountLists(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) lists(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) createList(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showList(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) updateList(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteList(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) listMembers(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) addToList(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) removeFromList(c *call) (any, error) { return nil, errNotBuilt() }
