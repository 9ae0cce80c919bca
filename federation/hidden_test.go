package federation_test

import (
	"net/http"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/post"
)

// TestHiddenIsNotPassedOn: our forum does not tell its readers elsewhere of what our moderators hid, however often its author edits
// it; that it is withdrawn, they hear.
func TestHiddenIsNotPassedOn(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	forum, author := c.victim.Forum(), c.liar.Author
	id := c.id(c.liar)
	tell := func(typ, updated, text string) {
		t.Helper()
		o := c.note(id, author.URI, text)
		o["audience"], o["name"] = forum.URI, "Werbung"
		if updated != "" {
			o["updated"] = updated
		}
		var object any = o
		if typ == "Delete" {
			object = m{"id": id, "type": "Tombstone"}
		}
		if status := c.liar.Send(author, ft.Letter{To: c.inbox, Body: c.encode(c.activity(typ, c.id(c.liar), author.URI, object))}); status != http.StatusAccepted {
			t.Fatalf("%s: %d", typ, status)
		}
		ft.Settle(c.victim)
	}
	passed := func() int {
		return c.victim.Count(`SELECT count(*) FROM activities WHERE account_id = $1 AND type = 'Announce'`, forum.ID)
	}
	before := passed()
	tell("Create", "", "Kaufen Sie")
	p := c.victim.Has(id)
	if p.BoardID == nil || passed() == before {
		t.Fatalf("the forum did not tell of %s: %d", id, passed())
	}
	if _, err := c.victim.DB.Exec(`INSERT INTO hidden_posts (post_id, reason, created_at) VALUES ($1, 'Werbung', now())`, p.ID); err != nil {
		t.Fatal(err)
	}
	before = passed()
	tell("Update", "2036-01-01T00:00:00Z", "Kaufen Sie jetzt")
	tell("Create", "", "Kaufen Sie")
	if n := passed(); n != before {
		t.Errorf("the forum told of what is hidden, %d times", n-before)
	}
	tell("Delete", "", "")
	if p := c.victim.Has(id); p.State != post.StateWithdrawn || passed() != before+1 {
		t.Errorf("%s; told %d times of the withdrawal", p.State, passed()-before)
	}
}
