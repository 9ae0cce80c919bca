package federation_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// board is an instance that follows a group of another, whose letters we write ourselves, and a third where a member lives.
type board struct {
	*crime
	here, there, third *ft.Instance
	group              account.Account
}

func setBoard(t *testing.T) *board {
	t.Helper()
	b := &board{here: ft.Start(t, "here"), there: ft.Start(t, "there"), third: ft.Start(t, "third")}
	b.crime = &crime{t: t, victim: b.here, honest: b.there, liar: b.third, inbox: b.here.Config.BaseURL + "/inbox"}
	b.here.Follow(b.here.Catalog(), b.there, account.ForumUsername)
	b.group = b.there.Forum()
	ft.Settle(b.here, b.there)
	return b
}

// page publishes a thread of an instance's author on the group's board, as a document only: nobody is told.
func (b *board) page(of *ft.Instance, text string) (id string, create m) {
	b.t.Helper()
	id = b.id(of)
	o := b.note(id, of.Author.URI, text)
	o["name"], o["audience"], o["to"], o["cc"], o["tag"] = text, b.group.URI, []string{"https://www.w3.org/ns/activitystreams#Public", b.group.URI}, []string{}, []m{}
	of.Extra.Store(strings.TrimPrefix(id, of.Config.BaseURL), b.encode(o))
	create = b.activity("Create", id+"/create", of.Author.URI, o)
	create["audience"] = b.group.URI
	return id, create
}

// announce sends the group's Announce of something.
func (b *board) announce(object any) {
	b.t.Helper()
	b.send(b.there, b.group, b.activity("Announce", b.id(b.there), b.group.URI, object))
}

// TestBothShapes: a group announces each thread twice, the activity and the object, in whichever order (Lemmy, NodeBB); it is one
// thread, on the group's board, boosted by nobody.
func TestBothShapes(t *testing.T) {
	t.Parallel()
	b := setBoard(t)
	for _, order := range []string{"activity, object", "object, activity", "activity, activity, object, object"} {
		for _, of := range []*ft.Instance{b.there, b.third} {
			id, create := b.page(of, order)
			for shape := range strings.SplitSeq(order, ", ") {
				if shape == "object" {
					b.announce(id)
				} else {
					b.announce(create)
				}
			}
			p := b.here.Has(id)
			if p.BoardID == nil || b.here.Count(`SELECT count(*) FROM accounts WHERE id = $1 AND uri = $2`, *p.BoardID, b.group.URI) != 1 {
				t.Errorf("%s: not on the board\n%s", order, b.here.Diary())
			}
			if n := b.here.Count(`SELECT count(*) FROM boosts WHERE post_id = $1`, p.ID); n != 0 {
				t.Errorf("%s: the group's own listing counts as %d boosts", order, n)
			}
			if n := b.here.Count(`SELECT count(*) FROM posts WHERE uri = $1`, id); n != 1 {
				t.Errorf("%s: %d posts", order, n)
			}
		}
	}
	id, create := b.page(b.third, "doppelt verpackt")
	b.announce(b.activity("Announce", b.id(b.there), b.group.URI, create))
	b.here.HasNot(id)
}

// TestPassedReactions: a group tells how its posts are liked elsewhere; it is believed about its own people, of others their own
// server is asked.
func TestPassedReactions(t *testing.T) {
	t.Parallel()
	b := setBoard(t)
	id, create := b.page(b.there, "Wer misst was?")
	b.announce(create)
	p := b.here.Has(id)
	favourites := func() int { return b.here.Count(`SELECT count(*) FROM favourites WHERE undone_at IS NULL`) }
	like := func(of *ft.Instance, by account.Account, object string) m {
		return b.activity("Like", b.id(of), by.URI, object)
	}
	own := like(b.there, b.there.Author, id)
	b.announce(own)
	if n := favourites(); n != 1 {
		t.Fatalf("the group's own member: %d favourites\n%s", n, b.here.Diary())
	}
	b.announce(own)
	b.announce(like(b.there, b.there.Author, id))
	if n := favourites(); n != 1 {
		t.Errorf("said three times: %d favourites", n)
	}
	// Of a third server's people only what that server shows.
	far := like(b.third, b.third.Author, id)
	b.announce(far)
	if n := favourites(); n != 1 {
		t.Errorf("an invented favourite counts: %d", n)
	}
	path := strings.TrimPrefix(far["id"].(string), b.third.Config.BaseURL)
	wrong := m{}
	for k, v := range far {
		wrong[k] = v
	}
	wrong["actor"] = b.third.Editor.URI
	b.third.Extra.Store(path, b.encode(wrong))
	b.announce(far)
	if n := favourites(); n != 1 {
		t.Errorf("another's favourite counts: %d", n)
	}
	b.third.Extra.Store(path, b.encode(far))
	b.announce(far)
	if n := favourites(); n != 2 {
		t.Errorf("shown at its origin: %d favourites\n%s", n, b.here.Diary())
	}
	// Taken back: only when its origin says that it is gone.
	undo := b.activity("Undo", b.id(b.third), b.third.Author.URI, far)
	b.announce(undo)
	if n := favourites(); n != 2 {
		t.Errorf("an invented Undo counts: %d", n)
	}
	b.third.Extra.Store(path, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	b.announce(undo)
	if n := favourites(); n != 1 {
		t.Errorf("after the Undo: %d favourites\n%s", n, b.here.Diary())
	}
	b.announce(b.activity("Undo", b.id(b.there), b.there.Author.URI, own))
	if n := favourites(); n != 0 {
		t.Errorf("after the member's Undo: %d favourites\n%s", n, b.here.Diary())
	}
	// Not in our name, not of other boards, not for somebody else's Undo; downvotes are no favourites.
	elsewhere := b.here.Say(nil, "Nicht auf diesem Brett", "x")
	for name, inner := range map[string]m{
		"ours":               like(b.here, b.here.Author, id),
		"another board":      like(b.there, b.there.Author, elsewhere.URI),
		"id of another host": {"id": b.id(b.third), "type": "Like", "actor": b.there.Author.URI, "object": id},
		"downvote":           b.activity("Dislike", b.id(b.there), b.there.Author.URI, id),
		"nested":             b.activity("Undo", b.id(b.there), b.there.Author.URI, b.activity("Undo", b.id(b.there), b.there.Author.URI, own)),
	} {
		b.announce(inner)
		if n := favourites(); n != 0 {
			t.Errorf("%s: %d favourites", name, n)
		}
	}
	if p.State != post.StatePublished {
		t.Error(p.State)
	}
}

// TestModerated: a moderator of a group takes posts off its board, on whichever server they were written; nobody else does.
func TestModerated(t *testing.T) {
	t.Parallel()
	b := setBoard(t)
	ctx := t.Context()
	fourth := ft.Start(t, "fourth")
	moderators := b.group.URI + "/moderators"
	actor := func(of any) {
		_, _, doc := b.there.Get(strings.TrimPrefix(b.group.URI, b.there.Config.BaseURL), "application/activity+json")
		doc["attributedTo"] = of
		b.there.Extra.Store(strings.TrimPrefix(b.group.URI, b.there.Config.BaseURL), b.encode(doc))
	}
	list := func(uris ...string) {
		b.there.Extra.Store(strings.TrimPrefix(moderators, b.there.Config.BaseURL), b.encode(m{"id": moderators, "type": "OrderedCollection", "orderedItems": uris}))
	}
	actor(moderators)
	list(b.there.Editor.URI)
	id, create := b.page(b.third, "Werbung")
	b.announce(create)
	b.here.Has(id)
	remove := func(by account.Account, of *ft.Instance, object string) m {
		a := b.activity("Delete", b.id(of), by.URI, object)
		a["summary"] = "Werbung"
		return a
	}
	state := func(uri string) post.State {
		p, err := b.here.Posts.Find(ctx, uri)
		must(t, err)
		return p.State
	}
	b.announce(remove(fourth.Author, fourth, id))
	if s := state(id); s != post.StatePublished {
		t.Fatalf("a stranger has it taken down: %s", s)
	}
	list(b.there.Editor.URI, fourth.Author.URI)
	b.announce(remove(fourth.Author, fourth, id))
	if s := state(id); s != post.StateWithdrawn {
		t.Errorf("after a moderator took it down: %s\n%s", s, b.here.Diary())
	}
	b.announce(create)
	if s := state(id); s != post.StateWithdrawn {
		t.Errorf("it came back: %s", s)
	}
	// Someone of the group's house speaks for it; but what we wrote ourselves stays on our pages, and other boards are other boards'.
	second, create := b.page(b.third, "Noch mehr Werbung")
	b.announce(create)
	b.here.Has(second)
	b.announce(remove(b.there.Author, b.there, second))
	if s := state(second); s != post.StateWithdrawn {
		t.Errorf("after the group's house took it down: %s\n%s", s, b.here.Diary())
	}
	ours := b.here.Say(nil, "Unseres", "x")
	b.here.DB.MustExec(`UPDATE posts SET board_id = (SELECT id FROM accounts WHERE uri = $2) WHERE id = $1`, ours.ID, b.group.URI)
	b.announce(remove(b.there.Author, b.there, ours.URI))
	if s := state(ours.URI); s != post.StatePublished {
		t.Errorf("our own post is %s", s)
	}
	b.here.Follow(b.here.Author, b.third, "author")
	other := b.third.Say(nil, "Auf einem anderen Brett", "x")
	b.here.Has(other.URI)
	b.announce(remove(b.there.Author, b.there, other.URI))
	if s := state(other.URI); s != post.StatePublished {
		t.Errorf("a post of another board is %s", s)
	}
}

// TestLikesArePassedOn: all who follow a group count the same favourites of what stands on its board, whoever gives them.
func TestLikesArePassedOn(t *testing.T) {
	t.Parallel()
	a, b, c := ft.Start(t, "a"), ft.Start(t, "b"), ft.Start(t, "c")
	ctx := t.Context()
	b.FollowInstance(a)
	c.FollowInstance(a)
	said := a.Say(nil, "Wer misst was?", "Und wie?")
	there, far := b.Has(said.URI), c.Has(said.URI)
	must(t, a.Posts.Favourite(ctx, a.Editor, said.ID))
	must(t, b.Posts.Favourite(ctx, b.Author, there.ID))
	counts := func(i *ft.Instance, id int64, want int) {
		t.Helper()
		i.Eventually(fmt.Sprint(want, " favourites"), func() string {
			if n := i.Count(`SELECT favourites_count FROM posts WHERE id = $1`, id); n != want {
				return fmt.Sprint(n, " favourites\n", i.Diary())
			}
			return ""
		})
	}
	for _, x := range []struct {
		i  *ft.Instance
		id int64
	}{{a, said.ID}, {b, there.ID}, {c, far.ID}} {
		counts(x.i, x.id, 2)
	}
	must(t, a.Posts.Unfavourite(ctx, a.Editor, said.ID))
	must(t, b.Posts.Unfavourite(ctx, b.Author, there.ID))
	for _, x := range []struct {
		i  *ft.Instance
		id int64
	}{{a, said.ID}, {b, there.ID}, {c, far.ID}} {
		counts(x.i, x.id, 0)
	}
	ft.Settle(a, b, c)
	// A favourite said again under another id is no news to anyone.
	before := a.Count(`SELECT count(*) FROM activities WHERE type = 'Announce'`)
	must(t, b.Posts.Favourite(ctx, b.Author, there.ID))
	ft.Settle(a, b, c)
	z := &crime{t: t, victim: a, honest: b, liar: b, inbox: a.Config.BaseURL + "/inbox"}
	for range 3 {
		z.send(b, b.Author, z.activity("Like", z.id(b), b.Author.URI, said.URI))
	}
	if n := a.Count(`SELECT count(*) FROM activities WHERE type = 'Announce'`); n != before+1 {
		t.Errorf("%d announces of one favourite", n-before)
	}
}

// TestCollectionsForged: nobody puts anything into another's collection.
func TestCollectionsForged(t *testing.T) {
	t.Parallel()
	b := setBoard(t)
	b.here.Follow(b.here.Author, b.there, "author")
	b.here.Follow(b.here.Author, b.third, "author")
	good := b.there.Say(nil, "Gutes", "x")
	b.here.Has(good.URI)
	bad := b.third.Say(nil, "Schlechtes", "x")
	b.here.Has(bad.URI)
	ft.Settle(b.here, b.there, b.third)
	pins := func() int { return b.here.Count(`SELECT count(*) FROM pins`) }
	add := func(typ string, by account.Account, of *ft.Instance, object, target string) m {
		a := b.activity(typ, b.id(of), by.URI, object)
		a["target"] = target
		return a
	}
	honest, liar := b.there.Author, b.third.Author
	b.send(b.there, honest, add("Add", honest, b.there, good.URI, honest.FeaturedURI))
	if n := pins(); n != 1 {
		t.Fatalf("%d pins\n%s", n, b.here.Diary())
	}
	for name, body := range map[string]m{
		"own post into another's":         add("Add", liar, b.third, bad.URI, honest.FeaturedURI),
		"another's post into own":         add("Add", liar, b.third, good.URI, liar.FeaturedURI),
		"out of another's":                add("Remove", liar, b.third, good.URI, honest.FeaturedURI),
		"another's post out of own":       add("Remove", liar, b.third, good.URI, liar.FeaturedURI),
		"without a target":                add("Add", liar, b.third, bad.URI, ""),
		"collection named like another's": add("Add", liar, b.third, bad.URI, honest.URI+"/featured/"+liar.FeaturedURI),
		"ours": func() m {
			p := b.here.Say(nil, "Unseres", "x")
			return add("Add", liar, b.third, p.URI, liar.FeaturedURI)
		}(),
	} {
		b.send(b.third, liar, body)
		if n := pins(); n != 1 {
			t.Errorf("%s: %d pins\n%s", name, n, b.here.Diary())
		}
	}
	// The group's board: what stands there, at the word of its moderators, also by Announce as Lemmy does.
	id, create := b.page(b.third, "Regeln: bitte lesen")
	b.announce(create)
	b.here.Has(id)
	b.announce(add("Add", b.third.Author, b.third, id, b.group.FeaturedURI))
	if n := pins(); n != 1 {
		t.Errorf("a stranger pins on the board: %d", n)
	}
	b.announce(add("Add", b.there.Editor, b.there, id, b.group.FeaturedURI))
	if n := pins(); n != 2 {
		t.Errorf("the moderator does not: %d\n%s", n, b.here.Diary())
	}
	b.announce(add("Remove", b.there.Editor, b.there, id, b.group.FeaturedURI))
	if n := pins(); n != 1 {
		t.Errorf("nor take it down: %d\n%s", n, b.here.Diary())
	}
}
