package web

import (
	"fmt"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
)

// showPost leads from a post's id to its place.
func (s *Site) showPost(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, err := s.Posts.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("show post: %w", err)
	}
	if wantsActivity(r) && v.Post.Local {
		http.Redirect(w, r, v.Post.URI, http.StatusSeeOther)
		return nil
	}
	target, err := s.permalink(r.Context(), v.Post)
	if err != nil {
		return err
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// postForm changes an own post.
type postForm struct {
	ID      int64      `schema:"-"`
	Title   string     `schema:"title"`
	Source  string     `schema:"source"`
	Action  string     `schema:"action"`
	Titled  bool       `schema:"-"` // discussions have a title, answers and notes of other programs none
	Plain   bool       `schema:"-"` // the text is no Markdown
	Files   bool       `schema:"-"` // what hangs on it may say enough
	Back    string     `schema:"-"`
	Errors  formErrors `schema:"-"`
	Preview string     `schema:"-"`
}

// ownPost returns a post of the reader that can be changed as a note; practices have a form of their own.
func (s *Site) ownPost(r *http.Request) (account.Account, post.View, error) {
	reader, err := s.require(r, account.RoleGuest)
	if err != nil {
		return reader, post.View{}, err
	}
	id, err := pathID(r)
	if err != nil {
		return reader, post.View{}, err
	}
	v, err := s.Posts.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return reader, v, fmt.Errorf("own post: %w", err)
	}
	if v.Post.AccountID != reader.ID || !v.Post.Local {
		return reader, v, fault.New(fault.Forbidden, "web.error.forbidden.text")
	}
	return reader, v, nil
}

func (s *Site) editPost(w http.ResponseWriter, r *http.Request) error {
	_, v, err := s.ownPost(r)
	if err != nil {
		return err
	}
	if v.Post.Kind == post.Article {
		http.Redirect(w, r, practiceURL(v.Post.ID)+"/bearbeiten", http.StatusSeeOther)
		return nil
	}
	return s.renderPostForm(w, r, http.StatusOK, v.Post, postForm{Title: v.Post.Title, Source: v.Post.Source})
}

func (s *Site) savePost(w http.ResponseWriter, r *http.Request) error {
	reader, v, err := s.ownPost(r)
	if err != nil {
		return err
	}
	var form postForm
	if err := decode(r, &form); err != nil {
		return s.returnPostForm(w, r, v.Post, form, err)
	}
	if form.Action == "preview" {
		form.Preview = s.Posts.Preview(v.Post.SourceType, form.Source)
		return s.renderPostForm(w, r, http.StatusOK, v.Post, form)
	}
	s.resolveMentions(r.Context(), reader, form.Source)
	if _, err := s.Posts.Edit(r.Context(), reader, v.Post.ID, form.Title, form.Source); err != nil {
		return s.returnPostForm(w, r, v.Post, form, err)
	}
	target, err := s.permalink(r.Context(), v.Post)
	if err != nil {
		return err
	}
	s.flash(w, "success", "flash.post.changed")
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

func (s *Site) returnPostForm(w http.ResponseWriter, r *http.Request, p post.Post, form postForm, err error) error {
	var ok bool
	if form.Errors, ok = s.formErrors(r, err, "talk.field."); !ok {
		return fmt.Errorf("change post %d: %w", p.ID, err)
	}
	return s.renderPostForm(w, r, form.Errors.Status, p, form)
}

func (s *Site) renderPostForm(w http.ResponseWriter, r *http.Request, status int, p post.Post, form postForm) error {
	form.ID, form.Titled, form.Plain, form.Files = p.ID, p.Title != "", p.SourceType == post.PlainText, p.Source == ""
	var err error
	if form.Back, err = s.permalink(r.Context(), p); err != nil {
		return err
	}
	return s.render(w, r, status, "post_edit", page{
		Title: s.t(r, "post.edit.title"), Nav: "discussions", Data: form, NoIndex: true, Scripts: []string{"preview.js"},
	})
}

// postHistory is all published versions of a post.
type postHistory struct {
	Post      postView
	Revisions []post.Revision
}

func (s *Site) showPostHistory(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, err := s.Posts.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("history of a post: %w", err)
	}
	view := postHistory{Post: s.postView(r, v)}
	if view.Revisions, err = s.Posts.Revisions(r.Context(), viewer(r), id); err != nil {
		return fmt.Errorf("history of post %d: %w", id, err)
	}
	if view.Post.Permalink, err = s.permalink(r.Context(), v.Post); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "post_history", page{Title: s.t(r, "post.history.title"), Nav: "discussions", Data: view, NoIndex: true})
}

// confirmDelete asks once more.
func (s *Site) confirmDelete(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.require(r, account.RoleGuest); err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, err := s.Posts.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	if !s.postView(r, v).MayDelete {
		return fault.New(fault.Forbidden, "web.error.forbidden.text")
	}
	back, err := s.permalink(r.Context(), v.Post)
	if err != nil {
		return err
	}
	title := s.t(r, "post.delete.title")
	return s.render(w, r, http.StatusOK, "confirm_page", page{Title: title, Nav: "discussions", NoIndex: true, Data: confirmView{
		Title: title, Text: s.t(r, "post.delete.ask", "Text", excerpt(markup.Text(v.Post.HTML), 120)), Button: s.t(r, "post.delete.confirm"),
		Action: fmt.Sprintf("/beitraege/%d/loeschen", id), Cancel: back,
	}})
}

// reactToPost withdraws, favourites or shares a post, or takes that back.
func (s *Site) reactToPost(w http.ResponseWriter, r *http.Request) error {
	reader, id, err := s.requireAt(r, account.RoleGuest)
	if err != nil {
		return err
	}
	p, err := s.Posts.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("react: %w", err)
	}
	// Where the post stands, known before it is withdrawn.
	target, err := s.permalink(r.Context(), p.Post)
	if err != nil {
		return err
	}
	verb := mux.Vars(r)["verb"]
	switch verb {
	case "loeschen":
		err = s.Posts.Delete(r.Context(), reader, id)
	case "favorisieren":
		err = s.Posts.Favourite(r.Context(), reader, id)
	case "nicht-mehr-favorisieren":
		err = s.Posts.Unfavourite(r.Context(), reader, id)
	case "teilen":
		err = s.Posts.Boost(r.Context(), reader, id)
	case "nicht-mehr-teilen":
		err = s.Posts.Unboost(r.Context(), reader, id)
	}
	if err != nil {
		return fmt.Errorf("%s post %d: %w", verb, id, err)
	}
	if verb == "loeschen" {
		s.flash(w, "success", "flash.post.deleted")
		if p.Post.ThreadID == p.Post.ID && p.Post.RepliesCount == 0 {
			target = "/diskussionen"
		}
		http.Redirect(w, r, target, http.StatusSeeOther)
		return nil
	}
	return s.back(w, r, target)
}
