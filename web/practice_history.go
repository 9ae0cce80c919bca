package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/markup"
	"github.com/vorbild/vorbild/internal/post"
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
	Changes  []changedLine // nil for the first version
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
	data := historyView{Title: v.Post.Title, Path: practiceURL(id)}
	for i, rev := range revisions {
		version := versionView{Revision: rev.Revision, At: rev.CreatedAt, HTML: rev.HTML, First: i == len(revisions)-1}
		if rev.AccountID != nil {
			if a, ok := authors[*rev.AccountID]; ok {
				version.Author = &a
			}
		}
		if !version.First {
			version.Changes = compareVersions(s.versionText(r, revisions[i+1]), s.versionText(r, rev))
		}
		data.Versions = append(data.Versions, version)
	}
	return s.render(w, r, http.StatusOK, "practice_history", page{
		Title: s.t(r, "practices.history.title", "Title", v.Post.Title), Nav: "practices", Data: data, NoIndex: true,
	})
}

// versionText is a version as lines of text. Of other instances' practices we have no Markdown.
func (s *Site) versionText(r *http.Request, rev post.Revision) string {
	body := rev.Source
	if body == "" {
		body = markup.Text(rev.HTML)
	}
	return s.t(r, "practices.form.title") + ": " + rev.Title + "\n" + s.t(r, "practices.form.summary") + ": " + rev.Summary + "\n\n" + body
}
