package web

import (
	"cmp"
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/directory"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
)

// directoryDeskView is what editors see of the directory: what is kept here, and whose entries are read.
type directoryDeskView struct {
	Items   []listedView // those that are to be confirmed first
	Overdue int
	Kinds   []option
	Sources []directory.Source
}

func (s *Site) showDirectoryDesk(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleEditor); err != nil {
		return err
	}
	own, err := s.Directory.Own(r.Context())
	if err != nil {
		return err
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	view := directoryDeskView{}
	var rest []listedView
	for _, e := range own {
		v := listedOf(e, o)
		if v.Stale {
			view.Items = append(view.Items, v)
		} else {
			rest = append(rest, v)
		}
	}
	view.Overdue = len(view.Items)
	view.Items = append(view.Items, rest...)
	for _, kind := range directory.Kinds {
		view.Kinds = append(view.Kinds, option{Value: kindSlug(kind), Label: s.t(r, "directory.new."+string(kind))})
	}
	if view.Sources, err = s.Directory.Sources(r.Context()); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "directory_desk", page{Title: s.t(r, "directory.title"), Nav: "desk", Data: view, NoIndex: true})
}

type listedForm struct {
	Kind         string `schema:"kind"`
	Name         string `schema:"name"`
	Organization string `schema:"organization"`
	Unit         string `schema:"unit"`
	Level        string `schema:"level"`
	Region       string `schema:"region"`
	Summary      string `schema:"summary"`
	Cadence      string `schema:"cadence"`
	Members      string `schema:"members"`
	Email        string `schema:"email"`
	Phone        string `schema:"phone"`
	Website      string `schema:"website"`
	Revision     int    `schema:"revision"`
}

func (f listedForm) entry(id int64) directory.Entry {
	return directory.Entry{
		ID: id, Kind: directory.Kind(f.Kind), Name: f.Name, Organization: f.Organization, Unit: f.Unit, Level: organization.Level(f.Level), Region: f.Region, Summary: f.Summary,
		Cadence: f.Cadence, Members: f.Members, Email: f.Email, Phone: f.Phone, Website: f.Website, Revision: f.Revision,
	}
}

func listedFormOf(e directory.Entry) listedForm {
	return listedForm{
		Kind: string(e.Kind), Name: e.Name, Organization: e.Organization, Unit: e.Unit, Level: string(e.Level), Region: e.Region, Summary: e.Summary, Cadence: e.Cadence,
		Members: e.Members, Email: e.Email, Phone: e.Phone, Website: e.Website, Revision: e.Revision,
	}
}

// listedFormView is the form of one entry.
type listedFormView struct {
	listedForm
	ID      int64 // 0 for a new one
	Target  string
	Title   string
	Contact bool // fields of a contact, not of a body that meets
	Regions []option
	Errors  formErrors
}

// newListed is the empty form of an entry, with what is known of the organisation.
func (s *Site) newListed(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleEditor); err != nil {
		return err
	}
	kind, ok := directoryKinds[r.URL.Query().Get("art")]
	if !ok {
		return errNoSuchEntry()
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	form := listedForm{Kind: string(kind), Organization: o.Name, Level: string(o.Level), Region: o.Region}
	return s.renderListedForm(w, r, http.StatusOK, listedFormView{listedForm: form})
}

func (s *Site) editListed(w http.ResponseWriter, r *http.Request) error {
	_, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	e, err := s.Directory.OwnByID(r.Context(), id)
	if err != nil {
		return err
	}
	return s.renderListedForm(w, r, http.StatusOK, listedFormView{listedForm: listedFormOf(e), ID: id})
}

func (s *Site) renderListedForm(w http.ResponseWriter, r *http.Request, status int, view listedFormView) error {
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	kind := directory.Kind(view.Kind)
	if !kind.Valid() {
		return errNoSuchEntry()
	}
	view.Contact = kind == directory.Contact
	view.Target, view.Title = directoryDeskPath+"/neu", s.t(r, "directory.new."+view.Kind)
	if view.ID != 0 {
		view.Target, view.Title = fmt.Sprintf("%s/%d", directoryDeskPath, view.ID), s.t(r, "directory.edit."+view.Kind)
	}
	for _, region := range directory.Regions(o) {
		view.Regions = append(view.Regions, option{Value: region, Label: s.directoryRegion(r, region), Selected: region == view.Region})
	}
	return s.render(w, r, status, "directory_form", page{Title: view.Title, Nav: "desk", Data: view, NoIndex: true})
}

// saveListed adds an entry or changes one. What was typed comes back with every refusal, even where the entry is gone meanwhile.
func (s *Site) saveListed(w http.ResponseWriter, r *http.Request) error {
	actor, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	id, _ := pathID(r) // none for a new one
	var form listedForm
	if err = decode(r, &form); err == nil {
		_, err = s.Directory.Save(r.Context(), actor, form.entry(id))
	}
	if err == nil {
		s.flash(w, "success", "flash.directory.saved")
		http.Redirect(w, r, directoryDeskPath, http.StatusSeeOther)
		return nil
	}
	view := listedFormView{listedForm: form, ID: id}
	errs, ok := s.formErrors(r, err, "directory.form.")
	view.Errors = errs
	switch {
	case id != 0 && fault.Is(err, fault.NotFound) && directory.Kind(form.Kind).Valid():
		view.ID, view.Revision = 0, 0
		view.Errors = formErrors{Status: http.StatusConflict, Message: s.t(r, "error.directory.gone")}
	case !ok:
		return fmt.Errorf("save directory entry %d: %w", id, err)
	case fault.Is(err, fault.Conflict):
		now, err := s.Directory.OwnByID(r.Context(), id)
		if err != nil {
			return err
		}
		view.Revision = now.Revision
	}
	return s.renderListedForm(w, r, cmp.Or(view.Errors.Status, http.StatusUnprocessableEntity), view)
}

func (s *Site) confirmListed(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	if err := s.Directory.Confirm(r.Context(), actor, id); err != nil {
		return err
	}
	s.flash(w, "success", "flash.directory.confirmed")
	return s.back(w, r, directoryDeskPath)
}

func (s *Site) askRemoveListed(w http.ResponseWriter, r *http.Request) error {
	_, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	e, err := s.Directory.OwnByID(r.Context(), id)
	if err != nil {
		return err
	}
	view := confirmView{
		Title: s.t(r, "directory.remove.title", "Name", e.Name), Text: s.t(r, "directory.remove.text"), Action: r.URL.Path, Button: s.t(r, "directory.remove"), Cancel: directoryDeskPath,
	}
	return s.render(w, r, http.StatusOK, "confirm_page", page{Title: view.Title, Nav: "desk", Data: view, NoIndex: true})
}

func (s *Site) removeListed(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	if err := s.Directory.Remove(r.Context(), actor, id); err != nil {
		return err
	}
	s.flash(w, "success", "flash.directory.removed")
	http.Redirect(w, r, directoryDeskPath, http.StatusSeeOther)
	return nil
}
