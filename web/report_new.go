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

// reportForm is how somebody tells the moderators of an account or one of its posts.
type reportForm struct {
	Category string          `schema:"category"`
	Comment  string          `schema:"comment"`
	Forward  bool            `schema:"forward"`
	Target   account.Account `schema:"-"`
	Excerpt  string          `schema:"-"` // of the post; "" where it is about the account
	Action   string          `schema:"-"`
	Cancel   string          `schema:"-"`
	Reasons  []option        `schema:"-"`
	Errors   formErrors      `schema:"-"`

	postID int64
}

// toReport finds what the path names: a post, or an account.
func (s *Site) toReport(r *http.Request) (reader account.Account, form reportForm, err error) {
	if reader, err = s.require(r, account.RoleGuest); err != nil {
		return reader, form, err
	}
	if pathText(r, "handle") != "" {
		if form.Target, err = s.profile(r); err != nil {
			return reader, form, err
		}
		form.Cancel = profileURL(form.Target)
		form.Action = form.Cancel + "/melden"
	} else if err = s.postToReport(r, &form); err != nil {
		return reader, form, err
	}
	if form.Target.ID == reader.ID || form.Target.Kind == account.Application {
		return reader, form, fault.New(fault.NotFound, "web.error.not_found.text")
	}
	return reader, form, nil
}

func (s *Site) postToReport(r *http.Request, form *reportForm) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, err := s.Posts.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if v.Post.State != post.StatePublished {
		return fault.New(fault.NotFound, "web.error.not_found.text")
	}
	form.Target, form.postID, form.Excerpt = v.Author, id, v.Post.Title
	if form.Excerpt == "" {
		form.Excerpt = excerpt(markup.Text(v.Post.HTML), excerptLength)
	}
	form.Action = fmt.Sprintf("/beitraege/%d/melden", id)
	form.Cancel, err = s.permalink(r.Context(), v.Post)
	return err
}

func (s *Site) newReport(w http.ResponseWriter, r *http.Request) error {
	_, form, err := s.toReport(r)
	if err != nil {
		return err
	}
	return s.renderNewReport(w, r, http.StatusOK, form)
}

func (s *Site) renderNewReport(w http.ResponseWriter, r *http.Request, status int, form reportForm) error {
	for _, reason := range []string{moderation.Spam, moderation.Legal, moderation.Violation, moderation.Other} {
		form.Reasons = append(form.Reasons, option{Value: reason, Label: s.t(r, "activities.report.reason."+reason)})
	}
	if form.Category == "" {
		form.Category = moderation.Other
	}
	title := s.t(r, "activities.report.account", "Name", form.Target.Name())
	if form.Excerpt != "" {
		title = s.t(r, "activities.report.post", "Name", form.Target.Name())
	}
	return s.render(w, r, status, "report_new", page{Title: title, Nav: "participants", Data: form, NoIndex: true})
}

func (s *Site) submitReport(w http.ResponseWriter, r *http.Request) error {
	reader, form, err := s.toReport(r)
	if err != nil {
		return err
	}
	if err = decode(r, &form); err == nil {
		draft := moderation.Draft{TargetID: form.Target.ID, Category: form.Category, Comment: form.Comment, Forward: form.Forward}
		if form.postID != 0 {
			draft.PostIDs = []int64{form.postID}
		}
		_, err = s.Moderation.Submit(r.Context(), reader, draft)
	}
	if err != nil {
		var ok bool
		if form.Errors, ok = s.formErrors(r, err, "activities.report."); !ok {
			return fmt.Errorf("report %s: %w", form.Target, err)
		}
		return s.renderNewReport(w, r, form.Errors.Status, form)
	}
	s.flash(w, "success", "flash.report.sent")
	http.Redirect(w, r, form.Cancel, http.StatusSeeOther)
	return nil
}
