package curation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// twoEditors says in the organisation's profile that two decide.
func (h *house) twoEditors() {
	h.Helper()
	o, err := h.Organizations.Get(h.Ctx)
	h.Must(err)
	o.TwoEditors = true
	h.Must(h.Organizations.Save(h.Ctx, o))
}

// newest returns the last decision about a practice.
func (h *house) newest(postID int64) curation.Decision {
	h.Helper()
	log, err := h.desk.Decisions(h.Ctx, postID)
	h.Must(err)
	if len(log) == 0 {
		h.Fatal("nothing was decided")
	}
	return log[0]
}

func (h *house) undo(by account.Account, postID int64) {
	h.Helper()
	h.Must(h.desk.Undo(h.Ctx, by, h.newest(postID).ID))
}

func (h *house) standing(postID int64) curation.Standing {
	h.Helper()
	st, err := h.desk.Standing(h.Ctx, h.Editor, postID)
	h.Must(err)
	return st
}

// where lists the tabs in which a practice stands.
func (h *house) where(postID int64) []string {
	h.Helper()
	tabs := []string{}
	for _, state := range curation.States {
		page, err := h.desk.Desk(h.Ctx, h.Editor, curation.DeskQuery{State: state, Limit: 50})
		h.Must(err)
		if slices.ContainsFunc(page.Items, func(i curation.DeskItem) bool { return i.Post.ID == postID }) {
			tabs = append(tabs, state)
		}
		if page.Total != len(page.Items) || page.Counts[state] != page.Total {
			h.Errorf("%s: %d listed, %d in all, %d counted", state, len(page.Items), page.Total, page.Counts[state])
		}
	}
	return tabs
}

func day(ahead int) string {
	return curation.Today(time.Now()).AddDate(0, 0, ahead).Format(time.DateOnly)
}

func TestPutAsideUntilADay(t *testing.T) {
	h := newHouse(t)
	p := h.arrives("Kühlung", 1)
	for _, wrong := range []string{"", "morgen", day(0), day(-1), day(400)} {
		h.Want(h.desk.Later(h.Ctx, h.Editor, p.ID, wrong, ""), fault.Invalid)
	}
	for range 2 {
		h.Must(h.desk.Later(h.Ctx, h.Editor, p.ID, day(9), "Wir warten auf die Messung."))
	}
	h.expect("put aside", []string{"postponed"}, h.where(p.ID))
	if d := h.newest(p.ID); d.Decision != curation.Later || d.Until == nil || d.Reason == "" || d.Public {
		t.Errorf("logged as %+v", d)
	}
	if _, err := h.DB.ExecContext(h.Ctx, `UPDATE curations SET later_until = now() - interval '1 minute'`); err != nil {
		t.Fatal(err)
	}
	h.expect("the day has come", []string{"waiting"}, h.where(p.ID))
	h.undo(h.Editor, p.ID)
	h.expect("undone", []string{"waiting"}, h.where(p.ID))

	h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
	h.Want(h.desk.Later(h.Ctx, h.Editor, p.ID, day(9), ""), fault.Conflict)
	h.arrives("Kühlung", 2)
	h.Must(h.desk.Later(h.Ctx, h.Editor, p.ID, day(9), ""))
	h.expect("a change put aside stays in the view", []string{"postponed", "accepted"}, h.where(p.ID))
	h.expect("kuratiert", []string{"Kühlung"}, h.collection(curation.Curated))
}

func TestQuestionAndAnswer(t *testing.T) {
	h := newHouse(t)
	p := h.arrives("Kühlung", 1)
	h.Must(h.desk.Ask(h.Ctx, h.Editor, p.ID, "Seit wann **messen** Sie?"))
	h.expect("told", []string{"create_post"}, h.told())
	h.expect("asked", []string{"asked"}, h.where(p.ID))
	thread, err := h.Posts.Thread(h.Ctx, post.Viewer{}, p.ID)
	h.Must(err)
	question := thread[1]
	if question.Post.Role != post.RoleQuestion || question.Author.ID != h.Catalog.ID || !slices.ContainsFunc(question.Mentions, func(a account.Account) bool { return a.ID == h.Remote.ID }) {
		t.Errorf("the authors are asked so: %+v", question.Post)
	}
	// Others talk below the practice; that is no answer.
	h.Arrives(h.Curators, "gerede", func(r *post.Received) { r.InReplyToURI = p.URI })
	h.expect("still asked", []string{"asked"}, h.where(p.ID))

	// A colleague of the authors answers, only to whom asked: the desk reads it.
	h.Arrives(h.RemoteOther, "antwort", func(r *post.Received) {
		r.InReplyToURI, r.HTML, r.Visibility, r.MentionIDs = question.Post.URI, "<p>Seit 2023.</p>", post.Direct, []int64{h.Catalog.ID}
	})
	h.expect("answered", []string{"waiting"}, h.where(p.ID))
	st := h.standing(p.ID)
	answers, err := h.desk.Answers(h.Ctx, h.Editor, st)
	h.Must(err)
	if !st.Answered || len(answers) != 2 || answers[1].Post.HTML != "<p>Seit 2023.</p>" {
		t.Errorf("%v, answers: %+v", st.Answered, answers)
	}
	if _, err := h.desk.Answers(h.Ctx, h.Member, st); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a member reads what was written to the desk: %v", err)
	}
	h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
	if st := h.standing(p.ID); st.QuestionID != nil {
		t.Error("the decision did not end the question")
	}
}

func TestAnswerOfTheAuthorsElsewhereInTheThread(t *testing.T) {
	h := newHouse(t)
	p := h.arrives("Kühlung", 1)
	h.Arrives(h.Remote, "vorher", func(r *post.Received) { r.InReplyToURI, r.PublishedAt = p.URI, time.Now().Add(-time.Minute) })
	h.Must(h.desk.Ask(h.Ctx, h.Editor, p.ID, "Seit wann?"))
	h.expect("what they wrote before is no answer", []string{"asked"}, h.where(p.ID))
	h.Arrives(h.Remote, "nachher", func(r *post.Received) { r.InReplyToURI, r.PublishedAt = p.URI, time.Now().Add(time.Second) })
	h.expect("answered", []string{"waiting"}, h.where(p.ID))
}

func TestUndoneQuestionIsWithdrawn(t *testing.T) {
	h := newHouse(t)
	p := h.arrives("Kühlung", 1)
	h.Must(h.desk.Ask(h.Ctx, h.Editor, p.ID, "Seit wann?"))
	asked := h.newest(p.ID)
	h.told()
	h.undo(h.Editor, p.ID)
	h.expect("undone", []string{"waiting"}, h.where(p.ID))
	h.expect("told", []string{"delete_post"}, h.told())
	if note := h.Get(*asked.NoteID); note.State != post.StateWithdrawn || note.HTML != "" {
		t.Errorf("the question is still there: %+v", note)
	}
	h.Want(h.desk.Undo(h.Ctx, h.Editor, asked.ID), fault.Conflict)

	h.Must(h.desk.Annotate(h.Ctx, h.Editor, p.ID, "Gut."))
	h.Must(h.desk.Annotate(h.Ctx, h.Editor, p.ID, "Sehr gut."))
	log, err := h.desk.Decisions(h.Ctx, p.ID)
	h.Must(err)
	h.Must(h.desk.Undo(h.Ctx, h.Editor, log[1].ID)) // of several notes any one
	if h.Get(*log[1].NoteID).State != post.StateWithdrawn || h.Get(*log[0].NoteID).State != post.StatePublished {
		t.Error("the wrong annotation was withdrawn")
	}
}

// TestUndoOfEverything takes each decision back and finds the entry, the view and what is told as they were before.
func TestUndoOfEverything(t *testing.T) {
	h := newHouse(t)
	p := h.arrives("Kühlung", 1)
	steps := []struct {
		name           string
		do             func() error
		told, undoTold []string
	}{
		{"decline", func() error { return h.desk.Decline(h.Ctx, h.Editor, p.ID, "Keine Messwerte") }, nil, nil},
		{"accept", func() error { return h.desk.Accept(h.Ctx, h.Editor, p.ID) }, []string{"announce", "add_curated"}, []string{"undo_announce", "remove_curated"}},
		{"assign", func() error { return h.desk.Assign(h.Ctx, h.Editor, p.ID, h.Admin.ID) }, nil, nil},
	}
	check := func(name string, do func() error, told, undoTold []string) {
		t.Helper()
		before := h.standing(p.ID)
		h.told()
		h.Must(do())
		h.expect(name+" tells", told, h.told())
		d := h.newest(p.ID)
		h.undo(h.Admin, p.ID)
		h.expect("undoing "+name+" tells", undoTold, h.told())
		if diff := cmp.Diff(before, h.standing(p.ID)); diff != "" {
			t.Errorf("after undoing %s: %s", name, diff)
		}
		last := h.newest(p.ID)
		if last.Decision != curation.Undo || *last.UndoesID != d.ID || *last.AccountID != h.Admin.ID {
			t.Errorf("logged as %+v", last)
		}
		h.Want(h.desk.Undo(h.Ctx, h.Editor, d.ID), fault.Conflict)
		h.Want(h.desk.Undo(h.Ctx, h.Editor, last.ID), fault.Conflict)
	}
	for _, s := range steps {
		check(s.name, s.do, s.told, s.undoTold)
	}
	h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
	check("feature", func() error { return h.desk.Feature(h.Ctx, h.Editor, p.ID, true) }, []string{"add_featured"}, []string{"remove_featured"})

	// An accepted and featured one that leaves comes back with all it had, at the place that it had.
	h.Must(h.desk.Feature(h.Ctx, h.Editor, p.ID, true))
	check("decline what is in the view", func() error { return h.desk.Decline(h.Ctx, h.Editor, p.ID, "Überholt inzwischen") },
		[]string{"undo_announce", "remove_featured", "remove_curated"}, []string{"announce", "add_curated", "add_featured"})
	check("reopen", func() error { return h.desk.Reopen(h.Ctx, h.Editor, p.ID) },
		[]string{"undo_announce", "remove_featured", "remove_curated"}, []string{"announce", "add_curated", "add_featured"})
	h.arrives("Kühlung", 2)
	check("accept the change", func() error { return h.desk.Accept(h.Ctx, h.Editor, p.ID) }, []string{"add_curated", "add_featured"}, []string{"add_curated", "add_featured"})
	if d := h.newest(p.ID); d.Revision != 1 {
		t.Errorf("the world is told again of revision %d", d.Revision)
	}
	h.expect("changed again", []string{"changed", "accepted"}, h.where(p.ID))
	if n := h.Count(`SELECT count(*) FROM boosts WHERE account_id = $1 AND undone_at IS NULL`, h.Catalog.ID); n != 1 {
		t.Errorf("%d boosts stand", n)
	}
}

// TestUndoOnlyTheLast: what others decided since is not swept away.
func TestUndoOnlyTheLast(t *testing.T) {
	h := newHouse(t)
	p := h.arrives("Kühlung", 1)
	h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
	accepted := h.newest(p.ID)
	h.Must(h.desk.Assign(h.Ctx, h.Admin, p.ID, h.Editor.ID))
	h.Must(h.desk.Feature(h.Ctx, h.Admin, p.ID, true))
	h.Want(h.desk.Undo(h.Ctx, h.Editor, accepted.ID), fault.Conflict)
	h.undo(h.Admin, p.ID)
	h.Must(h.desk.Undo(h.Ctx, h.Editor, accepted.ID)) // the assignment is another matter
	if st := h.standing(p.ID); st.State != curation.Waiting || st.EditorID == nil {
		t.Errorf("stands so: %+v", st)
	}
	h.Want(h.desk.Undo(h.Ctx, h.Member, accepted.ID), fault.Forbidden)
	h.Want(h.desk.Undo(h.Ctx, h.Editor, 1), fault.NotFound)

	d, title, ok, err := h.desk.LastDecision(h.Ctx, h.Editor)
	if err != nil || ok {
		t.Errorf("offers to undo %+v %q, %v", d, title, err)
	}
	h.Must(h.desk.Decline(h.Ctx, h.Editor, p.ID, "Doch nicht"))
	if d, title, ok, err := h.desk.LastDecision(h.Ctx, h.Editor); err != nil || !ok || d.Decision != curation.Decline || title != "Kühlung" {
		t.Errorf("offers %v %+v %q, %v", ok, d, title, err)
	}
	h.Must(h.Posts.ReceiveDelete(h.Ctx, p.URI))
	if _, _, ok, err := h.desk.LastDecision(h.Ctx, h.Editor); err != nil || ok {
		t.Errorf("offers to undo what is about something gone: %v", err)
	}
	h.Want(h.desk.Undo(h.Ctx, h.Editor, h.newest(p.ID).ID), fault.Gone)
}

func TestTwoEditorsDecide(t *testing.T) {
	h := newHouse(t)
	h.twoEditors()
	p := h.arrives("Kühlung", 1)
	h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
	h.expect("proposed", []string{"proposed"}, h.where(p.ID))
	h.expect("nothing told", nil, h.told())
	h.expect("not in the view", []string{}, h.collection(curation.Curated))
	h.Want(h.desk.Accept(h.Ctx, h.Editor, p.ID), fault.Conflict)

	// The other one disagrees, the first one does not give in; neither decides alone.
	h.Must(h.desk.Decline(h.Ctx, h.Admin, p.ID, "Keine Messwerte"))
	h.expect("still open", []string{"proposed"}, h.where(p.ID))
	h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
	// What the second one agrees to is what the first one has read.
	h.arrives("Kühlung", 2)
	h.Must(h.desk.Accept(h.Ctx, h.Admin, p.ID))
	h.expect("a new version begins anew", []string{"proposed"}, h.where(p.ID))
	h.expect("nothing told", nil, h.told())
	h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
	h.expect("told", []string{"announce", "add_curated"}, h.told())
	h.expect("in the view", []string{"accepted"}, h.where(p.ID))

	h.Want(h.desk.Reopen(h.Ctx, h.Editor, p.ID), fault.Conflict)
	h.Want(h.desk.Undo(h.Ctx, h.Admin, h.newest(p.ID).ID), fault.Forbidden)
	h.Must(h.desk.Decline(h.Ctx, h.Admin, p.ID, "Keine Messwerte"))
	h.expect("still in the view", []string{"Kühlung"}, h.collection(curation.Curated))
	h.undo(h.Editor, p.ID) // a proposal may be taken off the table
	h.expect("accepted", []string{"accepted"}, h.where(p.ID))
	h.Must(h.desk.Decline(h.Ctx, h.Admin, p.ID, "Keine Messwerte"))
	h.Must(h.desk.Decline(h.Ctx, h.Editor, p.ID, "Es fehlen Messwerte"))
	h.expect("declined by two", []string{"declined"}, h.where(p.ID))

	var kinds []string
	log, err := h.desk.Decisions(h.Ctx, p.ID)
	h.Must(err)
	for _, d := range slices.Backward(log) {
		kinds = append(kinds, d.Decision)
	}
	h.expect("log", []string{"propose_accept", "propose_decline", "propose_accept", "propose_accept", "accept", "propose_decline", "undo", "propose_decline", "decline"}, kinds)
}

func TestAcceptsOnlyWhatWasRead(t *testing.T) {
	h := newHouse(t)
	p := h.arrives("Kühlung", 1)
	h.arrives("Kühlung", 2)
	h.Want(h.desk.AcceptRevision(h.Ctx, h.Editor, p.ID, 1), fault.Conflict)
	h.expect("still waiting", []string{"waiting"}, h.where(p.ID))
	h.Must(h.desk.AcceptRevision(h.Ctx, h.Editor, p.ID, 2))
}

func TestAssign(t *testing.T) {
	h := newHouse(t)
	a, b := h.arrives("Kühlung", 1), h.arrives("Server", 1)
	h.Must(h.desk.Assign(h.Ctx, h.Editor, a.ID, h.Editor.ID))
	for _, nobody := range []int64{h.Member.ID, h.Remote.ID, h.Catalog.ID, 4711, -1} {
		h.Want(h.desk.Assign(h.Ctx, h.Editor, b.ID, nobody), fault.Invalid)
	}
	h.Want(h.desk.Assign(h.Ctx, h.Member, b.ID, h.Editor.ID), fault.Forbidden)
	for name, test := range map[string]struct {
		q    curation.DeskQuery
		want []string
	}{
		"mine":      {curation.DeskQuery{EditorID: h.Editor.ID}, []string{"Kühlung"}},
		"another's": {curation.DeskQuery{EditorID: h.Admin.ID}, nil},
		"nobody's":  {curation.DeskQuery{Unassigned: true}, []string{"Server"}},
	} {
		test.q.Limit = 10
		page, err := h.desk.Desk(h.Ctx, h.Editor, test.q)
		h.Must(err)
		var titles []string
		for _, i := range page.Items {
			titles = append(titles, i.Post.Title)
		}
		h.expect(name, test.want, titles)
	}
	editors, err := h.desk.Editors(h.Ctx, h.Editor)
	h.Must(err)
	var names []string
	for _, e := range editors {
		names = append(names, e.Username)
	}
	h.expect("editors", []string{"redaktion", "verwaltung"}, names)
	h.Must(h.desk.Assign(h.Ctx, h.Editor, a.ID, 0))
	if st := h.standing(a.ID); st.EditorID != nil {
		t.Error("still assigned")
	}
}

func TestFilters(t *testing.T) {
	h := newHouse(t)
	for _, p := range []practice.Practice{
		{Level: organization.LevelLand, Region: "DE-SH", Fields: []practice.Term{{Name: "Rechenzentrum"}, {Name: "Beschaffung"}}},
		{Level: organization.LevelKommune, Region: "DE-SH", Fields: []practice.Term{{Name: "rechenzentrum"}}},
		{Level: organization.LevelBund},
	} {
		h.arrivesWith(string(p.Level), 1, p)
	}
	list := func(q curation.DeskQuery) (titles []string) {
		q.Limit = 10
		page, err := h.desk.Desk(h.Ctx, h.Editor, q)
		h.Must(err)
		for _, i := range page.Items {
			titles = append(titles, i.Post.Title)
		}
		if page.Total != len(titles) || page.Counts[curation.Waiting] != 3 {
			t.Errorf("%+v: %d in all, %d waiting", q, page.Total, page.Counts[curation.Waiting])
		}
		return titles
	}
	h.expect("level", []string{"land"}, list(curation.DeskQuery{Level: "land"}))
	h.expect("Land", []string{"land", "kommune"}, list(curation.DeskQuery{Region: "DE-SH"}))
	h.expect("field", []string{"land", "kommune"}, list(curation.DeskQuery{Field: "Rechenzentrum"}))
	h.expect("both", []string{"kommune"}, list(curation.DeskQuery{Field: "Rechenzentrum", Level: "kommune"}))
	h.expect("origin", []string{"land", "kommune", "bund"}, list(curation.DeskQuery{Origin: "vitako.example"}))
	h.expect("ours", nil, list(curation.DeskQuery{Origin: practice.LocalOrigin}))
	page, err := h.desk.Desk(h.Ctx, h.Editor, curation.DeskQuery{Level: "bund", Limit: 1})
	h.Must(err)
	want := map[string][]practice.Facet{
		"origin": {{Value: "vitako.example", Count: 3}},
		"level":  {{Value: "bund", Count: 1}, {Value: "kommune", Count: 1}, {Value: "land", Count: 1}},
		"region": {{Value: "DE-SH", Count: 2}},
		"field":  {{Value: "Beschaffung", Count: 1}, {Value: "Rechenzentrum", Count: 2}},
	}
	if diff := cmp.Diff(want, page.Choices); diff != "" {
		t.Error(diff)
	}
	beyond, err := h.desk.Desk(h.Ctx, h.Editor, curation.DeskQuery{Offset: 20, Limit: 10})
	if err != nil || beyond.Total != 3 || len(beyond.Items) != 0 {
		t.Errorf("beyond the last page: %d of %d, %v", len(beyond.Items), beyond.Total, err)
	}
}

// TestWithdrawnAtTheSource: what was decided and is gone is shown once more, without a word of it, until somebody has noticed.
func TestWithdrawnAtTheSource(t *testing.T) {
	h := newHouse(t)
	accepted, declined, waiting, hidden := h.arrives("angenommen", 1), h.arrives("abgelehnt", 1), h.arrives("wartet", 1), h.arrives("verborgen", 1)
	h.Must(h.desk.Accept(h.Ctx, h.Editor, accepted.ID))
	h.Must(h.desk.Decline(h.Ctx, h.Editor, declined.ID, "Kein Bezug"))
	h.Must(h.desk.Accept(h.Ctx, h.Editor, hidden.ID))
	for _, p := range []post.Post{accepted, declined, waiting} {
		h.Must(h.Posts.ReceiveDelete(h.Ctx, p.URI))
	}
	edited := time.Now()
	_, _, err := h.Posts.Receive(h.Ctx, post.Received{
		URI: hidden.URI, AuthorID: h.Remote.ID, Kind: post.Article, Visibility: post.Network, Title: "intern", HTML: "<p>x</p>",
		PublishedAt: *hidden.PublishedAt, UpdatedAt: &edited,
	}, nil)
	h.Must(err)
	h.expect("waiting leaves no trace", []string{}, h.where(waiting.ID))
	for _, p := range []post.Post{accepted, declined, hidden} {
		h.expect(p.Title, []string{"withdrawn"}, h.where(p.ID))
	}
	page, err := h.desk.Desk(h.Ctx, h.Editor, curation.DeskQuery{State: curation.Withdrawn, Limit: 10})
	h.Must(err)
	for _, i := range page.Items {
		if i.Post.Title+i.Post.HTML+i.Post.Summary != "" || i.Post.URI == "" || i.Author.ID != h.Remote.ID {
			t.Errorf("shows %+v", i.Post)
		}
	}
	h.Want(h.desk.Accept(h.Ctx, h.Editor, hidden.ID), fault.Gone)
	for range 2 {
		h.Must(h.desk.Notice(h.Ctx, h.Editor, accepted.ID))
	}
	h.expect("noticed", []string{}, h.where(accepted.ID))
	h.undo(h.Editor, accepted.ID)
	h.expect("not noticed after all", []string{"withdrawn"}, h.where(accepted.ID))
	there := h.arrives("noch da", 1)
	h.Want(h.desk.Notice(h.Ctx, h.Editor, there.ID), fault.Conflict)
	h.Want(h.desk.Notice(h.Ctx, h.Member, accepted.ID), fault.Forbidden)
}

// TestDecisionsAreNumbered: each has a number of its own within the year, without gaps, also when many decide at once.
func TestDecisionsAreNumbered(t *testing.T) {
	h := newHouse(t)
	done := make(chan error)
	for i := range 12 {
		p := h.arrives(fmt.Sprint("Beispiel ", i), 1)
		go func() { done <- h.desk.Accept(h.Ctx, h.Editor, p.ID) }()
	}
	for range 12 {
		h.Must(<-done)
	}
	log, err := h.desk.Log(h.Ctx, h.Editor, curation.Accept, 0, 50)
	h.Must(err)
	var numbers []int
	for _, d := range log {
		numbers = append(numbers, d.Number)
		if d.Year < 2026 || !d.Public {
			t.Errorf("%+v", d)
		}
	}
	slices.Sort(numbers)
	if diff := cmp.Diff([]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, numbers); diff != "" {
		t.Error(diff)
	}
	older, err := h.desk.Log(h.Ctx, h.Editor, "", log[9].ID, 50)
	if err != nil || len(older) != 2 {
		t.Errorf("%d older ones, %v", len(older), err)
	}
	_, err = h.desk.Log(h.Ctx, h.Member, "", 0, 50)
	h.Want(err, fault.Forbidden)
	if _, err := h.DB.ExecContext(h.Ctx, `WITH old AS (UPDATE curation_decisions SET year = year - 1) UPDATE curation_numbers SET year = year - 1`); err != nil {
		t.Fatal(err)
	}
	p := h.arrives("nächstes Jahr", 1)
	h.Must(h.desk.Decline(h.Ctx, h.Editor, p.ID, strings.Repeat("x", 20)))
	if d := h.newest(p.ID); d.Number != 1 || d.Public {
		t.Errorf("%+v", d)
	}
}
