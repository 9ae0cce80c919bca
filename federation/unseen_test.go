package federation_test

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/peer"
	"github.com/vorbild/vorbild/internal/post"
)

// toldOf is what an instance told of a practice and its own collections, oldest first: what, of which collection, and the terms that
// go with it.
func toldOf(i *ft.Instance, uri string) []string {
	i.T.Helper()
	var bodies [][]byte
	if err := i.DB.SelectContext(i.T.Context(), &bodies, `SELECT body FROM activities WHERE type IN ('Add', 'Remove') AND object_uri = $1 ORDER BY id`, uri); err != nil {
		i.T.Fatal(err)
	}
	told := []string{}
	for _, body := range bodies {
		var a struct {
			Type, Target string
			Cc           []string
			Revision     int    `json:"vb:revisionAccepted"`
			Chapter      string `json:"vb:chapter"`
			Withdrawn    bool   `json:"vb:withdrawn"`
		}
		if err := json.Unmarshal(body, &a); err != nil {
			i.T.Fatal(err)
		}
		line := a.Type
		switch slug := path.Base(a.Target); slug {
		case curation.Curated, curation.Featured:
			line += " " + slug
		default:
			line += " named"
		}
		if a.Revision > 0 {
			line += fmt.Sprintf(" %d", a.Revision)
		}
		if a.Chapter != "" {
			line += " in " + a.Chapter
		}
		if a.Withdrawn {
			line += " withdrawn"
		}
		if len(a.Cc) > 1 {
			line += ", to its author"
		}
		told = append(told, line)
	}
	return told
}

func wantTold(i *ft.Instance, uri string, want ...string) {
	i.T.Helper()
	i.Eventually("told of "+uri, func() string {
		got := toldOf(i, uri)
		slices.Sort(got)
		slices.Sort(want)
		return cmp.Diff(want, got)
	})
}

// desk is a curating instance with one practice of house's that it accepted, put in front and took into a named collection; reader
// follows kg only.
func desk(t *testing.T) (house, kg, reader *ft.Instance, there post.Post) {
	t.Helper()
	ctx := t.Context()
	house, kg, reader = ft.Start(t, "house"), ft.Start(t, "kg"), ft.Start(t, "reader")
	curates(t, house, false)
	curates(t, reader, false)
	p := house.Publish("Kiel: Abwärme")
	ft.Settle(house)
	kg.FollowInstance(house)
	reader.FollowInstance(kg)
	there = accepts(t, kg, p)
	must(t, kg.Curation.Feature(ctx, kg.Editor, there.ID, true))
	must(t, kg.Curation.PublishCollection(ctx, kg.Editor, arranges(t, kg, "Gut", []string{"Wärme"}, there)))
	ft.Settle(house, kg, reader)
	reads(t, reader)
	shelved(t, reader, kg, "gut", "Wärme: Kiel: Abwärme")
	sealed(t, reader, there.URI, "praxis@"+kg.Config.Domain()+" *")
	return house, kg, reader, there
}

// kept is what reader keeps of a practice in kg's collections, as slug and revision.
func kept(i *ft.Instance, uri string) (list []string) {
	i.T.Helper()
	if err := i.DB.SelectContext(i.T.Context(), &list, `SELECT slug || ' ' || revision || CASE WHEN withdrawn THEN ' withdrawn' ELSE '' END
		FROM curated_items WHERE post_uri = $1 ORDER BY slug`, uri); err != nil {
		i.T.Fatal(err)
	}
	return list
}

func wantKept(i *ft.Instance, uri string, want ...string) {
	i.T.Helper()
	i.Eventually("kept of "+uri, func() string { return cmp.Diff(want, kept(i, uri)) })
}

// Accepting another version is told of every collection that holds the practice, so that whoever follows them knows it at once.
func TestAcceptedAnewIsToldEverywhere(t *testing.T) {
	t.Parallel()
	house, kg, reader, there := desk(t)
	first := []string{"Add kuratiert 1, to its author", "Add hervorgehoben 1, to its author"}
	if diff := cmp.Diff(first, toldOf(kg, there.URI)); diff != "" { // the named one was told as a whole
		t.Errorf("told (-want +got):\n%s", diff)
	}
	wantKept(reader, there.URI, "gut 1", "hervorgehoben 1", "kuratiert 1")
	if _, err := house.Practices.Publish(t.Context(), house.Editor, house.Has(there.URI).ID, house.Sample("Kiel: mehr Abwärme")); err != nil {
		t.Fatal(err)
	}
	ft.Settle(house, kg, reader)
	must(t, kg.Curation.Accept(t.Context(), kg.Editor, there.ID))
	wantTold(kg, there.URI, append(first, "Add kuratiert 2, to its author", "Add hervorgehoben 2, to its author", "Add named 2 in Wärme, to its author")...)
	wantKept(reader, there.URI, "gut 2", "hervorgehoben 2", "kuratiert 2") // nobody let an hour pass
	must(t, kg.Curation.Decline(t.Context(), kg.Editor, there.ID, "Es ist überholt."))
	wantTold(kg, there.URI, append(first, "Add kuratiert 2, to its author", "Add hervorgehoben 2, to its author", "Add named 2 in Wärme, to its author",
		"Remove kuratiert, to its author", "Remove hervorgehoben, to its author", "Remove named in Wärme, to its author")...)
	wantKept(reader, there.URI)
}

// Whom moderators restrict leaves the collections at once, without that their server hears of it; and comes back at once.
func TestRestrictedLeavesTheCollections(t *testing.T) {
	t.Parallel()
	ctx, operator := t.Context(), account.Operator()
	house, kg, reader, there := desk(t)
	told := toldOf(kg, there.URI)
	suspend := func(s account.State) error { return kg.Accounts.SetState(ctx, operator, there.AccountID, s) }
	rule := func(i *ft.Instance, r peer.Rule) error {
		r.Domain = i.Config.Domain()
		_, err := kg.Rules.Save(ctx, operator, r, false)
		return err
	}
	must(t, rule(reader, peer.Rule{Allowed: true}))
	for _, restriction := range []struct {
		name         string
		restrict, on func() error
	}{
		{"post", func() error { return kg.Moderation.Hide(ctx, operator, there.ID, "Werbung") }, func() error { return kg.Moderation.Show(ctx, operator, there.ID) }},
		{"account", func() error { return suspend(account.Suspended) }, func() error { return suspend(account.Active) }},
		{"not allowed", func() error { return kg.Rules.SavePolicy(ctx, operator, peer.Policy{Mode: peer.AllowList}) },
			func() error { return kg.Rules.SavePolicy(ctx, operator, peer.Policy{Mode: peer.Open}) }},
		{"domain", func() error { return rule(house, peer.Rule{Severity: peer.Suspend}) }, func() error { return kg.Rules.Delete(ctx, operator, house.Config.Domain()) }},
	} {
		house.PostsTaken.Store(0)
		must(t, restriction.restrict())
		told = append(told, "Remove kuratiert", "Remove hervorgehoben", "Remove named in Wärme")
		wantTold(kg, there.URI, told...)
		wantKept(reader, there.URI)
		sealed(t, reader, there.URI)
		ft.Settle(kg, reader)
		if n := house.PostsTaken.Load(); n != 0 {
			t.Errorf("%s: its server was told %d times", restriction.name, n)
		}
		must(t, restriction.on())
		told = append(told, "Add kuratiert 1, to its author", "Add hervorgehoben 1, to its author", "Add named 1 in Wärme, to its author")
		wantTold(kg, there.URI, told...)
		wantKept(reader, there.URI, "gut 1", "hervorgehoben 1", "kuratiert 1")
		ft.Settle(kg, reader, house)
	}
	// What was decided meanwhile stands.
	must(t, suspend(account.Suspended))
	told = append(told, "Remove kuratiert", "Remove hervorgehoben", "Remove named in Wärme")
	wantTold(kg, there.URI, told...)
	must(t, suspend(account.Active))
	wantKept(reader, there.URI, "gut 1", "hervorgehoben 1", "kuratiert 1")
	// What the collections say is what was told.
	reads(t, reader)
	wantKept(reader, there.URI, "gut 1", "hervorgehoben 1", "kuratiert 1")
}

// What is gone with its author leaves as what its source withdrew; what was purged here does not.
func TestGoneWithItsAuthorLeavesTheCollections(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(house, kg *ft.Instance) error
		told []string
		kept []string
	}{
		"deleted at home": {
			func(house, _ *ft.Instance) error {
				return house.Accounts.Close(t.Context(), account.Operator(), house.Editor.ID)
			},
			[]string{"Remove kuratiert withdrawn", "Remove hervorgehoben withdrawn", "Remove named in Wärme withdrawn"},
			[]string{"gut 1 withdrawn"},
		},
		"purged here": {
			func(house, kg *ft.Instance) error {
				_, err := kg.Rules.Save(t.Context(), account.Operator(), peer.Rule{Domain: house.Config.Domain(), Severity: peer.Suspend}, true)
				return err
			},
			[]string{"Remove kuratiert", "Remove hervorgehoben", "Remove named in Wärme"},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			house, kg, reader, there := desk(t)
			told := toldOf(kg, there.URI)
			must(t, c.end(house, kg))
			told = append(told, c.told...)
			wantTold(kg, there.URI, told...)
			wantKept(reader, there.URI, c.kept...)
			ft.Settle(house, kg, reader)
			wantTold(kg, there.URI, told...) // once
			reads(t, reader)
			wantKept(reader, there.URI, c.kept...)
		})
	}
}

// The directory and the collections of a catalogue are read when the follow of our catalogue is accepted, also where one of our people was there
// before.
func TestNewlyFollowedIsReadAtOnce(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(kg, land *ft.Instance){
		"by the house":        func(_, _ *ft.Instance) {},
		"by one of us before": func(kg, land *ft.Instance) { kg.Follow(kg.Author, land, account.CatalogUsername); ft.Settle(kg, land) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kg, land := ft.Start(t, "kg"), ft.Start(t, "land")
			p := land.Publish("Kiel: Abwärme")
			accepts(t, land, p)
			lists(land, listed("AG Nachhaltige IT"))
			first(kg, land)
			wantDirectory(kg, "")
			wantKept(kg, p.URI)
			kg.FollowInstance(land)
			wantDirectory(kg, "AG Nachhaltige IT of land")
			wantKept(kg, p.URI, "kuratiert 1")
		})
	}
}
