package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// versionsPerPage is how many versions a page compares with the ones before them.
const versionsPerPage = 20

// draftVersion is how the address of a comparison names the text in work.
const draftVersion = "entwurf"

// historyView lists the published versions of a practice, newest first, each compared with the one before, and compares any two.
type historyView struct {
	Title    string
	Path     string
	Versions []versionView
	Pages    pagination
	Choices  []option        // of versions that can be compared, nil where there is nothing to choose from
	From, To string          // values of Choices
	Compared *comparisonView // nil unless asked for
	Log      []entryView     // for members of the instance
}

// Errors: of what an address names only what there is can be compared, and nothing can be typed wrong.
func (historyView) Errors() formErrors { return formErrors{} }

type versionView struct {
	Revision int
	At       time.Time
	Author   *account.Account
	Changes  []changedLine // nil for the first version, and where nothing that people read changed
	First    bool
	HTML     string
}

// comparisonView is what differs between two versions.
type comparisonView struct {
	From, To string        // their names
	Changes  []changedLine // nil where nothing differs
}

// entryView is a line of the log of a practice.
type entryView struct {
	practice.Entry
	By *account.Account
}

// Words is the key of what happened.
func (e entryView) Words() string { return "review.event." + string(e.Event) }

// history is all that the page of one practice can compare.
type history struct {
	revisions []post.Revision   // newest first
	texts     map[string]string // by the name of the version in the address
	names     map[string]string // the same, as people read them
	order     []string          // newest first, the draft before all
	authors   map[int64]account.Account
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
	h, err := s.historyOf(r, id)
	if err != nil {
		return err
	}
	data := historyView{Title: v.Post.Title, Path: practiceURL(id)}
	offset := offsetOf(r, versionsPerPage)
	data.Versions, data.Pages = h.versions(offset, versionsPerPage), paginate(r, offset, versionsPerPage, len(h.revisions))
	if data.Log, err = s.practiceLog(r, id); err != nil {
		return err
	}
	if len(h.order) > 1 {
		data.From, data.To = h.order[1], h.order[0]
		for _, name := range h.order {
			data.Choices = append(data.Choices, option{Value: name, Label: h.names[name]})
		}
		data.compare(h, r.URL.Query().Get("von"), r.URL.Query().Get("bis"))
	}
	return s.render(w, r, http.StatusOK, "practice_history", page{
		Title: s.t(r, "practices.history.title", "Title", v.Post.Title), Nav: "practices", Data: data, NoIndex: true,
	})
}

// compare shows what differs between the versions that an address names, if it names two that there are.
func (v *historyView) compare(h history, from, to string) {
	before, ok := h.texts[from]
	after, also := h.texts[to]
	if !ok || !also {
		return
	}
	v.From, v.To = from, to
	v.Compared = &comparisonView{From: h.names[from], To: h.names[to]}
	if before != after {
		v.Compared.Changes = compareVersions(before, after)
	}
}

// historyOf reads the versions of a practice, and its text in work for those who work on it.
func (s *Site) historyOf(r *http.Request, id int64) (history, error) {
	h := history{texts: map[string]string{}, names: map[string]string{}}
	var err error
	if h.revisions, err = s.Posts.Revisions(r.Context(), viewer(r), id); err != nil {
		return h, fmt.Errorf("revisions of %d: %w", id, err)
	}
	l := s.localizer(r)
	if a := currentAccount(r); a != nil {
		m, err := s.Practices.Manuscript(r.Context(), *a, id)
		switch kind := fault.KindOf(err); {
		case err == nil && m.Pending:
			h.add(draftVersion, l.T("review.version.draft"), draftText(l, m.Draft, m.Details))
		case err != nil && kind != fault.Forbidden && kind != fault.NotFound && kind != fault.Gone:
			return h, fmt.Errorf("draft of %d: %w", id, err)
		}
	}
	var ids []int64
	for _, rev := range h.revisions {
		text, err := versionText(l, rev)
		if err != nil {
			return h, err
		}
		h.add(strconv.Itoa(rev.Revision), l.T("review.version.of", "Revision", rev.Revision, "Date", l.Date(rev.CreatedAt)), text)
		if rev.AccountID != nil {
			ids = append(ids, *rev.AccountID)
		}
	}
	if h.authors, err = s.Accounts.ByIDs(r.Context(), ids); err != nil {
		return h, fmt.Errorf("authors of the revisions of %d: %w", id, err)
	}
	return h, nil
}

func (h *history) add(name, label, text string) {
	h.texts[name], h.names[name] = text, label
	h.order = append(h.order, name)
}

// versions are some of the published versions, each with what it changed.
func (h *history) versions(offset, limit int) []versionView {
	var list []versionView
	for i := min(offset, len(h.revisions)); i < min(offset+limit, len(h.revisions)); i++ {
		rev := h.revisions[i]
		version := versionView{Revision: rev.Revision, At: rev.CreatedAt, HTML: rev.HTML, First: i == len(h.revisions)-1}
		if rev.AccountID != nil {
			if a, ok := h.authors[*rev.AccountID]; ok {
				version.Author = &a
			}
		}
		if !version.First {
			before, after := h.texts[strconv.Itoa(h.revisions[i+1].Revision)], h.texts[strconv.Itoa(rev.Revision)]
			if before != after {
				version.Changes = compareVersions(before, after)
			}
		}
		list = append(list, version)
	}
	return list
}

// practiceLog tells members of this instance who did what with a practice of ours; nobody else hears of it.
func (s *Site) practiceLog(r *http.Request, id int64) ([]entryView, error) {
	a := currentAccount(r)
	if a == nil {
		return nil, nil
	}
	log, err := s.Practices.Log(r.Context(), *a, id)
	if kind := fault.KindOf(err); kind == fault.Forbidden || kind == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("log of %d: %w", id, err)
	}
	var ids []int64
	for _, e := range log {
		if e.AccountID != nil {
			ids = append(ids, *e.AccountID)
		}
	}
	slices.Sort(ids)
	people, err := s.Accounts.ByIDs(r.Context(), slices.Compact(ids))
	if err != nil {
		return nil, fmt.Errorf("people in the log of %d: %w", id, err)
	}
	var list []entryView
	for _, e := range log {
		line := entryView{Entry: e}
		if e.AccountID != nil {
			if by, ok := people[*e.AccountID]; ok {
				line.By = &by
			}
		}
		list = append(list, line)
	}
	return list, nil
}
