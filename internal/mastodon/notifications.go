package mastodon

func (s *Server) notifications(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unreadNotifications(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) clearNotifications(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) notificationRequests(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) notificationRequestsMerged(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) acceptNotificationRequests(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) dismissNotificationRequests(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showNotificationRequest(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) acceptNotificationRequest(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) dismissNotificationRequest(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) notificationPolicyV1(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) updateNotificationPolicyV1(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showNotification(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) dismissNotification(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) groupedNotifications(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) unreadGroups(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) notificationPolicy(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) updateNotificationPolicy(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) showNotificationGroup(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) dismissNotificationGroup(c *call) (any, error) { return nil, errNotBuilt() }

func (s *Server) notificationGroupAccounts(c *call) (any, error) { return nil, errNotBuilt() }
