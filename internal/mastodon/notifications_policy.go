package mastodon

import (
	"context"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/post"
)

// GET /api/v2/notifications/policy
func (s *Server) notificationPolicy(c *call) (any, error) {
	p, err := s.Notifications.Policy(c.ctx(), c.account())
	if err != nil {
		return nil, err
	}
	summary, err := s.policySummary(c)
	return NotificationPolicy{
		ForNotFollowing: string(p.NotFollowing), ForNotFollowers: string(p.NotFollowers), ForNewAccounts: string(p.NewAccounts),
		ForPrivateMentions: string(p.PrivateMentions), ForLimitedAccounts: string(p.LimitedAccounts), Summary: summary,
	}, err
}

func (s *Server) policySummary(c *call) (sum PolicySummary, err error) {
	sum.PendingRequestsCount, sum.PendingNotificationsCount, err = s.Notifications.Pending(c.ctx(), c.account())
	return sum, err
}

// PATCH /api/v2/notifications/policy
func (s *Server) updateNotificationPolicy(c *call) (any, error) {
	p, err := s.Notifications.Policy(c.ctx(), c.account())
	if err != nil {
		return nil, err
	}
	for name, answer := range map[string]*notification.Answer{
		"for_not_following": &p.NotFollowing, "for_not_followers": &p.NotFollowers, "for_new_accounts": &p.NewAccounts,
		"for_private_mentions": &p.PrivateMentions, "for_limited_accounts": &p.LimitedAccounts,
	} {
		if text := c.params.text(name); text != "" {
			*answer = notification.Answer(text)
		}
	}
	if err := s.Notifications.SavePolicy(c.ctx(), c.account(), p); err != nil {
		return nil, err
	}
	return s.notificationPolicy(c)
}

// GET /api/v1/notifications/policy
func (s *Server) notificationPolicyV1(c *call) (any, error) {
	p, err := s.Notifications.Policy(c.ctx(), c.account())
	if err != nil {
		return nil, err
	}
	summary, err := s.policySummary(c)
	return NotificationPolicyV1{
		FilterNotFollowing: p.NotFollowing != notification.Accept, FilterNotFollowers: p.NotFollowers != notification.Accept,
		FilterNewAccounts: p.NewAccounts != notification.Accept, FilterPrivateMentions: p.PrivateMentions != notification.Accept, Summary: summary,
	}, err
}

// PUT /api/v1/notifications/policy
func (s *Server) updateNotificationPolicyV1(c *call) (any, error) {
	p, err := s.Notifications.Policy(c.ctx(), c.account())
	if err != nil {
		return nil, err
	}
	for name, answer := range map[string]*notification.Answer{
		"filter_not_following": &p.NotFollowing, "filter_not_followers": &p.NotFollowers,
		"filter_new_accounts": &p.NewAccounts, "filter_private_mentions": &p.PrivateMentions,
	} {
		// Who drops is not told that they only filter: true leaves that answer alone.
		switch filter := c.params.boolean(name, *answer != notification.Accept); {
		case !filter:
			*answer = notification.Accept
		case *answer == notification.Accept:
			*answer = notification.Filter
		}
	}
	if err := s.Notifications.SavePolicy(c.ctx(), c.account(), p); err != nil {
		return nil, err
	}
	return s.notificationPolicyV1(c)
}

// GET /api/v1/notifications/requests
func (s *Server) notificationRequests(c *call) (any, error) {
	page := c.page(usualNotifications, mostNotifications)
	list, err := s.Notifications.Requests(c.ctx(), c.account(), page)
	if err != nil {
		return nil, err
	}
	linkList(s, c, page, list, func(r notification.Request) int64 { return r.ID })
	return s.requestEntities(c.ctx(), c.account(), list)
}

// GET /api/v1/notifications/requests/:id
func (s *Server) showNotificationRequest(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	r, err := s.Notifications.Request(c.ctx(), c.account(), id)
	if err != nil {
		return nil, err
	}
	list, err := s.requestEntities(c.ctx(), c.account(), []notification.Request{r})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (s *Server) requestEntities(ctx context.Context, reader account.Account, list []notification.Request) ([]NotificationRequest, error) {
	viewer := post.Viewer{AccountID: reader.ID}
	people := make([]account.Account, len(list))
	var posts []post.View
	for i, r := range list {
		people[i] = r.From
		if r.Last != nil {
			posts = append(posts, *r.Last)
		}
	}
	accounts, err := s.accountEntities(ctx, people)
	if err != nil {
		return nil, err
	}
	statuses, err := s.statusEntities(ctx, viewer, posts)
	if err != nil {
		return nil, err
	}
	entities := make([]NotificationRequest, len(list))
	for i, r := range list {
		entities[i] = NotificationRequest{
			ID: idText(r.ID), CreatedAt: stamp(r.CreatedAt), UpdatedAt: stamp(r.UpdatedAt), NotificationsCount: r.Count, Account: accounts[i],
		}
		if r.Last != nil {
			entities[i].LastStatus, statuses = &statuses[0], statuses[1:]
		}
	}
	return entities, nil
}

// GET /api/v1/notifications/requests/merged
func (s *Server) notificationRequestsMerged(*call) (any, error) {
	// What was kept apart joins the others in the moment it is accepted.
	return struct {
		Merged bool `json:"merged"`
	}{true}, nil
}

// POST /api/v1/notifications/requests/:id/accept
func (s *Server) acceptNotificationRequest(c *call) (any, error) {
	return s.decideRequest(c, s.Notifications.AcceptRequests)
}

// POST /api/v1/notifications/requests/:id/dismiss
func (s *Server) dismissNotificationRequest(c *call) (any, error) {
	return s.decideRequest(c, s.Notifications.DismissRequests)
}

func (s *Server) decideRequest(c *call, decide func(ctx context.Context, reader account.Account, ids ...int64) (int, error)) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	n, err := decide(c.ctx(), c.account(), id)
	if err == nil && n == 0 {
		err = errNotFound()
	}
	return nil, err
}

// POST /api/v1/notifications/requests/accept
func (s *Server) acceptNotificationRequests(c *call) (any, error) {
	_, err := s.Notifications.AcceptRequests(c.ctx(), c.account(), c.params.ids("id")...)
	return nil, err
}

// POST /api/v1/notifications/requests/dismiss
func (s *Server) dismissNotificationRequests(c *call) (any, error) {
	_, err := s.Notifications.DismissRequests(c.ctx(), c.account(), c.params.ids("id")...)
	return nil, err
}
