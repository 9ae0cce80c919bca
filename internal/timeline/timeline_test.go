package timeline_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/timeline"
)

func titles(views []post.View) []string {
	list := []string{}
	for _, v := range views {
		name := v.Post.Title
		if name == "" {
			name = v.Post.Source
		}
		if v.BoostedBy != nil {
			name += " (" + v.BoostedBy.Username + ")"
		}
		list = append(list, name)
	}
	return list
}

// pages reads a timeline to its end, two at a time.
func pages(t *testing.T, read func(paging.Page) (timeline.Lines, error)) (list []string) {
	t.Helper()
	page := paging.Page{Limit: 2}
	for range 20 {
		lines, err := read(page)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, titles(lines.Items)...)
		if lines.Next() == 0 {
			return list
		}
		page.MaxID = lines.Next()
	}
	t.Fatal("the timeline does not end")
	return nil
}

func TestHome(t *testing.T) {
	h := posttest.New(t)
	lines := timeline.New(h.DB, h.Accounts, h.Posts)
	friend := h.Account("freund", "", account.Person, account.RoleMember)
	h.Follow(h.Member, friend)
	h.Follow(h.Member, h.Curators)
	home := func(page paging.Page) (timeline.Lines, error) { return lines.Home(h.Ctx, h.Member, page) }

	own := h.Thread(h.Member, "Eigenes")
	stranger := h.Thread(h.Other, "Fremdes")
	h.Thread(h.Other, "Unbeachtetes")
	liked := h.Thread(friend, "Vom Freund")
	h.Answer(friend, own, "Freund antwortet mir")
	h.Answer(friend, stranger, "Freund antwortet Fremden")
	h.Answer(h.Member, stranger, "Ich antworte Fremden")
	h.Write(friend, post.Draft{Title: "Nur für Folgende", Source: "x", Visibility: post.Followers})
	h.Write(friend, post.Draft{Title: "Nur für andere", Source: "x @einkauf", Visibility: post.Direct})
	deleted := h.Thread(friend, "Zurückgezogen")
	h.Must(h.Posts.Delete(h.Ctx, friend, deleted.ID))

	want := []string{"Nur für Folgende", "Ich antworte Fremden", "Freund antwortet mir", "Vom Freund", "Eigenes"}
	if diff := cmp.Diff(want, pages(t, home)); diff != "" {
		t.Error(diff)
	}

	// Each post once, at its newest reason.
	h.Must(h.Posts.Boost(h.Ctx, friend, stranger.ID))
	h.Must(h.Posts.ReceiveBoost(h.Ctx, h.Curators.ID, stranger.ID, "https://kg.example/boosts/1"))
	h.Must(h.Posts.ReceiveBoost(h.Ctx, h.Curators.ID, liked.ID, "https://kg.example/boosts/2"))
	want = []string{"Vom Freund (praxis)", "Fremdes (praxis)", "Nur für Folgende", "Ich antworte Fremden", "Freund antwortet mir", "Eigenes"}
	if diff := cmp.Diff(want, pages(t, home)); diff != "" {
		t.Error(diff)
	}
	h.Must(h.Posts.ReceiveUnboost(h.Ctx, h.Curators.ID, stranger.ID))
	h.Must(h.Posts.ReceiveUnboost(h.Ctx, h.Curators.ID, liked.ID))
	want = []string{"Fremdes (freund)", "Nur für Folgende", "Ich antworte Fremden", "Freund antwortet mir", "Vom Freund", "Eigenes"}
	if diff := cmp.Diff(want, pages(t, home)); diff != "" {
		t.Error(diff)
	}

	upwards, err := home(paging.Page{Limit: 2, MinID: own.ID})
	h.Must(err)
	if diff := cmp.Diff([]string{"Freund antwortet mir", "Vom Freund"}, titles(upwards.Items)); diff != "" || upwards.Next() != upwards.Items[1].Post.ID {
		t.Errorf("right above the oldest: %s, next %d", diff, upwards.Next())
	}
}

func TestHomeOfAnEmptyAccount(t *testing.T) {
	h := posttest.New(t)
	lines := timeline.New(h.DB, h.Accounts, h.Posts)
	h.Thread(h.Other, "Fremdes")
	page, err := lines.Home(h.Ctx, h.Guest, paging.Page{})
	if diff := cmp.Diff(timeline.Lines{}, page); diff != "" || err != nil {
		t.Errorf("%s, %v", diff, err)
	}
}

func TestHomeHasTheBoardsOfFollowedGroups(t *testing.T) {
	h := posttest.New(t)
	lines := timeline.New(h.DB, h.Accounts, h.Posts)
	h.Follow(h.Member, h.Forum)
	p := h.Thread(h.Other, "Im Forum")
	h.Answer(h.Guest, p, "Antwort")
	page, err := lines.Home(h.Ctx, h.Member, paging.Page{})
	h.Must(err)
	if diff := cmp.Diff([]string{"Im Forum"}, titles(page.Items)); diff != "" {
		t.Error(diff)
	}
}

func TestPublic(t *testing.T) {
	h := posttest.New(t)
	lines := timeline.New(h.DB, h.Accounts, h.Posts)
	h.Arrives(h.Remote, "fern", func(r *post.Received) { r.Title = "Von fern" })
	h.Arrives(h.Remote, "verwaist", func(r *post.Received) { r.InReplyToURI = "https://m.example/1" })
	a := h.Thread(h.Member, "Eins")
	h.Thread(h.Member, "Zwei")
	h.Thread(h.Member, "Drei")
	h.Answer(h.Other, a, "Antwort")
	for _, v := range []post.Visibility{post.Unlisted, post.Followers, post.Direct} {
		h.Write(h.Member, post.Draft{Title: "Nicht öffentlich", Source: "x", Visibility: v})
	}
	for localOnly, want := range map[bool][]string{true: {"Drei", "Zwei", "Eins"}, false: {"Drei", "Zwei", "Eins", "Von fern"}} {
		got := pages(t, func(page paging.Page) (timeline.Lines, error) {
			return lines.Public(h.Ctx, post.Viewer{AccountID: h.Member.ID}, timeline.Options{Local: localOnly}, page)
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("local only %v: %s", localOnly, diff)
		}
	}
}
