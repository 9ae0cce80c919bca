package federation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/reuse"
)

// assessments says how a practice is assessed in the eyes of an instance.
func assessments(i *ft.Instance, practiceURI string) string {
	i.T.Helper()
	p, err := i.Posts.Find(i.T.Context(), practiceURI)
	if err != nil {
		return err.Error()
	}
	result, err := i.Assessments.Of(i.T.Context(), post.Viewer{AccountID: i.Editor.ID}, p.ID)
	if err != nil {
		i.T.Fatal(err)
	}
	var said []string
	for _, v := range result.List {
		a := v.Assessment
		said = append(said, fmt.Sprintf("%s %d %s %s %t %s", v.Author.Name(), a.Horizon-i.Assessments.Year(), a.Status, a.Progress, a.Urgent, strings.TrimSpace(v.Post.HTML)))
	}
	return strings.Join(said, "; ")
}

func wantAssessments(i *ft.Instance, practiceURI, want string) {
	i.T.Helper()
	i.Eventually("assessments", func() string { return cmp.Diff(want, assessments(i, practiceURI)) })
}

// An editor invites a person of another instance by a direct message. Their instance lets them assess; what they say counts where
// they were invited and where their instance is followed, and is a comment elsewhere.
func TestAssessmentCrossesInstances(t *testing.T) {
	t.Parallel()
	origin, expert, third := ft.Start(t, "origin"), ft.Start(t, "expert"), ft.Start(t, "third")
	expert.FollowInstance(origin)
	third.FollowInstance(origin)
	p := origin.Publish("Kiel: Abwärme nutzen")
	there, far := expert.Has(p.URI), third.Has(p.URI)
	d := assessment.Draft{Status: assessment.Attention, Progress: "begun", Urgent: true, Horizon: expert.Assessments.Year() + 2, Source: "Die *Fernwärme* fehlt."}
	if _, err := expert.Assessments.Save(t.Context(), expert.Author, there.ID, d); !fault.Is(err, fault.Forbidden) {
		t.Fatalf("uninvited: %v", err)
	}
	who := origin.Knows(expert, "author")
	if err := origin.Assessments.Invite(t.Context(), origin.Editor, p.ID, who.ID, "@"+who.Handle()+" Bitte bewerten: "+p.URL); err != nil {
		t.Fatal(err)
	}
	expert.Eventually("is invited", func() string {
		if n := expert.Count(`SELECT count(*) FROM assessment_invitations WHERE practice_uri = $1 AND account_id = $2`, p.URI, expert.Author.ID); n != 1 {
			return expert.Diary()
		}
		return ""
	})
	note, err := expert.Assessments.Save(t.Context(), expert.Author, there.ID, d)
	if err != nil {
		t.Fatal(err)
	}
	said := expert.Author.Name() + " 2 attention begun true <p>Die <em>Fernwärme</em> fehlt.</p>"
	wantAssessments(expert, p.URI, said)
	wantAssessments(origin, p.URI, said)
	third.Has(note.URI)
	if got := assessments(third, p.URI); got != "" {
		t.Errorf("third counts whom nobody there chose: %s", got)
	}
	third.FollowInstance(expert)
	wantAssessments(third, p.URI, said)
	_, _, doc := expert.Get(strings.TrimPrefix(note.URI, expert.Config.BaseURL), "application/activity+json")
	content, _ := doc["content"].(string)
	for _, want := range []string{fmt.Sprintf("Bewertung für %d: weitere Maßnahmen erforderlich.", d.Horizon), "Umsetzung: am Anfang. Hohe Dringlichkeit.", "<em>Fernwärme</em>"} {
		if !strings.Contains(content, want) {
			t.Errorf("content %q lacks %q", content, want)
		}
	}
	origin.Eventually("the author is told", func() string {
		if told(origin, "assessment") != 1 || told(origin, "reply") != 0 {
			return origin.Diary()
		}
		return ""
	})

	d.Status, d.Urgent, d.Progress = assessment.Uncritical, false, "advanced"
	if again, err := expert.Assessments.Save(t.Context(), expert.Author, there.ID, d); err != nil || again.URI != note.URI {
		t.Fatalf("%s, %v", again.URI, err)
	}
	for _, i := range []*ft.Instance{origin, expert, third} {
		wantAssessments(i, p.URI, expert.Author.Name()+" 2 uncritical advanced false <p>Die <em>Fernwärme</em> fehlt.</p>")
	}
	if err := expert.Posts.Delete(t.Context(), expert.Author, note.ID); err != nil {
		t.Fatal(err)
	}
	for _, i := range []*ft.Instance{origin, expert, third} {
		wantAssessments(i, p.URI, "")
	}
	if _, err := third.Assessments.Save(t.Context(), third.Author, far.ID, d); !fault.Is(err, fault.Forbidden) {
		t.Errorf("who was not invited: %v", err)
	}
}

// A liar assesses in others' names, invites to what is not theirs, and says what cannot be.
func TestForgedAssessments(t *testing.T) {
	t.Parallel()
	c := setCrime(t)
	c.victim.FollowInstance(c.liar) // so that what it says in its own name counts
	ft.Settle(c.victim, c.honest, c.liar)
	claim := func(author string, change func(m)) {
		t.Helper()
		note := c.note(c.id(c.liar), author, "<p>Gelogen</p>")
		note["inReplyTo"], note["vb:kind"], note["vb:status"], note["vb:progress"] = c.practice.URI, "Assessment", "critical", "begun"
		change(note)
		c.liar.Send(c.liar.Author, ft.Letter{To: c.inbox, Body: c.encode(c.activity("Create", c.id(c.liar), c.liar.Author.URI, note))})
		ft.Settle(c.victim)
	}
	claim(c.honest.Author.URI, func(m) {})
	claim(c.liar.Author.URI, func(note m) { note["vb:status"] = "purple" })
	claim(c.liar.Author.URI, func(note m) { delete(note, "vb:progress") })
	claim(c.liar.Author.URI, func(note m) { note["vb:kind"] = "Reuse" })
	claim(c.liar.Author.URI, func(note m) { note["inReplyTo"] = c.honest.Config.BaseURL + "/practices/1" })
	if got := assessments(c.victim, c.practice.URI); got != "" {
		t.Errorf("assessed by %s", got)
	}
	claim(c.liar.Author.URI, func(note m) {
		note["vb:horizon"], note["vb:urgent"], note["published"] = 1e12, "very", time.Now().UTC().Format(time.RFC3339)
	})
	wantAssessments(c.victim, c.practice.URI, "Green-IT: liar 0 critical begun false <p>Gelogen</p>")
	claim(c.liar.Author.URI, func(note m) {
		note["published"], note["vb:reuseState"], note["vb:kind"] = time.Now().UTC().Format(time.RFC3339), string(reuse.InUse), []string{"Assessment", "Reuse"}
	})
	wantAssessments(c.victim, c.practice.URI, "Green-IT: liar 0 critical begun false <p>Gelogen</p>")

	// An invitation to another house's practice, by somebody whom nobody here follows.
	stranger := ft.Start(t, "stranger")
	invite := c.note(c.id(stranger), stranger.Author.URI, "<p>Bitte bewerten</p>")
	invite["vb:kind"], invite["vb:practice"], invite["to"], invite["cc"] = "Invitation", c.practice.URI, []string{c.victim.Author.URI}, []string{}
	letter := c.activity("Create", c.id(stranger), stranger.Author.URI, invite)
	letter["to"], letter["cc"] = invite["to"], invite["cc"]
	stranger.Send(stranger.Author, ft.Letter{To: c.inbox, Body: c.encode(letter)})
	ft.Settle(c.victim)
	c.victim.Has(invite["id"].(string)) // it is a message as any other
	if n := c.victim.Count(`SELECT count(*) FROM assessment_invitations`); n != 0 {
		t.Errorf("%d invitations by a stranger", n)
	}
}
