package federation_test

import (
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
)

// TestTidy: what is old and done goes; what is old and may still be taken back, withdrawn or delivered stays, and works.
func TestTidy(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	practice := a.Publish("Kiel: Abwärme nutzen")
	there := b.Has(practice.URI)
	answer := b.Say(&there, "", "Eine Frage dazu.")
	a.Has(answer.URI)
	if err := b.Posts.Favourite(t.Context(), b.Author, there.ID); err != nil {
		t.Fatal(err)
	}
	ft.Settle(a, b)
	rows := func(i *ft.Instance) [3]int {
		return [3]int{i.Count(`SELECT count(*) FROM inbox_activities`), i.Count(`SELECT count(*) FROM activities`), i.Count(`SELECT count(*) FROM deliveries`)}
	}
	tidy := func() {
		t.Helper()
		for _, i := range []*ft.Instance{a, b} {
			if err := i.Federation.Tidy(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	beforeA, beforeB := rows(a), rows(b)
	tidy()
	if rows(a) != beforeA || rows(b) != beforeB {
		t.Error("something young is gone")
	}
	for _, i := range []*ft.Instance{a, b} {
		i.DB.MustExec(`UPDATE inbox_activities SET received_at = received_at - interval '91 days', processed_at = processed_at - interval '91 days'`)
		i.DB.MustExec(`UPDATE activities SET created_at = created_at - interval '91 days'`)
	}
	a.DB.MustExec(`INSERT INTO tombstones (uri, created_at) VALUES ('https://old.example/1', now() - interval '91 days'), ('https://new.example/1', now())`)
	waiting := a.Count(`SELECT count(*) FROM inbox_activities`)
	a.DB.MustExec(`INSERT INTO inbox_activities (scope, uri, actor_uri, type, body, received_at) VALUES ('shared', 'https://old.example/2', '', 'Like', '', now() - interval '1 year')`)
	tidy()
	// Of what A received only its unprocessed row, the standing follows and the standing favourite are left.
	if n := a.Count(`SELECT count(*) FROM inbox_activities`); n != 4 {
		t.Errorf("%d of %d received activities are left, want 4\n%s", n, waiting, a.Diary())
	}
	if n := a.Count(`SELECT count(*) FROM inbox_activities WHERE type IN ('Follow', 'Like')`); n != 4 {
		t.Errorf("%d that can be undone are left, want 4", n)
	}
	if n := a.Count(`SELECT count(*) FROM tombstones`); n != 1 {
		t.Errorf("%d tombstones", n)
	}
	if n := a.Count(`SELECT count(*) FROM deliveries d JOIN activities x ON x.id = d.activity_id WHERE x.type = 'Accept'`); n != 0 {
		t.Errorf("%d deliveries of answers are left", n)
	}
	if after := rows(a); after[1] >= beforeA[1] {
		t.Errorf("what the catalogue passed on is still there: %v, before %v", after, beforeA)
	}

	// A reaction from before is taken back, and a withdrawal reaches who was told of the post.
	if err := b.Posts.Unfavourite(t.Context(), b.Author, there.ID); err != nil {
		t.Fatal(err)
	}
	a.Eventually("unfavourite", func() string {
		if a.Count(`SELECT favourites_count FROM posts WHERE id = $1`, practice.ID) != 0 {
			return "still there"
		}
		return ""
	})
	if err := a.Practices.Withdraw(t.Context(), a.Editor, practice.ID); err != nil {
		t.Fatal(err)
	}
	b.Eventually("withdrawal", func() string { return stateOf(b, practice.URI) })
}

func stateOf(i *ft.Instance, uri string) string {
	if i.Count(`SELECT count(*) FROM posts WHERE uri = $1 AND state = 'withdrawn'`, uri) == 1 {
		return ""
	}
	return "still there"
}
