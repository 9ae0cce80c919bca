package mastodon

import (
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/relationship"
)

func relationshipEntity(id int64, r relationship.Relationship) Relationship {
	return Relationship{
		ID: idText(id), Following: r.Following, ShowingReblogs: r.ShowBoosts, Notifying: r.Notify, Languages: languagesOrNil(r.Languages),
		FollowedBy: r.FollowedBy, Blocking: r.Blocking, BlockedBy: r.BlockedBy, Muting: r.Muting, MutingNotifications: r.MutingNotices,
		MutingExpiresAt: stampOrNil(r.MuteExpiresAt), Requested: r.Requested, RequestedBy: r.RequestedBy,
		DomainBlocking: r.DomainBlocking, Endorsed: r.Endorsed, Note: r.Note,
	}
}

// languagesOrNil: null means all languages.
func languagesOrNil(codes []string) []string {
	if len(codes) == 0 {
		return nil
	}
	return codes
}

// maxRelationships is how many one call can ask for.
const maxRelationships = 200

// relationships answers with one entity for each known account that was asked for.
func (s *Server) relationships(c *call) (any, error) {
	ids := c.params.ids("id")
	ids = ids[:min(len(ids), maxRelationships)]
	byID, err := s.Relationships.Between(c.ctx(), c.account().ID, ids)
	if err != nil {
		return nil, err
	}
	list := make([]Relationship, 0, len(ids))
	seen := make(map[int64]bool, len(ids))
	for _, id := range ids {
		if r, ok := byID[id]; ok && !seen[id] {
			seen[id], list = true, append(list, relationshipEntity(id, r))
		}
	}
	return list, nil
}

// relationship is what an action on an account answers.
func (s *Server) relationship(c *call, id int64, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	byID, err := s.Relationships.Between(c.ctx(), c.account().ID, []int64{id})
	if err != nil {
		return nil, err
	}
	r, ok := byID[id]
	if !ok {
		return nil, errNotFound()
	}
	return relationshipEntity(id, r), nil
}

// followAccount follows, or says anew how. An instance is followed by its catalogue and its forum; then the answer is about the
// instance, but tells how the follow of its catalogue stands.
func (s *Server) followAccount(c *call) (any, error) {
	a, targets, err := s.followable(c)
	if err != nil {
		return nil, err
	}
	options := follow.Options{ShowBoosts: c.flag("reblogs"), Notify: c.flag("notify")}
	if c.params.has("languages") {
		options.Languages = append([]string{}, c.params.texts("languages")...)
	}
	for _, target := range targets {
		if _, err := s.Follows.FollowWith(c.ctx(), c.account(), c.account().ID, target.ID, options); err != nil {
			return nil, err
		}
	}
	return s.followed(c, a, targets)
}

func (s *Server) unfollowAccount(c *call) (any, error) {
	a, targets, err := s.followable(c)
	if err != nil {
		return nil, err
	}
	for _, target := range targets {
		if err := s.Follows.Unfollow(c.ctx(), c.account(), c.account().ID, target.ID); err != nil {
			return nil, err
		}
	}
	return s.followed(c, a, targets)
}

// followable is the account that the path names, and whom it means to follow it. Where other servers must be asked for that,
// it counts as a lookup.
func (s *Server) followable(c *call) (account.Account, []account.Account, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return a, nil, err
	}
	resolver := s.Resolver
	if !mayResolve(c) {
		resolver = nil
	} else if a.Kind == account.Application {
		if err := s.Accounts.CountLookup(c.account()); err != nil {
			return a, nil, err
		}
	}
	targets, err := s.Accounts.Followable(c.ctx(), resolver, a)
	return a, targets, err
}

func (s *Server) followed(c *call, a account.Account, targets []account.Account) (any, error) {
	byID, err := s.Relationships.Between(c.ctx(), c.account().ID, []int64{targets[0].ID})
	if err != nil {
		return nil, err
	}
	return relationshipEntity(a.ID, byID[targets[0].ID]), nil
}

// flag reads an option that may be left out.
func (c *call) flag(name string) *bool { return flagOf(c.params, name) }

func flagOf(p params, name string) *bool {
	yes := p.boolean(name, false)
	if !yes && p.boolean(name, true) {
		return nil // neither yes nor no
	}
	return &yes
}

func (s *Server) removeFromFollowers(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	return s.relationship(c, a.ID, s.Follows.Dismiss(c.ctx(), c.account(), a.ID))
}

func (s *Server) noteAccount(c *call) (any, error) {
	a, err := s.pathAccount(c)
	if err != nil {
		return nil, err
	}
	return s.relationship(c, a.ID, s.Relationships.SetNote(c.ctx(), c.account(), a.ID, c.params.text("comment")))
}

// mayResolve reports whether the reader may make us talk to other servers.
func mayResolve(c *call) bool { return c.account().Able(account.RoleMember) }

// resolveHandle asks another server for an account that we do not know yet.
func (s *Server) resolveHandle(c *call, handle string) (account.Account, error) {
	_, host, _ := strings.Cut(trimHandle(handle), "@")
	if !remoteHandle.MatchString(handle) || strings.EqualFold(host, s.Accounts.Domain()) {
		return account.Account{}, errNotFound()
	}
	if err := s.Accounts.CountLookup(c.account()); err != nil {
		return account.Account{}, err
	}
	ctx, cancel := c.asking()
	defer cancel()
	a, err := s.Resolver.ResolveHandle(ctx, trimHandle(handle))
	if err == nil && a.State == account.Gone {
		err = fault.New(fault.NotFound, "error.account.not_found")
	}
	return a, err
}
