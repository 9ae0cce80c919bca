package federation_test

import (
	"fmt"
	"testing"

	ft "github.com/vorbild/vorbild/federation/federationtest"
	"github.com/vorbild/vorbild/internal/post"
	"github.com/vorbild/vorbild/internal/practice"
)

// TestArchiveTravels: what is archived here is archived there, with its reason, and comes back; nothing of its text changes.
func TestArchiveTravels(t *testing.T) {
	t.Parallel()
	a, b := ft.Start(t, "a"), ft.Start(t, "b")
	b.FollowInstance(a)
	sent := a.Publish("Kiel: Abwärme nutzen")
	there := b.Has(sent.URI)
	stands := func(archived bool, reason string) {
		t.Helper()
		b.Eventually(fmt.Sprint("archived: ", archived), func() string {
			details, err := b.Practices.Get(t.Context(), there.ID)
			if err != nil || (details.ArchivedAt != nil) != archived || details.ArchiveReason != reason || details.Revision != 1 {
				return fmt.Sprintf("since %v for %q, revision %d, %v", details.ArchivedAt, details.ArchiveReason, details.Revision, err)
			}
			return ""
		})
		if list, err := b.Practices.List(t.Context(), post.Viewer{}, practice.Filter{}); err != nil || (list.Total == 0) != archived {
			t.Errorf("%d are listed there while archived is %v: %v", list.Total, archived, err)
		}
	}
	stands(false, "")
	reason := "Das Heizwerk ist außer Betrieb."
	if err := a.Practices.Archive(t.Context(), a.Editor, sent.ID, reason); err != nil {
		t.Fatal(err)
	}
	stands(true, reason)
	if got := b.Has(sent.URI); got.Title != sent.Title || got.HTML != there.HTML || got.State != post.StatePublished {
		t.Errorf("there it says %q now", got.Title)
	}
	if err := a.Practices.Restore(t.Context(), a.Editor, sent.ID); err != nil {
		t.Fatal(err)
	}
	stands(false, "")
	ft.Settle(a, b)
	if n := b.Count(`SELECT count(*) FROM inbox_activities WHERE outcome = 'rejected'`); n != 0 {
		t.Errorf("%d activities were rejected\n%s", n, b.Diary())
	}
}
