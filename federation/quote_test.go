package federation_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/federation/vocab"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/quote"
)

// quoteOf is what a post on an instance quotes.
func quoteOf(t *testing.T, i *ft.Instance, p post.Post) quote.View {
	t.Helper()
	quotes, err := i.Quotes.ByPosts(t.Context(), post.Viewer{}, []int64{p.ID})
	if err != nil {
		t.Fatal(err)
	}
	return quotes[p.ID]
}

// quoting publishes a post of an instance's author that quotes another.
func quoting(t *testing.T, i *ft.Instance, quoted post.Post, text string) post.Post {
	t.Helper()
	part, err := i.Quotes.Of(t.Context(), i.Author, quoted.ID)
	if err != nil {
		t.Fatal(err)
	}
	p, err := i.Posts.Create(t.Context(), i.Author, post.Draft{Untitled: true, Source: text, Visibility: post.Public, Language: "de", Parts: []post.Part{part}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestQuote: who quotes asks and gets a stamp; a third instance looks it up; taken back, the quote is gone everywhere.
func TestQuote(t *testing.T) {
	t.Parallel()
	a, b, c := ft.Start(t, "a"), ft.Start(t, "b"), ft.Start(t, "c")
	b.Follow(b.Editor, a, "author")
	c.Follow(c.Editor, b, "author")
	original := a.Say(nil, "Kiel: Wer misst?", "Was messen Sie, und wie?")
	there := b.Has(original.URI)
	p := quoting(t, b, there, "Das sollten alle lesen.")

	b.Eventually("leave", func() string { return differs(quoteOf(t, b, p).State, quote.Accepted) })
	got := quoteOf(t, b, p)
	if got.Quoted == nil || got.Quoted.Post.ID != there.ID || !strings.HasPrefix(got.AuthorizationURI, a.Config.BaseURL+"/authorizations/") {
		t.Fatalf("b shows %+v", got)
	}
	stampPath := strings.TrimPrefix(got.AuthorizationURI, a.Config.BaseURL)
	status, _, stamp := a.Get(stampPath, vocab.MediaType)
	if status != http.StatusOK || stamp["type"] != "QuoteAuthorization" || stamp["attributedTo"] != a.Author.URI || stamp["interactingObject"] != p.URI || stamp["interactionTarget"] != original.URI {
		t.Errorf("the stamp is answered %d %v", status, stamp)
	}
	_, _, doc := b.Get(strings.TrimPrefix(p.URI, b.Config.BaseURL), vocab.MediaType)
	if doc["quote"] != original.URI || doc["quoteUri"] != original.URI || doc["quoteAuthorization"] != got.AuthorizationURI || !strings.Contains(doc["content"].(string), `class="quote-inline"`) {
		t.Errorf("the document says quote %v, stamp %v, content %v", doc["quote"], doc["quoteAuthorization"], doc["content"])
	}

	// The author's instance knows the quote without asking itself; a third one asks.
	for _, i := range []*ft.Instance{a, c} {
		arrived := i.Has(p.URI)
		i.Eventually("verified", func() string { return differs(quoteOf(t, i, arrived).State, quote.Accepted) })
		if q := quoteOf(t, i, arrived); q.Quoted == nil || q.Quoted.Post.URI != original.URI || strings.Contains(arrived.HTML, "RE:") {
			t.Errorf("%s shows %+v, text %s", i.Name, q, arrived.HTML)
		}
		if arrived.EditedAt != nil {
			t.Errorf("%s: the leave made it an edited post", i.Name)
		}
	}

	if err := a.Quotes.Revoke(t.Context(), a.Editor, a.Has(p.URI).ID); err == nil {
		t.Error("somebody else took the leave back")
	}
	if err := a.Quotes.Revoke(t.Context(), a.Author, a.Has(p.URI).ID); err != nil {
		t.Fatal(err)
	}
	for _, i := range []*ft.Instance{a, b, c} {
		i.Eventually("revoked", func() string {
			if q := quoteOf(t, i, i.Has(p.URI)); q.Quoted != nil {
				return fmt.Sprintf("%s still shows it: %s", i.Name, q.State)
			}
			return ""
		})
	}
	if status, _, _ := a.Get(stampPath, vocab.MediaType); status != http.StatusGone {
		t.Errorf("the stamp taken back is answered %d", status)
	}
	// Asking again does not help.
	r, err := a.DB.ExecContext(t.Context(), `UPDATE quote_requests SET state = state`)
	if n, _ := r.RowsAffected(); err != nil || n != 1 {
		t.Errorf("%d requests, %v", n, err)
	}
	author, err := a.Accounts.ByURI(t.Context(), b.Author.URI)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Quotes.Ask(t.Context(), author, p.URI+"#quote-request", original.URI, p.URI); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := a.Get(stampPath, vocab.MediaType); status != http.StatusGone {
		t.Errorf("asked again, the stamp is answered %d", status)
	}
}

// TestQuoteRefused: whom the author blocks gets no leave, and what not everyone may see none either.
func TestQuoteRefused(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.Follow(b.Editor, a, "author")
	original := a.Say(nil, "Wer misst?", "Und wie?")
	there := b.Has(original.URI)
	quoter := a.Knows(b, "author")
	if _, err := a.DB.ExecContext(t.Context(), `INSERT INTO blocks (id, account_id, target_id, uri) VALUES (1, $1, $2, 'x')`, a.Author.ID, quoter.ID); err != nil {
		if _, err := a.DB.ExecContext(t.Context(), `INSERT INTO blocks (id, account_id, target_id) VALUES (1, $1, $2)`, a.Author.ID, quoter.ID); err != nil {
			t.Fatal(err)
		}
	}
	p := quoting(t, b, there, "Seht her.")
	b.Eventually("refusal", func() string { return differs(quoteOf(t, b, p).State, quote.Rejected) })
	if q := quoteOf(t, b, p); q.Quoted != nil {
		t.Error("it is shown all the same")
	}
	hidden, err := b.Posts.Create(t.Context(), b.Author, post.Draft{Untitled: true, Source: "Nur für Folgende", Visibility: post.Followers, Language: "de"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Quotes.Of(t.Context(), b.Author, hidden.ID); err == nil {
		t.Error("a post for followers can be quoted")
	}
}

// TestQuoteAtHome: oneself and one's neighbours are quoted without asking over the wire; what is withdrawn is not shown.
func TestQuoteAtHome(t *testing.T) {
	t.Parallel()
	a := ft.Start(t, "a")
	original := a.Say(nil, "Wer misst?", "Und wie?")
	own := quoting(t, a, original, "Nachtrag dazu")
	if q := quoteOf(t, a, own); q.State != quote.Accepted || q.Quoted == nil || q.AuthorizationURI != "" {
		t.Errorf("one's own quote is %+v", q)
	}
	part, err := a.Quotes.Of(t.Context(), a.Editor, original.ID)
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.Posts.Create(t.Context(), a.Editor, post.Draft{Untitled: true, Source: "Lesenswert", Visibility: post.Public, Language: "de", Parts: []post.Part{part}})
	if err != nil {
		t.Fatal(err)
	}
	q := quoteOf(t, a, p)
	if status, _, _ := a.Get(strings.TrimPrefix(q.AuthorizationURI, a.Config.BaseURL), vocab.MediaType); q.State != quote.Accepted || q.Quoted == nil || status != http.StatusOK {
		t.Errorf("a neighbour's quote is %+v, its stamp answered %d", q, status)
	}
	if err := a.Posts.Delete(t.Context(), a.Author, original.ID); err != nil {
		t.Fatal(err)
	}
	if got := quoteOf(t, a, p); got.Quoted != nil {
		t.Error("a withdrawn post is shown in a quote")
	}
	if status, _, _ := a.Get(strings.TrimPrefix(q.AuthorizationURI, a.Config.BaseURL), vocab.MediaType); status != http.StatusGone {
		t.Errorf("the stamp of a withdrawn post is answered %d", status)
	}
}

// TestFalseStamps: a stamp that its own host does not serve, that is for another post, or by another author, allows nothing; neither
// does none at all. An Accept without a stamp that holds is none.
func TestFalseStamps(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	base := c.liar.Config.BaseURL
	target := c.practice.URI
	honestAuthor := c.honest.Author.URI
	serve := func(i *ft.Instance, path string, doc m) string {
		doc["@context"] = "https://www.w3.org/ns/activitystreams"
		doc["id"] = i.Config.BaseURL + path
		i.Extra.Store(path, c.encode(doc))
		return i.Config.BaseURL + path
	}
	quoted := c.victim.Has(target)
	authorOfTarget := ""
	if err := c.victim.DB.QueryRow(`SELECT uri FROM accounts WHERE id = $1`, quoted.AccountID).Scan(&authorOfTarget); err != nil {
		t.Fatal(err)
	}
	for name, stamp := range map[string]func(id string) string{
		"none": func(string) string { return "" },
		"of the liar's host": func(id string) string {
			return serve(c.liar, "/stamps/1", m{"type": "QuoteAuthorization", "attributedTo": authorOfTarget, "interactingObject": id, "interactionTarget": target})
		},
		"for another post": func(string) string {
			return serve(c.honest, "/stamps/2", m{"type": "QuoteAuthorization", "attributedTo": authorOfTarget, "interactingObject": base + "/notes/other", "interactionTarget": target})
		},
		"by another author": func(id string) string {
			return serve(c.honest, "/stamps/3", m{"type": "QuoteAuthorization", "attributedTo": honestAuthor + "-other", "interactingObject": id, "interactionTarget": target})
		},
		"that is none": func(id string) string {
			return serve(c.honest, "/stamps/4", m{"type": "Note", "attributedTo": authorOfTarget, "interactingObject": id, "interactionTarget": target})
		},
		"of another of the author's posts": func(id string) string {
			return serve(c.honest, "/stamps/5", m{"type": "QuoteAuthorization", "attributedTo": authorOfTarget, "interactingObject": id, "interactionTarget": target + "0"})
		},
		"that is not there": func(string) string { return c.honest.Config.BaseURL + "/stamps/6" },
	} {
		id := c.id(c.liar)
		note := c.note(id, c.liar.Author.URI, "<p>Seht her</p>")
		note["quote"], note["quoteAuthorization"] = target, stamp(id)
		if status := c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Create", c.id(c.liar), c.liar.Author.URI, note))}); status != http.StatusAccepted {
			t.Errorf("%s: answered %d", name, status)
		}
		arrived := c.victim.Has(id)
		ft.Settle(c.victim)
		if q := quoteOf(t, c.victim, arrived); q.State == quote.Accepted || q.Quoted != nil {
			t.Errorf("a stamp %s: the quote is %s", name, q.State)
		}
	}
	// The control: a good stamp is one.
	id := c.id(c.liar)
	note := c.note(id, c.liar.Author.URI, "<p>Mit Erlaubnis</p>")
	note["quote"] = target
	note["quoteAuthorization"] = serve(c.honest, "/stamps/9", m{"type": "QuoteAuthorization", "attributedTo": authorOfTarget, "interactingObject": id, "interactionTarget": target})
	c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Create", c.id(c.liar), c.liar.Author.URI, note))})
	arrived := c.victim.Has(id)
	c.victim.Eventually("good stamp", func() string { return differs(quoteOf(t, c.victim, arrived).State, quote.Accepted) })

	// Nobody but the quoted author takes it back.
	c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Delete", c.id(c.liar), c.liar.Author.URI, note["quoteAuthorization"]))})
	c.honest.Send(c.honest.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Delete", c.id(c.honest), honestAuthor, note["quoteAuthorization"]))})
	// Nor does anybody answer in the author's name.
	own := quoting(t, c.victim, quoted, "Wir zitieren")
	c.victim.Eventually("asked", func() string {
		return differs(c.victim.Count(`SELECT count(*) FROM activities WHERE type = 'QuoteRequest'`), 1)
	})
	for _, typ := range []string{"Accept", "Reject"} {
		body := c.activity(typ, c.id(c.liar), c.liar.Author.URI, own.URI+"#quote-request")
		body["result"] = base + "/stamps/1"
		c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(body)})
	}
	ft.Settle(c.victim)
	if q := quoteOf(t, c.victim, arrived); q.State != quote.Accepted {
		t.Errorf("a stranger made the quote %s", q.State)
	}
	c.victim.Eventually("the true answer", func() string { return differs(quoteOf(t, c.victim, own).State, quote.Accepted) })
	if q := quoteOf(t, c.victim, own); !strings.HasPrefix(q.AuthorizationURI, c.honest.Config.BaseURL) {
		t.Errorf("the stamp is %s", q.AuthorizationURI)
	}
}
