package federation_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/post"
)

// send signs an activity of an instance's account for the other's shared inbox and waits until both have settled.
func (c *crime) send(by *ft.Instance, signer account.Account, body m) {
	c.t.Helper()
	if status := by.Send(signer, ft.Letter{To: c.inbox, Body: c.encode(body)}); status != http.StatusAccepted {
		c.t.Fatalf("%v: %d", body["type"], status)
	}
	ft.Settle(c.victim)
}

// talk is an instance and one that speaks to it, with letters we write ourselves.
func talk(t *testing.T) *crime {
	t.Helper()
	c := &crime{t: t, victim: ft.Start(t, "here"), honest: ft.Start(t, "there")}
	c.liar, c.inbox = c.honest, c.victim.Config.BaseURL+"/inbox"
	return c
}

// TestReportTravels: a report goes on to the moderators of the other instance, in the name of the instance.
func TestReportTravels(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	ctx := t.Context()
	b.FollowInstance(a)
	said := a.Say(nil, "Werbung", "Kauft!")
	got := b.Has(said.URI)
	author := b.Knows(a, "author")
	for _, forward := range []bool{false, true} {
		_, err := b.Moderation.Submit(ctx, b.Author, moderation.Draft{TargetID: author.ID, PostIDs: []int64{got.ID}, Comment: "Werbung <i>pur</i>", Forward: forward})
		must(t, err)
	}
	ft.Settle(a, b)
	var r moderation.Report
	must(t, a.DB.Get(&r, `SELECT id, account_id, target_id, post_ids, rule_ids, category, comment, forward, created_at, host, uri, resolution FROM reports`))
	if r.AccountID != nil || r.Host != b.Config.Domain() || r.TargetID != a.Author.ID || len(r.PostIDs) != 1 || r.PostIDs[0] != said.ID || r.Comment != "Werbung pur" {
		t.Errorf("arrived as %+v", r)
	}
	if n := a.Count(`SELECT count(*) FROM inbox_activities WHERE type = 'Flag' AND (actor_uri <> $1 OR position($2 IN convert_from(body, 'UTF8')) > 0)`, b.Config.BaseURL+"/actor", b.Author.URI); n != 0 {
		t.Error("who reported was told")
	}
	if n := b.Count(`SELECT count(*) FROM deliveries d JOIN activities a ON a.id = d.activity_id WHERE a.type = 'Flag'`); n != 1 {
		t.Errorf("the report went to %d inboxes", n)
	}
}

// TestFlagsOfOthers: what reaches the moderators, and what does not.
func TestFlagsOfOthers(t *testing.T) {
	t.Parallel()
	c := talk(t)
	ctx := t.Context()
	here, there := c.victim, c.honest
	public := here.Say(nil, "Werbung", "Kauft!")
	secret, err := here.Posts.Create(ctx, here.Author, post.Draft{Title: "Geheim", Source: "@editor unter uns", Visibility: post.Direct, Language: "de"})
	must(t, err)
	foreign := there.Say(nil, "Eigenes", "x")
	instance := account.Account{}
	instance, err = there.Accounts.Instance(ctx)
	must(t, err)
	flag := func(objects any) m {
		a := c.activity("Flag", c.id(there), instance.URI, objects)
		a["content"] = "<p>Das ist <b>Werbung</b></p>"
		return a
	}
	rows := func() int { return here.Count(`SELECT count(*) FROM reports`) }
	for name, test := range map[string]struct {
		objects any
		posts   int // of the report that comes of it; -1: none does
	}{
		"an account":                   {here.Author.URI, 0},
		"an account and a post":        {[]string{here.Author.URI, public.URI}, 1},
		"a post alone":                 {public.URI, 1},
		"a post that they cannot know": {[]string{here.Author.URI, secret.URI}, 0},
		"only such a post":             {secret.URI, -1},
		"an account of theirs":         {there.Author.URI, -1},
		"a post of theirs":             {foreign.URI, -1},
		"our instance":                 {here.Config.BaseURL + "/actor", -1},
		"nothing":                      {[]string{}, -1},
		"nonsense":                     {[]any{7, "x", m{}}, -1},
	} {
		before := rows()
		c.send(there, instance, flag(test.objects))
		want := before
		if test.posts >= 0 {
			want++
		}
		if n := rows(); n != want {
			t.Errorf("%s: %d reports, want %d\n%s", name, n, want, here.Diary())
			continue
		}
		if test.posts >= 0 {
			if n := here.Count(`SELECT cardinality(post_ids) FROM reports ORDER BY id DESC LIMIT 1`); n != test.posts {
				t.Errorf("%s: %d posts, want %d", name, n, test.posts)
			}
		}
	}
	if n := here.Count(`SELECT count(*) FROM reports WHERE comment <> 'Das ist Werbung' OR account_id IS NOT NULL`); n != 0 {
		t.Errorf("%d reports with markup or a name", n)
	}

	// Twice the same is once; a host whose reports nobody wants is not heard; and nobody can bury the moderators.
	again := flag(here.Author.URI)
	c.send(there, instance, again)
	before := rows()
	again["id"] = again["id"].(string) // the same letter
	if status := there.Send(instance, ft.Letter{To: here.Author.InboxURI, Body: c.encode(again)}); status != 202 {
		t.Fatal(status)
	}
	ft.Settle(here)
	if n := rows(); n != before {
		t.Errorf("a repeat makes %d reports of %d", n, before)
	}
	must(t, here.Peers.Save(ctx, peer.Rule{Domain: strings.Split(there.Config.Domain(), ":")[0], RejectReports: true}))
	c.send(there, instance, flag(here.Author.URI))
	if n := rows(); n != before {
		t.Errorf("a refused host makes %d reports of %d", n, before)
	}
	must(t, here.Peers.Save(ctx, peer.Rule{Domain: strings.Split(there.Config.Domain(), ":")[0]}))
	for range 60 {
		if status := there.Send(instance, ft.Letter{To: c.inbox, Body: c.encode(flag(here.Author.URI))}); status != 202 {
			t.Fatal(status)
		}
	}
	ft.Settle(here)
	if n := rows(); n != 50 {
		t.Errorf("one host makes %d reports in a day", n)
	}
}

// TestUndo: each thing that can be undone is, by its embedded self or its mere id; and what is undone before it arrives never is.
func TestUndo(t *testing.T) {
	t.Parallel()
	c := talk(t)
	here, who := c.victim, c.honest.Author
	p := here.Say(nil, "Wer misst was?", "Und wie?")
	stands := map[string]string{
		"Follow":     `SELECT count(*) FROM follows WHERE undone_at IS NULL AND state = 'accepted'`,
		"Like":       `SELECT count(*) FROM favourites WHERE undone_at IS NULL`,
		"EmojiReact": `SELECT count(*) FROM favourites WHERE undone_at IS NULL`,
		"Announce":   `SELECT count(*) FROM boosts WHERE undone_at IS NULL`,
		"Block":      `SELECT count(*) FROM blocks`,
	}
	for _, typ := range []string{"Follow", "Like", "EmojiReact", "Announce", "Block"} {
		object := p.URI
		if typ == "Follow" || typ == "Block" {
			object = here.Author.URI
		}
		for _, how := range []string{"embedded", "id", "embedded first", "id first"} {
			do := c.activity(typ, c.id(c.honest), who.URI, object)
			do["content"] = "👍"
			var undone any = do
			if strings.HasPrefix(how, "id") {
				undone = do["id"]
			}
			undo := c.activity("Undo", c.id(c.honest), who.URI, undone)
			if strings.HasSuffix(how, "first") {
				c.send(c.honest, who, undo)
				c.send(c.honest, who, do)
			} else {
				c.send(c.honest, who, do)
				if n := here.Count(stands[typ]); n != 1 {
					t.Errorf("%s: %d stand\n%s", typ, n, here.Diary())
				}
				other := c.activity("Undo", c.id(c.honest), c.honest.Editor.URI, undone)
				c.send(c.honest, c.honest.Editor, other)
				if n := here.Count(stands[typ]); n != 1 {
					t.Errorf("%s, %s: somebody else undid it", typ, how)
				}
				c.send(c.honest, who, undo)
			}
			if n := here.Count(stands[typ]); n != 0 {
				t.Errorf("%s, %s: %d stand after the Undo\n%s", typ, how, n, here.Diary())
			}
		}
	}
}

// TestAnswered: what we do not know how to apply is kept and answered 202 all the same.
func TestAnswered(t *testing.T) {
	t.Parallel()
	c := talk(t)
	p := c.victim.Say(nil, "Wer misst was?", "Und wie?")
	c.send(c.honest, c.honest.Author, c.activity("View", c.id(c.honest), c.honest.Author.URI, p.URI)) // so that the actor is known
	before := c.victim.State(c.honest)
	for _, typ := range []string{"Dislike", "Join", "Leave", "Invite", "Offer", "Listen", "Read", "View", "Arrive", "Travel", "Ignore", "TentativeAccept", "Unheard", "FeatureRequest"} {
		c.send(c.honest, c.honest.Author, c.activity(typ, c.id(c.honest), c.honest.Author.URI, p.URI))
	}
	ban := c.activity("Block", c.id(c.honest), c.honest.Author.URI, c.victim.Author.URI)
	ban["target"] = c.honest.Forum().URI
	c.send(c.honest, c.honest.Author, ban)
	if n := c.victim.Count(`SELECT count(*) FROM inbox_activities WHERE outcome = 'ignored'`); n != 16 {
		t.Errorf("%d are kept and ignored\n%s", n, c.victim.Diary())
	}
	if c.victim.State(c.honest) != before {
		t.Error("something changed")
	}
	// Misskey's reaction is a favourite, whatever picture it carries.
	like := c.activity("Like", c.id(c.honest), c.honest.Author.URI, p.URI)
	like["content"], like["_misskey_reaction"] = ":kühl:", ":kühl:"
	c.send(c.honest, c.honest.Author, like)
	if n := c.victim.Count(`SELECT count(*) FROM favourites`); n != 1 {
		t.Errorf("%d favourites", n)
	}
}

// TestRejectedLater: who was accepted and is sent away follows no more, by the embedded Follow or its mere id; a stranger sends
// nobody away.
func TestRejectedLater(t *testing.T) {
	t.Parallel()
	c := talk(t)
	here, there := c.victim, c.honest
	for _, embedded := range []bool{true, false} {
		target := here.Follow(here.Author, there, "author")
		ft.Settle(here, there)
		var uri string
		must(t, here.DB.Get(&uri, `SELECT uri FROM follows WHERE account_id = $1 AND undone_at IS NULL`, here.Author.ID))
		var object any = uri
		if embedded {
			object = m{"id": uri, "type": "Follow", "actor": here.Author.URI, "object": there.Author.URI}
		}
		c.send(there, there.Editor, c.activity("Reject", c.id(there), there.Editor.URI, object))
		if s := follows(here, here.Author, target); s != string(follow.Accepted) {
			t.Errorf("a stranger sent us away: %q", s)
		}
		c.send(there, there.Author, c.activity("Reject", c.id(there), there.Author.URI, object))
		if s := follows(here, here.Author, target); s != string(follow.Rejected) {
			t.Errorf("embedded %v: after the Reject: %q\n%s", embedded, s, here.Diary())
		}
		if yes, err := here.Follows.FollowedByUs(t.Context(), target.ID); err != nil || yes {
			t.Errorf("still followed: %v, %v", yes, err)
		}
		must(t, here.Follows.Unfollow(t.Context(), here.Author, here.Author.ID, target.ID))
		ft.Settle(here, there)
	}
	// An Accept by the mere id.
	target := here.Knows(there, "editor")
	there.DB.MustExec(`UPDATE accounts SET approves_followers = true WHERE id = $1`, there.Editor.ID)
	f, err := here.Follows.Follow(t.Context(), here.Author, here.Author.ID, target.ID)
	must(t, err)
	ft.Settle(here, there)
	c.send(there, there.Editor, c.activity("Accept", c.id(there), there.Editor.URI, f.URI))
	if s := follows(here, here.Author, target); s != string(follow.Accepted) {
		t.Errorf("after the Accept: %q\n%s", s, here.Diary())
	}
}

// TestAccountCloses: who is deleted here is deleted on every instance that knows us; the address says so for ever.
func TestAccountCloses(t *testing.T) {
	t.Parallel()
	a, b, c := ft.Start(t, "a"), ft.Start(t, "b"), ft.Start(t, "c")
	ctx := t.Context()
	b.FollowInstance(a)
	who := b.Follow(b.Author, a, "author")
	said := a.Say(nil, "Wer misst was?", "Und wie?")
	b.Has(said.URI)
	c.Knows(a, "author")
	a.Knows(c, "author") // c is known, and nobody there follows anybody here
	admin, err := a.Accounts.CreateLocal(ctx, "verwaltung", "Verwaltung", account.RoleAdmin)
	must(t, err)
	ft.Settle(a, b, c)
	must(t, a.Accounts.Close(ctx, admin, a.Author.ID))
	ft.Settle(a, b, c)
	for _, i := range []*ft.Instance{b, c} {
		if got, err := i.Accounts.ByURI(ctx, a.Author.URI); err != nil || got.State != account.Gone {
			t.Errorf("%s: %s, %v\n%s", i.Name, got.State, err, i.Diary())
		}
	}
	if p := b.Has(said.URI); p.State != post.StateWithdrawn {
		t.Errorf("the post is %s", p.State)
	}
	if s := follows(b, b.Author, who); s != "" {
		t.Errorf("still followed: %s", s)
	}
	for path, typ := range map[string]any{"/u/author": "Tombstone", "/notes/" + fmt.Sprint(said.ID): "Tombstone", "/u/author/outbox": nil} {
		status, _, doc := a.Get(path, "application/activity+json")
		if status != http.StatusGone || doc["type"] != typ {
			t.Errorf("%s answers %d %v", path, status, doc["type"])
		}
	}
	if status, _, _ := a.Get("/.well-known/webfinger?resource=acct:author@"+a.Config.Domain(), "application/jrd+json"); status != http.StatusGone {
		t.Errorf("webfinger answers %d", status)
	}
	if _, err := a.Accounts.CreateLocal(ctx, "author", "Neu", account.RoleMember); !fault.Is(err, fault.Conflict) {
		t.Errorf("the name is free again: %v", err)
	}
}

// TestUnheardActorDeleted: the deletion of somebody nobody here knows is answered at once, and asks nobody for a key.
func TestUnheardActorDeleted(t *testing.T) {
	t.Parallel()
	c := talk(t)
	gone := c.honest.Author
	gone.URI = c.honest.Config.BaseURL + "/u/niemand"
	gone.PublicKeyID = gone.URI + "#main-key"
	c.honest.Extra.Store("/u/niemand", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	c.send(c.honest, gone, c.activity("Delete", c.id(c.honest), gone.URI, gone.URI))
	if _, asked := c.honest.Asked.Load("/u/niemand"); asked {
		t.Error("its key was asked for")
	}
	if n := c.victim.Count(`SELECT count(*) FROM inbox_activities`); n != 0 {
		t.Errorf("%d kept", n)
	}
	// Anything else of somebody unknown is checked as ever.
	if status := c.honest.Send(gone, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Delete", c.id(c.honest), gone.URI, c.honest.Editor.URI))}); status == http.StatusAccepted {
		t.Error("the deletion of another is taken unchecked")
	}
}
