package federation_test

import (
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/post"
)

// TestLostParent: an answer whose parent was withdrawn before we could read it stays in the thread it belongs to, whether
// it comes before or after we learn of that.
func TestLostParent(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	root := a.Say(nil, "Wer misst?", "Und wie?")
	lost := a.Say(&root, "", "Ein Versehen")
	first := a.Say(&lost, "", "Und eine Antwort darauf")
	second := a.Say(&lost, "", "Und noch eine")
	below := a.Say(&second, "", "Und darunter")
	if err := a.Posts.Delete(t.Context(), a.Author, lost.ID); err != nil {
		t.Fatal(err)
	}
	b.Follow(b.Editor, a, "author")
	ft.Settle(a, b)
	there := b.Has(root.URI)
	for _, p := range []post.Post{first, second, below} {
		if _, err := b.Federation.FetchPost(t.Context(), p.URI); err != nil {
			t.Fatal(err)
		}
		b.Eventually("stands in its thread", func() string {
			if got := b.Has(p.URI); got.ThreadID != there.ID || got.InReplyToID == nil || got.InReplyToURI != p.InReplyToURI {
				return p.URI + " hangs elsewhere"
			}
			return ""
		})
	}
	b.HasNot(lost.URI)
	if n := b.Count(`SELECT replies_count FROM posts WHERE id = $1`, there.ID); n != 2 {
		t.Errorf("the thread says it has %d answers, want 2", n)
	}

	// Nobody gets into a thread that not everyone may see by naming its context.
	hidden, err := b.Posts.Create(t.Context(), b.Author, post.Draft{Title: "Intern", Source: "Unter uns", Visibility: post.Followers, Language: "de"})
	if err != nil {
		t.Fatal(err)
	}
	author, err := b.Accounts.ByURI(t.Context(), a.Author.URI)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := b.Posts.Receive(t.Context(), post.Received{
		URI: a.Config.BaseURL + "/notes/1", AuthorID: author.ID, Kind: post.Note, Visibility: post.Public,
		InReplyToURI: lost.URI, ContextURI: hidden.ContextURI, HTML: "<p>Ich auch</p>",
	}, nil)
	if err != nil || got.ThreadID == hidden.ID {
		t.Errorf("a stranger stands in thread %d (%v)", got.ThreadID, err)
	}
}
