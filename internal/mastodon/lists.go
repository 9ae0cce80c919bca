package mastodon

import (
	"github.com/vorbild/vorbild/internal/list"
)

// List is the List entity.
type List struct {
	ID            string `json:"id"`
	Title         string `json:"title"`
	RepliesPolicy string `json:"replies_policy"` // followed, list, none
	Exclusive     bool   `json:"exclusive"`
}

func listEntity(l list.List) List {
	return List{ID: idText(l.ID), Title: l.Title, RepliesPolicy: l.RepliesPolicy, Exclusive: l.Exclusive}
}

func listEntities(lists []list.List, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	entities := make([]List, len(lists))
	for i, l := range lists {
		entities[i] = listEntity(l)
	}
	return entities, nil
}

func (s *Server) accountLists(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return listEntities(s.Lists.With(c.ctx(), c.account(), id))
}

func (s *Server) lists(c *call) (any, error) {
	return listEntities(s.Lists.Lists(c.ctx(), c.account()))
}

func (s *Server) showList(c *call) (any, error) {
	l, err := s.ownList(c)
	if err != nil {
		return nil, err
	}
	return listEntity(l), nil
}

func (s *Server) ownList(c *call) (list.List, error) {
	id, err := c.id("id")
	if err != nil {
		return list.List{}, err
	}
	return s.Lists.ByID(c.ctx(), c.account(), id)
}

func (s *Server) createList(c *call) (any, error) {
	l, err := s.Lists.Create(c.ctx(), c.account(), list.List{
		Title: c.params.text("title"), RepliesPolicy: c.params.text("replies_policy"), Exclusive: c.params.boolean("exclusive", false),
	})
	if err != nil {
		return nil, err
	}
	return listEntity(l), nil
}

// updateList leaves as it is what the client does not send.
func (s *Server) updateList(c *call) (any, error) {
	l, err := s.ownList(c)
	if err != nil {
		return nil, err
	}
	if c.params.has("title") {
		l.Title = c.params.text("title")
	}
	if policy := c.params.text("replies_policy"); policy != "" {
		l.RepliesPolicy = policy
	}
	l.Exclusive = c.params.boolean("exclusive", l.Exclusive)
	if l, err = s.Lists.Update(c.ctx(), c.account(), l); err != nil {
		return nil, err
	}
	return listEntity(l), nil
}

func (s *Server) deleteList(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.Lists.Delete(c.ctx(), c.account(), id)
}

// listMembers takes limit 0 as all of them.
func (s *Server) listMembers(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	members, err := s.Lists.Members(c.ctx(), c.account(), id, c.page(usualAccounts, mostAccounts), c.params.text("limit") == "0")
	if err != nil {
		return nil, err
	}
	s.link(c, members.First, members.Last, members.More)
	return s.accountEntities(c.ctx(), members.Accounts)
}

func (s *Server) addToList(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.Lists.Add(c.ctx(), c.account(), id, c.params.ids("account_ids"))
}

func (s *Server) removeFromList(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.Lists.Remove(c.ctx(), c.account(), id, c.params.ids("account_ids"))
}
