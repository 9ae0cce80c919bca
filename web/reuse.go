package web

import (
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/reuse"
)

// registerReuse adds the pages on which somebody says that they reuse a practice.
func (s *Site) registerReuse(r *mux.Router) {
	get, post := s.table(r)

	get("/praxisbeispiele/{id:[0-9]+}/nachnutzen", s.editReuse)
	post("/praxisbeispiele/{id:[0-9]+}/nachnutzen", s.saveReuse)
	post("/praxisbeispiele/{id:[0-9]+}/uebernehmen", s.beginFrom)
}

// reuseSection is who reuses a practice, on its page: {{template "reuse_section" .Reuse}}.
type reuseSection struct {
	Path      string
	Items     []reuseItem
	May       bool
	MayBegin  bool
	Mine      *post.Post // the note in which the reader said that they reuse it
	Source    string     // address of the practice that this one grew out of, "" for none
	SourceIs  string     // its title, "" where it is not known here
	SourceAt  string     // else its host
	SourceFor string     // language of the title
}

// reuseItem is one reuse.
type reuseItem struct {
	reuse.View
	Who     string
	Figures []figureView
	Excerpt string // of the experience
	Anchor  string // of the note in the discussion
	OwnHref string // of the reuser's own practice, "" for none
	OwnHere bool
}

// reuses reads the section of a practice.
func (s *Site) reuses(r *http.Request, v practice.View) (reuseSection, error) {
	section := reuseSection{Path: practiceURL(v.Post.ID)}
	list, err := s.Reuses.Of(r.Context(), viewer(r), v.Post.ID)
	if err != nil {
		return section, fmt.Errorf("reuses: %w", err)
	}
	l := s.localizer(r)
	for _, item := range list {
		view := reuseItem{
			View: item, Who: item.Reuse.OrganizationName, Figures: newFigures(l, item.Reuse.Figures), OwnHref: item.Reuse.PracticeURI,
			Excerpt: excerpt(markup.Text(item.Post.HTML), excerptLength), Anchor: fmt.Sprintf("#beitrag-%d", item.Post.ID),
		}
		if view.Who == "" {
			view.Who = item.Author.Name()
		}
		if item.Own != nil {
			view.OwnHref, view.OwnHere = practiceURL(item.Own.ID), true
		}
		section.Items = append(section.Items, view)
	}
	from, address, err := s.Reuses.Source(r.Context(), viewer(r), v)
	if err != nil {
		return section, err
	}
	section.Source, section.SourceAt = address, hostOf(address)
	if from != nil {
		section.Source, section.SourceIs, section.SourceFor = practiceURL(from.ID), from.Title, from.Language
	}
	reader := currentAccount(r)
	if reader == nil {
		return section, nil
	}
	section.May = reuse.May(*reader, v)
	section.MayBegin = reader.Able(account.RoleMember) && v.Post.State == post.StatePublished && v.Post.AccountID != reader.ID
	if section.May {
		mine, _, err := s.Reuses.Own(r.Context(), *reader, v.Post.ID)
		if err == nil {
			section.Mine = &mine
		} else if !fault.Is(err, fault.NotFound) {
			return section, err
		}
	}
	return section, nil
}

// reuseForm is the form as it was typed.
type reuseForm struct {
	Action   string       `schema:"action"`
	State    string       `schema:"state"`
	Source   string       `schema:"source"`
	Practice int64        `schema:"practice"`
	Figures  []figureForm `schema:"figures"`
}

type reuseFormView struct {
	reuseForm
	Practice practice.View // what is reused
	Own      int64         // chosen as the own practice
	Target   string
	Back     string
	Name     string // for whom the reader speaks
	Known    bool   // it was said before
	States   []option
	Owns     []option
	Rows     []figureRow
	Errors   formErrors
	Login    string // the session ended meanwhile
}

// editReuse shows the form, with what the reader said before.
func (s *Site) editReuse(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return err
	}
	var form reuseForm
	note, said, err := s.Reuses.Own(r.Context(), reader, id)
	switch {
	case err == nil:
		form = reuseForm{State: string(said.State), Source: note.Source, Figures: figureForms(said.Figures)}
		if said.PracticeURI != "" {
			if own, err := s.Posts.Find(r.Context(), said.PracticeURI); err == nil {
				form.Practice = own.ID
			} else if !fault.Is(err, fault.NotFound) {
				return err
			}
		}
	case !fault.Is(err, fault.NotFound):
		return err
	}
	return s.renderReuseForm(w, r, http.StatusOK, id, reuseFormView{reuseForm: form})
}

// saveReuse publishes what was said. Whatever goes wrong, the form comes back with all that was typed.
func (s *Site) saveReuse(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	var view reuseFormView
	decodeErr := decode(r, &view.reuseForm)
	if decodeErr != nil && !fault.Is(decodeErr, fault.Invalid) {
		return decodeErr
	}
	reader, err := s.require(r, account.RoleMember)
	if fault.Is(err, fault.Unauthorized) && !usesToken(r) {
		view.Login = loginURL(r)
		view.Errors = formErrors{Status: http.StatusUnauthorized, Message: s.message(r, fault.New(fault.Unauthorized, "member.error.session"))}
		return s.renderReuseForm(w, r, http.StatusUnauthorized, id, view)
	}
	if err != nil {
		return err
	}
	if view.Action == "add-figure" {
		view.Figures = append(view.Figures, figureForm{})
		return s.renderReuseForm(w, r, http.StatusOK, id, view)
	}
	form := practiceForm{Figures: view.Figures}
	form.compact()
	view.Figures = form.Figures
	figures, mistakes := figuresIn(view.Figures)
	err = decodeErr
	if err == nil {
		err = fault.Fields(mistakes...)
	}
	if err == nil {
		s.resolveMentions(r.Context(), reader, view.Source)
		_, err = s.Reuses.Save(r.Context(), reader, id, reuse.Draft{
			State: reuse.State(view.State), Source: view.Source, PracticeID: view.reuseForm.Practice, Figures: figures,
		})
	}
	if err != nil {
		var ok bool
		if view.Errors, ok = s.formErrors(r, err, "reuse.form.", "practices.form."); !ok {
			return fmt.Errorf("reuse of %d: %w", id, err)
		}
		return s.renderReuseForm(w, r, view.Errors.Status, id, view)
	}
	s.flash(w, "success", "flash.reuse.saved")
	http.Redirect(w, r, practiceURL(id)+"#nachnutzung", http.StatusSeeOther)
	return nil
}

func (s *Site) renderReuseForm(w http.ResponseWriter, r *http.Request, status int, id int64, view reuseFormView) error {
	v, err := s.Practices.ByID(r.Context(), viewer(r), id)
	if err != nil && (view.Login == "" || !fault.Is(err, fault.NotFound)) { // who is not logged in keeps their text, whatever it is about
		return fmt.Errorf("reuse of %d: %w", id, err)
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	view.Practice, view.Name, view.Own = v, o.Name, view.reuseForm.Practice
	view.Target, view.Back = practiceURL(id)+"/nachnutzen", practiceURL(id)+"#nachnutzung"
	for _, state := range reuse.States {
		view.States = append(view.States, option{
			Value: string(state), Label: s.t(r, "reuse.state."+string(state)) + ": " + s.t(r, "reuse.state.hint."+string(state)),
		})
	}
	if reader := currentAccount(r); reader != nil {
		if !reuse.May(*reader, v) {
			return fault.New(fault.Forbidden, "error.reuse.forbidden")
		}
		own, err := s.Reuses.Candidates(r.Context(), *reader, v)
		if err != nil {
			return err
		}
		for _, p := range own {
			view.Owns = append(view.Owns, option{Value: fmt.Sprint(p.ID), Label: p.Title, Selected: p.ID == view.Own})
		}
		if _, _, err := s.Reuses.Own(r.Context(), *reader, id); err == nil {
			view.Known = true
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	view.Rows = s.figureRows(r, view.Figures, 1, view.Errors)
	title := s.t(r, "reuse.form.title")
	if view.Known {
		title = s.t(r, "reuse.form.title.edit")
	}
	return s.render(w, r, status, "reuse_form", page{Title: title, Nav: "practices", Data: view, NoIndex: true, Scripts: []string{"figures.js"}})
}

// beginFrom starts an own practice from another one, and leads to its form.
func (s *Site) beginFrom(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return err
	}
	v, err := s.Practices.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("begin from %d: %w", id, err)
	}
	draft, err := s.Reuses.Begin(r.Context(), reader, id, s.credit(r, v))
	if err != nil {
		return fmt.Errorf("begin from %d: %w", id, err)
	}
	s.flash(w, "success", "flash.reuse.begun")
	http.Redirect(w, r, practiceURL(draft)+"/bearbeiten", http.StatusSeeOther)
	return nil
}

// credit says where a practice comes from and under which licence, as the licences ask for.
func (s *Site) credit(r *http.Request, v practice.View) string {
	name := v.Practice.OrganizationName
	if name == "" {
		name = v.Author.Name()
	}
	args := []any{"Title", markup.Escape(v.Post.Title), "URL", pageOf(v), "Name", markup.Escape(name)}
	if v.Practice.Licence == "" {
		return s.t(r, "reuse.credit.plain", args...)
	}
	return s.t(r, "reuse.credit", append(args, "Licence", markup.Escape(licenceName(v.Practice.Licence)), "LicenceURL", v.Practice.Licence)...)
}
