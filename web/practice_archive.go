package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
)

// archiveView asks why a practice is put away.
type archiveView struct {
	Title  string
	Path   string
	Reason string
	Errors formErrors
}

// showArchive asks why a practice is archived.
func (s *Site) showArchive(w http.ResponseWriter, r *http.Request) error {
	return s.renderArchive(w, r, http.StatusOK, archiveView{})
}

func (s *Site) renderArchive(w http.ResponseWriter, r *http.Request, status int, view archiveView) error {
	actor, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return err
	}
	m, err := s.Practices.Manuscript(r.Context(), actor, id)
	if err != nil {
		return fmt.Errorf("practice %d: %w", id, err)
	}
	if m.Post.PublishedAt == nil {
		http.Redirect(w, r, practiceURL(id)+"/bearbeiten", http.StatusSeeOther) // nobody has read it: there is nothing to keep readable
		return nil
	}
	view.Title, view.Path = m.Post.Title, practiceURL(id)
	return s.render(w, r, status, "practice_archive", page{Title: s.t(r, "review.archive.title"), Nav: "practices", Data: view, NoIndex: true})
}

// archivePractice puts a practice away with the reason that stands on its page from then on.
func (s *Site) archivePractice(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return err
	}
	var form struct {
		Reason string `schema:"reason"`
	}
	if err := decode(r, &form); err != nil {
		return err
	}
	if err := s.Practices.Archive(r.Context(), actor, id, form.Reason); err != nil {
		err = fmt.Errorf("archive practice %d: %w", id, err)
		if errs, ok := s.formErrors(r, err, "review.archive."); ok {
			return s.renderArchive(w, r, errs.Status, archiveView{Reason: form.Reason, Errors: errs})
		}
		return err
	}
	s.flash(w, "success", "flash.practice.archived")
	http.Redirect(w, r, practiceURL(id), http.StatusSeeOther)
	return nil
}

// restorePractice takes a practice out of the archive.
func (s *Site) restorePractice(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return err
	}
	if err := s.Practices.Restore(r.Context(), actor, id); err != nil {
		return fmt.Errorf("restore practice %d: %w", id, err)
	}
	s.flash(w, "success", "flash.practice.restored")
	http.Redirect(w, r, practiceURL(id), http.StatusSeeOther)
	return nil
}
