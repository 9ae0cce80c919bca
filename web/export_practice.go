package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/media"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// exported is the version of a practice that an address asks for.
type exported struct {
	practice.View               // post and structure of that version
	At            time.Time     // when the version was published; the zero time for a draft
	Draft         bool          // it was not published
	Older         bool          // it is not the current version
	Elsewhere     []media.Media // its files, where it was written elsewhere
}

// exported reads the version that ?fassung= names for who may read it: the current one, an older one by its number, or the text
// in work for those who work on it. What was never published has only the latter. fault.NotFound, fault.Gone.
func (s *Site) exported(r *http.Request) (exported, error) {
	id, err := pathID(r)
	if err != nil {
		return exported{}, err
	}
	var e exported
	if e.View, err = s.Practices.ByID(r.Context(), viewer(r), id); err != nil {
		return e, fmt.Errorf("export of practice %d: %w", id, err)
	}
	if !e.Post.Local {
		byPost, err := s.Media.ByPosts(r.Context(), []int64{id})
		if err != nil {
			return e, fmt.Errorf("export of practice %d: files: %w", id, err)
		}
		e.Elsewhere = byPost[id]
	}
	e.At = changedAt(e.Post)
	version := r.URL.Query().Get("fassung")
	if e.Post.State == post.StateDraft {
		version = draftVersion
	}
	switch version {
	case "", strconv.Itoa(e.Practice.Revision):
		return e, nil
	case draftVersion:
		return e, s.exportDraft(r, &e)
	}
	return e, s.exportRevision(r, &e, version)
}

// exportDraft puts the text in work in place of what is published.
func (s *Site) exportDraft(r *http.Request, e *exported) error {
	reader := currentAccount(r)
	if reader == nil {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	m, err := s.Practices.Manuscript(r.Context(), *reader, e.Post.ID)
	if fault.Is(err, fault.Forbidden) || err == nil && !m.Pending {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	if err != nil {
		return fmt.Errorf("export of the draft of %d: %w", e.Post.ID, err)
	}
	e.Post.Title, e.Post.Summary, e.Post.Source, e.Post.Language = m.Draft.Title, m.Draft.Summary, m.Draft.Source, m.Draft.Language
	e.Post.HTML = s.Practices.Preview(m.Draft.Source)
	m.Details.Revision, m.Details.OrganizationName, m.Details.OrganizationURL = 0, e.Practice.OrganizationName, e.Practice.OrganizationURL
	e.Practice, e.At, e.Draft = m.Details, time.Time{}, true
	return nil
}

// exportRevision puts an older version in place of the current one. Whether it is archived is said of all versions.
func (s *Site) exportRevision(r *http.Request, e *exported, version string) error {
	revision, err := strconv.Atoi(version)
	if err != nil {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	if e.View, err = s.Practices.AtRevision(r.Context(), viewer(r), e.Post.ID, revision); err != nil {
		return fmt.Errorf("revision %d of %d: %w", revision, e.Post.ID, err)
	}
	e.At, e.Older = changedAt(e.Post), true
	return nil
}

// changedAt is when what a post says was published.
func changedAt(p post.Post) time.Time {
	switch {
	case p.EditedAt != nil:
		return *p.EditedAt
	case p.PublishedAt != nil:
		return *p.PublishedAt
	}
	return time.Time{}
}

// Public reports whether anyone may read it.
func (e exported) Public() bool {
	return !e.Draft && e.Post.State == post.StatePublished && e.Post.Visibility.Listed()
}

// Found reports whether search engines may list it.
func (e exported) Found() bool {
	return e.Public() && !e.Older && e.Post.Visibility == post.Public
}

// query is the end of an address that leads to this version again.
func (e exported) query() string {
	switch {
	case e.Draft && e.Post.State != post.StateDraft:
		return "?fassung=" + draftVersion
	case e.Older:
		return "?fassung=" + url.QueryEscape(strconv.Itoa(e.Practice.Revision))
	}
	return ""
}

// address is where people read it: at its origin.
func (s *Site) originOf(p post.Post) string {
	if p.Local || p.URL == "" {
		return s.Config.BaseURL + practiceURL(p.ID)
	}
	return p.URL
}

// exportJSON is what programs are told of a practice.
func (s *Site) exportJSON(e exported) export.Practice {
	p := e.Practice
	out := export.Practice{
		ID: e.Post.URI, URL: s.originOf(e.Post), Title: e.Post.Title, Summary: e.Post.Summary, Language: e.Post.Language, Revision: p.Revision,
		Published: e.Post.PublishedAt, Archived: p.ArchivedAt, ArchiveReason: p.ArchiveReason, Visibility: string(e.Post.Visibility),
		Author: export.Author{
			Name: e.Author.Name(), Handle: s.fullHandle(e.Author), ID: e.Author.URI, URL: e.Author.URL, Person: e.Author.Kind == account.Person,
		},
		Instance: cmp.Or(e.Author.Host(), s.Config.Domain()), Level: string(p.Level), Region: p.Region, ARS: p.ARS, Implementation: p.Implementation,
		Goals: exportTerms(p.Goals), Fields: exportTerms(p.Fields), Situation: p.Situation, Measures: p.Measures, Content: e.Post.HTML, Source: e.Post.Source,
		Outcome: p.Outcome, Prerequisites: p.Prerequisites, Pitfalls: p.Pitfalls, LegalBasis: p.LegalBasis, Licence: p.Licence, ReuseOf: p.ReuseOf,
	}
	if e.Author.Local() {
		out.Author.URL = s.Config.BaseURL + profileURL(e.Author)
	}
	if e.Post.Local && e.Public() {
		out.Files, out.NoPDF = s.Config.BaseURL+practiceURL(e.Post.ID), s.Printer == nil
	}
	if e.Draft {
		out.Published = nil
	} else if p.Revision > 1 && !e.At.IsZero() {
		out.Updated = &e.At
	}
	if p.OrganizationName != "" {
		out.Organization = &export.Organization{Name: p.OrganizationName, URL: p.OrganizationURL}
	}
	if p.PersonDays != nil {
		out.Effort = &export.Effort{PersonDays: *p.PersonDays}
	}
	if p.ContactName+p.ContactUnit+p.ContactEmail+p.ContactURL != "" {
		out.Contact = &export.Contact{Name: p.ContactName, Unit: p.ContactUnit, Email: p.ContactEmail, URL: p.ContactURL}
	}
	for _, f := range p.Figures {
		out.Figures = append(out.Figures, export.Figure(f))
	}
	for _, c := range p.Costs {
		out.Cost = append(out.Cost, export.Cost(c))
	}
	for _, k := range p.Services {
		out.Services = append(out.Services, export.Service(k))
	}
	for _, l := range p.Links {
		out.Links = append(out.Links, export.Link(l))
	}
	for _, f := range p.Files {
		if f.Name != "" { // of an older version the files that are still there
			out.Attachments = append(out.Attachments, export.Attachment{Name: f.Description, URL: s.Config.BaseURL + f.Path(e.Post.ID), MediaType: f.ContentType})
		}
	}
	for _, m := range e.Elsewhere {
		out.Attachments = append(out.Attachments, export.Attachment{Name: m.Description, URL: m.RemoteURL, MediaType: m.ContentType})
	}
	return out
}

func exportTerms(terms []practice.Term) []export.Term {
	list := make([]export.Term, len(terms))
	for i, t := range terms {
		list[i] = export.Term{ID: t.URI, Notation: t.Notation, Name: t.Name}
	}
	return list
}

// publisher is who runs this instance.
func (s *Site) publisher(r *http.Request) (export.Publisher, error) {
	o, err := s.organization(r.Context())
	if err != nil {
		return export.Publisher{}, err
	}
	return export.Publisher{Name: o.Name, URL: s.Config.BaseURL, Email: o.ContactEmail}, nil
}
