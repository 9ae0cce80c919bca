package federation_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/post"
)

// rule lets an administrator of the victim decide about an instance.
func (c *crime) rule(i *ft.Instance, r peer.Rule, purge bool) {
	c.t.Helper()
	r.Domain = i.Config.Domain()
	if _, err := c.victim.Rules.Save(c.t.Context(), account.Operator(), r, purge); err != nil {
		c.t.Fatal(err)
	}
}

func (c *crime) lift(i *ft.Instance) {
	c.t.Helper()
	if err := c.victim.Rules.Delete(c.t.Context(), account.Operator(), i.Config.Domain()); err != nil {
		c.t.Fatal(err)
	}
}

func (c *crime) mode(mode peer.Mode) {
	c.t.Helper()
	if err := c.victim.Rules.SavePolicy(c.t.Context(), account.Operator(), peer.Policy{Mode: mode}); err != nil {
		c.t.Fatal(err)
	}
}

// visible reports whether readers of the victim see a post.
func (c *crime) visible(uri string) bool {
	c.t.Helper()
	p := c.victim.Has(uri)
	seen, err := c.victim.Posts.ByIDs(c.t.Context(), post.Viewer{AccountID: c.victim.Author.ID}, []int64{p.ID})
	if err != nil {
		c.t.Fatal(err)
	}
	return len(seen) == 1
}

// TestRefusedEntryPoints: nothing of a refused host comes in by any door, whether it is suspended or only not allowed, and
// nothing is asked of it.
func TestRefusedEntryPoints(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(c *crime){
		"suspended": func(c *crime) { c.rule(c.liar, peer.Rule{Severity: peer.Suspend}, false) },
		"not allowed": func(c *crime) {
			c.rule(c.honest, peer.Rule{Allowed: true}, false)
			c.mode(peer.AllowList)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := setCrime(t)
			c.victim.Follow(c.victim.Catalog(), c.liar, account.CatalogUsername)
			c.liar.FollowInstance(c.victim)
			c.liar.Follow(c.liar.Author, c.victim, "author")
			// What the liar serves: an object, a collection, an actor never seen.
			note := c.id(c.liar)
			serve := func(uri, doc string) { c.liar.Extra.Store(strings.TrimPrefix(uri, c.liar.Config.BaseURL), doc) }
			serve(note, c.encode(c.note(note, c.liar.Author.URI, "trotzdem")))
			stranger := c.id(c.liar)
			serve(stranger, c.encode(m{
				"@context": "https://www.w3.org/ns/activitystreams", "id": stranger, "type": "Person", "preferredUsername": "fremd", "inbox": stranger + "/inbox", "outbox": stranger + "/outbox",
			}))
			ft.Settle(c.victim, c.honest, c.liar)
			refuse(c)
			ft.Settle(c.victim, c.honest, c.liar)
			received := c.victim.Count(`SELECT count(*) FROM inbox_activities WHERE actor_uri LIKE $1`, c.liar.Config.BaseURL+"/%")
			c.liar.Asked.Clear()

			unknown := c.liar.Author
			unknown.PublicKeyID = stranger + "#main-key"
			for name, l := range map[string]struct {
				signer account.Account
				body   m
			}{
				"create":                       {c.liar.Author, c.activity("Create", c.id(c.liar), c.liar.Author.URI, c.note(c.id(c.liar), c.liar.Author.URI, "trotzdem"))},
				"a key that is not known":      {unknown, c.activity("Like", c.id(c.liar), stranger, c.own.URI)},
				"follow":                       {c.liar.Author, c.activity("Follow", c.id(c.liar), c.liar.Author.URI, c.victim.Author.URI)},
				"group":                        {c.liar.Catalog(), c.activity("Announce", c.id(c.liar), c.liar.Catalog().URI, note)},
				"delete of an actor":           {c.liar.Author, c.activity("Delete", c.id(c.liar), c.liar.Author.URI, c.liar.Author.URI)},
				"report":                       {c.liar.Author, c.activity("Flag", c.id(c.liar), c.liar.Author.URI, []string{c.victim.Author.URI})},
				"what another instance wrote":  {c.liar.Author, c.activity("Create", c.id(c.honest), c.honest.Author.URI, c.note(c.id(c.honest), c.honest.Author.URI, "weitergereicht"))},
				"an activity of no known type": {c.liar.Author, c.activity("Dance", c.id(c.liar), c.liar.Author.URI, c.own.URI)},
			} {
				if status := c.liar.Send(l.signer, ft.Letter{To: c.inbox, Body: c.encode(l.body)}); status != http.StatusForbidden &&
					(status != http.StatusAccepted || name != "delete of an actor") { // of whom we do not know is dropped before any other question
					t.Errorf("%s: answered %d", name, status)
				}
			}
			// By others who may speak: boosts, answers and quotes of what lies there, its actor as an object, mentions.
			by := c.honest.Author
			answer := c.note(c.id(c.honest), by.URI, "Antwort")
			answer["inReplyTo"], answer["quote"], answer["quoteUrl"] = note, note, note
			answer["tag"] = []m{{"type": "Mention", "href": stranger, "name": "@fremd"}, {"type": "Mention", "href": c.victim.Author.URI, "name": "@author"}}
			for name, body := range map[string]m{
				"announce by id":    c.activity("Announce", c.id(c.honest), by.URI, note),
				"announce embedded": c.activity("Announce", c.id(c.honest), by.URI, c.note(note, c.liar.Author.URI, "trotzdem")),
				"announce wrapped":  c.activity("Announce", c.id(c.honest), c.honest.Catalog().URI, c.activity("Create", c.id(c.liar), c.liar.Author.URI, c.note(note, c.liar.Author.URI, "trotzdem"))),
				"forwarded":         c.activity("Create", c.id(c.liar), c.liar.Author.URI, note),
				"a picture of its":  c.activity("Update", c.id(c.honest), by.URI, by.URI),
			} {
				signer := by
				if name == "announce wrapped" {
					signer = c.honest.Catalog()
				}
				if status := c.honest.Send(signer, ft.Letter{To: c.inbox, Body: c.encode(body)}); status >= 500 {
					t.Errorf("%s: answered %d", name, status)
				}
			}
			c.honest.Send(by, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Create", c.id(c.honest), by.URI, answer))})
			c.victim.Settled()
			c.victim.HasNot(note)
			if n := c.victim.Count(`SELECT count(*) FROM accounts WHERE uri = $1`, stranger); n != 0 {
				t.Error("a stranger became known")
			}
			// The honest answer may be there, and what the honest said was received; of the liar nothing.
			if n := c.victim.Count(`SELECT count(*) FROM posts p JOIN accounts a ON a.id = p.account_id WHERE a.domain = $1`, c.liar.Config.Domain()); n != 0 {
				t.Errorf("%d posts of the refused", n)
			}
			if n := c.victim.Count(`SELECT count(*) FROM inbox_activities WHERE actor_uri LIKE $1`, c.liar.Config.BaseURL+"/%"); n > received {
				t.Errorf("%d letters of the refused are kept", n)
			}
			c.liar.Asked.Range(func(path, _ any) bool {
				t.Errorf("the refused was asked for %s", path)
				return true
			})
			// Ourselves: neither by hand, nor to complete anything.
			for _, uri := range []string{note, stranger} {
				if _, err := c.victim.Transport.Get(t.Context(), uri); err == nil {
					t.Errorf("%s is fetched", uri)
				}
			}
			if show, err := c.victim.Transport.MayShow(t.Context(), c.liar.Config.BaseURL+"/bild.png"); err != nil || show {
				t.Errorf("pictures from there are shown: %v", err)
			}
			c.honest.Extra.Store("/umweg", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, note, http.StatusFound) }))
			if _, err := c.victim.Transport.Get(t.Context(), c.honest.Config.BaseURL+"/umweg"); err == nil {
				t.Error("a redirect leads there")
			}
			// Nothing goes out.
			sent := c.victim.Count(`SELECT count(*) FROM deliveries WHERE host = $1`, c.liar.Config.Domain())
			c.victim.Say(nil, "Für alle", "Text")
			c.victim.Publish("Für alle")
			c.victim.Settled()
			if n := c.victim.Count(`SELECT count(*) FROM deliveries WHERE host = $1`, c.liar.Config.Domain()); n != sent {
				t.Errorf("%d new deliveries to the refused", n-sent)
			}
		})
	}
}

// TestSuspend: what a domain wrote is hidden while it is suspended, and back after; follows end both ways, what waits is not sent.
func TestSuspend(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	ctx := t.Context()
	said := c.honest.Say(nil, "Frage", "Wie?")
	c.victim.Has(said.URI)
	ft.Settle(c.victim, c.honest, c.liar)
	listed := func() (n int) {
		t.Helper()
		for name, list := range map[string]func() ([]post.View, error){
			"threads": func() ([]post.View, error) { return c.victim.Posts.Threads(ctx, post.Viewer{}, paging.Page{}) },
			"of the author": func() ([]post.View, error) {
				a, err := c.victim.Accounts.ByURI(ctx, c.honest.Author.URI)
				if err != nil {
					return nil, err
				}
				return c.victim.Posts.ByAccount(ctx, post.Viewer{AccountID: c.victim.Author.ID}, a.ID, paging.Page{})
			},
			"search": func() ([]post.View, error) {
				return c.victim.Posts.Search(ctx, post.Viewer{AccountID: c.victim.Author.ID}, post.Query{Words: []string{"Frage"}, Limit: 20})
			},
		} {
			views, err := list()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, v := range views {
				if !v.Post.Local {
					n++
				}
			}
		}
		return n
	}
	shown := listed()
	if shown < 2 || !c.visible(c.practice.URI) {
		t.Fatalf("%d lines, practice visible %v", shown, c.visible(c.practice.URI))
	}
	follows := `SELECT count(*) FROM follows f JOIN accounts a ON a.id IN (f.account_id, f.target_id) WHERE a.domain = $1 AND f.undone_at IS NULL AND f.state = 'accepted'`
	host := c.honest.Config.Domain()
	if n := c.victim.Count(follows, host); n != 4 {
		t.Fatalf("%d follows", n)
	}
	// Something waits for them.
	c.honest.Broken.Store(http.StatusServiceUnavailable)
	c.victim.Say(nil, "Wartet", "Text")
	waiting := `SELECT count(*) FROM deliveries WHERE host = $1 AND state = 'pending'`
	c.victim.Eventually("a delivery waits", func() string {
		if c.victim.Count(waiting+` AND attempt > 0`, host) == 0 {
			return "none"
		}
		return ""
	})

	c.rule(c.honest, peer.Rule{Severity: peer.Suspend, PublicComment: "zu laut"}, false)
	if n := listed(); n != 0 || c.visible(c.practice.URI) {
		t.Errorf("%d lines are still listed, practice visible %v", n, c.visible(c.practice.URI))
	}
	c.victim.Eventually("the suspension is carried out", func() string {
		if n, m := c.victim.Count(follows, host), c.victim.Count(waiting, host); n+m > 0 {
			return fmt.Sprintf("%d follows, %d deliveries", n, m)
		}
		return ""
	})
	if n := c.victim.Count(`SELECT count(*) FROM deliveries WHERE host = $1 AND state = 'dropped' AND last_error = 'suspended'`, host); n == 0 {
		t.Error("what waited was not given up")
	}
	if a, err := c.victim.Accounts.ByURI(ctx, c.honest.Author.URI); err != nil || a.State != account.Suspended || !a.Refused {
		t.Errorf("the author is %s, %v", a.State, err)
	}
	outbox := func() float64 {
		t.Helper()
		_, _, doc := c.victim.Get("/g/praxis/outbox", "application/activity+json")
		n, _ := doc["totalItems"].(float64)
		return n
	}
	withheld := outbox()

	c.lift(c.honest)
	if n := listed(); n != shown || !c.visible(c.practice.URI) {
		t.Errorf("%d lines of %d come back, practice visible %v", n, shown, c.visible(c.practice.URI))
	}
	if back := outbox(); back < withheld {
		t.Errorf("the outbox has %v, had %v", back, withheld)
	}
	if n := c.victim.Count(follows, host); n != 0 {
		t.Errorf("%d follows came back by themselves", n)
	}
	if n := c.victim.Count(`SELECT count(*) FROM audit_log WHERE action IN ('policy.rule', 'policy.rule.delete') AND subject = $1`, host); n != 2 {
		t.Errorf("%d entries in the log", n)
	}
}

// TestAllowList: switching there and back deletes nothing.
func TestAllowList(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	before := c.victim.State(c.liar)
	c.mode(peer.AllowList)
	if c.visible(c.practice.URI) {
		t.Error("posts of who is not allowed are seen")
	}
	c.victim.Settled()
	c.rule(c.honest, peer.Rule{Network: true}, false)
	if !c.visible(c.practice.URI) {
		t.Error("posts of the network are not seen")
	}
	// It talks again, both ways.
	next := c.honest.Publish("Flensburg: Kälte")
	c.victim.Has(next.URI)
	mine := c.victim.Publish("Husum: Wind")
	c.honest.Has(mine.URI)
	c.lift(c.honest)
	c.mode(peer.Open)
	ft.Settle(c.victim, c.honest)
	for _, line := range strings.Split(before, "\n") {
		if !strings.Contains(c.victim.State(c.liar), line) {
			t.Errorf("lost: %s", line)
		}
	}
	c.victim.Has(c.honest.Publish("Kiel: noch eines").URI)
}

// TestPurge: on request, what a suspended domain wrote goes for good, here and nowhere else.
func TestPurge(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	c.rule(c.honest, peer.Rule{Severity: peer.Suspend}, true)
	c.victim.Settled()
	c.lift(c.honest)
	if c.visible(c.practice.URI) {
		t.Error("the practice comes back")
	}
	if n := c.victim.Count(`SELECT count(*) FROM posts p JOIN accounts a ON a.id = p.account_id WHERE a.domain IS NOT NULL AND (p.html <> '' OR p.title <> '')`); n != 0 {
		t.Errorf("%d posts still have words", n)
	}
	if n := c.victim.Count(`SELECT (SELECT count(*) FROM favourites WHERE undone_at IS NULL) + (SELECT count(*) FROM boosts WHERE undone_at IS NULL AND account_id IN (SELECT id FROM accounts WHERE domain IS NOT NULL))`); n != 0 {
		t.Errorf("%d reactions are left", n)
	}
	if n := c.victim.Count(`SELECT count(*) FROM accounts WHERE domain IS NOT NULL AND display_name <> ''`); n != 0 {
		t.Errorf("%d accounts still say something of themselves", n)
	}
	if !c.visible(c.own.URI) {
		t.Error("our own post has gone")
	}
	if _, err := c.honest.Posts.Find(t.Context(), c.own.URI); err != nil {
		t.Errorf("the other instance: %v", err)
	}
	// Who federates again is known again.
	if a := c.victim.Knows(c.honest, "author"); a.DisplayName == "" || a.State != account.Active {
		t.Errorf("known again as %q, %s", a.DisplayName, a.State)
	}
}

// TestSilence: limited people reach who follows them or is mentioned, and nobody else comes across them.
func TestSilence(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	ctx := t.Context()
	c.rule(c.honest, peer.Rule{Severity: peer.Silence}, false)
	author := c.victim.Follow(c.victim.Author, c.honest, "author")
	if !author.Limited {
		t.Fatal("the author is not limited")
	}
	said := c.honest.Say(nil, "Leise", "Hört jemand?")
	c.victim.Has(said.URI)
	seenBy := func(viewer int64) (listed bool) {
		t.Helper()
		views, err := c.victim.Posts.Threads(ctx, post.Viewer{AccountID: viewer}, paging.Page{})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range views {
			listed = listed || v.Post.URI == said.URI
		}
		return listed
	}
	if !seenBy(c.victim.Author.ID) || seenBy(c.victim.Editor.ID) || seenBy(0) {
		t.Errorf("listed for the follower %v, others %v, visitors %v", seenBy(c.victim.Author.ID), seenBy(c.victim.Editor.ID), seenBy(0))
	}
	if !c.visible(said.URI) {
		t.Error("who has the address does not see it")
	}
	// A follow from there waits for an answer, although the target takes everyone.
	us := c.honest.Knows(c.victim, "editor")
	if _, err := c.honest.Follows.Follow(ctx, c.honest.Author, c.honest.Author.ID, us.ID); err != nil {
		t.Fatal(err)
	}
	c.victim.Eventually("the follow waits", func() string {
		if n := c.victim.Count(`SELECT count(*) FROM follows WHERE account_id = $1 AND target_id = $2 AND state = 'pending'`, author.ID, c.victim.Editor.ID); n != 1 {
			return fmt.Sprint(n)
		}
		return ""
	})
	ft.Settle(c.victim, c.honest)
	// Notifications from whom one does not follow are kept apart; from whom one follows they come.
	if n := c.victim.Count(`SELECT count(*) FROM notifications WHERE from_account_id = $1 AND account_id = $2 AND filtered`, author.ID, c.victim.Editor.ID); n != 1 {
		t.Errorf("%d notifications of the limited are kept apart", n)
	}
	c.lift(c.honest)
	if a, err := c.victim.Accounts.ByURI(ctx, author.URI); err != nil || a.Limited || !seenBy(0) {
		t.Errorf("after the rule: limited %v, seen %v, %v", a.Limited, seenBy(0), err)
	}
}

// TestRejectMedia: pictures of a domain are neither shown nor fetched; what they belong to stays.
func TestRejectMedia(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	ctx := t.Context()
	c.victim.Follow(c.victim.Author, c.liar, "author")
	note := c.note(c.id(c.liar), c.liar.Author.URI, "mit Bild")
	note["attachment"] = []m{{"type": "Image", "mediaType": "image/png", "url": c.liar.Config.BaseURL + "/bild.png", "name": "Bild"}}
	if status := c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Create", c.id(c.liar), c.liar.Author.URI, note))}); status != http.StatusAccepted {
		t.Fatalf("answered %d", status)
	}
	p := c.victim.Has(note["id"].(string))
	c.victim.DB.MustExec(`UPDATE accounts SET avatar = $1 WHERE uri = $2`, c.liar.Config.BaseURL+"/avatar.png", c.liar.Author.URI)
	look := func() string {
		t.Helper()
		files, err := c.victim.Media.ByPosts(ctx, []int64{p.ID})
		if err != nil {
			t.Fatal(err)
		}
		a, err := c.victim.Accounts.ByURI(ctx, c.liar.Author.URI)
		if err != nil {
			t.Fatal(err)
		}
		show, err := c.victim.Transport.MayShow(ctx, c.liar.Config.BaseURL+"/bild.png")
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d files, avatar %v, fetched %v, post %v", len(files[p.ID]), a.Avatar != "", show, c.visible(p.URI))
	}
	const all = "1 files, avatar true, fetched true, post true"
	if got := look(); got != all {
		t.Fatal(got)
	}
	c.rule(c.liar, peer.Rule{RejectMedia: true}, false)
	if diff := cmp.Diff("0 files, avatar false, fetched false, post true", look()); diff != "" {
		t.Error(diff)
	}
	c.lift(c.liar)
	if diff := cmp.Diff(all, look()); diff != "" {
		t.Error(diff)
	}
}
