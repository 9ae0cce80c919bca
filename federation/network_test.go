package federation_test

import (
	"fmt"
	"strings"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/post"
)

// ally makes others part of the instance's administration network.
func ally(i *ft.Instance, others ...*ft.Instance) {
	for _, other := range others {
		i.DB.MustExec(`INSERT INTO domain_rules (domain, network, allowed) VALUES ($1, true, true)
			ON CONFLICT (domain) DO UPDATE SET network = true`, other.Config.Domain())
	}
}

// sees reports whether a reader of the instance may read a post that the instance has.
func sees(t *testing.T, i *ft.Instance, reader int64, uri string) bool {
	t.Helper()
	p, err := i.Posts.Find(t.Context(), uri)
	if err != nil {
		t.Fatalf("%s: %s: %v", i.Name, uri, err)
	}
	_, err = i.Posts.ByID(t.Context(), post.Viewer{AccountID: reader}, p.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// What is meant for the administration network reaches the instances of it that follow ours, whoever follows whom there, and
// nobody else; there and here only members read it.
func TestNetwork(t *testing.T) {
	t.Parallel()
	land, bund, outside := ft.Start(t, "land"), ft.Start(t, "bund"), ft.Start(t, "outside")
	for _, i := range []*ft.Instance{bund, outside} {
		i.FollowInstance(land)
		land.FollowInstance(i)
		i.Follow(i.Editor, land, land.Author.Username) // being a follower does not help who is outside
	}
	ally(land, bund)
	ally(bund, land)
	ally(outside, land)

	thread, err := land.Posts.Create(t.Context(), land.Author, post.Draft{Title: "Ausschreibung", Source: "Noch intern", Visibility: post.Network, Language: "de"})
	if err != nil {
		t.Fatal(err)
	}
	draft := land.Sample("Internes Praxisbeispiel")
	draft.Visibility = post.Network
	id, err := land.Practices.Publish(t.Context(), land.Editor, 0, draft)
	if err != nil {
		t.Fatal(err)
	}
	internal, err := land.Posts.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	there := bund.Has(thread.URI)
	practice := bund.Has(internal.URI)
	for _, p := range []post.Post{there, practice} {
		if p.Visibility != post.Network {
			t.Errorf("%s: visibility %s at bund", p.URI, p.Visibility)
		}
	}
	// An answer stays in the network, also to those its author does not know.
	answer := bund.Say(&there, "", "Danke, wir prüfen das")
	if answer.Visibility != post.Network {
		t.Errorf("answer: visibility %s", answer.Visibility)
	}
	land.Has(answer.URI)
	ft.Settle(land, bund, outside)

	for _, uri := range []string{thread.URI, internal.URI, answer.URI} {
		outside.HasNot(uri)
		path := strings.TrimPrefix(uri, land.Config.BaseURL)
		if strings.HasPrefix(uri, land.Config.BaseURL) {
			if status, _, _ := land.Get(path, "application/activity+json"); status != 404 && status != 401 {
				t.Errorf("%s: a stranger gets %d", uri, status)
			}
		}
		for _, i := range []*ft.Instance{land, bund} {
			if sees(t, i, 0, uri) {
				t.Errorf("%s: a visitor reads %s", i.Name, uri)
			}
			if !sees(t, i, i.Editor.ID, uri) {
				t.Errorf("%s: a member cannot read %s", i.Name, uri)
			}
		}
	}
	for _, i := range []*ft.Instance{land, bund} {
		guest, err := i.Accounts.CreateLocal(t.Context(), "gast", "Gast", account.RoleGuest)
		if err != nil {
			t.Fatal(err)
		}
		if sees(t, i, guest.ID, thread.URI) {
			t.Errorf("%s: a guest reads what is internal", i.Name)
		}
	}
	if n := land.Count(`SELECT count(*) FROM deliveries d JOIN activities a ON a.id = d.activity_id
		WHERE d.host = $1 AND a.object_uri IN ($2, $3)`, outside.Config.Domain(), thread.URI, internal.URI); n != 0 {
		t.Errorf("%d letters about it went outside", n)
	}
	// Nobody can make it wider, and its withdrawal arrives.
	draft.Visibility = post.Public
	if _, err := land.Practices.Publish(t.Context(), land.Editor, id, draft); !fault.Is(err, fault.Invalid) {
		t.Errorf("made public: %v", err)
	}
	if err := bund.Posts.Boost(t.Context(), bund.Editor, there.ID); err == nil {
		t.Error("shared")
	}
	if err := land.Posts.Delete(t.Context(), land.Author, thread.ID); err != nil {
		t.Fatal(err)
	}
	bund.Eventually("hears of the withdrawal", func() string {
		if p, err := bund.Posts.Find(t.Context(), thread.URI); err != nil || p.State != post.StateWithdrawn {
			return fmt.Sprint(p.State, err)
		}
		return ""
	})
	ft.Settle(land, bund, outside)
	if n := land.Count(`SELECT count(*) FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE d.host = $1 AND a.object_uri = $2`,
		outside.Config.Domain(), thread.URI); n != 0 {
		t.Errorf("%d letters about the withdrawal of what is internal went outside", n)
	}
}

// What waits for an instance that leaves the network meanwhile, is not delivered any more; the rest is.
func TestNetworkLeft(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(land *ft.Instance, admin account.Account, bund string) error{
		"changed": func(land *ft.Instance, admin account.Account, bund string) error {
			_, err := land.Rules.Save(t.Context(), admin, peer.Rule{Domain: bund, Allowed: true}, false)
			return err
		},
		"deleted": func(land *ft.Instance, admin account.Account, bund string) error {
			return land.Rules.Delete(t.Context(), admin, bund)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			land, bund := ft.Start(t, "land"), ft.Start(t, "bund")
			bund.FollowInstance(land)
			bund.Follow(bund.Editor, land, land.Author.Username)
			ally(land, bund)
			admin, err := land.Accounts.CreateLocal(t.Context(), "amt", "Amt", account.RoleAdmin)
			if err != nil {
				t.Fatal(err)
			}
			bund.Broken.Store(503)
			internal, err := land.Posts.Create(t.Context(), land.Author, post.Draft{Title: "Ausschreibung", Source: "Noch intern", Visibility: post.Network, Language: "de"})
			if err != nil {
				t.Fatal(err)
			}
			open := land.Say(nil, "Für alle", "Das darf jeder lesen")
			waiting := func(uri string) int {
				return land.Count(`SELECT count(*) FROM deliveries d JOIN activities a ON a.id = d.activity_id
					WHERE d.host = $1 AND a.object_uri = $2 AND d.state = 'pending'`, bund.Config.Domain(), uri)
			}
			land.Eventually("both wait", func() string {
				if waiting(internal.URI) == 0 || waiting(open.URI) == 0 {
					return "not yet"
				}
				return ""
			})
			if err := leave(land, admin, bund.Config.Domain()); err != nil {
				t.Fatal(err)
			}
			land.Eventually("what is internal is given up", func() string {
				if n := waiting(internal.URI); n > 0 {
					return fmt.Sprint(n)
				}
				return ""
			})
			if waiting(open.URI) == 0 {
				t.Error("what is for everyone does not wait any more")
			}
			bund.HasNot(internal.URI)
		})
	}
}

// Who is outside cannot put anything before our people by calling it internal.
func TestNetworkClaimed(t *testing.T) {
	t.Parallel()
	land, liar := ft.Start(t, "land"), ft.Start(t, "liar")
	land.Follow(land.Editor, liar, liar.Author.Username)
	note := func(id string, to ...string) string {
		return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%[1]s#create","type":"Create","actor":"%[2]s","to":%[3]s,
			"object":{"id":"%[1]s","type":"Note","attributedTo":"%[2]s","to":%[3]s,"content":"<p>intern</p>","vb:visibility":"network","published":"2026-11-20T10:00:00Z"}}`,
			liar.Config.BaseURL+id, liar.Author.URI, `["`+strings.Join(to, `","`)+`"]`)
	}
	for id, to := range map[string]string{"/notes/open": "https://www.w3.org/ns/activitystreams#Public", "/notes/followers": liar.Author.FollowersURI} {
		if status := liar.Send(liar.Author, ft.Letter{To: land.Config.BaseURL + "/inbox", Body: note(id, to)}); status != 202 {
			t.Fatalf("%s: %d", id, status)
		}
		if p := land.Has(liar.Config.BaseURL + id); p.Visibility != post.Followers {
			t.Errorf("%s: visibility %s", id, p.Visibility)
		}
		if sees(t, land, land.Author.ID, liar.Config.BaseURL+id) {
			t.Errorf("%s: read by a member who does not follow its author", id)
		}
	}
}
