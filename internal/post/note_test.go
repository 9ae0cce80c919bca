package post

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
)

func TestCreateThread(t *testing.T) {
	h := newHouse(t)
	p, err := h.posts.Create(h.ctx, h.member, Draft{Title: " Wer misst  die PUE? ", Source: "Hallo @klima@vitako.example und @redaktion, @niemand@x.example #PUE"})
	h.must(err)
	id := decimal(p.ID)
	if p.URI != base+"/notes/"+id || p.URL != base+"/diskussionen/"+id || p.ContextURI != base+"/threads/"+id || p.ThreadID != p.ID {
		t.Errorf("addresses: %+v", p)
	}
	if p.Title != "Wer misst die PUE?" || *p.BoardID != h.forum.ID || p.Visibility != Public || p.Language != "de" {
		t.Errorf("post: %+v", p)
	}
	if !strings.Contains(p.HTML, `href="https://vitako.example/@klima"`) || strings.Contains(p.HTML, "x.example/") {
		t.Errorf("html: %s", p.HTML)
	}
	mentioned, err := h.posts.MentionIDs(h.ctx, p.ID)
	h.must(err)
	if diff := cmp.Diff([]int64{h.editor.ID, h.remote.ID}, mentioned); diff != "" {
		t.Error("mentions", diff)
	}
	tags, err := h.posts.Tags(h.ctx, p.ID)
	h.must(err)
	if diff := cmp.Diff([]string{"PUE"}, tags); diff != "" {
		t.Error("tags", diff)
	}
	if diff := cmp.Diff([]string{fmt.Sprintf(`{"id": %s, "verb": "create_post"}`, id)}, h.jobs("activity.distribute")); diff != "" {
		t.Error(diff)
	}
	if got := h.jobs("notification.notify"); len(got) != 1 {
		t.Errorf("notify jobs: %v", got)
	}
}

func TestCreateAnswer(t *testing.T) {
	h := newHouse(t)
	root := h.thread(h.member, "Wer misst die PUE?")
	a := h.answer(h.guest, root, "Wir.")
	b := h.answer(h.member, a, "Danke.")
	if a.ThreadID != root.ID || b.ThreadID != root.ID || *b.InReplyToID != a.ID || b.InReplyToURI != a.URI ||
		b.ContextURI != root.ContextURI || *b.BoardID != h.forum.ID || b.Title != "" {
		t.Errorf("answer: %+v", b)
	}
	if want := base + "/diskussionen/" + decimal(root.ID) + "#beitrag-" + decimal(b.ID); b.URL != want {
		t.Errorf("page %s, want %s", b.URL, want)
	}
	if got := h.get(root.ID).RepliesCount; got != 1 {
		t.Errorf("%d direct answers, want 1", got)
	}
	mentioned, err := h.posts.MentionIDs(h.ctx, b.ID)
	h.must(err)
	if diff := cmp.Diff([]int64{h.guest.ID}, mentioned); diff != "" {
		t.Error("the answered author is mentioned", diff)
	}
}

func TestCreateRefuses(t *testing.T) {
	h := newHouse(t)
	root := h.thread(h.member, "Wer misst die PUE?")
	private, err := h.posts.Create(h.ctx, h.member, Draft{Title: "Nur für mich", Source: "x", Visibility: Direct})
	h.must(err)
	if private.BoardID != nil {
		t.Error("a direct post stands on a board")
	}
	suspended := h.other
	suspended.State = account.Suspended
	for _, test := range []struct {
		name  string
		by    account.Account
		draft Draft
		kind  fault.Kind
		field string
	}{
		{"guest begins a thread", h.guest, Draft{Title: "Frage", Source: "x"}, fault.Forbidden, ""},
		{"visitor", account.Account{}, Draft{InReplyToID: root.ID, Source: "x"}, fault.Forbidden, ""},
		{"suspended", suspended, Draft{InReplyToID: root.ID, Source: "x"}, fault.Forbidden, ""},
		{"remote", h.remote, Draft{InReplyToID: root.ID, Source: "x"}, fault.Forbidden, ""},
		{"member curates", h.member, Draft{InReplyToID: root.ID, Source: "x", Role: RoleCurationNote}, fault.Forbidden, ""},
		{"no title", h.member, Draft{Source: "x"}, fault.Invalid, "title"},
		{"short title", h.member, Draft{Title: "xy", Source: "x"}, fault.Invalid, "title"},
		{"long title", h.member, Draft{Title: strings.Repeat("ä", 201), Source: "x"}, fault.Invalid, "title"},
		{"no text", h.member, Draft{InReplyToID: root.ID, Source: " \n\x00"}, fault.Invalid, "source"},
		{"long text", h.member, Draft{InReplyToID: root.ID, Source: strings.Repeat("ä", 20_001)}, fault.Invalid, "source"},
		{"unknown visibility", h.member, Draft{InReplyToID: root.ID, Source: "x", Visibility: "all"}, fault.Invalid, "visibility"},
		{"unknown role", h.editor, Draft{InReplyToID: root.ID, Source: "x", Role: "Boss"}, fault.Invalid, "role"},
		{"unknown parent", h.member, Draft{InReplyToID: 1, Source: "x"}, fault.NotFound, ""},
		{"parent not for them", h.other, Draft{InReplyToID: private.ID, Source: "x"}, fault.NotFound, ""},
	} {
		_, err := h.posts.Create(h.ctx, test.by, test.draft)
		if !fault.Is(err, test.kind) {
			t.Errorf("%s: %v, want %s", test.name, err, test.kind)
		}
		var f *fault.Error
		if test.field != "" && (!errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Name != test.field) {
			t.Errorf("%s: %v, want field %s", test.name, err, test.field)
		}
	}
	answer, err := h.posts.Create(h.ctx, h.member, Draft{InReplyToID: private.ID, Source: "x"})
	h.must(err)
	if answer.Visibility != Direct {
		t.Errorf("an answer to something direct is %s", answer.Visibility)
	}
}

func TestEdit(t *testing.T) {
	h := newHouse(t)
	p := h.thread(h.member, "Wer misst die PUE?")
	h.jobs("activity.distribute")
	_, err := h.posts.Edit(h.ctx, h.other, p.ID, "Fremd", "x")
	h.want(err, fault.Forbidden)
	_, err = h.posts.Edit(h.ctx, h.member, p.ID, "", "")
	h.want(err, fault.Invalid)

	first, err := h.posts.Edit(h.ctx, h.member, p.ID, p.Title, "Neu #Messen")
	h.must(err)
	second, err := h.posts.Edit(h.ctx, h.member, p.ID, p.Title, "Noch neuer")
	h.must(err)
	same, err := h.posts.Edit(h.ctx, h.member, p.ID, p.Title, "Noch neuer")
	h.must(err)
	// Peers compare whole seconds: each edit must be later than the one before, however quick the author is.
	if p.PublishedAt.Truncate(time.Second).Equal(*first.EditedAt) || !second.EditedAt.After(*first.EditedAt) || second.EditedAt.Nanosecond() != 0 {
		t.Errorf("published %s, edited %s, %s", p.PublishedAt, first.EditedAt, second.EditedAt)
	}
	if !same.EditedAt.Equal(*second.EditedAt) {
		t.Error("the same words again count as an edit")
	}
	if got := h.jobs("activity.distribute"); len(got) != 2 {
		t.Errorf("%d updates sent, want 2: %v", len(got), got)
	}
	revisions, err := h.posts.Revisions(h.ctx, Viewer{}, p.ID)
	h.must(err)
	var sources []string
	for _, r := range revisions {
		sources = append(sources, fmt.Sprint(r.Revision, " ", r.Source))
	}
	if diff := cmp.Diff([]string{"3 Noch neuer", "2 Neu #Messen", "1 Text zu Wer misst die PUE?"}, sources); diff != "" {
		t.Error(diff)
	}
	if tags, _ := h.posts.Tags(h.ctx, p.ID); len(tags) != 0 {
		t.Errorf("tags left: %v", tags)
	}
}

func TestDelete(t *testing.T) {
	h := newHouse(t)
	root := h.thread(h.member, "Wer misst die PUE?")
	a := h.answer(h.other, root, "Wir.")
	h.answer(h.guest, a, "Wie?")
	h.jobs("activity.distribute")

	h.want(h.posts.Delete(h.ctx, h.editor, a.ID), fault.Forbidden)
	h.want(h.posts.Delete(h.ctx, h.member, 1), fault.NotFound)
	h.must(h.posts.Delete(h.ctx, h.moderator, a.ID))
	h.must(h.posts.Delete(h.ctx, h.moderator, a.ID))
	if got := h.jobs("activity.distribute"); len(got) != 1 {
		t.Errorf("%d deletions sent, want 1", len(got))
	}
	gone := h.get(a.ID)
	if gone.State != StateWithdrawn || gone.HTML != "" || gone.Source != "" || gone.WithdrawnAt == nil {
		t.Errorf("left: %+v", gone)
	}
	if n := h.count(`SELECT count(*) FROM revisions WHERE post_id = $1 AND source <> ''`, a.ID); n != 0 {
		t.Error("old versions keep the words")
	}
	if got := h.get(root.ID).RepliesCount; got != 0 {
		t.Errorf("%d answers counted, want 0", got)
	}
	_, err := h.posts.ByID(h.ctx, Viewer{}, a.ID)
	h.want(err, fault.Gone)
	_, err = h.posts.Create(h.ctx, h.member, Draft{InReplyToID: a.ID, Source: "x"})
	h.want(err, fault.Gone)
	_, err = h.posts.Edit(h.ctx, h.other, a.ID, "", "x")
	h.want(err, fault.Gone)
	if n := h.count(`SELECT count(*) FROM audit_log WHERE action = 'post.delete' AND account_id = $1`, h.moderator.ID); n != 1 {
		t.Errorf("%d audit entries, want 1", n)
	}
}

func TestAnswersAtOnceAreAllCounted(t *testing.T) {
	h := newHouse(t)
	root := h.thread(h.member, "Wer misst die PUE?")
	first := h.answer(h.other, root, "Wir.")
	var wait sync.WaitGroup
	for i := range 12 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			to := root
			if i%2 == 0 {
				to = first
			}
			if _, err := h.posts.Create(h.ctx, h.guest, Draft{InReplyToID: to.ID, Source: "auch"}); err != nil {
				t.Error(err)
			}
			if err := h.posts.Favourite(h.ctx, h.guest, root.ID); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	if r, f := h.get(root.ID), h.get(first.ID); r.RepliesCount != 7 || f.RepliesCount != 6 || r.FavouritesCount != 1 {
		t.Errorf("counts: root %d answers %d favourites, first %d answers", r.RepliesCount, r.FavouritesCount, f.RepliesCount)
	}
}
