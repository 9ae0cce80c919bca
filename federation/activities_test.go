package federation_test

import (
	"fmt"
	"slices"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/post"
)

// follows says how one account follows another, "" when it does not.
func follows(i *ft.Instance, reader, target account.Account) string {
	i.T.Helper()
	list, err := i.Follows.Sent(i.T.Context(), reader.ID)
	if err != nil {
		i.T.Fatal(err)
	}
	for _, r := range list {
		if r.Account.ID == target.ID {
			return string(r.Follow.State)
		}
	}
	return ""
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Helper()
		t.Fatal(err)
	}
}

// fresh reads an account's row.
func fresh(i *ft.Instance, a account.Account) account.Account {
	i.T.Helper()
	a, err := i.Accounts.ByID(i.T.Context(), a.ID)
	if err != nil {
		i.T.Fatal(err)
	}
	return a
}

// TestMove: someone moves from a to c; who read them on b, and at home, reads them at c, as they did before; who shut them out has
// shut them out there; others are led on by nobody.
func TestMove(t *testing.T) {
	t.Parallel()
	a, b, c := ft.Start(t, "a"), ft.Start(t, "b"), ft.Start(t, "c")
	ctx := t.Context()
	old := b.Follow(b.Author, a, "author")
	_, err := b.Follows.FollowWith(ctx, b.Author, b.Author.ID, old.ID, follow.Options{Notify: new(true)})
	must(t, err)
	b.Follow(b.Catalog(), a, "author")
	_, err = a.Follows.Follow(ctx, a.Editor, a.Editor.ID, a.Author.ID)
	must(t, err)
	must(t, b.Relationships.Block(ctx, b.Editor, old.ID))
	ft.Settle(a, b, c)

	// RULE: nothing moves without the word of the new account.
	target := a.Knows(c, "author")
	if err := a.Accounts.MoveTo(ctx, a.Author, target); !fault.Is(err, fault.Invalid) {
		t.Fatalf("moved to an account that knows nothing of it: %v", err)
	}
	must(t, c.Accounts.AddAlias(ctx, c.Author, c.Knows(a, "author")))
	ft.Settle(a, b, c)
	if target, err = a.Transport.RefreshActor(ctx, target.URI); err != nil || !target.Is(a.Author.URI) {
		t.Fatalf("alias did not travel: %v, %v", target.AlsoKnownAs, err)
	}
	must(t, a.Accounts.MoveTo(ctx, a.Author, target))
	ft.Settle(a, b, c)

	there := b.Knows(c, "author")
	b.Eventually("followers are led on", func() string {
		if s := follows(b, b.Author, there); s != string(follow.Accepted) {
			return "follow of the new account is " + s + "\n" + a.Diary()
		}
		if s := follows(b, b.Author, old); s != "" {
			return "follow of the old account is " + s
		}
		return ""
	})
	if s := follows(b, b.Catalog(), there); s != string(follow.Accepted) {
		t.Errorf("the catalogue was left behind: %q", s)
	}
	if n := b.Count(`SELECT count(*) FROM follows WHERE account_id = $1 AND target_id = $2 AND notify AND undone_at IS NULL`, b.Author.ID, there.ID); n != 1 {
		t.Error("how the follower wants to hear of them was lost")
	}
	if s := follows(a, a.Editor, a.Knows(c, "author")); s != string(follow.Accepted) {
		t.Errorf("the follower at home was left behind: %q", s)
	}
	if n := b.Count(`SELECT count(*) FROM blocks WHERE account_id = $1 AND target_id = $2`, b.Editor.ID, there.ID); n != 1 {
		t.Error("who was blocked comes back under the new address")
	}
	if n := b.Count(`SELECT count(*) FROM notifications WHERE kind = 'moved' AND account_id = $1 AND from_account_id = $2`, b.Author.ID, old.ID); n != 1 {
		t.Errorf("%d notices of the move", n)
	}
	seen := fresh(b, old)
	if moved, err := b.Accounts.MovedTo(ctx, []account.Account{seen}); err != nil || moved[old.ID].ID != there.ID {
		t.Errorf("the old account leads to %v, %v (%q)", moved[old.ID], err, seen.MovedToURI)
	}
	if _, _, doc := a.Get("/u/author", "application/activity+json"); doc["movedTo"] != target.URI {
		t.Errorf("movedTo is %v", doc["movedTo"])
	}
	if n := c.Count(`SELECT count(*) FROM follows WHERE target_id = $1 AND state = 'accepted' AND undone_at IS NULL`, c.Author.ID); n != 3 {
		t.Errorf("%d followers at the new place, want 3\n%s", n, c.Diary())
	}

	// It can be taken back, but not repeated at will.
	must(t, a.Accounts.Stay(ctx, a.Author))
	ft.Settle(a, b, c)
	if _, _, doc := a.Get("/u/author", "application/activity+json"); doc["movedTo"] != nil {
		t.Errorf("still movedTo %v", doc["movedTo"])
	}
	if s := follows(b, b.Author, there); s != string(follow.Accepted) {
		t.Errorf("who went has come back: %q", s)
	}
	if err := a.Accounts.MoveTo(ctx, a.Author, target); !fault.Is(err, fault.Invalid) {
		t.Errorf("moves to and fro: %v", err)
	}
}

// TestMoveForged: none of these moves anybody.
func TestMoveForged(t *testing.T) {
	t.Parallel()
	victim, honest, liar := ft.Start(t, "victim"), ft.Start(t, "honest"), ft.Start(t, "liar")
	ctx := t.Context()
	victim.Follow(victim.Author, honest, "author")
	victim.Follow(victim.Author, liar, "author")
	victim.Follow(victim.Author, liar, "editor")
	ft.Settle(victim, honest, liar)
	c := &crime{t: t, victim: victim, honest: honest, liar: liar, inbox: victim.Config.BaseURL + "/inbox"}
	move := func(actor, object, target string) m {
		a := c.activity("Move", c.id(liar), actor, object)
		a["target"] = target
		return a
	}
	// One of the liar's accounts claims the honest one as its own: that alone moves nobody.
	must(t, liar.Accounts.AddAlias(ctx, liar.Author, liar.Knows(honest, "author")))
	ft.Settle(victim, honest, liar)
	before := victim.Count(`SELECT count(*) FROM follows`)
	forwarded := move(honest.Author.URI, honest.Author.URI, liar.Author.URI)
	forwarded["id"] = c.id(honest)
	for name, body := range map[string]m{
		"another's account":       move(liar.Author.URI, honest.Author.URI, liar.Author.URI),
		"in another's name":       forwarded,
		"a neighbor's account":    move(liar.Author.URI, liar.Editor.URI, liar.Author.URI),
		"to who does not know it": move(liar.Author.URI, liar.Author.URI, honest.Author.URI),
		"to the reader":           move(liar.Author.URI, liar.Author.URI, victim.Author.URI),
		"to nowhere":              move(liar.Author.URI, liar.Author.URI, liar.Config.BaseURL+"/u/niemand"),
		"to itself":               move(liar.Author.URI, liar.Author.URI, liar.Author.URI),
		"without a target":        move(liar.Author.URI, liar.Author.URI, ""),
		"with the target embedded": func() m {
			a := move(liar.Author.URI, liar.Author.URI, "")
			a["target"] = m{"id": honest.Author.URI, "type": "Person", "alsoKnownAs": []string{liar.Author.URI}}
			return a
		}(),
		"target's id at a liar's doc": move(liar.Author.URI, liar.Author.URI, liar.Config.BaseURL+"/falsch"),
	} {
		liar.Extra.Store("/falsch", c.encode(m{"@context": "https://www.w3.org/ns/activitystreams", "id": honest.Author.URI, "type": "Person", "preferredUsername": "author", "inbox": honest.Author.InboxURI, "alsoKnownAs": []string{liar.Author.URI}}))
		if status := liar.Send(liar.Author, ft.Letter{To: c.inbox, Body: c.encode(body)}); status != 202 && status != 403 {
			t.Errorf("%s: %d", name, status)
		}
		ft.Settle(victim)
		if n := victim.Count(`SELECT count(*) FROM follows`); n != before {
			t.Errorf("%s: %d follows, before %d\n%s", name, n, before, victim.Diary())
			before = n
		}
	}
	// movedTo in the document, without a Move: it is shown at most, and moves nobody.
	must(t, honest.Accounts.AddAlias(ctx, honest.Author, honest.Knows(liar, "editor")))
	ft.Settle(victim, honest, liar)
	liar.DB.MustExec(`UPDATE accounts SET moved_to_uri = $2, updated_at = now() WHERE id = $1`, liar.Editor.ID, honest.Author.URI)
	if status := liar.Send(liar.Editor, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Update", c.id(liar), liar.Editor.URI, liar.Editor.URI))}); status != 202 {
		t.Errorf("update: %d", status)
	}
	ft.Settle(victim, honest, liar)
	who := victim.Knows(liar, "editor")
	if who.MovedToURI != honest.Author.URI || follows(victim, victim.Author, who) == "" {
		t.Errorf("after an Update alone: shown as moved to %q, followed %q\n%s", who.MovedToURI, follows(victim, victim.Author, who), victim.Diary())
	}
	if n := victim.Count(`SELECT count(*) FROM notifications WHERE kind = 'moved'`); n != 0 {
		t.Errorf("%d notices of moves", n)
	}
}

// TestBlockTravels: a block ends follows both ways at the other server too, keeps it so, and is taken back.
func TestBlockTravels(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	ctx := t.Context()
	there := a.Follow(a.Author, b, "author")
	here := b.Follow(b.Author, a, "author")
	said := a.Say(nil, "Wer misst was?", "Und wie?")
	b.Has(said.URI)
	ft.Settle(a, b)

	must(t, a.Relationships.Block(ctx, a.Author, there.ID))
	ft.Settle(a, b)
	b.Eventually("the block arrives", func() string {
		if n := b.Count(`SELECT count(*) FROM blocks WHERE account_id = $1 AND target_id = $2 AND uri <> ''`, here.ID, b.Author.ID); n != 1 {
			return b.Diary()
		}
		return ""
	})
	for _, i := range []*ft.Instance{a, b} {
		if n := i.Count(`SELECT count(*) FROM follows WHERE undone_at IS NULL AND state = 'accepted'`); n != 0 {
			t.Errorf("%s: %d follows stand", i.Name, n)
		}
	}
	got := b.Has(said.URI)
	for what, err := range map[string]error{
		"favourite": b.Posts.Favourite(ctx, b.Author, got.ID),
		"boost":     b.Posts.Boost(ctx, b.Author, got.ID),
		"answer": func() error {
			_, err := b.Posts.Create(ctx, b.Author, post.Draft{InReplyToID: got.ID, Source: "Doch!", Visibility: post.Public, Language: "de"})
			return err
		}(),
		"follow": func() error { _, err := b.Follows.Follow(ctx, b.Author, b.Author.ID, here.ID); return err }(),
	} {
		if !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s in spite of the block: %v", what, err)
		}
	}
	if n := b.Count(`SELECT count(*) FROM notifications WHERE account_id = $1 AND from_account_id = $2`, b.Author.ID, here.ID); n != 0 {
		t.Errorf("the blocked one was told %d things", n)
	}

	must(t, a.Relationships.Unblock(ctx, a.Author, there.ID))
	ft.Settle(a, b)
	if n := b.Count(`SELECT count(*) FROM blocks`); n != 0 {
		t.Errorf("%d blocks stand\n%s", n, b.Diary())
	}
	if err := b.Posts.Favourite(ctx, b.Author, got.ID); err != nil {
		t.Errorf("after the block: %v", err)
	}
	// What comes and goes before anyone is told is told to nobody.
	a.StopWork()
	must(t, a.Relationships.Block(ctx, a.Author, there.ID))
	must(t, a.Relationships.Unblock(ctx, a.Author, there.ID))
	before := a.Count(`SELECT count(*) FROM activities WHERE type IN ('Block', 'Undo')`)
	a.Work()
	ft.Settle(a, b)
	if n := a.Count(`SELECT count(*) FROM activities WHERE type IN ('Block', 'Undo')`); n != before {
		t.Errorf("%d activities about a block that nobody saw", n-before)
	}
}

// TestPinsTravel: what someone puts on top of their profile stands there on other instances too.
func TestPinsTravel(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	ctx := t.Context()
	early := a.Say(nil, "Vor dem Folgen", "Angeheftet, ehe jemand las.")
	who := b.Follow(b.Author, a, "author")
	said := a.Say(nil, "Wer misst was?", "Und wie?")
	secret, err := a.Posts.Create(ctx, a.Author, post.Draft{Title: "Nur für Folgende", Source: "x", Visibility: post.Followers, Language: "de"})
	must(t, err)
	b.Has(said.URI)
	ft.Settle(a, b)
	pins := func() (uris []string) {
		views, err := b.Posts.Pinned(ctx, post.Viewer{}, who.ID)
		must(t, err)
		for _, v := range views {
			uris = append(uris, v.Post.URI)
		}
		return uris
	}
	for _, p := range []post.Post{early, said, secret} {
		must(t, a.Posts.Pin(ctx, a.Author, p.ID))
		ft.Settle(a, b)
	}
	b.Eventually("pins", func() string {
		if got := pins(); !slices.Equal(got, []string{said.URI, early.URI}) {
			return fmt.Sprint(got) + b.Diary()
		}
		return ""
	})
	_, _, doc := a.Get("/u/author/featured", "application/activity+json")
	if got := fmt.Sprint(doc["orderedItems"]); got != fmt.Sprint([]any{said.URI, early.URI}) {
		t.Errorf("featured holds %s", got)
	}
	must(t, a.Posts.Unpin(ctx, a.Author, early.ID))
	ft.Settle(a, b)
	if got := pins(); !slices.Equal(got, []string{said.URI}) {
		t.Errorf("after one was taken down: %v\n%s", got, b.Diary())
	}
	// Up, down and up again: each is told, under an id of its own.
	must(t, a.Posts.Pin(ctx, a.Author, early.ID))
	ft.Settle(a, b)
	if got := pins(); !slices.Equal(got, []string{early.URI, said.URI}) {
		t.Errorf("pinned again: %v\n%s", got, b.Diary())
	}
}
