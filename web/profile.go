package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/relationship"
)

// profileView is the page of one account.
type profileView struct {
	Account    account.Account
	Handle     string // @user@host
	Kind       string // key of what it is
	About      string // key of a sentence that explains it, for groups
	Followers  int
	Following  int
	Own        bool
	MayFollow  bool
	Relation   relationship.Relationship
	MayShut    bool             // mute and block
	Restrict   *restrictView    // what moderators can do; nil for everyone else
	Instance   *follow.Relation // of our catalogue to the account; nil where the reader is no editor
	Login      string
	Moved      *account.Account // where its owner is found now
	Pinned     []postView
	Posts      []postView
	Pagination pagination
}

func profileURL(a account.Account) string { return "/@" + a.Handle() }

// profile finds the account that the path names. A handle with our own domain is one of ours.
func (s *Site) profile(r *http.Request) (account.Account, error) {
	handle := strings.ToLower(strings.TrimPrefix(pathText(r, "handle"), "@"))
	name, host, _ := strings.Cut(handle, "@")
	if host == strings.ToLower(s.Config.Domain()) {
		handle = name
	}
	a, err := s.Accounts.ByHandle(r.Context(), handle)
	if err != nil {
		return a, fmt.Errorf("profile %q: %w", handle, err)
	}
	return a, nil
}

func (s *Site) showProfile(w http.ResponseWriter, r *http.Request) error {
	a, err := s.profile(r)
	if err != nil {
		return err
	}
	if a.Local() && wantsActivity(r) {
		http.Redirect(w, r, a.URI, http.StatusSeeOther)
		return nil
	}
	if a.Local() && a.Kind == account.Application {
		http.Redirect(w, r, "/instanz", http.StatusSeeOther)
		return nil
	}
	if target := profileURL(a); r.URL.Path != target && maxID(r) == 0 {
		http.Redirect(w, r, target, http.StatusSeeOther)
		return nil
	}
	view := profileView{Account: a, Handle: s.fullHandle(a)}
	view.Kind, view.About = kindOf(a)
	view.Restrict = s.restrictionsFor(currentAccount(r), a, profileURL(a))
	stats, err := s.Accounts.Stats(r.Context(), []int64{a.ID})
	if err != nil {
		return fmt.Errorf("profile %s: %w", a, err)
	}
	view.Followers, view.Following = stats[a.ID].FollowersCount, stats[a.ID].FollowingCount
	moved, err := s.Accounts.MovedTo(r.Context(), []account.Account{a})
	if err != nil {
		return fmt.Errorf("profile %s: %w", a, err)
	}
	if target, ok := moved[a.ID]; ok {
		view.Moved = &target
	}
	if err := s.relate(r, &view); err != nil {
		return err
	}
	status := http.StatusOK
	if a.State == account.Gone {
		status = http.StatusGone
	} else {
		list := s.Posts.ByAccount
		if a.Kind == account.Group {
			list = s.Posts.ByGroup
		}
		posts, err := list(r.Context(), viewer(r), a.ID, paging.Page{MaxID: maxID(r)})
		if err != nil {
			return fmt.Errorf("profile %s: %w", a, err)
		}
		if view.Posts, err = s.listView(r, posts); err != nil {
			return fmt.Errorf("profile %s: %w", a, err)
		}
		view.Pagination = olderThan(r, nextPage(posts))
		if maxID(r) == 0 {
			pinned, err := s.Posts.Pinned(r.Context(), viewer(r), a.ID)
			if err != nil {
				return fmt.Errorf("profile %s: %w", a, err)
			}
			if view.Pinned, err = s.listView(r, pinned); err != nil {
				return fmt.Errorf("profile %s: %w", a, err)
			}
		}
	}
	p := page{Title: a.Name(), Nav: "participants", Data: view, Scripts: []string{"copy.js"}, NoIndex: !a.Discoverable || !a.Local() || status != http.StatusOK}
	if a.Local() {
		if a.State == account.Active {
			p.Feeds = []feedLink{{a.Name(), profileURL(a) + ".atom"}}
		}
		p.Activity, p.Canonical = a.URI, s.Config.BaseURL+profileURL(a)
	} else {
		p.Canonical = a.URL
	}
	return s.render(w, r, status, "profile", p)
}

// relate says what stands between the reader and the account, and between our catalogue and the account.
func (s *Site) relate(r *http.Request, view *profileView) error {
	reader := currentAccount(r)
	if reader == nil {
		view.Login = "/anmelden?weiter=" + url.QueryEscape(r.URL.Path)
		return nil
	}
	a := view.Account
	view.Own = a.ID == reader.ID
	if view.Own || a.State == account.Gone {
		return nil
	}
	between, err := s.Relationships.Between(r.Context(), reader.ID, []int64{a.ID})
	if err != nil {
		return fmt.Errorf("relation to %s: %w", a, err)
	}
	view.Relation = between[a.ID]
	view.MayFollow = reader.Able(account.RoleMember) && a.Kind != account.Application && !view.Relation.Blocking && (view.Moved == nil || view.Relation.Following || view.Relation.Requested)
	view.MayShut = a.Kind != account.Application
	if !reader.Able(account.RoleEditor) || a.Local() {
		return nil
	}
	relation, err := s.instanceRelation(r.Context(), a)
	if err != nil {
		return err
	}
	view.Instance = &relation
	return nil
}

// instanceRelation is what our catalogue has to do with an account; with another instance as a whole, it is what it has
// to do with that instance's catalogue.
func (s *Site) instanceRelation(ctx context.Context, a account.Account) (follow.Relation, error) {
	catalog, err := s.Accounts.Catalog(ctx)
	if err != nil {
		return follow.Relation{}, fmt.Errorf("relation of the catalogue: %w", err)
	}
	if a.Kind == account.Application && a.CatalogURI != "" {
		target, err := s.Accounts.ByURI(ctx, a.CatalogURI)
		if fault.Is(err, fault.NotFound) {
			return follow.Relation{}, nil
		}
		if err != nil {
			return follow.Relation{}, fmt.Errorf("relation of the catalogue to %s: %w", a, err)
		}
		a = target
	}
	relation, err := s.Follows.Relation(ctx, catalog.ID, a.ID)
	if err != nil {
		return relation, fmt.Errorf("relation of the catalogue to %s: %w", a, err)
	}
	return relation, nil
}

// kindOf returns the keys of what an account is and, for groups and instances, of what that means.
func kindOf(a account.Account) (kind, about string) {
	switch {
	case a.Kind == account.Group && a.Username == account.CatalogUsername:
		return "profile.kind.catalog", "profile.catalog.text"
	case a.Kind == account.Group && a.Username == account.ForumUsername:
		return "profile.kind.forum", "profile.forum.text"
	case a.Kind == account.Group:
		return "profile.kind.group", "profile.group.text"
	case a.Kind == account.Application:
		return "profile.kind.application", "profile.application.text"
	case a.Kind == account.Organization:
		return "profile.kind.organization", ""
	case a.Kind == account.ServiceActor:
		return "profile.kind.service", ""
	}
	return "profile.kind.person", ""
}
