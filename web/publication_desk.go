package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/publication"
)

const worksPath = "/redaktion/handreichungen"

// maxListedWorks is how many published documents the editors' page lists; readers' has them all.
const maxListedWorks = 100

type worksView struct {
	Items     []workItem
	Published []publicationItem
}

// workItem is a document in work.
type workItem struct {
	publication.Work
	Href string
	Type string // in words
	By   *account.Account
}

// listWorks shows editors what is in work, and what of ours is published.
func (s *Site) listWorks(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	works, err := s.Publications.Works(r.Context(), actor)
	if err != nil {
		return err
	}
	var people []int64
	for _, work := range works {
		if work.AccountID != nil {
			people = append(people, *work.AccountID)
		}
	}
	accounts, err := s.Accounts.ByIDs(r.Context(), people)
	if err != nil {
		return fmt.Errorf("who writes documents: %w", err)
	}
	l := s.localizer(r)
	var data worksView
	for _, work := range works {
		item := workItem{Work: work, Href: workURL(work.ID), Type: nameOf(l, "publications.type.", work.Text.Type)}
		if work.AccountID != nil {
			if by, ok := accounts[*work.AccountID]; ok {
				item.By = &by
			}
		}
		data.Items = append(data.Items, item)
	}
	list, err := s.Publications.List(r.Context(), viewer(r), publication.Filter{Kind: publication.Document, Origin: publication.LocalOrigin, Limit: maxListedWorks})
	if err != nil {
		return fmt.Errorf("published documents: %w", err)
	}
	for _, v := range list.Items {
		data.Published = append(data.Published, publicationItem{v, s.publicationURL(v.Post), publicationType(l, v.Publication), len(v.Publication.Files)})
	}
	return s.render(w, r, http.StatusOK, "publication_desk", page{Title: l.T("publications.desk.title"), Nav: "desk", Data: data, NoIndex: true})
}

type workView struct {
	publication.Work
	Type    string
	Path    string
	HTML    string
	Files   []attachedView
	By      *account.Account
	Changes []changedLine // against what is published; nil for a new one
	Same    bool          // nothing that people read changed
	Waits   bool          // for somebody else than the reader to publish it
}

// showWork shows a document in work as it will be read, what it changes, and who may publish it.
func (s *Site) showWork(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	work, err := s.Publications.WorkByID(r.Context(), actor, id)
	if err != nil {
		return fmt.Errorf("document in work %d: %w", id, err)
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	l, t := s.localizer(r), work.Text
	data := workView{
		Work: work, Type: nameOf(l, "publications.type.", t.Type), Path: workURL(id), HTML: s.Practices.Preview(t.Source),
		Waits: o.FourEyes && work.AccountID != nil && *work.AccountID == actor.ID,
	}
	if work.AccountID != nil {
		if by, err := s.Accounts.ByID(r.Context(), *work.AccountID); err == nil {
			data.By = &by
		} else if !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("who wrote document %d: %w", id, err)
		}
	}
	known, err := s.Publications.FilesOf(r.Context(), actor, id, t.Files)
	if err != nil {
		return err
	}
	var files []publication.File
	for _, f := range known {
		for _, ref := range t.Files {
			if ref.ID == f.ID {
				files = append(files, publication.File{URL: s.Config.BaseURL + f.Path(), MediaType: f.ContentType, Name: ref.Name, Bytes: f.Size})
			}
		}
	}
	data.Files = s.publishedFiles(l, files)
	if work.PostID != nil {
		v, err := s.Publications.ByID(r.Context(), viewer(r), *work.PostID)
		if err != nil {
			return fmt.Errorf("publication %d: %w", *work.PostID, err)
		}
		of := v.Publication
		before := publicationText(l, publication.Text{Title: v.Post.Title, Summary: v.Post.Summary, Source: v.Post.Source, Type: of.Type, Version: of.Version}, of.Files)
		if after := publicationText(l, t, files); before != after {
			data.Changes = compareVersions(before, after)
		} else {
			data.Same = true
		}
	}
	return s.render(w, r, http.StatusOK, "publication_preview", page{Title: l.T("publications.preview.title"), Nav: "desk", Data: data, NoIndex: true})
}

// publishWork publishes what the actor saw. What is still missing stands at its input.
func (s *Site) publishWork(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form struct {
		Draft int `schema:"draft"`
	}
	if err := decode(r, &form); err != nil {
		return err
	}
	postID, err := s.Publications.Publish(r.Context(), actor, id, form.Draft)
	switch {
	case fault.Is(err, fault.Conflict):
		s.flash(w, "danger", "flash.publication.stale")
		http.Redirect(w, r, workURL(id), http.StatusSeeOther)
		return nil
	case fault.Is(err, fault.Invalid):
		work, e := s.Publications.WorkByID(r.Context(), actor, id)
		if e != nil {
			return fmt.Errorf("document in work %d: %w", id, e)
		}
		return s.refuseWork(w, r, actor, publicationFormView{publicationForm: publicationFormOf(work), ID: id, Changes: work.PostID != nil}, err)
	case err != nil:
		return fmt.Errorf("publish document %d: %w", id, err)
	}
	s.flash(w, "success", "flash.publication.published")
	http.Redirect(w, r, fmt.Sprintf("%s/%d", publicationsPath, postID), http.StatusSeeOther)
	return nil
}

// changePublication begins the next version of a document, or leads to the one that is in work.
func (s *Site) changePublication(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	work, err := s.Publications.Change(r.Context(), actor, id)
	if err != nil {
		return fmt.Errorf("change document %d: %w", id, err)
	}
	http.Redirect(w, r, workURL(work.ID)+"/bearbeiten", http.StatusSeeOther)
	return nil
}

func (s *Site) confirmDiscardWork(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	work, err := s.Publications.WorkByID(r.Context(), actor, id)
	if err != nil {
		return fmt.Errorf("document in work %d: %w", id, err)
	}
	view := confirmView{Title: s.t(r, "publications.discard.title"), Text: s.t(r, "publications.discard.text"), Button: s.t(r, "publications.discard.button"), Action: workURL(id) + "/verwerfen", Cancel: workURL(id)}
	if work.PostID != nil {
		view.Text = s.t(r, "publications.discard.text.change")
	}
	return s.render(w, r, http.StatusOK, "confirm_page", page{Title: view.Title, Nav: "desk", Data: view, NoIndex: true})
}

func (s *Site) discardWork(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	if err := s.Publications.Discard(r.Context(), actor, id); err != nil {
		return fmt.Errorf("discard document %d: %w", id, err)
	}
	s.flash(w, "success", "flash.publication.discarded")
	http.Redirect(w, r, worksPath, http.StatusSeeOther)
	return nil
}

func (s *Site) confirmWithdrawPublication(w http.ResponseWriter, r *http.Request) error {
	_, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	v, err := s.Publications.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("publication %d: %w", id, err)
	}
	view := confirmView{
		Title: s.t(r, "publications.withdraw.title"), Text: s.t(r, "publications.withdraw.text", "Title", v.Post.Title), Button: s.t(r, "publications.withdraw.button"),
		Action: fmt.Sprintf("%s/%d/zurueckziehen", publicationsPath, id), Cancel: fmt.Sprintf("%s/%d", publicationsPath, id),
	}
	return s.render(w, r, http.StatusOK, "confirm_page", page{Title: view.Title, Nav: "desk", Data: view, NoIndex: true})
}

func (s *Site) withdrawPublication(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	if err := s.Publications.Withdraw(r.Context(), actor, id); err != nil {
		return fmt.Errorf("withdraw document %d: %w", id, err)
	}
	s.flash(w, "success", "flash.publication.withdrawn")
	http.Redirect(w, r, worksPath, http.StatusSeeOther)
	return nil
}

// showPublicationFile hands out a file to whoever may read it: to be saved, never to be shown as a page of ours.
func (s *Site) showPublicationFile(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(pathText(r, "id"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	f, open, err := s.Publications.FileFor(r.Context(), viewer(r), currentAccount(r), id)
	if err != nil {
		return fmt.Errorf("file %d of a publication: %w", id, err)
	}
	if err := s.sendStored(w, r, f.File, f.Name, f.ContentType, open); err != nil {
		return fmt.Errorf("file %d of a publication: %w", id, err)
	}
	return nil
}
