package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/publication"
)

const (
	publicationsPath = "/handreichungen"
	publicationsPage = 20 // entries of a page
)

// registerPublications adds the documents that instances publish, for readers and for editors.
func (s *Site) registerPublications(r *mux.Router) {
	get, post := s.table(r)
	get(publicationsPath+".atom", s.publicationFeed)
	get(publicationsPath, s.listPublications)
	get(publicationsPath+"/{id:[0-9]+}", s.showPublication)
	get(publicationsPath+"/{id:[0-9]+}/verlauf", s.showPublicationHistory)
	get(publicationsPath+"/dateien/{id:[0-9]+}/{name}", s.showPublicationFile)

	get(worksPath, s.listWorks)
	get(worksPath+"/neu", s.newWork)
	post(worksPath+"/neu", s.saveWork)
	get(worksPath+"/{id:[0-9]+}", s.showWork)
	get(worksPath+"/{id:[0-9]+}/bearbeiten", s.editWork)
	post(worksPath+"/{id:[0-9]+}/bearbeiten", s.saveWork)
	post(worksPath+"/{id:[0-9]+}/veroeffentlichen", s.publishWork)
	get(worksPath+"/{id:[0-9]+}/verwerfen", s.confirmDiscardWork)
	post(worksPath+"/{id:[0-9]+}/verwerfen", s.discardWork)
	post(publicationsPath+"/{id:[0-9]+}/aendern", s.changePublication)
	get(publicationsPath+"/{id:[0-9]+}/zurueckziehen", s.confirmWithdrawPublication)
	post(publicationsPath+"/{id:[0-9]+}/zurueckziehen", s.withdrawPublication)
}

// publicationURL is where a publication is read here. An edition of ours has a page of its own.
func (s *Site) publicationURL(p post.Post) string {
	if page, ok := strings.CutPrefix(p.URL, s.Config.BaseURL); ok && p.Local && p.Role == post.RoleEdition {
		return page
	}
	return fmt.Sprintf("%s/%d", publicationsPath, p.ID)
}

// publicationItem is a publication in a list.
type publicationItem struct {
	publication.View
	Href  string
	Type  string // in words
	Files int
}

type publicationsView struct {
	Path           string
	Query          string
	Type, Origin   string
	Types, Origins []option
	Items          []publicationItem
	Total          int
	Narrowed       bool
	MayWrite       bool
	Pages          pagination
	Errors         formErrors
}

// listPublications shows what this instance and those it reads published, in one list with its origin.
func (s *Site) listPublications(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := publication.Filter{Type: q.Get("art"), Origin: q.Get("herkunft"), Text: clip(q.Get("q"), maxQuery), Offset: offsetOf(r, publicationsPage), Limit: publicationsPage}
	found, err := s.Publications.List(r.Context(), viewer(r), f)
	if err != nil {
		return fmt.Errorf("publications: %w", err)
	}
	l := s.localizer(r)
	data := publicationsView{
		Path: publicationsPath, Query: f.Text, Type: f.Type, Origin: f.Origin, Total: found.Total, Narrowed: f.Type+f.Origin+f.Text != "",
		Pages: paginate(r, f.Offset, publicationsPage, found.Total),
	}
	reader := currentAccount(r)
	data.MayWrite = reader != nil && reader.Able(account.RoleEditor)
	for _, v := range found.Items {
		data.Items = append(data.Items, publicationItem{v, s.publicationURL(v.Post), publicationType(l, v.Publication), len(v.Publication.Files)})
	}
	for _, t := range found.Types {
		data.Types = append(data.Types, option{Value: t.Value, Label: fmt.Sprintf("%s (%d)", l.T("publications.type."+t.Value), t.Count)})
	}
	for _, o := range found.Origins {
		label := o.Value
		if label == publication.LocalOrigin {
			label = l.T("practices.facet.local")
		}
		data.Origins = append(data.Origins, option{Value: o.Value, Label: fmt.Sprintf("%s (%d)", label, o.Count)})
	}
	slices.SortFunc(data.Types, func(a, b option) int { return strings.Compare(a.Label, b.Label) })
	slices.SortFunc(data.Origins, func(a, b option) int { return strings.Compare(a.Label, b.Label) })
	return s.render(w, r, http.StatusOK, "publications", page{
		Title: l.T("publications.title"), Description: l.T("publications.lead"), Nav: "publications", Data: data, NoIndex: data.Narrowed,
		Feeds: []feedLink{{l.T("publications.title"), publicationsPath + ".atom"}},
	})
}

func publicationType(l *i18n.Localizer, p publication.Publication) string {
	if p.Kind == publication.Edition {
		return l.T("publications.type." + publication.TypeEdition)
	}
	return nameOf(l, "publications.type.", p.Type)
}

// publicationView is the page of one publication.
type publicationView struct {
	publication.View
	Type       string
	Path       string
	Page       string // of an edition of ours: where it is read
	Files      []attachedView
	Entries    []publicationEntry
	Handle     string
	AuthorHref string
	Thread     threadView
	MayEdit    bool
	MayReact   bool
}

// publicationEntry is a practice that an edition contains.
type publicationEntry struct {
	Title, Language string // "" for one that cannot be read here
	Href            string
	Host            string
	Chapter         string
	Revision        int
}

// showPublication shows one publication, ours or another instance's. What was withdrawn says so, with status 410.
func (s *Site) showPublication(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, err := s.Publications.ByID(r.Context(), viewer(r), id)
	if fault.Is(err, fault.Gone) {
		return s.render(w, r, http.StatusGone, "publication_gone", page{Title: s.t(r, "publications.gone.title"), Nav: "publications", NoIndex: true})
	}
	if err != nil {
		return fmt.Errorf("publication %d: %w", id, err)
	}
	if wantsActivity(r) {
		http.Redirect(w, r, v.Post.URI, http.StatusSeeOther)
		return nil
	}
	l := s.localizer(r)
	reader := currentAccount(r)
	data := publicationView{
		View: v, Type: publicationType(l, v.Publication), Path: fmt.Sprintf("%s/%d", publicationsPath, id), Files: s.publishedFiles(l, v.Publication.Files),
		Handle: s.fullHandle(v.Author), AuthorHref: "/@" + v.Author.Handle(), MayReact: reader != nil,
		MayEdit: v.Post.Local && v.Post.Role == post.RoleDocument && reader != nil && reader.Able(account.RoleEditor),
	}
	if page := s.publicationURL(v.Post); page != data.Path {
		data.Page = page
	}
	if data.Entries, err = s.publicationEntries(r, v.Publication.Entries); err != nil {
		return err
	}
	if data.Thread, err = s.thread(r, v.View, data.Path); err != nil {
		return err
	}
	data.Thread.Words = commentWords
	return s.render(w, r, http.StatusOK, "publication", page{
		Title: v.Post.Title, Description: v.Post.Summary, Nav: "publications", Data: &data, Article: true, Canonical: s.originOf(v.Post), Activity: v.Post.URI,
		Feeds: []feedLink{{l.T("publications.title"), publicationsPath + ".atom"}},
	})
}

// publicationEntries are the practices of an edition, those that the reader may see by their titles.
func (s *Site) publicationEntries(r *http.Request, entries []publication.Entry) ([]publicationEntry, error) {
	uris := make([]string, len(entries))
	for i, e := range entries {
		uris[i] = e.URI
	}
	known, err := s.Posts.ByURIs(r.Context(), viewer(r), uris)
	if err != nil {
		return nil, fmt.Errorf("entries of an edition: %w", err)
	}
	var list []publicationEntry
	for _, e := range entries {
		entry := publicationEntry{Href: e.URI, Host: hostOf(e.URI), Chapter: e.Chapter, Revision: e.Revision}
		if p, ok := known[e.URI]; ok {
			entry.Title, entry.Language, entry.Href = p.Title, p.Language, practiceURL(p.ID)
		}
		list = append(list, entry)
	}
	return list, nil
}

// publishedFiles are the files of a publication as a page shows them; ours by their path here.
func (s *Site) publishedFiles(l *i18n.Localizer, files []publication.File) []attachedView {
	var list []attachedView
	for _, f := range files {
		v := attachedView{Href: f.URL, Description: f.Label(), Kind: fileKind(l, f.MediaType)}
		if f.Bytes > 0 {
			v.Size = fileSize(l, f.Bytes)
		}
		if own, ok := strings.CutPrefix(f.URL, s.Config.BaseURL+"/"); ok {
			v.Href = "/" + own
		} else {
			v.Kind = l.T("structure.file.elsewhere", "Kind", v.Kind, "Host", hostOf(f.URL))
		}
		list = append(list, v)
	}
	return list
}

// publicationFeed is what was published last.
func (s *Site) publicationFeed(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Publications.List(r.Context(), post.Viewer{}, publication.Filter{Limit: feedLength})
	if err != nil {
		return fmt.Errorf("feed of publications: %w", err)
	}
	l := s.I18n.For(languages[0])
	feed := export.Feed{Title: l.T("publications.title"), Subtitle: l.T("publications.lead")}
	for _, v := range list.Items {
		entry := s.feedEntry(v.View, s.publicationURL(v.Post))
		entry.Categories = []string{publicationType(l, v.Publication)}
		feed.Entries = append(feed.Entries, entry)
	}
	return s.sendFeed(w, r, feed, publicationsPath+".atom", publicationsPath, true)
}
