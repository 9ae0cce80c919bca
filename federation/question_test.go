package federation_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"slices"
	"testing"
	"time"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/poll"
	"github.com/vorbild/vorbild/internal/post"
)

// stands is how the author of an instance sees a poll: votes of each answer, voters.
func stands(t *testing.T, i *ft.Instance, p post.Post) (poll.Poll, []int) {
	t.Helper()
	list, err := i.Polls.ByPosts(t.Context(), i.Author.ID, []int64{p.ID})
	if err != nil {
		t.Fatal(err)
	}
	var votes []int
	for _, o := range list[p.ID].Options {
		votes = append(votes, o.Votes)
	}
	return list[p.ID], append(votes, list[p.ID].VotersCount)
}

// hurry works the jobs of a kind now that wait for their time.
func hurry(t *testing.T, i *ft.Instance, kind string) {
	t.Helper()
	if _, err := i.DB.ExecContext(t.Context(), `UPDATE river_job SET scheduled_at = now() WHERE kind = $1 AND state = 'scheduled'`, kind); err != nil {
		t.Fatal(err)
	}
}

// TestQuestion: a question with an image arrives with both; votes go to who asked and are no posts; how it stands comes
// back, also to who follows nobody; its end is told.
func TestQuestion(t *testing.T) {
	t.Parallel()
	a, b, c := ft.Start(t, "a"), ft.Start(t, "b"), ft.Start(t, "c")
	b.FollowInstance(a)
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	text := "Ein graues Rechteck"
	m, err := a.Media.Upload(t.Context(), a.Author, &file, media.Change{Description: &text, Focus: &media.Focus{X: 0.5, Y: -0.5}})
	if err != nil {
		t.Fatal(err)
	}
	asked, err := a.Posts.Create(t.Context(), a.Author, post.Draft{
		Untitled: true, Source: "Wann treffen wir uns?", Visibility: post.Public, Language: "de", Kind: post.Question,
		Parts: []post.Part{a.Media.Attach(a.Author, []int64{m.ID}), a.Polls.Ask(poll.Draft{Options: []string{"Montag: früh", "Dienstag & später"}, Multiple: true, ExpiresIn: time.Hour})},
	})
	if err != nil {
		t.Fatal(err)
	}
	there := b.Has(asked.URI)
	if there.Kind != post.Question {
		t.Errorf("arrived as %s", there.Kind)
	}
	got, votes := stands(t, b, there)
	if !slices.Equal(votes, []int{0, 0, 0}) || !got.Multiple || got.Options[1].Title != "Dienstag & später" || got.ExpiresAt == nil {
		t.Fatalf("poll arrived as %+v", got)
	}
	files, err := b.Media.ByPosts(t.Context(), []int64{there.ID})
	if err != nil || len(files[there.ID]) != 1 {
		t.Fatalf("media arrived as %+v, %v", files, err)
	}
	if f := files[there.ID][0]; f.RemoteURL != a.Media.URL(m.File) || f.File != "" || f.Description != text || f.Width != 30 || f.Blurhash != m.Blurhash || f.FocusY != -0.5 || f.ContentType != "image/png" {
		t.Errorf("media arrived as %+v", f)
	}

	before := a.Count(`SELECT count(*) FROM posts`)
	if _, err := b.Polls.Vote(t.Context(), b.Author, there.ID, []int{0, 1}); err != nil {
		t.Fatal(err)
	}
	// Who follows nobody finds the poll and votes too.
	found, err := c.Federation.FetchPost(t.Context(), asked.URI)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Polls.Vote(t.Context(), c.Author, found.ID, []int{1}); err != nil {
		t.Fatal(err)
	}
	a.Eventually("votes", func() string {
		if _, votes := stands(t, a, asked); !slices.Equal(votes, []int{1, 2, 2}) {
			return fmt.Sprint(votes)
		}
		return ""
	})
	if after := a.Count(`SELECT count(*) FROM posts`); after != before {
		t.Errorf("%d posts became %d: votes are shown", before, after)
	}
	hurry(t, a, "poll.tell")
	for _, i := range []*ft.Instance{b, c} {
		i.Eventually("how it stands", func() string {
			if _, votes := stands(t, i, i.Has(asked.URI)); !slices.Equal(votes, []int{1, 2, 2}) {
				return fmt.Sprint(votes)
			}
			return ""
		})
	}
	if p := b.Has(asked.URI); p.EditedAt != nil {
		t.Error("votes made it an edited post")
	}

	if _, err := a.DB.ExecContext(t.Context(), `UPDATE polls SET expires_at = now()`); err != nil {
		t.Fatal(err)
	}
	hurry(t, a, "poll.close")
	for _, i := range []*ft.Instance{b, c} {
		i.Eventually("the end", func() string {
			if p, _ := stands(t, i, i.Has(asked.URI)); p.ClosedAt == nil {
				return fmt.Sprintf("%+v", p)
			}
			return ""
		})
	}
	if n := a.Count(`SELECT count(DISTINCT uri) FROM activities WHERE type = 'Update' AND object_uri = $1`, asked.URI); n != 2 {
		t.Errorf("%d updates were sent, want one with the votes and one with the end", n)
	}

	if err := a.Posts.Delete(t.Context(), a.Author, asked.ID); err != nil {
		t.Fatal(err)
	}
	b.Eventually("withdrawal", func() string {
		if n := b.Count(`SELECT count(*) FROM polls`) + b.Count(`SELECT count(*) FROM media`); n > 0 {
			return fmt.Sprintf("%d rows", n)
		}
		return ""
	})
}

// TestPollOfAnEdit: an edit puts a poll on a note and takes it off again, there as here.
func TestPollOfAnEdit(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	p, err := a.Posts.Create(t.Context(), a.Author, post.Draft{Untitled: true, Source: "Wann treffen wir uns?", Visibility: post.Public, Language: "de"})
	if err != nil {
		t.Fatal(err)
	}
	b.Has(p.URI)
	ask := a.Polls.Ask(poll.Draft{Options: []string{"Montag", "Dienstag"}, ExpiresIn: time.Hour})
	for _, edit := range []struct {
		changes post.Changes
		options int
	}{
		{post.Changes{Kind: post.Question, Parts: []post.Part{ask}}, 2},
		{post.Changes{Kind: post.Note, Parts: []post.Part{a.Polls.Remove()}}, 0},
	} {
		if _, err := a.Posts.Revise(t.Context(), a.Author, p.ID, edit.changes); err != nil {
			t.Fatal(err)
		}
		b.Eventually("the edit", func() string {
			there := b.Has(p.URI)
			if got, _ := stands(t, b, there); there.Kind != edit.changes.Kind || len(got.Options) != edit.options {
				return fmt.Sprintf("%s with %+v", there.Kind, got)
			}
			return ""
		})
	}
}

// TestVoteIsBelievedOfItsOwnerOnly: nobody votes in another's name, twice, or where there is nothing to vote for.
func TestVoteIsBelievedOfItsOwnerOnly(t *testing.T) {
	t.Parallel()
	a, liar := ft.Start(t, "a"), ft.Start(t, "liar")
	asked, err := a.Posts.Create(t.Context(), a.Author, post.Draft{
		Untitled: true, Source: "Ja?", Visibility: post.Public, Kind: post.Question, Parts: []post.Part{a.Polls.Ask(poll.Draft{Options: []string{"Ja", "Nein"}, ExpiresIn: time.Hour})},
	})
	if err != nil {
		t.Fatal(err)
	}
	vote := func(n int, by, name, content string) string {
		return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Create","actor":%q,"to":[%q],"object":{
			"id":%q,"type":"Note","attributedTo":%q,"to":[%q],"name":%q,"inReplyTo":%q%s}}`,
			fmt.Sprintf("%s#votes/%d/activity", liar.Author.URI, n), liar.Author.URI, a.Author.URI, fmt.Sprintf("%s#votes/%d", liar.Author.URI, n), by, a.Author.URI, name, asked.URI, content)
	}
	for n, body := range []string{
		vote(1, liar.Editor.URI, "Ja", ""), // an account of the same host
		vote(2, "https://bund.example/u/berta", "Ja", ""),
		vote(3, liar.Author.URI, "Vielleicht", ""),
		vote(4, liar.Author.URI, "Nein", ""),
		vote(5, liar.Author.URI, "Ja", ""),
	} {
		if status := liar.Send(liar.Author, ft.Letter{To: a.Author.InboxURI, Body: body}); status != 202 && status != 200 {
			t.Fatalf("letter %d: status %d", n+1, status)
		}
		a.Eventually("letter", func() string {
			if done := a.Count(`SELECT count(*) FROM inbox_activities WHERE processed_at IS NOT NULL`); done != n+1 {
				return fmt.Sprintf("%d of %d", done, n+1)
			}
			return ""
		})
	}
	if _, votes := stands(t, a, asked); !slices.Equal(votes, []int{0, 1, 1}) {
		t.Errorf("votes = %v, want the one of number 4", votes)
	}
	if n := a.Count(`SELECT count(*) FROM posts WHERE in_reply_to_uri = $1`, asked.URI); n != 0 {
		t.Errorf("%d votes are shown as answers", n)
	}
	// What has a text is an answer, whatever its name says.
	if status := liar.Send(liar.Author, ft.Letter{To: a.Author.InboxURI, Body: vote(6, liar.Author.URI, "Ja", `,"content":"<p>Ich finde: ja.</p>"`)}); status != 202 && status != 200 {
		t.Fatalf("status %d", status)
	}
	a.Has(liar.Author.URI + "#votes/6")
	if _, votes := stands(t, a, asked); !slices.Equal(votes, []int{0, 1, 1}) {
		t.Errorf("an answer was counted: %v", votes)
	}
}
