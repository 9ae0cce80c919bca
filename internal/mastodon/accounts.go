package mastodon

import (
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// Lists of accounts.
const (
	usualAccounts = 40
	mostAccounts  = 80
)

// pathAccount is the account that the path names. What is gone is not found; suspended ones are shown as such.
func (s *Server) pathAccount(c *call) (account.Account, error) {
	id, err := c.id("id")
	if err != nil {
		return account.Account{}, err
	}
	a, err := s.Accounts.ByID(c.ctx(), id)
	if err == nil && a.State == account.Gone {
		err = errNotFound()
	}
	return a, err
}

func (s *Server) showAccount(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	return s.accountEntity(c.ctx(), a)
}

func (s *Server) accountsByID(c *call) (any, error) {
	ids := c.params.ids("id")
	byID, err := s.Accounts.ByIDs(c.ctx(), ids[:min(len(ids), mostAccounts)])
	if err != nil {
		return nil, err
	}
	return s.accountEntities(c.ctx(), inOrder(byID, ids))
}

// inOrder returns the accounts with these ids, each once, without those that are gone.
func inOrder(byID map[int64]account.Account, ids []int64) []account.Account {
	list, seen := make([]account.Account, 0, len(ids)), make(map[int64]bool, len(ids))
	for _, id := range ids {
		if a, ok := byID[id]; ok && a.State != account.Gone && !seen[id] {
			seen[id], list = true, append(list, a)
		}
	}
	return list
}

func (s *Server) accountStatuses(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	page := c.page(usualStatuses, mostStatuses)
	if c.params.boolean("pinned", false) {
		views, err := s.Posts.Pinned(c.ctx(), c.viewer(), a.ID)
		if err != nil {
			return nil, err
		}
		return s.statusEntities(c.ctx(), c.viewer(), views[:min(len(views), page.Size())])
	}
	views, span, err := s.Posts.Profile(c.ctx(), c.viewer(), a, post.ProfileOptions{
		ExcludeReplies: c.params.boolean("exclude_replies", false), ExcludeBoosts: c.params.boolean("exclude_reblogs", false),
		OnlyMedia: c.params.boolean("only_media", false), Tagged: c.params.text("tagged"),
	}, page)
	if err != nil {
		return nil, err
	}
	s.link(c, span.First, span.Last, span.More)
	return s.statusEntities(c.ctx(), c.viewer(), views)
}

func (s *Server) accountFollowers(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	page := c.page(usualAccounts, mostAccounts)
	list, err := s.Follows.Followers(c.ctx(), c.viewer().AccountID, a, page)
	return s.requests(c, page, list, err)
}

func (s *Server) accountFollowing(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	page := c.page(usualAccounts, mostAccounts)
	list, err := s.Follows.Following(c.ctx(), c.viewer().AccountID, a, page)
	return s.requests(c, page, list, err)
}

// requests answers with the accounts at the other ends of follows.
func (s *Server) requests(c *call, page paging.Page, list []follow.Request, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	accounts := make([]account.Account, len(list))
	for i, r := range list {
		accounts[i] = r.Account
	}
	linkList(s, c, page, list, func(r follow.Request) int64 { return r.Follow.ID })
	return s.accountEntities(c.ctx(), accounts)
}

// lookupAccount takes user, user@host and @user@host, with our own host, too. For members it asks the other server.
func (s *Server) lookupAccount(c *call) (any, error) {
	a, err := s.Accounts.ByHandle(c.ctx(), c.params.text("acct"))
	if err == nil && a.State == account.Gone {
		err = errNotFound()
	}
	if fault.Is(err, fault.NotFound) && mayResolve(c) {
		a, err = s.resolveHandle(c, c.params.text("acct"))
	}
	if err != nil {
		return nil, err
	}
	return s.accountEntity(c.ctx(), a)
}

func (s *Server) familiarFollowers(c *call) (any, error) {
	type familiar struct {
		ID       string    `json:"id"`
		Accounts []Account `json:"accounts"`
	}
	ids := c.params.ids("id")
	ids = ids[:min(len(ids), mostAccounts)]
	byTarget, err := s.Follows.Familiar(c.ctx(), c.account().ID, ids)
	if err != nil {
		return nil, err
	}
	var all []account.Account
	for _, id := range ids {
		all = append(all, byTarget[id]...)
	}
	entities, err := s.accountEntities(c.ctx(), all)
	if err != nil {
		return nil, err
	}
	result := make([]familiar, len(ids))
	for i, id := range ids {
		n := len(byTarget[id])
		result[i], entities = familiar{idText(id), entities[:n]}, entities[n:]
	}
	return result, nil
}
