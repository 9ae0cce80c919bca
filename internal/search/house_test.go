package search_test

import (
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/search"
)

// house is an instance whose index is written when a test says so.
type house struct {
	*posttest.House
	practices *practice.Service
	searches  *search.Service
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{House: posttest.New(t)}
	h.practices = practice.New(h.DB, h.Organizations, h.Accounts, h.Posts, h.Queue, h.Markup, posttest.Base)
	h.searches = search.New(h.DB, h.Accounts, h.Posts, h.practices, h.Queue)
	return h
}

// catchUp indexes all that waits.
func (h *house) catchUp() {
	h.Helper()
	for {
		n, err := h.searches.CatchUp(h.Ctx)
		h.Must(err)
		if n == 0 {
			return
		}
	}
}

// arrive stores a practice of another instance.
func (h *house) arrive(title, field string, change func(*post.Received)) post.Post {
	h.Helper()
	r := post.Received{
		URI: "https://vitako.example/articles/" + title, URL: "https://vitako.example/@klima/" + title, AuthorID: h.Remote.ID,
		Kind: post.Article, Visibility: post.Public, Title: title, Summary: "Kurz gesagt.", HTML: "<p>Text.</p>", PublishedAt: time.Now().Add(-time.Hour),
	}
	if change != nil {
		change(&r)
	}
	p, _, err := h.Posts.Receive(h.Ctx, r, nil)
	h.Must(err)
	tx, err := h.DB.BeginTxx(h.Ctx, nil)
	h.Must(err)
	defer tx.Rollback() //nolint:errcheck // after Commit it is a no-op
	h.Must(h.practices.Receive(h.Ctx, tx, p, practice.Practice{Revision: 1, Level: "kommune", Fields: []practice.Term{{Name: field}}}))
	h.Must(tx.Commit())
	return p
}

// texts are the words of what a search finds, and how many there are.
func (h *house) texts(viewer account.Account, text string) ([]string, int) {
	h.Helper()
	notes, total, err := h.searches.Notes(h.Ctx, post.Viewer{AccountID: viewer.ID}, text, 0, 20)
	h.Must(err)
	list := []string{}
	for _, n := range notes {
		list = append(list, n.Post.Source)
	}
	return list, total
}
