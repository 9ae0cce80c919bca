package curation_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/practice"
)

type house struct {
	*posttest.House
	practices *practice.Service
	desk      *curation.Service
}

func newHouse(t testing.TB) *house {
	base := posttest.New(t)
	h := &house{House: base}
	h.practices = practice.New(base.DB, base.Organizations, base.Accounts, base.Posts, base.Queue, base.Markup, posttest.Base)
	h.desk = curation.New(base.DB, base.Organizations, base.Accounts, base.Posts, h.practices, base.Queue)
	h.curates(true)
	return h
}

// curates says in the organisation's profile whether it does.
func (h *house) curates(yes bool) {
	h.Helper()
	o, err := h.Organizations.Get(h.Ctx)
	h.Must(err)
	o.Curates = yes
	h.Must(h.Organizations.Save(h.Ctx, o))
}

// arrives stores a remote practice in the given revision and puts it on the desk.
func (h *house) arrives(name string, revision int) post.Post {
	h.Helper()
	return h.arrivesWith(name, revision, practice.Practice{})
}

func (h *house) arrivesWith(name string, revision int, details practice.Practice) post.Post {
	h.Helper()
	details.Revision = revision
	updated := time.Now().Add(-time.Hour + time.Duration(revision)*time.Second)
	r := post.Received{
		URI: "https://vitako.example/practices/" + name, AuthorID: h.Remote.ID, Kind: post.Article, Visibility: post.Public,
		BoardID: &h.RemoteCatalog.ID, Title: name, HTML: "<p>x</p>", PublishedAt: time.Now().Add(-2 * time.Hour), UpdatedAt: &updated,
	}
	p, _, err := h.Posts.Receive(h.Ctx, r, func(tx *sqlx.Tx, p post.Post) error {
		return h.practices.Receive(h.Ctx, tx, p, details)
	})
	h.Must(err)
	h.Must(h.desk.Arrived(h.Ctx, p.ID))
	return p
}

// told lists what the waiting Distribute jobs would tell.
func (h *house) told() []string {
	h.Helper()
	var verbs []string
	for _, args := range h.Jobs("activity.distribute") {
		_, verb, _ := strings.Cut(args, `"verb": "`)
		verbs = append(verbs, strings.TrimSuffix(verb, `"}`))
	}
	return verbs
}

func (h *house) onDesk(state string) []string {
	h.Helper()
	page, err := h.desk.Desk(h.Ctx, h.Editor, curation.DeskQuery{State: state, Limit: 50})
	h.Must(err)
	titles := []string{}
	for _, v := range page.Items {
		titles = append(titles, v.Post.Title)
	}
	if page.Counts[state] != len(titles) || page.Total != len(titles) {
		h.Errorf("%s: %d counted, %d in all, %d listed", state, page.Counts[state], page.Total, len(titles))
	}
	return titles
}

func (h *house) collection(slug string) []string {
	h.Helper()
	posts, err := h.desk.Collection(h.Ctx, slug)
	h.Must(err)
	titles := []string{}
	for _, p := range posts {
		titles = append(titles, p.Title)
	}
	return titles
}

func (h *house) expect(what string, want, got []string) {
	h.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		h.Errorf("%s: %s", what, diff)
	}
}

func TestLifeOfACuratedPractice(t *testing.T) {
	h := newHouse(t)
	p := h.arrives("Kühlung", 1)
	h.Must(h.desk.Arrived(h.Ctx, p.ID))
	h.expect("waiting", []string{"Kühlung"}, h.onDesk("waiting"))

	for range 2 {
		h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
	}
	h.expect("accept tells", []string{"announce", "add_curated"}, h.told())
	h.expect("kuratiert", []string{"Kühlung"}, h.collection(curation.Curated))
	if n := h.Count(`SELECT count(*) FROM boosts WHERE account_id = $1 AND undone_at IS NULL`, h.Catalog.ID); n != 1 || h.Get(p.ID).BoostsCount != 1 {
		t.Errorf("%d boosts", n)
	}

	for range 2 {
		h.Must(h.desk.Feature(h.Ctx, h.Editor, p.ID, true))
	}
	h.expect("feature tells", []string{"add_featured"}, h.told())
	h.expect("hervorgehoben", []string{"Kühlung"}, h.collection(curation.Featured))

	h.arrives("Kühlung", 2)
	h.expect("changed", []string{"Kühlung"}, h.onDesk("changed"))
	h.expect("still in the view", []string{"Kühlung"}, h.collection(curation.Curated))
	v, err := h.practices.ByID(h.Ctx, post.Viewer{}, p.ID)
	h.Must(err)
	if !v.ChangedSince() || !v.Curation.Featured || v.Curation.RevisionAccepted != 1 {
		t.Errorf("shown as %+v", v.Curation)
	}
	h.Must(h.desk.Accept(h.Ctx, h.Editor, p.ID))
	h.expect("accepting the change tells", []string{"add_curated", "add_featured"}, h.told())
	h.expect("nothing changed", []string{}, h.onDesk("changed"))

	for range 2 {
		h.Must(h.desk.Decline(h.Ctx, h.Editor, p.ID, "Keine Messwerte mehr"))
	}
	h.expect("decline tells", []string{"undo_announce", "remove_featured", "remove_curated"}, h.told())
	h.expect("nothing curated", []string{}, h.collection(curation.Curated))
	h.expect("declined", []string{"Kühlung"}, h.onDesk("declined"))

	for range 2 {
		h.Must(h.desk.Reopen(h.Ctx, h.Editor, p.ID))
	}
	h.expect("reopening tells", nil, h.told())
	h.expect("waiting again", []string{"Kühlung"}, h.onDesk("waiting"))
	h.Must(h.desk.Accept(h.Ctx, h.Admin, p.ID))
	h.expect("accepting again tells", []string{"announce", "add_curated"}, h.told())

	log, err := h.desk.Decisions(h.Ctx, p.ID)
	h.Must(err)
	var lines []string
	for _, d := range slices.Backward(log) {
		lines = append(lines, strings.TrimSpace(fmt.Sprint(d.Decision, " ", d.Revision, " ", d.Reason)))
		if one, err := h.desk.DecisionByID(h.Ctx, d.ID); err != nil || one.Decision != d.Decision {
			t.Errorf("DecisionByID: %v", err)
		}
	}
	h.expect("log", []string{"accept 1", "feature 1", "accept 2", "decline 2 Keine Messwerte mehr", "reopen 2", "accept 2"}, lines)
	if n := h.Count(`SELECT count(*) FROM audit_log WHERE action LIKE 'curation.%'`); n != len(log) {
		t.Errorf("%d audit entries for %d decisions", n, len(log))
	}
}

func TestWithdrawnLeavesEveryList(t *testing.T) {
	h := newHouse(t)
	accepted, waiting := h.arrives("angenommen", 1), h.arrives("wartet", 1)
	h.Must(h.desk.Accept(h.Ctx, h.Editor, accepted.ID))
	h.Must(h.desk.Feature(h.Ctx, h.Editor, accepted.ID, true))
	for _, p := range []post.Post{accepted, waiting} {
		h.Must(h.Posts.ReceiveDelete(h.Ctx, p.URI))
	}
	for _, state := range []string{"waiting", "accepted", "changed", "declined"} {
		h.expect(state, []string{}, h.onDesk(state))
	}
	h.expect("kuratiert", []string{}, h.collection(curation.Curated))
	h.expect("hervorgehoben", []string{}, h.collection(curation.Featured))
	if list, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{Accepted: true}); err != nil || list.Total != 0 {
		t.Errorf("aggregate view: %d, %v", list.Total, err)
	}
	h.Want(h.desk.Accept(h.Ctx, h.Editor, waiting.ID), fault.Gone)
	h.Must(h.desk.Arrived(h.Ctx, waiting.ID)) // a job that comes late
}

func TestDecidingRefuses(t *testing.T) {
	h := newHouse(t)
	p := h.arrives("Kühlung", 1)
	thread := h.Thread(h.Member, "Kein Praxisbeispiel")
	suspended := h.Editor
	suspended.State = account.Suspended
	for name, err := range map[string]error{
		"member accepts":    h.desk.Accept(h.Ctx, h.Member, p.ID),
		"suspended accepts": h.desk.Accept(h.Ctx, suspended, p.ID),
		"remote accepts":    h.desk.Accept(h.Ctx, h.Remote, p.ID),
		"member declines":   h.desk.Decline(h.Ctx, h.Member, p.ID, "Kein Bezug"),
		"member reopens":    h.desk.Reopen(h.Ctx, h.Member, p.ID),
		"member features":   h.desk.Feature(h.Ctx, h.Member, p.ID, true),
		"member annotates":  h.desk.Annotate(h.Ctx, h.Member, p.ID, "Gut"),
	} {
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := h.desk.Desk(h.Ctx, h.Member, curation.DeskQuery{})
	h.Want(err, fault.Forbidden)
	h.Want(h.desk.Decline(h.Ctx, h.Editor, p.ID, " nö "), fault.Invalid)
	h.Want(h.desk.Decline(h.Ctx, h.Editor, p.ID, strings.Repeat("x", 1001)), fault.Invalid)
	h.Want(h.desk.Feature(h.Ctx, h.Editor, p.ID, true), fault.Conflict)
	h.Want(h.desk.Annotate(h.Ctx, h.Editor, p.ID, " "), fault.Invalid)
	h.Want(h.desk.Accept(h.Ctx, h.Editor, thread.ID), fault.NotFound)
	h.Want(h.desk.Accept(h.Ctx, h.Editor, 1), fault.NotFound)
	_, err = h.desk.Collection(h.Ctx, "geheim")
	h.Want(err, fault.NotFound)
	if n := h.Count(`SELECT count(*) FROM curation_decisions`) + h.Count(`SELECT count(*) FROM boosts`); n != 0 {
		t.Errorf("%d traces of refused decisions", n)
	}
}

func TestOnlyWhoCuratesDecides(t *testing.T) {
	h := newHouse(t)
	before := h.arrives("vorher", 1)
	h.Must(h.desk.Accept(h.Ctx, h.Editor, before.ID))
	h.told()
	h.curates(false)
	p := h.arrives("Kühlung", 1)
	for name, err := range map[string]error{
		"accept":   h.desk.Accept(h.Ctx, h.Editor, p.ID),
		"decline":  h.desk.Decline(h.Ctx, h.Admin, p.ID, "Kein Bezug"),
		"reopen":   h.desk.Reopen(h.Ctx, h.Editor, before.ID),
		"feature":  h.desk.Feature(h.Ctx, h.Editor, before.ID, true),
		"annotate": h.desk.Annotate(h.Ctx, h.Editor, p.ID, "Gut"),
	} {
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := h.desk.Desk(h.Ctx, h.Editor, curation.DeskQuery{})
	h.Want(err, fault.Forbidden)
	h.expect("told", nil, h.told())
	h.expect("what was said stays said", []string{"vorher"}, h.collection(curation.Curated))

	h.curates(true)
	h.expect("waiting since", []string{"Kühlung"}, h.onDesk("waiting"))
}

func TestAcceptAtOnceBoostsOnce(t *testing.T) {
	h := newHouse(t)
	p := h.arrives("Kühlung", 1)
	var wait sync.WaitGroup
	for range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if err := h.desk.Accept(h.Ctx, h.Editor, p.ID); err != nil {
				t.Error(err)
			}
		}()
	}
	wait.Wait()
	h.expect("told", []string{"announce", "add_curated"}, h.told())
	if n := h.Count(`SELECT count(*) FROM curation_decisions`); n != 1 {
		t.Errorf("%d decisions", n)
	}
}

func TestAnnotate(t *testing.T) {
	h := newHouse(t)
	p := h.arrives("Kühlung", 1)
	h.Must(h.desk.Annotate(h.Ctx, h.Editor, p.ID, "Passt **gut** zu Kernziel 7."))
	thread, err := h.Posts.Thread(h.Ctx, post.Viewer{}, p.ID)
	h.Must(err)
	if len(thread) != 2 {
		t.Fatalf("%d posts in the thread", len(thread))
	}
	note := thread[1]
	if note.Author.ID != h.Catalog.ID || note.Post.Role != post.RoleCurationNote || note.Post.HTML != "<p>Passt <strong>gut</strong> zu Kernziel 7.</p>\n" {
		t.Errorf("note: %+v", note.Post)
	}
	if len(note.Mentions) != 1 || note.Mentions[0].ID != h.Remote.ID {
		t.Error("the practice's author is not mentioned")
	}
	h.expect("told", []string{"create_post"}, h.told())
	h.expect("still waiting", []string{"Kühlung"}, h.onDesk("waiting"))
}

func TestOnlyPublicPracticesComeToTheDesk(t *testing.T) {
	h := newHouse(t)
	p := h.Arrives(h.Remote, "privat", func(r *post.Received) { r.Kind, r.Visibility = post.Article, post.Followers })
	h.Must(h.desk.Arrived(h.Ctx, p.ID))
	h.Must(h.desk.Arrived(h.Ctx, 1))
	if n := h.Count(`SELECT count(*) FROM curations`); n != 0 {
		t.Errorf("%d on the desk", n)
	}
}
