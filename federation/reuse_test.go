package federation_test

import (
	stdcmp "cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/reuse"
)

// reuses says who reuses a practice in the eyes of an instance.
func reuses(i *ft.Instance, viewer int64, practiceURI string) string {
	i.T.Helper()
	p, err := i.Posts.Find(i.T.Context(), practiceURI)
	if err != nil {
		return err.Error()
	}
	list, err := i.Reuses.Of(i.T.Context(), post.Viewer{AccountID: viewer}, p.ID)
	if err != nil {
		i.T.Fatal(err)
	}
	var said []string
	for _, v := range list {
		line := fmt.Sprintf("%s: %s %s", stdcmp.Or(v.Reuse.OrganizationName, v.Author.Name()), v.Reuse.State, v.Post.HTML)
		for _, f := range v.Reuse.Figures {
			line += fmt.Sprintf(" %s %v %s", f.Quantity, *f.Change, f.Unit)
		}
		if v.Own != nil {
			line += " own"
		}
		said = append(said, strings.TrimSpace(line))
	}
	return strings.Join(said, "; ")
}

func wantReuses(i *ft.Instance, practiceURI, want string) {
	i.T.Helper()
	i.Eventually("reuses", func() string { return cmp.Diff(want, reuses(i, i.Editor.ID, practiceURI)) })
}

func told(i *ft.Instance, kind string) int {
	return i.Count(`SELECT count(*) FROM notifications WHERE kind = $1`, kind)
}

func saveReuse(i *ft.Instance, practiceURI string, d reuse.Draft) post.Post {
	i.T.Helper()
	p, err := i.Reuses.Save(i.T.Context(), i.Author, i.Has(practiceURI).ID, d)
	if err != nil {
		i.T.Fatalf("%s: %v", i.Name, err)
	}
	return p
}

// A reuse that is said, changed and withdrawn at one instance is so at that of the practice, and at others that know it.
func TestReuseCrossesInstances(t *testing.T) {
	t.Parallel()
	origin, kiel, third := ft.Start(t, "origin"), ft.Start(t, "kiel"), ft.Start(t, "third")
	for _, i := range []*ft.Instance{kiel, third} {
		i.FollowInstance(origin)
	}
	p := origin.Publish("Kiel: Abwärme nutzen")
	third.Has(p.URI)
	less := -30.0
	note := saveReuse(kiel, p.URI, reuse.Draft{State: reuse.Planned, Source: "Wir *fangen* an.", Figures: []practice.Figure{{Quantity: "electricity", Name: "Strom", Unit: "MW.h/a", Change: &less}}})
	for _, i := range []*ft.Instance{origin, kiel, third} {
		wantReuses(i, p.URI, "Behörde kiel: planned <p>Wir <em>fangen</em> an.</p>\n electricity -30 MW.h/a")
	}
	// Software that does not know our terms reads a comment that says it in words.
	_, _, doc := kiel.Get(strings.TrimPrefix(note.URI, kiel.Config.BaseURL), "application/activity+json")
	content, _ := doc["content"].(string)
	for _, want := range []string{"Wir nutzen das nach: geplant.", "Behörde kiel", "Strom um 30 MWh/a", "<em>fangen</em>"} {
		if !strings.Contains(content, want) {
			t.Errorf("content %q lacks %q", content, want)
		}
	}
	origin.Eventually("the author is told", func() string {
		if told(origin, "reuse") != 1 {
			return origin.Diary()
		}
		return ""
	})

	own, err := kiel.Practices.Publish(t.Context(), kiel.Author, 0, kiel.Sample("Flensburg: Abwärme nutzen"))
	if err != nil {
		t.Fatal(err)
	}
	again := saveReuse(kiel, p.URI, reuse.Draft{State: reuse.InUse, PracticeID: own})
	if again.URI != note.URI {
		t.Errorf("a second note %s", again.URI)
	}
	ft.Settle(origin, kiel, third)
	wantReuses(kiel, p.URI, "Behörde kiel: in-use  own")
	for _, i := range []*ft.Instance{origin, third} {
		wantReuses(i, p.URI, "Behörde kiel: in-use")
		if n := i.Count(`SELECT count(*) FROM reuses WHERE practice_uri LIKE $1`, kiel.Config.BaseURL+"%"); n != 1 {
			t.Errorf("%s: the own practice is not named", i.Name)
		}
	}
	if told(origin, "reuse") != 1 || told(origin, "reply") != 0 || told(origin, "mention") != 0 {
		t.Errorf("told %d reuses, %d replies, %d mentions", told(origin, "reuse"), told(origin, "reply"), told(origin, "mention"))
	}

	if err := kiel.Posts.Delete(t.Context(), kiel.Author, note.ID); err != nil {
		t.Fatal(err)
	}
	for _, i := range []*ft.Instance{origin, kiel, third} {
		wantReuses(i, p.URI, "")
		if n := i.Count(`SELECT count(*) FROM reuses`); n != 0 {
			t.Errorf("%s keeps %d rows", i.Name, n)
		}
	}
}

// Who follows the reuser, but not the house of the practice, hears of the reuse first.
func TestReuseBeforeItsPractice(t *testing.T) {
	t.Parallel()
	origin, kiel, far := ft.Start(t, "origin"), ft.Start(t, "kiel"), ft.Start(t, "far")
	kiel.FollowInstance(origin)
	far.Follow(far.Author, kiel, "author")
	p := origin.Publish("Kiel: Abwärme nutzen")
	kiel.Has(p.URI)
	ft.Settle(origin, kiel, far)
	origin.Broken.Store(503) // POSTs only: origin learns of it later than far
	note := saveReuse(kiel, p.URI, reuse.Draft{State: reuse.Implementing, Source: "Läuft an."})
	far.Has(note.URI)
	wantReuses(far, p.URI, "Behörde kiel: implementing <p>Läuft an.</p>")
	origin.Broken.Store(0)
}

// liar's letters about reuses: by others, of others, without sense.
func TestForgedReuses(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	honestNote := saveReuse(c.victim, c.practice.URI, reuse.Draft{State: reuse.Planned, Source: "Ehrlich."})
	thread := c.honest.Say(nil, "Kein Praxisbeispiel", "Nur geredet.")
	ft.Settle(c.victim, c.honest, c.liar)
	claim := func(author string, change func(m)) {
		t.Helper()
		note := c.note(c.id(c.liar), author, "<p>Gelogen</p>")
		note["inReplyTo"], note["vb:kind"], note["vb:reuseState"] = c.practice.URI, "Reuse", "in-use"
		note["vb:organization"] = m{"name": "Liar"}
		change(note)
		c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Create", c.id(c.liar), c.liar.Author.URI, note))})
		ft.Settle(c.victim)
	}
	only := "Behörde victim: planned <p>Ehrlich.</p>"
	// RULEs that must hold: the author is whom the letter is from, and the practice is one.
	claim(c.honest.Author.URI, func(m) {})
	claim(c.victim.Author.URI, func(note m) { note["id"] = honestNote.URI })
	claim(c.liar.Author.URI, func(note m) { note["inReplyTo"] = thread.URI })
	claim(c.liar.Author.URI, func(note m) { note["vb:reuseState"] = "adored" })
	claim(c.liar.Author.URI, func(note m) { delete(note, "vb:reuseState") })
	claim(c.liar.Author.URI, func(note m) { note["vb:reuseState"] = []string{"in-use", "planned"} })
	claim(c.liar.Author.URI, func(note m) { delete(note, "inReplyTo") })
	wantReuses(c.victim, c.practice.URI, only)
	if n := c.victim.Count(`SELECT count(*) FROM reuses r JOIN posts p ON p.id = r.post_id WHERE p.in_reply_to_uri <> $1 AND p.in_reply_to_uri <> $2`, c.practice.URI, thread.URI); n != 0 {
		t.Errorf("%d reuses of nothing", n)
	}
	// What is said in its own name stays, term by term as far as it can be true.
	claim(c.liar.Author.URI, func(note m) {
		note["vb:practice"] = c.own.URI
		note["vb:level"], note["vb:region"] = "emperor", 7
		note["vb:organization"] = m{"name": "Liar", "url": "javascript:alert(1)"}
		note["vb:figures"] = []any{m{"quantity": "electricity", "unit": "MW.h/a", "change": -1}, m{"quantity": "electricity", "change": "much"}, "x", m{"quantity": "cost", "unit": "EUR", "change": 1e300}}
	})
	wantReuses(c.victim, c.practice.URI, "Liar: in-use <p>Gelogen</p> electricity -1 MW.h/a; "+only)
	if n := c.victim.Count(`SELECT count(*) FROM reuses WHERE organization_name = 'Liar' AND figures <> '[]' AND practice_uri = '' AND level = '' AND region = '' AND organization_url = ''`); n != 1 {
		t.Errorf("believed more than can be true")
	}
	if n := c.victim.Count(`SELECT count(*) FROM inbox_activities WHERE note LIKE '%dropped%vb:practice%'`); n != 1 {
		t.Errorf("the operator is not told what was dropped\n%s", c.victim.Diary())
	}
	// An edit can make a comment of it again.
	comment := c.note(fmt.Sprint(c.liar.Config.BaseURL, "/forged/comment"), c.liar.Author.URI, "<p>Doch nur ein Kommentar</p>")
	comment["inReplyTo"], comment["vb:kind"], comment["vb:reuseState"] = c.own.URI, "Reuse", "planned"
	c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Create", c.id(c.liar), c.liar.Author.URI, comment))})
	wantReuses(c.victim, c.own.URI, c.liar.Author.Name()+": planned <p>Doch nur ein Kommentar</p>")
	delete(comment, "vb:kind")
	comment["updated"] = time.Now().UTC().Format(time.RFC3339)
	c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Update", c.id(c.liar), c.liar.Author.URI, comment))})
	wantReuses(c.victim, c.own.URI, "")
	if n := c.victim.Count(`SELECT count(*) FROM reuses r JOIN posts p ON p.id = r.post_id WHERE p.uri = $1`, comment["id"]); n != 0 {
		t.Error("what it said as a reuse is kept")
	}
	// Nobody changes another's.
	change := c.note(honestNote.URI, c.liar.Author.URI, "<p>Verworfen</p>")
	change["vb:kind"], change["vb:reuseState"], change["updated"] = "Reuse", "rejected", "2030-01-01T00:00:00Z"
	c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Update", c.id(c.liar), c.liar.Author.URI, change))})
	c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Delete", c.id(c.liar), c.liar.Author.URI, honestNote.URI))})
	ft.Settle(c.victim)
	wantReuses(c.victim, c.practice.URI, "Liar: in-use <p>Gelogen</p> electricity -1 MW.h/a; "+only)
}

// The reuse of what is for the administration network stays in it.
func TestReuseInTheNetwork(t *testing.T) {
	t.Parallel()
	land, bund, outside := ft.Start(t, "land"), ft.Start(t, "bund"), ft.Start(t, "outside")
	for _, i := range []*ft.Instance{bund, outside} {
		i.FollowInstance(land)
		land.FollowInstance(i)
		i.Follow(i.Editor, land, land.Author.Username)
	}
	outside.Follow(outside.Editor, bund, bund.Author.Username)
	ally(land, bund)
	ally(bund, land)
	ally(outside, land, bund)
	draft := land.Sample("Internes Praxisbeispiel")
	draft.Visibility = post.Network
	id, err := land.Practices.Publish(t.Context(), land.Editor, 0, draft)
	if err != nil {
		t.Fatal(err)
	}
	p, err := land.Posts.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	note := saveReuse(bund, p.URI, reuse.Draft{State: reuse.Planned, Source: "Intern."})
	for _, i := range []*ft.Instance{land, bund} {
		wantReuses(i, p.URI, "Behörde bund: planned <p>Intern.</p>")
		if got := reuses(i, 0, p.URI); got != "" {
			t.Errorf("%s: a visitor reads %s", i.Name, got)
		}
		guest, err := i.Accounts.CreateLocal(t.Context(), "gast", "Gast", account.RoleGuest)
		if err != nil {
			t.Fatal(err)
		}
		if got := reuses(i, guest.ID, p.URI); got != "" {
			t.Errorf("%s: a guest reads %s", i.Name, got)
		}
	}
	ft.Settle(land, bund, outside)
	outside.HasNot(note.URI)
	if status, _, _ := bund.Get(strings.TrimPrefix(note.URI, bund.Config.BaseURL), "application/activity+json"); status != 404 && status != 401 {
		t.Errorf("a stranger gets %d", status)
	}
}
