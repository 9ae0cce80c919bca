package web

import (
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

const collectionsPath = "/redaktion/sammlungen"

// registerCollections adds the collections: as everyone reads them, and as editors arrange them.
func (s *Site) registerCollections(r *mux.Router) {
	get, post := s.table(r)

	get("/sammlungen", s.listCollections)
	get("/sammlungen/{slug:[a-z0-9-]+}", s.showCollection)
	get("/sammlungen/{slug:[a-z0-9-]+}@{host}", s.showCollection)

	get(collectionsPath, s.manageCollections)
	post(collectionsPath, s.createCollection)
	post(collectionsPath+"/{verb:zeigen|nicht-zeigen}", s.chooseCollection)

	one := collectionsPath + "/{id:[0-9]+}"
	get(one, s.editCollection)
	post(one, s.saveCollection)
	post(one+"/{verb:veroeffentlichen|zuruecknehmen}", s.publishCollection)
	get(one+"/vorschau", s.previewCollection)
	get(one+"/loeschen", s.confirmDeleteCollection)
	post(one+"/loeschen", s.deleteCollection)
	post(one+"/gliedern", s.arrangeCollection)
	post(one+"/kapitel", s.saveChapter)
	post(one+"/kapitel/{chapter:[0-9]+}/{verb:hoch|runter}", s.moveChapter)
	get(one+"/kapitel/{chapter:[0-9]+}/entfernen", s.confirmRemoveChapter)
	post(one+"/kapitel/{chapter:[0-9]+}/entfernen", s.removeChapter)
	get(one+"/aufnehmen", s.chooseEntries)
	post(one+"/aufnehmen", s.addEntries)
	post(one+"/beispiele/{post:[0-9]+}", s.saveEntry)
	post(one+"/beispiele/{post:[0-9]+}/{verb:hoch|runter}", s.moveEntry)
	get(one+"/beispiele/{post:[0-9]+}/entfernen", s.confirmRemoveEntry)
	post(one+"/beispiele/{post:[0-9]+}/entfernen", s.removeEntry)
}

// collectionLink is a collection in a list.
type collectionLink struct {
	curation.Collection
	Href string
}

func collectionHref(c curation.Collection) string {
	if c.Host == "" {
		return "/sammlungen/" + c.Slug
	}
	return "/sammlungen/" + c.Slug + "@" + c.Host
}

// collectionsView is the list of collections, ours before those of others.
type collectionsView struct {
	Lists []collectionLink
}

func (s *Site) listCollections(w http.ResponseWriter, r *http.Request) error {
	var data collectionsView
	for _, read := range []func() ([]curation.Collection, error){
		func() ([]curation.Collection, error) { return s.Curation.Collections(r.Context()) },
		func() ([]curation.Collection, error) { return s.Curation.ShownCollections(r.Context()) },
	} {
		list, err := read()
		if err != nil {
			return err
		}
		for _, c := range list {
			data.Lists = append(data.Lists, collectionLink{c, collectionHref(c)})
		}
	}
	return s.render(w, r, http.StatusOK, "collections", page{Title: s.t(r, "collections.title"), Description: s.t(r, "collections.lead"), Nav: "practices", Data: data})
}

// collectionView is the page of one collection.
type collectionView struct {
	curation.Collection
	Parts    []collectionPart
	Unknown  int    // entries whose practice we have not read
	EditHref string // for editors
}

// Preview reports whether only editors see the page.
func (v collectionView) Preview() bool {
	return v.Host == "" && !v.Published || v.Host != "" && !v.Shown
}

// Contents are the chapters to jump to; there is no need to where there is but one part.
func (v collectionView) Contents() []collectionPart {
	if len(v.Parts) < 2 {
		return nil
	}
	return v.Parts
}

// collectionPart is a chapter with what stands in it; without a name, what stands in none.
type collectionPart struct {
	curation.Chapter
	Anchor  string
	Entries []collectedView
}

// collectedView is one place in a collection.
type collectedView struct {
	curation.Entry
	Practice *practice.View // nil where there is but the place
	Changes  string         // where the versions are compared, "" where nothing changed
}

// showCollection shows a collection of ours, or one of another catalogue that is a page of ours.
func (s *Site) showCollection(w http.ResponseWriter, r *http.Request) error {
	slug, host := mux.Vars(r)["slug"], mux.Vars(r)["host"]
	reader := currentAccount(r)
	var c curation.Collection
	var err error
	if host == "" {
		c, err = s.Curation.CollectionBySlug(r.Context(), slug)
	} else {
		c, err = s.Curation.CollectionOf(r.Context(), reader, host, slug)
	}
	if err != nil {
		return fmt.Errorf("collection %s of %q: %w", slug, host, err)
	}
	return s.renderCollection(w, r, c)
}

func (s *Site) renderCollection(w http.ResponseWriter, r *http.Request, c curation.Collection) error {
	data := collectionView{Collection: c}
	if reader := currentAccount(r); reader != nil && c.Host == "" && s.mayArrange(r) {
		data.EditHref = fmt.Sprintf("%s/%d", collectionsPath, c.ID)
	}
	var err error
	if data.Parts, data.Unknown, err = s.collectionParts(r, c); err != nil {
		return err
	}
	p := page{
		Title: c.Name, Description: firstWords(c.Introduction, s.t(r, "collections.description", "Name", c.Name)), Nav: "practices", Data: data, NoIndex: data.Preview(),
		Canonical: s.Config.BaseURL + collectionHref(c),
	}
	if c.URL != "" {
		p.Canonical = c.URL
	}
	return s.render(w, r, http.StatusOK, "collection", p)
}

// firstWords is the beginning of a text for search engines, else what is said instead.
func firstWords(text, instead string) string {
	if text == "" {
		return instead
	}
	return clip(text, 200)
}

// collectionParts puts entries into their chapters, in the order in which they come. What we have not read is counted only.
func (s *Site) collectionParts(r *http.Request, c curation.Collection) (parts []collectionPart, unknown int, err error) {
	views, err := s.collected(r, c.Entries)
	if err != nil {
		return nil, 0, err
	}
	chapters := map[string]curation.Chapter{}
	for _, chapter := range c.Chapters {
		chapters[chapter.Name] = chapter
	}
	at := map[string]int{}
	for _, e := range c.Entries {
		v, known := views[e.PostID]
		if !known && !e.Withdrawn {
			unknown++
			continue
		}
		i, ok := at[e.Chapter]
		if !ok {
			i = len(parts)
			at[e.Chapter] = i
			chapter, named := chapters[e.Chapter]
			if !named {
				chapter.Name = e.Chapter
			}
			parts = append(parts, collectionPart{Chapter: chapter, Anchor: fmt.Sprintf("kapitel-%d", i+1)})
		}
		place := collectedView{Entry: e}
		if known && !e.Withdrawn {
			place.Practice = &v
			if e.Changed() {
				place.Changes = fmt.Sprintf("%s/verlauf?von=%d&bis=%d", practiceURL(e.PostID), e.Revision, e.Current)
			}
		}
		parts[i].Entries = append(parts[i].Entries, place)
	}
	return parts, unknown, nil
}

// collected reads the practices of entries, as everyone may see them.
func (s *Site) collected(r *http.Request, entries []curation.Entry) (map[int64]practice.View, error) {
	ids := make([]int64, 0, len(entries))
	for _, e := range entries {
		if e.PostID != 0 && !e.Withdrawn {
			ids = append(ids, e.PostID)
		}
	}
	list, err := s.Practices.Views(r.Context(), post.Viewer{}, ids)
	if err != nil {
		return nil, fmt.Errorf("practices of a collection: %w", err)
	}
	if err := s.countAnswers(r, list); err != nil {
		return nil, err
	}
	byID := make(map[int64]practice.View, len(list))
	for _, v := range list {
		byID[v.Post.ID] = v
	}
	return byID, nil
}
