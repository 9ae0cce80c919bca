package vocab

import (
	"html"
	"slices"
	"strings"

	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/reuse"
)

// An answer to a practice can be a reuse or an assessment. Its content begins with a paragraph that says in words what the terms
// say, for readers whose software does not know them; our own peers take it off again.
const (
	wordsOpen  = `<p class="vorbild-words"><strong>`
	wordsClose = `</p>`
)

// answerWords is that paragraph, "" for an answer that is neither.
func (r *Renderer) answerWords(doc PostDoc) string {
	words := r.words(doc.Post.Language)
	var said, rest string
	switch {
	case doc.Reuse != nil:
		said, rest = doc.Reuse.Words(words)
	case doc.Assessment != nil:
		said, rest = doc.Assessment.Words(words)
	default:
		return ""
	}
	paragraph := wordsOpen + html.EscapeString(said) + "</strong>"
	if rest != "" {
		paragraph += "<br>" + html.EscapeString(rest)
	}
	return paragraph + wordsClose
}

func withoutWords(content string) string {
	if rest, ok := strings.CutPrefix(content, wordsOpen); ok {
		if _, body, ok := strings.Cut(rest, wordsClose); ok {
			return body
		}
	}
	return content
}

// answerTerms are the extension terms of such an answer, and of a message that invites to an assessment.
func answerTerms(doc PostDoc) map[string]any {
	m := map[string]any{}
	if r := doc.Reuse; r != nil {
		m["vb:reuseState"], m["vb:level"], m["vb:region"], m["vb:practice"] = string(r.State), string(r.Level), r.Region, r.PracticeURI
		if r.OrganizationName != "" {
			m["vb:organization"] = texts("name", r.OrganizationName, "url", r.OrganizationURL)
		}
		if figures := figureList(r.Figures); len(figures) > 0 {
			m["vb:figures"] = figures
		}
	}
	if a := doc.Assessment; a != nil {
		m["vb:status"], m["vb:progress"], m["vb:urgent"], m["vb:horizon"] = string(a.Status), a.Progress, a.Urgent, a.Horizon
	}
	if doc.InvitesTo != "" {
		m["vb:practice"] = doc.InvitesTo
	}
	return m
}

// roleOf is the vb:kind of a Note. What lacks a term that its kind requires is a comment as any other.
func (o Object) roleOf() string {
	switch role := clip(o.terms.text("vb:kind"), 50); role {
	case post.RoleReuse:
		if o.InReplyTo == "" || !reuse.State(o.terms.text("vb:reuseState")).Valid() {
			return ""
		}
		return role
	case post.RoleAssessment:
		if o.InReplyTo == "" || !assessment.Status(o.terms.text("vb:status")).Valid() || !slices.Contains(practice.Implementations, o.terms.text("vb:progress")) {
			return ""
		}
		return role
	default:
		return role
	}
}

// Reuse reads the terms of a reuse; ok is false for any other object. A term that breaks a rule is dropped and named.
func (o Object) Reuse() (r reuse.Reuse, dropped []string, ok bool) {
	if o.Role != post.RoleReuse {
		return r, nil, false
	}
	t := termReader{fields: o.terms}
	r = reuse.Reuse{
		State: reuse.State(t.text("vb:reuseState")), Level: organization.Level(t.oneOf("vb:level", levels)), Region: t.oneOf("vb:region", organization.Regions),
		PracticeURI: t.address("vb:practice"), Figures: t.figures("vb:figures"),
	}
	r.OrganizationName, r.OrganizationURL = t.organization()
	// RULE: somebody's own practice is of their own house; else anyone could claim another's.
	if r.PracticeURI != "" && !SameHost(r.PracticeURI, o.ID) {
		r.PracticeURI = ""
		t.drop("vb:practice")
	}
	slices.Sort(t.dropped)
	return r, t.dropped, true
}

// Assessment reads the terms of an assessment; ok is false for any other object.
func (o Object) Assessment() (a assessment.Assessment, dropped []string, ok bool) {
	if o.Role != post.RoleAssessment {
		return a, nil, false
	}
	t := termReader{fields: o.terms}
	a = assessment.Assessment{
		Status: assessment.Status(t.text("vb:status")), Progress: t.text("vb:progress"), Urgent: t.flag("vb:urgent"), Horizon: t.integer("vb:horizon"),
	}
	slices.Sort(t.dropped)
	return a, t.dropped, true
}

// InvitesTo is the ActivityPub id of the practice to whose assessment a message invites, "" for any other object.
func (o Object) InvitesTo() string {
	if o.Role != post.RoleInvitation {
		return ""
	}
	t := termReader{fields: o.terms}
	return t.address("vb:practice")
}
