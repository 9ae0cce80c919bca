package post

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestHeads(t *testing.T) {
	h := newHouse(t)
	root := h.thread(h.member, "Wurzel")
	first, err := h.posts.Create(h.ctx, h.other, Draft{InReplyToID: root.ID, Source: "Antwort", Visibility: Public})
	h.must(err)
	_, err = h.posts.Create(h.ctx, h.member, Draft{InReplyToID: first.ID, Source: "Nur für @gast", Visibility: Direct})
	h.must(err)
	withdrawn, err := h.posts.Create(h.ctx, h.member, Draft{InReplyToID: root.ID, Source: "Irrtum", Visibility: Public})
	h.must(err)
	h.must(h.posts.Delete(h.ctx, h.member, withdrawn.ID))

	for name, c := range map[string]struct {
		viewer  Viewer
		answers int
	}{
		"visitor": {Viewer{}, 1}, "mentioned": {Viewer{h.guest.ID}, 2},
	} {
		heads, err := h.posts.Heads(h.ctx, c.viewer, []int64{root.ID, 99})
		h.must(err)
		want := map[int64]Head{root.ID: {ThreadID: root.ID, Title: "Wurzel", Answers: c.answers}}
		if diff := cmp.Diff(want, heads, cmpopts.IgnoreFields(Head{}, "LatestAt")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if heads[root.ID].LatestAt == nil {
			t.Errorf("%s: no time of the newest answer", name)
		}
	}
	h.must(h.posts.Delete(h.ctx, h.member, root.ID))
	heads, err := h.posts.Heads(h.ctx, Viewer{}, []int64{root.ID})
	h.must(err)
	if heads[root.ID].Title != "" {
		t.Errorf("a withdrawn title is shown: %q", heads[root.ID].Title)
	}
}
