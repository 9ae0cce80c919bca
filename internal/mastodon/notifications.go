package mastodon

import (
	"slices"

	"github.com/vorbild/vorbild/internal/notification"
)

// Pages of notifications are larger than those of statuses; so are the counts of what is unread.
const (
	usualNotifications = 40
	mostNotifications  = 80
	usualUnread        = 100
	mostUnread         = 1_000
)

// notificationQuery reads the parameters that all lists of notifications have.
func (c *call) notificationQuery(usual, most int) notification.Query {
	q := notification.Query{
		Page: c.page(usual, most), Kinds: c.notificationKinds(), FromID: c.params.id("account_id"),
		Filtered: c.params.boolean("include_filtered", false), Typed: true,
	}
	return q
}

// notificationKinds are the kinds that types and exclude_types leave, nil for all.
func (c *call) notificationKinds() []string {
	types, without := c.params.texts("types"), c.params.texts("exclude_types")
	if types == nil && without == nil {
		return nil
	}
	kinds := []string{}
	for _, kind := range notification.Kinds {
		name := notification.Types[kind]
		if name != "" && (types == nil || slices.Contains(types, name)) && !slices.Contains(without, name) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// GET /api/v1/notifications
func (s *Server) notifications(c *call) (any, error) {
	q := c.notificationQuery(usualNotifications, mostNotifications)
	views, err := s.Notifications.Find(c.ctx(), c.account(), q)
	if err != nil {
		return nil, err
	}
	linkList(s, c, q.Page, views, func(v notification.View) int64 { return v.ID })
	return s.notificationEntities(c.ctx(), c.account(), views)
}

// GET /api/v1/notifications/:id
func (s *Server) showNotification(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	v, err := s.Notifications.ByID(c.ctx(), c.account().ID, id)
	if err != nil {
		return nil, err
	}
	list, err := s.notificationEntities(c.ctx(), c.account(), []notification.View{v})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errNotFound()
	}
	return list[0], nil
}

// GET /api/v1/notifications/unread_count
func (s *Server) unreadNotifications(c *call) (any, error) {
	n, err := s.Notifications.CountUnread(c.ctx(), c.account().ID, c.notificationQuery(usualUnread, mostUnread))
	return count{n}, err
}

// POST /api/v1/notifications/clear
func (s *Server) clearNotifications(c *call) (any, error) {
	return nil, s.Notifications.Clear(c.ctx(), c.account())
}

// POST /api/v1/notifications/:id/dismiss
func (s *Server) dismissNotification(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.Notifications.Dismiss(c.ctx(), c.account(), id)
}
