package search_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

func TestNotes(t *testing.T) {
	h := newHouse(t)
	thread := h.Thread(h.Member, "Wer hat Erfahrung mit Verdunstungskühlung?")
	h.Answer(h.Other, thread, "Wir kühlen unsere Serverräume so.")
	h.catchUp()
	for text, want := range map[string][]string{
		"Kühlung":     {"Wir kühlen unsere Serverräume so.", thread.Source},
		"Serverraum":  {"Wir kühlen unsere Serverräume so."},
		"Erfahrungen": {thread.Source},
		"Server Dach": {},
		"der":         {},
		"%":           {},
		"' | !":       {},
		"-Dach":       {"Wir kühlen unsere Serverräume so.", thread.Source},
	} {
		got, total := h.texts(account.Account{}, text)
		if diff := cmp.Diff(want, got); diff != "" || total != len(want) {
			t.Errorf("%q: %d %s", text, total, diff)
		}
	}
	if _, total := h.texts(h.Member, strings.Repeat("kühlung ", 1000)); total != 2 {
		t.Errorf("a very long query finds %d", total)
	}
	notes, _, err := h.searches.Notes(h.Ctx, post.Viewer{}, "Serverraum", 0, 5)
	h.Must(err)
	var marked []string
	for _, s := range notes[0].Excerpt {
		if s.Hit {
			marked = append(marked, s.Text)
		}
	}
	if diff := cmp.Diff([]string{"Serverräume"}, marked); diff != "" {
		t.Error(diff)
	}
}

// What was changed, withdrawn or hidden is not found any more at once, not only when the index is written again.
func TestNotesFollowTheirPost(t *testing.T) {
	h := newHouse(t)
	thread := h.Thread(h.Member, "Abwärme")
	answer := h.Answer(h.Other, thread, "Die Abwärme heizt ein Bad.")
	found := func(text string) int {
		t.Helper()
		_, total := h.texts(account.Account{}, text)
		return total
	}
	if n := found("Abwärme"); n != 0 {
		t.Errorf("found %d before anything is indexed", n)
	}
	h.catchUp()
	if n := found("Bad"); n != 1 {
		t.Fatalf("found %d", n)
	}
	_, err := h.Posts.Edit(h.Ctx, h.Other, answer.ID, "", "Die Abwärme heizt eine Schule.")
	h.Must(err)
	if n := found("Bad"); n != 0 {
		t.Errorf("an older text is found %d times", n)
	}
	h.catchUp()
	if found("Bad") != 0 || found("Schule") != 1 {
		t.Errorf("after the change: %d, %d", found("Bad"), found("Schule"))
	}
	_, err = h.DB.ExecContext(h.Ctx, `INSERT INTO hidden_posts (post_id, reason) VALUES ($1, '')`, answer.ID)
	h.Must(err)
	if n := found("Schule"); n != 0 {
		t.Errorf("a hidden note is found %d times", n)
	}
	h.catchUp()
	if n := found("Schule"); n != 0 {
		t.Errorf("a hidden note is found again")
	}
	if n := found("Abwärme"); n != 1 {
		t.Fatalf("found %d", n)
	}
	h.Must(h.Posts.Delete(h.Ctx, h.Member, thread.ID))
	if n := found("Abwärme"); n != 0 {
		t.Errorf("a withdrawn note is found %d times", n)
	}
	if n := h.Count(`SELECT count(*) FROM note_index WHERE post_id = $1`, thread.ID); n != 0 {
		t.Error("its words are kept")
	}
}

// Neither hits nor their number say anything of what the reader may not see.
func TestNotesVisibility(t *testing.T) {
	h := newHouse(t)
	h.Follow(h.Other, h.Remote)
	root := h.Thread(h.Member, "Faden")
	for _, visibility := range []post.Visibility{post.Public, post.Unlisted, post.Network, post.Followers, post.Direct} {
		h.Arrives(h.Remote, string(visibility), func(r *post.Received) {
			r.Visibility, r.MentionIDs, r.InReplyToURI = visibility, []int64{h.Guest.ID}, root.URI
			r.HTML = fmt.Sprintf("<p>Geheimwort %s</p>", visibility)
		})
	}
	unfound := h.Account("still", "vitako.example", account.Person, "")
	_, err := h.DB.ExecContext(h.Ctx, `UPDATE accounts SET indexable = false WHERE id = $1`, unfound.ID)
	h.Must(err)
	h.Arrives(unfound, "still", func(r *post.Received) { r.InReplyToURI, r.HTML = root.URI, "<p>Geheimwort still</p>" })
	h.Arrives(h.Remote, "alone", func(r *post.Received) { r.HTML = "<p>Geheimwort anderswo</p>" }) // no part of a discussion here
	h.catchUp()
	for name, test := range map[string]struct {
		viewer account.Account
		want   int
	}{
		"visitor": {account.Account{}, 1}, "guest": {h.Guest, 2}, "follower": {h.Other, 2}, "member": {h.Member, 2}, "author": {unfound, 2},
	} {
		if list, total := h.texts(test.viewer, "Geheimwort"); total != test.want || len(list) != test.want {
			t.Errorf("%s finds %d, counts %d, want %d", name, len(list), total, test.want)
		}
	}
	_, err = h.DB.ExecContext(h.Ctx, `INSERT INTO blocks (id, account_id, target_id, uri) VALUES (1, $1, $2, '')`, h.Member.ID, h.Remote.ID)
	h.Must(err)
	if list, total := h.texts(h.Member, "Geheimwort"); total != 0 || len(list) != 0 {
		t.Errorf("of whom one blocks: %d, %d", len(list), total)
	}
}

// TestIndexingStandsInNobodysWay: who changes a post while it waits to be indexed is neither held up nor turned away.
func TestIndexingStandsInNobodysWay(t *testing.T) {
	h := newHouse(t)
	thread := h.Thread(h.Member, "Abwärme")
	tx, err := h.DB.BeginTxx(h.Ctx, nil)
	h.Must(err)
	defer tx.Rollback() //nolint:errcheck // after Commit it is a no-op
	_, err = tx.ExecContext(h.Ctx, `SELECT 1 FROM posts WHERE id = $1 FOR NO KEY UPDATE`, thread.ID)
	h.Must(err)

	indexed := make(chan error, 1)
	go func() {
		_, err := h.searches.CatchUp(h.Ctx)
		indexed <- err
	}()
	select {
	case err = <-indexed:
		h.Must(err)
	case <-time.After(time.Minute):
		t.Error("indexing waits for somebody's change")
	}
	if _, err = tx.ExecContext(h.Ctx, `UPDATE posts SET title = 'Fernwärme' WHERE id = $1`, thread.ID); err != nil {
		t.Fatal(err)
	}
	h.Must(tx.Commit())
	h.catchUp()
	if _, n := h.texts(account.Account{}, "Fernwärme"); n != 1 {
		t.Errorf("what was changed meanwhile is found %d times", n)
	}
}

// TestPublications: documents and editions, ours and those of others, are found by their words, apart from discussions, whatever their
// catalogue says of being found, and as long as they are published.
func TestPublications(t *testing.T) {
	h := newHouse(t)
	_, err := h.DB.ExecContext(h.Ctx, `UPDATE accounts SET indexable = false WHERE id = $1`, h.RemoteCatalog.ID)
	h.Must(err)
	arrive := func(title, role string, visibility post.Visibility) post.Post {
		t.Helper()
		p, _, err := h.Posts.Receive(h.Ctx, post.Received{
			URI: "https://vitako.example/publications/" + title, AuthorID: h.RemoteCatalog.ID, Kind: post.Article, Role: role, Visibility: visibility,
			Title: title, Summary: "Über Verdunstungskühlung.", HTML: "<p>Serverräume</p>", PublishedAt: time.Now().Add(-time.Hour),
		}, nil)
		h.Must(err)
		return p
	}
	guide := arrive("Leitfaden", post.RoleDocument, post.Public)
	arrive("Papier", post.RoleEdition, post.Public)
	arrive("Intern", post.RoleDocument, post.Network)
	arrive("Artikel", "", post.Public) // neither of them
	h.Thread(h.Member, "Wer hat Erfahrung mit Verdunstungskühlung?")
	h.catchUp()
	found := func(viewer account.Account, text string) []string {
		t.Helper()
		list, total, err := h.searches.Publications(h.Ctx, post.Viewer{AccountID: viewer.ID}, text, 0, 20)
		h.Must(err)
		titles := []string{}
		for _, n := range list {
			titles = append(titles, n.Post.Title)
		}
		if total != len(titles) {
			t.Errorf("%q: %d are counted", text, total)
		}
		return titles
	}
	for _, text := range []string{"Kühlung", "Serverraum"} {
		if diff := cmp.Diff([]string{"Papier", "Leitfaden"}, found(account.Account{}, text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	if diff := cmp.Diff([]string{"Intern", "Papier", "Leitfaden"}, found(h.Member, "Kühlung")); diff != "" {
		t.Errorf("a member: %s", diff)
	}
	if list, total := h.texts(h.Member, "Kühlung"); total != 1 || len(list) != 1 {
		t.Errorf("discussions: %d %v", total, list)
	}
	h.Must(h.Posts.ReceiveDelete(h.Ctx, guide.URI))
	if diff := cmp.Diff([]string{"Papier"}, found(account.Account{}, "Kühlung")); diff != "" {
		t.Errorf("after one was withdrawn: %s", diff)
	}
}
