package mastodon

import (
	"net/http"
	"strings"
	"testing"

	"github.com/vorbild/vorbild/internal/assessment"
	"github.com/vorbild/vorbild/internal/practice"
	"github.com/vorbild/vorbild/internal/reuse"
)

// Programs know no reuses and no assessments: they read, and change the text of, a status that says it in words.
func TestAnswersToAPracticeInAClient(t *testing.T) {
	h := newHouse(t)
	p := h.practice("member", nil)
	less := -12.5
	note, err := h.Reuses.Save(t.Context(), h.people["editor"], p.ID, reuse.Draft{
		State: reuse.Implementing, Source: "Läuft *gut*.", Figures: []practice.Figure{{Quantity: "electricity", Name: "Strom", Unit: "MW.h/a", Change: &less}},
	})
	h.must(err)
	read := func(id int64) string {
		t.Helper()
		return h.as("").get(statusPath(idText(id))).wants(http.StatusOK).text("content")
	}
	want := "<p><strong>Wir nutzen das nach: in Umsetzung.</strong><br>Land Schleswig-Holstein. Kennzahlen: Strom um 12,5 MWh/a gesenkt.</p><p>Läuft <em>gut</em>.</p>"
	if got := strings.ReplaceAll(read(note.ID), "\n", ""); got != want {
		t.Errorf("reuse\n got %s\nwant %s", got, want)
	}
	if text := h.as("editor").get(statusPath(idText(note.ID), "source")).text("text"); text != "Läuft *gut*." {
		t.Errorf("source %q", text)
	}
	h.as("editor").put(statusPath(idText(note.ID)), "status", "Läuft besser.").wants(http.StatusOK)
	if got := read(note.ID); !strings.Contains(got, "in Umsetzung") || !strings.Contains(got, "besser") {
		t.Errorf("after an edit in a program: %s", got)
	}
	if said, err := h.Reuses.Get(t.Context(), note.ID); err != nil || said.State != reuse.Implementing || len(said.Figures) != 1 {
		t.Errorf("an edit in a program changes what is said to %+v, %v", said, err)
	}
	// What is said anew is read anew, though programs' contents are kept.
	_, err = h.Reuses.Save(t.Context(), h.people["editor"], p.ID, reuse.Draft{State: reuse.InUse, Source: "Läuft besser."})
	h.must(err)
	if got := read(note.ID); !strings.Contains(got, "im Einsatz") {
		t.Errorf("after the change: %s", got)
	}
	h.as("editor").delete(statusPath(idText(note.ID))).wants(http.StatusOK)
	if _, err := h.Reuses.Get(t.Context(), note.ID); err == nil {
		t.Error("deleted by a program, the reuse stays")
	}

	judged, err := h.Assessments.Save(t.Context(), h.people["editor"], p.ID, assessment.Draft{
		Status: assessment.Critical, Progress: "begun", Urgent: true, Horizon: h.Assessments.Year(), Source: "Die Geräte sind alt.",
	})
	h.must(err)
	if got := read(judged.ID); !strings.Contains(got, "kritisch.</strong><br>Umsetzung: am Anfang. Hohe Dringlichkeit.</p><p>Die Geräte sind alt.</p>") {
		t.Errorf("assessment %s", got)
	}
}
