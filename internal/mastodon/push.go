package mastodon

import (
	"github.com/vorbild/vorbild/internal/push"
)

// WebPushSubscription is the entity of that name. Its id is a number, as in Mastodon.
type WebPushSubscription struct {
	ID        int64           `json:"id"`
	Endpoint  string          `json:"endpoint"`
	Alerts    map[string]bool `json:"alerts"`
	ServerKey string          `json:"server_key"`
	Policy    string          `json:"policy"`
	Standard  bool            `json:"standard"`
}

// GET /api/v1/push/subscription
func (s *Server) showPushSubscription(c *call) (any, error) {
	sub, err := s.Push.ByToken(c.ctx(), c.grant)
	return s.subscriptionEntity(c, sub, err)
}

// POST /api/v1/push/subscription
func (s *Server) createPushSubscription(c *call) (any, error) {
	sent, data := c.params.object("subscription"), c.params.object("data")
	keys := sent.object("keys")
	sub, err := s.Push.Subscribe(c.ctx(), c.grant, push.Subscription{
		Endpoint: sent.text("endpoint"), P256DH: keys.text("p256dh"), Auth: keys.text("auth"),
		Alerts: alertsIn(data), Policy: pushPolicy(c.params),
	})
	return s.subscriptionEntity(c, sub, err)
}

// PUT /api/v1/push/subscription
func (s *Server) updatePushSubscription(c *call) (any, error) {
	sub, err := s.Push.Update(c.ctx(), c.grant, alertsIn(c.params.object("data")), pushPolicy(c.params))
	return s.subscriptionEntity(c, sub, err)
}

// DELETE /api/v1/push/subscription
func (s *Server) deletePushSubscription(c *call) (any, error) {
	return nil, s.Push.Unsubscribe(c.ctx(), c.grant)
}

// alertsIn reads data[alerts]; nil where the client says nothing of them.
func alertsIn(data params) push.Alerts {
	if !data.has("alerts") {
		return nil
	}
	sent, alerts := data.object("alerts"), push.Alerts{}
	for _, name := range push.Types {
		alerts[name] = sent.boolean(name, false)
	}
	return alerts
}

// pushPolicy stands in data, as documented, or beside it, as some clients send it.
func pushPolicy(p params) string {
	if policy := p.object("data").text("policy"); policy != "" {
		return policy
	}
	return p.text("policy")
}

func (s *Server) subscriptionEntity(c *call, sub push.Subscription, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	key, err := s.Push.PublicKey(c.ctx())
	if err != nil {
		return nil, err
	}
	entity := WebPushSubscription{
		ID: sub.ID, Endpoint: sub.Endpoint, Alerts: map[string]bool{}, ServerKey: key, Policy: sub.Policy,
		// Messages are encrypted by the standard (RFC 8291), whatever a client asked for.
		Standard: true,
	}
	for _, name := range push.Types {
		entity.Alerts[name] = sub.Alerts[name]
	}
	return entity, nil
}
