package assessment

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/organization"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/post/posttest"
	"github.com/vorbild/vorbild/internal/practice"
)

type house struct {
	*posttest.House
	practices *practice.Service
	*Service
}

func newHouse(t *testing.T) *house {
	h := &house{House: posttest.New(t)}
	h.practices = practice.New(h.House.DB, h.Organizations, h.Accounts, h.Posts, h.Queue, h.Markup, posttest.Base)
	h.Service = New(h.House.DB, h.Accounts, h.Posts, h.practices, h.Queue)
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	h.Service.now = func() time.Time { now = now.Add(time.Second); return now } // what comes later is newer, whatever the real date
	return h
}

func (h *house) publish(by account.Account, v post.Visibility) post.Post {
	h.Helper()
	id, err := h.practices.Publish(h.Ctx, by, 0, practice.Draft{
		Title: "Serverräume wärmer betreiben", Summary: "24 statt 20 Grad sparen jedes Jahr Strom.", Source: "So ging es.", Level: organization.LevelLand, Visibility: v,
	})
	h.Must(err)
	return h.House.Get(id)
}

func draft(s Status, year int) Draft {
	return Draft{Status: s, Progress: "begun", Horizon: year, Source: "Weil es so ist."}
}

func (h *house) invite(practiceID int64, who account.Account) {
	h.Helper()
	h.Must(h.Invite(h.Ctx, h.Editor, practiceID, who.ID, "@"+who.Handle()+" Bitte bewerten: https://sh.example/praxisbeispiele/1"))
}

func (h *house) result(viewer account.Account, practiceID int64) Result {
	h.Helper()
	r, err := h.Of(h.Ctx, post.Viewer{AccountID: viewer.ID}, practiceID)
	h.Must(err)
	return r
}

// said lists the assessments that count.
func (h *house) said(viewer account.Account, practiceID int64) []string {
	list := []string{}
	for _, v := range h.result(viewer, practiceID).List {
		list = append(list, fmt.Sprintf("%s %d %s", v.Author.Username, v.Assessment.Horizon, v.Assessment.Status))
	}
	return list
}

// arrives is an assessment by an account of another instance.
func (h *house) arrives(by account.Account, name, parent string, a Assessment) post.Post {
	h.Helper()
	p, _, err := h.Posts.Receive(h.Ctx, post.Received{
		URI: "https://" + by.Host() + "/notes/" + name, AuthorID: by.ID, Kind: post.Note, Visibility: post.Public, Role: post.RoleAssessment,
		InReplyToURI: parent, HTML: "<p>Darum.</p>", PublishedAt: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	}, func(tx *sqlx.Tx, p post.Post) error { return h.Receive(h.Ctx, tx, p, a) })
	h.Must(err)
	return p
}

// Dissent stays visible: the numbers stand side by side, and the gravest comes first.
func TestAssessmentsAreCountedByYear(t *testing.T) {
	h := newHouse(t)
	p := h.publish(h.Admin, post.Public)
	for _, who := range []account.Account{h.Guest, h.Member} {
		h.invite(p.ID, who)
	}
	save := func(by account.Account, d Draft) post.Post {
		t.Helper()
		note, err := h.Save(h.Ctx, by, p.ID, d)
		h.Must(err)
		return note
	}
	first := save(h.Guest, draft(Uncritical, 2026))
	urgent := draft(Critical, 2026)
	urgent.Urgent, urgent.Progress = true, "advanced"
	save(h.Member, urgent)
	save(h.Editor, draft(Uncritical, 2026))
	save(h.Editor, draft(Attention, 2028))
	want := []Year{
		{Year: 2026, Critical: 1, Uncritical: 2, Begun: 2, Advanced: 1, Urgent: 1, Total: 3},
		{Year: 2028, Attention: 1, Begun: 1, Total: 1},
	}
	if diff := cmp.Diff(want, h.result(account.Account{}, p.ID).Years); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"rechenzentrum 2026 critical", "redaktion 2026 uncritical", "gast 2026 uncritical", "redaktion 2028 attention"}, h.said(account.Account{}, p.ID)); diff != "" {
		t.Error(diff)
	}
	h.Jobs("activity.distribute")
	if again := save(h.Guest, draft(Uncritical, 2026)); again.ID != first.ID || again.EditedAt != nil || len(h.Jobs("activity.distribute")) != 0 {
		t.Error("the same again is told again")
	}
	changed := save(h.Guest, draft(Critical, 2026))
	if changed.ID != first.ID || changed.EditedAt == nil || len(h.Jobs("activity.distribute")) != 1 {
		t.Errorf("changed %+v", changed)
	}
	if y := h.result(h.Other, p.ID).Years[0]; y.Critical != 2 || y.Total != 3 {
		t.Errorf("after the change %+v", y)
	}
	h.Must(h.Posts.Delete(h.Ctx, h.Guest, first.ID))
	if y := h.result(h.Other, p.ID).Years[0]; y.Critical != 1 || y.Total != 2 || h.Count(`SELECT count(*) FROM assessments`) != 3 {
		t.Errorf("after the withdrawal %+v", y)
	}
	if _, a, err := h.Own(h.Ctx, h.Editor, p.ID, 0); err != nil || a.Horizon != 2028 {
		t.Errorf("last %+v, %v", a, err)
	}
}

func TestWhoMayAssess(t *testing.T) {
	h := newHouse(t)
	p := h.publish(h.Editor, post.Public)
	h.invite(p.ID, h.Guest)
	suspended := h.Guest
	suspended.State = account.Suspended
	for _, c := range []struct {
		name string
		by   account.Account
		d    Draft
		want fault.Kind
	}{
		{"not invited", h.Member, draft(Critical, 2026), fault.Forbidden},
		{"its author", h.Editor, draft(Critical, 2026), fault.Forbidden},
		{"suspended", suspended, draft(Critical, 2026), fault.Forbidden},
		{"another instance's", h.Remote, draft(Critical, 2026), fault.Forbidden},
		{"no light", h.Guest, Draft{Progress: "begun", Horizon: 2026, Source: "x"}, fault.Invalid},
		{"no progress", h.Guest, Draft{Status: Critical, Horizon: 2026, Source: "x"}, fault.Invalid},
		{"no reason", h.Guest, Draft{Status: Critical, Progress: "begun", Horizon: 2026}, fault.Invalid},
		{"the past", h.Guest, draft(Critical, 2025), fault.Invalid},
		{"too far", h.Guest, draft(Critical, 2037), fault.Invalid},
		{"invited", h.Guest, draft(Critical, 2036), ""},
		{"an editor", h.Admin, draft(Critical, 2026), ""},
	} {
		if _, err := h.Save(h.Ctx, c.by, p.ID, c.d); fault.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	// Taken back, the invitation lets nobody assess; what was said stands.
	list, err := h.Invitations(h.Ctx, h.Editor, p.ID)
	h.Must(err)
	if len(list) != 1 || list[0].Account.ID != h.Guest.ID || !list[0].Assessed {
		t.Fatalf("invited %+v", list)
	}
	h.Want(h.Revoke(h.Ctx, h.Member, p.ID, list[0].ID), fault.Forbidden)
	other := h.publish(h.Editor, post.Public)
	h.Must(h.Revoke(h.Ctx, h.Editor, other.ID, list[0].ID)) // of another practice: nothing happens
	if ok, err := h.May(h.Ctx, h.Guest, mustView(h, p.ID)); err != nil || !ok {
		t.Errorf("revoked by way of another practice: %v", err)
	}
	h.Must(h.Revoke(h.Ctx, h.Editor, p.ID, list[0].ID))
	if _, err := h.Save(h.Ctx, h.Guest, p.ID, draft(Critical, 2030)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("after the revocation: %v", err)
	}
	if got := h.said(h.Guest, p.ID); len(got) != 2 {
		t.Errorf("what was said: %v", got)
	}
}

func mustView(h *house, id int64) practice.View {
	v, err := h.practices.ByID(h.Ctx, post.Viewer{}, id)
	h.Must(err)
	return v
}

func TestInvite(t *testing.T) {
	h := newHouse(t)
	p := h.publish(h.Editor, post.Public)
	internal := h.publish(h.Editor, post.Network)
	h.Want(h.Invite(h.Ctx, h.Member, p.ID, h.Other.ID, "x"), fault.Forbidden)
	h.Want(h.Invite(h.Ctx, h.Admin, p.ID, h.Editor.ID, "x"), fault.Invalid)              // its author
	h.Want(h.Invite(h.Ctx, h.Editor, p.ID, h.Forum.ID, "x"), fault.Invalid)              // nobody
	h.Want(h.Invite(h.Ctx, h.Editor, internal.ID, h.Remote.ID, "@klima"), fault.Invalid) // of what is internal nobody outside is told
	h.Want(h.Invite(h.Ctx, h.Editor, internal.ID, h.Guest.ID, "x"), fault.Invalid)       // guests do not see it
	if n := h.Count(`SELECT count(*) FROM assessment_invitations`); n != 0 {
		t.Fatalf("%d invitations", n)
	}
	h.Jobs("notification.notify")
	h.invite(p.ID, h.Guest)
	h.invite(p.ID, h.Guest)
	if jobs := h.Jobs("notification.notify"); len(jobs) != 1 || !strings.Contains(jobs[0], "invited") {
		t.Errorf("told %v", jobs)
	}
	if n := h.Count(`SELECT count(*) FROM posts WHERE visibility = 'direct'`); n != 0 {
		t.Errorf("%d messages to one of ours", n)
	}
	h.Jobs("activity.distribute")
	h.invite(p.ID, h.Remote)
	note := h.House.Get(int64(h.Count(`SELECT id FROM posts WHERE role = 'Invitation'`)))
	if note.Visibility != post.Direct || note.AccountID != h.Editor.ID || note.BoardID != nil || len(h.Jobs("activity.distribute")) != 1 {
		t.Errorf("message %+v", note)
	}
	named, err := h.Posts.MentionIDs(h.Ctx, note.ID)
	h.Must(err)
	if diff := cmp.Diff([]int64{h.Remote.ID}, named); diff != "" {
		t.Error("the message is for", diff)
	}
	if uri, err := h.PracticeOf(h.Ctx, note.ID); err != nil || uri != p.URI {
		t.Errorf("invites to %q, %v", uri, err)
	}
	list, err := h.Invitations(h.Ctx, h.Editor, p.ID)
	h.Must(err)
	h.Must(h.Revoke(h.Ctx, h.Editor, p.ID, list[0].ID))
	if got := h.House.Get(note.ID); got.State != post.StateWithdrawn || got.HTML != "" {
		t.Errorf("message after the revocation %+v", got)
	}
	if n := h.Count(`SELECT count(*) FROM audit_log WHERE action LIKE 'assessment.%'`); n != 3 {
		t.Errorf("%d entries of the log", n)
	}
}

// Whom another instance lets assess counts here if we follow that instance, or invited them ourselves.
func TestAssessmentsOfOtherInstances(t *testing.T) {
	h := newHouse(t)
	p := h.publish(h.Editor, post.Public)
	h.arrives(h.Remote, "a", p.URI, Assessment{Status: Critical, Progress: "begun", Horizon: 2027})
	if got := h.said(h.Member, p.ID); len(got) != 0 {
		t.Errorf("a stranger counts: %v", got)
	}
	h.House.Follow(h.Member, h.RemoteCatalog)
	if got := h.said(h.Member, p.ID); len(got) != 0 {
		t.Errorf("whom a single member follows counts: %v", got)
	}
	h.House.Follow(h.Catalog, h.RemoteCatalog)
	if diff := cmp.Diff([]string{"klima 2027 critical"}, h.said(h.Member, p.ID)); diff != "" {
		t.Error("of an instance that we follow", diff)
	}
	h.arrives(h.RemoteOther, "b", p.URI, Assessment{Status: Uncritical, Progress: "completed", Horizon: 99}) // a year that cannot be
	if diff := cmp.Diff([]string{"server 2026 uncritical", "klima 2027 critical"}, h.said(h.Member, p.ID)); diff != "" {
		t.Error(diff)
	}
	if _, err := h.House.DB.Exec(`UPDATE accounts SET silenced = true, limited = true WHERE id = $1`, h.Remote.ID); err != nil {
		t.Fatal(err)
	}
	h.House.Follow(h.Member, h.Remote)
	for _, viewer := range []account.Account{h.Member, h.Other} {
		if diff := cmp.Diff([]string{"server 2026 uncritical"}, h.said(viewer, p.ID)); diff != "" {
			t.Errorf("%s counts who is limited: %s", viewer, diff)
		}
	}
	// Invited by us, of an instance that we do not follow.
	expert := h.House.Account("expertin", "uni.example", account.Person, "")
	h.arrives(expert, "c", p.URI, Assessment{Status: Attention, Progress: "advanced", Horizon: 2026})
	if got := h.said(h.Member, p.ID); len(got) != 1 {
		t.Errorf("not invited yet: %v", got)
	}
	h.invite(p.ID, expert)
	if diff := cmp.Diff([]string{"expertin 2026 attention", "server 2026 uncritical"}, h.said(h.Member, p.ID)); diff != "" {
		t.Error("invited", diff)
	}
	// Nobody assesses their own, and a discussion is not assessed.
	thread := h.Thread(h.Other, "Kein Praxisbeispiel")
	h.arrives(expert, "d", thread.URI, Assessment{Status: Critical, Progress: "begun", Horizon: 2026})
	if got := h.said(h.Member, thread.ID); len(got) != 0 {
		t.Errorf("a discussion: %v", got)
	}
}

// Another instance's editors may invite ours, if it is theirs that is to be assessed, or if we follow them.
func TestInvitationsFromOtherInstances(t *testing.T) {
	h := newHouse(t)
	invites := func(by account.Account, name, practiceURI string, v post.Visibility, named ...account.Account) {
		t.Helper()
		var ids []int64
		for _, a := range named {
			ids = append(ids, a.ID)
		}
		_, _, err := h.Posts.Receive(h.Ctx, post.Received{
			URI: "https://" + by.Host() + "/notes/" + name, AuthorID: by.ID, Kind: post.Note, Visibility: v, Role: post.RoleInvitation,
			HTML: "<p>Bitte</p>", MentionIDs: ids, PublishedAt: time.Now().Add(-time.Hour),
		}, func(tx *sqlx.Tx, p post.Post) error {
			return h.ReceiveInvitation(h.Ctx, tx, p, by, practiceURI)
		})
		h.Must(err)
	}
	invited := func() int { return h.Count(`SELECT count(*) FROM assessment_invitations WHERE revoked_at IS NULL`) }
	foreign := "https://kg.example/practices/1"
	invites(h.Remote, "stranger", foreign, post.Direct, h.Member)
	invites(h.Remote, "public", "https://vitako.example/practices/1", post.Public, h.Member)
	invites(h.Remote, "nothing", "javascript:1", post.Direct, h.Member)
	invites(h.Remote, "group", "https://vitako.example/practices/1", post.Direct, h.Forum, h.RemoteOther)
	if n := invited(); n != 0 {
		t.Fatalf("%d invitations", n)
	}
	invites(h.Remote, "own", "https://vitako.example/practices/1", post.Direct, h.Member)
	if n := invited(); n != 1 {
		t.Fatalf("%d invitations to their own practice", n)
	}
	h.House.Follow(h.Catalog, h.RemoteCatalog)
	invites(h.Remote, "followed", foreign, post.Direct, h.Member)
	p, _, err := h.Posts.Receive(context.WithoutCancel(h.Ctx), post.Received{
		URI: foreign, AuthorID: h.Curators.ID, Kind: post.Article, Visibility: post.Public, Title: "Fremd", PublishedAt: time.Now().Add(-time.Hour),
	}, func(tx *sqlx.Tx, p post.Post) error {
		return h.practices.Receive(h.Ctx, tx, p, practice.Practice{Revision: 1})
	})
	h.Must(err)
	if _, err := h.Save(h.Ctx, h.Member, p.ID, draft(Attention, 2026)); err != nil {
		t.Errorf("invited before the practice came: %v", err)
	}
	if _, err := h.Save(h.Ctx, h.Other, p.ID, draft(Attention, 2026)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("not invited: %v", err)
	}
	// Withdrawn at its origin, the message invites nobody any more.
	h.Must(h.Posts.ReceiveDelete(h.Ctx, "https://vitako.example/notes/followed"))
	if n := invited(); n != 1 {
		t.Errorf("%d invitations after the withdrawal", n)
	}
}
