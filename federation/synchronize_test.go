package federation_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// whispers writes a post for the followers of the instance's author only.
func whispers(t *testing.T, i *ft.Instance, text string) post.Post {
	t.Helper()
	p, err := i.Posts.Create(t.Context(), i.Author, post.Draft{Title: text, Source: text, Visibility: post.Followers, Language: "de"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// followState is how the follow of reader by target stands on an instance.
func followState(i *ft.Instance, reader, target string) string {
	var state string
	err := i.DB.GetContext(i.T.Context(), &state, `SELECT f.state || CASE WHEN f.undone_at IS NULL THEN '' ELSE ', undone' END FROM follows f
		JOIN accounts r ON r.id = f.account_id JOIN accounts t ON t.id = f.target_id WHERE r.uri = $1 AND t.uri = $2 ORDER BY f.id DESC LIMIT 1`, reader, target)
	if err != nil {
		return "none"
	}
	return state
}

func settlesAs(i *ft.Instance, reader, target, want string) {
	i.T.Helper()
	i.Eventually(fmt.Sprintf("follow of %s by %s", target, reader), func() string {
		if got := followState(i, reader, target); got != want {
			return got + ", want " + want
		}
		return ""
	})
}

// TestFollowersAgree: what two servers believe of who follows whom comes together again with the next post for followers,
// whatever activity was lost (FEP-8fcf).
func TestFollowersAgree(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	third, err := b.Accounts.CreateLocal(t.Context(), "third", "Dritte", account.RoleMember)
	if err != nil {
		t.Fatal(err)
	}
	for _, reader := range []account.Account{b.Author, b.Editor, third} {
		b.Follow(reader, a, "author")
	}
	ft.Settle(a, b)
	author := a.Author.URI
	b.Gets()
	a.Gets()
	said := whispers(t, a, "Nur für Euch")
	b.Has(said.URI)
	ft.Settle(a, b)
	for _, path := range a.Gets() {
		if strings.Contains(path, "synchronization") {
			t.Errorf("asked for %s although both agree", path)
		}
	}

	exec := func(i *ft.Instance, query string, args ...any) {
		t.Helper()
		if _, err := i.DB.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	const byURIs = ` WHERE account_id = (SELECT id FROM accounts WHERE uri = $1) AND target_id = (SELECT id FROM accounts WHERE uri = $2)`
	// The editor stopped, and the Undo was lost. The third's Accept was lost. The author's Follow was lost, or forgotten.
	exec(b, `UPDATE follows SET undone_at = now() - interval '1 hour'`+byURIs, b.Editor.URI, author)
	exec(b, `UPDATE follows SET state = 'pending'`+byURIs, third.URI, author)
	exec(a, `DELETE FROM follows`+byURIs, b.Author.URI, author)
	b.Has(whispers(t, a, "Und noch etwas").URI)
	settlesAs(a, b.Editor.URI, author, "accepted, undone")
	settlesAs(b, third.URI, author, "accepted")
	settlesAs(b, b.Author.URI, author, "accepted, undone")
	ft.Settle(a, b)

	// And then both agree.
	a.Gets()
	b.Has(whispers(t, a, "Zum Schluss").URI)
	ft.Settle(a, b)
	for _, path := range a.Gets() {
		if strings.Contains(path, "synchronization") {
			t.Errorf("still asked for %s", path)
		}
	}
	if n := a.Count(`SELECT count(*) FROM follows f JOIN accounts r ON r.id = f.account_id WHERE r.domain IS NOT NULL AND f.undone_at IS NULL`); n != 1 {
		t.Errorf("%d followers, want one", n)
	}
}

// TestFollowersAreShownToTheirHost: the list is for the host whose people are on it, and complete beyond one page.
func TestFollowersAreShownToTheirHost(t *testing.T) {
	t.Parallel()
	a, b, c := ft.Start(t, "a"), ft.Start(t, "b"), ft.Start(t, "c")
	b.Follow(b.Author, a, "author")
	c.Follow(c.Editor, a, "author")
	ft.Settle(a, b, c)
	list := vocab.SynchronizationURI(a.Author.FollowersURI)
	status, header, _ := a.Get(strings.TrimPrefix(list, a.Config.BaseURL), activityJSON)
	if status != http.StatusUnauthorized {
		t.Errorf("without a signature: %d", status)
	}
	if caching := header.Get("Cache-Control"); !strings.Contains(caching, "no-store") {
		t.Errorf("the answer may be kept: %q", caching)
	}
	read := func(i *ft.Instance, uri string) vocab.ReadCollection {
		t.Helper()
		doc, err := i.Transport.Get(t.Context(), uri)
		if err != nil {
			t.Fatal(err)
		}
		page, err := vocab.ParseCollection(doc.Body)
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	for i, want := range map[*ft.Instance]string{b: b.Author.URI, c: c.Editor.URI} {
		if page := read(i, list); len(page.Items) != 1 || page.Items[0].ID != want {
			t.Errorf("%s reads %v", i.Name, page.Items)
		}
	}
	if _, err := a.DB.Exec(`INSERT INTO accounts (id, uri, url, username, domain, kind, state, inbox_uri)
		SELECT n, 'http://' || $1 || '/many/' || n, '', 'many' || n, $1, 'person', 'active', 'http://' || $1 || '/inbox' FROM generate_series(1, 1200) n`, b.Config.Domain()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.DB.Exec(`INSERT INTO follows (id, account_id, target_id, uri, state, accepted_at)
		SELECT n, n, $1, 'http://b.example/follows/' || n, 'accepted', now() FROM generate_series(1, 1200) n`, a.Author.ID); err != nil {
		t.Fatal(err)
	}
	found := 0
	page := read(b, list)
	for next := page.First; next != ""; next = page.Next {
		page = read(b, next)
		found += len(page.Items)
	}
	if found != 1201 {
		t.Errorf("%d followers on the pages, want 1201", found)
	}
	if page := read(c, list); len(page.Items) != 1 {
		t.Errorf("c reads of %d", len(page.Items))
	}
}

// TestForgedFollowers: a header that its sender did not sign, that speaks of others, leads elsewhere or to a list that does
// not fit ends no follow.
func TestForgedFollowers(t *testing.T) {
	t.Parallel()
	victim, honest, liar := ft.Start(t, "victim"), ft.Start(t, "honest"), ft.Start(t, "liar")
	victim.Follow(victim.Editor, honest, "author")
	victim.Follow(victim.Editor, liar, "author")
	victim.Follow(victim.Author, liar, "author")
	ft.Settle(victim, honest, liar)
	list := liar.Config.BaseURL + "/list"
	collection := func(ids ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			serve(w, m{"id": list, "type": "OrderedCollection", "orderedItems": ids})
		}
	}
	other := vocab.FollowersDigest([]string{victim.Editor.URI})
	header := func(collectionID, url string, digest [32]byte) string {
		return vocab.Synchronization{CollectionID: collectionID, URL: url, Digest: digest}.String()
	}
	own := liar.Author.FollowersURI
	before := victim.State(liar)
	n := 0
	send := func(value string, signed bool) {
		t.Helper()
		n++
		l := ft.Letter{To: victim.Config.BaseURL + "/inbox", Body: fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%s/letter/%d","type":"Like","actor":"%s","object":"%s/notes/1"}`,
			liar.Config.BaseURL, n, liar.Author.URI, victim.Config.BaseURL)}
		if signed {
			l.Signed = map[string]string{vocab.SynchronizationHeader: value}
		} else {
			l.Tamper = func(r *http.Request) { r.Header.Set(vocab.SynchronizationHeader, value) }
		}
		if status := liar.Send(liar.Author, l); status != http.StatusAccepted {
			t.Fatalf("answered %d", status)
		}
	}
	for _, row := range []struct {
		name    string
		value   string
		signed  bool
		list    http.HandlerFunc
		fetched bool
	}{
		{"not signed", header(own, list, other), false, collection(victim.Editor.URI), false},
		{"followers of another", header(honest.Author.FollowersURI, list, other), true, collection(victim.Editor.URI), false},
		{"followers of a neighbour", header(liar.Editor.FollowersURI, list, other), true, collection(victim.Editor.URI), false},
		{"list elsewhere", header(own, honest.Config.BaseURL+"/list", other), true, collection(victim.Editor.URI), false},
		{"nonsense", `collectionId="` + own + `", url="` + list + `", digest="zz"`, true, collection(victim.Editor.URI), false},
		{"twice", header(own, list, other) + `, url="` + list + `"`, true, collection(victim.Editor.URI), false},
		{"long", header(own, list, other) + `, x="` + strings.Repeat("x", 7<<10) + `"`, true, collection(victim.Editor.URI), false},
		{"another list than announced", header(own, list, other), true, collection(), true},
		{"with strangers", header(own, list, other), true, collection(victim.Editor.URI, honest.Author.URI), true},
		{"no list", header(own, list, other), true, func(w http.ResponseWriter, _ *http.Request) { serve(w, m{"id": list, "type": "Note"}) }, true},
		{"gone", header(own, list, other), true, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, true},
		{"without end", header(own, list, other), true, func(w http.ResponseWriter, r *http.Request) {
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			serve(w, m{"id": liar.Config.BaseURL + r.URL.RequestURI(), "type": "OrderedCollectionPage", "orderedItems": []string{victim.Editor.URI}, "next": fmt.Sprintf("%s?page=%d", list, page+1)})
		}, true},
	} {
		liar.Extra.Store("/list", row.list)
		honest.Extra.Store("/list", row.list)
		liar.Gets()
		send(row.value, row.signed)
		ft.Settle(victim)
		gets := liar.Gets()
		if fetched := strings.Contains(strings.Join(gets, " "), "/list"); fetched != row.fetched {
			t.Errorf("%s: fetched %v, want %v", row.name, fetched, row.fetched)
		}
		if len(gets) > 100 {
			t.Errorf("%s: %d requests", row.name, len(gets))
		}
		if _, asked := honest.Asked.Load("/list"); asked {
			t.Errorf("%s: a list elsewhere was fetched", row.name)
		}
		if after := victim.State(liar); after != before {
			t.Errorf("%s: something changed", row.name)
		}
	}

	// The same list, honestly announced, has its effect: the rows above failed for their reasons.
	liar.Extra.Store("/list", collection(victim.Editor.URI))
	send(header(own, list, other), true)
	settlesAs(victim, victim.Author.URI, liar.Author.URI, "accepted, undone")
	settlesAs(victim, victim.Editor.URI, liar.Author.URI, "accepted")
	settlesAs(victim, victim.Editor.URI, honest.Author.URI, "accepted")
}
