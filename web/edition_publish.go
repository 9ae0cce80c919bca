package web

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/edition"
	"github.com/vorbild/vorbild/internal/export"
	"github.com/vorbild/vorbild/internal/fault"
)

// previewEdition shows an edition in work as it would be frozen now, with a notice that it is not.
func (s *Site) previewEdition(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	p, err := s.Editions.Paper(r.Context(), actor, id)
	if err != nil {
		return err
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	frozen, err := s.freeze(o.Name)(p)
	if err != nil {
		return err
	}
	frozen.Document.Notices, frozen.Document.Found = []string{s.t(r, "editions.preview.notice")}, false
	body, policy := export.HTML(frozen.Document)
	w.Header().Set("Content-Security-Policy", policy)
	s.sendFile(w, r, file{mediaType: "text/html; charset=utf-8", body: body})
	return nil
}

// publishView is the last look before an edition is frozen.
type publishView struct {
	edition.Paper
	Problems []string
	Gone     []edition.Place // of which the edition tells only that they are gone
	Older    []edition.Place // that have a newer revision
	Errors   formErrors
}

func (s *Site) confirmEdition(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	return s.renderPublish(w, r, http.StatusOK, actor, id, formErrors{})
}

func (s *Site) renderPublish(w http.ResponseWriter, r *http.Request, status int, actor account.Account, id int64, errs formErrors) error {
	p, err := s.Editions.Paper(r.Context(), actor, id)
	if err != nil {
		return err
	}
	view := publishView{Paper: p, Errors: errs}
	for _, problem := range p.Problems() {
		var args []any
		for name, value := range problem.Args {
			args = append(args, name, value)
		}
		view.Problems = append(view.Problems, s.t(r, problem.Message, args...))
	}
	for _, part := range p.Parts {
		for _, place := range part.Places {
			switch place.State {
			case edition.Withdrawn:
				view.Gone = append(view.Gone, place)
			case edition.Newer, edition.Moved:
				view.Older = append(view.Older, place)
			}
		}
	}
	return s.render(w, r, status, "edition_publish", page{Title: s.t(r, "editions.publish.title", "Number", p.Number), Nav: "desk", Data: view, NoIndex: true})
}

// publishEdition freezes an edition.
func (s *Site) publishEdition(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(r.FormValue("version"))
	e, err := s.Editions.Publish(r.Context(), actor, id, version, s.freeze(o.Name))
	switch {
	case fault.Is(err, fault.Conflict) && e.PublishedAt != nil && e.Checksum != "":
		http.Redirect(w, r, e.Path(), http.StatusSeeOther) // a second click
		return nil
	case err != nil:
		if errs, ok := s.formErrors(r, err); ok {
			return s.renderPublish(w, r, errs.Status, actor, id, errs)
		}
		return fmt.Errorf("publish edition %d: %w", id, err)
	}
	s.flash(w, "success", "flash.edition.published")
	http.Redirect(w, r, e.Path(), http.StatusSeeOther)
	return nil
}

func (s *Site) confirmDiscardEdition(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	e, err := s.Editions.ByID(r.Context(), actor, id)
	if err != nil {
		return err
	}
	if e.Published() {
		http.Redirect(w, r, e.Path(), http.StatusSeeOther)
		return nil
	}
	return s.renderConfirm(w, r, http.StatusOK, confirmView{
		Title: s.t(r, "editions.discard.title", "Number", e.Number), Text: s.t(r, "editions.discard.text"), Button: s.t(r, "editions.discard.button"),
		Action: composeURL(id) + "/verwerfen", Cancel: composeURL(id),
	})
}

func (s *Site) discardEdition(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	if err := s.Editions.Discard(r.Context(), actor, id); err != nil {
		return fmt.Errorf("discard edition %d: %w", id, err)
	}
	s.flash(w, "success", "flash.edition.discarded")
	http.Redirect(w, r, composingPath, http.StatusSeeOther)
	return nil
}
