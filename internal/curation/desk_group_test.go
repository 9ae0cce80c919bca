package curation_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vorbild/vorbild/internal/curation"
	"github.com/vorbild/vorbild/internal/fault"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// members lists the titles of a group, the lead entry first.
func (h *house) members(postID int64) []string {
	h.Helper()
	views, err := h.desk.Members(h.Ctx, post.Viewer{AccountID: h.Editor.ID}, postID)
	h.Must(err)
	titles := []string{}
	for _, v := range views {
		titles = append(titles, v.Post.Title)
	}
	return titles
}

func TestGroups(t *testing.T) {
	h := newHouse(t)
	var id [5]int64
	for i := range id {
		id[i] = h.arrives(fmt.Sprint("p", i), 1).ID
	}
	h.Must(h.desk.Join(h.Ctx, h.Editor, id[1], id[0]))
	h.Must(h.desk.Join(h.Ctx, h.Editor, id[2], id[1])) // a member's group is its lead's
	h.Must(h.desk.Join(h.Ctx, h.Editor, id[2], id[0])) // again
	h.expect("three", []string{"p0", "p1", "p2"}, h.members(id[2]))
	h.Must(h.desk.Join(h.Ctx, h.Editor, id[4], id[3]))
	h.Must(h.desk.Join(h.Ctx, h.Editor, id[3], id[2])) // a lead brings those along that it stands for
	h.expect("five", []string{"p0", "p1", "p2", "p3", "p4"}, h.members(id[4]))
	if st := h.standing(id[0]); st.Group != 5 || st.LeadID != nil {
		t.Errorf("the lead stands so: %+v", st)
	}

	h.Must(h.desk.TakeLead(h.Ctx, h.Editor, id[3]))
	h.expect("another lead", []string{"p3", "p0", "p1", "p2", "p4"}, h.members(id[1]))
	h.undo(h.Editor, id[3])
	h.expect("the former lead", []string{"p0", "p1", "p2", "p3", "p4"}, h.members(id[1]))

	h.Must(h.desk.Part(h.Ctx, h.Editor, id[0]))
	h.expect("the oldest other one leads", []string{"p1", "p2", "p3", "p4"}, h.members(id[4]))
	h.expect("alone", []string{}, h.members(id[0]))
	h.undo(h.Editor, id[0])
	h.expect("leads again", []string{"p0", "p1", "p2", "p3", "p4"}, h.members(id[4]))
	h.Must(h.desk.Part(h.Ctx, h.Editor, id[2]))
	h.expect("without one", []string{"p0", "p1", "p3", "p4"}, h.members(id[4]))
	h.undo(h.Editor, id[2])
	h.expect("with it again", []string{"p0", "p1", "p2", "p3", "p4"}, h.members(id[4]))

	other := h.arrives("anderes", 1).ID
	h.Must(h.desk.Join(h.Ctx, h.Editor, other, id[1]))
	h.undo(h.Editor, other)
	h.expect("joined by mistake", []string{}, h.members(other))

	h.Want(h.desk.Join(h.Ctx, h.Member, other, id[0]), fault.Forbidden)
	h.Want(h.desk.Join(h.Ctx, h.Editor, other, other), fault.NotFound)
	h.Want(h.desk.Join(h.Ctx, h.Editor, other, 4711), fault.NotFound)
	h.Want(h.desk.Part(h.Ctx, h.Member, id[0]), fault.Forbidden)
	h.Want(h.desk.TakeLead(h.Ctx, h.Member, id[1]), fault.Forbidden)
	h.expect("told", nil, h.told())
}

// TestGroupsAtOnce lets many join each other in both directions: nobody waits for ever, and no chain of leads comes of it.
func TestGroupsAtOnce(t *testing.T) {
	h := newHouse(t)
	var ids []int64
	for i := range 6 {
		ids = append(ids, h.arrives(fmt.Sprint("p", i), 1).ID)
	}
	var wait sync.WaitGroup
	for i := range ids {
		for k := range ids {
			if i == k {
				continue
			}
			wait.Add(1)
			go func() {
				defer wait.Done()
				if err := h.desk.Join(h.Ctx, h.Editor, ids[i], ids[k]); err != nil {
					t.Errorf("%d joins %d: %v", i, k, err)
				}
			}()
		}
	}
	wait.Wait()
	if n := h.Count(`SELECT count(*) FROM curations c JOIN curations l ON l.post_id = c.lead_id WHERE l.lead_id IS NOT NULL OR c.lead_id = c.post_id`); n != 0 {
		t.Errorf("%d follow one that follows", n)
	}
	if got := h.members(ids[0]); len(got) != 6 {
		t.Errorf("in one group: %v", got)
	}
}

func TestSuggestions(t *testing.T) {
	h := newHouse(t)
	source := h.arrives("Adiabate Kühlung im Rechenzentrum", 1)
	reuser := h.arrivesWith("Kiel kühlt nach", 1, practice.Practice{ReuseOf: source.URI})
	sibling := h.arrivesWith("Lübeck kühlt nach", 1, practice.Practice{ReuseOf: source.URI})
	h.arrives("ADIABATE Kühlung im Rechenzentrum", 1)
	alike := h.arrives("Kühlung im Rechenzentrum mit Grundwasser", 1)
	h.arrives("Beschaffung von Druckern", 1)

	suggested := func(id int64) map[string]string {
		t.Helper()
		v, err := h.practices.ByID(h.Ctx, post.Viewer{AccountID: h.Editor.ID}, id)
		h.Must(err)
		list, err := h.desk.Suggestions(h.Ctx, h.Editor, v)
		h.Must(err)
		why := map[string]string{}
		for _, s := range list {
			why[s.Post.Title] = s.Why
		}
		return why
	}
	want := map[string]string{
		"Kiel kühlt nach": curation.ReusesIt, "Lübeck kühlt nach": curation.ReusesIt, "ADIABATE Kühlung im Rechenzentrum": curation.SameTitle,
		alike.Title: curation.AlikeIt,
	}
	if diff := cmp.Diff(want, suggested(source.ID)); diff != "" {
		t.Error(diff)
	}
	got := suggested(reuser.ID)
	if got[source.Title] != curation.ReusedByIt || got[sibling.Title] != curation.SameSource {
		t.Errorf("for the one that reuses: %v", got)
	}
	h.Must(h.desk.Join(h.Ctx, h.Editor, reuser.ID, source.ID))
	if got := suggested(source.ID); got["Kiel kühlt nach"] != "" {
		t.Errorf("what is in the group is suggested again: %v", got)
	}
	v, err := h.practices.ByID(h.Ctx, post.Viewer{}, source.ID)
	h.Must(err)
	_, err = h.desk.Suggestions(h.Ctx, h.Member, v)
	h.Want(err, fault.Forbidden)
}
