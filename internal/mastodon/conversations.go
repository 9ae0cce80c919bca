package mastodon

import (
	"context"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/conversation"
	"github.com/vorbild/vorbild/internal/post"
)

// Conversation is a direct exchange.
type Conversation struct {
	ID         string    `json:"id"`
	Unread     bool      `json:"unread"`
	Accounts   []Account `json:"accounts"`
	LastStatus *Status   `json:"last_status"`
}

// conversationEntities completes conversations with a fixed number of queries.
func (s *Server) conversationEntities(ctx context.Context, viewer post.Viewer, list []conversation.Conversation) ([]Conversation, error) {
	var people []account.Account
	views := make([]post.View, len(list))
	for i, x := range list {
		views[i] = x.Last
		people = append(people, x.People...)
	}
	statuses, err := s.statusEntities(ctx, viewer, views)
	if err != nil {
		return nil, err
	}
	accounts, err := s.accountEntities(ctx, people)
	if err != nil {
		return nil, err
	}
	entities := make([]Conversation, len(list))
	for i, x := range list {
		entities[i] = Conversation{ID: idText(x.ID), Unread: x.Unread, Accounts: accounts[:len(x.People):len(x.People)], LastStatus: &statuses[i]}
		accounts = accounts[len(x.People):]
	}
	return entities, nil
}

// conversationByID is one conversation of the viewer; fault.NotFound where there is nothing in it to see.
func (s *Server) conversationByID(ctx context.Context, viewer post.Viewer, id int64) (Conversation, error) {
	x, err := s.Conversations.Get(ctx, viewer, id)
	if err != nil {
		return Conversation{}, err
	}
	list, err := s.conversationEntities(ctx, viewer, []conversation.Conversation{x})
	if err != nil {
		return Conversation{}, err
	}
	return list[0], nil
}

func (s *Server) conversations(c *call) (any, error) {
	list, span, err := s.Conversations.List(c.ctx(), c.viewer(), c.page(20, 40))
	if err != nil {
		return nil, err
	}
	s.link(c, span.First, span.Last, span.More)
	return s.conversationEntities(c.ctx(), c.viewer(), list)
}

func (s *Server) readConversation(c *call) (any, error) {
	return s.markConversation(c, s.Conversations.Read)
}

func (s *Server) unreadConversation(c *call) (any, error) {
	return s.markConversation(c, s.Conversations.Unread)
}

func (s *Server) markConversation(c *call, mark func(context.Context, post.Viewer, int64) (conversation.Conversation, error)) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	marked, err := mark(c.ctx(), c.viewer(), id)
	if err != nil {
		return nil, err
	}
	list, err := s.conversationEntities(c.ctx(), c.viewer(), []conversation.Conversation{marked})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (s *Server) deleteConversation(c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return nil, s.Conversations.Hide(c.ctx(), c.viewer(), id)
}

func (s *Server) directTimeline(c *call) (any, error) {
	page := c.page(20, 40)
	views, err := s.Conversations.Posts(c.ctx(), c.viewer(), page)
	if err != nil {
		return nil, err
	}
	linkList(s, c, page, views, func(v post.View) int64 { return v.Post.ID })
	return s.statusEntities(c.ctx(), c.viewer(), views)
}
