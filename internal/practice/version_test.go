package practice_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// receives stores a version of a remote practice; each later one was edited later.
func (h *house) receives(name string, revision int, p practice.Practice, change func(*post.Received)) post.Post {
	h.Helper()
	p.Revision = revision
	edited := time.Now().Add(-time.Hour + time.Duration(revision)*time.Second).UTC().Truncate(time.Second)
	return h.arrive(h.Remote, name, &edited, p, change)
}

func (h *house) kept(id int64) (numbers []int) {
	h.Helper()
	list, err := h.Posts.Revisions(h.Ctx, post.Viewer{}, id)
	h.Must(err)
	for _, r := range list {
		numbers = append(numbers, r.Revision)
	}
	return numbers
}

func TestReceivedVersionsCanBeReadAgain(t *testing.T) {
	h := newHouse(t)
	saved := func(after float64) []practice.Figure {
		return []practice.Figure{{Quantity: "electricity", Name: "Strom", Unit: "MW.h/a", Before: number(120), After: number(after)}}
	}
	p := h.receives("kuehlung", 1, practice.Practice{Figures: saved(70), Goals: []practice.Term{{Name: "Kennzahlen"}}}, nil)
	h.receives("kuehlung", 3, practice.Practice{Figures: saved(90), ContactName: "Neue Stelle"}, func(r *post.Received) {
		r.Title, r.HTML = "Kühlung, berichtigt", "<p>Wir haben uns <b onclick='x()'>verrechnet</b>.</p>"
	})
	if diff := cmp.Diff([]int{3, 1}, h.kept(p.ID)); diff != "" {
		t.Fatal(diff)
	}
	now, err := h.practices.AtRevision(h.Ctx, post.Viewer{}, p.ID, 3)
	h.Must(err)
	was, err := h.practices.AtRevision(h.Ctx, post.Viewer{}, p.ID, 1)
	h.Must(err)
	if now.Post.Title != "Kühlung, berichtigt" || *now.Practice.Figures[0].After != 90 || strings.Contains(now.Post.HTML, "onclick") {
		t.Errorf("now: %+v %+v", now.Post, now.Practice)
	}
	if was.Post.Title != p.Title || was.Post.HTML != p.HTML || *was.Practice.Figures[0].After != 70 || was.Practice.Goals[0].Name != "Kennzahlen" ||
		was.Practice.ContactName != "" || was.Practice.Revision != 1 || was.Practice.PostID != p.ID {
		t.Errorf("was: %+v %+v", was.Post, was.Practice)
	}
	if !was.Post.EditedAt.Before(*now.Post.EditedAt) || !was.Post.EditedAt.Equal(*p.EditedAt) {
		t.Errorf("published %s, then %s", was.Post.EditedAt, now.Post.EditedAt)
	}
	for _, unknown := range []int{0, 2, 4, -1} {
		_, err := h.practices.AtRevision(h.Ctx, post.Viewer{}, p.ID, unknown)
		h.Want(err, fault.NotFound)
	}
}

func TestOurVersionsCanBeReadAgain(t *testing.T) {
	h := newHouse(t)
	id := h.publish(h.Member, h.draft())
	changed := h.draft()
	changed.Title, changed.Figures = "Gänge trennen", nil
	_, err := h.practices.Publish(h.Ctx, h.Member, id, changed)
	h.Must(err)
	was, err := h.practices.AtRevision(h.Ctx, post.Viewer{}, id, 1)
	h.Must(err)
	if was.Post.Title != h.draft().Title || len(was.Practice.Figures) != 2 || was.Post.Source == "" {
		t.Errorf("first version: %+v %+v", was.Post, was.Practice)
	}
}

// TestVersionsFollowWhoMaySeeThePractice: a version is read by who may read the practice now, and by nobody once it is gone.
func TestVersionsFollowWhoMaySeeThePractice(t *testing.T) {
	h := newHouse(t)
	p := h.receives("kuehlung", 1, practice.Practice{}, nil)
	h.receives("kuehlung", 2, practice.Practice{}, func(r *post.Received) { r.Visibility = post.Network })
	_, err := h.practices.AtRevision(h.Ctx, post.Viewer{}, p.ID, 1)
	h.Want(err, fault.NotFound)
	if v, err := h.practices.AtRevision(h.Ctx, post.Viewer{AccountID: h.Member.ID}, p.ID, 1); err != nil || v.Practice.Revision != 1 {
		t.Errorf("a member: %v", err)
	}
	h.Must(h.Posts.ReceiveDelete(h.Ctx, p.URI))
	_, err = h.practices.AtRevision(h.Ctx, post.Viewer{AccountID: h.Member.ID}, p.ID, 1)
	h.Want(err, fault.Gone)
	if n := h.Count(`SELECT count(*) FROM revisions WHERE post_id = $1 AND (title <> '' OR html <> '' OR summary <> '' OR detail IS NOT NULL)`, p.ID); n != 0 {
		t.Errorf("words of %d versions are left of what was withdrawn", n)
	}
}

// TestReceivedVersionsAreBounded: whoever edits without end fills nobody's disk, but what was accepted stays readable.
func TestReceivedVersionsAreBounded(t *testing.T) {
	h := newHouse(t)
	p := h.receives("kuehlung", 1, practice.Practice{}, nil)
	if _, err := h.DB.ExecContext(h.Ctx, `INSERT INTO curations (post_id, state, revision_accepted) VALUES ($1, 'accepted', 1)`, p.ID); err != nil {
		t.Fatal(err)
	}
	for revision := 2; revision <= 60; revision++ {
		h.receives("kuehlung", revision, practice.Practice{}, nil)
	}
	if list := h.kept(p.ID); len(list) != 51 || list[0] != 60 || list[49] != 11 || list[50] != 1 {
		t.Errorf("kept: %v", list)
	}
	for revision := 61; revision <= 90; revision++ {
		h.receives("kuehlung", revision, practice.Practice{}, func(r *post.Received) { r.HTML = "<p>" + strings.Repeat("x", 99_000) + "</p>" })
	}
	if list := h.kept(p.ID); len(list) != 22 || list[0] != 90 || list[20] != 70 || list[21] != 1 {
		t.Errorf("kept of large ones: %v", list)
	}
}
