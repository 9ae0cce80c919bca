package mastodon

import (
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/relationship"
)

func (s *Server) blocks(c *call) (any, error) {
	page := c.page(usualAccounts, mostAccounts)
	list, err := s.Relationships.Blocks(c.ctx(), c.account(), page)
	return s.entries(c, page, list, err)
}

func (s *Server) blockAccount(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	return s.relationship(c, a.ID, s.Relationships.Block(c.ctx(), c.account(), a.ID))
}

func (s *Server) unblockAccount(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	return s.relationship(c, a.ID, s.Relationships.Unblock(c.ctx(), c.account(), a.ID))
}

// entries answers with the accounts of a list whose cursors are not theirs.
func (s *Server) entries(c *call, page paging.Page, list []relationship.Entry, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	accounts := make([]account.Account, len(list))
	for i, e := range list {
		accounts[i] = e.Account
	}
	linkList(s, c, page, list, func(e relationship.Entry) int64 { return e.ID })
	entities, err := s.accountEntities(c.ctx(), accounts)
	if err != nil {
		return nil, err
	}
	for i, e := range list {
		entities[i].MuteExpiresAt = stampOrNil(e.ExpiresAt)
	}
	return entities, nil
}
