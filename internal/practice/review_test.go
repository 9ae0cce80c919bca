package practice_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/account"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/job"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// fourEyes switches the rule on.
func (h *house) fourEyes() {
	h.Helper()
	o, err := h.Organizations.Get(h.Ctx)
	h.Must(err)
	o.FourEyes = true
	h.Must(h.Organizations.Save(h.Ctx, o))
}

// ask gives a text to approval and returns its id and version.
func (h *house) ask(by account.Account, id int64, d practice.Draft) (int64, int) {
	h.Helper()
	id, version, err := h.practices.Ask(h.Ctx, by, id, d)
	h.Must(err)
	return id, version
}

// events tells the log of a practice as a reader sees it, oldest first.
func (h *house) events(reader account.Account, id int64) []string {
	h.Helper()
	log, err := h.practices.Log(h.Ctx, reader, id)
	h.Must(err)
	var list []string
	for _, e := range log {
		by := "instance"
		for name, a := range map[string]account.Account{"member": h.Member, "editor": h.Editor, "admin": h.Admin} {
			if e.AccountID != nil && *e.AccountID == a.ID {
				by = name
			}
		}
		list = append([]string{strings.TrimSpace(fmt.Sprint(by, " ", e.Event, " ", e.Text))}, list...)
	}
	return list
}

func TestNobodyPublishesAlone(t *testing.T) {
	h := newHouse(t)
	before := h.publish(h.Member, h.draft())
	h.fourEyes()
	changed := h.draft()
	changed.Title = "Ganz anders"
	for _, by := range []account.Account{h.Member, h.Editor, h.Admin} {
		_, err := h.practices.Publish(h.Ctx, by, 0, h.draft())
		h.Want(err, fault.Forbidden)
	}
	for _, by := range []account.Account{h.Member, h.Editor} {
		_, err := h.practices.Publish(h.Ctx, by, before, changed)
		h.Want(err, fault.Forbidden)
	}
	draft, err := h.practices.SaveDraft(h.Ctx, h.Member, 0, h.draft())
	h.Must(err)
	_, err = h.practices.Publish(h.Ctx, h.Editor, draft, h.draft())
	h.Want(err, fault.Forbidden)
	_, err = h.practices.Approve(h.Ctx, h.Editor, draft, 2) // nobody asked
	h.Want(err, fault.Conflict)

	// What is not fit to be published is refused when it is given to approval, not later.
	gaps := h.draft()
	gaps.Summary = ""
	_, _, err = h.practices.Ask(h.Ctx, h.Member, draft, gaps)
	h.Want(err, fault.Invalid)
	_, _, err = h.practices.Ask(h.Ctx, h.Other, draft, h.draft())
	h.Want(err, fault.NotFound)

	id, version := h.ask(h.Member, draft, h.draft())
	if id != draft {
		t.Errorf("giving to approval made another draft: %d, %d", draft, id)
	}
	for name, by := range map[string]account.Account{"author": h.Member, "another member": h.Other, "guest": h.Guest, "remote": h.Remote} {
		if _, err := h.practices.Approve(h.Ctx, by, id, version); !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.NotFound) {
			t.Errorf("%s approved: %v", name, err)
		}
	}
	published, err := h.practices.Approve(h.Ctx, h.Editor, id, version)
	h.Must(err)
	if v := h.byID(published); v.Author.ID != h.Member.ID || v.Post.Title != h.draft().Title || v.Practice.Revision != 1 {
		t.Errorf("approved: %+v", v.Post)
	}
	_, err = h.practices.Approve(h.Ctx, h.Editor, id, version) // a second click
	h.Want(err, fault.NotFound)
	if n := h.Count(`SELECT count(*) FROM posts WHERE kind = 'article' AND state = 'published'`); n != 2 {
		t.Errorf("%d practices are published, want the first and the approved one", n)
	}
	if diff := cmp.Diff([]string{"member saved", "member asked", "editor approved"}, h.events(h.Member, published)); diff != "" {
		t.Error(diff)
	}
	// Who approves a version has not written it.
	versions, err := h.Posts.Revisions(h.Ctx, post.Viewer{}, published)
	h.Must(err)
	if len(versions) != 1 || versions[0].AccountID == nil || *versions[0].AccountID != h.Member.ID {
		t.Errorf("versions: %+v", versions)
	}
}

func TestEditorsDoNotApproveThemselves(t *testing.T) {
	h := newHouse(t)
	h.fourEyes()
	own, version := h.ask(h.Editor, 0, h.draft())
	_, err := h.practices.Approve(h.Ctx, h.Editor, own, version)
	h.Want(err, fault.Forbidden)
	h.Want(h.practices.Return(h.Ctx, h.Editor, own, "Das gefällt mir nicht mehr."), fault.Forbidden)

	// Who changed the text last has not been looked at by anyone.
	id, version := h.ask(h.Member, 0, h.draft())
	d := h.draft()
	d.Title = "Von der Redaktion verbessert"
	_, changed, err := h.practices.Save(h.Ctx, h.Editor, id, d)
	h.Must(err)
	_, err = h.practices.Approve(h.Ctx, h.Editor, id, changed)
	h.Want(err, fault.Forbidden)
	// Saving what stands there already is no change, and clears nobody.
	_, again, err := h.practices.Save(h.Ctx, h.Member, id, d)
	h.Must(err)
	if again != changed {
		t.Errorf("saving the same made version %d of %d", again, changed)
	}
	_, err = h.practices.Approve(h.Ctx, h.Editor, id, again)
	h.Want(err, fault.Forbidden)

	waiting, err := h.practices.Reviews(h.Ctx, h.Admin)
	h.Must(err)
	var for1, for2 []string
	for _, w := range waiting {
		for1, for2 = append(for1, fmt.Sprint(w.Title, " ", w.For(h.Editor))), append(for2, fmt.Sprint(w.Title, " ", w.For(h.Admin)))
	}
	if diff := cmp.Diff([]string{h.draft().Title + " false", d.Title + " false"}, for1); diff != "" {
		t.Error("for the editor", diff)
	}
	if diff := cmp.Diff([]string{h.draft().Title + " true", d.Title + " true"}, for2); diff != "" {
		t.Error("for the admin", diff)
	}
	for a, want := range map[*account.Account]int{&h.Editor: 0, &h.Admin: 2, &h.Member: 0} {
		if n, err := h.practices.ReviewsFor(h.Ctx, *a); err != nil || n != want {
			t.Errorf("%d wait for %s, want %d: %v", n, a.Username, want, err)
		}
	}
	_, err = h.practices.Reviews(h.Ctx, h.Member)
	h.Want(err, fault.Forbidden)

	// Another editor approves, but not the version that the first one saw.
	_, err = h.practices.Approve(h.Ctx, h.Admin, id, version)
	h.Want(err, fault.Conflict)
	published, err := h.practices.Approve(h.Ctx, h.Admin, id, changed)
	h.Must(err)
	if v := h.byID(published); v.Post.Title != d.Title {
		t.Errorf("published: %s", v.Post.Title)
	}
}

// A change of what is published goes the same way, and others read the old version until it is approved.
func TestChangesAreApproved(t *testing.T) {
	h := newHouse(t)
	id := h.publish(h.Member, h.draft())
	h.fourEyes()
	_, _, err := h.practices.Ask(h.Ctx, h.Member, id, h.draft())
	h.Want(err, fault.Invalid) // nothing to approve
	d := h.draft()
	d.Title = "Neue Zahlen"
	hidden := d
	hidden.Visibility = post.Network
	_, _, err = h.practices.Ask(h.Ctx, h.Member, id, hidden)
	h.Want(err, fault.Invalid)
	same, version := h.ask(h.Member, id, d)
	if v := h.byID(id); same != id || v.Post.Title != h.draft().Title {
		t.Errorf("others see what waits: %s", v.Post.Title)
	}
	_, err = h.practices.Approve(h.Ctx, h.Editor, id, version)
	h.Must(err)
	if v := h.byID(id); v.Post.Title != d.Title || v.Practice.Revision != 2 {
		t.Errorf("after the approval: %s, revision %d", v.Post.Title, v.Practice.Revision)
	}
	_, err = h.practices.Approve(h.Ctx, h.Editor, id, version) // a second click
	h.Want(err, fault.Conflict)
	if v := h.byID(id); v.Practice.Revision != 2 {
		t.Errorf("approved twice: revision %d", v.Practice.Revision)
	}
	// Taking back needs nobody.
	h.ask(h.Member, id, h.draft())
	h.Must(h.practices.Withdraw(h.Ctx, h.Member, id))
	if waiting, err := h.practices.Reviews(h.Ctx, h.Editor); err != nil || len(waiting) != 0 {
		t.Errorf("what was withdrawn still waits: %v %v", waiting, err)
	}
}

// Whatever its author saves while an editor approves: what is published is what the editor saw.
func TestApprovedIsWhatWasSeen(t *testing.T) {
	h := newHouse(t)
	h.fourEyes()
	id, version := h.ask(h.Member, 0, h.draft())
	tx, err := h.DB.BeginTxx(h.Ctx, nil)
	h.Must(err)
	defer tx.Rollback() //nolint:errcheck // after the commit there is nothing to roll back
	// Another save is under way: it has the practice, but has not written yet.
	_, err = tx.ExecContext(h.Ctx, `SELECT 1 FROM posts WHERE id = $1 FOR UPDATE`, id)
	h.Must(err)
	approved := make(chan error)
	go func() {
		_, err := h.practices.Approve(h.Ctx, h.Editor, id, version)
		approved <- err
	}()
	for deadline := time.Now().Add(time.Minute); h.Count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the approval does not wait for the other save")
		}
	}
	_, err = tx.ExecContext(h.Ctx, `
		UPDATE practices SET pending = jsonb_set(pending, '{title}', '"Ungesehen"'), draft_version = draft_version + 1 WHERE post_id = $1`, id)
	h.Must(err)
	h.Must(tx.Commit())
	h.Want(<-approved, fault.Conflict)
	if n := h.Count(`SELECT count(*) FROM posts WHERE state = 'published'`); n != 0 {
		t.Errorf("%d practices are published", n)
	}
	_, err = h.practices.Approve(h.Ctx, h.Editor, id, version)
	h.Want(err, fault.Conflict)
	published, err := h.practices.Approve(h.Ctx, h.Editor, id, version+1)
	h.Must(err)
	if v := h.byID(published); v.Post.Title != "Ungesehen" {
		t.Errorf("published %q", v.Post.Title)
	}
}

func TestReturnAndComment(t *testing.T) {
	h := newHouse(t)
	h.fourEyes()
	id, version := h.ask(h.Member, 0, h.draft())
	h.Want(h.practices.Return(h.Ctx, h.Editor, id, "nö"), fault.Invalid)
	h.Want(h.practices.Return(h.Ctx, h.Member, id, "Ich will noch etwas ändern."), fault.Forbidden)
	h.Want(h.practices.Comment(h.Ctx, h.Editor, id, " \n"), fault.Invalid)
	h.Want(h.practices.Comment(h.Ctx, h.Other, id, "Ich lese mit."), fault.NotFound)
	h.Must(h.practices.Comment(h.Ctx, h.Editor, id, "Woher kommen die Zahlen?"))
	h.Must(h.practices.Comment(h.Ctx, h.Member, id, "Aus der Leittechnik."))
	h.Must(h.practices.Return(h.Ctx, h.Editor, id, "Bitte die Quelle nennen."))
	h.Want(h.practices.Return(h.Ctx, h.Editor, id, "Bitte die Quelle nennen."), fault.Conflict)
	_, err := h.practices.Approve(h.Ctx, h.Editor, id, version)
	h.Want(err, fault.Conflict)

	drafts, err := h.practices.Drafts(h.Ctx, h.Member, 0, 10)
	h.Must(err)
	if len(drafts) != 1 || drafts[0].Review == nil || drafts[0].Review.State != practice.ReviewReturned {
		t.Errorf("drafts: %+v", drafts)
	}
	d := h.draft()
	d.Source += "\n\nQuelle: Leittechnik."
	_, version = h.ask(h.Member, id, d)
	h.ask(h.Member, id, d) // a second click
	published, err := h.practices.Approve(h.Ctx, h.Admin, id, version)
	h.Must(err)
	want := []string{
		"member saved", "member asked", "editor commented Woher kommen die Zahlen?", "member commented Aus der Leittechnik.",
		"editor returned Bitte die Quelle nennen.", "member asked", "admin approved",
	}
	if diff := cmp.Diff(want, h.events(h.Editor, published)); diff != "" {
		t.Error(diff)
	}
	// Other members read who did what, but not what was said.
	want[2], want[3], want[4] = "editor commented", "member commented", "editor returned"
	if diff := cmp.Diff(want, h.events(h.Other, published)); diff != "" {
		t.Error(diff)
	}
	for _, a := range []account.Account{h.Guest, h.Remote, {}} {
		_, err := h.practices.Log(h.Ctx, a, published)
		h.Want(err, fault.Forbidden)
	}
	h.Want(h.practices.Comment(h.Ctx, h.Editor, published, "Zu spät."), fault.Conflict)
	other, err := h.practices.SaveDraft(h.Ctx, h.Member, 0, h.draft())
	h.Must(err)
	_, err = h.practices.Log(h.Ctx, h.Other, other)
	h.Want(err, fault.NotFound)
}

func TestReminder(t *testing.T) {
	h := newHouse(t)
	h.fourEyes()
	id, version := h.ask(h.Member, 0, h.draft())
	var reminders []job.RemindReview
	for _, raw := range h.Jobs("review.remind") {
		var j job.RemindReview
		h.Must(json.Unmarshal([]byte(raw), &j))
		reminders = append(reminders, j)
	}
	if len(reminders) != 1 || reminders[0].PostID != id || reminders[0].At.Sub(reminders[0].Asked) != 7*24*time.Hour {
		t.Fatalf("reminders: %+v", reminders)
	}
	reminded := func() (n int) {
		for _, e := range h.events(h.Editor, id) {
			if e == "instance reminded" {
				n++
			}
		}
		return n
	}
	late := reminders[0]
	late.Asked = late.Asked.Add(-time.Hour) // of an earlier request
	h.Must(h.practices.Remind(h.Ctx, late))
	if n := reminded(); n != 0 {
		t.Errorf("reminded of an earlier request: %d", n)
	}
	h.Must(h.practices.Remind(h.Ctx, reminders[0]))
	if n := reminded(); n != 1 {
		t.Errorf("reminded %d times", n)
	}
	h.Jobs("notification.notify")
	published, err := h.practices.Approve(h.Ctx, h.Editor, id, version)
	h.Must(err)
	h.Must(h.practices.Remind(h.Ctx, reminders[0]))
	id = published
	if n := reminded(); n != 1 {
		t.Errorf("reminded after the approval: %d", n)
	}
}

// Two people, or two windows: the second who saves is told, and nothing is overwritten.
func TestStaleDrafts(t *testing.T) {
	h := newHouse(t)
	id, first, err := h.practices.Save(h.Ctx, h.Member, 0, h.draft())
	h.Must(err)
	mine, theirs := h.draft(), h.draft()
	mine.Title, mine.Version, theirs.Title, theirs.Version = "Meins", first, "Ihres", first
	_, second, err := h.practices.Save(h.Ctx, h.Editor, id, theirs)
	h.Must(err)
	if second <= first {
		t.Fatalf("version %d after %d", second, first)
	}
	_, _, err = h.practices.Save(h.Ctx, h.Member, id, mine)
	h.Want(err, fault.Conflict)
	_, err = h.practices.Publish(h.Ctx, h.Member, id, mine)
	h.Want(err, fault.Conflict)
	_, _, err = h.practices.Ask(h.Ctx, h.Member, id, mine)
	h.Want(err, fault.Conflict)
	h.Want(h.practices.Discard(h.Ctx, h.Member, id, first), fault.Conflict)
	if d, _, err := h.practices.DraftOf(h.Ctx, h.Member, id); err != nil || d.Title != "Ihres" || d.Version != second {
		t.Errorf("stored: %q, version %d, %v", d.Title, d.Version, err)
	}
	// An answer that was lost on its way: the same text once more is no conflict.
	if _, again, err := h.practices.Save(h.Ctx, h.Editor, id, theirs); err != nil || again != second {
		t.Errorf("the same once more: version %d, %v", again, err)
	}
	mine.Version = second // having seen theirs
	_, third, err := h.practices.Save(h.Ctx, h.Member, id, mine)
	h.Must(err)

	// Of what is published as well, where publishing itself makes the other text old.
	mine.Version = third
	published, err := h.practices.Publish(h.Ctx, h.Member, id, mine)
	h.Must(err)
	d, _, err := h.practices.DraftOf(h.Ctx, h.Member, published)
	h.Must(err)
	one, two := d, d
	one.Title, two.Title = "Erste Änderung", "Zweite Änderung"
	_, err = h.practices.Publish(h.Ctx, h.Member, published, one)
	h.Must(err)
	if _, err := h.practices.Publish(h.Ctx, h.Member, published, one); err != nil {
		t.Errorf("a second click: %v", err)
	}
	_, err = h.practices.Publish(h.Ctx, h.Editor, published, two)
	h.Want(err, fault.Conflict)
	_, _, err = h.practices.Save(h.Ctx, h.Editor, published, two)
	h.Want(err, fault.Conflict)
	if v := h.byID(published); v.Post.Title != one.Title || v.Practice.Revision != 2 {
		t.Errorf("published: %q, revision %d", v.Post.Title, v.Practice.Revision)
	}
	// Discarding leaves what is published.
	d, _, err = h.practices.DraftOf(h.Ctx, h.Member, published)
	h.Must(err)
	d.Title = "Doch nicht"
	_, version, err := h.practices.Save(h.Ctx, h.Member, published, d)
	h.Must(err)
	h.Want(h.practices.Discard(h.Ctx, h.Other, published, version), fault.Forbidden)
	h.Must(h.practices.Discard(h.Ctx, h.Member, published, version))
	h.Must(h.practices.Discard(h.Ctx, h.Member, published, version)) // a second click
	if v := h.byID(published); v.Post.Title != one.Title {
		t.Errorf("after discarding: %q", v.Post.Title)
	}
	if drafts, err := h.practices.Drafts(h.Ctx, h.Member, 0, 10); err != nil || len(drafts) != 0 {
		t.Errorf("drafts left: %v %v", drafts, err)
	}
}
