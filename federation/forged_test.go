package federation_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
)

// crime is a victim that reads an honest instance, and a liar with valid keys of its own.
type crime struct {
	t                    *testing.T
	victim, honest, liar *ft.Instance
	inbox                string
	practice             post.Post // of honest, known to victim
	own                  post.Post // of victim, liked and boosted by honest
	n                    int
}

func setCrime(t *testing.T) *crime {
	t.Helper()
	c := &crime{t: t, victim: ft.Start(t, "victim"), honest: ft.Start(t, "honest"), liar: ft.Start(t, "liar")}
	c.inbox = c.victim.Config.BaseURL + "/inbox"
	c.victim.FollowInstance(c.honest)
	c.honest.FollowInstance(c.victim)
	c.practice = c.honest.Publish("Kiel: Abwärme nutzen")
	c.victim.Has(c.practice.URI)
	c.own = c.victim.Publish("Lübeck: Server abschalten")
	there := c.honest.Has(c.own.URI)
	if err := c.honest.Posts.Favourite(t.Context(), c.honest.Author, there.ID); err != nil {
		t.Fatal(err)
	}
	if err := c.honest.Posts.Boost(t.Context(), c.honest.Author, there.ID); err != nil {
		t.Fatal(err)
	}
	c.victim.Eventually("reactions", func() string {
		if n := c.victim.Count(`SELECT (SELECT count(*) FROM favourites) + (SELECT count(*) FROM boosts)`); n != 2 {
			return fmt.Sprint(n)
		}
		return ""
	})
	ft.Settle(c.victim, c.honest, c.liar)
	return c
}

// id makes a fresh id on an instance.
func (c *crime) id(i *ft.Instance) string {
	c.n++
	return fmt.Sprintf("%s/forged/%d", i.Config.BaseURL, c.n)
}

type m = map[string]any

func (c *crime) note(id, author, text string) m {
	return m{
		"id": id, "type": "Note", "attributedTo": author, "content": text, "published": "2026-01-01T00:00:00Z",
		"to": []string{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []string{c.victim.Author.URI},
		"tag": []m{{"type": "Mention", "href": c.victim.Author.URI, "name": "@author"}},
	}
}

func (c *crime) activity(typ, id, actor string, object any) m {
	return m{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": typ, "actor": actor, "object": object,
		"to": []string{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []string{c.victim.Author.URI},
	}
}

func (c *crime) encode(v any) string {
	c.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

// TestForged: each row is a request that a liar with valid keys of its own can send; none changes anything.
func TestForged(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	honestAuthor, honestEditor, liarAuthor := c.honest.Author.URI, c.honest.Editor.URI, c.liar.Author.URI
	update := func(text string) m {
		o := c.note(c.practice.URI, honestEditor, text)
		o["type"], o["name"], o["updated"], o["vb:kind"], o["vb:revision"] = "Article", text, "2036-01-01T00:00:00Z", "BestPractice", 99
		return o
	}
	like, boost := "", ""
	if err := c.victim.DB.QueryRow(`SELECT (SELECT uri FROM favourites), (SELECT uri FROM boosts)`).Scan(&like, &boost); err != nil {
		t.Fatal(err)
	}
	fake := c.id(c.liar)
	path := strings.TrimPrefix(fake, c.liar.Config.BaseURL)
	c.liar.Extra.Store(path, c.encode(c.note(fake, honestAuthor, "untergeschoben")))
	unasked := c.id(c.liar)
	unaskedPath := strings.TrimPrefix(unasked, c.liar.Config.BaseURL)
	c.liar.Extra.Store(unaskedPath, c.encode(c.note(unasked, liarAuthor, "nicht gefragt")))

	tests := map[string]struct {
		body   any
		signer account.Account // zero: the liar's author
		status int
	}{
		"create: object of another host embedded":    {body: c.activity("Create", c.id(c.liar), liarAuthor, c.note(c.id(c.honest), honestAuthor, "gelogen")), status: 202},
		"create: id of another host":                 {body: c.activity("Create", c.id(c.honest), liarAuthor, c.note(c.id(c.liar), liarAuthor, "gelogen")), status: 403},
		"create: own object of a foreign author":     {body: c.activity("Create", c.id(c.liar), liarAuthor, c.note(c.id(c.liar), honestAuthor, "gelogen")), status: 202},
		"create: own object of a neighbour":          {body: c.activity("Create", c.id(c.liar), liarAuthor, c.note(c.id(c.liar), c.liar.Editor.URI, "gelogen")), status: 202},
		"create: fetched object of a foreign author": {body: c.activity("Create", c.id(c.liar), liarAuthor, fake), status: 202},
		"create: object at the victim":               {body: c.activity("Create", c.id(c.liar), liarAuthor, c.note(c.id(c.victim), liarAuthor, "gelogen")), status: 202},
		"update: object of another host":             {body: c.activity("Update", c.id(c.liar), liarAuthor, update("überschrieben")), status: 202},
		"update: in the author's name, forwarded":    {body: c.activity("Update", c.id(c.honest), honestEditor, update("überschrieben")), status: 202},
		"update: actor of another host":              {body: c.activity("Update", c.id(c.liar), liarAuthor, m{"id": honestAuthor, "type": "Person", "inbox": liarAuthor + "/inbox"}), status: 202},
		"delete: object of another host":             {body: c.activity("Delete", c.id(c.liar), liarAuthor, c.practice.URI), status: 202},
		"delete: in the author's name, forwarded":    {body: c.activity("Delete", c.id(c.honest), honestEditor, m{"id": c.practice.URI, "type": "Tombstone"}), status: 202},
		"delete: actor of another host":              {body: c.activity("Delete", c.id(c.liar), liarAuthor, honestAuthor), status: 202},
		"delete: the victim's own post":              {body: c.activity("Delete", c.id(c.liar), liarAuthor, c.own.URI), status: 202},
		"delete: actor forwarded":                    {body: c.activity("Delete", c.id(c.honest), honestAuthor, honestAuthor), status: 202},
		"actor is not the owner of the key":          {body: c.activity("Like", c.id(c.liar), c.liar.Editor.URI, c.own.URI), status: 403},
		"actor of another host likes":                {body: c.activity("Like", c.id(c.honest), honestEditor, c.own.URI), status: 202},
		"in the victim's name":                       {body: c.activity("Like", c.id(c.victim), c.victim.Editor.URI, c.practice.URI), status: 403},
		"undo of another's like, embedded":           {body: c.activity("Undo", c.id(c.liar), liarAuthor, m{"id": like, "type": "Like", "actor": honestAuthor, "object": c.own.URI}), status: 202},
		"undo of another's like, by id":              {body: c.activity("Undo", c.id(c.liar), liarAuthor, like), status: 202},
		"undo of another's boost, relabelled as own": {body: c.activity("Undo", c.id(c.liar), liarAuthor, m{"id": boost, "type": "Announce", "actor": liarAuthor, "object": c.own.URI}), status: 202},
		"undo of another's follow":                   {body: c.activity("Undo", c.id(c.liar), liarAuthor, m{"id": c.id(c.honest), "type": "Follow", "actor": c.honest.Catalog().URI, "object": c.victim.Catalog().URI}), status: 202},
		"accept of a follow that asks someone else":  {body: c.activity("Accept", c.id(c.liar), liarAuthor, m{"id": c.id(c.victim), "type": "Follow", "actor": c.victim.Catalog().URI, "object": honestAuthor}), status: 202},
		"reject of a follow that asks someone else":  {body: c.activity("Reject", c.id(c.liar), liarAuthor, m{"id": c.id(c.victim), "type": "Follow", "actor": c.victim.Catalog().URI, "object": c.honest.Catalog().URI}), status: 202},
		"announce of a post that nobody asked for":   {body: c.activity("Announce", c.id(c.liar), liarAuthor, unasked), status: 202},
		"group's announce by a stranger, create":     {body: c.activity("Announce", c.id(c.liar), c.liar.Catalog().URI, c.activity("Create", c.id(c.liar), liarAuthor, c.note(unasked, liarAuthor, "x"))), signer: c.liar.Catalog(), status: 202},
		"group's announce by a stranger, update":     {body: c.activity("Announce", c.id(c.liar), c.liar.Catalog().URI, c.activity("Update", c.id(c.honest), honestEditor, update("überschrieben"))), signer: c.liar.Catalog(), status: 202},
		"group's announce by a stranger, delete":     {body: c.activity("Announce", c.id(c.liar), c.liar.Catalog().URI, c.activity("Delete", c.id(c.honest), honestEditor, c.practice.URI)), signer: c.liar.Catalog(), status: 202},
		"group's announce by a person":               {body: c.activity("Announce", c.id(c.liar), liarAuthor, c.activity("Delete", c.id(c.honest), honestEditor, c.practice.URI)), status: 202},
		"follow of nobody":                           {body: c.activity("Follow", c.id(c.liar), liarAuthor, c.victim.Config.BaseURL+"/u/nobody"), status: 202},
		"follow of a third instance's account":       {body: c.activity("Follow", c.id(c.liar), liarAuthor, honestAuthor), status: 202},
		"add to another's collection": {body: func() m {
			a := c.activity("Add", c.id(c.liar), liarAuthor, unasked)
			a["target"] = c.honest.Catalog().URI + "/collections/kuratiert"
			return a
		}(), status: 202},
		"unknown type":                 {body: c.activity("FeatureRequest", c.id(c.liar), liarAuthor, c.own.URI), status: 202},
		"known type without a handler": {body: c.activity("Offer", c.id(c.liar), liarAuthor, c.own.URI), status: 202},
		"like of a number":             {body: c.activity("Like", c.id(c.liar), liarAuthor, 7), status: 202},
		"create of nothing":            {body: c.activity("Create", c.id(c.liar), liarAuthor, nil), status: 202},
		"two actors":                   {body: c.activity("Like", c.id(c.liar), "", c.own.URI), status: 400},
		"no id":                        {body: c.activity("Like", "", liarAuthor, c.own.URI), status: 400},
		"a list":                       {body: []m{c.activity("Like", c.id(c.liar), liarAuthor, c.own.URI)}, status: 400},
		"linked data tricks":           {body: m{"@context": "https://www.w3.org/ns/activitystreams", "@graph": []m{c.activity("Like", c.id(c.liar), liarAuthor, c.own.URI)}, "id": c.id(c.liar), "type": "Like", "actor": liarAuthor, "object": c.own.URI}, status: 400},
	}
	before := c.victim.State(c.liar)
	for name, test := range tests {
		signer := test.signer
		if signer.ID == 0 {
			signer = c.liar.Author
		}
		if status := c.liar.Send(signer, ft.Letter{To: c.inbox, Body: c.encode(test.body)}); status != test.status {
			t.Errorf("%s: answered %d, want %d", name, status, test.status)
		}
	}
	c.victim.Settled()
	if diff := cmp.Diff(before, c.victim.State(c.liar)); diff != "" {
		t.Errorf("changed the database (-before +after):\n%s\n%s", diff, c.victim.Diary())
	}
	if _, asked := c.liar.Asked.Load(unaskedPath); asked {
		t.Error("a stranger made us fetch what he likes")
	}
	if n := c.victim.Count(`SELECT count(*) FROM inbox_activities WHERE actor_uri LIKE $1 AND (processed_at IS NULL OR outcome = 'applied')`, c.liar.Config.BaseURL+"%"); n != 0 {
		t.Errorf("%d of the liar's activities are open or applied\n%s", n, c.victim.Diary())
	}
}

// TestTampered: requests that are broken as requests leave no trace at all.
func TestTampered(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	like := func() string { return c.encode(c.activity("Like", c.id(c.liar), c.liar.Author.URI, c.own.URI)) }
	set := func(key, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(key, value) }
	}
	other := like()
	before := c.victim.State(c.liar)
	received := c.victim.Count(`SELECT count(*) FROM inbox_activities`)
	for name, test := range map[string]struct {
		letter ft.Letter
		status int
	}{
		"body changed after signing": {ft.Letter{Body: like(), Tamper: func(r *http.Request) {
			r.Body, r.ContentLength = http.NoBody, 0
			replaced, err := http.NewRequest(http.MethodPost, c.inbox, strings.NewReader(other))
			if err != nil {
				t.Fatal(err)
			}
			r.Body, r.ContentLength, r.GetBody = replaced.Body, replaced.ContentLength, nil
		}}, 401},
		"digest replaced too": {ft.Letter{Body: like(), Tamper: set("Digest", "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")}, 401},
		"no digest":           {ft.Letter{Body: like(), Tamper: func(r *http.Request) { r.Header.Del("Digest") }}, 401},
		"no signature":        {ft.Letter{Body: like(), Tamper: func(r *http.Request) { r.Header.Del("Signature") }}, 401},
		"another date":        {ft.Letter{Body: like(), Tamper: set("Date", "Mon, 02 Jan 2006 15:04:05 GMT")}, 401},
		"key of another": {ft.Letter{Body: like(), Tamper: func(r *http.Request) {
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), c.liar.Author.PublicKeyID, c.honest.Author.PublicKeyID, 1))
		}}, 401},
		"oversized":       {ft.Letter{Body: strings.Repeat(" ", 1<<20) + like()}, 413},
		"too deep":        {ft.Letter{Body: `{"id":"` + c.id(c.liar) + `","type":"Like","actor":"` + c.liar.Author.URI + `","object":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`}, 400},
		"no JSON":         {ft.Letter{Body: "<p>"}, 400},
		"plain JSON type": {ft.Letter{Body: like(), ContentType: "application/json"}, 415},
	} {
		test.letter.To = c.inbox
		if status := c.liar.Send(c.liar.Author, test.letter); status != test.status {
			t.Errorf("%s: answered %d, want %d", name, status, test.status)
		}
	}
	if status := c.liar.Send(c.liar.Author, ft.Letter{To: c.victim.Config.BaseURL + "/u/nobody/inbox", Body: like()}); status != 404 {
		t.Errorf("inbox of nobody answers %d", status)
	}
	c.victim.Settled()
	if diff := cmp.Diff(before, c.victim.State(c.liar)); diff != "" {
		t.Errorf("changed the database (-before +after):\n%s", diff)
	}
	if n := c.victim.Count(`SELECT count(*) FROM inbox_activities`); n != received {
		t.Errorf("%d broken requests were stored", n-received)
	}
}

// TestReplay: the same activity counts once, also after it was taken back.
func TestReplay(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	likeURI := c.id(c.liar)
	like := ft.Letter{To: c.inbox, Body: c.encode(c.activity("Like", likeURI, c.liar.Author.URI, c.own.URI))}
	undo := ft.Letter{To: c.inbox, Body: c.encode(c.activity("Undo", c.id(c.liar), c.liar.Author.URI, likeURI))}
	likes := func() int { return c.victim.Count(`SELECT favourites_count FROM posts WHERE id = $1`, c.own.ID) }
	send := func(l ft.Letter, want int) {
		t.Helper()
		if status := c.liar.Send(c.liar.Author, l); status != http.StatusAccepted {
			t.Errorf("answered %d", status)
		}
		c.victim.Settled()
		if n := likes(); n != want {
			t.Errorf("%d favourites, want %d\n%s", n, want, c.victim.Diary())
		}
	}
	send(like, 2)
	send(like, 2)
	send(undo, 1)
	send(like, 1)
	send(undo, 1)
	// By another inbox it is another copy, but not another favourite.
	like.To = c.victim.Author.URI + "/inbox"
	send(like, 1)
}

// TestBlocked: a blocked host is not heard, whatever form its actor takes.
func TestBlocked(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Like", c.id(c.liar), c.liar.Author.URI, c.own.URI))})
	c.victim.Settled()
	c.victim.DB.MustExec(`INSERT INTO domain_rules (domain, severity) VALUES ($1, 'suspend')`, c.liar.Config.Domain())
	before, received := c.victim.State(c.liar), c.victim.Count(`SELECT count(*) FROM inbox_activities`)
	for name, actor := range map[string]any{
		"id": c.liar.Author.URI, "object": m{"id": c.liar.Author.URI, "type": "Person"}, "list": []any{c.liar.Author.URI},
		"object that calls itself honest": m{"id": c.honest.Author.URI, "type": "Person"},
	} {
		a := c.activity("Create", c.id(c.liar), "", c.note(c.id(c.liar), c.liar.Author.URI, "trotzdem"))
		a["actor"] = actor
		if status := c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(a)}); status != http.StatusForbidden {
			t.Errorf("actor as %s: answered %d", name, status)
		}
	}
	c.victim.Settled()
	if diff := cmp.Diff(before, c.victim.State(c.liar)); diff != "" {
		t.Errorf("changed the database (-before +after):\n%s", diff)
	}
	if n := c.victim.Count(`SELECT count(*) FROM inbox_activities`); n != received {
		t.Errorf("%d were stored", n-received)
	}
}

// TestFollowedLiar: a group that we follow cannot say more than the origin confirms.
func TestFollowedLiar(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	c.victim.Follow(c.victim.Catalog(), c.liar, account.CatalogUsername)
	ft.Settle(c.victim, c.liar)
	group := c.liar.Catalog()
	missing := c.id(c.honest)
	altered := c.note(c.practice.URI, c.honest.Editor.URI, "überschrieben")
	altered["type"], altered["name"], altered["updated"] = "Article", "überschrieben", "2036-01-01T00:00:00Z"
	fake := c.id(c.liar)
	c.liar.Extra.Store(strings.TrimPrefix(fake, c.liar.Config.BaseURL), c.encode(c.note(fake, c.honest.Author.URI, "untergeschoben")))
	tests := map[string]any{
		"create that the origin does not know": c.activity("Create", c.id(c.honest), c.honest.Author.URI, c.note(missing, c.honest.Author.URI, "erfunden")),
		"update with other words":              c.activity("Update", c.id(c.honest), c.honest.Editor.URI, altered),
		"delete of what is still there":        c.activity("Delete", c.id(c.honest), c.honest.Editor.URI, c.practice.URI),
		"delete of the victim's post":          c.activity("Delete", c.id(c.victim), c.victim.Editor.URI, c.own.URI),
		"announce of an announce":              c.activity("Announce", c.id(c.liar), group.URI, c.activity("Create", c.id(c.liar), c.liar.Author.URI, fake)),
		"create of a foreign author":           c.activity("Create", c.id(c.liar), c.liar.Author.URI, c.note(fake, c.honest.Author.URI, "untergeschoben")),
		"undo of another's like":               c.activity("Undo", c.id(c.honest), c.honest.Author.URI, c.activity("Like", c.id(c.honest), c.honest.Author.URI, c.own.URI)),
		"like in another's name":               c.activity("Like", c.id(c.honest), c.honest.Editor.URI, c.own.URI),
		"the id of a forged note":              fake,
	}
	before := c.victim.State(c.liar)
	for name, inner := range tests {
		body := c.activity("Announce", c.id(c.liar), group.URI, inner)
		if status := c.liar.Send(group, ft.Letter{To: c.inbox, Body: c.encode(body)}); status != http.StatusAccepted {
			t.Errorf("%s: answered %d", name, status)
		}
	}
	c.victim.Settled()
	if diff := cmp.Diff(before, c.victim.State(c.liar)); diff != "" {
		t.Errorf("changed the database (-before +after):\n%s\n%s", diff, c.victim.Diary())
	}
}

// TestPendingFollow: nobody but the one who was asked answers a follow.
func TestPendingFollow(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	if err := c.honest.Accounts.UpdateProfile(t.Context(), c.honest.Author, c.honest.Author.ID, "Green-IT", "", true, "de"); err != nil {
		t.Fatal(err)
	}
	target := c.victim.Knows(c.honest, "author")
	f, err := c.victim.Follows.Follow(t.Context(), c.victim.Author, c.victim.Author.ID, target.ID)
	if err != nil {
		t.Fatal(err)
	}
	ft.Settle(c.victim, c.honest)
	state := func() string {
		now, err := c.victim.Follows.ByID(t.Context(), f.ID)
		if err != nil {
			t.Fatal(err)
		}
		return string(now.State)
	}
	if state() != "pending" {
		t.Fatalf("follow is %s", state())
	}
	embedded := func(object string) m {
		return m{"id": f.URI, "type": "Follow", "actor": c.victim.Author.URI, "object": object}
	}
	for name, body := range map[string]m{
		"by id":                   c.activity("Accept", c.id(c.liar), c.liar.Author.URI, f.URI),
		"embedded":                c.activity("Accept", c.id(c.liar), c.liar.Author.URI, embedded(target.URI)),
		"embedded, asked himself": c.activity("Accept", c.id(c.liar), c.liar.Author.URI, embedded(c.liar.Author.URI)),
		"forwarded":               c.activity("Accept", c.id(c.honest), target.URI, embedded(target.URI)),
	} {
		c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(body)})
		c.victim.Settled()
		if state() != "pending" {
			t.Errorf("%s: follow is %s", name, state())
		}
	}
}
