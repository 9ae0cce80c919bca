package practice_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

func TestArchive(t *testing.T) {
	h := newHouse(t)
	id := h.publish(h.Member, h.draft())
	h.publish(h.Member, practiceOf(h.draft(), "Bleibt"))
	h.Jobs("activity.distribute")
	h.Want(h.practices.Archive(h.Ctx, h.Member, id, "alt"), fault.Invalid)
	h.Want(h.practices.Archive(h.Ctx, h.Other, id, "Das Rechenzentrum ist geschlossen."), fault.Forbidden)
	for range 2 {
		h.Must(h.practices.Archive(h.Ctx, h.Member, id, "Das Rechenzentrum ist geschlossen."))
	}
	if diff := cmp.Diff([]string{fmt.Sprintf(`{"id": %d, "verb": "update_post"}`, id)}, h.Jobs("activity.distribute")); diff != "" {
		t.Error(diff)
	}
	v := h.byID(id)
	if v.Practice.ArchivedAt == nil || v.Practice.ArchiveReason != "Das Rechenzentrum ist geschlossen." || v.Post.EditedAt == nil {
		t.Errorf("archived: %+v", v.Practice)
	}
	if diff := cmp.Diff([]string{"Bleibt"}, h.titles(post.Viewer{}, practice.Filter{})); diff != "" {
		t.Error("listed", diff)
	}
	if list, err := h.practices.List(h.Ctx, post.Viewer{}, practice.Filter{}); err != nil || len(list.Impact) != 1 || list.Impact[0].Practices != 1 {
		t.Errorf("sums: %+v %v", list.Impact, err)
	}
	// A change of what is archived leaves it where it is.
	_, err := h.practices.Publish(h.Ctx, h.Member, id, practiceOf(h.draft(), "Noch im Archiv"))
	h.Must(err)
	if v := h.byID(id); v.Practice.ArchivedAt == nil {
		t.Error("a change took it out of the archive")
	}
	h.Must(h.practices.Restore(h.Ctx, h.Editor, id))
	if v := h.byID(id); v.Practice.ArchivedAt != nil || v.Practice.ArchiveReason != "" {
		t.Errorf("restored: %+v", v.Practice)
	}
	if diff := cmp.Diff([]string{"member published", "member archived Das Rechenzentrum ist geschlossen.", "member changed", "editor restored"}, h.events(h.Member, id)); diff != "" {
		t.Error(diff)
	}
	if n := h.Count(`SELECT count(*) FROM audit_log WHERE action = 'practice.restored'`); n != 1 {
		t.Errorf("%d entries in the audit log", n)
	}
	draft, err := h.practices.SaveDraft(h.Ctx, h.Member, 0, h.draft())
	h.Must(err)
	h.Want(h.practices.Archive(h.Ctx, h.Member, draft, "Das Rechenzentrum ist geschlossen."), fault.Conflict)

	// Of another instance's practice its own word counts, both ways.
	at, later := time.Now().UTC().Truncate(time.Second), time.Now()
	remote := h.arrive(h.Remote, "fern", nil, practice.Practice{Revision: 1, ArchivedAt: &at, ArchiveReason: "Überholt."}, nil)
	if v := h.byID(remote.ID); v.Practice.ArchivedAt == nil || !v.Practice.ArchivedAt.Equal(at) || v.Practice.ArchiveReason != "Überholt." {
		t.Errorf("received: %+v", v.Practice)
	}
	h.Want(h.practices.Restore(h.Ctx, h.Editor, remote.ID), fault.Forbidden)
	h.arrive(h.Remote, "fern", &later, practice.Practice{Revision: 1, ArchiveReason: "ohne Zeit"}, nil)
	if v := h.byID(remote.ID); v.Practice.ArchivedAt != nil || v.Practice.ArchiveReason != "" {
		t.Errorf("received restored: %+v", v.Practice)
	}
}

func practiceOf(d practice.Draft, title string) practice.Draft {
	d.Title = title
	return d
}

// What moderators empty leaves no words in the log either.
func TestErasedPracticeLeavesNoRemarks(t *testing.T) {
	h := newHouse(t)
	id := h.publish(h.Member, h.draft())
	d := h.draft()
	d.Title = "Mit Namen von Leuten"
	h.ask(h.Member, id, d)
	h.Must(h.practices.Comment(h.Ctx, h.Editor, id, "Vertraulich."))
	h.Must(h.Posts.Delete(h.Ctx, h.Member, id))
	if n := h.Count(`SELECT count(*) FROM practice_log WHERE text <> ''`); n != 0 {
		t.Errorf("%d remarks are left", n)
	}
	if n := h.Count(`SELECT count(*) FROM practices WHERE pending IS NOT NULL`); n != 0 {
		t.Errorf("%d drafts are left", n)
	}
}
