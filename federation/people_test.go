package federation_test

import (
	"fmt"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/follow"
	"github.com/vorbild/vorbild/internal/post"
)

// TestPeople: who follows a person gets what is for followers and hears of changes; who is addressed gets what is for him;
// nobody else does.
func TestPeople(t *testing.T) {
	t.Parallel()
	a, b, c := ft.Start(t, "a"), ft.Start(t, "b"), ft.Start(t, "c")
	c.FollowInstance(a)
	author := b.Follow(b.Editor, a, "author")
	if err := a.Accounts.UpdateProfile(t.Context(), a.Author, a.Author.ID, "Neuer Name: Kiel", "Über *uns*", false, "de"); err != nil {
		t.Fatal(err)
	}
	b.Eventually("new name", func() string {
		if now, err := b.Accounts.ByID(t.Context(), author.ID); err != nil || now.DisplayName != "Neuer Name: Kiel" {
			return fmt.Sprint(now.DisplayName, err)
		}
		return ""
	})
	say := func(v post.Visibility, text string) post.Post {
		t.Helper()
		p, err := a.Posts.Create(t.Context(), a.Author, post.Draft{Title: "Betreff: " + string(v), Source: text, Visibility: v, Language: "de"})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	forFollowers := say(post.Followers, "Nur für Folgende.")
	a.Knows(c, "author")
	toC := say(post.Direct, "Nur für @author@"+c.Config.Domain())
	b.Has(forFollowers.URI)
	ft.Settle(a, b, c)
	if got := b.Has(forFollowers.URI); got.Visibility != post.Followers {
		t.Errorf("for followers arrived as %s", got.Visibility)
	}
	c.HasNot(forFollowers.URI)
	b.HasNot(toC.URI)
	if got := c.Has(toC.URI); got.Visibility != post.Direct {
		t.Errorf("direct arrived as %s", got.Visibility)
	}
	if n := c.Count(`SELECT count(*) FROM inbox_activities WHERE object_uri = $1`, forFollowers.URI); n != 0 {
		t.Error("a post for followers was sent to someone who is none")
	}
}

// TestApproval: a follow waits for its answer, is refused, asked again, accepted and ended.
func TestApproval(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	if err := a.Accounts.UpdateProfile(t.Context(), a.Author, a.Author.ID, "Green-IT", "", true, "de"); err != nil {
		t.Fatal(err)
	}
	target := b.Knows(a, "author")
	ask := func() follow.Follow {
		t.Helper()
		f, err := b.Follows.Follow(t.Context(), b.Author, b.Author.ID, target.ID)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	answer := func(accept bool) {
		t.Helper()
		a.Eventually("request", func() string {
			requests, err := a.Follows.Requests(t.Context(), a.Author.ID)
			if err != nil || len(requests) != 1 {
				return fmt.Sprint(len(requests), err)
			}
			return ""
		})
		requests, err := a.Follows.Requests(t.Context(), a.Author.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Follows.Answer(t.Context(), a.Author, requests[0].Follow.ID, accept); err != nil {
			t.Fatal(err)
		}
	}
	state := func(id int64, want follow.State) {
		t.Helper()
		b.Eventually("state of the follow", func() string {
			if f, err := b.Follows.ByID(t.Context(), id); err != nil || f.State != want {
				return fmt.Sprint(f.State, err)
			}
			return ""
		})
	}
	f := ask()
	answer(false)
	state(f.ID, follow.Rejected)
	if err := b.Follows.Unfollow(t.Context(), b.Author, b.Author.ID, target.ID); err != nil {
		t.Fatal(err)
	}
	ft.Settle(a, b)
	f = ask()
	answer(true)
	state(f.ID, follow.Accepted)
	followers := func() int {
		n, _, err := a.Follows.Counts(t.Context(), a.Author.ID)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if followers() != 1 {
		t.Errorf("%d followers", followers())
	}
	if err := b.Follows.Unfollow(t.Context(), b.Author, b.Author.ID, target.ID); err != nil {
		t.Fatal(err)
	}
	a.Eventually("end of the follow", func() string {
		if n := followers(); n != 0 {
			return fmt.Sprint(n)
		}
		return ""
	})
}

// TestBackfillWithAnswers: a new reader finds what was published before, and what was answered to it.
func TestBackfillWithAnswers(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	var old []post.Post
	for n := range 3 {
		old = append(old, a.Publish(fmt.Sprintf("Älteres Beispiel Nummer %d", n)))
	}
	comment := a.Say(&old[0], "", "Eine frühere Ergänzung.")
	thread := a.Say(nil, "Ein früherer Thread", "Text")
	ft.Settle(a)
	b.FollowInstance(a)
	for _, p := range append(old, comment, thread) {
		got := b.Has(p.URI)
		if p.InReplyToURI == "" && got.BoardID == nil {
			t.Errorf("%s stands on no board", p.URI)
		}
	}
	if got := b.Has(comment.URI); got.InReplyToID == nil {
		t.Error("the answer has lost its parent")
	}
	ft.Settle(a, b)
	if n := b.Count(`SELECT count(*) FROM river_job WHERE state IN ('discarded', 'cancelled')`); n != 0 {
		t.Errorf("%d jobs failed for good", n)
	}
	found, err := b.Federation.FetchPost(t.Context(), thread.URI)
	if err != nil || found.URI != thread.URI {
		t.Errorf("look-up of a known post: %v, %v", found.URI, err)
	}
}

// TestLookUp: a member pastes the address of a post that nobody here follows.
func TestLookUp(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	practice := a.Publish("Kiel: Abwärme nutzen")
	answer := a.Say(&practice, "", "Dazu noch dies.")
	got, err := b.Federation.FetchPost(t.Context(), answer.URI)
	if err != nil || got.URI != answer.URI {
		t.Fatalf("%v, %v", got.URI, err)
	}
	if parent := b.Has(practice.URI); got.InReplyToID == nil || *got.InReplyToID != parent.ID {
		t.Error("came without its parent")
	}
	byPage, err := b.Federation.FetchPost(t.Context(), practice.URL)
	if err != nil || byPage.URI != practice.URI {
		t.Errorf("by its page: %v, %v", byPage.URI, err)
	}
	for _, nothing := range []string{a.Config.BaseURL + "/practices/1", a.Author.URI, "https://", "kein Link", b.Config.BaseURL + "/practices/1"} {
		if _, err := b.Federation.FetchPost(t.Context(), nothing); err == nil {
			t.Errorf("%s: found something", nothing)
		}
	}
}

// TestActorIsDeleted: who was deleted at home is no longer read elsewhere, and hears nothing any more.
func TestActorIsDeleted(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	atB := b.Has(a.Publish("Kiel: Abwärme nutzen").URI)
	thread := b.Has(a.Say(nil, "Wer misst die Auslastung?", "Und womit?").URI)
	answer := b.Say(&thread, "", "Wir, mit Bordmitteln.")
	a.Has(answer.URI)

	goodbye := fmt.Sprintf(`{"@context": "https://www.w3.org/ns/activitystreams", "id": "%[1]s#delete", "type": "Delete", "actor": "%[1]s", "object": "%[1]s",
		"to": ["https://www.w3.org/ns/activitystreams#Public"]}`, a.Author.URI)
	for range 2 {
		if status := a.Send(a.Author, ft.Letter{To: b.Config.BaseURL + "/inbox", Body: goodbye}); status != 202 {
			t.Fatalf("answered %d", status)
		}
	}
	b.Eventually("withdrawal", func() string {
		if p := b.Has(thread.URI); p.State != post.StateWithdrawn || p.HTML != "" {
			return string(p.State)
		}
		return ""
	})
	if p := b.Has(atB.URI); p.State != post.StatePublished {
		t.Error("the practice of another author went too")
	}
	if p := b.Has(answer.URI); p.State != post.StatePublished {
		t.Error("our own answer went too")
	}
	if gone, err := b.Accounts.ByURI(t.Context(), a.Author.URI); err != nil || gone.State != account.Gone {
		t.Errorf("the author is %s, %v", gone.State, err)
	}
}
