package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/moderation"
	"github.com/vorbild/vorbild/internal/paging"
	"github.com/vorbild/vorbild/internal/post"
)

// reportsView is one page of the open or the closed reports.
type reportsView struct {
	Reports    []moderation.View
	Closed     bool
	Pagination pagination
}

// reportView is the page about one report.
type reportView struct {
	moderation.View
	Posts        []reportedPost
	Note         string // what is typed about closing it
	ResolvedText string // when and by whom it was closed
	Suspended    bool
	Restrict     *restrictView // nil where the reader cannot restrict the account
	Errors       formErrors
}

// reportedPost is a post as moderators see it.
type reportedPost struct {
	post.View
	Text      string
	Href      string // where it stands; "" for what only few may see
	Withdrawn bool
}

// reportedLength is how much of a reported post is shown, in characters.
const reportedLength = 2_000

func (s *Site) showReports(w http.ResponseWriter, r *http.Request) error {
	moderator, err := s.require(r, account.RoleModerator)
	if err != nil {
		return err
	}
	at := paging.Page{MaxID: maxID(r)}
	view := reportsView{Closed: r.URL.Query().Get("stand") == "abgeschlossen"}
	if view.Reports, err = s.Moderation.List(r.Context(), moderator, !view.Closed, at); err != nil {
		return fmt.Errorf("reports: %w", err)
	}
	if n := len(view.Reports); n == at.Size() {
		view.Pagination = olderThan(r, view.Reports[n-1].ID)
	}
	return s.render(w, r, http.StatusOK, "reports", page{Title: s.t(r, "moderation.reports"), Nav: "administration", Data: view, NoIndex: true})
}

func (s *Site) showReport(w http.ResponseWriter, r *http.Request) error {
	moderator, id, err := s.requireAt(r, account.RoleModerator)
	if err != nil {
		return err
	}
	return s.renderReport(w, r, http.StatusOK, moderator, id, reportView{})
}

func (s *Site) renderReport(w http.ResponseWriter, r *http.Request, status int, moderator account.Account, id int64, view reportView) error {
	var err error
	if view.View, err = s.Moderation.ByID(r.Context(), moderator, id); err != nil {
		return fmt.Errorf("report %d: %w", id, err)
	}
	view.Suspended = view.Target.State == account.Suspended
	view.Restrict = s.restrictionsFor(&moderator, view.Target, fmt.Sprintf("/verwaltung/meldungen/%d", id))
	for _, v := range view.View.Posts {
		p := reportedPost{View: v, Withdrawn: v.Post.State == post.StateWithdrawn, Text: excerpt(markup.Text(v.Post.HTML), reportedLength)}
		if v.Post.State == post.StatePublished && v.Post.Visibility.Listed() {
			p.Href = fmt.Sprintf("/beitraege/%d", v.Post.ID)
		}
		view.Posts = append(view.Posts, p)
	}
	if view.ResolvedAt != nil {
		date := s.localizer(r).DateTime(*view.ResolvedAt)
		view.ResolvedText = s.t(r, "moderation.resolved.gone", "Date", date)
		if view.ResolvedBy.ID != 0 {
			view.ResolvedText = s.t(r, "moderation.resolved", "Date", date, "Name", view.ResolvedBy.Name())
		}
	}
	title := s.t(r, "moderation.report", "Name", view.Target.Name())
	return s.render(w, r, status, "report", page{Title: title, Nav: "administration", Data: view, NoIndex: true})
}

func (s *Site) resolveReport(w http.ResponseWriter, r *http.Request) error {
	moderator, id, err := s.requireAt(r, account.RoleModerator)
	if err != nil {
		return err
	}
	note := r.PostFormValue("resolution")
	if err := s.Moderation.Resolve(r.Context(), moderator, id, note); err != nil {
		errs, ok := s.formErrors(r, err)
		if !ok {
			return fmt.Errorf("resolve report %d: %w", id, err)
		}
		return s.renderReport(w, r, errs.Status, moderator, id, reportView{Note: note, Errors: errs})
	}
	s.flash(w, "success", "flash.moderation.resolved")
	http.Redirect(w, r, "/verwaltung/meldungen", http.StatusSeeOther)
	return nil
}

// confirmDeleteReported asks once more before a reported post is deleted, here and elsewhere.
func (s *Site) confirmDeleteReported(w http.ResponseWriter, r *http.Request) error {
	moderator, id, err := s.requireAt(r, account.RoleModerator)
	if err != nil {
		return err
	}
	report, err := s.Moderation.ByID(r.Context(), moderator, id)
	if err != nil {
		return fmt.Errorf("report %d: %w", id, err)
	}
	wanted := r.URL.Query().Get("beitrag")
	at := slices.IndexFunc(report.Posts, func(v post.View) bool {
		return strconv.FormatInt(v.Post.ID, 10) == wanted && v.Post.Local && v.Post.State == post.StatePublished
	})
	if at < 0 {
		return fault.New(fault.NotFound, "error.post.not_found")
	}
	v := report.Posts[at]
	title := s.t(r, "moderation.post.delete.ask", "Name", v.Author.Name())
	back := fmt.Sprintf("/verwaltung/meldungen/%d", id)
	return s.render(w, r, http.StatusOK, "confirm_page", page{Title: title, Nav: "administration", NoIndex: true, Data: confirmView{
		Title: title, Text: s.t(r, "moderation.post.delete.text"), Button: s.t(r, "moderation.post.delete"), Action: back + "/beitrag-loeschen", Cancel: back,
		Quote: excerpt(strings.TrimSpace(v.Post.Title+"\n"+markup.Text(v.Post.HTML)), reportedLength), Fields: []hiddenField{{Name: "post", Value: wanted}},
	}})
}

func (s *Site) deleteReported(w http.ResponseWriter, r *http.Request) error {
	moderator, id, err := s.requireAt(r, account.RoleModerator)
	if err != nil {
		return err
	}
	postID, err := strconv.ParseInt(r.PostFormValue("post"), 10, 64)
	if err != nil {
		return fault.Wrap(fault.NotFound, "error.post.not_found", errors.New("no number"))
	}
	if err := s.Moderation.DeletePost(r.Context(), moderator, id, postID); err != nil {
		return fmt.Errorf("report %d: %w", id, err)
	}
	s.flash(w, "success", "flash.moderation.deleted")
	http.Redirect(w, r, fmt.Sprintf("/verwaltung/meldungen/%d", id), http.StatusSeeOther)
	return nil
}
