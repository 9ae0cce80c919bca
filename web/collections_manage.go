package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
)

// collectionForm is name and introduction of a collection.
type collectionForm struct {
	Name         string `schema:"name"`
	Introduction string `schema:"introduction"`
	Version      int    `schema:"version"`
}

func (f collectionForm) draft() curation.CollectionDraft {
	return curation.CollectionDraft{Name: f.Name, Introduction: f.Introduction, Version: f.Version}
}

// manageView lists what editors arrange, and what of others they can show.
type manageView struct {
	Arranges  bool // the house curates
	Own       []collectionLink
	Elsewhere []collectionLink
	Form      collectionForm
	Errors    formErrors
}

// mayArrange reports whether the reader is an editor of a house that curates.
func (s *Site) mayArrange(r *http.Request) bool {
	reader := currentAccount(r)
	if reader == nil || !reader.Role.AtLeast(account.RoleEditor) {
		return false
	}
	curates, err := s.Curation.Curates(r.Context())
	return err == nil && curates
}

func (s *Site) manageCollections(w http.ResponseWriter, r *http.Request) error {
	return s.renderManage(w, r, http.StatusOK, manageView{})
}

func (s *Site) renderManage(w http.ResponseWriter, r *http.Request, status int, data manageView) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	if data.Arranges = s.mayArrange(r); data.Arranges {
		own, err := s.Curation.AllCollections(r.Context(), actor)
		if err != nil {
			return err
		}
		for _, c := range own {
			data.Own = append(data.Own, collectionLink{c, fmt.Sprintf("%s/%d", collectionsPath, c.ID)})
		}
	}
	others, err := s.Curation.Elsewhere(r.Context(), actor)
	if err != nil {
		return err
	}
	for _, c := range others {
		data.Elsewhere = append(data.Elsewhere, collectionLink{c, collectionHref(c)})
	}
	return s.render(w, r, status, "collections_manage", page{Title: s.t(r, "collections.title"), Nav: "desk", Data: data, NoIndex: true})
}

func (s *Site) createCollection(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form collectionForm
	var id int64
	if err = decode(r, &form); err == nil {
		id, err = s.Curation.CreateCollection(r.Context(), actor, form.draft())
	}
	if err != nil {
		if errs, ok := s.formErrors(r, err, "collections.form."); ok {
			return s.renderManage(w, r, errs.Status, manageView{Form: form, Errors: errs})
		}
		return fmt.Errorf("create collection: %w", err)
	}
	s.flash(w, "success", "flash.collection.created")
	return s.toCollection(w, r, id, "")
}

// chooseCollection makes a collection of another catalogue a page of ours, or takes it back.
func (s *Site) chooseCollection(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form struct {
		Host string `schema:"host"`
		Slug string `schema:"slug"`
	}
	if err := decode(r, &form); err != nil {
		return err
	}
	shown, said := mux.Vars(r)["verb"] == "zeigen", "flash.collection.hidden"
	if shown {
		said = "flash.collection.shown"
	}
	if err := s.Curation.Show(r.Context(), actor, form.Host, form.Slug, shown); err != nil {
		return fmt.Errorf("show collection %s of %s: %w", form.Slug, form.Host, err)
	}
	s.flash(w, "success", said)
	http.Redirect(w, r, collectionsPath+"#andere", http.StatusSeeOther)
	return nil
}

// toCollection goes back to the page on which a collection is arranged.
func (s *Site) toCollection(w http.ResponseWriter, r *http.Request, id int64, anchor string) error {
	address := collectionsPath + "/" + strconv.FormatInt(id, 10)
	if anchor != "" {
		address += "#" + anchor
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}
