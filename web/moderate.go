package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"

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

// restrictForm is what a moderator wants to do to an account. Suspending is asked once more.
type restrictForm struct {
	Measure   string `schema:"massnahme"`
	Reason    string `schema:"reason"`
	Confirmed bool   `schema:"bestaetigt"`
	Back      string `schema:"weiter"`
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
	var form restrictForm
	if err := decode(r, &form); err != nil {
		return fmt.Errorf("restrict %s: %w", a, err)
	}
	how := restrictions[form.Measure]
	if how == moderation.Suspend && !form.Confirmed {
		if s.restrictionsFor(&moderator, a, "") == nil {
			return fault.New(fault.Forbidden, "error.moderation.forbidden")
		}
		return s.confirmRestriction(w, r, http.StatusOK, a, form, formErrors{})
	}
	if err := s.Moderation.Restrict(r.Context(), moderator, a.ID, how, form.Reason); err != nil {
		errs, ok := s.formErrors(r, err, "policy.")
		if !ok || how == "" {
			return fmt.Errorf("restrict %s: %w", a, err)
		}
		return s.confirmRestriction(w, r, errs.Status, a, form, errs)
	}
	s.flash(w, "success", "flash.policy.account."+string(how))
	return s.back(w, r, profileURL(a))
}

// confirmRestriction asks before an account is suspended, and shows what was wrong with any measure. The reason stays.
func (s *Site) confirmRestriction(w http.ResponseWriter, r *http.Request, status int, a account.Account, form restrictForm, errs formErrors) error {
	how := restrictions[form.Measure]
	title := s.t(r, "policy.restrict.ask."+string(how), "Name", a.Name())
	view := confirmView{
		Title: title, Button: s.t(r, "policy.restrict."+string(how)), Action: profileURL(a) + "/moderieren", Cancel: localPath(form.Back, profileURL(a)),
		Fields:     []hiddenField{{Name: "massnahme", Value: form.Measure}, {Name: "weiter", Value: form.Back}, {Name: "bestaetigt", Value: "true"}},
		AsksReason: true, Reason: form.Reason, Errors: errs,
	}
	if how == moderation.Suspend {
		where := "remote"
		if a.Local() {
			where = "local"
		}
		view.Text = s.t(r, "policy.restrict.ask.text", "Handle", s.fullHandle(a))
		for _, about := range []string{"person", "posts", "followers"} {
			view.Points = append(view.Points, s.t(r, "policy.restrict.ask."+where+"."+about, "Name", a.Name()))
		}
		view.Points = append(view.Points, s.t(r, "policy.restrict.ask.undo"))
	}
	return s.render(w, r, status, "confirm_page", page{Title: title, Nav: "administration", NoIndex: true, Data: view})
}

// hideForm takes a post of another server out of everyone's sight.
type hideForm struct {
	Reason string            `schema:"reason"`
	Back   string            `schema:"weiter"`
	Post   post.View         `schema:"-"`
	Text   string            `schema:"-"`
	Cancel string            `schema:"-"` // address
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
	place, err := s.permalink(r.Context(), form.Post.Post)
	if err != nil {
		return fmt.Errorf("hide post %d: %w", id, err)
	}
	form.Back = localPath(form.Back, "")
	form.Cancel = cmp.Or(form.Back, place)
	if h, ok := hidden[id]; ok {
		if showsOnly(form.Cancel, id) {
			form.Cancel = ""
		}
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
	return s.afterHiding(w, r, moderator, id)
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
	return s.afterHiding(w, r, moderator, id)
}

// afterHiding leads back to where the moderator came from. The post's own page is gone for them, too, while it is hidden: then to the
// page that can show it again.
func (s *Site) afterHiding(w http.ResponseWriter, r *http.Request, moderator account.Account, id int64) error {
	stays := fmt.Sprintf("/beitraege/%d/ausblenden", id)
	hidden, err := s.Moderation.HiddenPosts(r.Context(), moderator, []int64{id})
	if err != nil {
		return fmt.Errorf("hide post %d: %w", id, err)
	}
	back := localPath(r.PostFormValue("weiter"), stays)
	if _, ok := hidden[id]; ok && showsOnly(back, id) {
		back = address(stays, url.Values{"weiter": {back}})
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// showsOnly reports whether a local address is that of the post alone, or of what it began.
func showsOnly(place string, id int64) bool {
	u, err := url.Parse(place)
	return err == nil && slices.Contains([]string{discussionURL(id), practiceURL(id), fmt.Sprintf("/beitraege/%d", id)}, u.Path)
}
