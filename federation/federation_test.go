package federation_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// TestPracticeTravels: a practice reaches a following instance complete, and so do its change and its withdrawal.
func TestPracticeTravels(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	before := a.Publish("Bremen: vor dem Folgen veröffentlicht")
	ft.Settle(a)
	b.FollowInstance(a)
	got := b.Has(before.URI) // by the backfill

	sent := a.Publish("Kiel: Abwärme nutzen")
	got = b.Has(sent.URI)
	mine, err := a.Practices.Get(t.Context(), sent.ID)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := b.Practices.Get(t.Context(), got.ID)
	if err != nil {
		t.Fatal(err)
	}
	ignore := cmpopts.IgnoreFields(practice.Practice{}, "PostID", "UpdatedAt")
	if diff := cmp.Diff(mine, theirs, ignore, cmpopts.IgnoreFields(practice.Term{}, "ID", "Description")); diff != "" {
		t.Errorf("details (-here +there):\n%s", diff)
	}
	for name, pair := range map[string][2]string{
		"title": {sent.Title, got.Title}, "summary": {sent.Summary, got.Summary}, "html": {sent.HTML, got.HTML},
		"url": {sent.URL, got.URL}, "context": {sent.ContextURI, got.ContextURI}, "language": {sent.Language, got.Language},
		"visibility": {string(sent.Visibility), string(got.Visibility)},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: here %q, there %q", name, pair[0], pair[1])
		}
	}
	if got.Local || got.BoardID == nil {
		t.Errorf("there: local %v, board %v", got.Local, got.BoardID)
	} else if board, err := b.Accounts.ByID(t.Context(), *got.BoardID); err != nil || board.URI != a.Catalog().URI {
		t.Errorf("board is %s, %v", board.URI, err)
	}
	if n := b.Count(`SELECT count(*) FROM boosts`); n != 0 {
		t.Errorf("the catalogue's own listing counts as %d boosts", n)
	}

	d := a.Sample("Kiel: Abwärme nutzen, zweite Fassung")
	d.Measures = append(d.Measures, "Dritte Maßnahme")
	if _, err := a.Practices.Publish(t.Context(), a.Editor, sent.ID, d); err != nil {
		t.Fatal(err)
	}
	b.Eventually("update", func() string {
		p := b.Has(sent.URI)
		details, err := b.Practices.Get(t.Context(), p.ID)
		if err != nil || p.Title != d.Title || details.Revision != 2 || len(details.Measures) != 3 {
			return fmt.Sprintf("title %q, revision %d, %v", p.Title, details.Revision, err)
		}
		return ""
	})
	if err := a.Practices.Withdraw(t.Context(), a.Editor, sent.ID); err != nil {
		t.Fatal(err)
	}
	b.Eventually("withdrawal", func() string {
		if p := b.Has(sent.URI); p.State != post.StateWithdrawn {
			return string(p.State)
		}
		return ""
	})
	ft.Settle(a, b)
	status, _, doc := a.Get("/practices/"+fmt.Sprint(sent.ID), "application/activity+json")
	if status != 410 || doc["type"] != "Tombstone" {
		t.Errorf("withdrawn practice answers %d %v", status, doc)
	}
	if n := b.Count(`SELECT count(*) FROM inbox_activities WHERE outcome = 'rejected'`); n != 0 {
		t.Errorf("%d activities between honest instances were rejected\n%s", n, b.Diary())
	}
	if n := a.Count(`SELECT count(*) FROM deliveries WHERE state <> 'delivered'`); n != 0 {
		t.Errorf("%d deliveries did not arrive\n%s", n, a.Diary())
	}
}

// TestEveryFieldTravels: nothing that a practice can say is lost on the way, also what our own form does not ask yet.
func TestEveryFieldTravels(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	d := a.Sample("Kiel: Abwärme nutzen")
	fields, err := a.Practices.Terms(t.Context(), practice.SchemeField)
	if err != nil {
		t.Fatal(err)
	}
	ninety, sixty := 90.0, 60.5
	d.Fields = append(d.Fields, fields[4].ID)
	d.Figures = append(d.Figures, practice.Figure{
		Quantity: "heat", Name: "Wärme: genutzt", Unit: "MW.h/a", Before: &ninety, After: &sixty, From: "2022-01", To: "2023-06-30",
		Method: "Wärmemengenzähler,\nmonatlich abgelesen", Scope: "Rechenzentrum Nord",
	})
	d.ContactUnit, d.ContactURL = "Stabsstelle: Klima", "https://kiel.example/green-it"
	days := 12.5
	d.LegalBasis, d.PersonDays, d.ARS, d.ReuseOf = []string{"EnEfG: § 11"}, &days, "010020000000", "https://aachen.example/practices/7"
	d.Costs = []practice.Cost{{Amount: 12_000.5, Currency: "EUR", Kind: "once", Name: "Einhausung: Gänge"}}
	d.Services = []practice.ServiceKey{{Scheme: "ozg", Key: "10113", Name: "Bauantrag"}}
	d.Links = []practice.Link{{Rel: "opencode", Href: "https://gitlab.opencode.de/kiel/klima", Name: "Quelltext: Leittechnik"}}
	id, err := a.Practices.Publish(t.Context(), a.Editor, 0, d)
	if err != nil {
		t.Fatal(err)
	}
	uri := fmt.Sprintf("%s/practices/%d", a.Config.BaseURL, id)
	b.Has(uri)

	// What a later form, or another instance's, asks for.
	tx := a.DB.MustBegin()
	tx.MustExec(`UPDATE practices SET revision = revision + 1, organization_name = 'Land: Küste', organization_url = 'https://kueste.example', situation = $2,
		outcome = 'Wirkung', prerequisites = 'Voraussetzung', pitfalls = 'Stolperstein',
		archived_at = date_trunc('second', now()), archive_reason = 'Überholt: neues Rechenzentrum' WHERE post_id = $1`, id, "Lage:\nwarm & laut\n\nzweiter Absatz <b>")
	tx.MustExec(`UPDATE posts SET edited_at = now() + interval '2 seconds' WHERE id = $1`, id)
	if err := job.New(a.DB, a.Log).Enqueue(t.Context(), tx, job.Distribute{Verb: job.UpdatePost, ID: id}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	mine, err := a.Practices.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for v, n := reflect.ValueOf(mine), 0; n < v.NumField(); n++ {
		if v.Field(n).IsZero() && v.Type().Field(n).Name != "Files" { // others have files as attachments of the post
			t.Errorf("%s is empty here and so proves nothing", v.Type().Field(n).Name)
		}
	}
	b.Eventually("everything", func() string {
		theirs, err := b.Practices.Get(t.Context(), b.Has(uri).ID)
		if err != nil {
			return err.Error()
		}
		return cmp.Diff(mine, theirs, cmpopts.IgnoreFields(practice.Practice{}, "PostID", "UpdatedAt"), cmpopts.IgnoreFields(practice.Term{}, "ID", "Description"))
	})
}

// TestThreadOfThree: a comment from one following instance is passed on by the group to another, and everyone ends with
// the same thread.
func TestThreadOfThree(t *testing.T) {
	t.Parallel()
	a, b, c := ft.Start(t, "a"), ft.Start(t, "b"), ft.Start(t, "c")
	b.FollowInstance(a)
	c.FollowInstance(a)
	sent := a.Publish("Kiel: Abwärme nutzen")
	atB, _ := b.Has(sent.URI), c.Has(sent.URI)

	comment := b.Say(&atB, "", "Was kostet das? @editor@"+a.Config.Domain())
	onA, onC := a.Has(comment.URI), c.Has(comment.URI)
	if onA.ThreadID != sent.ID || onA.InReplyToID == nil || *onA.InReplyToID != sent.ID {
		t.Errorf("at home the comment stands in thread %d under %v", onA.ThreadID, onA.InReplyToID)
	}
	a.Eventually("notification", func() string {
		if n := a.Count(`SELECT count(*) FROM notifications WHERE account_id = $1 AND post_id = $2`, a.Editor.ID, onA.ID); n != 1 {
			return fmt.Sprint(n)
		}
		return ""
	})
	reply := c.Say(&onC, "", "Fragt **unsere** Beschaffung.")
	a.Has(reply.URI)
	b.Has(reply.URI)

	thread := a.Say(nil, "Wer misst die Auslastung?", "Und womit?")
	threadAtB := b.Has(thread.URI)
	c.Has(thread.URI)
	if threadAtB.Title != thread.Title || threadAtB.HTML != thread.HTML {
		t.Errorf("thread arrived as %q %q, sent %q %q", threadAtB.Title, threadAtB.HTML, thread.Title, thread.HTML)
	}
	answer := b.Say(&threadAtB, "", "Mit dem Hypervisor.")
	answerAtC := c.Has(answer.URI)
	if _, err := b.Posts.Edit(t.Context(), b.Author, answer.ID, "", "Mit **Prometheus**."); err != nil {
		t.Fatal(err)
	}
	c.Eventually("edited answer", func() string {
		if p := c.Has(answer.URI); !strings.Contains(p.HTML, "Prometheus") {
			return p.HTML
		}
		return ""
	})
	if err := b.Posts.Delete(t.Context(), b.Author, answer.ID); err != nil {
		t.Fatal(err)
	}
	for _, i := range []*ft.Instance{a, c} {
		i.Eventually("deleted answer", func() string {
			if p := i.Has(answer.URI); p.State != post.StateWithdrawn {
				return string(p.State)
			}
			return ""
		})
	}
	if answerAtC.ThreadID == 0 {
		t.Error("answer has no thread at the third instance")
	}
	ft.Settle(a, b, c)
	for _, i := range []*ft.Instance{a, b, c} {
		var shape []string
		root := i.Has(sent.URI)
		views, err := i.Posts.Thread(t.Context(), post.Viewer{}, root.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range views {
			shape = append(shape, fmt.Sprintf("%d %s", v.Depth, v.Post.URI))
		}
		want := []string{"0 " + sent.URI, "1 " + comment.URI, "2 " + reply.URI}
		if diff := cmp.Diff(want, shape); diff != "" {
			t.Errorf("%s: thread (-want +got):\n%s\n%s", i.Name, diff, i.Diary())
		}
		// Every post of another instance is accounted for by what was received.
		if n := i.Count(`SELECT count(*) FROM posts p WHERE NOT local AND NOT EXISTS (SELECT 1 FROM inbox_activities r WHERE r.outcome = 'applied' AND r.object_uri = p.uri)`); n != 0 {
			t.Errorf("%s: %d posts came from nowhere\n%s", i.Name, n, i.Diary())
		}
	}
}

// TestReactions: favourites and boosts travel to the author, and are taken back there.
func TestReactions(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	sent := a.Publish("Kiel: Abwärme nutzen")
	atB := b.Has(sent.URI)
	for name, step := range map[string]struct {
		do, undo func() error
		table    string
	}{
		"favourite": {func() error { return b.Posts.Favourite(t.Context(), b.Author, atB.ID) }, func() error { return b.Posts.Unfavourite(t.Context(), b.Author, atB.ID) }, "favourites"},
		"boost":     {func() error { return b.Posts.Boost(t.Context(), b.Author, atB.ID) }, func() error { return b.Posts.Unboost(t.Context(), b.Author, atB.ID) }, "boosts"},
	} {
		count := func(want int) func() string {
			return func() string {
				if n := a.Count(`SELECT count(*) FROM ` + step.table + ` WHERE undone_at IS NULL`); n != want {
					return fmt.Sprintf("%d, want %d", n, want)
				}
				return ""
			}
		}
		for range 2 { // also a second time, after taking it back
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			a.Eventually(name, count(1))
			if err := step.undo(); err != nil {
				t.Fatal(err)
			}
			a.Eventually("undo "+name, count(0))
		}
	}
}

// TestCuration: an editor's acceptance at b is seen by the author at a and by whoever follows b's catalogue; a decline
// takes it back.
func TestCuration(t *testing.T) {
	t.Parallel()
	a, b, c := ft.Start(t, "a"), ft.Start(t, "b"), ft.Start(t, "c")
	b.FollowInstance(a)
	c.FollowInstance(b) // and not a
	sent := a.Publish("Kiel: Abwärme nutzen")
	atB := b.Has(sent.URI)
	b.Eventually("desk", func() string {
		if n := b.Count(`SELECT count(*) FROM curations WHERE post_id = $1`, atB.ID); n != 1 {
			return "not there"
		}
		return ""
	})
	if err := b.Curation.Accept(t.Context(), b.Editor, atB.ID); err != nil {
		t.Fatal(err)
	}
	c.Has(sent.URI) // announced by b's catalogue, fetched from a
	a.Eventually("curated notification", func() string {
		if n := a.Count(`SELECT count(*) FROM notifications WHERE kind = 'curated' AND account_id = $1`, a.Editor.ID); n != 1 {
			return fmt.Sprint(n)
		}
		return ""
	})
	if err := b.Curation.Annotate(t.Context(), b.Editor, atB.ID, "Gut übertragbar auf andere Häuser."); err != nil {
		t.Fatal(err)
	}
	a.Eventually("annotation", func() string {
		if n := a.Count(`SELECT count(*) FROM posts WHERE role = $1 AND in_reply_to_id = $2`, post.RoleCurationNote, sent.ID); n != 1 {
			return fmt.Sprint(n)
		}
		return ""
	})
	path := "/g/praxis/collections/" + curation.Curated
	if _, _, doc := b.Get(path, "application/activity+json"); doc["totalItems"] != 1.0 || doc["vb:kind"] != "Curation" {
		t.Errorf("collection is %v", doc)
	}
	_, header, page := b.Get(path+"?page=true", "application/activity+json")
	if diff := cmp.Diff([]any{sent.URI}, page["orderedItems"]); diff != "" || header.Get("ETag") == "" {
		t.Errorf("page of the collection, ETag %q:\n%s", header.Get("ETag"), diff)
	}
	ft.Settle(a, b, c)
	if n := a.Count(`SELECT count(*) FROM inbox_activities WHERE type = 'Add' AND outcome = 'ignored' AND note LIKE 'a hint%'`); n != 1 {
		t.Errorf("the author's instance got %d Adds\n%s", n, a.Diary())
	}
	// c does not follow a; what changes there it hears from b, which recommended it.
	if _, err := a.Practices.Publish(t.Context(), a.Editor, sent.ID, a.Sample("Kiel: Abwärme nutzen, zweite Fassung")); err != nil {
		t.Fatal(err)
	}
	c.Eventually("update", func() string {
		if p := c.Has(sent.URI); p.Title != "Kiel: Abwärme nutzen, zweite Fassung" {
			return p.Title
		}
		return ""
	})
	other := a.Publish("Wird zurückgezogen")
	otherAtB := b.Has(other.URI)
	b.Eventually("desk", func() string {
		if n := b.Count(`SELECT count(*) FROM curations WHERE post_id = $1`, otherAtB.ID); n != 1 {
			return "not there"
		}
		return ""
	})
	if err := b.Curation.Accept(t.Context(), b.Editor, otherAtB.ID); err != nil {
		t.Fatal(err)
	}
	c.Has(other.URI)
	if err := a.Practices.Withdraw(t.Context(), a.Editor, other.ID); err != nil {
		t.Fatal(err)
	}
	c.Eventually("withdrawal", func() string {
		if p := c.Has(other.URI); p.State != post.StateWithdrawn {
			return string(p.State)
		}
		return ""
	})
	if err := b.Curation.Decline(t.Context(), b.Editor, atB.ID, "Doppelt: siehe das andere Beispiel."); err != nil {
		t.Fatal(err)
	}
	a.Eventually("boost undone", func() string {
		if n := a.Count(`SELECT count(*) FROM boosts WHERE undone_at IS NULL AND post_id = $1`, sent.ID); n != 0 {
			return fmt.Sprint(n)
		}
		return ""
	})
	a.Eventually("Remove with its reason", func() string {
		if n := a.Count(`SELECT count(*) FROM inbox_activities WHERE type = 'Remove' AND note LIKE '%Doppelt: siehe%'`); n != 1 {
			return fmt.Sprint(n)
		}
		return ""
	})
}
