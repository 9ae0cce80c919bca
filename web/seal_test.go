package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/post"
)

// TestSeals: cards and pages say who curated a practice, and that it has changed since; our own house only while it curates.
func TestSeals(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	ctx := t.Context()
	id := in.publish("editor", nil)
	card := func() string { return in.get("/praxisbeispiele", "").Find(".card .mark").Text() }
	page := func() string {
		return strings.Join(strings.Fields(in.get(practiceURL(id), "").Find(".curation").Text()), " ")
	}
	if card() != "" || page() != "" {
		t.Errorf("nobody curated it: %q, %q", card(), page())
	}
	must(t, in.Curation.Accept(ctx, in.people["editor"], id))
	if card() != "Kuratiert" || page() != "Von KG Green-IT kuratiert" {
		t.Errorf("our own seal: %q, %q", card(), page())
	}
	o, err := in.Organizations.Get(ctx)
	must(t, err)
	o.Curates = false
	must(t, in.Organizations.Save(ctx, o))
	if card() != "" || page() != "" {
		t.Errorf("who ceases to curate still has a seal: %q, %q", card(), page())
	}

	// A catalogue elsewhere, which our own follows.
	catalog, err := in.Accounts.Catalog(ctx)
	must(t, err)
	other := in.stranger(t, "praxis", "hh.example")
	_, err = in.db.Exec(`UPDATE accounts SET kind = 'group', display_name = 'Katalog <Hamburg>' WHERE id = $1`, other.ID)
	must(t, err)
	_, err = in.Follows.Follow(ctx, in.people["editor"], catalog.ID, other.ID)
	must(t, err)
	must(t, in.Follows.ReceiveAnswer(ctx, other.ID, "", catalog.URI, true))
	_, ok, err := in.Curation.Watched(ctx, other.ID)
	must(t, err)
	if !ok {
		t.Fatal("a catalogue that ours follows is not watched")
	}
	p, err := in.Posts.Get(ctx, id)
	must(t, err)
	for _, slug := range []string{curation.Curated, curation.Featured} {
		must(t, in.Curation.ReceiveCollection(ctx, other.ID, curation.Kept{Slug: slug, URI: other.URI + "/" + slug}, []curation.Item{{PostURI: p.URI, Revision: 1}}))
	}
	if card() != "Hervorgehoben" || page() != "Von Katalog <Hamburg> kuratiert (praxis@hh.example), hervorgehoben" {
		t.Errorf("seal of another catalogue: %q, %q", card(), page())
	}
	_, err = in.db.Exec(`UPDATE practices SET revision = 2 WHERE post_id = $1`, id)
	must(t, err)
	if want := "seit der Kuratierung geändert"; !strings.Contains(page(), want) {
		t.Errorf("%q does not say %q", page(), want)
	}
	must(t, in.Curation.DropCollection(ctx, other.ID, curation.Curated))
	if card() != "" || page() != "" {
		t.Errorf("what is not curated is still featured: %q, %q", card(), page())
	}

	// Without a follow of the house, no seal.
	must(t, in.Curation.ReceiveCollection(ctx, other.ID, curation.Kept{Slug: curation.Curated, URI: other.URI + "/kuratiert"}, []curation.Item{{PostURI: p.URI}}))
	must(t, in.Curation.DropCollection(ctx, other.ID, curation.Featured))
	if card() != "Kuratiert" {
		t.Errorf("seal: %q", card())
	}
	// Nor of one with which we do not federate, followed or not.
	_, err = in.db.Exec(`INSERT INTO domain_rules (domain, severity) VALUES ('hh.example', 'suspend')`)
	must(t, err)
	if card() != "" || page() != "" {
		t.Errorf("seal of a suspended domain: %q, %q", card(), page())
	}
	_, err = in.db.Exec(`DELETE FROM domain_rules`)
	must(t, err)
	if card() != "Kuratiert" {
		t.Errorf("seal: %q", card())
	}
	must(t, in.Follows.Unfollow(ctx, in.people["editor"], catalog.ID, other.ID))
	if _, err := in.Curation.Due(ctx, time.Now(), 10); err != nil || card() != "" {
		t.Errorf("seal of somebody whom nobody follows: %q, %v", card(), err)
	}
}

// TestThreadOpened: whoever opens a discussion or a practice has its thread completed; the page does not wait.
func TestThreadOpened(t *testing.T) {
	t.Parallel()
	in := newCurator(t)
	var opened []int64
	in.ThreadOpened = func(_ context.Context, p post.Post) { opened = append(opened, p.ID) }
	in.serve(t)
	practice := in.publish("editor", nil)
	talk := in.discussion(t, "member", "Wer misst?", "Und wie?")
	in.get(practiceURL(practice), "")
	in.get(discussionURL(talk.ID), "")
	in.get("/praxisbeispiele", "")
	if len(opened) != 2 || opened[0] != practice || opened[1] != talk.ID {
		t.Errorf("opened %v, want %d and %d", opened, practice, talk.ID)
	}
}
