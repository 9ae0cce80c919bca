package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// practiceView is the page of one practice.
type practiceView struct {
	practice.View
	Figures     []figureView
	Compare     []facetChoice // where its figures stand beside those of others
	Facts       factsView
	Files       []attachedView
	Licence     string // name of the licence
	Handle      string // of its author, complete
	AuthorHref  string
	Path        string
	Thread      threadView
	Reuse       reuseSection
	Assessment  assessmentSection
	Similar     []practice.View
	Downloads   downloadsView
	MayEdit     bool
	MayReact    bool
	Delivery    *deliveryView
	RepliesOpen bool
}

// deliveryView says where an own practice has arrived.
type deliveryView struct {
	Delivered, Pending, Failed, Total int
	Starting                          bool // published a moment ago, not handed to the lanes yet
}

// startPeriod is how long after publishing no delivery means that it has not begun, rather than that nobody follows.
const startPeriod = 30 * time.Second

// showPractice shows one practice, ours or another instance's. What was withdrawn says so, with status 410.
func (s *Site) showPractice(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, err := s.Practices.ByID(r.Context(), viewer(r), id)
	if fault.Is(err, fault.Gone) {
		return s.showWithdrawn(w, r)
	}
	if err != nil {
		return fmt.Errorf("practice %d: %w", id, err)
	}
	if wantsActivity(r) && v.Post.State == post.StatePublished {
		http.Redirect(w, r, v.Post.URI, http.StatusSeeOther)
		return nil
	}
	if v.Post.State == post.StateDraft {
		http.Redirect(w, r, practiceURL(id)+"/bearbeiten", http.StatusSeeOther)
		return nil
	}
	l := s.localizer(r)
	data := practiceView{
		View: v, Figures: newFigures(l, v.Practice.Figures), Compare: comparisons(l, v.Practice.Figures), Facts: newFacts(l, v.Practice, v.Post.Language), Licence: licenceName(v.Practice.Licence), Path: practiceURL(id),
		Handle: s.fullHandle(v.Author), AuthorHref: "/@" + v.Author.Handle(), MayEdit: mayEdit(r, v.Post), MayReact: currentAccount(r) != nil,
	}
	if v.Post.Local {
		data.Files = s.attached(l, id, v.Practice.Files)
	} else if data.Files, err = s.attachedElsewhere(r, id); err != nil {
		return err
	}
	if data.Thread, err = s.thread(r, v.View, data.Path); err != nil {
		return err
	}
	data.Thread.Words = commentWords
	if data.Similar, err = s.similarPractices(r, v); err != nil {
		return err
	}
	if data.Reuse, err = s.reuses(r, v); err != nil {
		return err
	}
	if data.Assessment, err = s.assessments(r, v); err != nil {
		return err
	}
	if v.Post.Local && data.MayEdit && s.Deliveries != nil {
		var d deliveryView
		if d.Delivered, d.Pending, d.Failed, err = s.Deliveries(r.Context(), v.Post.URI); err != nil {
			return fmt.Errorf("deliveries of %s: %w", v.Post.URI, err)
		}
		d.Total = d.Delivered + d.Pending + d.Failed
		d.Starting = d.Total == 0 && v.Post.PublishedAt != nil && time.Since(*v.Post.PublishedAt) < startPeriod
		data.Delivery = &d
	}
	p := page{
		Title: v.Post.Title, Description: v.Post.Summary, Nav: "practices", Data: &data, Article: true, Canonical: s.originOf(v.Post), Activity: v.Post.URI,
	}
	if err := s.takeOut(r, v, &data, &p); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "practice", p)
}

// showWithdrawn tells that a practice is gone, and by whom.
func (s *Site) showWithdrawn(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, r, http.StatusGone, "practice_gone", page{Title: s.t(r, "practices.gone.title"), Nav: "practices", NoIndex: true})
}

// mayEdit reports whether the reader may change a post: its author, or an editor if it is ours. The service decides.
func mayEdit(r *http.Request, p post.Post) bool {
	a := currentAccount(r)
	return a != nil && p.Local && (a.ID == p.AccountID && a.Role.AtLeast(account.RoleMember) || a.Role.AtLeast(account.RoleEditor))
}

// licences names what the form offers.
var licences = map[string]string{
	"https://www.govdata.de/dl-de/by-2-0":                "Datenlizenz Deutschland – Namensnennung 2.0",
	"https://www.govdata.de/dl-de/zero-2-0":              "Datenlizenz Deutschland – Zero 2.0",
	"https://creativecommons.org/licenses/by/4.0/":       "Creative Commons BY 4.0",
	"https://creativecommons.org/publicdomain/zero/1.0/": "Creative Commons CC0 1.0",
}

// licenceName is the name of a licence, its address when we do not know it.
func licenceName(address string) string {
	if name, ok := licences[address]; ok {
		return name
	}
	return strings.TrimPrefix(address, "https://")
}
