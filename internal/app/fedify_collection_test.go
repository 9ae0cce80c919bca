package app_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
)

// TestFedifyReadsCollection: software that knows nothing of ours finds a catalogue's collections from its actor, reads one page by
// page, and finds every entry at its origin, in the order of the editors.
func TestFedifyReadsCollection(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	house := startInstance(t, "quelle", organization.Organization{Name: "Land Schleswig-Holstein", ShortName: "Schleswig-Holstein", Level: organization.LevelLand, Region: "DE-SH"})
	kg := startInstance(t, "kurator", organization.Organization{Name: "Kooperationsgruppe Green-IT", ShortName: "KG Green-IT", Level: organization.LevelVerband, Curates: true})
	token := kg.member("redaktion", account.RoleEditor)
	editor, err := kg.Accounts.ByUsername(ctx, "redaktion")
	if err != nil {
		t.Fatal(err)
	}
	house.member("haus", account.RoleEditor)
	author, err := house.Accounts.ByUsername(ctx, "haus")
	if err != nil {
		t.Fatal(err)
	}
	kg.followInstance(house, token)

	const many = 28 // more than a page has
	var ids []int64
	var want []string
	for n := range many {
		i, by := house, author
		if n%7 == 3 {
			i, by = kg, editor
		}
		id, err := i.Practices.Publish(ctx, by, 0, draft(fmt.Sprintf("Praxisbeispiel %02d", n)))
		if err != nil {
			t.Fatal(err)
		}
		p, err := i.Posts.Get(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, p.URI)
	}
	for _, uri := range want {
		var there post.Post
		if err := until(func() (err error) {
			if there, err = kg.Posts.Find(ctx, uri); err != nil {
				return err
			}
			return kg.Curation.Accept(ctx, editor, there.ID)
		}); err != nil {
			t.Fatalf("%s on the desk: %v", uri, err)
		}
		ids = append(ids, there.ID)
	}
	id, err := kg.Curation.CreateCollection(ctx, editor, curation.CollectionDraft{Name: "Rechenzentren", Introduction: "Was sich bewährt hat."})
	if err == nil {
		err = kg.Curation.AddEntries(ctx, editor, id, ids, 0)
	}
	if err == nil {
		err = kg.Curation.PublishCollection(ctx, editor, id)
	}
	if err != nil {
		t.Fatal(err)
	}

	catalog, err := kg.Accounts.Catalog(ctx)
	if err != nil {
		t.Fatal(err)
	}
	type entry struct{ ID, Found, Type, Title string }
	var read struct {
		Type, Name, By string
		Total          int
		Pages          []struct{ ID, Of string }
		Entries        []entry
	}
	collection := catalog.URI + "/collections/" + strconv.FormatInt(id, 10)
	if err := startFedify(t, cavage).order("walk", args{"id": collection}, &read); err != nil {
		t.Fatal(err)
	}
	if read.Type != "OrderedCollection" || read.Name != "Rechenzentren" || read.By != catalog.URI || read.Total != many || len(read.Pages) != 2 {
		t.Errorf("read as %+v", read)
	}
	for _, page := range read.Pages {
		if page.Of != collection || !strings.HasPrefix(page.ID, collection+"?") {
			t.Errorf("page %+v", page)
		}
	}
	var entries []entry
	for n, uri := range want {
		entries = append(entries, entry{uri, uri, "Article", fmt.Sprintf("Praxisbeispiel %02d", n)})
	}
	if diff := cmp.Diff(entries, read.Entries); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}
