package mastodon

import (
	"slices"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/notification"
)

// together are the kinds that the client wants as groups, nil where it does not say.
func (c *call) together() []string {
	if !c.params.has("grouped_types") {
		return nil
	}
	types, kinds := c.params.texts("grouped_types"), []string{}
	for _, kind := range notification.Groupable {
		if slices.Contains(types, notification.Types[kind]) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// partialAvatars reads how much of the accounts a client wants.
func (c *call) partialAvatars() (bool, error) {
	switch c.params.text("expand_accounts") {
	case "", "full":
		return false, nil
	case "partial_avatars":
		return true, nil
	}
	return false, fault.Fields(fault.Field{Name: "expand_accounts", Message: "error.notification.expand_accounts"})
}

// GET /api/v2/notifications
func (s *Server) groupedNotifications(c *call) (any, error) {
	partial, err := c.partialAvatars()
	if err != nil {
		return nil, err
	}
	q := c.notificationQuery(usualNotifications, mostNotifications)
	groups, err := s.Notifications.Groups(c.ctx(), c.account(), q, c.together())
	if err != nil {
		return nil, err
	}
	linkList(s, c, q.Page, groups, func(g notification.Group) int64 { return g.Cursor })
	return s.groupedEntities(c.ctx(), c.account(), groups, partial)
}

// GET /api/v2/notifications/:group_key
func (s *Server) showNotificationGroup(c *call) (any, error) {
	g, err := s.Notifications.Group(c.ctx(), c.account(), c.path("group_key"))
	if err != nil {
		return nil, err
	}
	result, err := s.groupedEntities(c.ctx(), c.account(), []notification.Group{g}, false)
	if err == nil && len(result.Groups) == 0 {
		err = errNotFound()
	}
	return result, err
}

// GET /api/v2/notifications/:group_key/accounts
func (s *Server) notificationGroupAccounts(c *call) (any, error) {
	page := c.page(usualNotifications, mostNotifications)
	views, err := s.Notifications.GroupMembers(c.ctx(), c.account(), c.path("group_key"), page)
	if err != nil {
		return nil, err
	}
	people := make([]account.Account, len(views))
	for i, v := range views {
		people[i] = v.From
	}
	linkList(s, c, page, views, func(v notification.View) int64 { return v.ID })
	return s.accountEntities(c.ctx(), people)
}

// POST /api/v2/notifications/:group_key/dismiss
func (s *Server) dismissNotificationGroup(c *call) (any, error) {
	return nil, s.Notifications.DismissGroup(c.ctx(), c.account(), c.path("group_key"))
}

// GET /api/v2/notifications/unread_count
func (s *Server) unreadGroups(c *call) (any, error) {
	n, err := s.Notifications.CountUnreadGroups(c.ctx(), c.account(), c.notificationQuery(usualUnread, mostUnread), c.together())
	return count{n}, err
}
