package mastodon

func (s *Server) filters(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) createFilter(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showFilter(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) updateFilter(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteFilter(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) filterKeywords(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) createFilterKeyword(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showFilterKeyword(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) updateFilterKeyword(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteFilterKeyword(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) filterStatuses(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) createFilterStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showFilterStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteFilterStatus(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) filtersV1(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) createFilterV1(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showFilterV1(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) updateFilterV1(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteFilterV1(c *call) (any, error) { return nil, errNotBuilt() }
