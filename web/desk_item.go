package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// deskLater is in how many days a practice waits again that is put aside, unless another day is chosen.
const deskLater = 14

// deskItem is one practice on the desk, with what an editor typed when it comes back.
type deskItem struct {
	curation.DeskItem
	Figures    []figureView
	Back       string
	Handle     string
	Editor     string // who looks after it, "" for nobody
	Mine       bool
	ProposedBy string
	OwnVote    bool   // the reader proposed what another one is to agree to
	Later      string // the day until which it is put aside unless another is chosen

	Typed  deskTyped
	Errors formErrors

	Whole *deskWhole // its own page only
}

// deskTyped is what the small forms of an item contain.
type deskTyped struct {
	Verb     string `schema:"-"` // which of the forms
	Reason   string `schema:"reason"`
	Source   string `schema:"source"`
	Until    string `schema:"until"`
	Editor   string `schema:"editor"`
	Other    int64  `schema:"other"`
	Revision int    `schema:"revision"`
}

// deskWhole is what only the page of one practice shows.
type deskWhole struct {
	Log         []decisionView
	Editors     []option
	Since       *comparisonView // what changed since it was accepted
	SinceLost   bool            // the accepted version is not known any more
	Answers     []post.View     // the question before them
	Members     []practice.View // of its group, the lead entry first
	Suggestions []curation.Suggestion
	Next        *curation.DeskItem // that waits, nil for none
	Last        *lastDecision
}

// State is how it stands: waiting, accepted or declined.
func (i deskItem) State() string { return i.Standing.State }

// Open reports whether there is something to decide.
func (i deskItem) Open() bool { return i.State() == curation.Waiting || i.ChangedSince() }

// DeskErrors are the mistakes with the ids that the inputs have on the desk, where every item has its own forms.
func (i deskItem) DeskErrors() formErrors {
	errs := i.Errors
	errs.Fields = nil
	for _, f := range i.Errors.Fields {
		f.ID = i.FieldID(i.Typed.Verb, f.Name)
		errs.Fields = append(errs.Fields, f)
	}
	return errs
}

// FieldID is the id of an input of one of the item's forms.
func (i deskItem) FieldID(verb, name string) string {
	return fmt.Sprintf("f-%s-%s-%d", verb, name, i.Post.ID)
}

// Form is what one of the item's forms contains, when it comes back.
func (i deskItem) Form(verb string) deskForm {
	if i.Typed.Verb != verb {
		return deskForm{}
	}
	return deskForm{deskTyped: i.Typed, Errors: i.Errors, Open: true}
}

// deskForm is one form of an item.
type deskForm struct {
	deskTyped
	Errors formErrors
	Open   bool
}

func (s *Site) deskItem(r *http.Request, actor account.Account, i curation.DeskItem, editors map[int64]string) deskItem {
	item := deskItem{
		DeskItem: i, Figures: newFigures(s.localizer(r), i.Practice.Figures), Back: r.URL.RequestURI(), Handle: s.fullHandle(i.Author),
		Later: curation.Today(time.Now()).AddDate(0, 0, deskLater).Format(time.DateOnly),
	}
	name := func(id int64) string {
		if n := editors[id]; n != "" {
			return n
		}
		return s.t(r, "desk.former_editor")
	}
	if id := i.Standing.EditorID; id != nil {
		item.Editor, item.Mine = name(*id), *id == actor.ID
	}
	if id := i.Standing.ProposedByID; id != nil {
		item.ProposedBy = name(*id)
		item.OwnVote = *id == actor.ID && i.ProposalRevision == i.Practice.Revision
	}
	return item
}

// showDeskItem shows one practice with all that was ever decided about it.
func (s *Site) showDeskItem(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	return s.renderDeskItem(w, r, http.StatusOK, actor, id, deskTyped{}, formErrors{})
}

// renderDeskItem shows the page of one practice on the desk; typed is what a refused form contained.
func (s *Site) renderDeskItem(w http.ResponseWriter, r *http.Request, status int, actor account.Account, id int64, typed deskTyped, errs formErrors) error {
	ctx := r.Context()
	standing, err := s.Curation.Standing(ctx, actor, id)
	if err != nil {
		return fmt.Errorf("desk item %d: %w", id, err)
	}
	v, err := s.Practices.ByID(ctx, viewer(r), id)
	if err != nil {
		return fmt.Errorf("desk item %d: %w", id, err)
	}
	editors, err := s.Curation.Editors(ctx, actor)
	if err != nil {
		return fmt.Errorf("desk item %d: editors: %w", id, err)
	}
	item := s.deskItem(r, actor, curation.DeskItem{View: v, Standing: standing}, editorNames(editors))
	item.Back, item.Typed, item.Errors = fmt.Sprintf("/redaktion/%d", id), typed, errs
	whole := &deskWhole{Editors: []option{{Value: "0", Label: s.t(r, "desk.nobody")}}}
	for _, a := range editors {
		chosen := standing.EditorID != nil && *standing.EditorID == a.ID
		whole.Editors = append(whole.Editors, option{Value: strconv.FormatInt(a.ID, 10), Label: a.Name(), Selected: chosen})
	}
	if v.ChangedSince() {
		if err := s.fillSince(r, whole, v); err != nil {
			return err
		}
	}
	if whole.Answers, err = s.Curation.Answers(ctx, actor, standing); err != nil {
		return fmt.Errorf("desk item %d: %w", id, err)
	}
	if whole.Members, err = s.Curation.Members(ctx, viewer(r), id); err != nil {
		return fmt.Errorf("desk item %d: %w", id, err)
	}
	if whole.Suggestions, err = s.Curation.Suggestions(ctx, actor, v); err != nil {
		return fmt.Errorf("desk item %d: %w", id, err)
	}
	log, err := s.Curation.Decisions(ctx, id)
	if err != nil {
		return fmt.Errorf("decisions about %d: %w", id, err)
	}
	if whole.Log, err = s.decisionViews(r, log); err != nil {
		return err
	}
	if whole.Last, err = s.lastDecision(r, actor); err != nil {
		return err
	}
	waiting, err := s.Curation.Desk(ctx, actor, curation.DeskQuery{State: curation.Waiting, Limit: 2})
	if err != nil {
		return fmt.Errorf("desk item %d: next: %w", id, err)
	}
	for _, i := range slices.Backward(waiting.Items) {
		if i.Post.ID != id {
			whole.Next = &i
		}
	}
	item.Whole = whole
	return s.render(w, r, status, "desk_item", page{Title: s.t(r, "practices.desk.item", "Title", v.Post.Title), Nav: "desk", Data: item, NoIndex: true, Scripts: []string{"desk.js"}})
}

// fillSince compares the accepted version of a practice with the current one.
func (s *Site) fillSince(r *http.Request, whole *deskWhole, v practice.View) error {
	l := s.localizer(r)
	var texts, names [2]string
	for i, revision := range []int{v.Curation.RevisionAccepted, v.Practice.Revision} {
		rev, err := s.Posts.Version(r.Context(), viewer(r), v.Post.ID, revision)
		if fault.Is(err, fault.NotFound) {
			whole.SinceLost = true
			return nil
		}
		if err != nil {
			return fmt.Errorf("version %d of %d: %w", revision, v.Post.ID, err)
		}
		if texts[i], err = versionText(l, rev); err != nil {
			return err
		}
		names[i] = l.T("review.version.of", "Revision", rev.Revision, "Date", l.Date(rev.CreatedAt))
	}
	whole.Since = &comparisonView{From: names[0], To: names[1]}
	if texts[0] != texts[1] {
		whole.Since.Changes = compareVersions(texts[0], texts[1])
	}
	return nil
}

// decide takes one decision and returns to the list it was made in.
func (s *Site) decide(w http.ResponseWriter, r *http.Request) error {
	actor, id, err := s.requireAt(r, account.RoleEditor)
	if err != nil {
		return err
	}
	var form deskTyped
	verb := mux.Vars(r)["verb"]
	if err = decode(r, &form); err == nil {
		err = s.decideAs(r, actor, id, verb, form)
	}
	form.Verb = verb
	if err != nil {
		err = fmt.Errorf("%s practice %d: %w", verb, id, err)
		if errs, ok := s.formErrors(r, err, "desk."+verb+"."); ok {
			return s.renderDeskItem(w, r, errs.Status, actor, id, form, errs)
		}
		return err
	}
	if (verb == "annehmen" || verb == "ablehnen") && s.proposed(r, actor, id) {
		s.flash(w, "info", "flash.desk.vorgeschlagen")
	} else {
		s.flash(w, "success", "flash.desk."+verb)
	}
	return s.back(w, r, "/redaktion")
}

// proposed reports whether what an editor just decided still needs a second one.
func (s *Site) proposed(r *http.Request, actor account.Account, id int64) bool {
	standing, err := s.Curation.Standing(r.Context(), actor, id)
	return err == nil && standing.Proposal != "" && standing.ProposedByID != nil && *standing.ProposedByID == actor.ID
}

func (s *Site) decideAs(r *http.Request, actor account.Account, id int64, verb string, form deskTyped) error {
	ctx, desk := r.Context(), s.Curation
	switch verb {
	case "annehmen":
		return desk.AcceptRevision(ctx, actor, id, form.Revision)
	case "ablehnen":
		return desk.Decline(ctx, actor, id, form.Reason)
	case "nachfragen":
		return desk.Ask(ctx, actor, id, form.Source)
	case "spaeter":
		return desk.Later(ctx, actor, id, form.Until, form.Reason)
	case "wiedervorlegen":
		return desk.Reopen(ctx, actor, id)
	case "hervorheben":
		return desk.Feature(ctx, actor, id, true)
	case "nicht-hervorheben":
		return desk.Feature(ctx, actor, id, false)
	case "anmerken":
		return desk.Annotate(ctx, actor, id, form.Source)
	case "zuweisen":
		if form.Editor == deskMine {
			return desk.Assign(ctx, actor, id, actor.ID)
		}
		editor, err := strconv.ParseInt(form.Editor, 10, 64)
		if err != nil || editor < 0 {
			return fault.Fields(fault.Field{Name: "editor", Message: "error.field.choice"})
		}
		return desk.Assign(ctx, actor, id, editor)
	case "gruppieren":
		return desk.Join(ctx, actor, id, form.Other)
	case "herausnehmen":
		return desk.Part(ctx, actor, id)
	case "fuehren":
		return desk.TakeLead(ctx, actor, id)
	}
	return desk.Notice(ctx, actor, id)
}
