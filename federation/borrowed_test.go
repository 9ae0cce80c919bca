package federation_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
)

// TestBorrowedAuthor: an address of the liar that redirects to an honest actor makes nobody of the liar's posts the honest
// actor's, and none of his reactions.
func TestBorrowedAuthor(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	c.victim.Follow(c.victim.Catalog(), c.liar, account.CatalogUsername)
	c.victim.Knows(c.honest, "editor")
	c.victim.Knows(c.liar, "author")
	ft.Settle(c.victim, c.liar, c.honest)
	path := func(uri string) string { return strings.TrimPrefix(uri, c.liar.Config.BaseURL) }
	redirect := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, c.honest.Editor.URI, http.StatusFound)
	})
	mask := c.id(c.liar)
	c.liar.Extra.Store(path(mask), redirect)
	fake := func() string {
		uri := c.id(c.liar)
		c.liar.Extra.Store(path(uri), c.encode(c.note(uri, mask, "untergeschoben")))
		return uri
	}
	group := c.liar.Catalog()
	before := c.victim.State(c.liar)

	named, wrapped, looked, embedded := fake(), fake(), fake(), fake()
	c.liar.Send(group, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Announce", c.id(c.liar), group.URI, named))})
	c.liar.Send(group, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Announce", c.id(c.liar), group.URI,
		c.activity("Create", c.id(c.liar), mask, wrapped)))})
	c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Create", c.id(c.liar), c.liar.Author.URI, c.note(embedded, mask, "untergeschoben")))})
	if _, err := c.victim.Federation.FetchPost(t.Context(), looked); err == nil {
		t.Error("a search finds the forged post")
	}
	c.victim.Settled()

	// Who is known long enough is asked for again, after the signature was checked with the key we had.
	c.victim.DB.MustExec(`UPDATE accounts SET fetched_at = now() - interval '25 hours' WHERE uri = $1`, c.liar.Author.URI)
	c.liar.Extra.Store(path(c.liar.Author.URI), redirect)
	for _, body := range []m{
		c.activity("Like", c.id(c.liar), c.liar.Author.URI, c.own.URI),
		c.activity("Announce", c.id(c.liar), c.liar.Author.URI, c.own.URI),
		c.activity("Follow", c.id(c.liar), c.liar.Author.URI, c.victim.Author.URI),
	} {
		if status := c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(body)}); status != http.StatusAccepted {
			t.Errorf("%s: answered %d", body["type"], status)
		}
	}
	c.victim.Settled()
	if diff := cmp.Diff(before, c.victim.State(c.liar)); diff != "" {
		t.Errorf("changed the database (-before +after):\n%s\n%s", diff, c.victim.Diary())
	}
}
