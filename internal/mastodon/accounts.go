package mastodon

func (s *Server) verifyCredentials(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) updateCredentials(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) relationships(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) familiarFollowers(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) searchAccounts(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) lookupAccount(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) accountsByID(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showAccount(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) accountStatuses(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) accountFollowers(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) accountFollowing(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) accountEndorsements(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) followAccount(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unfollowAccount(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) removeFromFollowers(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) blockAccount(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unblockAccount(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) muteAccount(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unmuteAccount(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) endorseAccount(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unendorseAccount(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) noteAccount(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) mutes(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) blocks(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) domainBlocks(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) blockDomain(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unblockDomain(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) followRequests(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) authorizeFollow(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) rejectFollow(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) endorsements(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) preferences(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteAvatar(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) deleteHeader(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) suggestions(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) suggestionsV1(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) dismissSuggestion(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) search(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) directory(c *call) (any, error) { return nil, errNotBuilt() }
