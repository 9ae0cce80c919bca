package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/i18n"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// historyView lists the published versions of a practice, newest first, each compared with the one before.
type historyView struct {
	Title    string
	Path     string
	Versions []versionView
}

type versionView struct {
	Revision int
	At       time.Time
	Author   *account.Account
	Changes  []changedLine // nil for the first version, and where nothing that people read changed
	First    bool
	HTML     string
}

// showHistory shows how a practice came to what it says.
func (s *Site) showHistory(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, err := s.Practices.ByID(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("practice %d: %w", id, err)
	}
	revisions, err := s.Posts.Revisions(r.Context(), viewer(r), id)
	if err != nil {
		return fmt.Errorf("revisions of %d: %w", id, err)
	}
	var ids []int64
	for _, rev := range revisions {
		if rev.AccountID != nil {
			ids = append(ids, *rev.AccountID)
		}
	}
	authors, err := s.Accounts.ByIDs(r.Context(), ids)
	if err != nil {
		return fmt.Errorf("authors of the revisions of %d: %w", id, err)
	}
	l := s.localizer(r)
	data := historyView{Title: v.Post.Title, Path: practiceURL(id)}
	for i, rev := range revisions {
		version := versionView{Revision: rev.Revision, At: rev.CreatedAt, HTML: rev.HTML, First: i == len(revisions)-1}
		if rev.AccountID != nil {
			if a, ok := authors[*rev.AccountID]; ok {
				version.Author = &a
			}
		}
		if !version.First {
			before, err := versionText(l, revisions[i+1])
			if err != nil {
				return err
			}
			after, err := versionText(l, rev)
			if err != nil {
				return err
			}
			if before != after {
				version.Changes = compareVersions(before, after)
			}
		}
		data.Versions = append(data.Versions, version)
	}
	return s.render(w, r, http.StatusOK, "practice_history", page{
		Title: s.t(r, "practices.history.title", "Title", v.Post.Title), Nav: "practices", Data: data, NoIndex: true,
	})
}

// versionText is a version as lines of text: its words, and its facts, so that a comparison shows which of them changed. Of
// other instances' practices we have no Markdown.
func versionText(l *i18n.Localizer, rev post.Revision) (string, error) {
	details, err := practice.Detail(rev)
	if err != nil {
		return "", err
	}
	body := rev.Source
	if body == "" {
		body = markup.Text(rev.HTML)
	}
	lines := append([]string{l.T("practices.form.title") + ": " + rev.Title, l.T("practices.form.summary") + ": " + rev.Summary}, versionFacts(l, details)...)
	return strings.Join(lines, "\n") + "\n\n" + body, nil
}

// versionFacts are the facts of a version that are known, one a line.
func versionFacts(l *i18n.Localizer, p practice.Practice) []string {
	var lines []string
	fact := func(key string, words ...string) {
		words = slices.DeleteFunc(words, func(word string) bool { return word == "" })
		if len(words) > 0 {
			lines = append(lines, l.T(key)+": "+strings.Join(words, ", "))
		}
	}
	terms := func(list []practice.Term) (names []string) {
		for _, t := range list {
			names = append(names, strings.TrimSpace(t.Notation+" "+t.Name))
		}
		return names
	}
	fact("practices.form.level", nameOf(l, "web.level.", string(p.Level)))
	fact("practices.form.region", nameOf(l, "web.region.", p.Region))
	for _, f := range newFigures(l, p.Figures) {
		fact("practices.figures.name", f.Name, joinValues(f), f.Period, f.Scope, f.Method)
	}
	fact("practices.goals", terms(p.Goals)...)
	fact("practices.fields", terms(p.Fields)...)
	fact("practices.implementation", nameOf(l, "practices.state.", p.Implementation))
	for _, m := range p.Measures {
		fact("practices.measures", m)
	}
	fact("practices.contact", p.ContactName, p.ContactUnit, p.ContactEmail, p.ContactURL)
	fact("practices.licence", licenceName(p.Licence))
	return lines
}

// joinValues writes what is known of a figure in one line.
func joinValues(f figureView) string {
	if f.Before != "" && f.After != "" {
		return f.Before + " → " + f.After
	}
	return f.Before + f.After + f.Change
}
