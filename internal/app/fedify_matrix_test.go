package app_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-mastodon"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/practice"
)

// The directions of a cell of the matrix.
const (
	toPeer   = "ours → Fedify"
	fromPeer = "Fedify → ours"
)

// matrix is what became of each cell, by row and column; the runs fill it side by side.
type matrix struct {
	mu      sync.Mutex
	rows    []string
	columns []string
	cells   map[[2]string]string
}

func (m *matrix) set(row, column, result string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Contains(m.rows, row) {
		m.rows = append(m.rows, row)
	}
	m.cells[[2]string{row, column}] = result
}

func (m *matrix) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "%-34s", "")
	for _, c := range m.columns {
		fmt.Fprintf(&b, " | %-22s", c)
	}
	for _, row := range m.rows {
		fmt.Fprintf(&b, "\n%-34s", row)
		for _, c := range m.columns {
			cell := m.cells[[2]string{row, c}]
			if cell == "" {
				cell = "–"
			}
			fmt.Fprintf(&b, " | %-22s", cell)
		}
	}
	return b.String()
}

// conversation is one of our instances and a peer that talk to each other with one kind of signature.
type conversation struct {
	t    *testing.T
	m    *matrix
	kind string // in the table
	ours *instance
	peer *fedify
	anna *mastodon.Client
	lars *mastodon.Client // answers follows himself
	vera account.Account  // a moderator
	who  map[string]*mastodon.Account
	uris map[string]string // of ours
	ctx  context.Context

	signature string // the kind
	written   written
}

// TestFedify talks with a peer that is made with Fedify, once with each kind of signature, and asserts on the side that
// receives what became of each activity.
func TestFedify(t *testing.T) {
	t.Parallel()
	m := &matrix{cells: map[[2]string]string{}}
	names := map[string]string{cavage: "cavage", rfc9421: "RFC 9421"}
	for _, kind := range []string{cavage, rfc9421} {
		for _, direction := range []string{toPeer, fromPeer} {
			m.columns = append(m.columns, names[kind]+" "+direction)
		}
	}
	t.Run("kinds", func(t *testing.T) {
		for kind, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				newConversation(t, m, kind, name).run()
			})
		}
	})
	t.Logf("the matrix of conversations:\n%s", m)
}

func newConversation(t *testing.T, m *matrix, kind, name string) *conversation {
	t.Helper()
	slug := "ours-" + strings.ToLower(strings.ReplaceAll(name, " ", ""))
	c := &conversation{t: t, m: m, kind: name, signature: kind, peer: startFedify(t, kind), ctx: t.Context(), who: map[string]*mastodon.Account{}, uris: map[string]string{}}
	c.ours = startInstance(t, slug, organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	c.anna = c.ours.mastodonClient(c.ours.person("anna", account.RoleMember))
	c.lars = c.ours.mastodonClient(c.ours.person("lars", account.RoleMember))
	c.ours.person("vera", account.RoleModerator)
	for _, name := range []string{"anna", "lars", "vera", "praxis", "forum"} {
		a, err := c.ours.Accounts.ByUsername(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		c.uris[name] = a.URI
		if name == "vera" {
			c.vera = a
		}
	}
	locked := true
	if _, err := c.lars.AccountUpdate(t.Context(), &mastodon.Profile{Locked: &locked}); err != nil {
		t.Fatal(err)
	}
	return c
}

// cell is one thing that happens, and how the receiving side must have taken it.
func (c *conversation) cell(row, direction string, check func() error) {
	c.t.Helper()
	began := time.Now()
	result := "ok"
	if err := check(); err != nil {
		result = "FAILED"
		c.t.Errorf("%s, %s: %v", row, direction, err)
	}
	c.m.set(row, c.kind+" "+direction, fmt.Sprintf("%s %4d ms", result, time.Since(began).Milliseconds()))
}

func (c *conversation) run() {
	c.discovery()
	c.follows()
	c.posts()
	c.threads()
	c.reactions()
	c.polls()
	c.direct()
	c.groups()
	c.actors()
	c.endings()
	c.signatures()
	s, err := c.peer.state()
	if err != nil {
		c.t.Error(err)
	}
	for _, problem := range s.Errors {
		c.t.Errorf("the peer stumbled: %s", problem)
	}
}

// discovery finds the people of the other side, by name and by address.
func (c *conversation) discovery() {
	c.cell("found by name", fromPeer, func() error {
		for _, name := range []string{"paula", "rolf", "runde"} {
			found, err := c.anna.Search(c.ctx, "@"+c.peer.handle(name), true)
			if err != nil {
				return err
			}
			if len(found.Accounts) != 1 {
				return fmt.Errorf("%d accounts for %s", len(found.Accounts), name)
			}
			c.who[name] = found.Accounts[0]
		}
		return errors.Join(wrong(c.who["paula"].DisplayName, "Paula Peer"), wrong(c.who["paula"].Acct, c.peer.handle("paula")))
	})
	if c.who["runde"] == nil {
		c.t.FailNow()
	}
	c.cell("found by name", toPeer, func() error {
		for name, kind := range map[string]string{"anna": "Person", "praxis": "Group", "forum": "Group"} {
			var read struct{ Type, ID, Name string }
			if err := c.peer.order("lookup", args{"id": c.uris[name]}, &read); err != nil {
				return err
			}
			var jrd struct {
				Subject string
				Links   []struct{ Rel, Type, Href string }
			}
			if err := c.peer.order("webfinger", args{"resource": c.uris[name]}, &jrd); err != nil {
				return err
			}
			self := ""
			for _, l := range jrd.Links {
				if l.Rel == "self" && l.Type == "application/activity+json" {
					self = l.Href
				}
			}
			if err := errors.Join(wrong([]string{read.Type, read.ID}, []string{kind, c.uris[name]}), wrong(jrd.Subject, "acct:"+name+"@"+c.ours.Config.Domain()), wrong(self, read.ID)); err != nil {
				return err
			}
		}
		type info struct {
			Software  string
			Protocols []string
		}
		var versions []info // 2.0 and 2.1
		if err := c.peer.order("nodeinfo", args{"base": c.ours.Config.BaseURL}, &versions); err != nil {
			return err
		}
		says := info{Software: "vorbild", Protocols: []string{"activitypub"}}
		return wrong(versions, []info{says, says})
	})
}

// relationship waits until anna's relationship to one of the peer's is as ok says.
func (c *conversation) relationship(name string, ok func(r *mastodon.Relationship) bool) error {
	return until(func() error {
		list, err := c.anna.GetAccountRelationships(c.ctx, []string{string(c.who[name].ID)})
		if err != nil {
			return err
		}
		return wants(len(list) == 1 && ok(list[0]), "relationship %+v", *list[0])
	})
}

func (c *conversation) follows() {
	// The peer comes first: from its signature we learn which kind it understands.
	for _, name := range []string{"anna", "praxis", "forum"} {
		c.cell("follow", fromPeer, func() error {
			if _, err := c.peer.id("follow", args{"as": "paula", "whom": c.uris[name]}); err != nil {
				return err
			}
			if name != "anna" {
				return nil
			}
			return c.relationship("paula", func(r *mastodon.Relationship) bool { return r.FollowedBy })
		})
		c.cell("accept", toPeer, func() error {
			return c.peer.knows(func(s fedifyState) error {
				return wants(s.Following["paula"][c.uris[name]] != "", "paula follows %v", s.Following["paula"])
			})
		})
	}
	c.cell("follow", toPeer, func() error {
		if _, err := c.anna.AccountFollow(c.ctx, c.who["paula"].ID); err != nil {
			return err
		}
		return c.peer.knows(func(s fedifyState) error {
			return wants(s.Followers["paula"][c.uris["anna"]] != nil, "followers of paula: %v", slices.Collect(maps.Keys(s.Followers["paula"])))
		})
	})
	c.cell("accept", fromPeer, func() error {
		return c.relationship("paula", func(r *mastodon.Relationship) bool { return r.Following })
	})
	c.cell("follow of a group", toPeer, func() error {
		if _, err := c.anna.AccountFollow(c.ctx, c.who["runde"].ID); err != nil {
			return err
		}
		return c.relationship("runde", func(r *mastodon.Relationship) bool { return r.Following })
	})
	c.cell("reject", fromPeer, func() error {
		if _, err := c.anna.AccountFollow(c.ctx, c.who["rolf"].ID); err != nil {
			return err
		}
		var asked string
		if err := c.peer.knows(func(s fedifyState) error {
			asked = s.Asked["rolf"][c.uris["anna"]]
			return wants(asked != "", "rolf is not asked")
		}); err != nil {
			return err
		}
		if err := c.relationship("rolf", func(r *mastodon.Relationship) bool { return r.Requested && !r.Following }); err != nil {
			return err
		}
		if err := c.peer.order("answer", args{"id": asked, "accept": false}, nil); err != nil {
			return err
		}
		return c.relationship("rolf", func(r *mastodon.Relationship) bool { return !r.Requested && !r.Following })
	})
	c.cell("reject", toPeer, func() error {
		if _, err := c.peer.id("follow", args{"as": "rolf", "whom": c.uris["lars"]}); err != nil {
			return err
		}
		if err := until(func() error {
			asking, err := c.lars.GetFollowRequests(c.ctx, nil)
			if err != nil {
				return err
			}
			return wrong(accountNames(asking), []string{c.peer.handle("rolf")})
		}); err != nil {
			return err
		}
		if err := c.lars.FollowRequestReject(c.ctx, c.who["rolf"].ID); err != nil {
			return err
		}
		return c.peer.knows(func(s fedifyState) error {
			return wants(s.Refused["rolf"][c.uris["lars"]] != "", "rolf knows of no refusal: %v", s.Refused)
		})
	})
	c.cell("accept by hand", toPeer, func() error {
		if _, err := c.peer.id("follow", args{"as": "rolf", "whom": c.uris["lars"]}); err != nil {
			return err
		}
		if err := until(func() error { return c.lars.FollowRequestAuthorize(c.ctx, c.who["rolf"].ID) }); err != nil {
			return err
		}
		return c.peer.knows(func(s fedifyState) error {
			return wants(s.Following["rolf"][c.uris["lars"]] != "", "rolf follows %v", s.Following["rolf"])
		})
	})
}

// arrived waits for a post of the peer's on anna's home timeline, by its id, with a text.
func (c *conversation) arrived(uri string, ok func(s *mastodon.Status) error) (found *mastodon.Status, err error) {
	err = until(func() error {
		home, err := c.anna.GetTimelineHome(c.ctx, &mastodon.Pagination{Limit: 40})
		if err != nil {
			return err
		}
		for _, s := range home {
			if s.URI == uri {
				found = s
				return ok(s)
			}
		}
		return fmt.Errorf("%s is not on the timeline", uri)
	})
	return found, err
}

// seen is arrived for what its page must show: it reads the page as a visitor.
func (c *conversation) seen(uri string, texts ...string) error {
	page := c.ours.pageOf(uri)
	return until(func() error {
		_, doc := c.ours.get(page, "")
		text := strings.Join(strings.Fields(doc.Find("main").Text()), " ")
		for _, want := range texts {
			if !strings.Contains(text, want) {
				return fmt.Errorf("the page of %s does not show %q: %s", uri, want, text)
			}
		}
		return nil
	})
}

func contains(s, part string) error {
	return wants(strings.Contains(s, part), "%q is not in %q", part, s)
}

func has(list []string, want string) error {
	return wants(slices.Contains(list, want), "%q is not in %q", want, list)
}

// draft of the practice that is published.
func draft(title string) practice.Draft {
	before, after := 420.0, 310.0
	return practice.Draft{
		Title: title, Summary: "Mit 24 statt 20 °C sinkt der Kühlaufwand.", Language: "de",
		Source: "## Ausgangslage\n\nDie Räume wurden auf 20 °C gekühlt, siehe #Kühlung und #Strom.\n\n## Vorgehen\n\n- Gänge einhausen\n- Temperatur anheben",
		Level:  organization.LevelLand, Region: "DE-SH", Implementation: "completed", Measures: []string{"Gänge einhausen"},
		Figures:     []practice.Figure{{Quantity: "electricity", Name: "Strom", Unit: "MW.h/a", Before: &before, After: &after}},
		ContactName: "Rechenzentrum", ContactUnit: "Betrieb", ContactEmail: "rz@example.org", Licence: practice.Licences[0],
	}
}
