package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/practice"
)

// participantInstance is one instance with its groups and the people on it that are known here.
type participantInstance struct {
	Domain  string
	Name    string
	Local   bool
	Level   string
	Region  string
	Catalog *account.Account
	Forum   *account.Account
	People  []account.Account
	State   follow.State // of our catalogue's follow, "" when there is none

	Practices     int // that can be read here
	PracticesHref string
}

type participantsView struct {
	Instances []participantInstance
	Handles   []handleView
	Editor    bool
}

// handleView is an address to copy.
type handleView struct {
	Label string // key
	Text  string
	ID    string
}

// showParticipants is "Wer macht mit": every instance we know by its groups, with the people on it.
func (s *Site) showParticipants(w http.ResponseWriter, r *http.Request) error {
	accounts, err := s.Accounts.Participants(r.Context())
	if err != nil {
		return fmt.Errorf("participants: %w", err)
	}
	catalog, err := s.Accounts.Catalog(r.Context())
	if err != nil {
		return fmt.Errorf("participants: %w", err)
	}
	sent, err := s.Follows.Sent(r.Context(), catalog.ID)
	if err != nil {
		return fmt.Errorf("participants: %w", err)
	}
	states := make(map[int64]follow.State, len(sent))
	for _, f := range sent {
		states[f.Account.ID] = f.Follow.State
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return fmt.Errorf("participants: %w", err)
	}
	view := participantsView{Instances: groupByInstance(accounts, states), Handles: s.handles()}
	for i := range view.Instances {
		if in := &view.Instances[i]; in.Local {
			in.Domain, in.Name, in.Level, in.Region = s.Config.Domain(), o.Name, string(o.Level), o.Region
		}
	}
	found, err := s.Practices.List(r.Context(), viewer(r), practice.Filter{Limit: 1})
	if err != nil {
		return fmt.Errorf("participants: %w", err)
	}
	counts := make(map[string]int)
	for _, facet := range found.Facets["origin"] {
		counts[facet.Value] = facet.Count
	}
	for i := range view.Instances {
		in := &view.Instances[i]
		origin := in.Domain
		if in.Local {
			origin = "local"
		}
		in.Practices, in.PracticesHref = counts[origin], "/praxisbeispiele?herkunft="+url.QueryEscape(origin)
	}
	if reader := currentAccount(r); reader != nil {
		view.Editor = reader.Able(account.RoleEditor)
	}
	return s.render(w, r, http.StatusOK, "participants", page{
		Title: s.t(r, "who.title"), Description: s.t(r, "who.lead"), Nav: "participants", Data: view, Scripts: []string{"copy.js"},
		Canonical: s.Config.BaseURL + "/mitmachende",
	})
}

// groupByInstance sorts accounts to their instances: ours first, then those we follow, then by name. An instance of other
// software has people but no groups.
func groupByInstance(accounts []account.Account, states map[int64]follow.State) []participantInstance {
	byHost := map[string]*participantInstance{"": {Local: true}}
	for _, a := range accounts {
		host := a.Host()
		in := byHost[host]
		if in == nil {
			in = &participantInstance{Domain: host, Name: host}
			byHost[host] = in
		}
		switch {
		case a.Kind == account.Group && a.Username == account.CatalogUsername:
			in.Catalog, in.Name, in.Level, in.Region, in.State = &a, a.Name(), a.Level, a.Region, states[a.ID]
		case a.Kind == account.Group && a.Username == account.ForumUsername:
			in.Forum = &a
		case a.Kind == account.Application:
		default:
			in.People = append(in.People, a)
		}
	}
	instances := make([]participantInstance, 0, len(byHost))
	for _, in := range byHost {
		if in.Catalog != nil && in.Forum != nil {
			in.Name = cmp.Or(commonEnd(in.Catalog.Name(), in.Forum.Name()), in.Name)
		}
		instances = append(instances, *in)
	}
	rank := func(in participantInstance) int {
		switch {
		case in.Local:
			return 0
		case in.State == follow.Accepted:
			return 1
		case in.Catalog != nil:
			return 2
		}
		return 3
	}
	slices.SortFunc(instances, func(a, b participantInstance) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Domain, b.Domain))
	})
	return instances
}

// commonEnd returns the words in which two names end alike: a catalogue and a forum are called after their instance.
func commonEnd(a, b string) string {
	x, y := strings.Fields(a), strings.Fields(b)
	n := 0
	for n < min(len(x), len(y)) && x[len(x)-1-n] == y[len(y)-1-n] {
		n++
	}
	return strings.Join(x[len(x)-n:], " ")
}

// handles are the addresses under which others follow this instance.
func (s *Site) handles() []handleView {
	domain := s.Config.Domain()
	return []handleView{
		{Label: "who.follow.instance", Text: domain, ID: "adresse-instanz"},
		{Label: "who.follow.catalog", Text: "@" + account.CatalogUsername + "@" + domain, ID: "adresse-katalog"},
		{Label: "who.follow.forum", Text: "@" + account.ForumUsername + "@" + domain, ID: "adresse-forum"},
	}
}
