package web

import (
	"fmt"
	"net/http"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/post"
)

// restrictView is what moderators can do to an account; forms of profiles and reports show it.
type restrictView struct {
	Account   account.Account
	Back      string
	Suspended bool // by itself, not with its domain
	Errors    formErrors
}

// restrictionsFor returns nil where the reader cannot restrict the account.
func (s *Site) restrictionsFor(reader *account.Account, a account.Account, back string) *restrictView {
	switch {
	case reader == nil || a.State == account.Gone || a.ID == reader.ID,
		!a.Local() && !reader.Able(account.RoleModerator), a.Local() && (!reader.Able(account.RoleAdmin) || a.Kind != account.Person):
		return nil
	}
	return &restrictView{Account: a, Back: back, Suspended: a.State == account.Suspended && !a.Refused}
}

var restrictions = map[string]moderation.Restriction{
	"einschraenken": moderation.Silence, "nicht-mehr-einschraenken": moderation.Unsilence, "sperren": moderation.Suspend, "entsperren": moderation.Restore,
}

// restrictProfile limits or suspends an account from its profile or a report about it.
func (s *Site) restrictProfile(w http.ResponseWriter, r *http.Request) error {
	moderator, err := s.require(r, account.RoleModerator)
	if err != nil {
		return err
	}
	a, err := s.profile(r)
	if err != nil {
		return err
	}
	verb := r.PostFormValue("massnahme")
	if err := s.Moderation.Restrict(r.Context(), moderator, a.ID, restrictions[verb], r.PostFormValue("reason")); err != nil {
		return fmt.Errorf("restrict %s: %w", a, err)
	}
	s.flash(w, "success", "flash.policy.account."+string(restrictions[verb]))
	return s.back(w, r, profileURL(a))
}

// hideForm takes a post of another server out of everyone's sight.
type hideForm struct {
	Reason string            `schema:"reason"`
	Back   string            `schema:"weiter"`
	Post   post.View         `schema:"-"`
	Text   string            `schema:"-"`
	Hidden moderation.Hidden `schema:"-"` // zero while everyone sees it
	When   string            `schema:"-"`
	Errors formErrors        `schema:"-"`
}

func (s *Site) showHide(w http.ResponseWriter, r *http.Request) error {
	moderator, id, err := s.requireAt(r, account.RoleModerator)
	if err != nil {
		return err
	}
	return s.renderHide(w, r, http.StatusOK, moderator, id, hideForm{Back: r.URL.Query().Get("weiter")})
}

func (s *Site) renderHide(w http.ResponseWriter, r *http.Request, status int, moderator account.Account, id int64, form hideForm) error {
	var err error
	if form.Post, err = s.Moderation.Post(r.Context(), moderator, id); err != nil {
		return fmt.Errorf("hide post %d: %w", id, err)
	}
	if form.Post.Post.Local {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	hidden, err := s.Moderation.HiddenPosts(r.Context(), moderator, []int64{id})
	if err != nil {
		return fmt.Errorf("hide post %d: %w", id, err)
	}
	form.Text = excerpt(markup.Text(form.Post.Post.HTML), reportedLength)
	if h, ok := hidden[id]; ok {
		form.Hidden, form.When = h, s.localizer(r).DateTime(h.CreatedAt)
	}
	return s.render(w, r, status, "post_hide", page{Title: s.t(r, "policy.hide.title"), Nav: "administration", Data: form, NoIndex: true})
}

func (s *Site) hidePost(w http.ResponseWriter, r *http.Request) error {
	moderator, id, err := s.requireAt(r, account.RoleModerator)
	if err != nil {
		return err
	}
	var form hideForm
	if err = decode(r, &form); err == nil {
		err = s.Moderation.Hide(r.Context(), moderator, id, form.Reason)
	}
	if err != nil {
		var ok bool
		if form.Errors, ok = s.formErrors(r, err, "policy.hide."); !ok {
			return fmt.Errorf("hide post %d: %w", id, err)
		}
		return s.renderHide(w, r, form.Errors.Status, moderator, id, form)
	}
	s.flash(w, "success", "flash.policy.post.hidden")
	http.Redirect(w, r, fmt.Sprintf("/beitraege/%d/ausblenden", id), http.StatusSeeOther)
	return nil
}

func (s *Site) unhidePost(w http.ResponseWriter, r *http.Request) error {
	moderator, id, err := s.requireAt(r, account.RoleModerator)
	if err != nil {
		return err
	}
	if err := s.Moderation.Show(r.Context(), moderator, id); err != nil {
		return fmt.Errorf("show post %d: %w", id, err)
	}
	s.flash(w, "success", "flash.policy.post.shown")
	http.Redirect(w, r, fmt.Sprintf("/beitraege/%d/ausblenden", id), http.StatusSeeOther)
	return nil
}
