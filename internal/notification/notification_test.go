package notification_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/notification"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
)

type house struct {
	*posttest.House
	notifications *notification.Service
}

func newHouse(t *testing.T) *house {
	base := posttest.New(t)
	follows := follow.New(base.DB, base.Accounts, base.Queue, posttest.Base, nil)
	return &house{base, notification.New(base.DB, base.Accounts, follows, base.Posts)}
}

// work works the waiting jobs, each twice: a job may run again.
func (h *house) work() {
	h.Helper()
	for _, args := range h.Jobs("notification.notify") {
		var n job.Notify
		h.Must(json.Unmarshal([]byte(args), &n))
		for range 2 {
			h.Must(h.notifications.Notify(h.Ctx, n))
		}
	}
}

// told lists what an account was told, newest first, as "kind from".
func (h *house) told(a account.Account) []string {
	h.Helper()
	list, err := h.notifications.List(h.Ctx, a, paging.Page{})
	h.Must(err)
	lines := []string{}
	for _, v := range list {
		lines = append(lines, v.Kind+" "+v.From.Handle())
	}
	unread, err := h.notifications.Unread(h.Ctx, a.ID)
	h.Must(err)
	if unread != len(lines) {
		h.Errorf("%s: %d unread of %d", a, unread, len(lines))
	}
	return lines
}

func (h *house) expect(a account.Account, want ...string) {
	h.Helper()
	if diff := cmp.Diff(append([]string{}, want...), h.told(a)); diff != "" {
		h.Errorf("%s: %s", a, diff)
	}
}

func TestPosts(t *testing.T) {
	h := newHouse(t)
	root := h.Thread(h.Member, "Wurzel")
	h.work()
	h.expect(h.Member)

	// The answered author hears of an answer once, though answers mention them too.
	h.Write(h.Other, post.Draft{InReplyToID: root.ID, Source: "@rechenzentrum @gast @klima@vitako.example @einkauf"})
	h.work()
	h.expect(h.Member, "reply einkauf")
	h.expect(h.Guest, "mention einkauf")
	h.expect(h.Other)

	h.Arrives(h.Remote, "antwort", func(r *post.Received) { r.InReplyToURI, r.MentionIDs = root.URI, []int64{h.Member.ID} })
	h.work()
	h.expect(h.Member, "reply klima@vitako.example", "reply einkauf")

	h.Answer(h.Member, root, "Selbstgespräch")
	h.work()
	h.expect(h.Member, "reply klima@vitako.example", "reply einkauf")

	// What was withdrawn is gone from the list and from the count.
	withdrawn := h.Write(h.Other, post.Draft{Title: "Kurz da", Source: "@gast"})
	h.work()
	h.expect(h.Guest, "mention einkauf", "mention einkauf")
	h.Must(h.Posts.Delete(h.Ctx, h.Other, withdrawn.ID))
	h.expect(h.Guest, "mention einkauf")
}

func TestNothingAboutWhatOneMayNotSee(t *testing.T) {
	h := newHouse(t)
	root := h.Thread(h.Member, "Wurzel")
	// A remote answer for its followers only, which mentions nobody.
	h.Arrives(h.Remote, "geheim", func(r *post.Received) { r.InReplyToURI, r.Visibility = root.URI, post.Followers })
	h.work()
	h.expect(h.Member)
}

func TestGroupsMeanTheEditors(t *testing.T) {
	h := newHouse(t)
	h.Arrives(h.Remote, "anruf", func(r *post.Received) { r.MentionIDs = []int64{h.Forum.ID, h.Editor.ID} })
	h.work()
	id := h.Follow(h.Curators, h.Catalog)
	for range 2 {
		h.Must(h.notifications.Notify(h.Ctx, job.Notify{Event: job.NotifyFollow, ID: id}))
	}
	for _, a := range []account.Account{h.Editor, h.Admin} {
		h.expect(a, "follow praxis@kg.example", "mention klima@vitako.example")
	}
	h.expect(h.Member)
}

func TestFollows(t *testing.T) {
	h := newHouse(t)
	id := h.Follow(h.Remote, h.Member)
	tell := func() { h.Must(h.notifications.Notify(h.Ctx, job.Notify{Event: job.NotifyFollow, ID: id})) }
	_, err := h.DB.ExecContext(h.Ctx, `UPDATE follows SET state = 'pending' WHERE id = $1`, id)
	h.Must(err)
	tell()
	h.expect(h.Member, "follow_request klima@vitako.example")
	_, err = h.DB.ExecContext(h.Ctx, `UPDATE follows SET state = 'accepted' WHERE id = $1`, id)
	h.Must(err)
	tell()
	h.expect(h.Member, "follow klima@vitako.example")
	h.Must(h.notifications.Notify(h.Ctx, job.Notify{Event: job.NotifyFollow, ID: 1}))
	if err := h.notifications.Notify(h.Ctx, job.Notify{Event: "party", ID: 1}); err == nil {
		t.Error("an unknown event passes")
	}
}

func TestReactions(t *testing.T) {
	h := newHouse(t)
	p := h.Thread(h.Member, "Wurzel")
	h.work()
	h.Must(h.Posts.Favourite(h.Ctx, h.Other, p.ID))
	h.Must(h.Posts.Favourite(h.Ctx, h.Member, p.ID))
	h.Must(h.Posts.ReceiveBoost(h.Ctx, h.Remote.ID, p.ID, "https://vitako.example/boosts/1"))
	h.work()
	h.expect(h.Member, "boost klima@vitako.example", "favourite einkauf")

	// Undone before it was told: nothing to tell.
	h.Must(h.Posts.Favourite(h.Ctx, h.Guest, p.ID))
	h.Must(h.Posts.Unfavourite(h.Ctx, h.Guest, p.ID))
	h.work()
	h.expect(h.Member, "boost klima@vitako.example", "favourite einkauf")
}

// article stores one of ours on the catalogue's board, as a practice stands.
func (h *house) article(by account.Account) int64 {
	h.Helper()
	tx, err := h.DB.BeginTxx(h.Ctx, nil)
	h.Must(err)
	p, err := h.Posts.PublishArticle(h.Ctx, tx, by.ID, by.ID, post.Content{Title: "Praxisbeispiel", HTML: "<p>x</p>", BoardID: h.Catalog.ID})
	h.Must(err)
	h.Must(tx.Commit())
	return p.ID
}

func TestCurated(t *testing.T) {
	h := newHouse(t)
	id := h.article(h.Member)
	h.Must(h.Posts.ReceiveBoost(h.Ctx, h.Curators.ID, id, "https://kg.example/boosts/1"))
	tx, err := h.DB.BeginTxx(h.Ctx, nil)
	h.Must(err)
	h.Must(h.Posts.BoostAs(h.Ctx, tx, h.Catalog, id))
	h.Must(tx.Commit())
	h.work()
	h.expect(h.Member, "curated praxis", "curated praxis@kg.example")

	thread := h.Thread(h.Other, "Kein Praxisbeispiel")
	h.Must(h.Posts.ReceiveBoost(h.Ctx, h.Curators.ID, thread.ID, "https://kg.example/boosts/2"))
	h.work()
	h.expect(h.Other, "boost praxis@kg.example")
}

func TestPracticesAuthorHearsOfTheWholeDiscussion(t *testing.T) {
	h := newHouse(t)
	id := h.article(h.Member)
	first := h.Answer(h.Other, h.Get(id), "Wie viel?")
	h.Answer(h.Guest, first, "Das wüsste ich auch gern.")
	h.work()
	h.expect(h.Member, "reply gast", "reply einkauf")
	h.expect(h.Other, "reply gast")
}

func TestPagesAndRead(t *testing.T) {
	h := newHouse(t)
	for i := range 5 {
		h.Write(h.Other, post.Draft{Title: fmt.Sprint("Faden ", i), Source: "@gast"})
		h.work()
	}
	first, err := h.notifications.List(h.Ctx, h.Guest, paging.Page{Limit: 2})
	h.Must(err)
	second, err := h.notifications.List(h.Ctx, h.Guest, paging.Page{Limit: 2, MaxID: first[1].ID})
	h.Must(err)
	if first[0].Post.Post.Title != "Faden 4" || second[0].Post.Post.Title != "Faden 2" {
		t.Errorf("pages: %+v %+v", first, second)
	}
	above, err := h.notifications.List(h.Ctx, h.Guest, paging.Page{Limit: 1, MinID: second[0].ID})
	h.Must(err)
	if above[0].ID != first[1].ID {
		t.Error("not the one right above")
	}
	h.Must(h.notifications.MarkRead(h.Ctx, h.Guest, second[0].ID))
	h.Must(h.notifications.MarkRead(h.Ctx, h.Member, first[0].ID)) // not theirs
	if n, err := h.notifications.Unread(h.Ctx, h.Guest.ID); err != nil || n != 2 {
		t.Errorf("%d unread, %v", n, err)
	}
}
