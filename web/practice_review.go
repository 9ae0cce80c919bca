package web

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/practice"
)

// registerReview adds the pages on which a practice is approved, and those that put it away.
func (s *Site) registerReview(r *mux.Router) {
	get, post := s.table(r)

	get("/redaktion/pruefung", s.showReviews)
	get("/redaktion/pruefung/{id:[0-9]+}", s.showReview)
	post("/redaktion/pruefung/{id:[0-9]+}/{verb:freigeben|zurueckgeben|kommentieren}", s.review)
	get("/praxisbeispiele/{id:[0-9]+}/verwerfen", s.confirmDiscardPage)
	get("/praxisbeispiele/{id:[0-9]+}/archivieren", s.showArchive)
	post("/praxisbeispiele/{id:[0-9]+}/archivieren", s.archivePractice)
	post("/praxisbeispiele/{id:[0-9]+}/wiederherstellen", s.restorePractice)
}

func reviewURL(id int64) string { return fmt.Sprintf("/redaktion/pruefung/%d", id) }

// waitingView is one text in the queue.
type waitingView struct {
	practice.Waiting
	Author *account.Account
	Href   string
	Mine   bool // the reader wrote it or changed it last: another editor must approve it
}

type reviewsView struct {
	Items    []waitingView
	FourEyes bool
}

// waitingFor lists what is to be approved, what the reader may approve first.
func (s *Site) waitingFor(r *http.Request, reader account.Account) ([]waitingView, error) {
	list, err := s.Practices.Reviews(r.Context(), reader)
	if err != nil {
		return nil, fmt.Errorf("reviews: %w", err)
	}
	var ids []int64
	for _, item := range list {
		ids = append(ids, item.AuthorID)
	}
	authors, err := s.Accounts.ByIDs(r.Context(), ids)
	if err != nil {
		return nil, fmt.Errorf("authors of reviews: %w", err)
	}
	var views, others []waitingView
	for _, item := range list {
		v := waitingView{Waiting: item, Href: reviewURL(item.PostID), Mine: !item.For(reader)}
		if a, ok := authors[item.AuthorID]; ok {
			v.Author = &a
		}
		if v.Mine {
			others = append(others, v)
		} else {
			views = append(views, v)
		}
	}
	return append(views, others...), nil
}

// showReviews lists what waits for an approval.
func (s *Site) showReviews(w http.ResponseWriter, r *http.Request) error {
	reader, err := s.require(r, account.RoleEditor)
	if err != nil {
		return err
	}
	o, err := s.organization(r.Context())
	if err != nil {
		return err
	}
	view := reviewsView{FourEyes: o.FourEyes}
	if view.Items, err = s.waitingFor(r, reader); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "reviews", page{Title: s.t(r, "review.title"), Nav: "desk", Data: view, NoIndex: true})
}

// reviewView is one text that is to be approved.
type reviewView struct {
	practice.Manuscript
	Figures   []figureView
	HTML      string
	Facts     []string // what stands beside the text
	Files     []attachedView
	Path      string // of the practice
	Target    string // of the decisions
	Published bool
	Author    *account.Account
	AskedBy   *account.Account
	ChangedBy *account.Account
	Changes   []changedLine // to the published version; nil where there is none, or nothing differs
	Log       []entryView
	Editor    bool   // the reader decides, as far as they may
	Approve   bool   // the reader may approve it
	Return    bool   // the reader may return it
	Barred    string // key of why an editor may not approve it, "" otherwise
	Reason    string // what a refused form contained
	Comment   string
	Errors    formErrors
}

// Open reports whether the text still waits.
func (v reviewView) Open() bool { return v.Review != nil && v.Review.State == practice.ReviewAsked }

// showReview shows what is to be approved, to those who decide and those who wrote it. What is over leads to the practice.
func (s *Site) showReview(w http.ResponseWriter, r *http.Request) error {
	return s.renderReview(w, r, http.StatusOK, reviewView{})
}

func (s *Site) renderReview(w http.ResponseWriter, r *http.Request, status int, typed reviewView) error {
	reader, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return err
	}
	m, err := s.Practices.Manuscript(r.Context(), reader, id)
	if err != nil {
		return fmt.Errorf("manuscript %d: %w", id, err)
	}
	if m.Review == nil && status == http.StatusOK {
		http.Redirect(w, r, practiceURL(id), http.StatusSeeOther)
		return nil
	}
	view := reviewView{
		Manuscript: m, Figures: newFigures(s.localizer(r), m.Details.Figures), HTML: s.Practices.Preview(m.Draft.Source), Facts: sideFacts(s.localizer(r), m.Details),
		Path: practiceURL(id), Target: reviewURL(id), Published: m.Post.PublishedAt != nil,
		Editor: reader.Able(account.RoleEditor), Approve: m.MayApprove(reader), Return: m.MayReturn(reader),
		Reason: typed.Reason, Comment: typed.Comment, Errors: typed.Errors,
	}
	if view.Editor && view.Open() && !view.Approve {
		view.Barred = "review.barred.changed"
		if m.Post.AccountID == reader.ID {
			view.Barred = "review.barred.own"
		}
	}
	files, err := s.Practices.FilesOf(r.Context(), reader, id, m.Draft.Files)
	if err != nil {
		return fmt.Errorf("files of %d: %w", id, err)
	}
	for i := range files {
		// What they are called is part of the text in work.
		at := slices.IndexFunc(m.Draft.Files, func(ref practice.FileRef) bool { return ref.ID == files[i].ID })
		files[i].Description = m.Draft.Files[at].Description
	}
	view.Files = s.attached(s.localizer(r), id, files)
	if view.Author, err = s.accountOrNil(r, m.Post.AccountID); err != nil {
		return err
	}
	if m.Review != nil && m.Review.AskedBy != nil {
		if view.AskedBy, err = s.accountOrNil(r, *m.Review.AskedBy); err != nil {
			return err
		}
	}
	if m.ChangedBy != nil {
		if view.ChangedBy, err = s.accountOrNil(r, *m.ChangedBy); err != nil {
			return err
		}
	}
	if view.Published {
		if view.Changes, err = s.changesOf(r, m); err != nil {
			return err
		}
	}
	if view.Log, err = s.practiceLog(r, id); err != nil {
		return err
	}
	return s.render(w, r, status, "review", page{Title: s.t(r, "review.page", "Title", m.Draft.Title), Nav: "desk", Data: view, NoIndex: true})
}

// changesOf compares a text in work with what is published.
func (s *Site) changesOf(r *http.Request, m practice.Manuscript) ([]changedLine, error) {
	h, err := s.historyOf(r, m.Post.ID)
	if err != nil || len(h.revisions) == 0 {
		return nil, err
	}
	l := s.localizer(r)
	before, after := h.texts[fmt.Sprint(h.revisions[0].Revision)], draftText(l, m.Draft, m.Details)
	if before == after {
		return nil, nil
	}
	return compareVersions(before, after), nil
}

// review approves, returns or comments a text.
func (s *Site) review(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleMember)
	if err != nil {
		return err
	}
	var form struct {
		Version int    `schema:"version"`
		Reason  string `schema:"reason"`
		Comment string `schema:"comment"`
	}
	if err := decode(r, &form); err != nil {
		return err
	}
	verb, place := mux.Vars(r)["verb"], reviewURL(id)
	switch verb {
	case "freigeben":
		var published int64
		published, err = s.Practices.Approve(r.Context(), actor, id, form.Version)
		place = practiceURL(published)
	case "zurueckgeben":
		err = s.Practices.Return(r.Context(), actor, id, form.Reason)
	case "kommentieren":
		err = s.Practices.Comment(r.Context(), actor, id, form.Comment)
	}
	if err != nil {
		err = fmt.Errorf("%s practice %d: %w", verb, id, err)
		errs, ok := s.formErrors(r, err, "review.form.", "practices.form.")
		if !ok || fault.Is(err, fault.NotFound) {
			return err
		}
		return s.renderReview(w, r, errs.Status, reviewView{Reason: form.Reason, Comment: form.Comment, Errors: errs})
	}
	s.flash(w, "success", "flash.review."+verb)
	http.Redirect(w, r, place, http.StatusSeeOther)
	return nil
}
