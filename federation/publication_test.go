package federation_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/db"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/publication"
)

// published says what an instance knows of a publication.
func published(i *ft.Instance, uri string) string {
	i.T.Helper()
	p, err := i.Posts.Find(i.T.Context(), uri)
	if err != nil {
		return err.Error()
	}
	v, err := i.Publications.ByID(i.T.Context(), post.Viewer{}, p.ID)
	if err != nil {
		return err.Error()
	}
	said := fmt.Sprintf("%s %s %s %s %d: %s %s", v.Author.Username, v.Publication.Kind, v.Publication.Type, v.Publication.Version, v.Publication.Revision, v.Post.Title, v.Post.HTML)
	for _, e := range v.Publication.Entries {
		said += fmt.Sprintf(" [%s %d %s]", e.URI, e.Revision, e.Chapter)
	}
	for _, f := range v.Publication.Files {
		said += fmt.Sprintf(" (%s %s %d)", f.Name, f.MediaType, f.Bytes)
	}
	return said
}

func wantPublished(i *ft.Instance, uri, want string) {
	i.T.Helper()
	i.Eventually("publication", func() string { return cmp.Diff(want, published(i, uri)) })
}

// A document is published, changed and withdrawn at one instance, and so it is at those that follow it, with every version.
func TestDocumentCrossesInstances(t *testing.T) {
	t.Parallel()
	origin, reader := ft.Start(t, "origin"), ft.Start(t, "reader")
	reader.FollowInstance(origin)
	ctx := t.Context()
	text := publication.Text{
		Title: "Leitfaden: Abwärme", Summary: "Wie ein Rechenzentrum ein Wärmenetz speist.", Source: "Es ist **warm**: sehr.", Language: "de", Type: "guide", Version: "1.0",
	}
	publish := func(w publication.Work, err error) post.Post {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		id, err := origin.Publications.Publish(ctx, origin.Editor, w.ID, w.Version)
		if err != nil {
			t.Fatal(err)
		}
		p, err := origin.Posts.Get(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := publish(origin.Publications.Save(ctx, origin.Editor, 0, 0, text))
	wantPublished(reader, p.URI, "praxis Document guide 1.0 1: Leitfaden: Abwärme <p>Es ist <strong>warm</strong>: sehr.</p>\n")
	status, _, doc := origin.Get(strings.TrimPrefix(p.URI, origin.Config.BaseURL), "application/activity+json")
	if status != http.StatusOK || doc["type"] != "Article" || doc["vb:kind"] != "Document" || doc["attributedTo"] != origin.Catalog().URI {
		t.Errorf("fetched: %d %v", status, doc)
	}
	if status, header, _ := origin.Get("/handreichungen/"+fmt.Sprint(p.ID), "application/activity+json"); status != http.StatusSeeOther || header.Get("Location") != p.URI {
		t.Errorf("its page leads to %d %q", status, header.Get("Location"))
	}
	status, _, outbox := origin.Get("/g/"+account.CatalogUsername+"/outbox?page=true", "application/activity+json")
	if status != http.StatusOK || !strings.Contains(fmt.Sprint(outbox["orderedItems"]), p.URI+"/activity") {
		t.Errorf("the catalogue's outbox: %d %v", status, outbox["orderedItems"])
	}

	w, err := origin.Publications.Change(ctx, origin.Editor, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	text.Version, text.Source, text.Type = "1.1", "Es ist **kalt**.", "strategy"
	publish(origin.Publications.Save(ctx, origin.Editor, w.ID, w.Version, text))
	wantPublished(reader, p.URI, "praxis Document strategy 1.1 2: Leitfaden: Abwärme <p>Es ist <strong>kalt</strong>.</p>\n")
	there := reader.Has(p.URI)
	revisions, err := reader.Posts.Revisions(ctx, post.Viewer{}, there.ID)
	if err != nil {
		t.Fatal(err)
	}
	var versions []string
	for _, r := range revisions {
		of, err := publication.Detail(r)
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, fmt.Sprintf("%d %s %s", r.Revision, of.Version, r.HTML))
	}
	if diff := cmp.Diff([]string{"2 1.1 <p>Es ist <strong>kalt</strong>.</p>\n", "1 1.0 <p>Es ist <strong>warm</strong>: sehr.</p>\n"}, versions); diff != "" {
		t.Errorf("versions at the reader (-want +got)\n%s", diff)
	}
	if n := reader.Count(`SELECT count(*) FROM practices WHERE post_id = $1`, there.ID); n != 0 {
		t.Error("the reader takes a document for a practice")
	}

	if err := origin.Publications.Withdraw(ctx, origin.Editor, p.ID); err != nil {
		t.Fatal(err)
	}
	reader.Eventually("withdrawal", func() string {
		if n := reader.Count(`SELECT count(*) FROM publications`); n != 0 || reader.Has(p.URI).State != post.StateWithdrawn {
			return "still there"
		}
		return ""
	})
	if n := reader.Count(`SELECT count(*) FROM revisions WHERE post_id = $1 AND html <> ''`, there.ID); n != 0 {
		t.Error("the reader keeps the words of what was withdrawn")
	}
}

// An edition names what it contains, and its page answers ActivityPub too.
func TestEditionIsAnnounced(t *testing.T) {
	t.Parallel()
	origin, reader := ft.Start(t, "origin"), ft.Start(t, "reader")
	reader.FollowInstance(origin)
	practice := origin.Publish("Kiel: Abwärme nutzen")
	reader.Has(practice.URI)
	var p post.Post
	err := db.InTx(t.Context(), origin.DB, func(tx *sqlx.Tx) (err error) {
		p, err = origin.Publications.PublishIn(t.Context(), tx, origin.Catalog(), publication.Draft{
			Kind: publication.Edition, Version: "2026-1", Title: "Best-Practice-Papier 2026-1", Summary: "Was sich bewährt hat.", Source: "Das Papier.", Page: "/papier/2026-1",
			Checksum: strings.Repeat("ab", 32), Entries: []publication.Entry{{URI: practice.URI, Revision: 1, Chapter: "Rechenzentrum"}},
			Files: []publication.File{{URL: origin.Config.BaseURL + "/papier/2026-1.pdf", MediaType: "application/pdf", Name: "PDF", Bytes: 7}},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	wantPublished(reader, p.URI, "praxis Edition  2026-1 1: Best-Practice-Papier 2026-1 <p>Das Papier.</p>\n ["+practice.URI+" 1 Rechenzentrum] (PDF application/pdf 7)")
	if there := reader.Has(p.URI); there.URL != origin.Config.BaseURL+"/papier/2026-1" {
		t.Errorf("its page is %q", there.URL)
	}
	if status, header, _ := origin.Get("/papier/2026-1", "application/activity+json"); status != http.StatusSeeOther || header.Get("Location") != p.URI {
		t.Errorf("its page leads to %d %q", status, header.Get("Location"))
	}
}

// liar's letters about publications: of others, by persons, with files of others.
func TestForgedPublications(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	c.victim.FollowInstance(c.liar)
	group := c.liar.Catalog()
	send := func(signer account.Account, typ string, change func(m)) string {
		t.Helper()
		o := c.note(c.id(c.liar), signer.URI, "<p>Gelogen</p>")
		o["type"], o["name"], o["vb:kind"], o["vb:version"], o["vb:revision"] = "Article", "Strategie", "Document", "1", 1
		change(o)
		c.liar.Send(signer, ft.Letter{To: c.inbox, Body: c.encode(c.activity(typ, c.id(c.liar), signer.URI, o))})
		ft.Settle(c.victim)
		return fmt.Sprint(o["id"])
	}
	c.unchanged("a publication of another's catalogue", func() {
		send(group, "Create", func(o m) { o["attributedTo"] = c.honest.Catalog().URI })
	})
	c.unchanged("a publication under another's id", func() {
		send(group, "Create", func(o m) { o["id"] = c.honest.Config.BaseURL + "/publications/1" })
	})
	// RULE: only an instance publishes. A person's document is an article of theirs, and nothing in our list.
	person := send(c.liar.Author, "Create", func(m) {})
	if p := c.victim.Has(person); p.Role != "" || p.Publication() {
		t.Errorf("a person publishes: %+v", p)
	}
	if n := c.victim.Count(`SELECT count(*) FROM publications`); n != 0 {
		t.Errorf("%d publications", n)
	}
	own := send(group, "Create", func(o m) {
		o["attachment"] = []m{{"type": "Document", "url": c.honest.Config.BaseURL + "/a.pdf", "name": "Fremd"}, {"type": "Document", "url": c.liar.Config.BaseURL + "/b.pdf", "name": "Eigen"}}
		o["vb:documentType"] = "gospel"
	})
	wantPublished(c.victim, own, "praxis Document other 1 1: Strategie <p>Gelogen</p> (Eigen  0)")
	// An edit can make a plain article of it again.
	send(group, "Update", func(o m) {
		o["id"], o["updated"] = own, time.Now().UTC().Format(time.RFC3339)
		delete(o, "vb:kind")
	})
	if p := c.victim.Has(own); p.Role != "" || c.victim.Count(`SELECT count(*) FROM publications`) != 0 {
		t.Errorf("it is still a publication: %+v", p)
	}
}
