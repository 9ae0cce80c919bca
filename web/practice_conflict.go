package web

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/practice"
)

// wholeText is a text in work with all that it says.
type wholeText struct {
	Title   string
	Summary string
	Source  string
	Facts   []string
}

// theirsView is the text in work that somebody else stored while the reader was writing.
type theirsView struct {
	By      *account.Account // nil when their account is gone
	Self    bool             // it was the reader, in another window
	At      *time.Time
	Text    wholeText
	Mine    wholeText
	Changes []changedLine // from theirs to the reader's
}

// conflictView shows two texts of one practice, of which only one can be kept as it is.
type conflictView struct {
	theirsView
	Target string
	Edit   string        // where theirs is changed further
	Fields []hiddenField // the reader's text, with the version of theirs
}

// theirs compares what is stored with what the reader wrote.
func (s *Site) theirs(r *http.Request, m practice.Manuscript, mine practice.Draft) (theirsView, error) {
	l := s.localizer(r)
	details, err := s.Practices.Details(r.Context(), mine)
	if err != nil {
		return theirsView{}, fmt.Errorf("details of a draft of %d: %w", m.Post.ID, err)
	}
	whole := func(d practice.Draft, details practice.Practice) wholeText {
		return wholeText{Title: d.Title, Summary: d.Summary, Source: d.Source, Facts: versionFacts(l, details)}
	}
	v := theirsView{At: m.ChangedAt, Text: whole(m.Draft, m.Details), Mine: whole(mine, details)}
	v.Changes = compareVersions(draftText(l, m.Draft, m.Details), draftText(l, mine, details))
	if m.ChangedBy != nil {
		if v.By, err = s.accountOrNil(r, *m.ChangedBy); err != nil {
			return v, err
		}
		v.Self = *m.ChangedBy == currentAccount(r).ID
	}
	return v, nil
}

// showConflict shows both texts and lets the reader choose. Nothing of what they wrote is lost: all of it stands in the page.
func (s *Site) showConflict(w http.ResponseWriter, r *http.Request, actor account.Account, id int64, mine practice.Draft) error {
	m, err := s.Practices.Manuscript(r.Context(), actor, id)
	if err != nil {
		return fmt.Errorf("draft of %d: %w", id, err)
	}
	view := conflictView{Target: practiceURL(id) + "/bearbeiten", Edit: practiceURL(id) + "/bearbeiten"}
	if view.theirsView, err = s.theirs(r, m, mine); err != nil {
		return err
	}
	var names []string
	for name := range r.PostForm {
		if name != "action" && name != "version" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	view.Fields = []hiddenField{{Name: "version", Value: fmt.Sprint(m.Draft.Version)}}
	for _, name := range names {
		for _, value := range r.PostForm[name] {
			view.Fields = append(view.Fields, hiddenField{Name: name, Value: value})
		}
	}
	return s.render(w, r, http.StatusConflict, "practice_conflict", page{Title: s.t(r, "review.conflict.title"), Nav: "practices", Data: view, NoIndex: true})
}

// mergePractice shows the form with the reader's text, and the other one above it to copy from. What is saved next is written
// over that one.
func (s *Site) mergePractice(w http.ResponseWriter, r *http.Request, m practice.Manuscript, view practiceFormView) error {
	mine, err := view.draft()
	if err != nil {
		return s.refusePractice(w, r, view, err)
	}
	theirs, err := s.theirs(r, m, mine)
	if err != nil {
		return err
	}
	view.Theirs, view.Version = &theirs, m.Draft.Version
	return s.renderPracticeForm(w, r, http.StatusOK, view)
}

// accountOrNil is an account that may be gone.
func (s *Site) accountOrNil(r *http.Request, id int64) (*account.Account, error) {
	found, err := s.Accounts.ByIDs(r.Context(), []int64{id})
	if err != nil {
		return nil, fmt.Errorf("account %d: %w", id, err)
	}
	if a, ok := found[id]; ok {
		return &a, nil
	}
	return nil, nil
}
